import { breathe } from '../core/breathe.js';
import type { Clock, Timer } from '../core/clock.js';

interface Due {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is told to move, for tests: timers run in the order of their times, and those of one
 * time in the order they were set. Wall time starts at `now` (ms since 1970, default 0), monotonic time at 0.
 */
export class ManualClock implements Clock {
  #wall: number;
  #elapsed = 0;
  readonly #timers = new Set<Due>();

  constructor(now = 0) {
    this.#wall = now;
  }

  now(): number {
    return this.#wall;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const due: Due = { at: this.#elapsed + (delayMs > 0 ? delayMs : 0), callback };
    this.#timers.add(due);
    return due;
  }

  clearTimer(timer: Timer): void {
    this.#timers.delete(timer as Due);
  }

  /** Moves both times on by `ms` and runs what comes due on the way, timers that those timers set included. */
  advance(ms: number): void {
    const until = this.#elapsed + ms;
    for (let due = this.#next(until); due !== undefined; due = this.#next(until)) this.#run(due);
    this.#moveTo(until);
  }

  /** As `advance`, and lets promises settle before, between and after the timers. */
  async advanceAsync(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    await breathe();
    for (let due = this.#next(until); due !== undefined; due = this.#next(until)) {
      this.#run(due);
      await breathe();
    }
    this.#moveTo(until);
    await breathe();
  }

  /** Moves wall time only, either way, as a correction of the system's clock does. No timer runs. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  #next(until: number): Due | undefined {
    let first: Due | undefined;
    // In the order they were set, so that of two for one time the first is taken.
    for (const due of this.#timers) if (due.at <= until && (first === undefined || due.at < first.at)) first = due;
    return first;
  }

  #run(due: Due): void {
    this.#timers.delete(due);
    this.#moveTo(due.at);
    due.callback();
  }

  #moveTo(elapsed: number): void {
    if (!(elapsed > this.#elapsed)) return;
    this.#wall += elapsed - this.#elapsed;
    this.#elapsed = elapsed;
  }
}
