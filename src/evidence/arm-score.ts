import { addScores, emptyScore, type ScoreSums, stratifiedScore, type ValueSums } from '../stats/sequential/score.js';
import { middleOf, type SketchJson } from '../stats/sketch-json.js';
import type { Cell, FoldedScore, MetricSums, PairedSums } from './stratum.js';
import { type ByCluster, clustersOf, type Denominator } from './unit-clusters.js';
import { clusterResiduals } from '../stats/clusters/cluster-sums.js';

/** One arm's sums of a metric in a stratum: for a mean those of its values, with their covariate, or for a ratio its denominators. */
export interface ArmSums extends ValueSums {
  readonly ratio?: true;
  readonly paired?: PairedSums;
}

/** A mean's sums over what it is a mean of. Reports without their exposure (it travels in another delta) are their own n. */
export function armSumsOf(
  { n, sum, sumSq, ratio, paired }: MetricSums,
  perExposure: boolean,
  exposed: number,
): ArmSums {
  const over = perExposure ? Math.max(n, exposed) : n;
  return {
    n: over,
    sum,
    // No values have a smaller sum of squares than their mean's: what rounding or a damaged store took away is put back.
    sumSq: over > 0 ? Math.max(sumSq, (sum / over) * sum) : 0,
    ...(ratio && { ratio }),
    ...(paired && { paired }),
  };
}

/** Values are only ever 0 or 1 when their sum is that of their squares: then the exact variance of counts is known. */
const isCount = ({ n, sum, sumSq }: ValueSums) => sum === sumSq && Number.isInteger(sum) && sum <= n;

/** What one stratum adds to the score of the treatment against the control. */
export function scoreArms(treatment: ArmSums, control: ArmSums): FoldedScore {
  if (treatment.ratio === true || control.ratio === true) return ratioScore(treatment, control);
  const events = ({ n, sum }: ValueSums) => ({ n, events: sum });
  const { score, variance, weight } =
    isCount(treatment) && isCount(control)
      ? stratifiedScore([{ treatment: events(treatment), control: events(control) }], 'binary')
      : valueScore(treatment, control);
  if (treatment.paired === undefined || control.paired === undefined || !(weight > 0))
    return { score, variance, weight };
  return { score, variance, weight, covariate: covariateScore(treatment, control, weight) };
}

/**
 * The score of means with the greater of two variances: each arm's own (Welch), or that of both together. A small arm that missed the
 * tail so far has a low mean and a low variance of its own, one that met it has both high: by its own variance the first looks
 * significant, by the common one the second.
 */
function valueScore(treatment: ValueSums, control: ValueSums): ScoreSums {
  const { score, variance, weight } = stratifiedScore([{ treatment, control }], 'mean');
  if (!(weight > 0)) return { score, variance, weight };
  const spread = ({ n, sum, sumSq }: ValueSums) => Math.max(0, sumSq - (sum / n) * sum);
  const common = (spread(treatment) + spread(control)) / (treatment.n + control.n - 2);
  return { score, variance: Math.max(variance, weight * common), weight };
}

/** Both arms' denominators take the place of n; the variance is the delta method's, with each report a unit of its own. */
function ratioScore(treatment: ArmSums, control: ArmSums): ScoreSums {
  const [a, b] = [treatment.paired?.sum ?? 0, control.paired?.sum ?? 0];
  if (!(a > 0 && b > 0 && treatment.n >= 2 && control.n >= 2)) return emptyScore;
  const weight = a * (b / (a + b));
  const [mine, theirs] = [ratioSpread(treatment), ratioSpread(control)];
  const varianceOf = (ofMine: number, ofTheirs: number) =>
    ((ofMine / a) * treatment.n) / a + ((ofTheirs / b) * control.n) / b;
  const common = (mine + theirs) / (treatment.n + control.n - 2);
  // The greater of both, as for means.
  const variance = Math.max(varianceOf(mine / (treatment.n - 1), theirs / (control.n - 1)), varianceOf(common, common));
  return { score: weight * (treatment.sum / a - control.sum / b), variance: weight * weight * variance, weight };
}

/** The squares of what each report's numerator is beyond the ratio's part of its denominator. */
function ratioSpread({ sum, sumSq, paired }: ArmSums): number {
  const { sum: over, sumSq: overSq, product } = paired as PairedSums;
  const ratio = sum / over;
  return Math.max(0, sumSq - 2 * ratio * product + ratio * ratio * overSq);
}

function covariateScore(treatment: ArmSums, control: ArmSums, weight: number) {
  const [a, b] = [covariateOf(treatment), covariateOf(control)];
  const square = weight * weight;
  return {
    score: weight * (a.mean - b.mean),
    variance: square * (a.variance / treatment.n + b.variance / control.n),
    covariance: square * (a.covariance / treatment.n + b.covariance / control.n),
  };
}

function covariateOf({ n, sum, sumSq, paired }: ArmSums) {
  const { sum: x, sumSq: xx, product } = paired as PairedSums;
  const scale = n > 1 ? 1 / (n - 1) : 0;
  const variance = Math.max(0, xx - (x / n) * x) * scale;
  const most = Math.sqrt(variance * Math.max(0, sumSq - (sum / n) * sum) * scale);
  const covariance = (product - (x / n) * sum) * scale;
  // No covariance is over the product of the deviations, whatever rounding made of it.
  return { mean: x / n, variance, covariance: Math.min(most, Math.max(-most, covariance)) };
}

/** By how much clusters of units exceeded the stratum's mean, both arms together, in a metric and its covariate. */
export function residualsOf(
  cells: readonly Cell[],
  metric: string,
  over: Denominator,
): { readonly residuals: ByCluster; readonly ofCovariate: ByCluster } | undefined {
  const kept = clustersOf(
    cells.map(({ clusters }) => clusters),
    metric,
    over,
  );
  if (kept === undefined) return undefined;
  const { n, sum, covariate } = kept;
  return { residuals: clusterResiduals({ n, sum }), ofCovariate: clusterResiduals({ n, sum: covariate }) };
}

/** By how much one arm's clusters exceeded the mean of all arms; two arms' sum is what a comparison without the baseline needs. */
export function ownResidualsOf(
  cell: Cell,
  all: readonly Cell[],
  metric: string,
  over: Denominator,
): ByCluster | undefined {
  const [mine, total] = [
    clustersOf([cell.clusters], metric, over),
    clustersOf(
      all.map((one) => one.clusters),
      metric,
      over,
    ),
  ];
  if (mine === undefined || total === undefined) return undefined;
  const n = total.n.reduce((sum, value) => sum + value, 0);
  const mean = n > 0 ? total.sum.reduce((sum, value) => sum + value, 0) / n : 0;
  return mine.sum.map((value, at) => value - mean * (mine.n[at] as number));
}

/** A score with the residuals of its stratum, where clusters were kept; a stratum that cannot compare arms has none to give. */
export function withResiduals(score: FoldedScore, kept: ReturnType<typeof residualsOf>): FoldedScore {
  if (kept === undefined || !(score.weight > 0)) return score;
  const { covariate } = score;
  const { residuals, ofCovariate } = kept;
  return { ...score, residuals, ...(covariate && { covariate: { ...covariate, residuals: ofCovariate } }) };
}

const plus = (a: ByCluster, b: ByCluster): ByCluster => a.map((value, at) => value + (b[at] as number));
export const plusIfAny = (a: ByCluster | undefined, b: ByCluster | undefined) => (a && b ? plus(a, b) : (a ?? b));

/** The sum of what two strata add to a score. */
export function addFoldedScores(a: FoldedScore, b: FoldedScore): FoldedScore {
  const residuals = plusIfAny(a.residuals, b.residuals);
  const ownResiduals = plusIfAny(a.ownResiduals, b.ownResiduals);
  const ofCovariate = plusIfAny(a.covariate?.residuals, b.covariate?.residuals);
  return {
    ...addScores(a, b),
    ...(residuals && { residuals }),
    ...(ownResiduals && { ownResiduals }),
    ...((a.covariate ?? b.covariate) && {
      covariate: {
        score: (a.covariate?.score ?? 0) + (b.covariate?.score ?? 0),
        variance: (a.covariate?.variance ?? 0) + (b.covariate?.variance ?? 0),
        covariance: (a.covariate?.covariance ?? 0) + (b.covariate?.covariance ?? 0),
        ...(ofCovariate && { residuals: ofCovariate }),
      },
    }),
  };
}

/** The sums of ln(1 + ms) over a sketch of latencies, within its error. */
export function logSumsOf({ zero, positive }: SketchJson): ValueSums {
  let [n, sum, sumSq] = [zero, 0, 0];
  for (const [bucket, count] of positive) {
    const value = Math.log1p(middleOf(bucket));
    n += count;
    sum += count * value;
    sumSq += count * value * value;
  }
  return { n, sum, sumSq };
}
