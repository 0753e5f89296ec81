import { need } from '../../stats/domain.js';
import { type EstimateOptions, type OffPolicyEstimate, summarise } from './estimate.js';
import { expectedReward, type LoggedRow, type RewardModel, type TargetPolicy, weighRows } from './rows.js';

/**
 * What the model predicts for the target, with no look at what was done. The error is that of the predictions only: how wrong the model is
 * cannot be seen here, so compare it with the doubly robust estimate.
 */
export function directMethod<C>(
  rows: readonly LoggedRow<C>[],
  target: TargetPolicy<C>,
  model: RewardModel<C>,
  options: EstimateOptions = {},
): OffPolicyEstimate {
  const weighed = weighRows('directMethod', rows, target);
  const parts = weighed.map((row) => expectedReward(row, model));
  const units = new Set(rows.map(({ unit }, index) => unit ?? index)).size;
  const support = { effectiveRows: units, largestWeight: units > 0 ? 1 / units : 0 };
  return summarise('direct method', weighed, parts, options, support);
}

/** A model's prediction with what it got wrong, weighted: mean(q(target) + w' (reward - q)). */
function corrected<C>(
  estimator: string,
  rows: readonly LoggedRow<C>[],
  target: TargetPolicy<C>,
  model: RewardModel<C>,
  options: EstimateOptions,
  shrink: (weight: number) => number,
): OffPolicyEstimate {
  const weighed = weighRows(estimator, rows, target);
  const parts = weighed.map((weighedRow) => {
    const { row, index, weight } = weighedRow;
    const expected = expectedReward(weighedRow, model);
    const used = shrink(weight);
    return used > 0 ? expected + used * (row.reward - model(row, index, row.arm)) : expected;
  });
  return summarise(estimator, weighed, parts, options);
}

/**
 * The model's prediction, corrected by the weighted residuals (Dudík, Langford and Li 2011): unbiased if either the propensities or the model
 * is right, and the better the model, the smaller the error.
 */
export function doublyRobust<C>(
  rows: readonly LoggedRow<C>[],
  target: TargetPolicy<C>,
  model: RewardModel<C>,
  options: EstimateOptions = {},
): OffPolicyEstimate {
  return corrected('doubly robust', rows, target, model, options, (weight) => weight);
}

/**
 * Doubly robust where the weight is at most `threshold`, the model alone where it is more (Wang, Agarwal and Dudík 2017). The interval does
 * not know of the bias that this brings. The default threshold is sqrt(rows), which no weight passes in the long run.
 */
export function switchDoublyRobust<C>(
  rows: readonly LoggedRow<C>[],
  target: TargetPolicy<C>,
  model: RewardModel<C>,
  options: EstimateOptions & { readonly threshold?: number } = {},
): OffPolicyEstimate {
  const { threshold = Math.sqrt(rows.length) } = options;
  need(threshold >= 0, 'switchDoublyRobust', 'threshold', 'a number, 0 or more', threshold);
  const shrink = (weight: number) => (weight <= threshold ? weight : 0);
  return corrected('switch doubly robust', rows, target, model, options, shrink);
}

/**
 * Doubly robust with every weight shrunk to lambda w / (w^2 + lambda) (Su, Dimakopoulou, Krishnamurthy and Dudík 2020): large weights, which carry
 * the variance, count little. The interval does not know of the bias that this brings. Lambda is the number of rows by default.
 */
export function shrunkDoublyRobust<C>(
  rows: readonly LoggedRow<C>[],
  target: TargetPolicy<C>,
  model: RewardModel<C>,
  options: EstimateOptions & { readonly lambda?: number } = {},
): OffPolicyEstimate {
  const { lambda = Math.max(1, rows.length) } = options;
  need(lambda > 0 && lambda < Infinity, 'shrunkDoublyRobust', 'lambda', 'a finite number over 0', lambda);
  const shrink = (weight: number) => (lambda * weight) / (weight * weight + lambda);
  return corrected('shrunk doubly robust', rows, target, model, options, shrink);
}
