import type { Clock } from '../../core/clock.js';
import type { Deadline, Deadlines } from '../waiting/deadlines.js';
import { type Deferred, deferred } from '../waiting/promises.js';

interface Waiter {
  readonly quietMs: number;
  readonly done: Deferred<void>;
  pause?: Deadline;
}

/** The requests at each instance, counted exactly: in before their model is loaded, out when it has really ended. */
export class InFlight {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  /** Only instances that have a request: names come and go with replicas, and must not pile up. */
  readonly #counts = new Map<string, number>();
  readonly #waiters = new Map<string, Set<Waiter>>();

  constructor(clock: Clock, deadlines: Deadlines) {
    this.#clock = clock;
    this.#deadlines = deadlines;
  }

  at(instance: string): number {
    return this.#counts.get(instance) ?? 0;
  }

  enter(instance: string): void {
    this.#counts.set(instance, this.at(instance) + 1);
    for (const waiter of this.#waiters.get(instance) ?? []) waiter.pause?.cancel();
  }

  leave(instance: string): void {
    const left = this.at(instance) - 1;
    if (left > 0) {
      this.#counts.set(instance, left);
      return;
    }
    this.#counts.delete(instance);
    for (const waiter of this.#waiters.get(instance) ?? []) this.#rest(instance, waiter);
  }

  /**
   * Resolves once no request has been at the instance for `quietMs` on end; at once if that is 0 and there is none. Where the
   * platform has no timers a pause cannot be waited for, and the first moment without a request will do.
   */
  drained(instance: string, quietMs: number): Promise<void> {
    const waiter: Waiter = { quietMs, done: deferred() };
    const waiters = this.#waiters.get(instance) ?? new Set();
    this.#waiters.set(instance, waiters.add(waiter));
    if (this.at(instance) === 0) this.#rest(instance, waiter);
    return waiter.done.promise;
  }

  /** The instance has no request now: the pause begins, and begins again after every request that comes in it. */
  #rest(instance: string, waiter: Waiter): void {
    if (!(waiter.quietMs > 0) || this.#clock.setTimer === undefined) return this.#end(instance, waiter);
    waiter.pause = this.#deadlines.start(waiter.quietMs, () => this.#end(instance, waiter));
  }

  #end(instance: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(instance);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiters.delete(instance);
    waiter.done.resolve();
  }
}
