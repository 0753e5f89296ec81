import { logTwoPi } from './constants.js';
import { logRatioMinus } from './log1p-minus.js';
import { stirlingError } from './log-gamma.js';

/** ln of the Poisson probability of k with mean `lambda` > 0, by Loader's saddle point. */
export function logPoissonMass(k: number, lambda: number): number {
  if (k < 0) return -Infinity;
  if (k === 0) return -lambda;
  return k * logRatioMinus(lambda, k, lambda - k) - stirlingError(k) - 0.5 * (logTwoPi + Math.log(k));
}

/** ln of the binomial probability of k among n, where q = 1 - p is given because it may be known to more digits. */
export function logBinomialMass(k: number, n: number, p: number, q: number): number {
  if (k < 0 || k > n) return -Infinity;
  if (p === 0) return k === 0 ? 0 : -Infinity;
  if (q === 0) return k === n ? 0 : -Infinity;
  if (k === 0) return n * (p < 0.5 ? Math.log1p(-p) : Math.log(q));
  if (k === n) return n * (q < 0.5 ? Math.log1p(-q) : Math.log(p));
  const rest = n - k;
  const distance = p < q ? k - n * p : n * q - rest;
  const exponent = k * logRatioMinus(n * p, k, -distance) + rest * logRatioMinus(n * q, rest, distance);
  const correction = stirlingError(n) - stirlingError(k) - stirlingError(rest);
  return exponent + correction - 0.5 * (logTwoPi + Math.log(k) + Math.log1p(-k / n));
}

/** ln of the hypergeometric probability of k successes in n draws from N with K successes, as three binomials. */
export function logHypergeometricMass(k: number, N: number, K: number, n: number): number {
  const p = n / N;
  const q = (N - n) / N;
  return logBinomialMass(k, K, p, q) + logBinomialMass(n - k, N - K, p, q) - logBinomialMass(n, N, p, q);
}
