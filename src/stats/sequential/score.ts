import { need, needCount } from '../domain.js';
import { type EventCount, needEventCount } from './event-count.js';
import { needAmount, needNonNegative } from './magnitude.js';

/** Sums of a metric's values, in its unit and its square. */
export interface ValueSums {
  readonly n: number;
  readonly sum: number;
  readonly sumSq: number;
}

/** Two arms in one stratum: one epoch and time bucket, in which the shares and the baseline were steady. */
export interface ScoreStratum<Sums> {
  readonly treatment: Sums;
  readonly control: Sums;
}

/**
 * What a stratum adds to a stratified comparison. It adds up over strata, so closed strata can be folded into it for
 * ever.
 */
export type ScoreSums = {
  /** U: the treatment's sum minus what the stratum's common mean makes expect. Over 0: the treatment has more. */
  readonly score: number;
  /** V: the variance of the score when there is no effect. It is also the information. */
  readonly variance: number;
  /** The sum of n_candidate n_control / n: score / weight is the mean difference. */
  readonly weight: number;
};

/** `no-data`: no stratum has both arms. `no-variance`: all values of each stratum's arms are the same. */
export type DegenerateReason = 'no-data' | 'no-variance';

export interface ScoreResult extends ScoreSums {
  /** Asymptotically standard normal without an effect; 0 in degenerate cases. */
  readonly z: number;
  /** The treatment's mean minus the control's, averaged over strata by weight; 0 without data. */
  readonly estimate: number;
  readonly reason?: DegenerateReason;
}

export const emptyScore: ScoreSums = { score: 0, variance: 0, weight: 0 };

export function addScores(a: ScoreSums, b: ScoreSums): ScoreSums {
  return { score: a.score + b.score, variance: a.variance + b.variance, weight: a.weight + b.weight };
}

/** z and the estimate from sums that were added up before. */
export function scoreResult(sums: ScoreSums): ScoreResult {
  const { score, variance, weight } = sums;
  const estimate = weight > 0 ? score / weight : 0;
  // Different means without any variance are not infinitely significant: the data are broken, or too few.
  if (variance > 0) return { score, variance, weight, z: score / Math.sqrt(variance), estimate };
  return { score, variance, weight, z: 0, estimate, reason: weight > 0 ? 'no-variance' : 'no-data' };
}

/**
 * The stratified score of treatment against control: the comparison that a ramp cannot confound, since arms are only
 * ever compared inside a stratum.
 *
 * `binary`: Cochran-Mantel-Haenszel (1959) without a continuity correction; the variance is that of the hypergeometric
 * distribution. `mean`: weights n_c n_t / n and each arm's own variance within the stratum (Welch), so arms may vary
 * differently. Strata with an empty arm contribute nothing; for means, arms with fewer than 2 values have no variance,
 * so their strata are dropped, not imputed. Throws `domain` for counts that are negative, NaN or not whole, and for
 * sums that no values can have.
 */
export function stratifiedScore(strata: readonly ScoreStratum<EventCount>[], kind: 'binary'): ScoreResult;
export function stratifiedScore(strata: readonly ScoreStratum<ValueSums>[], kind: 'mean'): ScoreResult;
export function stratifiedScore(
  strata: readonly ScoreStratum<EventCount>[] | readonly ScoreStratum<ValueSums>[],
  kind: 'binary' | 'mean',
): ScoreResult {
  // The overloads tie the strata to the kind.
  const parts =
    kind === 'binary'
      ? (strata as readonly ScoreStratum<EventCount>[]).map(binaryScore)
      : (strata as readonly ScoreStratum<ValueSums>[]).map(meanScore);
  return scoreResult(parts.reduce(addScores, emptyScore));
}

function binaryScore({ treatment, control }: ScoreStratum<EventCount>, index: number): ScoreSums {
  needEventCount('stratifiedScore', `strata[${index}].treatment`, treatment);
  needEventCount('stratifiedScore', `strata[${index}].control`, control);
  if (!(treatment.n > 0 && control.n > 0)) return emptyScore;
  const n = treatment.n + control.n;
  const weight = treatment.n * (control.n / n);
  const rate = (treatment.events + control.events) / n;
  return {
    score: weight * (treatment.events / treatment.n - control.events / control.n),
    variance: (weight * rate * (1 - rate) * n) / (n - 1),
    weight,
  };
}

function meanScore({ treatment, control }: ScoreStratum<ValueSums>, index: number): ScoreSums {
  const varianceOfCandidate = sampleVariance(`strata[${index}].treatment`, treatment);
  const varianceOfControl = sampleVariance(`strata[${index}].control`, control);
  if (!(treatment.n >= 2 && control.n >= 2)) return emptyScore;
  const weight = treatment.n * (control.n / (treatment.n + control.n));
  return {
    score: weight * (treatment.sum / treatment.n - control.sum / control.n),
    variance: weight * weight * (varianceOfCandidate / treatment.n + varianceOfControl / control.n),
    weight,
  };
}

function sampleVariance(name: string, { n, sum, sumSq }: ValueSums): number {
  const where = 'stratifiedScore';
  needCount(where, `${name}.n`, n);
  needAmount(where, `${name}.sum`, sum);
  needNonNegative(where, `${name}.sumSq`, sumSq);
  const squareOfMean = n > 0 ? (sum / n) * sum : 0;
  const spread = sumSq - squareOfMean;
  // What n additions may have lost to rounding is no variance, and a little less than nothing is nothing.
  const lost = 4 * n * Number.EPSILON * sumSq;
  need(spread >= -lost, where, `${name}.sumSq`, `at least sum^2 / n = ${squareOfMean}`, sumSq);
  return n >= 2 && spread > lost ? spread / (n - 1) : 0;
}
