import { describe, expect, it } from 'vitest';
import * as stats from '../../../src/stats/index.js';

const two = { x1: 5, n1: 50, x2: 9, n2: 60 };
const effect = { control: [1, 2, 4], treatment: [2, 4, 5] };
const strata = [{ control: { x: 3, n: 20 }, treatment: { x: 5, n: 21 } }];

describe('options', () => {
  it('cut the interval to the side that the alternative asks about', () => {
    const ends = (alternative: stats.Alternative) => stats.twoProportionZTest({ ...two, alternative }).interval;
    expect(ends('less')?.lower).toBe(-1);
    expect(ends('greater')?.upper).toBe(1);
    expect(ends('less')?.upper).toBeLessThan(ends('two-sided')?.upper ?? 0);
    expect(ends('greater')?.lower).toBeGreaterThan(ends('two-sided')?.lower ?? 0);
    const exact = (alternative: stats.Alternative) => stats.binomialTest({ x: 3, n: 9, p0: 0.5, alternative }).interval;
    expect([exact('less')?.lower, exact('greater')?.upper]).toEqual([0, 1]);
    const odds = (alternative: stats.Alternative) =>
      stats.fisherExactTest({
        table: [
          [3, 2],
          [1, 5],
        ],
        alternative,
      }).interval;
    expect([odds('less')?.lower, odds('greater')?.upper]).toEqual([0, Infinity]);
  });

  it('keep p-values that are too small for a number as logarithms', () => {
    const { pValue, log10PValue } = stats.twoProportionZTest({ x1: 10_000, n1: 100_000, x2: 30_000, n2: 100_000 });
    expect(pValue).toBe(0);
    // z = 111.8: ln p = -z^2/2 - ln z - ln(2 pi)/2 + ln 2, nearly.
    expect(log10PValue).toBeCloseTo(
      (-12500 / 2 - Math.log(Math.sqrt(12500)) - Math.log(2 * Math.PI) / 2 + Math.LN2) / Math.LN10,
      3,
    );
  });

  it('take the tolerance of Fisher to the closed form where there is one', () => {
    const table = [
      [1, 0],
      [0, 1],
    ];
    // P(X >= 1) = odds / (1 + odds).
    expect(stats.fisherExactTest({ table, tolerance: 0 }).interval?.lower).toBeCloseTo(0.025 / 0.975, 15);
    expect(stats.fisherExactTest({ table }).interval?.lower).toBeCloseTo(0.0256406640625, 12);
    expect(
      stats.fisherExactTest({
        table: [
          [4, 4],
          [4, 4],
        ],
      }),
    ).toMatchObject({ pValue: 1, estimate: 1 });
  });

  it('choose Fieller for a lift only where the control is within five standard errors of 0', () => {
    const lift = (sd: number) =>
      stats.relativeLift({ control: { n: 100, mean: 10, sd }, treatment: { n: 100, mean: 11, sd: 1 } });
    expect(lift(19.9).method).toBe('relative lift (delta)');
    expect(lift(20.1).method).toBe('relative lift (Fieller)');
    // A control that is not itself different from 0 has no finite interval.
    expect(lift(60).interval).toBeNull();
    expect(lift(40).interval?.upper).toBeGreaterThan(lift(20.1).interval?.upper ?? Infinity);
  });

  it('compare with t when a reference of Student is given, and with normal otherwise', () => {
    const [normal, t] = [stats.relativeLift(effect), stats.relativeLift({ ...effect, reference: stats.student })];
    expect(normal.df).toBeNull();
    expect(t.df).toBeCloseTo(stats.welchTTest({ a: effect.treatment, b: effect.control }).df ?? 0, 9);
    expect(t.pValue).toBeGreaterThan(normal.pValue);
    const pairs = { control: { x: [1, 2, 4, 3], y: [2, 1, 5, 4] }, treatment: { x: [1, 3, 3, 5], y: [4, 4, 6, 5] } };
    expect(stats.cuped(pairs).df).toBeNull();
    expect(stats.cuped({ ...pairs, reference: stats.student }).pValue).toBeGreaterThan(stats.cuped(pairs).pValue);
    expect(stats.standardNormal.isf(0.025)).toBeCloseTo(1.959963984540054, 12);
    expect(stats.student(7).isf(0.9)).toBeCloseTo(-stats.t.isf(0.1, 7), 12);
  });

  it('take out what a covariate explains', () => {
    const x = [1, 2, 3, 4, 5, 6];
    const noise = [0.1, -0.2, 0.1, 0.1, -0.2, 0.1];
    const y = x.map((value, i) => 3 * value + (noise[i] ?? 0));
    const result = stats.cuped({ control: { x, y }, treatment: { x, y: y.map((value) => value + 1) } });
    expect(result.estimate).toBeCloseTo(1, 12);
    expect(result.varianceReduction).toBeGreaterThan(0.99);
    const useless = { x: [1, 1, 1, 1, 1, 1], y };
    expect(stats.cuped({ control: useless, treatment: useless })).toMatchObject({ theta: 0, varianceReduction: 0 });
  });

  it('of continuity never turn a difference round', () => {
    expect(stats.chiSquareTest({ x1: 5, n1: 10, x2: 5, n2: 10, yates: true })).toMatchObject({
      statistic: 0,
      pValue: 1,
    });
    const even = [{ control: { x: 5, n: 10 }, treatment: { x: 5, n: 10 } }];
    expect(stats.mantelHaenszelTest({ strata: even, continuity: true })).toMatchObject({ statistic: 0, pValue: 1 });
    expect(stats.mantelHaenszelTest({ strata: even, continuity: true }).method).toBe('Mantel-Haenszel (continuity)');
    const one = [{ control: { x: 0, n: 10 }, treatment: { x: 5, n: 10 } }];
    expect(stats.mantelHaenszelTest({ strata: one })).toMatchObject({
      estimate: Infinity,
      interval: { lower: 0, upper: Infinity },
    });
    const interval = stats.mantelHaenszelTest({ strata }).interval;
    // One stratum: Woolf's interval of the odds ratio (5 x 17) / (3 x 16).
    const [ratio, error] = [(5 * 17) / (3 * 16), Math.sqrt(1 / 5 + 1 / 17 + 1 / 3 + 1 / 16)];
    expect(interval?.lower).toBeCloseTo(ratio * Math.exp(-1.959963984540054 * error), 9);
    expect(interval?.upper).toBeCloseTo(ratio * Math.exp(1.959963984540054 * error), 9);
  });

  it('leave categories that cannot happen out of the degrees of freedom', () => {
    const three = stats.chiSquareTest({ observed: [5000, 5200, 0], expectedProportions: [0.5, 0.5, 0] });
    expect(three.df).toBe(1);
    expect(three.pValue).toBeCloseTo(0.0477, 4);
    expect(
      stats.chiSquareTest({
        table: [
          [3, 0, 5],
          [6, 0, 2],
        ],
      }).df,
    ).toBe(1);
    expect(
      stats.gTest({
        table: [
          [3, 0],
          [6, 2],
        ],
      }).statistic,
    ).toBeGreaterThan(0);
  });

  it('count outcomes that are equally likely as equal, whatever rounding says', () => {
    for (let n = 1; n <= 80; n += 1) {
      for (let x = 0; x < n / 2; x += 1) {
        const truth = Math.min(1, 2 * stats.binomial.cdf(x, n, 0.5));
        expect(stats.binomialTest({ x, n, p0: 0.5 }).pValue).toBeCloseTo(truth, 12);
      }
    }
    expect(stats.binomialTest({ x: 4, n: 8, p0: 0.5 }).pValue).toBe(1);
    expect(stats.binomialTest({ x: 0, n: 8, p0: 0.5, alternative: 'greater' }).pValue).toBe(1);
  });

  it('leave empty columns out of the statistic too', () => {
    const [with0, without] = [
      [
        [3, 0, 5],
        [6, 0, 2],
      ],
      [
        [3, 5],
        [6, 2],
      ],
    ].map((table) => stats.chiSquareTest({ table }));
    expect(with0).toEqual(without);
    expect(
      stats.gTest({
        table: [
          [3, 0, 5],
          [6, 0, 2],
        ],
      }),
    ).toEqual(
      stats.gTest({
        table: [
          [3, 5],
          [6, 2],
        ],
      }),
    );
  });

  it('take the slope of CUPED from within the arms unless told otherwise', () => {
    const pairs = { control: { x: [1, 2, 4], y: [2, 1, 5] }, treatment: { x: [6, 8, 7, 9], y: [4, 4, 6, 5] } };
    expect(stats.cuped(pairs)).toEqual(stats.cuped({ ...pairs, theta: 'within' }));
    expect(stats.cuped(pairs).theta).not.toBeCloseTo(stats.cuped({ ...pairs, theta: 'pooled' }).theta, 3);
    // Sums of products of deviations, control 16/3 and treatment 1/2, over sums of squares 14/3 and 5.
    expect(stats.cuped(pairs).theta).toBeCloseTo((16 / 3 + 1 / 2) / (14 / 3 + 5), 12);
  });
});
