import type { Rng } from '../../core/rng.js';
import { type EstimateOptions, type OffPolicyEstimate, summarise } from './estimate.js';
import { type LoggedRow, type TargetPolicy, weighRows } from './rows.js';

/**
 * The mean reward of the rows in which the target would have done the same (Li, Chu, Langford and Wang 2011). Rows are kept with a chance in
 * proportion to their weight, so it suits any propensities; with equal ones and a target that is certain, every match is kept and nothing
 * is left to chance. It throws rows away: use it as a check of the others, whose errors are smaller.
 */
export function replay<C>(
  rows: readonly LoggedRow<C>[],
  target: TargetPolicy<C>,
  rng: Rng,
  options: EstimateOptions = {},
): OffPolicyEstimate {
  const weighed = weighRows('replay', rows, target);
  const most = weighed.reduce((greatest, { weight }) => Math.max(greatest, weight), 0);
  const kept = weighed.filter(({ weight }) => weight > 0 && rng.next() * most < weight);
  const matched = kept.map((row) => ({ ...row, weight: 1 }));
  const rewards = matched.map(({ row }) => row.reward);
  return { ...summarise('replay', matched, rewards, options), rows: rows.length };
}
