import type { Clock, Timer } from '../../core/clock.js';

/** A time limit that runs. Cancelling it twice, or after it is over, does nothing. */
export interface Deadline {
  cancel(): void;
}

const never: Deadline = { cancel: () => {} };
// The longest delay that setTimeout keeps: beyond it, the platforms fire at once.
const longestDelayMs = 0x7fffffff;
const fewDead = 64;

class Entry implements Deadline {
  readonly due: number;
  readonly #owner: { cancelled(): void };
  #onDue: (() => void) | undefined;

  constructor(due: number, onDue: () => void, owner: { cancelled(): void }) {
    this.due = due;
    this.#onDue = onDue;
    this.#owner = owner;
  }

  get live(): boolean {
    return this.#onDue !== undefined;
  }

  cancel(): void {
    if (this.#onDue === undefined) return;
    this.#onDue = undefined;
    this.#owner.cancelled();
  }

  expire(): void {
    const onDue = this.#onDue;
    this.#onDue = undefined;
    onDue?.();
  }
}

/**
 * All time limits on one timer of the platform. Most limits are cancelled long before they are due, so starting one is a push
 * on a binary heap, cancelling one leaves a dead entry there (never more dead than live ones, or 64), and the timer is touched
 * only when a limit comes before all others. Without timers on the platform nothing times out.
 */
export class Deadlines {
  readonly #clock: Clock;
  #heap: Entry[] = [];
  #dead = 0;
  #timer: Timer;
  #armedFor = Infinity;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls back once, `delayMs` from now or a little later. A delay that is not finite is no limit. */
  start(delayMs: number, onDue: () => void): Deadline {
    if (this.#closed || this.#clock.setTimer === undefined || !(delayMs < Infinity)) return never;
    const entry = new Entry(this.#clock.elapsed() + Math.max(0, delayMs), onDue, this);
    this.#push(entry);
    if (entry.due < this.#armedFor) this.#arm(entry.due);
    return entry;
  }

  /** How many entries are held, dead ones included. */
  get size(): number {
    return this.#heap.length;
  }

  /** Forgets all limits; none of them is called any more. */
  close(): void {
    this.#closed = true;
    this.#heap = [];
    this.#disarm();
  }

  /** Called by an entry. */
  cancelled(): void {
    this.#dead += 1;
    if (this.#dead <= fewDead || this.#dead * 2 <= this.#heap.length) return;
    // A sorted array is a heap, and what is left is nearly sorted.
    this.#heap = this.#heap.filter((entry) => entry.live).sort((a, b) => a.due - b.due);
    this.#dead = 0;
  }

  #fire(): void {
    this.#timer = undefined;
    this.#armedFor = Infinity;
    const now = this.#clock.elapsed();
    try {
      for (let top = this.#heap[0]; top !== undefined && (top.due <= now || !top.live); top = this.#heap[0]) {
        this.#pop();
        if (top.live) top.expire();
        else this.#dead -= 1;
      }
    } finally {
      const top = this.#heap[0];
      if (top !== undefined && top.due < this.#armedFor) this.#arm(top.due);
    }
  }

  #arm(due: number): void {
    this.#disarm();
    // Rounded up: platforms cut fractions off, and a timer that fires early would only have to be set again.
    const delayMs = Math.min(longestDelayMs, Math.ceil(Math.max(0, due - this.#clock.elapsed())));
    this.#armedFor = due;
    this.#timer = this.#clock.setTimer?.(() => this.#fire(), delayMs);
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer?.(this.#timer);
    this.#timer = undefined;
    this.#armedFor = Infinity;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up] as Entry;
      if (parent.due <= entry.due) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (let down = 1; down < heap.length; down = 2 * at + 1) {
      const right = heap[down + 1];
      if (right !== undefined && right.due < (heap[down] as Entry).due) down += 1;
      const child = heap[down] as Entry;
      if (last.due <= child.due) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
  }
}
