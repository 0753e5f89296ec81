import { need, needFinite, needMeasure, needPositive, needValue } from '../domain.js';
import { logUpperTail, standardQuantile, upperTail } from '../distributions/normal.js';
import { betaPoint } from '../special/beta-quantile.js';
import { incompleteBeta } from '../special/incomplete-beta.js';
import { type Interval, readOptions } from '../tests/result.js';
import { needProportion } from '../tests/two-proportion-z.js';

/** What is believed of a proportion: Beta(alpha, beta), each from .05 (below, most draws are 0 or 1) to 1e15. */
export interface BetaBelief {
  readonly alpha: number;
  readonly beta: number;
}

/** What is believed of a mean or an effect: a normal distribution. */
export interface NormalBelief {
  readonly mean: number;
  readonly sd: number;
}

export type Belief = BetaBelief | NormalBelief;

export function needBelief(where: string, name: string, belief: Belief): void {
  if ('alpha' in belief) {
    for (const key of ['alpha', 'beta'] as const) {
      const value = belief[key];
      need(value >= 0.05 && value <= 1e15, where, `${name}.${key}`, 'a number from .05 to 1e15', value);
    }
  } else {
    needValue(where, `${name}.mean`, belief.mean);
    needMeasure(where, `${name}.sd`, belief.sd);
  }
}

/** The belief about a proportion after `x` successes of `n`; the prior is uniform, Beta(1, 1), unless given. */
export function betaPosterior(input: {
  readonly x: number;
  readonly n: number;
  readonly prior?: BetaBelief;
}): BetaBelief {
  const { x, n, prior = { alpha: 1, beta: 1 } } = input;
  needProportion('betaPosterior', x, n);
  needBelief('betaPosterior', 'prior', prior);
  return { alpha: prior.alpha + x, beta: prior.beta + (n - x) };
}

/** The belief about a mean from an estimate with its standard error; without a prior it is the estimate itself. */
export function normalPosterior(input: {
  readonly estimate: number;
  readonly standardError: number;
  readonly prior?: NormalBelief;
}): NormalBelief {
  const { estimate, standardError, prior } = input;
  needFinite('normalPosterior', 'estimate', estimate);
  needPositive('normalPosterior', 'standardError', standardError);
  if (prior === undefined) return { mean: estimate, sd: standardError };
  needBelief('normalPosterior', 'prior', prior);
  // Shares of the precision, so that neither square can run out of range.
  const weight = 1 / (1 + (standardError / prior.sd) ** 2);
  return { mean: weight * estimate + (1 - weight) * prior.mean, sd: standardError * Math.sqrt(weight) };
}

/** The central interval that holds the true value with probability `level` (default .95), given the belief. */
export function credibleInterval(belief: Belief, level = 0.95): Interval {
  needBelief('credibleInterval', 'belief', belief);
  readOptions('credibleInterval', { level });
  const tail = (1 - level) / 2;
  if ('alpha' in belief) {
    const { alpha, beta } = belief;
    const log = Math.log(tail);
    return { lower: betaPoint(alpha, beta, log, true).x, upper: betaPoint(alpha, beta, log, false).x, level };
  }
  const reach = -standardQuantile(tail) * belief.sd;
  return { lower: belief.mean - reach, upper: belief.mean + reach, level };
}

/** The probability of lying below, inside and above a region, such as one in which a difference would not matter (ROPE). */
export interface RegionProbabilities {
  readonly below: number;
  readonly inside: number;
  readonly above: number;
}

/** The chances that the true value lies below, in or above [lower, upper] (the region of practical equivalence). */
export function regionProbabilities(
  belief: Belief,
  region: { readonly lower: number; readonly upper: number },
): RegionProbabilities {
  const where = 'regionProbabilities';
  needBelief(where, 'belief', belief);
  needFinite(where, 'region.lower', region.lower);
  needFinite(where, 'region.upper', region.upper);
  need(region.lower <= region.upper, where, 'region', 'in order, lower before upper', region.lower);
  const [below, above] =
    'alpha' in belief
      ? [
          incompleteBeta(belief.alpha, belief.beta, region.lower, 1 - region.lower).lower,
          incompleteBeta(belief.alpha, belief.beta, region.upper, 1 - region.upper).upper,
        ]
      : [upperTail((belief.mean - region.lower) / belief.sd), upperTail((region.upper - belief.mean) / belief.sd)];
  return { below, inside: Math.max(0, 1 - below - above), above };
}

/** For an effect with a normal belief: the chance that it is over 0, and what either choice is expected to lose. */
export function normalEffect(belief: NormalBelief): {
  readonly probPositive: number;
  /** The expected loss of choosing the treatment: the mean of the effect's negative part, and of choosing the control. */
  readonly lossOfTreatment: number;
  readonly lossOfControl: number;
} {
  needBelief('normalEffect', 'belief', belief);
  const { mean, sd } = belief;
  const z = mean / sd;
  const density = Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
  // phi(z) - |z| P(Z > |z|), from logarithms, since both nearly cancel far out.
  const small = Math.max(0, density - Math.abs(z) * Math.exp(logUpperTail(Math.abs(z)))) * sd;
  const large = small + Math.abs(mean);
  return {
    probPositive: upperTail(-z),
    lossOfTreatment: mean > 0 ? small : large,
    lossOfControl: mean > 0 ? large : small,
  };
}
