import { normal } from '../distributions/normal.js';
import type { Harm } from './odds-mixture.js';
import { needAmount, needNonNegative, needOverZero } from './magnitude.js';

/** The score U and its variance V; a `ScoreResult` is one. */
export interface Score {
  readonly score: number;
  readonly variance: number;
}

export interface ScoreMixture {
  readonly logE: number;
  /** The variance is estimated, so the level holds in the limit of many events only. */
  readonly asymptotic: true;
}

/**
 * Evidence in a stratified score against "no effect", in logs: Robbins' normal mixture (1970) with a plug-in variance.
 *
 * `harm` makes it one-sided: only a score in that direction counts. Without, it is two-sided and fires on improvements
 * too. `rho` is the variance at which it is most sensitive: 5 events or more, 10 or more for alpha at most .01, since
 * the variance is estimated and small rho makes early looks exceed alpha (measured: .13 for .05 at rho = .1). Not for
 * heavy tails. One-sided: ln 2 + ln(rho / (V + rho)) / 2 + U^2 / (2 (V + rho)) + ln Phi(U / sqrt(V + rho)); two-sided
 * without the first and the last (Howard, Ramdas, McAuliffe and Sekhon 2021). Throws `domain` unless U is finite, V >=
 * 0, rho > 0.
 */
export function scoreMixture(sums: Score, options: { readonly rho: number; readonly harm?: Harm }): ScoreMixture {
  const { score, variance } = sums;
  const { rho, harm } = options;
  needAmount('scoreMixture', 'score', score);
  needNonNegative('scoreMixture', 'variance', variance);
  needOverZero('scoreMixture', 'rho', rho);
  // A score without variance is a degenerate comparison, which says nothing.
  const total = variance + rho;
  const z = variance > 0 ? score / Math.sqrt(total) : 0;
  const logE = (Math.log(rho / total) + z * z) / 2;
  if (harm === undefined) return { logE, asymptotic: true };
  return { logE: Math.LN2 + logE + normal.logCdf(harm === 'more' ? z : -z), asymptotic: true };
}
