import type { Command } from '../strategies/strategy.js';
import type { Answer } from './control/control-loop.js';

/** To whom an order goes, and by whom. */
export interface CommandOptions {
  /** The node's path, as `status()` shows it. Default: the root. */
  readonly node?: string;
  /** Default `'a person'`. */
  readonly by?: string;
  /** The arm to promote or to roll back, where a node has several. Default: the leading one, or all. */
  readonly arm?: string;
  /** For `resume` and `reset`: begin again although a guardrail has quarantined the pair of models. */
  readonly override?: boolean;
}

/** Words of people go into the stored state: these many characters of them. */
const reasonMax = 1000;
const byMax = 200;

/** The orders that a router takes, in the words of people; what becomes of them is for `order` to say. */
export abstract class Commands {
  protected abstract order(command: Command): Promise<Answer>;

  promote(options: CommandOptions = {}): Promise<Answer> {
    return this.order({ type: 'promote', ...armOf(options), ...addressed(options) });
  }

  rollback(reason: string, options: CommandOptions = {}): Promise<Answer> {
    const words = String(reason).slice(0, reasonMax);
    return this.order({ type: 'rollback', reason: words, ...armOf(options), ...addressed(options) });
  }

  pause(options: CommandOptions = {}): Promise<Answer> {
    return this.order({ type: 'pause', ...addressed(options) });
  }

  resume(options: CommandOptions = {}): Promise<Answer> {
    return this.order({ type: 'resume', ...overriding(options), ...addressed(options) });
  }

  approve(options: CommandOptions = {}): Promise<Answer> {
    return this.order({ type: 'approve', ...addressed(options) });
  }

  reject(options: CommandOptions = {}): Promise<Answer> {
    return this.order({ type: 'reject', ...addressed(options) });
  }

  reset(node?: string, options: CommandOptions = {}): Promise<Answer> {
    return this.order({
      type: 'reset',
      ...overriding(options),
      ...addressed(node === undefined ? options : { ...options, node }),
    });
  }
}

function armOf({ arm }: CommandOptions): { readonly arm?: string } {
  return arm === undefined ? {} : { arm };
}

function overriding({ override }: CommandOptions): { readonly override?: true } {
  return override === true ? { override } : {};
}

function addressed(options: CommandOptions): { readonly by: string; readonly node?: string } {
  const by = String(options.by ?? 'a person').slice(0, byMax);
  return options.node === undefined ? { by } : { by, node: options.node };
}
