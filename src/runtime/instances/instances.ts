import type { Clock } from '../../core/clock.js';
import type { Signal, TaskTools } from '../../strategies/strategy.js';
import type { StateStore } from '../control/store.js';
import type { Deadlines } from '../waiting/deadlines.js';
import { withTimeLimit } from '../waiting/time-limit.js';
import { InFlight } from './in-flight.js';
import { Presence } from './presence.js';
import { Serving, type ServingOptions } from './serving.js';

export interface InstancesOptions extends ServingOptions {
  readonly router: string;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** The instance that this process is, if it is one. */
  readonly instance: string | undefined;
  /** Unlike any other process's. */
  readonly replica: string;
  readonly tickEveryMs: number | false | undefined;
  readonly storeTimeoutMs: number;
  /** Hands a signal to the strategy. */
  signal(signal: Signal): Promise<unknown>;
  onError(error: unknown, operation: string): void;
}

const defaultTickMs = 10_000;
/** So many ticks may fail or come late before an instance counts as gone. */
const ticksMissed = 5;

/** What a router knows of instances: the requests at each, which of them live, and what tasks may wait for. */
export class Instances {
  readonly inFlight: InFlight;
  readonly tools: TaskTools;
  readonly #options: InstancesOptions;
  readonly #serving: Serving;
  readonly #presence: Presence | undefined;
  #hasLeft = false;

  constructor(options: InstancesOptions) {
    const { clock, deadlines, instance, tickEveryMs, storeTimeoutMs } = options;
    this.#options = options;
    this.inFlight = new InFlight(clock, deadlines);
    this.#serving = new Serving(options);
    const silenceMs = ticksMissed * (tickEveryMs === undefined || tickEveryMs === false ? defaultTickMs : tickEveryMs);
    const limited = <T>(work: Promise<T>) => withTimeLimit(work, storeTimeoutMs, deadlines, 'The store');
    if (instance !== undefined) this.#presence = new Presence({ ...options, instance, silenceMs, limited });
    this.tools = {
      serving: () => this.#serving.reached(),
      drained: async (name, quietMs) => {
        await this.#serving.reached();
        await this.inFlight.drained(name, quietMs);
      },
    };
  }

  /** Another plan is served from now on. */
  adopted(): void {
    this.#serving.adopted();
  }

  /**
   * Tells the fleet that this instance lives, and the strategy who has come and who has gone. Never rejects. What is there already
   * is told again each time: the strategy may have been started anew meanwhile, and a signal may have got lost.
   */
  async beat(): Promise<void> {
    const { instance, signal, onError, isBehind } = this.#options;
    if (this.#presence === undefined || instance === undefined || this.#hasLeft) return;
    try {
      for (const silent of await this.#presence.beat()) await signal({ type: 'left', instance: silent });
      if (!isBehind() && !this.#hasLeft) await signal({ type: 'joined', instance });
    } catch (error) {
      onError(error, 'presence');
    }
  }

  /** Says that this instance goes. Never rejects. */
  async leave(): Promise<void> {
    const { instance, signal, onError } = this.#options;
    if (this.#presence === undefined || instance === undefined || this.#hasLeft) return;
    this.#hasLeft = true;
    try {
      await this.#presence.leave();
      await signal({ type: 'left', instance });
    } catch (error) {
      onError(error, 'presence');
    }
  }
}
