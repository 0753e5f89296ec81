import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import * as stats from '../../../src/stats/index.js';
import { domainError, relative } from '../near.js';

type Continuous = stats.ContinuousDistribution<readonly number[]>;
type Discrete = stats.DiscreteDistribution<readonly number[]>;

interface Entry<D> {
  readonly name: string;
  readonly distribution: D;
  readonly parameters: readonly (readonly number[])[];
  readonly support: readonly [number, number];
  /** Mean and standard deviation, in closed form. */
  readonly moments?: (parameters: readonly number[]) => readonly [number, number];
  /** Calls that must be refused, as parameters. */
  readonly refused: readonly (readonly number[])[];
}

const continuous: readonly Entry<Continuous>[] = [
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

const discrete: readonly Entry<Discrete>[] = [
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

function cases<D>(entries: readonly Entry<D>[]) {
  return entries.flatMap((entry) =>
    entry.parameters.map((parameters) => [label(entry, parameters), { ...entry, parameters }] as const),
  );
}

const probability = fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true });

describe.each(cases(continuous))('%s', (_label, { name, distribution, parameters, support, moments }) => {
  const slow = name === 'studentizedRange' ? 2 : name === 'noncentralT' ? 10 : 60;

  it('has a quantile that inverts both of its sides, rising throughout', () => {
    fc.assert(
      fc.property(probability, (p) => {
        const [x, y] = [distribution.quantile(p, ...parameters), distribution.isf(p, ...parameters)];
        // The place is rounded too: what it can know of p is the density times its last digit.
        const lost = (at: number) => 4e-15 * Math.abs(at) * distribution.pdf(at, ...parameters);
        if (Math.abs(x) > 1e-300) {
          expect(Math.abs(distribution.cdf(x, ...parameters) - p)).toBeLessThan(1e-9 * p + lost(x));
        }
        if (Math.abs(y) > 1e-300) {
          expect(Math.abs(distribution.sf(y, ...parameters) - p)).toBeLessThan(1e-9 * p + lost(y));
        }
        expect(distribution.quantile(p * 0.9, ...parameters)).toBeLessThanOrEqual(x);
      }),
      { numRuns: slow },
    );
  });

  it('has two sides that sum to one, with logarithms that agree', () => {
    fc.assert(
      fc.property(probability, (p) => {
        const x = distribution.quantile(p, ...parameters);
        const [lower, upper] = [distribution.cdf(x, ...parameters), distribution.sf(x, ...parameters)];
        expect(Math.abs(lower + upper - 1)).toBeLessThan(2e-9);
        expect(Math.abs(Math.exp(distribution.logCdf(x, ...parameters)) - lower)).toBeLessThan(1e-9 * lower + 1e-15);
        expect(Math.abs(Math.exp(distribution.logSf(x, ...parameters)) - upper)).toBeLessThan(1e-9 * upper + 1e-15);
      }),
      { numRuns: slow },
    );
  });

  it('has a density that is the slope of its distribution function', () => {
    for (const p of [0.02, 0.2, 0.5, 0.7, 0.95]) {
      const x = distribution.quantile(p, ...parameters);
      const spread = distribution.quantile(0.75, ...parameters) - distribution.quantile(0.25, ...parameters);
      const h = Math.min(
        1e-3 * spread,
        x > 0 && support[0] === 0 ? 1e-3 * x : Infinity,
        support[1] === 1 ? 1e-3 * (1 - x) : 1,
      );
      if (!(h > 0 && Math.abs(x) > 1e-12)) continue;
      const area = (k: number) =>
        distribution.cdf(x + k * h, ...parameters) - distribution.cdf(x - k * h, ...parameters);
      // Two central differences, extrapolated to a step of 0.
      const slope = (8 * area(1) - area(2)) / (12 * h);
      expect(relative(distribution.pdf(x, ...parameters), slope)).toBeLessThan(2e-4);
    }
  });

  it('ends where its support ends', () => {
    const [left, right] = support;
    expect(distribution.quantile(0, ...parameters)).toBe(left);
    expect(distribution.quantile(1, ...parameters)).toBe(right);
    expect(distribution.isf(0, ...parameters)).toBe(right);
    expect(distribution.isf(1, ...parameters)).toBe(left);
    for (const x of [left, left - 1, -Infinity]) {
      expect(distribution.cdf(x, ...parameters)).toBe(0);
      expect(distribution.sf(x, ...parameters)).toBe(1);
      expect(distribution.logCdf(x, ...parameters)).toBe(-Infinity);
      if (x !== 0) expect(distribution.pdf(x, ...parameters)).toBe(0);
    }
    for (const x of [right, right + 1, Infinity]) {
      expect(distribution.cdf(x, ...parameters)).toBe(1);
      expect(distribution.sf(x, ...parameters)).toBe(0);
      expect(distribution.logSf(x, ...parameters)).toBe(-Infinity);
      if (x !== 1) expect(distribution.pdf(x, ...parameters)).toBe(0);
    }
  });

  it('draws what it says', () => {
    const rng = seededRng(11);
    const count = name === 'studentizedRange' ? 200 : name === 'noncentralT' ? 400 : 4000;
    const draws = Array.from({ length: count }, () => distribution.sample(rng, ...parameters));
    // Levels of a continuous variable are uniform: mean 1/2, and a quarter in each quarter.
    const levels = draws.map((draw) => distribution.cdf(draw, ...parameters));
    const mean = levels.reduce((sum, level) => sum + level, 0) / count;
    expect(Math.abs(mean - 0.5)).toBeLessThan(4.5 * Math.sqrt(1 / 12 / count));
    for (const quarter of [0.25, 0.5, 0.75]) {
      const share = levels.filter((level) => level <= quarter).length / count;
      expect(Math.abs(share - quarter)).toBeLessThan(4.5 * Math.sqrt((quarter * (1 - quarter)) / count));
    }
    const [centre, sd] = moments?.(parameters) ?? [Number.NaN, Number.NaN];
    if (Number.isFinite(sd)) {
      const average = draws.reduce((sum, draw) => sum + draw / count, 0);
      expect(Math.abs(average - centre)).toBeLessThan((5 * sd) / Math.sqrt(count));
    }
    expect(distribution.sample(seededRng(5), ...parameters)).toBe(distribution.sample(seededRng(5), ...parameters));
  });
});

describe.each(cases(discrete))('%s', (_label, { name, distribution, parameters, moments }) => {
  const [mean, sd] = moments?.(parameters) ?? [0, 0];
  const nearby = [-30, -8, -4, -2, -1, 0, 1, 2, 4, 8, 30].map((z) => Math.max(0, Math.round(mean + z * sd)));

  it('adds up: each count is the step of the distribution function', () => {
    for (const k of nearby) {
      const step =
        k < mean
          ? distribution.cdf(k, ...parameters) - distribution.cdf(k - 1, ...parameters)
          : distribution.sf(k - 1, ...parameters) - distribution.sf(k, ...parameters);
      const mass = distribution.pmf(k, ...parameters);
      const around =
        Math.max(distribution.cdf(k, ...parameters), 0) * (k < mean ? 1 : 0) +
        distribution.sf(k - 1, ...parameters) * (k < mean ? 0 : 1);
      expect(Math.abs(step - mass)).toBeLessThanOrEqual(1e-11 * around + 1e-300);
      expect(distribution.cdf(k, ...parameters) + distribution.sf(k, ...parameters)).toBeCloseTo(1, 12);
      expect(distribution.logCdf(k, ...parameters)).toBeCloseTo(Math.log(distribution.cdf(k, ...parameters)), 9);
      if (distribution.sf(k, ...parameters) > 1e-300) {
        expect(distribution.logSf(k, ...parameters)).toBeCloseTo(Math.log(distribution.sf(k, ...parameters)), 9);
      }
    }
    expect([
      distribution.pmf(-1, ...parameters),
      distribution.cdf(-1, ...parameters),
      distribution.sf(-1, ...parameters),
    ]).toEqual([0, 0, 1]);
  });

  it('has quantiles that are the first counts to reach a probability', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (p) => {
        const k = distribution.quantile(p, ...parameters);
        expect(distribution.cdf(k, ...parameters)).toBeGreaterThanOrEqual(p * (1 - 1e-11));
        if (k > 0) expect(distribution.cdf(k - 1, ...parameters)).toBeLessThan(p);
        const top = distribution.isf(p, ...parameters);
        expect(distribution.sf(top, ...parameters)).toBeLessThanOrEqual(p * (1 + 1e-11));
        if (top > 0) expect(distribution.sf(top - 1, ...parameters)).toBeGreaterThan(p);
      }),
      { numRuns: 40 },
    );
    for (const k of nearby) {
      const p = distribution.cdf(k, ...parameters);
      if (p > 1e-12 && p < 0.999) expect(distribution.quantile(p, ...parameters)).toBe(k);
      const q = distribution.sf(k, ...parameters);
      if (q > 1e-12 && q < 0.999) expect(distribution.isf(q, ...parameters)).toBe(k);
    }
  });

  it('draws what it says', () => {
    const rng = seededRng(3);
    const count = 2000;
    let sum = 0;
    for (let i = 0; i < count; i += 1) sum += distribution.sample(rng, ...parameters) / count;
    expect(Math.abs(sum - mean)).toBeLessThanOrEqual((4.5 * sd) / Math.sqrt(count) + 1e-9);
    expect(name).not.toBe('');
  });
});

describe.each([...continuous, ...discrete].map((entry) => [entry.name, entry] as const))(
  '%s refuses',
  (_name, entry) => {
    const distribution = entry.distribution as unknown as Record<string, (...args: unknown[]) => number>;
    const [parameters] = entry.parameters.slice(-1) as [readonly number[]];
    const isDiscrete = 'pmf' in distribution;
    const functions = ['cdf', 'sf', 'logCdf', 'logSf', isDiscrete ? 'pmf' : 'pdf'];

    it('NaN as its first argument, everywhere', () => {
      for (const method of [...functions, 'quantile', 'isf']) {
        const call = () => distribution[method]?.(Number.NaN, ...parameters);
        expect(call, method).toThrow(expect.objectContaining(domainError));
        expect(call, method).toThrow(`${entry.name}.${method}: `);
      }
      if (isDiscrete) {
        for (const method of functions) {
          expect(() => distribution[method]?.(1.5, ...parameters)).toThrow('k must be a whole number (was 1.5)');
        }
      }
      for (const p of [-0.01, 1.01]) {
        expect(() => distribution['quantile']?.(p, ...parameters)).toThrow('p must be a number in [0, 1]');
        expect(() => distribution['isf']?.(p, ...parameters)).toThrow('p must be a number in [0, 1]');
      }
    });

    it.each(entry.refused.map((refused) => [refused.join(', '), refused] as const))(
      'the parameters %s',
      (_text, refused) => {
        for (const method of [...functions, 'quantile', 'isf']) {
          expect(() => distribution[method]?.(isDiscrete ? 1 : 0.5, ...refused), method).toThrow(
            expect.objectContaining(domainError),
          );
        }
        expect(() => distribution['sample']?.(seededRng(1), ...refused)).toThrow(expect.objectContaining(domainError));
      },
    );

    it('a generator that leaves [0, 1)', () => {
      expect(() => distribution['sample']?.({ next: () => 1 }, ...parameters)).toThrow('rng.next() must be');
      expect(() => distribution['sample']?.({ next: () => Number.NaN }, ...parameters)).toThrow('rng.next() must be');
    });
  },
);
