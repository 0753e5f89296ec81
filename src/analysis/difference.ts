import {
  addScores,
  emptyScore,
  type ScoreResult,
  type ScoreSums,
  type ValueSums,
  scoreResult,
  stratifiedScore,
} from '../stats/sequential/score.js';
import { scoreMixture } from '../stats/sequential/score-mixture.js';
import type { Harm } from '../stats/sequential/odds-mixture.js';
import type { ArmPair, Observed } from './observe.js';

/** Two arms' means, weighted alike over strata, so that a ramp or a drift moves both in the same way. */
export interface Difference {
  readonly mean: number;
  readonly controlMean: number;
  /** mean - controlMean. */
  readonly estimate: number;
  readonly score: ScoreResult;
  /** The variance at which the mixture and its interval are sharpest. */
  readonly rho: number;
}

/** The score mixture is sharpest at 10 events: below 5 its early looks are known to exceed their level. */
const eventsAtBest = 10;
/** Means have no events: as many observations, half of each arm, as 100 pairs. */
const pairsAtBest = 100;

/** The stratified difference of the candidate's mean from the control's, over mature strata; `undefined` while there is none. */
export function differenceOf({ measure, pairs }: Observed): Difference | undefined {
  let sums = emptyScore;
  let controlSum = 0;
  for (const pair of pairs) {
    if (!pair.isMature) continue;
    const score = pair.folded ?? scoreOf(pair);
    sums = addScores(sums, score);
    if (score.weight > 0) controlSum += (score.weight * pair.controlSums.sum) / pair.controlSums.n;
  }
  if (!(sums.weight > 0)) return undefined;
  const score = scoreResult(sums);
  const controlMean = controlSum / sums.weight;
  // In a metric's own unit a fixed number would mean something else for euros than for cents.
  const rho = measure.type === 'continuous' ? pairsAtBest * (sums.variance / sums.weight) : eventsAtBest;
  return { mean: controlMean + score.estimate, controlMean, estimate: score.estimate, score, rho };
}

/** Values are 0 or 1 when their sum is that of their squares; then the exact variance of counts is known. Folding does the same. */
const isCount = ({ n, sum, sumSq }: ValueSums): boolean => sum === sumSq && Number.isInteger(sum) && sum <= n;

function scoreOf({ candidateSums: treatment, controlSums: control }: ArmPair): ScoreSums {
  if (!(isCount(treatment) && isCount(control))) return stratifiedScore([{ treatment, control }], 'mean');
  const counts = {
    treatment: { n: treatment.n, events: treatment.sum },
    control: { n: control.n, events: control.sum },
  };
  return stratifiedScore([counts], 'binary');
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
