import type { Rng } from '../core/rng.js';

/** A waiting time with mean 1. */
export function exponential(rng: Rng): number {
  // 1 - u is never 0.
  return -Math.log(1 - rng.next());
}

/**
 * A standard normal number, by Box and Muller (1958). The second of the pair is thrown away: a stream stays easy to
 * repeat.
 */
export function standardNormal(rng: Rng): number {
  return Math.sqrt(2 * exponential(rng)) * Math.cos(2 * Math.PI * rng.next());
}
