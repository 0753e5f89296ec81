import { need, needFinite, needProbability } from '../domain.js';
import type { EventCount } from '../sequential/event-count.js';
import {
  addScores,
  emptyScore,
  type ScoreStratum,
  type ScoreSums,
  stratifiedScore,
  type ValueSums,
} from '../sequential/score.js';
import { clusterCount } from './unit-hash.js';

/** What was observed in each of the 64 clusters of units, both arms together: how many observations, and their sum. */
export interface ClusterCounts {
  readonly n: readonly number[];
  readonly sum: readonly number[];
}

/** One stratum of units with several requests: the arms' sums, and the same observations by cluster. */
export interface ClusterStratum<Sums> extends ScoreStratum<Sums> {
  readonly epoch: number;
  /** What units were assigned with: under one salt the treatment's units of a small share keep it in a greater one. */
  readonly salt: string;
  /** The treatment's share of treatment + control, a fraction. */
  readonly share: number;
  readonly clusters: ClusterCounts;
}

/** The residuals of one epoch: by cluster, the sum of what its observations exceeded their stratum's mean by. */
export type ClusterEpoch = {
  readonly epoch: number;
  readonly salt: string;
  readonly share: number;
  readonly residuals: readonly number[];
};

/** A stratified score with what is needed to widen its variance. It adds up, so closed strata can be folded into it. */
export type ClusterSums = ScoreSums & { readonly epochs: readonly ClusterEpoch[] };

export const emptyClusterSums: ClusterSums = { ...emptyScore, epochs: [] };

/** Folds strata into sums: 64 numbers for each epoch, however many units and strata there were. Throws `domain`. */
export function foldClusters(strata: readonly ClusterStratum<EventCount>[], kind: 'binary'): ClusterSums;
export function foldClusters(strata: readonly ClusterStratum<ValueSums>[], kind: 'mean'): ClusterSums;
export function foldClusters(
  strata: readonly ClusterStratum<EventCount>[] | readonly ClusterStratum<ValueSums>[],
  kind: 'binary' | 'mean',
): ClusterSums {
  // The overloads tie the strata to the kind.
  const score =
    kind === 'binary'
      ? (one: ClusterStratum<EventCount | ValueSums>) => stratifiedScore([one as ClusterStratum<EventCount>], 'binary')
      : (one: ClusterStratum<EventCount | ValueSums>) => stratifiedScore([one as ClusterStratum<ValueSums>], 'mean');
  return strata
    .map((one, index): ClusterSums => {
      needProbability('foldClusters', `strata[${index}].share`, one.share);
      const residuals = clusterResiduals(one.clusters, `strata[${index}].clusters`);
      const { score: u, variance, weight } = score(one);
      // A stratum that cannot compare the arms adds nothing to the score, so its residuals must add nothing to the
      // variance.
      if (!(weight > 0)) return emptyClusterSums;
      return {
        score: u,
        variance,
        weight,
        epochs: [{ epoch: one.epoch, salt: one.salt, share: one.share, residuals }],
      };
    })
    .reduce(addClusterSums, emptyClusterSums);
}

/** The sums of two sets of strata, of two replicas or two times. */
export function addClusterSums(a: ClusterSums, b: ClusterSums): ClusterSums {
  const epochs = new Map(a.epochs.map((one) => [one.epoch, one]));
  for (const one of b.epochs) {
    const same = epochs.get(one.epoch);
    const residuals = one.residuals.map((value, at) => value + (same?.residuals[at] ?? 0));
    epochs.set(one.epoch, { epoch: one.epoch, salt: one.salt, share: one.share, residuals });
  }
  return { ...addScores(a, b), epochs: [...epochs.values()].sort((x, y) => x.epoch - y.epoch) };
}

/**
 * By how much the observations of each cluster exceed what their common mean makes expect. `n` need not be whole: for a ratio of
 * sums it holds denominators. Throws `domain`.
 */
export function clusterResiduals({ n, sum }: ClusterCounts, name = 'clusters'): readonly number[] {
  need(n.length === clusterCount, 'foldClusters', `${name}.n`, `a list of ${clusterCount}`, n);
  need(sum.length === clusterCount, 'foldClusters', `${name}.sum`, `a list of ${clusterCount}`, sum);
  let [count, total] = [0, 0];
  for (let at = 0; at < clusterCount; at += 1) {
    const [size, value] = [n[at] as number, sum[at] as number];
    // The names are made for what is refused only: this runs for every stratum at every look.
    if (!(size >= 0 && size < Infinity)) need(false, 'foldClusters', `${name}.n[${at}]`, 'a number, 0 or more', size);
    if (!Number.isFinite(value)) needFinite('foldClusters', `${name}.sum[${at}]`, value);
    count += size;
    total += value;
  }
  const mean = count > 0 ? total / count : 0;
  return n.map((size, at) => (sum[at] as number) - mean * size);
}
