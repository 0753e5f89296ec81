import { pairedTTest } from '../../stats/tests/t-tests.js';

/** The mean of the paired differences of two models' scores, the model's minus the stable's. */
export interface ScoreDifference {
  readonly estimate: number;
  readonly interval: readonly [number, number];
}

/**
 * The difference with its interval: Student's for pairs. Where all pairs differ by the same there is no variance to judge by, and the
 * interval is what fewer than `alpha` of such samples would show if more than that fraction of cases differed (Clopper and Pearson
 * 1934): two models that agree on 20 cases may still differ on 17 % of them.
 */
export function scoreDifference(
  model: readonly number[],
  stable: readonly number[],
  alpha: number,
): ScoreDifference | undefined {
  const n = model.length;
  if (n === 0) return undefined;
  const { estimate, interval } = pairedTTest({ a: model, b: stable, level: 1 - alpha });
  const mean = estimate ?? 0;
  if (interval !== undefined && interval !== null && interval.lower < interval.upper) {
    return { estimate: mean, interval: [Math.max(-1, interval.lower), Math.min(1, interval.upper)] };
  }
  const unseen = 1 - (alpha / 2) ** (1 / n);
  return { estimate: mean, interval: [Math.max(-1, mean - unseen), Math.min(1, mean + unseen)] };
}
