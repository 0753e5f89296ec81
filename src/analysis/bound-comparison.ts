import { own } from '../core/json.js';
import { widenedScore } from '../stats/clusters/cluster-score.js';
import { scoreMixture } from '../stats/sequential/score-mixture.js';
import { sketchRelativeError } from '../stats/sketch.js';
import type { Bound } from './bound.js';
import { pairEvidence } from './bounded-evidence.js';
import { type Comparison, compareArms } from './compare.js';
import type { Difference } from './difference.js';
import type { Measure } from './measure.js';
import { shiftSketch } from './shift-sketch.js';
import { designEffectIn } from './unit-evidence.js';
import type { Judged } from './verdict.js';

/** How the evidence stands towards a bound: for the claim, where the score and `logE` are over 0. */
export interface BoundComparison extends Comparison {
  /** How far the arm is on the claimed side, as a sum over strata: its expectation is 0 on the bound, its variance `variance`. */
  readonly score?: { readonly toward: number; readonly variance: number; readonly weight: number };
}

const bucketLog = /* @__PURE__ */ Math.log((1 + sketchRelativeError) / (1 - sketchRelativeError));

/** Compares an arm's mean (a latency's quantile) with the control's by the method that is right for the measure. */
export function compareWithBound(
  judged: Judged,
  control: string,
  measure: Measure,
  bound: Bound,
  quantile?: number,
): BoundComparison {
  const isBetterSide = (bound.side === 'above') === (measure.better === 'higher');
  const direction = isBetterSide ? 'better' : 'worse';
  const claim = quantile === undefined ? ({ direction } as const) : ({ direction, quantile } as const);
  if (measure.type === 'latency') {
    // A quantile is compared after the factor is taken out of the arm's own latencies: then there is no margin any more.
    const level = compareArms(withoutFactor(judged, bound.factor), control, measure, claim);
    return withScore(level, { ...bound, factor: 1 });
  }
  const level = compareArms(judged, control, measure, claim);
  const comparison = withScore(level, bound);
  return bound.factor === 1 && bound.margin === 0 ? comparison : withEvidence(comparison, measure, bound);
}

function withScore(comparison: Comparison, bound: Bound): BoundComparison {
  const { difference } = comparison;
  if (difference === undefined || difference.score.reason !== undefined) return comparison;
  return { ...comparison, score: scoreToward(difference, bound) };
}

/** Both means are weighted alike over strata, so the control's can be scaled after that. */
function scoreToward({ mean, controlMean, score }: Difference, { side, factor, margin }: Bound) {
  const excess = mean - factor * controlMean - margin;
  const { variance, weight } = score;
  // The control's part of the variance grows with the square of its factor; taken for all of it, the test is a little careful.
  return {
    toward: (side === 'above' ? excess : -excess) * weight,
    variance: variance * Math.max(1, factor * factor),
    weight,
  };
}

function withEvidence(comparison: BoundComparison, measure: Measure, bound: Bound): BoundComparison {
  const { observed, difference, score } = comparison;
  const mature = observed.pairs.filter(({ isMature }) => isMature);
  const counted = {
    ...comparison,
    n: mature.reduce((sum, { candidateSums }) => sum + candidateSums.n, 0),
    controlN: mature.reduce((sum, { controlSums }) => sum + controlSums.n, 0),
  };
  if ((measure.type === 'binary' || measure.cap !== undefined) && !hasUnits(comparison)) {
    return { ...counted, logE: pairEvidence(mature, measure, bound), test: 'inverse-propensity betting' };
  }
  const test = hasUnits(comparison) ? 'clusters of units (asymptotic)' : 'score mixture (asymptotic)';
  if (score === undefined || difference === undefined) return { ...counted, logE: 0, test };
  const { toward, variance } = score;
  if (!hasUnits(comparison)) {
    const { logE } = scoreMixture({ score: toward, variance }, { rho: difference.rho, harm: 'more' });
    return { ...counted, logE, test };
  }
  // The difference is widened already, and its test must know by how much.
  const designEffect = designEffectIn(observed.pairs, difference.theta);
  const sums = { score: toward, variance: variance / designEffect };
  const rho = measure.type === 'binary' ? {} : { rho: difference.rho / (designEffect * designEffect) };
  return { ...counted, logE: widenedScore(sums, designEffect, { harm: 'more', ...rho }).logE, test };
}

/** Units that come back are in the variance of the difference, and in no count: then only the score is right. */
function hasUnits({ observed }: Comparison): boolean {
  return observed.pairs.some(({ units }) => units !== undefined);
}

/** The evidence with the arm's latencies divided by the factor, in whole buckets and rather too few of them. */
function withoutFactor(judged: Judged, factor: number): Judged {
  const steps = -Math.trunc(Math.log(factor) / bucketLog);
  if (steps === 0) return judged;
  const strata = judged.strata.map((stratum) => {
    const cell = own(stratum.cells, judged.arm);
    if (cell === undefined) return stratum;
    const shifted = { ...cell, latency: shiftSketch(cell.latency, steps) };
    return { ...stratum, cells: { ...stratum.cells, [judged.arm]: shifted } };
  });
  return { ...judged, strata };
}
