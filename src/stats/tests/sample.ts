import { need, needCount, needValue } from '../domain.js';

/** One arm's values: themselves, or their sums (which merge), or their size, mean and standard deviation (n - 1 below). */
export type Sample =
  | readonly number[]
  | { readonly n: number; readonly sum: number; readonly sumSq: number }
  | { readonly n: number; readonly mean: number; readonly sd: number };

/** What the tests of means need of an arm. The variance is 0 when n is below 2. */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

const valuesMax = 10_000_000;

/** Checks that all values are numbers and gives them back. */
export function needValues(where: string, name: string, values: readonly number[]): readonly number[] {
  need(Array.isArray(values) && values.length <= valuesMax, where, name, 'a list of at most 1e7 numbers', values);
  values.forEach((value, index) => needValue(where, `${name}[${index}]`, value));
  return values;
}

/** Mean and variance in two passes, so that a large mean does not drown a small variance. */
export function momentsOf(values: readonly number[]): Moments {
  const n = values.length;
  if (n === 0) return { n, mean: 0, variance: 0 };
  const mean = values.reduce((sum, value) => sum + value / n, 0);
  let [squares, rest] = [0, 0];
  for (const value of values) {
    squares += (value - mean) ** 2;
    rest += value - mean;
  }
  // The rest is what rounding left in the mean.
  return { n, mean: mean + rest / n, variance: n < 2 ? 0 : Math.max(0, squares - (rest * rest) / n) / (n - 1) };
}

export function moments(where: string, name: string, sample: Sample): Moments {
  need(typeof sample === 'object' && sample !== null, where, name, 'values or sums', sample);
  if ('length' in sample) return momentsOf(needValues(where, name, sample));
  const { n } = sample;
  needCount(where, `${name}.n`, n);
  if ('mean' in sample) {
    needValue(where, `${name}.mean`, sample.mean);
    need(sample.sd >= 0 && sample.sd <= 1e150, where, `${name}.sd`, 'a number from 0 to 1e150', sample.sd);
    return { n, mean: sample.mean, variance: n < 2 ? 0 : sample.sd ** 2 };
  }
  needValue(where, `${name}.sum`, sample.sum);
  need(sample.sumSq >= 0 && sample.sumSq <= 1e300, where, `${name}.sumSq`, 'a number from 0 to 1e300', sample.sumSq);
  if (n === 0) return { n, mean: 0, variance: 0 };
  const mean = sample.sum / n;
  const spread = sample.sumSq - mean * sample.sum;
  // What n additions may have lost to rounding is no variance.
  const lost = 4 * n * Number.EPSILON * sample.sumSq;
  need(spread >= -lost, where, `${name}.sumSq`, `at least sum^2 / n = ${mean * sample.sum}`, sample.sumSq);
  return { n, mean, variance: n > 1 && spread > lost ? spread / (n - 1) : 0 };
}
