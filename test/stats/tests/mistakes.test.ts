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
