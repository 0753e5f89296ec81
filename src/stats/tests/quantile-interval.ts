import { binomial, binomialTails } from '../distributions/binomial.js';
import { needCount, needOpenProbability } from '../domain.js';
import { type Interval, readOptions } from './result.js';
import { needValues } from './sample.js';

/** The ranks, from 1, of the two order statistics that enclose a quantile. Rank 0 is -Infinity, rank n + 1 Infinity. */
export interface QuantileRanks {
  readonly lowerRank: number;
  readonly upperRank: number;
  /** The chance that they do, at least the level if no rank is outside the sample. */
  readonly coverage: number;
}

/** The interval between two order statistics, with its exact coverage. */
export interface QuantileInterval extends Interval, QuantileRanks {
  /** The sample quantile: the smallest value with at least a share `q` of the sample at or below it; null when n is 0. */
  readonly estimate: number | null;
}

/**
 * Which order statistics of a sample of `n` enclose the `q` quantile with confidence `level`, whatever the distribution of
 * the values: the number of values below it is binomial.
 */
export function quantileRanks(input: {
  readonly n: number;
  readonly q: number;
  readonly level?: number;
}): QuantileRanks {
  const { n, q } = input;
  const { level } = readOptions('quantileRanks', input.level === undefined ? {} : { level: input.level });
  needCount('quantileRanks', 'n', n);
  needOpenProbability('quantileRanks', 'q', q);
  const lowerRank = binomial.quantile((1 - level) / 2, n, q);
  const upperRank = binomial.isf((1 - level) / 2, n, q) + 1;
  const [inside, below] = [binomialTails(upperRank - 1, n, q), binomialTails(lowerRank - 1, n, q)];
  return { lowerRank, upperRank, coverage: Math.max(0, inside.lower - below.lower) };
}

/** The `q` quantile (in (0, 1)) of `values` with a distribution-free confidence interval; at most 1e7 values. */
export function quantileInterval(input: {
  readonly values: readonly number[];
  readonly q: number;
  readonly level?: number;
}): QuantileInterval {
  const { values, q, level = 0.95 } = input;
  const sorted = Float64Array.from(needValues('quantileInterval', 'values', values)).sort();
  const ranks = quantileRanks({ n: sorted.length, q, level });
  return {
    ...ranks,
    estimate: sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null,
    lower: sorted[ranks.lowerRank - 1] ?? -Infinity,
    upper: sorted[ranks.upperRank - 1] ?? Infinity,
    level,
  };
}
