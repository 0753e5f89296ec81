import { needCount, needMeasure } from '../domain.js';
import { binomialP, exactInterval } from './binomial.js';
import { degenerate, readOptions, type TestOptions, type TestResult } from './result.js';

/**
 * Whether two rates of events differ, exactly: `x1` events in `t1` of any measure of exposure (hours, requests) against
 * `x2` in `t2`. The estimate is the ratio of the first rate to the second.
 *
 * Given their sum, one count is binomial with probability t1 / (t1 + t2) when the rates are equal (Przyborowski and
 * Wilenski, Biometrika 31, 1940). No events at all: p = 1, with `reason`.
 */
export function poissonRateTest(
  input: TestOptions & { readonly x1: number; readonly t1: number; readonly x2: number; readonly t2: number },
): TestResult {
  const where = 'poissonRateTest';
  const { x1, t1, x2, t2 } = input;
  const { alternative, level } = readOptions(where, input);
  needCount(where, 'x1', x1);
  needCount(where, 'x2', x2);
  needMeasure(where, 't1', t1);
  needMeasure(where, 't2', t2);
  const method = 'exact conditional test of two rates';
  const n = x1 + x2;
  if (n === 0) return degenerate(method, 'no-data', { interval: { lower: 0, upper: Infinity, level } });
  const share = 1 / (1 + t2 / t1);
  const { lower, upper } = exactInterval(x1, n, alternative, level);
  // Odds of the share, which are infinite at 1, times what the exposures alone explain.
  const ratio = (p: number): number => (p / (1 - p)) * (t2 / t1);
  const interval = { lower: ratio(lower), upper: ratio(upper), level };
  const estimate = (x1 / x2) * (t2 / t1);
  return { method, statistic: x1, ...binomialP(x1, n, share, alternative), estimate, interval, df: null };
}
