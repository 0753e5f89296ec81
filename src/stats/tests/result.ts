import { need, needOpenProbability } from '../domain.js';

/** The hypothesis that a small p-value speaks for; each test says what is compared with what. */
export type Alternative = 'two-sided' | 'less' | 'greater';

/** Why no test was possible. `no-data`: an arm is empty or too small. `no-variance`: all values are alike. */
export type Degenerate = 'no-data' | 'no-variance';

/** A confidence interval. One-sided ones have an infinite end, or the end of the range of the estimate. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
  readonly level: number;
}

/**
 * What every test returns. When the data allow no test `reason` is set, the p-value is 1, and what is undefined is null:
 * never NaN, and never a p-value of 0.
 */
export interface TestResult {
  /** The name of the method, with its variant. */
  readonly method: string;
  readonly statistic: number | null;
  readonly pValue: number;
  /** The p-value's logarithm to base 10, right also where the p-value is too small for a number. */
  readonly log10PValue: number;
  readonly estimate: number | null;
  readonly interval: Interval | null;
  /** Degrees of freedom of the reference distribution, if it has any. */
  readonly df: number | null;
  readonly reason?: Degenerate;
}

export interface TestOptions {
  /** Default `two-sided`. */
  readonly alternative?: Alternative;
  /** The level of the interval, in (0, 1); default .95. */
  readonly level?: number;
}

/** The logarithms of both tails at the statistic, and the point whose upper tail is a given probability. */
export interface Reference {
  tails(statistic: number): { readonly logLower: number; readonly logUpper: number };
  isf(p: number): number;
}

export function readOptions(where: string, options: TestOptions): { alternative: Alternative; level: number } {
  const { alternative = 'two-sided', level = 0.95 } = options;
  const known = alternative === 'two-sided' || alternative === 'less' || alternative === 'greater';
  need(known, where, 'alternative', "'two-sided', 'less' or 'greater'", alternative);
  needOpenProbability(where, 'level', level);
  return { alternative, level };
}

/** A p-value with its logarithm, from the natural logarithm of it. */
export function fromLog(logP: number): Pick<TestResult, 'pValue' | 'log10PValue'> {
  const log = Math.min(0, logP);
  return { pValue: Math.exp(log), log10PValue: log / Math.LN10 };
}

/** The p-value of a statistic from the logarithms of its tails; two-sided is twice the smaller one. */
export function fromTails(
  tails: { readonly logLower: number; readonly logUpper: number },
  alternative: Alternative,
): Pick<TestResult, 'pValue' | 'log10PValue'> {
  if (alternative === 'less') return fromLog(tails.logLower);
  if (alternative === 'greater') return fromLog(tails.logUpper);
  return fromLog(Math.LN2 + Math.min(tails.logLower, tails.logUpper));
}

/** The share of error on one side: all of it for a one-sided alternative, half of it otherwise. */
export function sideError(alternative: Alternative, level: number): number {
  return alternative === 'two-sided' ? (1 - level) / 2 : 1 - level;
}

/** Cuts an interval to what its alternative says: `less` has no lower end, `greater` no upper one. */
export function facing(
  alternative: Alternative,
  level: number,
  lower: number,
  upper: number,
  [least, most]: readonly [number, number] = [-Infinity, Infinity],
): Interval {
  return {
    lower: alternative === 'less' ? least : Math.max(least, lower),
    upper: alternative === 'greater' ? most : Math.min(most, upper),
    level,
  };
}

export function degenerate(method: string, reason: Degenerate, rest: Partial<TestResult> = {}): TestResult {
  const nothing = { statistic: null, pValue: 1, log10PValue: 0, estimate: null, interval: null, df: null };
  return { method, ...nothing, ...rest, reason };
}

/** The test of an estimate against `null` (default 0) by (estimate - null) / error, and the interval around it. */
export function studentised(
  method: string,
  estimate: number,
  error: number,
  reference: Reference,
  options: { alternative: Alternative; level: number; null?: number; df?: number; nullError?: number },
): TestResult {
  const { alternative, level, df = null } = options;
  const nullError = options.nullError ?? error;
  if (!(nullError > 0)) return degenerate(method, 'no-variance', { estimate, df });
  const statistic = (estimate - (options.null ?? 0)) / nullError;
  const reach = reference.isf(sideError(alternative, level)) * error;
  return {
    method,
    statistic,
    ...fromTails(reference.tails(statistic), alternative),
    estimate,
    interval: facing(alternative, level, estimate - reach, estimate + reach),
    df,
  };
}
