import type { Clock, Timer } from '../../core/clock.js';
import type { Rng } from '../../core/rng.js';

const jitter = 0.1;
/** Replicas that hear of one change at once ask the store spread over this time. */
const hintSpreadMs = 200;
/** However many hints come, there is this much between two ticks. */
const hintGapMs = 1000;

export interface TickerOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  /** `false` leaves ticks to the caller. */
  readonly everyMs: number | false;
  /** Must not reject. */
  tick(): Promise<void>;
  /** Calls back when a tick may be worth while before its time; returns the way to stop it. Must not throw. */
  listen?(onHint: () => void): (() => void) | undefined;
}

/**
 * Ticks by itself from the first decision on, a little irregularly, so that replicas do not ask their store all at once, and sooner when
 * the store hints at a change. Where there are no timers, a request that finds a tick overdue starts one behind itself.
 */
export class Ticker {
  readonly #options: TickerOptions;
  readonly #everyMs: number;
  #timer: Timer | undefined;
  #isStarted = false;
  #isClosed = false;
  #isRunning = false;
  #isHinted = false;
  #dueAt = 0;
  #ranAt = -Infinity;
  #unlisten: (() => void) | undefined;

  constructor(options: TickerOptions) {
    this.#options = options;
    this.#everyMs = options.everyMs === false ? Infinity : options.everyMs;
  }

  /** Called by every request: two comparisons once a timer runs. */
  touch(): void {
    if (this.#timer !== undefined || this.#isClosed || this.#everyMs === Infinity) return;
    const { clock } = this.#options;
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#schedule();
      this.#unlisten = this.#options.listen?.(() => this.#hint());
    } else if (clock.elapsed() >= this.#dueAt) {
      // Only a platform without timers comes here.
      this.#schedule();
      this.#run();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#unlisten?.();
    if (this.#timer !== undefined) this.#options.clock.clearTimer?.(this.#timer);
  }

  /** A hint that comes during a tick may be of what the tick has not seen: there is one more behind it. */
  #hint(): void {
    if (this.#isClosed) return;
    if (this.#isRunning) this.#isHinted = true;
    else this.#scheduleAt(Math.min(this.#dueAt, this.#hintedAt()));
  }

  #hintedAt(): number {
    const { clock, rng } = this.#options;
    return Math.max(clock.elapsed(), this.#ranAt + hintGapMs) + hintSpreadMs * rng.next();
  }

  #schedule(): void {
    const { clock, rng } = this.#options;
    const regular = clock.elapsed() + this.#everyMs * (1 + jitter * (2 * rng.next() - 1));
    this.#scheduleAt(this.#isHinted ? Math.min(regular, this.#hintedAt()) : regular);
    this.#isHinted = false;
  }

  #scheduleAt(at: number): void {
    const { clock } = this.#options;
    this.#dueAt = at;
    if (this.#timer !== undefined) clock.clearTimer?.(this.#timer);
    this.#timer = clock.setTimer?.(() => this.#run(), at - clock.elapsed());
  }

  #run(): void {
    const { clock, tick } = this.#options;
    this.#ranAt = clock.elapsed();
    this.#isRunning = true;
    void tick().then(() => {
      this.#isRunning = false;
      if (!this.#isClosed && clock.setTimer !== undefined) this.#schedule();
    });
  }
}
