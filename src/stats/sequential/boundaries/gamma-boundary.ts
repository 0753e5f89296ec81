import { incompleteGamma, logGammaPrefix } from '../../special/incomplete-gamma.js';
import { boundaryOf, type UniformBoundary } from './boundary.js';
import { needOverZero } from '../magnitude.js';

interface GammaOptions {
  readonly rho: number;
  /** The scale c of the tail: 0 would be Gaussian, greater is heavier. */
  readonly scale: number;
}

/**
 * The gamma-exponential mixture, for sums of observations with exponential tails of scale c (bounded below by -c with
 * empirical variance, among others): Howard et al. (2021), proposition 9.
 */
export function gammaExponentialBoundary(options: GammaOptions): UniformBoundary {
  const { rho, scale } = options;
  needOverZero('gammaExponentialBoundary', 'rho', rho);
  needOverZero('gammaExponentialBoundary', 'scale', scale);
  const weight = rho / (scale * scale);
  // Prior and posterior density at their common point: written as prefixes, nothing large is ever subtracted.
  const prior = logGammaPrefix(weight, weight) - incompleteGamma(weight, weight).logLower;
  return boundaryOf('gammaExponentialBoundary', (sum, variance) => {
    const shape = weight + variance / (scale * scale);
    const at = shape + sum / scale;
    // The sum is below what the tail allows: impossible under the null, so no bet was won on it.
    if (!(at > 0)) return -Infinity;
    return prior - logGammaPrefix(shape, at) + incompleteGamma(shape, at).logLower;
  });
}

/**
 * The gamma-Poisson mixture, for sums of observations bounded above by c (Bennett's condition): Howard et al. (2021).
 */
export function gammaPoissonBoundary(options: GammaOptions): UniformBoundary {
  const { rho, scale } = options;
  needOverZero('gammaPoissonBoundary', 'rho', rho);
  needOverZero('gammaPoissonBoundary', 'scale', scale);
  const weight = rho / (scale * scale);
  const prior = logGammaPrefix(weight, weight) - incompleteGamma(weight, weight).logUpper;
  return boundaryOf('gammaPoissonBoundary', (sum, variance) => {
    const at = weight + variance / (scale * scale);
    const shape = at + sum / scale;
    if (!(shape > 0)) return -Infinity;
    return prior - logGammaPrefix(shape, at) + incompleteGamma(shape, at).logUpper;
  });
}
