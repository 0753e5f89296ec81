import { hypergeometricTails } from '../distributions/hypergeometric.js';
import { need, needCount } from '../domain.js';
import { zeroBetween } from '../special/brent.js';
import { logHypergeometricMass } from '../special/log-mass.js';
import { type OddsMoments, oddsMoments } from '../special/odds-hypergeometric.js';
import { exactP } from './likelihood.js';
import { readOptions, sideError, type TestOptions, type TestResult } from './result.js';

// R's own; with it, estimates and intervals repeat R's to every digit that R prints.
const usualTolerance = 2 ** -13;

export interface FisherInput extends TestOptions {
  /** [[a, b], [c, d]]: successes and failures of the first arm, then of the second. At most 1e12 in all. */
  readonly table: readonly (readonly number[])[];
  /**
   * How near the odds ratio (its reciprocal, above 1) is found; default 2^-13 as in R, so that results of R are repeated.
   * 0 gives all digits at twice the time. The p-value has all digits always.
   */
  readonly tolerance?: number;
}

function isTwoByTwo(table: FisherInput['table']): boolean {
  return Array.isArray(table) && table.length === 2 && table[0]?.length === 2 && table[1]?.length === 2;
}

function countsOf(table: FisherInput['table']): readonly [number, number, number, number] {
  const where = 'fisherExactTest';
  need(isTwoByTwo(table), where, 'table', 'two rows of two counts', table);
  table.forEach((row, r) => row.forEach((count, c) => needCount(where, `table[${r}][${c}]`, count)));
  const [a, b, c, d] = table.flat() as [number, number, number, number];
  need(a + b + c + d <= 1e12, where, 'table', 'at most 1e12 counts in all', a + b + c + d);
  return [a, b, c, d];
}

/** The odds ratio at which `at` is `target`: sought in [0, 1], or above 1 by its reciprocal. */
function oddsAt(at: (odds: number) => number, target: number, rises: boolean, tolerance: number): number {
  const excess = at(1) - target;
  if (excess === 0) return 1;
  return excess > 0 === rises
    ? zeroBetween(0, 1, (odds) => at(odds) - target, tolerance)
    : 1 / zeroBetween(Number.EPSILON, 1, (inverse) => at(1 / inverse) - target, tolerance);
}

/**
 * Whether two proportions differ, exactly, given both margins of their 2 x 2 table (R. A. Fisher, 1935). For small counts;
 * `greater` means that the first arm's odds are greater.
 *
 * The estimate is the conditional maximum likelihood odds ratio (not ad/bc), which is 0 or Infinity when a cell is empty;
 * the interval inverts the one-sided tests. A table with an empty row or column: p = 1, with `reason`.
 */
export function fisherExactTest(input: FisherInput): TestResult {
  const { tolerance = usualTolerance } = input;
  const { alternative, level } = readOptions('fisherExactTest', input);
  const [a, b, c, d] = countsOf(input.table);
  need(tolerance >= 0 && tolerance <= 0.01, 'fisherExactTest', 'tolerance', 'a number in [0, .01]', tolerance);
  const margins = { N: a + b + c + d, K: a + c, n: a + b };
  const { N, K, n } = margins;
  const [least, most] = [Math.max(0, n - (N - K)), Math.min(K, n)];
  const solve = (part: keyof OddsMoments, target: number, rises: boolean): number =>
    oddsAt((odds) => oddsMoments(margins, odds, a)[part], target, rises, tolerance);
  const error = sideError(alternative, level);
  const counts = {
    least,
    most,
    logMass: (k: number) => logHypergeometricMass(k, N, K, n),
    tails: (k: number) => hypergeometricTails(k, N, K, n),
  };
  const single = least === most;
  return {
    method: "Fisher's exact",
    statistic: a,
    ...(single ? { pValue: 1, log10PValue: 0 } : exactP(a, counts, (n / N) * K, alternative)),
    estimate: a === least ? 0 : a === most ? Infinity : solve('mean', a, true),
    interval: {
      lower: alternative === 'less' || a === least ? 0 : solve('atLeast', error, true),
      upper: alternative === 'greater' || a === most ? Infinity : solve('atMost', error, false),
      level,
    },
    df: null,
    ...(single ? { reason: n === 0 || n === N ? ('no-data' as const) : ('no-variance' as const) } : {}),
  };
}
