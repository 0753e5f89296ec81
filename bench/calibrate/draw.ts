import type { Rng } from '../../src/core/rng.js';
import { logGamma } from '../../src/stats/special/log-gamma.js';

/** Below so many expected hits the gaps between them are drawn, above it the count itself. */
const manyHits = 10;

/** Hits of `n` trials of probability `p`, exact, in constant time: 10,000 runs of a roll-out are some billions of requests. */
export function drawBinomial(rng: Rng, n: number, p: number): number {
  if (!(n > 0 && p > 0)) return 0;
  if (!(p < 1)) return n;
  if (p > 0.5) return n - drawBinomial(rng, n, 1 - p);
  return n * p < manyHits ? byGaps(rng, n, p) : byRejection(rng, n, p);
}

function byGaps(rng: Rng, n: number, p: number): number {
  const scale = 1 / Math.log1p(-p);
  const gap = () => Math.floor(Math.log(1 - rng.next()) * scale);
  let hits = 0;
  for (let at = gap(); at < n; at += 1 + gap()) hits += 1;
  return hits;
}

/** Transformed rejection with a squeeze (Hörmann 1993, algorithm BTRS): for p up to 1/2 and at least 10 expected hits. */
function byRejection(rng: Rng, n: number, p: number): number {
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const center = n * p + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  for (;;) {
    const u = rng.next() - 0.5;
    const v = rng.next();
    const edge = 0.5 - Math.abs(u);
    const hits = Math.floor(((2 * a) / edge + b) * u + center);
    if (edge >= 0.07 && v <= squeeze) return hits;
    if (!(hits >= 0 && hits <= n)) continue;
    const height = Math.log((v * (2.83 + 5.1 / b) * deviation) / (a / (edge * edge) + b));
    if (height <= logMassOverMode(hits, n, p)) return hits;
  }
}

function logMassOverMode(hits: number, n: number, p: number): number {
  const mode = Math.floor((n + 1) * p);
  const ways = (k: number) => -logGamma(k + 1) - logGamma(n - k + 1);
  return ways(hits) - ways(mode) + (hits - mode) * Math.log(p / (1 - p));
}

/** How `n` draws fall on outcomes with these probabilities, which sum to 1. */
export function drawMultinomial(rng: Rng, n: number, probabilities: readonly number[]): number[] {
  let [left, mass] = [n, 1];
  return probabilities.map((probability) => {
    const count = drawBinomial(rng, left, Math.min(1, probability / mass));
    left -= count;
    mass = Math.max(mass - probability, Number.MIN_VALUE);
    return count;
  });
}
