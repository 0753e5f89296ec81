import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import * as stats from '../../../src/stats/index.js';
import { domainError } from '../near.js';

const two = { x1: 5, n1: 50, x2: 9, n2: 60 };
const arms = { a: [1, 2, 3], b: [2, 4, 5] };
const effect = { control: [1, 2, 4], treatment: [2, 4, 5] };
const strata = [{ control: { x: 3, n: 20 }, treatment: { x: 5, n: 21 } }];

/** Calls that must be refused, with the words that say where and why. */
const refused: readonly (readonly [string, () => unknown])[] = [
  ['twoProportionZTest: x1 must be at most n1 = 50 (was 51)', () => stats.twoProportionZTest({ ...two, x1: 51 })],
  ['twoProportionZTest: x2 must be a whole number', () => stats.twoProportionZTest({ ...two, x2: 1.5 })],
  ['twoProportionZTest: n1 must be a whole number', () => stats.twoProportionZTest({ ...two, n1: -1 })],
  [
    "twoProportionZTest: alternative must be 'two-sided', 'less' or 'greater' (was both)",
    () => stats.twoProportionZTest({ ...two, alternative: 'both' as 'less' }),
  ],
  [
    'twoProportionZTest: level must be a number in (0, 1) (was 1)',
    () => stats.twoProportionZTest({ ...two, level: 1 }),
  ],
  [
    'twoProportionZTest: level must be a number in (0, 1) (was 0)',
    () => stats.twoProportionZTest({ ...two, level: 0 }),
  ],
  ['chiSquareTest: table[1] must be a row of 2 counts', () => stats.chiSquareTest({ table: [[1, 2], [3]] })],
  [
    'chiSquareTest: table[0][1] must be a whole number',
    () =>
      stats.chiSquareTest({
        table: [
          [1, -2],
          [3, 4],
        ],
      }),
  ],
  ['chiSquareTest: table must be rows of counts', () => stats.chiSquareTest({ table: [] })],
  [
    'chiSquareTest: yates must be false unless',
    () =>
      stats.chiSquareTest({
        table: [
          [1, 2, 3],
          [3, 4, 5],
        ],
        yates: true,
      }),
  ],
  [
    'chiSquareTest: expectedProportions must be proportions that sum to 1 (was 0.9)',
    () => stats.chiSquareTest({ observed: [1, 2], expectedProportions: [0.5, 0.4] }),
  ],
  [
    'chiSquareTest: expectedProportions must be a list of 2',
    () => stats.chiSquareTest({ observed: [1, 2], expectedProportions: [1] }),
  ],
  [
    'chiSquareTest: observed[1] must be 0 where',
    () => stats.chiSquareTest({ observed: [1, 2], expectedProportions: [1, 0] }),
  ],
  [
    'chiSquareTest: expectedProportions[1] must be',
    () => stats.chiSquareTest({ observed: [1, 2], expectedProportions: [1.5, -0.5] }),
  ],
  [
    'gTest: table[0][0] must be',
    () =>
      stats.gTest({
        table: [
          [0.5, 1],
          [1, 1],
        ],
      }),
  ],
  [
    'fisherExactTest: table must be two rows of two counts',
    () =>
      stats.fisherExactTest({
        table: [
          [1, 2, 3],
          [3, 4, 5],
        ],
      }),
  ],
  [
    'fisherExactTest: table must be at most 1e12 counts',
    () =>
      stats.fisherExactTest({
        table: [
          [1e12, 1],
          [0, 0],
        ],
      }),
  ],
  [
    'fisherExactTest: tolerance must be',
    () =>
      stats.fisherExactTest({
        table: [
          [1, 1],
          [1, 1],
        ],
        tolerance: 0.02,
      }),
  ],
  [
    'fisherExactTest: tolerance must be',
    () =>
      stats.fisherExactTest({
        table: [
          [1, 1],
          [1, 1],
        ],
        tolerance: Number.NaN,
      }),
  ],
  ['binomialTest: p0 must be a number in (0, 1)', () => stats.binomialTest({ x: 1, n: 2, p0: 0 })],
  ['binomialTest: p0 must be a number in (0, 1)', () => stats.binomialTest({ x: 1, n: 2, p0: 1 })],
  ['binomialTest: x must be at most n = 2', () => stats.binomialTest({ x: 3, n: 2, p0: 0.5 })],
  ['poissonRateTest: t1 must be', () => stats.poissonRateTest({ x1: 1, t1: 0, x2: 1, t2: 1 })],
  ['poissonRateTest: x2 must be', () => stats.poissonRateTest({ x1: 1, t1: 1, x2: -1, t2: 1 })],
  ['welchTTest: a[1] must be a number', () => stats.welchTTest({ a: [1, Number.NaN], b: [1, 2] })],
  [
    'welchTTest: b.sumSq must be at least sum^2 / n',
    () => stats.welchTTest({ a: [1, 2], b: { n: 2, sum: 10, sumSq: 1 } }),
  ],
  ['welchTTest: b.sumSq must be a number', () => stats.welchTTest({ a: [1, 2], b: { n: 2, sum: 10, sumSq: -1 } })],
  ['welchTTest: b.sd must be a number', () => stats.welchTTest({ a: [1, 2], b: { n: 2, mean: 1, sd: -1 } })],
  ['welchTTest: b.mean must be a number', () => stats.welchTTest({ a: [1, 2], b: { n: 2, mean: Infinity, sd: 1 } })],
  ['welchTTest: b.n must be a whole number', () => stats.welchTTest({ a: [1, 2], b: { n: 2.5, mean: 1, sd: 1 } })],
  ['welchTTest: b must be values or sums', () => stats.welchTTest({ a: [1, 2], b: undefined as never })],
  ['pairedTTest: b must be as long as a (3)', () => stats.pairedTTest({ a: [1, 2, 3], b: [1] })],
  ['mannWhitneyUTest: method must be', () => stats.mannWhitneyUTest({ ...arms, method: 'z' as 'exact' })],
  [
    "mannWhitneyUTest: method must be 'normal' when there are ties",
    () => stats.mannWhitneyUTest({ a: [1], b: [1, 2], method: 'exact' }),
  ],
  [
    "mannWhitneyUTest: method must be 'normal' above 200",
    () => stats.mannWhitneyUTest({ a: [0.5], b: Array.from({ length: 201 }, (_, i) => i), method: 'exact' }),
  ],
  ['kruskalWallisTest: groups must be', () => stats.kruskalWallisTest({ groups: 3 as never })],
  ['kruskalWallisTest: groups[1][0] must be', () => stats.kruskalWallisTest({ groups: [[1], [Infinity]] })],
  ['mantelHaenszelTest: strata must be a list', () => stats.mantelHaenszelTest({ strata: undefined as never })],
  ['mantelHaenszelTest: level must be', () => stats.mantelHaenszelTest({ strata, level: 2 })],
  ['nonInferiorityTest: margin must be', () => stats.nonInferiorityTest({ ...effect, margin: 0 })],
  ['nonInferiorityTest: margin must be', () => stats.nonInferiorityTest({ ...effect, margin: -1 })],
  [
    'nonInferiorityTest: higherIsBetter must be true or false',
    () => stats.nonInferiorityTest({ ...effect, margin: 1, higherIsBetter: 'no' as never }),
  ],
  ['equivalenceTest: level must be', () => stats.equivalenceTest({ ...effect, margin: 1, level: Number.NaN })],
  [
    'nonInferiorityTest: control: x must be at most n',
    () => stats.nonInferiorityTest({ control: { x: 3, n: 2 }, treatment: { x: 1, n: 2 }, margin: 1 }),
  ],
  ['relativeLift: method must be', () => stats.relativeLift({ ...effect, method: 'exact' as 'delta' })],
  [
    'ratioMetric: control must be two lists of equal length (2)',
    () => stats.ratioMetric({ control: { num: [1, 2], den: [1] }, treatment: { num: [1], den: [1] } }),
  ],
  [
    'ratioMetric: control.xy must be a sum that xx and yy allow',
    () =>
      stats.ratioMetric({
        control: { n: 3, x: 3, y: 3, xx: 4, yy: 4, xy: 40 },
        treatment: { num: [1, 2], den: [1, 1] },
      }),
  ],
  [
    'cuped: theta must be',
    () =>
      stats.cuped({ control: { x: [1, 2], y: [1, 2] }, treatment: { x: [1, 2], y: [1, 2] }, theta: 'all' as 'pooled' }),
  ],
  ['proportionInterval: method must be', () => stats.proportionInterval({ x: 1, n: 2, method: 'exact' as 'wald' })],
  [
    'proportionDifferenceInterval: method must be',
    () => stats.proportionDifferenceInterval({ ...two, method: 'exact' as 'wald' }),
  ],
  ['quantileRanks: q must be a number in (0, 1)', () => stats.quantileInterval({ values: [1], q: 1 })],
  ['quantileInterval: values[0] must be', () => stats.quantileInterval({ values: [Number.NaN], q: 0.5 })],
  [
    'bootstrap: samples[0][0] must be',
    () => stats.bootstrap({ samples: [[Number.NaN]], statistic: () => 1, rng: seededRng(1) }),
  ],
];

describe('a mistake', () => {
  it.each(refused)('%s', (message, call) => {
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining(domainError));
  });
});

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
});
