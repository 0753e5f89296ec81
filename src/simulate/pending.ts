/** A report on its way. */
export interface Pending<T> {
  readonly atMs: number;
  /** Breaks ties: what was sent first comes first. */
  readonly order: number;
  readonly what: T;
}

const isBefore = (a: Pending<unknown>, b: Pending<unknown>) =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** What comes later, soonest first, in a binary heap. What finds no place in it is counted, and lost. */
export class PendingQueue<T> {
  readonly #heap: Pending<T>[] = [];
  readonly #max: number;
  #sent = 0;
  #dropped = 0;

  /** `max` is how many may be on their way at once. */
  constructor(max: number) {
    this.#max = max;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** When the next one comes; Infinity if none does. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Infinity;
  }

  push(atMs: number, what: T): void {
    const heap = this.#heap;
    if (!(heap.length < this.#max)) {
      this.#dropped += 1;
      return;
    }
    const entry: Pending<T> = { atMs, order: this.#sent, what };
    this.#sent += 1;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up] as Pending<T>;
      if (isBefore(parent, entry)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = entry;
  }

  pop(): Pending<T> | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (let down = 1; down < heap.length; down = 2 * at + 1) {
      const right = heap[down + 1];
      if (right !== undefined && isBefore(right, heap[down] as Pending<T>)) down += 1;
      const child = heap[down] as Pending<T>;
      if (isBefore(last, child)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
    return first;
  }
}
