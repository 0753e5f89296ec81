import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import * as stats from '../../../src/stats/index.js';
import { needNumbers } from './need-numbers.js';

const alike = [3, 3, 3, 3];
const other = [4, 4, 4, 4];
const pair = (n: number) => ({ n, x: n, y: n, xx: n, yy: n, xy: n });

/** What no test can decide, with the reason it must give. */
const cases: readonly (readonly [string, () => stats.TestResult, stats.Degenerate])[] = [
  ['two-proportion z: both arms empty', () => stats.twoProportionZTest({ x1: 0, n1: 0, x2: 0, n2: 0 }), 'no-data'],
  ['two-proportion z: one arm empty', () => stats.twoProportionZTest({ x1: 0, n1: 0, x2: 3, n2: 9 }), 'no-data'],
  ['two-proportion z: the other arm empty', () => stats.twoProportionZTest({ x1: 3, n1: 9, x2: 0, n2: 0 }), 'no-data'],
  ['two-proportion z: 0/n v 0/n', () => stats.twoProportionZTest({ x1: 0, n1: 5, x2: 0, n2: 9 }), 'no-variance'],
  ['two-proportion z: n/n v n/n', () => stats.twoProportionZTest({ x1: 5, n1: 5, x2: 9, n2: 9 }), 'no-variance'],
  [
    'two-proportion z unpooled: 0/n v n/n',
    () => stats.twoProportionZTest({ x1: 0, n1: 5, x2: 9, n2: 9, pooled: false }),
    'no-variance',
  ],
  [
    'chi-square: an empty row',
    () =>
      stats.chiSquareTest({
        table: [
          [0, 0],
          [3, 4],
        ],
      }),
    'no-data',
  ],
  [
    'chi-square: an empty column',
    () =>
      stats.chiSquareTest({
        table: [
          [0, 3],
          [0, 4],
        ],
      }),
    'no-variance',
  ],
  [
    'chi-square: nothing',
    () =>
      stats.chiSquareTest({
        table: [
          [0, 0],
          [0, 0],
        ],
      }),
    'no-data',
  ],
  ['chi-square: no events', () => stats.chiSquareTest({ x1: 0, n1: 5, x2: 0, n2: 6 }), 'no-variance'],
  ['fit: no counts', () => stats.chiSquareTest({ observed: [0, 0], expectedProportions: [0.5, 0.5] }), 'no-data'],
  ['fit: one category', () => stats.chiSquareTest({ observed: [7], expectedProportions: [1] }), 'no-data'],
  [
    'G: an empty column',
    () =>
      stats.gTest({
        table: [
          [0, 3],
          [0, 4],
        ],
      }),
    'no-variance',
  ],
  [
    'G: an empty row',
    () =>
      stats.gTest({
        table: [
          [0, 0],
          [3, 4],
        ],
      }),
    'no-data',
  ],
  [
    'Fisher: an empty row',
    () =>
      stats.fisherExactTest({
        table: [
          [0, 0],
          [3, 4],
        ],
      }),
    'no-data',
  ],
  [
    'Fisher: the other row empty',
    () =>
      stats.fisherExactTest({
        table: [
          [3, 4],
          [0, 0],
        ],
      }),
    'no-data',
  ],
  [
    'Fisher: no events',
    () =>
      stats.fisherExactTest({
        table: [
          [0, 5],
          [0, 4],
        ],
      }),
    'no-variance',
  ],
  ['binomial: no trials', () => stats.binomialTest({ x: 0, n: 0, p0: 0.5 }), 'no-data'],
  ['rates: no events', () => stats.poissonRateTest({ x1: 0, t1: 5, x2: 0, t2: 6 }), 'no-data'],
  ['Welch: an arm of one', () => stats.welchTTest({ a: [1], b: [1, 2] }), 'no-data'],
  ['Welch: an empty arm', () => stats.welchTTest({ a: [1, 2], b: [] }), 'no-data'],
  ['Welch: all alike', () => stats.welchTTest({ a: alike, b: alike }), 'no-variance'],
  ['Welch: different means without variance', () => stats.welchTTest({ a: alike, b: other }), 'no-variance'],
  ['Student: an arm of one', () => stats.studentTTest({ a: [1], b: [1, 2] }), 'no-data'],
  ['Student: different means without variance', () => stats.studentTTest({ a: alike, b: other }), 'no-variance'],
  ['paired: one pair', () => stats.pairedTTest({ a: [1], b: [2] }), 'no-data'],
  ['paired: equal differences', () => stats.pairedTTest({ a: alike, b: other }), 'no-variance'],
  ['Mann-Whitney: an empty arm', () => stats.mannWhitneyUTest({ a: [], b: [1] }), 'no-data'],
  ['Mann-Whitney: all alike', () => stats.mannWhitneyUTest({ a: alike, b: alike }), 'no-variance'],
  ['Kolmogorov-Smirnov: an empty arm', () => stats.kolmogorovSmirnovTest({ a: [1], b: [] }), 'no-data'],
  ['Kruskal-Wallis: one group', () => stats.kruskalWallisTest({ groups: [[1, 2], []] }), 'no-data'],
  ['Kruskal-Wallis: all alike', () => stats.kruskalWallisTest({ groups: [alike, alike] }), 'no-variance'],
  ['Mantel-Haenszel: no strata', () => stats.mantelHaenszelTest({ strata: [] }), 'no-data'],
  [
    'Mantel-Haenszel: no events',
    () => stats.mantelHaenszelTest({ strata: [{ control: { x: 0, n: 5 }, treatment: { x: 0, n: 7 } }] }),
    'no-variance',
  ],
  [
    'stratified score: an empty arm throughout',
    () =>
      stats.stratifiedScoreTest({ kind: 'binary', strata: [{ control: { x: 1, n: 5 }, treatment: { x: 0, n: 0 } }] }),
    'no-data',
  ],
  [
    'stratified score of means: no variance',
    () =>
      stats.stratifiedScoreTest({
        kind: 'mean',
        strata: [{ control: { n: 2, sum: 2, sumSq: 2 }, treatment: { n: 2, sum: 4, sumSq: 8 } }],
      }),
    'no-variance',
  ],
  [
    'non-inferiority: an empty arm',
    () => stats.nonInferiorityTest({ control: { x: 0, n: 0 }, treatment: { x: 1, n: 3 }, margin: 0.1 }),
    'no-data',
  ],
  [
    'non-inferiority: no variance',
    () => stats.nonInferiorityTest({ control: { x: 0, n: 4 }, treatment: { x: 0, n: 3 }, margin: 0.1 }),
    'no-variance',
  ],
  [
    'non-inferiority: one value',
    () => stats.nonInferiorityTest({ control: [1], treatment: [1, 2], margin: 0.1 }),
    'no-data',
  ],
  ['equivalence: no data', () => stats.equivalenceTest({ control: [], treatment: [1, 2], margin: 1 }), 'no-data'],
  [
    'equivalence: no variance',
    () => stats.equivalenceTest({ control: alike, treatment: other, margin: 2 }),
    'no-variance',
  ],
  ['lift: a control of 0', () => stats.relativeLift({ control: { x: 0, n: 9 }, treatment: { x: 1, n: 9 } }), 'no-data'],
  ['lift: an arm of one', () => stats.relativeLift({ control: [1], treatment: [1, 2] }), 'no-data'],
  ['lift: no variance', () => stats.relativeLift({ control: alike, treatment: other }), 'no-variance'],
  [
    'ratio: one unit',
    () => stats.ratioMetric({ control: { num: [1], den: [1] }, treatment: { num: [1, 2], den: [1, 1] } }),
    'no-data',
  ],
  [
    'ratio: denominators of 0',
    () => stats.ratioMetric({ control: { num: [1, 2], den: [0, 0] }, treatment: { num: [1, 2], den: [1, 1] } }),
    'no-data',
  ],
  ['ratio: no variance', () => stats.ratioMetric({ control: pair(4), treatment: pair(5) }), 'no-variance'],
  [
    'CUPED: one unit',
    () => stats.cuped({ control: { x: [1], y: [1] }, treatment: { x: [1, 2], y: [1, 2] } }),
    'no-data',
  ],
  [
    'CUPED: no variance',
    () => stats.cuped({ control: { x: [1, 2], y: [3, 3] }, treatment: { x: [1, 2], y: [4, 4] } }),
    'no-variance',
  ],
  [
    'bootstrap: an empty sample',
    () => stats.bootstrap({ samples: [[]], statistic: () => 0, rng: seededRng(1) }),
    'no-data',
  ],
  [
    'bootstrap: resamples all alike',
    () => stats.bootstrap({ samples: [alike], statistic: ([a]) => a?.[0] ?? 0, rng: seededRng(1) }),
    'no-variance',
  ],
];

describe('degenerate data', () => {
  it.each(cases)('%s', (_name, call, reason) => {
    const result = call();
    expect(result.reason).toBe(reason);
    expect([result.pValue, result.log10PValue]).toEqual([1, 0]);
    expect(result.method).not.toBe('');
    needNumbers(result);
  });

  it('leaves the estimate of two proportions open when an arm is empty, and the interval says nothing', () => {
    expect(stats.twoProportionZTest({ x1: 0, n1: 0, x2: 3, n2: 9, level: 0.9 })).toMatchObject({
      estimate: null,
      statistic: null,
      interval: { lower: -1, upper: 1, level: 0.9 },
    });
    expect(stats.proportionDifferenceInterval({ x1: 0, n1: 0, x2: 3, n2: 9 })).toEqual({
      lower: -1,
      upper: 1,
      level: 0.95,
    });
    expect(stats.proportionDifferenceInterval({ x1: 3, n1: 9, x2: 0, n2: 0 })).toEqual({
      lower: -1,
      upper: 1,
      level: 0.95,
    });
    expect(stats.proportionInterval({ x: 0, n: 0 })).toEqual({ lower: 0, upper: 1, level: 0.95 });
    expect(stats.welchTTest({ a: alike, b: other }).estimate).toBe(-1);
  });

  it('gives no reason where there is none', () => {
    expect(stats.welchTTest({ a: [1, 2], b: [1, 3] })).not.toHaveProperty('reason');
    const { statistic, pValue } = stats.twoProportionZTest({ x1: 0, n1: 1, x2: 1, n2: 1 });
    expect(statistic).toBeCloseTo(Math.SQRT2, 14);
    expect(pValue).toBeCloseTo(0.15729920705028513, 14);
  });
});
