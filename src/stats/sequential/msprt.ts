import { need, needCount } from '../domain.js';
import { needAmount, needNonNegative, needOverZero } from './magnitude.js';

export interface MixtureSprt {
  readonly logE: number;
  /** min(1, 1 / E). Valid at any time if it is the smallest so far that is reported. */
  readonly pValue: number;
  /** The variance is estimated, so the level holds in the limit of many observations only. */
  readonly asymptotic: true;
}

/**
 * The mixture sequential probability ratio test for a difference of means, of one stratum with arms of equal size
 * (Johari, Koomen, Pekelis and Walsh 2017; Robbins 1970), in logs.
 *
 * `difference` is treatment minus control, `variance` the sum of both arms' variances of a single observation, in the
 * metric's unit squared, `n` the observations in each arm, `tauSquared` the variance of the effects that are looked
 * for. It pools whatever it is given: over a ramp use `scoreMixture` on strata. Without observations or variance E is
 * 1.
 */
export function mixtureSprt(observed: {
  readonly difference: number;
  readonly variance: number;
  readonly n: number;
  readonly tauSquared: number;
}): MixtureSprt {
  const { difference, variance, n, tauSquared } = observed;
  needAmount('mixtureSprt', 'difference', difference);
  needNonNegative('mixtureSprt', 'variance', variance);
  needCount('mixtureSprt', 'n', n);
  needOverZero('mixtureSprt', 'tauSquared', tauSquared);
  // So little variance is none: what divides by it would leave the range of numbers.
  if (!(n > 0 && variance > 1e-100)) return { logE: 0, pValue: 1, asymptotic: true };
  const spread = variance + n * tauSquared;
  const evidence = n * difference * (n * difference) * (tauSquared / spread / variance);
  const logE = (Math.log(variance / spread) + evidence) / 2;
  return { logE, pValue: Math.min(1, Math.exp(-logE)), asymptotic: true };
}

/** The same for two proportions, whose variance is p (1 - p) summed over the arms. */
export function mixtureSprtProportions(observed: {
  readonly treatment: number;
  readonly control: number;
  readonly n: number;
  readonly tauSquared: number;
}): MixtureSprt {
  const { treatment, control, n, tauSquared } = observed;
  need(treatment >= 0 && treatment <= 1, 'mixtureSprtProportions', 'treatment', 'a number in [0, 1]', treatment);
  need(control >= 0 && control <= 1, 'mixtureSprtProportions', 'control', 'a number in [0, 1]', control);
  const variance = treatment * (1 - treatment) + control * (1 - control);
  return mixtureSprt({ difference: treatment - control, variance, n, tauSquared });
}
