import type { Rng } from '../core/rng.js';
import { type Rates, type Traffic, ratesOf } from './traffic.js';
import { exponential } from './variates.js';

/**
 * When requests come: a Poisson process whose rate changes. Waiting times are drawn at rate 1 and stretched by the
 * rate in force (Cinlar, Introduction to Stochastic Processes, 1975), so that no request is drawn only to be thrown
 * away.
 */
export class Arrivals {
  readonly #rates: Rates;
  readonly #rng: Rng;
  readonly #startMs: number;
  readonly #endMs: number;
  #wallMs: number;
  #rate = 0;
  #changeMs: number;

  /** `startMs` is ms since 1970; after `endMs`, ms since the start, nothing comes any more. */
  constructor(traffic: Traffic, rng: Rng, startMs: number, endMs: number) {
    this.#rates = ratesOf(traffic, startMs);
    this.#rng = rng;
    this.#startMs = startMs;
    this.#endMs = endMs;
    this.#wallMs = startMs;
    this.#changeMs = startMs;
  }

  /** The moment of the next request, ms since the start; Infinity when none comes before the end. */
  next(): number {
    let missing = exponential(this.#rng);
    for (;;) {
      if (this.#wallMs >= this.#changeMs) {
        this.#rate = this.#rates.at(this.#wallMs);
        this.#changeMs = this.#rates.changeAfter(this.#wallMs);
      }
      const waitMs = missing / this.#rate;
      if (this.#wallMs + waitMs < this.#changeMs) {
        this.#wallMs += waitMs;
        const atMs = this.#wallMs - this.#startMs;
        return atMs < this.#endMs ? atMs : Infinity;
      }
      // With a rate of 0 this takes nothing away, however long it lasts.
      missing -= (this.#changeMs - this.#wallMs) * this.#rate;
      this.#wallMs = this.#changeMs;
      if (!(this.#wallMs - this.#startMs < this.#endMs)) return Infinity;
    }
  }
}
