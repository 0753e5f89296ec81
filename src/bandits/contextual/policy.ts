import { need } from '../../stats/domain.js';
import { fitLinear, type LinearFit, type LinearSums } from './linear-sums.js';

/** Puts the chance of each arm for the features `x` into `out`, in the order of the arms. Exact: it is the propensity. */
export type ContextualWeights = (x: readonly number[], out: Float64Array) => void;

/** A rule from what is known of each arm to chances that depend on the context. */
export interface ContextualPolicy {
  readonly name: string;
  /** Fits the arms once; what comes back is cheap to call. `seed` is all the chance there is: the same seed, the same weights. */
  fit(arms: readonly LinearSums[], seed: number): ContextualWeights;
}

/** Options of every linear policy. */
export interface LinearOptions {
  /** What holds the coefficients to 0 while there is little data. Default 1, as of one observation. */
  readonly ridge?: number;
}

/** The greatest chance to the arm of the greatest score; equal scores share it. */
export function greatestOf(scores: Float64Array, out: Float64Array): void {
  let greatest = -Infinity;
  for (const score of scores) if (score > greatest) greatest = score;
  let count = 0;
  for (const score of scores) if (score === greatest) count += 1;
  for (let arm = 0; arm < scores.length; arm += 1) out[arm] = scores[arm] === greatest ? 1 / count : 0;
}

/** A policy over ridge regressions. Untried arms share every decision until they were tried, whatever the scale of the rewards. */
export function linearPolicy(
  name: string,
  ridge: number,
  weigh: (fits: readonly LinearFit[], seed: number) => ContextualWeights,
): ContextualPolicy {
  need(ridge > 0 && ridge < Infinity, name, 'ridge', 'a finite number over 0', ridge);
  const fit = (arms: readonly LinearSums[], seed: number): ContextualWeights => {
    need(arms.length >= 1, name, 'arms', 'a list of at least one', arms.length);
    const dimension = (arms[0] as LinearSums).xr.length;
    const untried = arms.filter(({ n }) => !(n > 0)).length;
    const known =
      untried > 0
        ? undefined
        : weigh(
            arms.map((sums) => fitLinear(sums, ridge)),
            seed,
          );
    return (x, out) => {
      need(x.length === dimension && x.every(Number.isFinite), name, 'x', `${dimension} finite numbers`, String(x));
      if (known !== undefined) known(x, out);
      else arms.forEach(({ n }, arm) => (out[arm] = n > 0 ? 0 : 1 / untried));
    };
  };
  return Object.freeze({ name, fit });
}
