import { standardQuantile } from '../distributions/normal.js';
import type { Harm } from '../sequential/odds-mixture.js';
import { type Score, scoreMixture } from '../sequential/score-mixture.js';
import { incompleteBeta } from '../special/incomplete-beta.js';
import type { ClusterSums } from './cluster-sums.js';
import { clusterCount } from './unit-hash.js';

export interface ClusterScore {
  readonly logE: number;
  readonly asymptotic: true;
  /** Standard normal without an effect, after the t distribution that 64 clusters ask for. */
  readonly z: number;
  /** The score's variance with clusters, at least that of independent requests. */
  readonly variance: number;
  /** By how much repeated requests of the same units widen the variance: 1 or more. */
  readonly designEffect: number;
}

/**
 * Evidence of harm from requests of units that come back: the stratified score with a variance over 64 clusters of
 * units.
 *
 * Requests of one unit resemble each other, and stay in one arm, so tests that count requests see far more evidence
 * than there is. The residuals of both arms together are summed by cluster, over all strata of an epoch, which keeps
 * what a unit's requests have in common; the randomisation of units says how that spreads over arms, within and between
 * epochs of one salt. The mixture is `scoreMixture` with rho = 5 times the design effect squared. Asymptotic: average
 * it with the exact `unitEventStrata`.
 */
export function clusterScore(sums: ClusterSums, options: { readonly harm: Harm }): ClusterScore {
  return widenedScore(sums, designEffectOf(sums), options);
}

/** By how much units that come back widen the variance of a stratified score, 1 or more; 1 where nothing varies. */
export function designEffectOf(sums: ClusterSums): number {
  return sums.variance > 0 ? Math.max(1, clusterVariance(sums) / sums.variance) : 1;
}

/**
 * The evidence in a score whose variance is that of independent requests, when units widen it by `designEffect`. `rho` is the
 * variance at which independent requests would be judged most sharply: 5 events unless it is given.
 */
export function widenedScore(
  { score, variance: independent }: Score,
  designEffect: number,
  options: { readonly harm: Harm; readonly rho?: number },
): ClusterScore {
  if (!(independent > 0)) return { logE: 0, asymptotic: true, z: 0, variance: 0, designEffect: 1 };
  const variance = independent * designEffect;
  const ratio = score / Math.sqrt(variance);
  // The t distribution's tail as an incomplete beta; one below what a number holds is as good as the smallest number.
  const df = clusterCount - 1;
  const square = ratio * ratio;
  const tail = incompleteBeta(df / 2, 0.5, df / (df + square), square / (df + square)).lower / 2;
  const z = Math.sign(ratio) * Math.max(0, -standardQuantile(Math.max(tail, Number.MIN_VALUE)));
  const rho = (options.rho ?? 5) * designEffect * designEffect;
  const { logE } = scoreMixture({ score: z * Math.sqrt(variance), variance }, { rho, harm: options.harm });
  return { logE, asymptotic: true, z, variance, designEffect };
}

/** Sum over pairs of epochs of the covariance of being a treatment, times the covariance of the clusters' residuals. */
function clusterVariance({ epochs }: ClusterSums): number {
  const centred = epochs.map(({ residuals }) => {
    const mean = residuals.reduce((sum, value) => sum + value, 0) / clusterCount;
    return residuals.map((value) => value - mean);
  });
  let variance = 0;
  epochs.forEach((one, i) => {
    epochs.forEach((other, j) => {
      if (one.salt !== other.salt) return;
      const covariance = Math.min(one.share, other.share) * (1 - Math.max(one.share, other.share));
      const product = (centred[i] as number[]).reduce(
        (sum, value, at) => sum + value * ((centred[j] as number[])[at] as number),
        0,
      );
      variance += (covariance * product * clusterCount) / (clusterCount - 1);
    });
  });
  return variance;
}
