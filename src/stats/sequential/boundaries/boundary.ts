import { needOpenProbability } from '../../domain.js';
import { bisect } from '../bisect.js';
import { needAmount, needNonNegative, needOverZero } from '../magnitude.js';

/**
 * A curve that a sum of centred observations crosses at any time with probability at most alpha, as a function of the
 * accumulated variance ("intrinsic time"): Howard, Ramdas, McAuliffe and Sekhon (2021).
 */
export interface UniformBoundary {
  /** The evidence of a sum at an accumulated variance, as the log of an e-value. */
  logE(sum: number, variance: number): number;
  /** The sum at which E reaches 1 / alpha. */
  bound(variance: number, alpha: number): number;
}

/**
 * The rho that makes a normal mixture tightest at the accumulated variance `variance`, for a test at level `alpha` on
 * `sides` sides; the other mixtures take the same. Throws `domain` unless variance > 0 and alpha is in (0, 1),
 * one-sided (0, 1/2).
 */
export function bestRho(options: { readonly variance: number; readonly alpha: number; readonly sides: 1 | 2 }): number {
  const { variance, alpha, sides } = options;
  needOverZero('bestRho', 'variance', variance);
  const level = sides === 1 ? 2 * alpha : alpha;
  needOpenProbability('bestRho', sides === 1 ? '2 alpha' : 'alpha', level);
  return variance / (-2 * Math.log(level) + Math.log1p(-2 * Math.log(level)));
}

/** A boundary from its evidence, which must rise in the sum; `greatest` is the largest sum that can occur. */
export function boundaryOf(
  name: string,
  logE: (sum: number, variance: number) => number,
  greatest: (variance: number) => number = () => Infinity,
): UniformBoundary {
  return {
    logE: (sum, variance) => {
      needAmount(`${name}.logE`, 'sum', sum);
      needNonNegative(`${name}.logE`, 'variance', variance);
      return logE(sum, variance);
    },
    bound: (variance, alpha) => {
      needNonNegative(`${name}.bound`, 'variance', variance);
      needOpenProbability(`${name}.bound`, 'alpha', alpha);
      const isPast = (sum: number) => logE(sum, variance) >= -Math.log(alpha);
      let high = greatest(variance);
      // Not even the largest possible sum is enough evidence yet.
      if (high < Infinity) return isPast(high) ? bisect(0, high, isPast) : high;
      high = 1 + variance;
      while (high < Infinity && !isPast(high)) high *= 2;
      return high < Infinity ? bisect(0, high, isPast) : Infinity;
    },
  };
}
