import { need, needCount } from '../domain.js';
import { standardNormal } from './reference.js';
import { degenerate, readOptions, studentised, type TestOptions, type TestResult } from './result.js';

/** Two proportions as counts: `x` successes of `n` units in each arm. */
export interface TwoProportions {
  readonly x1: number;
  readonly n1: number;
  readonly x2: number;
  readonly n2: number;
}

export function needProportion(where: string, x: number, n: number, suffix: 1 | 2 | '' = ''): void {
  needCount(where, `n${suffix}`, n);
  needCount(where, `x${suffix}`, x);
  need(x <= n, where, `x${suffix}`, `at most n${suffix} = ${n}`, x);
}

export function needTwoProportions(where: string, { x1, n1, x2, n2 }: TwoProportions): void {
  needProportion(where, x1, n1, 1);
  needProportion(where, x2, n2, 2);
}

/**
 * Whether two proportions differ: z = (p2 - p1) / se; `greater` means that the second is greater. For large counts; below
 * about ten events use `fisherExactTest`.
 *
 * The test pools the arms for its standard error unless `pooled` is false; the interval never does (Wald). For a report
 * prefer `proportionDifferenceInterval`. No event at all, or nothing but events, or an empty arm: p = 1, with `reason`.
 */
export function twoProportionZTest(input: TwoProportions & TestOptions & { readonly pooled?: boolean }): TestResult {
  const where = 'twoProportionZTest';
  const { x1, n1, x2, n2, pooled = true } = input;
  const method = `two-proportion z (${pooled ? 'pooled' : 'unpooled'})`;
  const options = readOptions(where, input);
  needTwoProportions(where, input);
  const interval = { lower: -1, upper: 1, level: options.level };
  if (n1 === 0 || n2 === 0) return degenerate(method, 'no-data', { interval });
  const [p1, p2] = [x1 / n1, x2 / n2];
  const estimate = p2 - p1;
  const total = n1 + n2;
  const common = ((x1 + x2) / total) * ((n1 - x1 + (n2 - x2)) / total);
  const error = Math.sqrt((p1 * ((n1 - x1) / n1)) / n1 + (p2 * ((n2 - x2) / n2)) / n2);
  const nullError = pooled ? Math.sqrt(common * (1 / n1 + 1 / n2)) : error;
  if (!(nullError > 0)) return degenerate(method, 'no-variance', { statistic: 0, estimate, interval });
  const result = studentised(method, estimate, error, standardNormal, { ...options, nullError });
  const { lower, upper, level } = result.interval ?? interval;
  return { ...result, interval: { lower: Math.max(-1, lower), upper: Math.min(1, upper), level } };
}
