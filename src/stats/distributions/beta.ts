import type { Rng } from '../../core/rng.js';
import { needShape } from '../domain.js';
import { betaPoint } from '../special/beta-quantile.js';
import { incompleteBeta, logBetaPrefix } from '../special/incomplete-beta.js';
import { type ContinuousDistribution, continuous } from './distribution.js';
import { logGammaDraw } from './gamma.js';

/** ln of the density at an end of the interval, where the density is x^(exponent - 1) times `other`. */
function logAtEnd(exponent: number, other: number): number {
  if (exponent === 1) return Math.log(other);
  return exponent > 1 ? -Infinity : Infinity;
}

function logDensity(x: number, alpha: number, beta: number): number {
  if (x > 0 && x < 1) return logBetaPrefix(alpha, beta, x, 1 - x) - Math.log(x) - Math.log1p(-x);
  if (x === 0) return logAtEnd(alpha, beta);
  return x === 1 ? logAtEnd(beta, alpha) : -Infinity;
}

/**
 * A draw as the share of one gamma draw in the sum of two. They are compared by their logarithms: with parameters of .001
 * both draws are nearly always too small for a number, and 0/0 would be NaN.
 */
function draw(rng: Rng, alpha: number, beta: number): number {
  return 1 / (1 + Math.exp(logGammaDraw(rng, beta) - logGammaDraw(rng, alpha)));
}

/** The beta distribution on [0, 1] with parameters `alpha` and `beta`, both 1e-8 to 1e15; the mean is alpha / (alpha + beta). */
export const beta: ContinuousDistribution<[alpha: number, beta: number]> = /* @__PURE__ */ continuous({
  name: 'beta',
  check(where, alpha, beta) {
    needShape(where, 'alpha', alpha);
    needShape(where, 'beta', beta);
  },
  tails: (x, alpha, beta) => incompleteBeta(alpha, beta, x, 1 - x),
  logPdf: logDensity,
  point: (logTail, isLower, alpha, beta) => betaPoint(alpha, beta, logTail, isLower).x,
  draw,
});
