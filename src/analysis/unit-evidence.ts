import type { Harm } from '../stats/sequential/odds-mixture.js';
import { eventBinomial } from '../stats/sequential/event-binomial.js';
import { logMeanExp } from '../stats/sequential/log-mean-exp.js';
import { designEffectOf, widenedScore } from '../stats/clusters/cluster-score.js';
import { addClusterSums, type ClusterSums, emptyClusterSums } from '../stats/clusters/cluster-sums.js';
import { UnitEventBitmap, type UnitEventEpoch, unitEventStrata } from '../stats/clusters/unit-events.js';
import type { Difference } from './difference.js';
import type { Measure } from './measure.js';
import type { ArmPair } from './observe.js';

/**
 * Slow calls have no exact test of first events beside them, and what units have in common is known of logarithms only: with 5, as for
 * events, a few units that were always slow raised .064 / .016 false alarms at .05 / .001, with 20 .012 / 0.
 */
const slowCallsAtBest = 20;

/**
 * The pairs that a comparison over units may use: their window has closed. Those that kept no clusters, old evidence or a forecast's,
 * are taken to be as alike as those that did; where none did, nothing is known of that, and there is nothing to compare.
 */
export function comparablePairs(pairs: readonly ArmPair[]): readonly ArmPair[] {
  const mature = pairs.filter(({ isMature }) => isMature);
  return mature.some(({ units }) => units?.score?.residuals !== undefined) ? mature : [];
}

/**
 * By how much requests of the same units widen the variance of a stratified score, 1 or more. `theta` is the slope of a covariate
 * that was taken out of the score, and is taken out of what units have in common as well.
 */
export function designEffectIn(pairs: readonly ArmPair[], theta = 0): number {
  return designEffectOf(pairs.map((pair) => clusterSumsOf(pair, theta)).reduce(addClusterSums, emptyClusterSums));
}

function clusterSumsOf({ share, units }: ArmPair, theta: number): ClusterSums {
  const { score, epoch = 0, salt = '' } = units ?? {};
  if (score?.residuals === undefined) return emptyClusterSums;
  const { variance, weight, covariate } = score;
  const x = covariate?.residuals;
  const residuals = x === undefined ? score.residuals : score.residuals.map((y, at) => y - theta * (x[at] as number));
  const explained = covariate === undefined ? 0 : theta * (2 * covariate.covariance - theta * covariate.variance);
  return {
    score: score.score,
    variance: Math.max(0, variance - explained),
    weight,
    epochs: [{ epoch, salt, share, residuals }],
  };
}

/** ln E of a difference over clusters of units, against "the harm is at most `margin`", in the metric's unit. Asymptotic. */
export function clusterEvidence(
  { score, rho }: Difference,
  designEffect: number,
  options: { readonly harm: Harm; readonly margin: number; readonly type: Measure['type'] },
): number {
  if (score.reason !== undefined) return 0;
  const { harm, margin, type } = options;
  const shifted = score.score - (harm === 'more' ? margin : -margin) * score.weight;
  const sums = { score: shifted, variance: score.variance };
  // For events the design effect makes up for the few of them; means have no events to count by.
  const sharpest = { binary: {}, continuous: { rho }, latency: { rho: slowCallsAtBest } }[type];
  return widenedScore(sums, designEffect, { harm, ...sharpest }).logE;
}

/**
 * ln E of the units' first events: the event-binomial test, which is exact although units come back. A unit's chance of any event
 * grows more slowly than that of each, so a relative margin of the one is never more than that of the other.
 */
export function firstEventEvidence(pairs: readonly ArmPair[], harm: Harm, relativeMargin: number): number {
  return eventBinomial(unitEventStrata(epochsOf(pairs)), { harm, margin: relativeMargin }).logE;
}

function epochsOf(pairs: readonly ArmPair[]): readonly UnitEventEpoch[] {
  const epochs = new Map<number, UnitEventEpoch>();
  for (const { share, units } of pairs) {
    if (units === undefined) continue;
    const { epoch, candidateEvents, controlEvents } = units;
    const known = epochs.get(epoch) ?? { share, treatment: new UnitEventBitmap(), control: new UnitEventBitmap() };
    epochs.set(epoch, known);
    if (candidateEvents !== undefined) known.treatment.merge(UnitEventBitmap.from(candidateEvents));
    if (controlEvents !== undefined) known.control.merge(UnitEventBitmap.from(controlEvents));
  }
  return [...epochs].sort(([a], [b]) => a - b).map(([, epoch]) => epoch);
}

/** The mean of e-values, which is one. */
export const meanEvidence = (...logEs: readonly number[]): number => logMeanExp(logEs);
