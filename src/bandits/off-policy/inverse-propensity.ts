import { type EstimateOptions, type OffPolicyEstimate, summarise } from './estimate.js';
import { type LoggedRow, type TargetPolicy, weighRows } from './rows.js';

/**
 * The mean of reward times weight (Horvitz and Thompson 1952): unbiased wherever the propensities are right and the log gave every
 * arm of the target a chance; its error grows with the weights.
 */
export function inversePropensityScore<C>(
  rows: readonly LoggedRow<C>[],
  target: TargetPolicy<C>,
  options: EstimateOptions = {},
): OffPolicyEstimate {
  const weighed = weighRows('inversePropensityScore', rows, target);
  const parts = weighed.map(({ row, weight }) => weight * row.reward);
  return summarise('inverse propensity score', weighed, parts, options);
}

/**
 * The same divided by the mean weight (Hájek; Swaminathan and Joachims 2015): never outside of the rewards that were seen, no matter how
 * rewards are shifted, and usually with a smaller error, for a bias that vanishes with 1 / rows.
 */
export function selfNormalisedScore<C>(
  rows: readonly LoggedRow<C>[],
  target: TargetPolicy<C>,
  options: EstimateOptions = {},
): OffPolicyEstimate {
  const weighed = weighRows('selfNormalisedScore', rows, target);
  const sum = weighed.reduce((total, { weight }) => total + weight, 0);
  const mean = sum / weighed.length;
  const estimate = weighed.reduce((total, { row, weight }) => total + (weight / sum) * row.reward, 0);
  // The ratio of two means to first order (delta method): its contributions have the estimate as their mean.
  const parts = weighed.map(({ row, weight }) => estimate + (weight / mean) * (row.reward - estimate));
  return summarise('self-normalised score', weighed, parts, options);
}
