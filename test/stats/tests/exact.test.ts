import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as stats from '../../../src/stats/index.js';

/** All ways to choose `size` of the numbers below `n`. */
function* choices(n: number, size: number, from = 0): Generator<number[]> {
  if (size === 0) yield [];
  else for (let i = from; i <= n - size; i += 1) for (const rest of choices(n, size - 1, i + 1)) yield [i, ...rest];
}

/** The share of all relabelings of the pooled values for which `holds`. */
function relabelled(pool: readonly number[], size: number, holds: (a: number[], b: number[]) => boolean): number {
  let [count, total] = [0, 0];
  for (const chosen of choices(pool.length, size)) {
    const inA = new Set(chosen);
    const a = pool.filter((_, i) => inA.has(i));
    const b = pool.filter((_, i) => !inA.has(i));
    total += 1;
    if (holds(a, b)) count += 1;
  }
  return count / total;
}

const uOf = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, x) => sum + b.reduce((inner, y) => inner + (x > y ? 1 : x === y ? 0.5 : 0), 0), 0);

const distanceOf = (a: readonly number[], b: readonly number[]) =>
  Math.max(
    ...[...a, ...b].map((at) => {
      const below = (values: readonly number[]) => values.filter((x) => x <= at).length;
      // In whole numbers, so that ties are ties.
      return Math.abs(below(a) * b.length - below(b) * a.length);
    }),
  );

describe('exact tests against every relabeling of the data', () => {
  const distinct = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 4, maxLength: 9 });

  it('Mann and Whitney', () => {
    fc.assert(
      fc.property(distinct, fc.nat(), (pool, pick) => {
        const size = 1 + (pick % (pool.length - 1));
        const [a, b] = [pool.slice(0, size), pool.slice(size)];
        const u = uOf(a, b);
        const less = stats.mannWhitneyUTest({ a, b, method: 'exact', alternative: 'less' });
        expect(less.statistic).toBe(u);
        expect(less.pValue).toBeCloseTo(
          relabelled(pool, size, (p, q) => uOf(p, q) <= u),
          12,
        );
        const greater = stats.mannWhitneyUTest({ a, b, alternative: 'greater' });
        expect(greater.pValue).toBeCloseTo(
          relabelled(pool, size, (p, q) => uOf(p, q) >= u),
          12,
        );
        expect(greater.method).toBe('Mann-Whitney U (exact)');
        const both = stats.mannWhitneyUTest({ a, b }).pValue;
        expect(both).toBeCloseTo(Math.min(1, 2 * Math.min(less.pValue, greater.pValue)), 12);
      }),
      { numRuns: 40 },
    );
  });

  it('Kolmogorov and Smirnov, with ties', () => {
    const pool = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 4, maxLength: 9 });
    fc.assert(
      fc.property(pool, fc.nat(), (values, pick) => {
        const size = 1 + (pick % (values.length - 1));
        const [a, b] = [values.slice(0, size), values.slice(size)];
        const distance = distanceOf(a, b);
        const result = stats.kolmogorovSmirnovTest({ a, b });
        expect(result.statistic).toBeCloseTo(distance / a.length / b.length, 12);
        expect(result.pValue).toBeCloseTo(
          relabelled(values, size, (p, q) => distanceOf(p, q) >= distance),
          12,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('Fisher, two-sided: every table that is no more likely', () => {
    fc.assert(
      fc.property(fc.nat(9), fc.nat(9), fc.nat(9), fc.nat(9), (a, b, c, d) => {
        fc.pre(a + b > 0 && c + d > 0 && a + c > 0 && b + d > 0);
        const mass = (k: number) => stats.hypergeometric.pmf(k, a + b + c + d, a + c, a + b);
        const table = [
          [a, b],
          [c, d],
        ];
        let [two, less, greater] = [0, 0, 0];
        for (let k = 0; k <= a + c; k += 1) {
          if (mass(k) <= mass(a) * (1 + 1e-7)) two += mass(k);
          if (k <= a) less += mass(k);
          if (k >= a) greater += mass(k);
        }
        expect(stats.fisherExactTest({ table }).pValue).toBeCloseTo(Math.min(1, two), 11);
        expect(stats.fisherExactTest({ table, alternative: 'less' }).pValue).toBeCloseTo(less, 11);
        expect(stats.fisherExactTest({ table, alternative: 'greater' }).pValue).toBeCloseTo(greater, 11);
      }),
      { numRuns: 200 },
    );
  });

  it('the binomial and two Poisson rates, by summing over all outcomes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 25 }),
        fc.nat(),
        fc.double({ min: 0.02, max: 0.98, noNaN: true }),
        (n, pick, p0) => {
          const x = pick % (n + 1);
          const mass = (k: number) => stats.binomial.pmf(k, n, p0);
          let [two, less, greater] = [0, 0, 0];
          for (let k = 0; k <= n; k += 1) {
            if (mass(k) <= mass(x) * (1 + 1e-7)) two += mass(k);
            if (k <= x) less += mass(k);
            if (k >= x) greater += mass(k);
          }
          expect(stats.binomialTest({ x, n, p0 }).pValue).toBeCloseTo(Math.min(1, two), 11);
          expect(stats.binomialTest({ x, n, p0, alternative: 'less' }).pValue).toBeCloseTo(less, 11);
          expect(stats.binomialTest({ x, n, p0, alternative: 'greater' }).pValue).toBeCloseTo(greater, 11);
          const rates = { x1: x, t1: p0, x2: n - x, t2: 1 - p0 };
          expect(stats.poissonRateTest(rates).pValue).toBeCloseTo(Math.min(1, two), 9);
          const { interval, estimate } = stats.poissonRateTest(rates);
          expect(estimate).toBeCloseTo(((x / (n - x)) * (1 - p0)) / p0, 6);
          expect(interval?.lower).toBeLessThanOrEqual(estimate ?? 0);
          expect(interval?.upper).toBeGreaterThanOrEqual(estimate ?? 0);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the switch from exact to approximate', () => {
  const spread = (size: number, by: number) => Array.from({ length: size }, (_, i) => ((i * 7919) % 1009) + by);

  it('comes at 50 values for Mann and Whitney, and with any tie', () => {
    const method = (n: number, m: number) => stats.mannWhitneyUTest({ a: spread(n, 0), b: spread(m, 0.5) }).method;
    expect(method(49, 49)).toBe('Mann-Whitney U (exact)');
    expect(method(50, 49)).toBe('Mann-Whitney U (normal)');
    expect(method(49, 50)).toBe('Mann-Whitney U (normal)');
    expect(stats.mannWhitneyUTest({ a: [1, 2], b: [2, 3] }).method).toBe('Mann-Whitney U (normal)');
    const [a, b] = [spread(49, 0), spread(49, 0.5)];
    const [exact, normal] = [stats.mannWhitneyUTest({ a, b }), stats.mannWhitneyUTest({ a, b, method: 'normal' })];
    expect(Math.abs(exact.pValue - normal.pValue)).toBeLessThan(0.005);
    const bare = stats.mannWhitneyUTest({ a, b, method: 'normal', continuity: false });
    expect(bare.pValue).toBeLessThan(normal.pValue);
  });

  it('comes at 10,000 pairs for Kolmogorov and Smirnov, without a jump', () => {
    const test = (n: number) => stats.kolmogorovSmirnovTest({ a: spread(n, 0), b: spread(100, 0.25) });
    expect(test(99).method).toBe('Kolmogorov-Smirnov (exact)');
    expect(test(100).method).toBe('Kolmogorov-Smirnov (limit)');
    expect(Math.abs(test(99).pValue - test(100).pValue)).toBeLessThan(0.2);
  });

  it('uses the limit distribution of Kolmogorov on both sides of its own seam', () => {
    // 1 - K(z) from the two series, which must agree at z = 1/2: .9639452436648751 (mpmath 1.3.0).
    const limit = (distance: number) => {
      const size = 400;
      const a = Array.from({ length: size }, (_, i) => i);
      const b = a.map((x) => x + distance + 0.5);
      return stats.kolmogorovSmirnovTest({ a, b });
    };
    // D = (d + 1) / 400 and z = D sqrt(200).
    const result = limit(13);
    const z = (result.statistic ?? 0) * Math.sqrt(200);
    const theta = (value: number) => {
      let sum = 0;
      for (let k = 1; k < 20; k += 1) sum += 2 * (k % 2 === 0 ? -1 : 1) * Math.exp(-2 * k * k * value * value);
      return sum;
    };
    expect(z).toBeLessThan(0.5);
    expect(result.pValue).toBeCloseTo(theta(z), 9);
    const above = limit(20);
    expect((above.statistic ?? 0) * Math.sqrt(200)).toBeGreaterThan(0.5);
    expect(above.pValue).toBeCloseTo(theta((above.statistic ?? 0) * Math.sqrt(200)), 12);
    expect(stats.kolmogorovSmirnovTest({ a: [1, 2], b: [1, 2] }).pValue).toBe(1);
  });
});
