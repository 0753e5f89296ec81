import type { Clock, Timer } from '../../core/clock.js';
import type { Rng } from '../../core/rng.js';

const jitter = 0.1;

/**
 * Ticks by itself from the first decision on, a little irregularly, so that replicas do not ask their store all at once. Where there
 * are no timers, a request that finds a tick overdue starts one behind itself.
 */
export class Ticker {
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #everyMs: number;
  readonly #tick: () => Promise<void>;
  #timer: Timer | undefined;
  #isStarted = false;
  #isClosed = false;
  #dueAt = 0;

  /** `tick` must not reject. `everyMs: false` leaves ticks to the caller. */
  constructor(clock: Clock, rng: Rng, everyMs: number | false, tick: () => Promise<void>) {
    this.#clock = clock;
    this.#rng = rng;
    this.#everyMs = everyMs === false ? Infinity : everyMs;
    this.#tick = tick;
  }

  /** Called by every request: two comparisons once a timer runs. */
  touch(): void {
    if (this.#timer !== undefined || this.#isClosed || this.#everyMs === Infinity) return;
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#schedule();
    } else if (this.#clock.elapsed() >= this.#dueAt) {
      // Only a platform without timers comes here.
      this.#schedule();
      this.#run();
    }
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== undefined) this.#clock.clearTimer?.(this.#timer);
  }

  #schedule(): void {
    const delayMs = this.#everyMs * (1 + jitter * (2 * this.#rng.next() - 1));
    this.#dueAt = this.#clock.elapsed() + delayMs;
    this.#timer = this.#clock.setTimer?.(() => this.#run(), delayMs);
  }

  #run(): void {
    void this.#tick().then(() => {
      if (!this.#isClosed && this.#clock.setTimer !== undefined) this.#schedule();
    });
  }
}
