import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as stats from '../../../src/stats/index.js';
import { alternatives, close, mirror } from './close.js';

const value = fc.double({ min: -50, max: 50, noNaN: true }).map((x) => Math.round(x * 8) / 8);
const sample = fc.array(value, { minLength: 3, maxLength: 25 });
const sumsOf = (values: readonly number[]) => ({
  n: values.length,
  sum: values.reduce((sum, x) => sum + x, 0),
  sumSq: values.reduce((sum, x) => sum + x * x, 0),
});

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
