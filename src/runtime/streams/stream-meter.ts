import type { Clock } from '../../core/clock.js';
import { TurnoutError } from '../../core/errors.js';
import type { Deadline, Deadlines } from '../waiting/deadlines.js';

/** What came of a stream. A cancelled one is no error, however it ended. */
export interface StreamEnd {
  readonly ok: boolean;
  /** The stream's own error if it broke; a `timeout` if it gave nothing for too long while somebody waited. */
  readonly error: unknown;
  /** The consumer stopped reading, or never began. */
  readonly cancelled: boolean;
  /** It was given up at its limit, and may still be going on. */
  readonly idle: boolean;
  readonly latencyMs: number;
  readonly firstItemMs: number | undefined;
}

/**
 * Takes the time of one stream and tells its end once. It holds no reference to the stream, so that a stream that was thrown
 * away unread can be collected before its limit is over.
 */
export class StreamMeter {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #idleLimitMs: number;
  readonly #onEnd: (end: StreamEnd) => void;
  readonly #deadlines: Deadlines;
  #deadline: Deadline;
  #firstItemMs: number | undefined;
  #activeAt: number;
  #waiting = 0;
  #cancelledAt: number | undefined;
  #over = false;

  constructor(options: {
    readonly clock: Clock;
    readonly deadlines: Deadlines;
    readonly startedAt: number;
    readonly idleLimitMs: number;
    readonly onEnd: (end: StreamEnd) => void;
  }) {
    this.#clock = options.clock;
    this.#deadlines = options.deadlines;
    this.#startedAt = options.startedAt;
    this.#idleLimitMs = options.idleLimitMs;
    this.#onEnd = options.onEnd;
    this.#activeAt = this.#clock.elapsed();
    this.#deadline = this.#deadlines.start(this.#idleLimitMs, () => this.#due());
  }

  /** The consumer asks for an item. */
  asked(): void {
    this.#waiting += 1;
    this.#activeAt = this.#clock.elapsed();
  }

  /** The consumer got an item, or the stream has one ready. */
  item(): void {
    if (this.#waiting > 0) this.#waiting -= 1;
    this.#activeAt = this.#clock.elapsed();
    this.#firstItemMs ??= this.#activeAt - this.#startedAt;
  }

  /** The consumer wants no more. How the stream then ends is of no account: only when. */
  cancelling(): void {
    this.#cancelledAt ??= this.#clock.elapsed();
  }

  /** The stream has ended, or has finished cleaning up after a cancel. */
  ended(): void {
    this.#end({ ok: true });
  }

  broke(error: unknown): void {
    this.#end({ ok: false, error });
  }

  #due(): void {
    const restMs = this.#activeAt + this.#idleLimitMs - this.#clock.elapsed();
    // Somebody was active since the limit was set. It is not moved at each item, so that items cost nothing.
    if (restMs > 0) {
      this.#deadline = this.#deadlines.start(restMs, () => this.#due());
      return;
    }
    const hangs = this.#waiting > 0;
    if (!hangs) this.#cancelledAt ??= this.#activeAt;
    const message = `the stream gave no item within ${this.#idleLimitMs} ms`;
    this.#end({ ok: false, error: new TurnoutError('timeout', message), idle: true });
  }

  #end({ ok, error, idle = false }: { readonly ok: boolean; readonly error?: unknown; readonly idle?: boolean }): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline.cancel();
    const cancelled = this.#cancelledAt !== undefined;
    this.#onEnd({
      ok: ok || cancelled,
      error: cancelled ? undefined : error,
      cancelled,
      idle,
      latencyMs: (this.#cancelledAt ?? this.#clock.elapsed()) - this.#startedAt,
      firstItemMs: this.#firstItemMs,
    });
  }
}
