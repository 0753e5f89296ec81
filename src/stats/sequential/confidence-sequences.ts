import { needCount, needOpenProbability } from '../domain.js';
import { bisect } from './bisect.js';
import { betaBinomialBoundary } from './boundaries/beta-binomial-boundary.js';
import { bestRho } from './boundaries/boundary.js';
import { type EventCount, needEventCount } from './event-count.js';
import type { ScoreSums } from './score.js';
import { needAmount, needNonNegative, needOverZero } from './magnitude.js';

/**
 * An interval that holds the truth at all times at once with probability 1 - alpha, so it may be looked at at any time.
 */
export interface ConfidenceSequence {
  readonly lower: number;
  readonly upper: number;
}

/** One that holds it only in the limit of many observations, since a variance is estimated. */
export interface AsymptoticConfidenceSequence extends ConfidenceSequence {
  readonly estimate: number;
  readonly asymptotic: true;
}

/**
 * A confidence sequence for a rate, exact at every sample size: the rates that a beta-binomial mixture does not reject
 * (Howard, Ramdas, McAuliffe and Sekhon 2021). `nBest` is the sample size at which it is tightest, default 1000.
 *
 * Without observations it is [0, 1]. Throws `domain` unless 0 <= events <= n are whole numbers, nBest > 0 and alpha is
 * in (0, 1).
 */
export function proportionConfidenceSequence(
  observed: EventCount,
  options: { readonly alpha: number; readonly nBest?: number },
): ConfidenceSequence {
  const { n, events } = observed;
  const { alpha, nBest = 1000 } = options;
  needEventCount('proportionConfidenceSequence', 'observed', observed);
  needOpenProbability('proportionConfidenceSequence', 'alpha', alpha);
  needOverZero('proportionConfidenceSequence', 'nBest', nBest);
  if (n === 0) return { lower: 0, upper: 1 };
  const rate = events / n;
  const isRejected = (p: number): boolean => {
    const unit = p * (1 - p);
    const rho = bestRho({ variance: unit * nBest, alpha, sides: 2 });
    const mixture = betaBinomialBoundary({ rho, below: p, above: 1 - p, sides: 2 });
    return mixture.logE((rate - p) * n, unit * n) > -Math.log(alpha);
  };
  // Next to an end the mixture has no room for a prior; what is not rejected there is not rejected at the end.
  const [first, last] = [1e-12, 1 - 1e-12];
  return {
    lower: rate > first && isRejected(first) ? bisect(first, rate, (p) => !isRejected(p)) : 0,
    upper: rate < last && isRejected(last) ? bisect(rate, last, isRejected) : 1,
  };
}

/**
 * An asymptotic confidence sequence for a mean: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), equation 9,
 * with the rho that makes it tightest at `nBest` observations.
 *
 * `deviation` is the standard deviation of one observation, so that deviation / sqrt(n) is the standard error. Without
 * observations it is the whole line. Throws `domain` for an n that is no count, a negative deviation, an alpha outside
 * (0, 1).
 */
export function asymptoticConfidenceSequence(observed: {
  readonly estimate: number;
  readonly deviation: number;
  readonly n: number;
  readonly alpha: number;
  readonly nBest: number;
}): AsymptoticConfidenceSequence {
  const { estimate, deviation, n, alpha, nBest } = observed;
  needAmount('asymptoticConfidenceSequence', 'estimate', estimate);
  needNonNegative('asymptoticConfidenceSequence', 'deviation', deviation);
  needCount('asymptoticConfidenceSequence', 'n', n);
  needOpenProbability('asymptoticConfidenceSequence', 'alpha', alpha);
  needOverZero('asymptoticConfidenceSequence', 'nBest', nBest);
  if (n === 0) return { estimate, lower: -Infinity, upper: Infinity, asymptotic: true };
  const level = -2 * Math.log(alpha);
  const weight = (n * (level + Math.log1p(level))) / nBest;
  const reach = deviation * Math.sqrt(((weight + 1) / weight) * ((Math.log1p(weight) + level) / n));
  return { estimate, lower: estimate - reach, upper: estimate + reach, asymptotic: true };
}

/**
 * A confidence sequence for the stratified difference treatment minus control: the differences that the two-sided
 * `scoreMixture` with this `rho` does not reject, from the sums of `stratifiedScore`.
 *
 * For binary outcomes the variance is the one under "no effect", so it is best near no effect. Without data it is the
 * whole line.
 */
export function scoreConfidenceSequence(
  sums: ScoreSums,
  options: { readonly alpha: number; readonly rho: number },
): AsymptoticConfidenceSequence {
  const { score, variance, weight } = sums;
  const { alpha, rho } = options;
  needAmount('scoreConfidenceSequence', 'score', score);
  needNonNegative('scoreConfidenceSequence', 'variance', variance);
  needNonNegative('scoreConfidenceSequence', 'weight', weight);
  needOpenProbability('scoreConfidenceSequence', 'alpha', alpha);
  needOverZero('scoreConfidenceSequence', 'rho', rho);
  if (!(weight > 0 && variance > 0)) {
    return { estimate: weight > 0 ? score / weight : 0, lower: -Infinity, upper: Infinity, asymptotic: true };
  }
  const total = variance + rho;
  const reach = Math.sqrt(total * (Math.log(total / rho) - 2 * Math.log(alpha)));
  const estimate = score / weight;
  return { estimate, lower: (score - reach) / weight, upper: (score + reach) / weight, asymptotic: true };
}
