import { beta } from '../stats/distributions/beta.js';
import { wilson } from '../stats/tests/proportion-interval.js';

/** A fraction of runs. */
export type Rate = {
  readonly count: number;
  readonly of: number;
  readonly rate: number;
  /** sqrt(rate (1 - rate) / of): 0 where all runs agree, for which the interval is the honest answer. */
  readonly standardError: number;
  /** Wilson's interval at 95 %. */
  readonly interval: readonly [number, number];
};

/** A number that would be a little different with other runs. */
export type Estimate = { readonly value: number; readonly standardError: number };

export function rateOf(count: number, of: number): Rate {
  const rate = of > 0 ? count / of : 0;
  const { lower, upper } = of > 0 ? wilson(count, of, 0.95) : { lower: 0, upper: 1 };
  return { count, of, rate, standardError: of > 0 ? Math.sqrt((rate * (1 - rate)) / of) : 0, interval: [lower, upper] };
}

/** A mean with its standard error; of fewer than two values the error is 0, and says nothing. */
export function meanOf(values: readonly number[]): Estimate {
  const { length: n } = values;
  if (n === 0) return { value: 0, standardError: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { value: mean, standardError: n > 1 ? Math.sqrt(squares / (n - 1) / n) : 0 };
}

/**
 * A quantile with its standard error, both by the weights that the order statistics have under the beta distribution
 * of the rank (Maritz and Jarrett, Journal of the American Statistical Association 1978; Harrell and Davis 1982).
 */
export function quantileOf(values: readonly number[], quantile: number): Estimate {
  const { length: n } = values;
  if (n === 0) return { value: 0, standardError: 0 };
  const sorted = [...values].sort((a, b) => a - b);
  const [a, b] = [(n + 1) * quantile, (n + 1) * (1 - quantile)];
  let [first, second, before] = [0, 0, 0];
  for (const [index, value] of sorted.entries()) {
    const upTo = index === n - 1 ? 1 : beta.cdf((index + 1) / n, a, b);
    first += (upTo - before) * value;
    second += (upTo - before) * value * value;
    before = upTo;
  }
  return { value: first, standardError: Math.sqrt(Math.max(0, second - first * first)) };
}
