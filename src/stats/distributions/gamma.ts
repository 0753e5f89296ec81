import type { Rng } from '../../core/rng.js';
import { needPositive, needShape } from '../domain.js';
import { gammaPoint } from '../special/gamma-quantile.js';
import { incompleteGamma, logGammaPrefix } from '../special/incomplete-gamma.js';
import { type ContinuousDistribution, continuous, uniform } from './distribution.js';
import { standardQuantile } from './normal.js';

/** ln of the density of a gamma variable with scale 1. */
export function logGammaDensity(x: number, shape: number): number {
  if (x > 0 && x < Infinity) return logGammaPrefix(shape, x) - Math.log(x);
  if (x !== 0 || shape > 1) return -Infinity;
  return shape === 1 ? 0 : Infinity;
}

/**
 * A draw by squeeze and rejection (G. Marsaglia and W. W. Tsang, A simple method for generating gamma variables, 2000), as
 * a logarithm: with a shape of .001 most draws are too small for a number, and a beta draw needs their ratio.
 */
export function logGammaDraw(rng: Rng, shape: number): number {
  // Below 1 the draw of shape + 1 is raised: the tail of the method needs a shape of 1 or more.
  if (shape < 1) return logGammaDraw(rng, shape + 1) + Math.log(uniform('gamma.sample', rng)) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  // More than 95 % of draws are accepted, so a hundred in a row are refused by a broken generator only.
  for (let count = 0; count < 100; count += 1) {
    const z = standardQuantile(uniform('gamma.sample', rng));
    const root = 1 + c * z;
    const accept = Math.log(uniform('gamma.sample', rng));
    if (!(root > 0)) continue;
    const cube = root * root * root;
    if (accept < (z * z) / 2 + d - d * cube + d * Math.log(cube)) return Math.log(d * cube);
  }
  return Math.log(d);
}

/** The gamma distribution of `shape` and `scale` (default 1; the mean is shape times scale); a shape is 1e-8 to 1e15, a scale over 0. */
export const gamma: ContinuousDistribution<[shape: number, scale?: number]> = /* @__PURE__ */ continuous({
  name: 'gamma',
  check(where, shape, scale = 1) {
    needShape(where, 'shape', shape);
    needPositive(where, 'scale', scale);
  },
  tails: (x, shape, scale = 1) => incompleteGamma(shape, x / scale),
  logPdf: (x, shape, scale = 1) => logGammaDensity(x / scale, shape) - Math.log(scale),
  point: (logTail, isLower, shape, scale = 1) => scale * gammaPoint(shape, logTail, isLower),
  draw: (rng, shape, scale = 1) => scale * Math.exp(logGammaDraw(rng, shape)),
});
