import { needProbability } from '../domain.js';
import { logMeanExp } from './log-mean-exp.js';
import type { Harm } from './odds-mixture.js';
import { needNonNegative, isShared } from './magnitude.js';

/** How boldly each of the mixture's members bets; fixed, so that no choice can follow the data. */
const boldness: Readonly<Record<Harm, readonly number[]>> = {
  more: [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2],
  fewer: [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.9],
};

/** The greatest part of a stake that would lose everything which a bet may use. */
const greatestPart = 0.9;

/** How often each value in [0, 1] was observed of each arm, in one stratum. */
export interface ValueCounts {
  readonly share: number;
  readonly treatment: readonly (readonly [value: number, count: number])[];
  readonly control: readonly (readonly [value: number, count: number])[];
}

export interface BettingOptions {
  /** The absolute difference of means to put up with, 0 or more. */
  readonly margin: number;
  readonly harm: Harm;
  /** A guess of the mean, made before the epoch opened, in [0, 1]: it lowers the variance. Default 0. */
  readonly center?: number;
}

/**
 * The stake on one observation. With a center of 0 the worst factor stays over 0 by itself; otherwise it is clipped.
 */
function stake(bold: number, share: number, { margin, harm, center = 0 }: BettingOptions): number {
  const free =
    harm === 'more'
      ? ((1 - share) * share * bold) / ((1 + share * bold) * (1 + margin * (1 - share)))
      : bold / (1 / share + margin);
  if (center === 0) return free;
  const worst =
    harm === 'more'
      ? Math.max(center / share, (1 - center) / (1 - share))
      : Math.max((1 - center) / share, center / (1 - share));
  return Math.min(free, greatestPart / (worst + margin));
}

/**
 * ln mean over the stakes l of the product of 1 + l (D - margin), where D is the inverse-propensity difference
 * ±[A (Y - center) / share - (1 - A) (Y - center) / (1 - share)], whose expectation is the harm.
 */
export function bettingMixture(strata: readonly ValueCounts[], options: BettingOptions): number {
  const { margin, harm, center = 0 } = options;
  const sign = harm === 'more' ? 1 : -1;
  return logMeanExp(
    boldness[harm].map((bold) => {
      let log = 0;
      for (const { share, treatment, control } of strata) {
        if (!isShared(share)) continue;
        const bet = stake(bold, share, options);
        for (const [value, count] of treatment)
          log += count * Math.log1p(bet * ((sign * (value - center)) / share - margin));
        for (const [value, count] of control)
          log += count * Math.log1p(bet * ((sign * (center - value)) / (1 - share) - margin));
      }
      return log;
    }),
  );
}

export function needBetting(where: string, { margin, center = 0 }: BettingOptions): void {
  needNonNegative(where, 'margin', margin);
  needProbability(where, 'center', center);
}
