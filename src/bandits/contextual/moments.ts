import type { Context } from '../../core/context.js';
import { own } from '../../core/json.js';
import { continuous, longestWindowMs, type Metric } from '../../evidence/metric.js';
import type { MetricSums } from '../../evidence/stratum.js';
import { need, needPositive } from '../../stats/domain.js';
import { triangleLength } from '../cholesky.js';
import { type LinearSums, needDimension, outerProduct } from './linear-sums.js';

/** Options of the moments of a linear model. */
export interface LinearMomentsOptions<N extends string> {
  /** What the metrics' names begin with. */
  readonly name: N;
  /** How many features there are, 1 to 20. */
  readonly dimension: number;
  /** The features of a request, as many finite numbers as `dimension` says. Give it a constant 1 for the level. */
  readonly features: (context: Context) => readonly number[];
  /** How long after the decision a reward still counts, in milliseconds. Default half an hour. */
  readonly windowMs?: number;
}

/** The way of a linear model's sums through a router: metrics to declare, outcomes to report, sums to read. */
export interface LinearMoments<N extends string = string> {
  readonly name: N;
  readonly dimension: number;
  readonly features: (context: Context) => readonly number[];
  /** To be spread into the router's `metrics`. */
  readonly metrics: Readonly<Record<`${N}:${string}`, Metric<number>>>;
  /** To be spread into the outcome of a decision, zeros too: a context without a reward is a reward of 0 only if it is reported. */
  outcome(context: Context, reward: number): Readonly<Record<`${N}:${string}`, number>>;
  /** The sums in the metrics of a cell. */
  sumsIn(metrics: Readonly<Record<string, MetricSums>>): LinearSums;
}

/**
 * Makes the products that a linear model adds up metrics of their own, d (d + 1) / 2 + d of them. So they travel as all evidence does: counted in
 * the epoch of the exposure, added exactly once, merged over replicas. Throws `domain`.
 */
export function linearMoments<const N extends string>(options: LinearMomentsOptions<N>): LinearMoments<N> {
  const { name, dimension, features, windowMs } = options;
  need(/^[^:]{1,64}$/u.test(name), 'linearMoments', 'name', "a name of 1 to 64 characters without ':'", name);
  needDimension('linearMoments', dimension);
  if (windowMs !== undefined) {
    needPositive('linearMoments', 'windowMs', windowMs);
    need(windowMs <= longestWindowMs, 'linearMoments', 'windowMs', 'at most 90 days', windowMs);
  }
  const product = (index: number) => `${name}:xx${index}` as const;
  const reward = (index: number) => `${name}:xr${index}` as const;
  const places = (length: number) => Array.from({ length }, (_, index) => index);
  const products = places(triangleLength(dimension)).map(product);
  const rewards = places(dimension).map(reward);
  const metric = continuous({ per: 'report', ...(windowMs !== undefined && { windowMs }) });
  const record = <T>(entries: readonly (readonly [`${N}:${string}`, T])[]) =>
    Object.freeze(Object.fromEntries(entries)) as Readonly<Record<`${N}:${string}`, T>>;
  return Object.freeze({
    name,
    dimension,
    features,
    metrics: record([...products, ...rewards].map((key) => [key, metric] as const)),
    outcome(context: Context, value: number) {
      const x = featuresOf({ dimension, features }, context);
      need(Number.isFinite(value), 'linearMoments', 'reward', 'a finite number', value);
      const xx = outerProduct(x).map((of, index) => [product(index), of] as const);
      return record([...xx, ...x.map((of, index) => [reward(index), of * value] as const)]);
    },
    sumsIn(metrics: Readonly<Record<string, MetricSums>>): LinearSums {
      const sumOf = (key: string) => own(metrics, key)?.sum ?? 0;
      // All are reported together; should a limit have dropped some, the least count is what all of them have.
      const n = Math.min(...[...products, ...rewards].map((key) => own(metrics, key)?.n ?? 0));
      return { n, xx: products.map(sumOf), xr: rewards.map(sumOf) };
    },
  });
}

/** The features of a request. Throws `domain` unless they are as many finite numbers as were promised. */
export function featuresOf(
  { dimension, features }: Pick<LinearMoments, 'dimension' | 'features'>,
  context: Context,
): readonly number[] {
  const x = features(context);
  const fits = Array.isArray(x) && x.length === dimension && x.every(Number.isFinite);
  need(fits, 'linearMoments', 'features', `a function that gives ${dimension} finite numbers`, String(x));
  return x;
}
