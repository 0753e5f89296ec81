import type { Rng } from '../../core/rng.js';

const firstMs = 1000;
const longestMs = 30_000;

/**
 * When to try again what failed: after a second, twice that, and so on up to half a minute, each time between half and one and a half of
 * it, so that replicas do not come back all at once (Brooker, Exponential Backoff And Jitter, 2015).
 */
export class BackOff {
  readonly #rng: Rng;
  #failures = 0;
  #dueAt = 0;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** Whether to try at this monotonic time. */
  isDue(elapsedMs: number): boolean {
    return this.#failures === 0 || elapsedMs >= this.#dueAt;
  }

  failed(elapsedMs: number): void {
    // 2^5 seconds are over the longest already.
    const waitMs = Math.min(longestMs, firstMs * 2 ** Math.min(this.#failures, 5));
    this.#failures += 1;
    this.#dueAt = elapsedMs + waitMs * (0.5 + this.#rng.next());
  }

  succeeded(): void {
    this.#failures = 0;
  }
}
