import { addFoldedScores, type ArmSums, scoreArms } from '../evidence/arm-score.js';
import type { FoldedScore } from '../evidence/stratum.js';
import { emptyScore, type ScoreResult, type ScoreSums, scoreResult } from '../stats/sequential/score.js';
import { scoreMixture } from '../stats/sequential/score-mixture.js';
import type { Harm } from '../stats/sequential/odds-mixture.js';
import type { Observed } from './observe.js';

/** Two arms' means, weighted alike over strata, so that a ramp or a drift moves both in the same way. */
export interface Difference {
  readonly mean: number;
  readonly controlMean: number;
  /** mean - controlMean. */
  readonly estimate: number;
  readonly score: ScoreResult;
  /** The variance at which the mixture and its interval are sharpest. */
  readonly rho: number;
  /** The slope of the covariate that was taken out (CUPED); absent where there is none. */
  readonly theta?: number;
}

/** The score mixture is sharpest at 10 events: below 5 its early looks are known to exceed their level. */
const eventsAtBest = 10;
/** Means have no events: as many observations, half of each arm, as 100 pairs. */
const pairsAtBest = 100;

/** The stratified difference of the candidate's mean from the control's, over mature strata; `undefined` while there is none. */
export function differenceOf({ measure, pairs }: Observed): Difference | undefined {
  let sums: FoldedScore = emptyScore;
  let controlSum = 0;
  for (const pair of pairs) {
    if (!pair.isMature) continue;
    const { residuals: _, ...score } = pair.folded ?? scoreArms(pair.candidateSums, pair.controlSums);
    sums = addFoldedScores(sums, score);
    if (score.weight > 0) controlSum += (score.weight * pair.controlSums.sum) / overOf(pair.controlSums);
  }
  if (!(sums.weight > 0)) return undefined;
  const { theta, ...adjusted } = withoutCovariate(sums);
  const score = scoreResult(adjusted);
  const controlMean = controlSum / sums.weight;
  // In a metric's own unit a fixed number would mean something else for euros than for cents.
  const rho = measure.type === 'continuous' ? pairsAtBest * (score.variance / score.weight) : eventsAtBest;
  const mean = controlMean + score.estimate;
  return { mean, controlMean, estimate: score.estimate, score, rho, ...(theta !== undefined && { theta }) };
}

/**
 * The score after what the covariate explains was taken out: U - theta U_x with the theta of least variance, from deviations within
 * arms and strata (CUPED; Deng, Xu, Kohavi and Walker, WSDM 2013). Without an effect U_x is 0 on average, so nothing is biased.
 */
function withoutCovariate({
  score,
  variance,
  weight,
  covariate,
}: FoldedScore): ScoreSums & { readonly theta?: number } {
  if (covariate === undefined || !(covariate.variance > 0)) return { score, variance, weight };
  const theta = covariate.covariance / covariate.variance;
  return {
    score: score - theta * covariate.score,
    variance: Math.max(0, variance - theta * covariate.covariance),
    weight,
    theta,
  };
}

/** What a mean divides by: a ratio's denominators, else its observations. */
const overOf = ({ n, ratio, paired }: ArmSums): number => (ratio === true ? (paired?.sum ?? 0) : n);

/** The same difference when units that come back widen its variance by `designEffect`. */
export function widened(difference: Difference, designEffect: number): Difference {
  const { score, rho } = difference;
  const { variance, weight, estimate } = score;
  const result = scoreResult({ score: score.score, variance: variance * designEffect, weight });
  return { ...difference, score: { ...result, estimate }, rho: rho * designEffect * designEffect };
}

/**
 * An interval for the difference that holds at all looks together, in the limit of many observations: the two-sided mixture
 * turned round (Robbins 1970). `undefined` where nothing varied.
 */
export function anytimeInterval(difference: Difference, alpha: number): readonly [number, number] | undefined {
  const { score, rho, estimate } = difference;
  if (score.reason !== undefined) return undefined;
  const total = score.variance + rho;
  const half = Math.sqrt(total * (Math.log(total / rho) - 2 * Math.log(alpha))) / score.weight;
  return [estimate - half, estimate + half];
}

/** ln of the score mixture against "the harm is at most `margin`", which is in the metric's unit. Asymptotic: see `scoreMixture`. */
export function scoreEvidence({ score, rho }: Difference, harm: Harm, margin: number): number {
  if (score.reason !== undefined) return 0;
  const shifted = score.score - (harm === 'more' ? margin : -margin) * score.weight;
  return scoreMixture({ score: shifted, variance: score.variance }, { rho, harm }).logE;
}
