import { fraction, verify } from '../core/options.js';
import type { Cut } from './plan.js';
import { checkWeights, hashSpace, widthsOf } from './weights.js';

export { locator } from './locate.js';
export { reallocate } from './reallocate.js';
export { cutsCheck, hashSpace } from './weights.js';

/**
 * The cuts of a two-arm ramp: arm 0, the candidate, from 0 up to `share`; arm 1, the baseline, behind it. A larger
 * share only ever adds units to the candidate, a smaller one takes the latest added away first. A share of 0 or 1
 * leaves one cut.
 */
export function rampCuts(share: number): readonly Cut[] {
  verify('rampCuts', 'share', share, fraction);
  return layOut([Math.round(share * hashSpace), hashSpace]);
}

/**
 * Lays arms side by side in their order, each as wide as its weight to within 2^-32. An arm that weighs nothing has no
 * cut. Throws a ConfigError unless the weights are finite, 0 or more, and sum to 1 within 1e-9.
 */
export function cutsOf(weights: readonly number[]): readonly Cut[] {
  checkWeights('cutsOf', weights);
  // What rounding leaves over belongs to the last arm that weighs anything, never to one of weight zero behind it.
  const last = weights.findLastIndex((weight) => weight > 0);
  let sum = 0;
  return layOut(
    weights.map((weight, arm) => {
      sum += weight;
      return arm < last ? Math.min(hashSpace, Math.round(sum * hashSpace)) : hashSpace;
    }),
  );
}

function layOut(ends: readonly number[]): readonly Cut[] {
  const cuts: Cut[] = [];
  let start = 0;
  ends.forEach((below, arm) => {
    if (below > start) cuts.push({ below, arm });
    start = below;
  });
  return cuts;
}

/** The fraction of all hashes that the cuts of each arm hold, for arms 0 to `arms` - 1. */
export function sharesOf(cuts: readonly Cut[], arms: number): readonly number[] {
  return widthsOf(cuts, arms).map((width) => width / hashSpace);
}
