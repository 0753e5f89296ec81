import { incompleteBeta, logBetaPrefix } from '../../special/incomplete-beta.js';
import { boundaryOf, type UniformBoundary } from './boundary.js';
import { needOverZero } from '../magnitude.js';

/**
 * The beta-binomial mixture, for sums of observations in [-below, above]: for Bernoulli observations minus their mean
 * p, below = p and above = 1 - p, an exact e-process. Howard et al. (2021), proposition 7.
 */
export function betaBinomialBoundary(options: {
  readonly rho: number;
  readonly below: number;
  readonly above: number;
  readonly sides: 1 | 2;
}): UniformBoundary {
  const { rho, below, above, sides } = options;
  needOverZero('betaBinomialBoundary', 'rho', rho);
  needOverZero('betaBinomialBoundary', 'below', below);
  needOverZero('betaBinomialBoundary', 'above', above);
  const width = below + above;
  // The prior must keep some weight, however early the mixture is asked to be tightest.
  const weight = Math.max(rho - below * above, 1e-3 * below * above);
  const [x, y] = [above / width, below / width];
  const evidence = (a: number, b: number): number =>
    (sides === 1 ? incompleteBeta(a, b, x, y).logLower : 0) - logBetaPrefix(a, b, x, y);
  const prior = evidence(weight / (below * width), weight / (above * width));
  return boundaryOf(
    'betaBinomialBoundary',
    (sum, variance) => {
      const a = (weight + variance - below * sum) / (below * width);
      const b = (weight + variance + above * sum) / (above * width);
      // A sum that no observations in the range can have.
      if (!(a > 0 && b > 0)) return sum > 0 || sides === 2 ? Infinity : -Infinity;
      return evidence(a, b) - prior;
    },
    (variance) => variance / below,
  );
}
