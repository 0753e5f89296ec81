import { logMeanExp } from './log-mean-exp.js';

/** Which direction hurts: more events (errors) or fewer (conversions). */
export type Harm = 'more' | 'fewer';

/** An odds ratio that is bet on, and how much of the stake. */
interface Bet {
  readonly ratio: number;
  readonly weight: number;
}

const betsOf = (ratios: readonly number[], stakes: readonly number[]): readonly Bet[] => {
  const all = stakes.reduce((sum, stake) => sum + stake, 0);
  return ratios.map((ratio, at) => ({ ratio, weight: (stakes[at] as number) / all }));
};

/**
 * The odds ratios that are bet on, fixed by simulation of ramps with errors and conversions: near ratios find small
 * harms, far ones find a broken treatment within a few events. Errors that grow do so by a factor as likely as by another;
 * what there is less of, conversions, mostly loses a tenth or two, and most of the stake is there.
 */
const bets: Readonly<Record<Harm, readonly Bet[]>> = {
  more: betsOf([1.1, 1.2, 1.4, 1.7, 2, 3, 5, 10], [1, 1, 1, 1, 1, 1, 1, 1]),
  fewer: betsOf([0.98, 0.95, 0.9, 0.8, 0.7, 0.5, 0.3, 0.1], [2, 4, 5, 4, 2, 1, 0.6, 0.4]),
};

/**
 * The log of the weighted mean, over odds ratios r, of the likelihood ratio of trials whose chance of a hit is `chance` under
 * the null's boundary and has r times the odds under the alternative.
 *
 * It is ln sum_r w_r exp(hits ln r - sum of trials ln(1 + chance (r - 1))): a closed form in the sums, exact for any
 * counts and any weights that were fixed beforehand.
 */
export function oddsMixture(
  hits: number,
  trials: readonly { readonly trials: number; readonly chance: number }[],
  harm: Harm,
): number {
  // Weights sum to 1 but for rounding, and nothing must say nothing.
  if (trials.every((at) => at.trials === 0)) return 0;
  const list = bets[harm];
  return logMeanExp(
    list.map(({ ratio, weight }) =>
      trials.reduce(
        (log, at) => log - at.trials * Math.log1p(at.chance * (ratio - 1)),
        hits * Math.log(ratio) + Math.log(weight * list.length),
      ),
    ),
  );
}
