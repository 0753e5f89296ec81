import { need, needOpenProbability } from '../domain.js';
import { middleOf, type SketchJson } from '../sketch-json.js';
import { betaBinomialBoundary } from './boundaries/beta-binomial-boundary.js';
import { bestRho, type UniformBoundary } from './boundaries/boundary.js';
import type { ConfidenceSequence } from './confidence-sequences.js';
import { needOverZero, needQuantile } from './magnitude.js';

/**
 * A sample as its distinct values, ascending, each with its count: what a sketch is, and what any list can be made
 * into.
 */
export type ValueCount = readonly [value: number, count: number];

/** The values of a sketch, each bucket standing for its values within 1 %. */
export function valuesOf({ negative, zero, positive }: SketchJson): readonly ValueCount[] {
  const below = negative.map(([bucket, count]): ValueCount => [-middleOf(bucket), count]).reverse();
  const above = positive.map(([bucket, count]): ValueCount => [middleOf(bucket), count]);
  return zero > 0 ? [...below, [0, zero], ...above] : [...below, ...above];
}

export interface QuantileOptions {
  /** Which quantile, in (0, 1). */
  readonly quantile: number;
  /** The sample size at which the mixture is tightest, default 1000. */
  readonly nBest?: number;
}

/** Steps of an empirical distribution function: the value, how many are below it, how many are at or below it. */
interface Step {
  readonly value: number;
  readonly below: number;
  readonly through: number;
}

interface Sample {
  readonly steps: readonly Step[];
  readonly n: number;
}

function stepsOf(where: string, name: string, values: readonly ValueCount[]): Sample {
  let through = 0;
  let before = -Infinity;
  const steps = values.map(([value, count], index): Step => {
    need(value > before && value < Infinity, where, `${name}[${index}]`, 'a finite value over the one before', value);
    need(
      Number.isSafeInteger(count) && count > 0,
      where,
      `${name}[${index}]`,
      'a value with a whole count over 0',
      count,
    );
    before = value;
    through += count;
    return { value, below: through - count, through };
  });
  return { steps, n: through };
}

function mixtureFor(where: string, { quantile, nBest = 1000 }: QuantileOptions, alpha: number): UniformBoundary {
  needQuantile(where, quantile);
  needOverZero(where, 'nBest', nBest);
  const rho = bestRho({ variance: quantile * (1 - quantile) * nBest, alpha, sides: 2 });
  return betaBinomialBoundary({ rho, below: quantile, above: 1 - quantile, sides: 2 });
}

/**
 * A confidence sequence for a quantile, exact at every sample size whatever the distribution: the values x for which
 * the number of observations below x is what a quantile allows (Howard and Ramdas 2022). For independent observations
 * of one distribution; of a sketch, within its 1 %. An end that no observation bounds yet is infinite.
 */
export function quantileConfidenceSequence(
  values: readonly ValueCount[],
  options: QuantileOptions & { readonly alpha: number },
): ConfidenceSequence {
  const where = 'quantileConfidenceSequence';
  const { quantile, alpha } = options;
  needOpenProbability(where, 'alpha', alpha);
  const { steps, n } = stepsOf(where, 'values', values);
  const mixture = mixtureFor(where, options, alpha);
  const isRejected = (below: number) =>
    mixture.logE(below - quantile * n, quantile * (1 - quantile) * n) >= -Math.log(alpha);
  // A value is too low when too few are at or below it, and too high when too many are below it.
  const lower = steps.findLast(({ through }) => through < quantile * n && isRejected(through));
  const upper = steps.find(({ below }) => below > quantile * n && isRejected(below));
  const isAbove = lower === undefined ? undefined : steps[steps.indexOf(lower) + 1];
  return { lower: isAbove?.value ?? -Infinity, upper: upper === undefined ? Infinity : previous(steps, upper) };
}

function previous(steps: readonly Step[], step: Step): number {
  return (steps[steps.indexOf(step) - 1] ?? step).value;
}

/**
 * Evidence that two samples have different quantiles, as the log of an e-value: the least, over all values x, of the
 * product of both samples' evidence against x being their quantile (Howard and Ramdas 2022, section 5).
 *
 * Exact at every sample size for independent observations of two distributions that do not change over time; where they
 * may, use `quantileComparison` on strata. Throws `domain` unless values ascend and counts are whole numbers over 0.
 */
export function quantileDifference(
  treatment: readonly ValueCount[],
  control: readonly ValueCount[],
  options: QuantileOptions & { readonly alphaBest?: number },
): { readonly logE: number; readonly pValue: number } {
  const where = 'quantileDifference';
  const { quantile, alphaBest = 0.05 } = options;
  needOpenProbability(where, 'alphaBest', alphaBest);
  const mixture = mixtureFor(where, options, alphaBest);
  const arms = [stepsOf(where, 'treatment', treatment), stepsOf(where, 'control', control)];
  const mixtureAt = (n: number, below: number): number =>
    mixture.logE(below - quantile * n, quantile * (1 - quantile) * n);
  // The evidence is convex in the number below x: where x has several values, or lies between two, the least of it
  // counts.
  const lowest = arms.map(({ n }) => minimum(0, n, (below) => mixtureAt(n, below)));
  const against = (arm: number, x: number): number => {
    const { steps, n } = arms[arm] as Sample;
    const at = lastThrough(steps, x);
    const through = at?.through ?? 0;
    const below = at?.value === x ? at.below : through;
    return mixtureAt(n, Math.min(Math.max(lowest[arm] as number, below), through));
  };
  let logE = Infinity;
  for (const { steps } of arms) {
    for (const { value } of steps) {
      logE = Math.min(logE, against(0, value) + against(1, value));
    }
  }
  if (logE === Infinity) return { logE: 0, pValue: 1 };
  return { logE, pValue: Math.min(1, Math.exp(-logE)) };
}

/** The last step at or below x, by halving. */
function lastThrough(steps: readonly Step[], x: number): Step | undefined {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] as Step).value <= x) low = middle + 1;
    else high = middle;
  }
  return steps[low - 1];
}

/** Where a convex function is least, by golden sections. */
function minimum(from: number, to: number, f: (at: number) => number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  for (let count = 0; count < 60; count += 1) {
    const width = golden * (high - low);
    if (f(high - width) <= f(low + width)) high = low + width;
    else low = high - width;
  }
  return (low + high) / 2;
}
