import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as stats from '../../../src/stats/index.js';

const value = fc.double({ min: -50, max: 50, noNaN: true }).map((x) => Math.round(x * 8) / 8);
const sample = fc.array(value, { minLength: 3, maxLength: 25 });
const counts = fc
  .record({ n1: fc.integer({ min: 1, max: 400 }), n2: fc.integer({ min: 1, max: 400 }), a: fc.nat(), b: fc.nat() })
  .map(({ n1, n2, a, b }) => ({ x1: a % (n1 + 1), n1, x2: b % (n2 + 1), n2 }));

const close = (one: number | null, other: number | null, digits = 9) => {
  if (one === null || other === null || !Number.isFinite(one) || !Number.isFinite(other)) expect(one).toBe(other);
  else expect(Math.abs(one - other)).toBeLessThan(10 ** -digits * Math.max(1, Math.abs(other)));
};

const sumsOf = (values: readonly number[]) => ({
  n: values.length,
  sum: values.reduce((sum, x) => sum + x, 0),
  sumSq: values.reduce((sum, x) => sum + x * x, 0),
});

const mirror = { less: 'greater', greater: 'less', 'two-sided': 'two-sided' } as const;
const alternatives = ['less', 'greater', 'two-sided'] as const;

describe('tests of two samples', () => {
  const twoSample = {
    welchTTest: stats.welchTTest,
    studentTTest: stats.studentTTest,
    mannWhitneyUTest: (input: { a: number[]; b: number[]; alternative: stats.Alternative }) =>
      stats.mannWhitneyUTest(input),
  };

  it.each(Object.entries(twoSample))('%s gives the mirrored result when the arms are swapped', (name, test) => {
    fc.assert(
      fc.property(sample, sample, fc.constantFrom(...alternatives), (a, b, alternative) => {
        const [one, other] = [test({ a, b, alternative }), test({ a: b, b: a, alternative: mirror[alternative] })];
        close(one.pValue, other.pValue);
        close(one.log10PValue, other.log10PValue, 7);
        if (name === 'mannWhitneyUTest') {
          expect((one.statistic ?? 0) + (other.statistic ?? 0)).toBe(a.length * b.length);
          close((one.estimate ?? 0) + (other.estimate ?? 0), one.reason === 'no-data' ? 0 : 1);
        } else {
          close(one.estimate, -(other.estimate ?? 0));
          close(one.interval?.lower ?? 0, -(other.interval?.upper ?? 0));
        }
      }),
    );
  });

  it.each(Object.entries(twoSample))('%s does not depend on the unit of measure', (_name, test) => {
    fc.assert(
      fc.property(
        sample,
        sample,
        fc.integer({ min: -20, max: 20 }),
        fc.constantFrom(...alternatives),
        (a, b, power, alternative) => {
          const unit = 2 ** power;
          const scale = (values: number[]) => values.map((x) => x * unit);
          const [one, other] = [test({ a, b, alternative }), test({ a: scale(a), b: scale(b), alternative })];
          close(one.pValue, other.pValue, 12);
          expect(one.reason).toBe(other.reason);
        },
      ),
    );
  });

  it('takes values, their sums, and mean with deviation for the same thing', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const raw = stats.welchTTest({ a, b });
        fc.pre(raw.reason === undefined);
        close(stats.welchTTest({ a: sumsOf(a), b: sumsOf(b) }).pValue, raw.pValue, 7);
        const described = (values: number[]) => {
          const { n, sum } = sumsOf(values);
          const mean = sum / n;
          return { n, mean, sd: Math.sqrt(values.reduce((total, x) => total + (x - mean) ** 2, 0) / (n - 1)) };
        };
        close(stats.welchTTest({ a: described(a), b: described(b) }).pValue, raw.pValue, 9);
      }),
    );
  });

  it('gives one-sided p-values that sum to 1, the smaller of which is half the two-sided one', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const p = (alternative: stats.Alternative) => stats.welchTTest({ a, b, alternative }).pValue;
        fc.pre(stats.welchTTest({ a, b }).reason === undefined);
        close(p('less') + p('greater'), 1);
        close(2 * Math.min(p('less'), p('greater')), p('two-sided'));
      }),
    );
  });

  it('puts 0 on the edge of the interval at level 1 - p', () => {
    fc.assert(
      fc.property(sample, sample, fc.constantFrom(...alternatives), (a, b, alternative) => {
        const { pValue, reason } = stats.welchTTest({ a, b, alternative });
        fc.pre(reason === undefined && pValue > 1e-6 && pValue < 0.999);
        const result = stats.welchTTest({ a, b, alternative, level: 1 - pValue });
        const { lower, upper } = result.interval ?? { lower: 1, upper: 1 };
        const scale = Math.abs(result.estimate ?? 0) + 1;
        expect(Math.min(Math.abs(lower), Math.abs(upper))).toBeLessThan(1e-8 * scale);
        expect(lower === -Infinity).toBe(alternative === 'less');
        expect(upper === Infinity).toBe(alternative === 'greater');
      }),
    );
  });
});

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

describe('sums', () => {
  it('over strata do not depend on their order, and a ramp does not confound them', () => {
    const arm = fc.integer({ min: 0, max: 60 }).chain((n) => fc.nat(n).map((x) => ({ x, n })));
    fc.assert(
      fc.property(fc.array(fc.record({ control: arm, treatment: arm }), { minLength: 1, maxLength: 6 }), (strata) => {
        const one = stats.stratifiedScoreTest({ kind: 'binary', strata });
        const other = stats.stratifiedScoreTest({ kind: 'binary', strata: [...strata].reverse() });
        close(one.statistic, other.statistic);
        close(one.pValue, other.pValue);
        const swapped = strata.map(({ control, treatment }) => ({ control: treatment, treatment: control }));
        close(stats.stratifiedScoreTest({ kind: 'binary', strata: swapped }).pValue, one.pValue);
      }),
    );
    // Friday and Saturday of Crook et al. (KDD 2009): better on both days, and worse when pooled.
    const strata = [
      { control: { x: 20_000, n: 990_000 }, treatment: { x: 230, n: 10_000 } },
      { control: { x: 5_000, n: 500_000 }, treatment: { x: 6_000, n: 500_000 } },
    ];
    const stratified = stats.stratifiedScoreTest({ kind: 'binary', strata, alternative: 'greater' });
    expect(stratified.estimate).toBeGreaterThan(0);
    expect(stratified.log10PValue).toBeLessThan(-20);
    expect(stats.twoProportionZTest({ x1: 25_000, n1: 1_490_000, x2: 6_230, n2: 510_000 }).estimate).toBeLessThan(0);
  });

  it('of pairs give what the raw values give', () => {
    fc.assert(
      fc.property(sample, sample, (u, v) => {
        const size = Math.min(u.length, v.length);
        const [x, y] = [u.slice(0, size), v.slice(0, size).map((value, i) => value + (u[i] ?? 0))];
        const dot = (p: number[], q: number[]) => p.reduce((sum, value, i) => sum + value * (q[i] ?? 0), 0);
        const one = (p: number[]) => p.reduce((sum, value) => sum + value, 0);
        const sums = { n: size, x: one(x), y: one(y), xx: dot(x, x), yy: dot(y, y), xy: dot(x, y) };
        const half = { x: x.map((value) => value / 2), y };
        const raw = stats.cuped({ control: { x, y }, treatment: half });
        fc.pre(raw.reason === undefined && (raw.standardError ?? 0) > 1e-3);
        const merged = stats.cuped({
          control: sums,
          treatment: { ...sums, x: sums.x / 2, xx: sums.xx / 4, xy: sums.xy / 2 },
        });
        close(merged.estimate, raw.estimate, 7);
        close(merged.standardError, raw.standardError, 6);
        close(merged.theta, raw.theta, 7);
      }),
    );
  });
});

describe('margins', () => {
  it('make non-inferiority a shifted test, and equivalence the worse of two of them', () => {
    fc.assert(
      fc.property(sample, sample, fc.double({ min: 0.1, max: 20, noNaN: true }), (control, treatment, margin) => {
        const input = { control, treatment, margin, reference: stats.student };
        const up = stats.nonInferiorityTest(input);
        fc.pre(up.reason === undefined);
        const shifted = stats.welchTTest({ a: treatment.map((x) => x + margin), b: control, alternative: 'greater' });
        close(up.pValue, shifted.pValue, 8);
        const down = stats.nonInferiorityTest({ ...input, higherIsBetter: false });
        const both = stats.equivalenceTest(input);
        close(both.pValue, Math.max(up.pValue, down.pValue), 12);
        close(both.pLower, up.pValue, 12);
        close(both.pUpper, down.pValue, 12);
        // The interval clears the margin when the p-value is small enough.
        expect((up.interval?.lower ?? 0) > -margin).toBe(up.pValue < 0.05);
        expect((down.interval?.upper ?? 0) < margin).toBe(down.pValue < 0.05);
        expect(both.interval?.level).toBeCloseTo(0.9, 12);
        const { lower, upper } = both.interval ?? { lower: 0, upper: 0 };
        expect(lower > -margin && upper < margin).toBe(both.pValue < 0.05);
        expect(both.statistic).toBe(both.pLower > both.pUpper ? up.statistic : down.statistic);
      }),
    );
  });

  it('scale with the unit of measure', () => {
    const result = stats.relativeLift({ control: [1, 2, 4, 3], treatment: [2, 4, 5, 4] });
    const scaled = stats.relativeLift({ control: [8, 16, 32, 24], treatment: [16, 32, 40, 32] });
    expect(scaled).toEqual(result);
  });
});
