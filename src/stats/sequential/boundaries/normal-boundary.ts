import { normal } from '../../distributions/normal.js';
import { boundaryOf, type UniformBoundary } from './boundary.js';
import { needOverZero } from '../magnitude.js';

/**
 * The normal mixture (Robbins 1970), for sub-Gaussian sums: tightest at the variance that `rho` was chosen for by
 * `bestRho`.
 */
export function normalBoundary(options: { readonly rho: number; readonly sides: 1 | 2 }): UniformBoundary {
  const { rho, sides } = options;
  needOverZero('normalBoundary', 'rho', rho);
  return boundaryOf('normalBoundary', (sum, variance) => {
    const total = variance + rho;
    const z = sum / Math.sqrt(total);
    return (Math.log(rho / total) + z * z) / 2 + (sides === 1 ? Math.LN2 + normal.logCdf(z) : 0);
  });
}
