import { need, needOpenProbability } from '../domain.js';
import { logComplement } from '../special/tails.js';
import { boundFor, ExitRecursion } from './exit-recursion.js';
import { logSpent, needSpending, type Spending } from './spending.js';

/** The looks of a group-sequential test. */
export interface GroupSequentialLooks {
  /** The probability of a false stop at any look, in (0, 1); two-sided: on both sides together. */
  readonly alpha: number;
  /** 1: stop when z is above the bound. 2: stop when |z| is. Default 2. */
  readonly sides?: 1 | 2;
  /**
   * The fraction of the planned information at each look so far, rising: variance of the score over its planned
   * maximum, not days and not users. At most 200 looks, each with at least 0.1 % more information than the one before.
   */
  readonly information: readonly number[];
}

export interface GroupSequentialBounds {
  /** The bound of z at each look. Infinity: nothing may be spent there. */
  readonly z: readonly number[];
  /** Alpha spent up to and with each look. */
  readonly spent: readonly number[];
}

export const looksMax = 200;
export const informationStepMin = 0.001;

export function needLooks(where: string, { alpha, sides = 2, information }: GroupSequentialLooks): void {
  needOpenProbability(where, 'alpha', alpha);
  need(sides === 1 || sides === 2, where, 'sides', '1 or 2', sides);
  const { length } = information;
  need(length >= 1 && length <= looksMax, where, 'information', `a list of 1 to ${looksMax} looks`, information);
  let before = 0;
  information.forEach((at, index) => {
    const enough = at > 0 && at < Infinity && at >= before * (1 + informationStepMin) * (1 - 1e-9);
    need(
      enough,
      where,
      `information[${index}]`,
      `over 0 and 0.1 % over the look before (${before}); skip the look`,
      at,
    );
    before = at;
  });
}

/**
 * Bounds of a test that may stop at every look and still keeps alpha: Lan and DeMets' alpha spending (1983), for looks
 * that are spaced in any way and need not be known in advance.
 *
 * Give the looks up to now and take the last bound; earlier bounds do not change. Past the planned information the rest
 * of alpha is spent at once, later looks have none. Both sides spend half of alpha each. The recursion is numerical but
 * exact: errors are below 1e-9 for bounds that spend as little as 1e-100. Throws `domain` for looks that are none.
 */
export function groupSequentialBounds(
  options: GroupSequentialLooks & { readonly spending: Spending },
): GroupSequentialBounds {
  const { alpha, sides = 2, information, spending } = options;
  needLooks('groupSequentialBounds', options);
  needSpending('groupSequentialBounds', spending);
  const recursion = new ExitRecursion(sides);
  const z: number[] = [];
  let before = -Infinity;
  const spent = information.map((at, look) => {
    const log = logSpent(spending, alpha / sides, at) + Math.log(sides);
    const gained = before === -Infinity ? log : log + logComplement(Math.min(0, before - log));
    before = log;
    const bound = boundFor(recursion.exitAt(at), gained, sides);
    z.push(bound);
    const next = information[look + 1];
    if (next !== undefined) recursion.stay(at, bound, next);
    return Math.exp(log);
  });
  return { z, spent };
}
