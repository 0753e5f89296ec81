import type { Json } from '../../core/json.js';
import type { Command, Notice, Transition } from '../../strategies/strategy.js';
import type { Stored } from './record-keeper.js';

/** The stored state with the unstored rollbacks on top. */
export interface Forced {
  readonly state: Json;
  readonly notices: readonly Notice[];
  /** Why a rollback changes nothing here. */
  readonly refusals: ReadonlyMap<Command, string>;
}

/**
 * The rollbacks of this replica that the store does not know yet, in force as if it did: on whatever is stored they are carried out
 * again, as a commit is rebased.
 */
export class UnstoredRollbacks {
  readonly #reduce: (state: Json, command: Command, stored: Stored) => Transition<Json>;
  /** Replaced, never changed: what was made of it is recognised by it. */
  #pending: readonly Command[] = [];
  /** Those that somebody waits for. */
  readonly #awaited = new Set<Command>();
  #known: (Forced & { readonly stored: Stored; readonly pending: readonly Command[] }) | undefined;

  constructor(reduce: (state: Json, command: Command, stored: Stored) => Transition<Json>) {
    this.#reduce = reduce;
  }

  /** Those that there are now. */
  get all(): readonly Command[] {
    return this.#pending;
  }

  add(commands: readonly Command[]): void {
    this.#pending = [...this.#pending, ...commands];
  }

  /** One whose caller wants an answer: it stays until `answered`. */
  addAwaited(command: Command): void {
    this.#awaited.add(command);
    this.add([command]);
  }

  answered(command: Command): void {
    this.#awaited.delete(command);
  }

  /** Takes out those that were stored. */
  remove(stored: readonly Command[]): void {
    const gone = new Set(stored);
    this.#pending = this.#pending.filter((command) => !gone.has(command));
  }

  /** Takes out all that nobody waits for: right when together they change nothing of a state that was just read. */
  removeUnawaited(): void {
    this.#pending = this.#pending.filter((command) => this.#awaited.has(command));
  }

  /** The state in force over what is stored. */
  on(stored: Stored): Forced {
    const known = this.#known;
    if (known?.stored === stored && known.pending === this.#pending) return known;
    const notices: Notice[] = [];
    const refusals = new Map<Command, string>();
    let { state } = stored;
    for (const command of this.#pending) {
      const transition = this.#reduce(state, command, stored);
      if (transition.state === state) refusals.set(command, transition.refused ?? 'there was nothing to roll back');
      state = transition.state;
      notices.push(...transition.notices);
    }
    this.#known = { stored, pending: this.#pending, state, notices, refusals };
    return this.#known;
  }
}
