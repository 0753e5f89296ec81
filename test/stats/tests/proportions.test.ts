import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as stats from '../../../src/stats/index.js';
import { alternatives, close, mirror } from './close.js';

const counts = fc
  .record({ n1: fc.integer({ min: 1, max: 400 }), n2: fc.integer({ min: 1, max: 400 }), a: fc.nat(), b: fc.nat() })
  .map(({ n1, n2, a, b }) => ({ x1: a % (n1 + 1), n1, x2: b % (n2 + 1), n2 }));

describe('tests of proportions', () => {
  it('give the mirrored result when the arms are swapped', () => {
    fc.assert(
      fc.property(counts, fc.constantFrom(...alternatives), (given, alternative) => {
        const swapped = { x1: given.x2, n1: given.n2, x2: given.x1, n2: given.n1 };
        const z = stats.twoProportionZTest({ ...given, alternative });
        const back = stats.twoProportionZTest({ ...swapped, alternative: mirror[alternative] });
        close(z.pValue, back.pValue);
        close(z.estimate, -(back.estimate ?? 0));
        for (const method of ['newcombe', 'score', 'agresti-caffo', 'wald', 'wald-continuity'] as const) {
          const one = stats.proportionDifferenceInterval({ ...given, method });
          const other = stats.proportionDifferenceInterval({ ...swapped, method });
          close(one.lower, -other.upper);
          close(one.upper, -other.lower);
        }
        const table = [
          [given.x1, given.n1 - given.x1],
          [given.x2, given.n2 - given.x2],
        ];
        const exact = stats.fisherExactTest({ table, alternative, tolerance: 0 });
        const turned = stats.fisherExactTest({
          table: [...table].reverse(),
          alternative: mirror[alternative],
          tolerance: 0,
        });
        close(exact.pValue, turned.pValue);
        if (exact.reason === undefined) {
          close(exact.estimate, 1 / (turned.estimate ?? 1), 7);
          close(exact.interval?.lower ?? 0, 1 / (turned.interval?.upper ?? 1), 7);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('agree with one another: z squared is chi-square, and Fisher counts every table', () => {
    fc.assert(
      fc.property(counts, (given) => {
        const z = stats.twoProportionZTest(given);
        const chi = stats.chiSquareTest(given);
        fc.pre(z.reason === undefined);
        close((z.statistic ?? 0) ** 2, chi.statistic, 8);
        close(z.pValue, chi.pValue, 8);
        close(z.estimate, -(chi.estimate ?? 0));
        const strata = [{ control: { x: given.x1, n: given.n1 }, treatment: { x: given.x2, n: given.n2 } }];
        const n = given.n1 + given.n2;
        close(stats.mantelHaenszelTest({ strata }).statistic, ((z.statistic ?? 0) ** 2 * (n - 1)) / n, 7);
      }),
    );
  });

  it('contain what was observed in every interval, and widen with the level', () => {
    fc.assert(
      fc.property(counts, ({ x1: x, n1: n }) => {
        for (const method of ['wilson', 'clopper-pearson', 'agresti-coull', 'jeffreys', 'wald'] as const) {
          const [narrow, wide] = [0.8, 0.99].map((level) => stats.proportionInterval({ x, n, method, level }));
          if (narrow === undefined || wide === undefined) throw new Error('two intervals were asked for');
          expect(wide.lower).toBeLessThanOrEqual(narrow.lower + 1e-12);
          expect(wide.upper).toBeGreaterThanOrEqual(narrow.upper - 1e-12);
          if (method !== 'agresti-coull' && method !== 'jeffreys') {
            expect(narrow.lower).toBeLessThanOrEqual(x / n + 1e-12);
            expect(narrow.upper).toBeGreaterThanOrEqual(x / n - 1e-12);
          }
          expect(wide.lower).toBeGreaterThanOrEqual(0);
          expect(wide.upper).toBeLessThanOrEqual(1);
          const mirrored = stats.proportionInterval({ x: n - x, n, method, level: 0.99 });
          close(mirrored.lower, 1 - wide.upper, 10);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('hold their level exactly: Clopper and Pearson by summing over all outcomes', () => {
    for (const [n, p] of [
      [12, 0.3],
      [25, 0.04],
    ] as const) {
      let covered = 0;
      for (let x = 0; x <= n; x += 1) {
        const { lower, upper } = stats.proportionInterval({ x, n, method: 'clopper-pearson' });
        if (lower <= p && p <= upper) covered += stats.binomial.pmf(x, n, p);
      }
      expect(covered).toBeGreaterThanOrEqual(0.95);
    }
  });

  it('make no more false alarms than they say: Fisher and the exact binomial, by summing over all outcomes', () => {
    const [n, p] = [9, 0.35];
    for (const alternative of alternatives) {
      let [fisher, exact] = [0, 0];
      for (let x = 0; x <= n; x += 1) {
        const mass = stats.binomial.pmf(x, n, p);
        if (stats.binomialTest({ x, n, p0: p, alternative }).pValue <= 0.1) exact += mass;
        for (let y = 0; y <= n; y += 1) {
          const table = [
            [x, n - x],
            [y, n - y],
          ];
          if (stats.fisherExactTest({ table, alternative }).pValue <= 0.1) fisher += mass * stats.binomial.pmf(y, n, p);
        }
      }
      expect(fisher).toBeLessThanOrEqual(0.1);
      expect(exact).toBeLessThanOrEqual(0.1);
    }
  });
});
