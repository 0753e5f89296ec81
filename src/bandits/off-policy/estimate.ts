import { t } from '../../stats/distributions/t.js';
import { needOpenProbability } from '../../stats/domain.js';
import type { WeighedRow } from './rows.js';

/** What a policy would have earned, or why the log cannot tell. */
export interface OffPolicyEstimate {
  readonly estimator: string;
  /** The mean reward under the target policy. `undefined` together with a reason in `refused`. */
  readonly estimate: number | undefined;
  readonly standardError: number | undefined;
  /** At `level`. */
  readonly interval: readonly [lower: number, upper: number] | undefined;
  readonly level: number;
  readonly rows: number;
  /** As many rows of the target's own making would say as much: (sum w)^2 / sum w^2. */
  readonly effectiveRows: number;
  /** The part of all weight that the heaviest row, or unit, has. */
  readonly largestWeight: number;
  readonly refused?: string;
}

/** Options of every estimator. */
export interface EstimateOptions {
  /** Of the interval. Default 0.95. */
  readonly level?: number;
}

/** Below so many effective rows neither the estimate nor its error means anything. */
export const leastEffectiveRows = 30;
/** With more of the weight in one row the estimate is that row's reward. */
export const mostWeightOfOne = 0.1;

/** The weight of each unit; a row without one stands for itself. */
function byUnit<C>(rows: readonly WeighedRow<C>[], value: (row: WeighedRow<C>, index: number) => number): number[] {
  const sums = new Map<string | number, number>();
  rows.forEach((row, index) => {
    const unit = row.row.unit ?? index;
    sums.set(unit, (sums.get(unit) ?? 0) + value(row, index));
  });
  return [...sums.values()];
}

/** How much of the log counts for the target. */
export function supportOf<C>(rows: readonly WeighedRow<C>[], weightOf: (row: WeighedRow<C>) => number) {
  const weights = byUnit(rows, weightOf);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const sumSq = weights.reduce((total, weight) => total + weight * weight, 0);
  return {
    effectiveRows: sumSq > 0 ? (sum * sum) / sumSq : 0,
    largestWeight: sum > 0 ? weights.reduce((most, weight) => Math.max(most, weight), 0) / sum : 0,
  };
}

/**
 * Puts an estimate together from the contribution of each row, whose mean it is. The error is that of a mean of independent units, the
 * interval Student's with the effective rows for degrees of freedom. Refuses where the weights rest on too few rows.
 */
export function summarise<C>(
  estimator: string,
  rows: readonly WeighedRow<C>[],
  contributions: readonly number[],
  { level = 0.95 }: EstimateOptions,
  support = supportOf(rows, ({ weight }) => weight),
): OffPolicyEstimate {
  needOpenProbability(estimator, 'level', level);
  const { effectiveRows, largestWeight } = support;
  const known = { estimator, level, rows: rows.length, effectiveRows, largestWeight } as const;
  const refused = refusalOf(effectiveRows, largestWeight);
  const nothing = { estimate: undefined, standardError: undefined, interval: undefined } as const;
  if (refused !== undefined) return { ...known, ...nothing, refused };
  const count = contributions.length;
  const estimate = contributions.reduce((sum, value) => sum + value / count, 0);
  const deviations = byUnit(rows, (_, index) => (contributions[index] as number) - estimate);
  const units = deviations.length;
  const spread = deviations.reduce((sum, deviation) => sum + deviation * deviation, 0);
  const standardError = (Math.sqrt(spread) / count) * Math.sqrt(units / (units - 1));
  const half = t.isf((1 - level) / 2, effectiveRows - 1) * standardError;
  return { ...known, estimate, standardError, interval: [estimate - half, estimate + half] };
}

function refusalOf(effectiveRows: number, largestWeight: number): string | undefined {
  // With room for rounding, so that 30 rows of equal weight are 30.
  if (!(effectiveRows >= leastEffectiveRows * (1 - 1e-9))) {
    const few = Number(effectiveRows.toPrecision(3));
    return `the log is worth ${few} rows of this policy's own, and ${leastEffectiveRows} are needed`;
  }
  if (!(largestWeight <= mostWeightOfOne * (1 + 1e-9))) {
    return `one row carries ${Number((100 * largestWeight).toPrecision(3))} % of the weight, and 10 % is the most that can be trusted`;
  }
  return undefined;
}
