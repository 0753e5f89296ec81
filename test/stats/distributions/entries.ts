import * as stats from '../../../src/stats/index.js';

export type Continuous = stats.ContinuousDistribution<readonly number[]>;
export type Discrete = stats.DiscreteDistribution<readonly number[]>;

export interface Entry<D> {
  readonly name: string;
  readonly distribution: D;
  readonly parameters: readonly (readonly number[])[];
  readonly support: readonly [number, number];
  /** Mean and standard deviation, in closed form. */
  readonly moments?: (parameters: readonly number[]) => readonly [number, number];
  /** Calls that must be refused, as parameters. */
  readonly refused: readonly (readonly number[])[];
}

export const continuous: readonly Entry<Continuous>[] = [
  {
    name: 'normal',
    distribution: stats.normal as Continuous,
    parameters: [[], [3, 0.5], [-1e6, 1e3]],
    support: [-Infinity, Infinity],
    moments: ([mean = 0, sd = 1]) => [mean, sd],
    refused: [[0, 0], [0, -1], [Number.NaN], [0, Number.NaN], [Infinity, 1], [0, Infinity]],
  },
  {
    name: 't',
    distribution: stats.t as Continuous,
    parameters: [[0.3], [1], [2.5], [7, 10, 2], [1e3], [1e10]],
    support: [-Infinity, Infinity],
    moments: ([df = 1, location = 0, scale = 1]) => [location, df > 4 ? scale * Math.sqrt(df / (df - 2)) : Number.NaN],
    refused: [[0], [-1], [Number.NaN], [Infinity], [3, Number.NaN], [3, 0, 0], [3, 0, Number.NaN], [3, Infinity]],
  },
  {
    name: 'chisquare',
    distribution: stats.chisquare as Continuous,
    parameters: [[0.3], [1], [2], [30], [1e5]],
    support: [0, Infinity],
    moments: ([df = 1]) => [df, Math.sqrt(2 * df)],
    refused: [[0], [-1], [Number.NaN], [Infinity]],
  },
  {
    name: 'gamma',
    distribution: stats.gamma as Continuous,
    parameters: [[0.05], [1, 3], [2.5], [40, 0.1], [1e6, 2]],
    support: [0, Infinity],
    moments: ([shape = 1, scale = 1]) => [shape * scale, Math.sqrt(shape) * scale],
    refused: [[0], [Number.NaN], [1, 0], [1, Number.NaN], [Infinity], [1, Infinity]],
  },
  {
    name: 'beta',
    distribution: stats.beta as Continuous,
    parameters: [
      [0.5, 0.5],
      [1, 1],
      [2, 5],
      [30, 0.7],
      [1001, 20001],
      [1e6, 1e6],
    ],
    support: [0, 1],
    moments: ([a = 1, b = 1]) => [a / (a + b), Math.sqrt((a * b) / (a + b + 1)) / (a + b)],
    refused: [
      [0, 1],
      [1, 0],
      [Number.NaN, 1],
      [1, Number.NaN],
      [Infinity, 1],
      [1, Infinity],
    ],
  },
  {
    name: 'f',
    distribution: stats.f as Continuous,
    parameters: [
      [1, 1],
      [2, 9],
      [20, 12],
      [1e3, 1e5],
    ],
    support: [0, Infinity],
    moments: ([, d2 = 1]) => [d2 > 2 ? d2 / (d2 - 2) : Number.NaN, Number.NaN],
    refused: [
      [0, 1],
      [1, 0],
      [Number.NaN, 1],
      [1, Number.NaN],
    ],
  },
  {
    name: 'noncentralT',
    distribution: stats.noncentralT as Continuous,
    parameters: [
      [3, 0],
      [9, 2.5],
      [50, -1],
      [1e5, 3],
    ],
    support: [-Infinity, Infinity],
    refused: [
      [0.05, 0],
      [1e13, 0],
      [Number.NaN, 0],
      [3, Number.NaN],
      [3, 2e6],
    ],
  },
  {
    name: 'studentizedRange',
    distribution: stats.studentizedRange as Continuous,
    parameters: [[3, 20]],
    support: [0, Infinity],
    refused: [
      [1, 5],
      [201, 5],
      [2.5, 5],
      [3, 0.5],
      [3, 1e13],
      [3, Number.NaN],
      [Number.NaN, 3],
    ],
  },
];

export const discrete: readonly Entry<Discrete>[] = [
  {
    name: 'binomial',
    distribution: stats.binomial as Discrete,
    parameters: [
      [0, 0.5],
      [1, 0.3],
      [10, 0],
      [10, 1],
      [40, 0.07],
      [1000, 0.5],
      [1_000_000, 0.0001],
    ],
    support: [0, Infinity],
    moments: ([n = 1, p = 0]) => [n * p, Math.sqrt(n * p * (1 - p))],
    refused: [
      [-1, 0.5],
      [1.5, 0.5],
      [Number.NaN, 0.5],
      [5, -0.1],
      [5, 1.1],
      [5, Number.NaN],
    ],
  },
  {
    name: 'poisson',
    distribution: stats.poisson as Discrete,
    parameters: [[0], [0.01], [1], [30], [1e4]],
    support: [0, Infinity],
    moments: ([lambda = 1]) => [lambda, Math.sqrt(lambda)],
    refused: [[-1], [Number.NaN], [1e16], [Infinity]],
  },
  {
    name: 'hypergeometric',
    distribution: stats.hypergeometric as Discrete,
    parameters: [
      [0, 0, 0],
      [10, 4, 3],
      [20, 20, 7],
      [50, 30, 40],
      [2000, 100, 900],
      [2_000_000, 100_000, 1_000_000],
    ],
    support: [0, Infinity],
    moments: ([N = 0, K = 0, n = 0]) => [
      N === 0 ? 0 : (n * K) / N,
      N < 2 ? 0 : Math.sqrt((((n * K) / N) * (1 - K / N) * (N - n)) / (N - 1)),
    ],
    refused: [
      [5, 6, 1],
      [5, 1, 6],
      [-1, 0, 0],
      [1e13, 1, 1],
      [5.5, 1, 1],
      [5, 1.5, 1],
      [5, 1, 1.5],
      [5, -1, 1],
      [5, 1, -1],
    ],
  },
];

const label = ({ name }: { readonly name: string }, parameters: readonly number[]) =>
  `${name}(${parameters.join(', ')})`;

export function cases<D>(entries: readonly Entry<D>[]) {
  return entries.flatMap((entry) =>
    entry.parameters.map((parameters) => [label(entry, parameters), { ...entry, parameters }] as const),
  );
}
