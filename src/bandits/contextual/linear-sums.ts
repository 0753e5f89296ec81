import { need } from '../../stats/domain.js';
import { cholesky, solveLower, solveUpper, type Triangle, triangleLength } from '../cholesky.js';

/** All that a linear model needs of one arm: sums, so that replicas and days simply add up. */
export type LinearSums = {
  readonly n: number;
  /** The sum of x x', the lower triangle by rows: d (d + 1) / 2 numbers. */
  readonly xx: readonly number[];
  /** The sum of x times the reward: d numbers. */
  readonly xr: readonly number[];
};

/** The most features: with more, a decision costs more than it is worth, and the sums no longer fit into a router's metrics. */
export const dimensionMax = 20;

export function needDimension(where: string, dimension: number): void {
  const fits = Number.isInteger(dimension) && dimension >= 1 && dimension <= dimensionMax;
  need(fits, where, 'dimension', `a whole number from 1 to ${dimensionMax}`, dimension);
}

/** Nothing observed yet, for vectors of `dimension` features (1 to 20). */
export function emptyLinearSums(dimension: number): LinearSums {
  needDimension('emptyLinearSums', dimension);
  const zeros = (length: number) => Array.from({ length }, () => 0);
  return { n: 0, xx: zeros(triangleLength(dimension)), xr: zeros(dimension) };
}

/** x x' of one vector, the lower triangle by rows. */
export function outerProduct(x: readonly number[]): number[] {
  return x.flatMap((value, row) => x.slice(0, row + 1).map((other) => value * other));
}

/** The sums with one more reward in them. Throws `domain` unless `x` has the dimension of the sums and all numbers are finite. */
export function observeLinear(sums: LinearSums, x: readonly number[], reward: number): LinearSums {
  const { length } = sums.xr;
  need(x.length === length, 'observeLinear', 'x', `a list of ${length} numbers`, x.length);
  need(x.every(Number.isFinite), 'observeLinear', 'x', 'finite numbers', String(x));
  need(Number.isFinite(reward), 'observeLinear', 'reward', 'a finite number', reward);
  return addLinearSums(sums, { n: 1, xx: outerProduct(x), xr: x.map((value) => value * reward) });
}

/** What both hold. Throws `domain` for sums of different dimensions. */
export function addLinearSums(a: LinearSums, b: LinearSums): LinearSums {
  need(a.xr.length === b.xr.length, 'addLinearSums', 'b', `sums of ${a.xr.length} features`, b.xr.length);
  const plus = (left: readonly number[], right: readonly number[]) =>
    left.map((value, index) => value + (right[index] as number));
  return { n: a.n + b.n, xx: plus(a.xx, b.xx), xr: plus(a.xr, b.xr) };
}

/** A ridge regression: mean(x) = x theta, and how sure it is of that. */
export interface LinearFit {
  readonly n: number;
  readonly theta: Float64Array;
  /** The triangle L of ridge I + sum x x' = L L'. */
  readonly lower: Triangle;
}

/**
 * Fits an arm. `ridge` (over 0) is what holds the coefficients to 0 while there is little data; an untried arm has the precision
 * `ridge`, so that a stronger prior makes it surer, never less sure.
 */
export function fitLinear(sums: LinearSums, ridge: number): LinearFit {
  need(ridge > 0 && ridge < Infinity, 'fitLinear', 'ridge', 'a finite number over 0', ridge);
  const { n, xx, xr } = sums;
  const size = xr.length;
  let lower: Triangle;
  try {
    lower = cholesky(withRidge(xx, size, ridge), size);
  } catch {
    // No vectors have such sums: some of the reports were lost. What outweighs every row leaves a matrix that can be used.
    lower = cholesky(withRidge(xx, size, ridge + 2 * size * Math.max(...xx.map(Math.abs))), size);
  }
  return { n, lower, theta: solveUpper(lower, solveLower(lower, xr)) };
}

function withRidge(xx: readonly number[], size: number, ridge: number): Float64Array {
  const precision = Float64Array.from(xx);
  for (let row = 0; row < size; row += 1) {
    const at = triangleLength(row) + row;
    precision[at] = (precision[at] as number) + ridge;
  }
  return precision;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** The standard error of the mean at x, in units of a reward's standard deviation: sqrt(x' (L L')^-1 x). */
export function leverage({ lower }: LinearFit, x: ArrayLike<number>): number {
  const half = solveLower(lower, x);
  return Math.sqrt(dot(half, half));
}

/** `standard` normal draws turned into a draw with the covariance (L L')^-1. */
export function solveDraw({ lower }: LinearFit, standard: Float64Array): Float64Array {
  return solveUpper(lower, standard);
}
