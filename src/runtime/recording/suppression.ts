/** How many spans are kept; beyond that the two oldest are joined, which also covers what lies between them. */
const spansMax = 16;

interface Span {
  first: number;
  last: number;
}

/**
 * Which exposures were no exposures, because a rollback was in force here that was not stored: what such a plan serves is not
 * what the record says, so neither it nor what comes of it may be judged. Spans of time are remembered for as long as outcomes
 * can come; a call that was exposed in the same millisecond as a suppressed one is left out with it.
 */
export class Suppression {
  readonly #keptMs: number;
  #spans: Span[] = [];
  #open: Span | undefined;
  #isOn = false;
  #requests = 0;

  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  /** The requests that were no exposures. */
  get requests(): number {
    return this.#requests;
  }

  set(on: boolean): void {
    if (on !== this.#isOn) this.#open = undefined;
    this.#isOn = on;
  }

  /** True, and counted, if a request of this moment is no exposure. */
  suppresses(now: number): boolean {
    if (!this.#isOn) return false;
    this.#requests += 1;
    if (this.#open === undefined) {
      this.#open = { first: now, last: now };
      this.#keep(this.#open, now);
    }
    this.#open.first = Math.min(this.#open.first, now);
    this.#open.last = Math.max(this.#open.last, now);
    return true;
  }

  /** True if what was exposed at that moment was suppressed. */
  covers(exposedAt: number): boolean {
    for (const { first, last } of this.#spans) if (exposedAt >= first && exposedAt <= last) return true;
    return false;
  }

  #keep(span: Span, now: number): void {
    this.#spans = [...this.#spans.filter(({ last }) => !(last < now - this.#keptMs)), span];
    if (this.#spans.length <= spansMax) return;
    const [oldest, next, ...rest] = this.#spans as [Span, Span, ...Span[]];
    this.#spans = [{ first: Math.min(oldest.first, next.first), last: Math.max(oldest.last, next.last) }, ...rest];
  }
}
