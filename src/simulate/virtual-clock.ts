import type { Clock, Timer } from '../core/clock.js';

interface Due {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * The time of a simulation: it stands still until it is moved, by a number that costs nothing, so that a million
 * requests can each have a moment of their own. Timers run when whoever moves the time says so.
 */
export class VirtualClock implements Clock {
  readonly #startMs: number;
  readonly #timers = new Set<Due>();
  #elapsed = 0;

  /** `startMs` is the wall time at the beginning, ms since 1970. */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#elapsed;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const due: Due = { at: this.#elapsed + (delayMs > 0 ? delayMs : 0), callback };
    this.#timers.add(due);
    return due;
  }

  clearTimer(timer: Timer): void {
    this.#timers.delete(timer as Due);
  }

  /** When the next timer is due, in ms since the beginning; Infinity without one. */
  get nextDue(): number {
    let next = Infinity;
    for (const { at } of this.#timers) if (at < next) next = at;
    return next;
  }

  /** Moves on to a moment, ms since the beginning; never back. Runs no timer. */
  moveTo(elapsedMs: number): void {
    if (elapsedMs > this.#elapsed) this.#elapsed = elapsedMs;
  }

  /** Runs the timers that are due by now, in the order of their times, and of one time in the order they were set. */
  runDue(): void {
    const due = Array.from(this.#timers).filter(({ at }) => at <= this.#elapsed);
    due.sort((a, b) => a.at - b.at);
    for (const timer of due) {
      // One that an earlier one cleared must not run.
      if (this.#timers.delete(timer)) timer.callback();
    }
  }
}
