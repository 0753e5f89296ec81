import { logMeanExp } from './log-mean-exp.js';

/** Which direction hurts: more events (errors) or fewer (conversions). */
export type Harm = 'more' | 'fewer';

/**
 * The odds ratios that are bet on, fixed by simulation of ramps with errors and conversions: near ratios find small
 * harms, far ones find a broken treatment within a few events.
 */
const alternatives: Readonly<Record<Harm, readonly number[]>> = {
  more: [1.1, 1.2, 1.4, 1.7, 2, 3, 5, 10],
  fewer: [0.98, 0.95, 0.9, 0.8, 0.7, 0.5, 0.3, 0.1],
};

/**
 * The log of the mean, over odds ratios r, of the likelihood ratio of trials whose chance of a hit is `chance` under
 * the null's boundary and has r times the odds under the alternative.
 *
 * It is ln mean_r exp(hits ln r - sum of trials ln(1 + chance (r - 1))): a closed form in the sums, exact for any
 * counts.
 */
export function oddsMixture(
  hits: number,
  trials: readonly { readonly trials: number; readonly chance: number }[],
  harm: Harm,
): number {
  return logMeanExp(
    alternatives[harm].map((ratio) =>
      trials.reduce((log, at) => log - at.trials * Math.log1p(at.chance * (ratio - 1)), hits * Math.log(ratio)),
    ),
  );
}
