import { describe, expect, it } from 'vitest';
import {
  crossFitted,
  directMethod,
  doublyRobust,
  inversePropensityScore,
  type OffPolicyEstimate,
  replay,
  selfNormalisedScore,
  shrunkDoublyRobust,
  switchDoublyRobust,
} from '../../../src/bandits/index.js';
import { seededRng } from '../../../src/core/rng.js';
import { logOf, rateOf, type Row, target, truth, type Visit } from './logs.js';

const oneHot = ({ age }: Visit) => [0, 1, 2].map((of) => (of === age ? 1 : 0));
const fitted = (rows: readonly Row[]) => crossFitted(rows, { features: oneHot });
/** A model that knows nothing of the contexts, and one that is plainly wrong. */
const coarse = (rows: readonly Row[]) => crossFitted(rows);
const wrong = () => 0.9;
const exact = (row: Row, _: number, arm: string) => rateOf(row.context.age, arm);

type Estimator = (rows: readonly Row[], seed: number) => OffPolicyEstimate;
const unbiased: readonly (readonly [string, Estimator])[] = [
  ['inverse propensity score', (rows) => inversePropensityScore(rows, target)],
  ['self-normalised score', (rows) => selfNormalisedScore(rows, target)],
  ['direct method with the right model', (rows) => directMethod(rows, target, exact)],
  ['doubly robust, model by context', (rows) => doublyRobust(rows, target, fitted(rows))],
  ['doubly robust, means of arms', (rows) => doublyRobust(rows, target, coarse(rows))],
  ['doubly robust, wrong model', (rows) => doublyRobust(rows, target, wrong)],
  ['switch, right model', (rows) => switchDoublyRobust(rows, target, exact, { threshold: 2 })],
  ['switch, no weight over the threshold', (rows) => switchDoublyRobust(rows, target, coarse(rows))],
  ['shrunk, right model', (rows) => shrunkDoublyRobust(rows, target, exact, { lambda: 3 })],
  ['shrunk, model by context', (rows) => shrunkDoublyRobust(rows, target, fitted(rows))],
  ['replay', (rows, seed) => replay(rows, target, seededRng(seed))],
];

describe.each(unbiased)('%s', (name, estimator) => {
  it('finds the truth on average, with intervals that cover it as often as they say', () => {
    const logs = 300;
    const estimates = Array.from({ length: logs }, (_, seed) => estimator(logOf(400, seed), seed + 7));
    const values = estimates.map(({ estimate }) => estimate as number);
    const mean = values.reduce((sum, value) => sum + value, 0) / logs;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (logs - 1));
    // Shrinking leaves a little bias by design: a model that is nearly right lets hardly any through.
    const allowed = name === 'shrunk, model by context' ? 0.003 : 0;
    expect(Math.abs(mean - truth)).toBeLessThanOrEqual(4 * (spread / Math.sqrt(logs)) + allowed);
    const error = estimates.reduce((sum, { standardError = 0 }) => sum + standardError, 0) / logs;
    expect(error / spread).toBeGreaterThan(0.9);
    expect(error / spread).toBeLessThan(1.1);
    const covered = estimates.filter(({ interval = [1, 0] }) => interval[0] <= truth && truth <= interval[1]).length;
    expect(Math.abs(covered / logs - 0.95)).toBeLessThanOrEqual(4 * Math.sqrt((0.95 * 0.05) / logs));
  });
});

describe('the estimators, on a log that can be added up by hand', () => {
  const rows: readonly Row[] = Array.from({ length: 120 }, (_, i) => ({
    context: { age: 0 },
    arm: i % 2 === 0 ? 'b' : 'a',
    propensity: i % 2 === 0 ? 0.25 : 0.5,
    reward: i % 4 === 0 ? 1 : 0.5,
  }));
  // Of 60 rows of b half earn 1 and half 0.5; the target gives b 0.8, so its rows weigh 3.2 and those of a 0.4.
  const mostlyB = () => ({ a: 0.2, b: 0.8 });
  const constant = () => 0.6;

  it('gives the sums', () => {
    const [weightB, weightA] = [0.8 / 0.25, 0.2 / 0.5];
    const ips = (60 * weightB * 0.75 + 60 * weightA * 0.5) / 120;
    expect(inversePropensityScore(rows, mostlyB).estimate).toBeCloseTo(ips, 12);
    expect(selfNormalisedScore(rows, mostlyB).estimate).toBeCloseTo(ips / ((weightB + weightA) / 2), 12);
    expect(directMethod(rows, mostlyB, constant).estimate).toBeCloseTo(0.6, 12);
    const residual = (weightB * 60 * (0.75 - 0.6) + weightA * 60 * (0.5 - 0.6)) / 120;
    expect(doublyRobust(rows, mostlyB, constant).estimate).toBeCloseTo(0.6 + residual, 12);
    const onlyA = (weightA * 60 * (0.5 - 0.6)) / 120;
    expect(switchDoublyRobust(rows, mostlyB, constant, { threshold: 3 }).estimate).toBeCloseTo(0.6 + onlyA, 12);
    expect(switchDoublyRobust(rows, mostlyB, constant, { threshold: weightB }).estimate).toBeCloseTo(
      0.6 + residual,
      12,
    );
    const shrink = (weight: number) => (5 * weight) / (weight * weight + 5);
    const shrunk = (shrink(weightB) * 60 * 0.15 - shrink(weightA) * 60 * 0.1) / 120;
    expect(shrunkDoublyRobust(rows, mostlyB, constant, { lambda: 5 }).estimate).toBeCloseTo(0.6 + shrunk, 12);
    const effective = (60 * weightB + 60 * weightA) ** 2 / (60 * weightB ** 2 + 60 * weightA ** 2);
    expect(inversePropensityScore(rows, mostlyB).effectiveRows).toBeCloseTo(effective, 9);
    expect(inversePropensityScore(rows, mostlyB).largestWeight).toBeCloseTo(weightB / (60 * (weightB + weightA)), 12);
  });

  it('gives the errors and intervals of the textbooks', () => {
    const coins: readonly Row[] = Array.from({ length: 30 }, (_, i) => ({
      context: { age: 0 },
      arm: 'a',
      propensity: 1,
      reward: i % 2,
    }));
    const { standardError, interval } = inversePropensityScore(coins, () => ({ a: 1 }));
    expect(standardError).toBeCloseTo(Math.sqrt(0.25 / 29), 12);
    // Student's t with 29 degrees of freedom.
    expect(interval?.[1]).toBeCloseTo(0.5 + 2.04523 * Math.sqrt(0.25 / 29), 5);
    expect(interval?.[0]).toBeCloseTo(0.5 - 2.04523 * Math.sqrt(0.25 / 29), 5);
    // The ratio of means by the delta method: here the mean weight is 1.8.
    const snips = selfNormalisedScore(rows, mostlyB);
    const [weightB, weightA] = [3.2, 0.4];
    const ratio = snips.estimate as number;
    const squares = [
      [30, weightB, 1],
      [30, weightB, 0.5],
      [60, weightA, 0.5],
    ] as const;
    const spread = squares.reduce((sum, [n, weight, reward]) => sum + n * ((weight / 1.8) * (reward - ratio)) ** 2, 0);
    expect(snips.standardError).toBeCloseTo(Math.sqrt(spread / 119 / 120), 12);
  });

  it('keeps every match of a uniform log and a target that is certain', () => {
    const uniform = logOf(300, 1, true);
    const result = replay(uniform, () => ({ b: 1 }), seededRng(1));
    const matches = uniform.filter(({ arm }) => arm === 'b');
    expect(result.estimate).toBeCloseTo(matches.reduce((sum, { reward }) => sum + reward, 0) / matches.length, 12);
    expect(result.rows).toBe(300);
    expect(result.effectiveRows).toBeCloseTo(matches.length, 9);
  });

  it('takes the rows of one unit together', () => {
    const twice = rows.flatMap((row, index) => [row, row].map((same) => ({ ...same, unit: `u${index}` })));
    const [alone, together] = [inversePropensityScore(rows, mostlyB), inversePropensityScore(twice, mostlyB)];
    expect(together.estimate).toBeCloseTo(alone.estimate as number, 12);
    expect(together.standardError).toBeCloseTo(alone.standardError as number, 12);
    expect(together.effectiveRows).toBeCloseTo(alone.effectiveRows, 9);
    const error = inversePropensityScore(
      twice.map(({ unit: _, ...row }) => row),
      mostlyB,
    ).standardError as number;
    expect(error).toBeLessThan((together.standardError as number) * 0.75);
  });

  it('widens the interval with its level', () => {
    const width = (level: number) => {
      const [lower, upper] = inversePropensityScore(rows, mostlyB, { level }).interval as readonly [number, number];
      return upper - lower;
    };
    expect(width(0.99) / width(0.9)).toBeCloseTo(2.66 / 1.672, 1);
    expect(() => inversePropensityScore(rows, mostlyB, { level: 1 })).toThrow('level');
  });
});

describe('a log that cannot carry the answer', () => {
  const of = (count: number, propensity = 1): readonly Row[] =>
    Array.from({ length: count }, (_, i) => ({ context: { age: 0 }, arm: 'a', propensity, reward: i % 2 }));
  const onlyA = () => ({ a: 1 });

  it('is refused below 30 effective rows', () => {
    expect(inversePropensityScore(of(30), onlyA).refused).toBeUndefined();
    const few = inversePropensityScore(of(29), onlyA);
    expect(few).toMatchObject({ estimate: undefined, standardError: undefined, interval: undefined, rows: 29 });
    expect(few.refused).toContain('29 rows');
    expect(directMethod(of(29), onlyA, () => 1).refused).toContain('29 rows');
    expect(directMethod(of(30), onlyA, () => 1).estimate).toBeCloseTo(1, 12);
    expect(selfNormalisedScore([], onlyA).refused).toContain('0 rows');
    expect(replay([], onlyA, seededRng(1)).refused).toContain('0 rows');
  });

  it('is refused where the target does what the log never did', () => {
    for (const result of [
      inversePropensityScore(of(1000), () => ({ b: 1 })),
      selfNormalisedScore(of(1000), () => ({ b: 1 })),
      doublyRobust(
        of(1000),
        () => ({ b: 1 }),
        () => 0.5,
      ),
      replay(of(1000), () => ({ b: 1 }), seededRng(1)),
    ]) {
      expect(result.refused).toContain('0 rows');
      expect(result.estimate).toBeUndefined();
    }
  });

  it('is refused where one row, or one unit, carries more than a tenth of the weight', () => {
    const heavy = (weight: number): readonly Row[] => [
      ...of(900),
      { context: { age: 0 }, arm: 'a', propensity: 1 / weight, reward: 1 },
    ];
    expect(inversePropensityScore(heavy(99), onlyA).refused).toBeUndefined();
    expect(inversePropensityScore(heavy(101), onlyA).refused).toContain('10.1 % of the weight');
    const oneUser = of(1000).map((row, index) => (index < 150 ? { ...row, unit: 'ann' } : row));
    expect(inversePropensityScore(oneUser, onlyA).refused).toContain('15 % of the weight');
  });

  it('is an error where it means nothing', () => {
    expect(() => inversePropensityScore(of(50, 0), onlyA)).toThrow('rows[0].propensity');
    expect(() => inversePropensityScore(of(50, 1.1), onlyA)).toThrow('propensity');
    expect(() => inversePropensityScore(of(50), () => ({ a: 0.5 }))).toThrow('sum to 1');
    expect(() => inversePropensityScore(of(50), () => ({ a: -0.5, b: 1.5 }))).toThrow("chance of 'a'");
    expect(() =>
      inversePropensityScore([{ context: { age: 0 }, arm: 'a', propensity: 1, reward: Number.NaN }], onlyA),
    ).toThrow('reward');
    expect(() => switchDoublyRobust(of(50), onlyA, () => 0, { threshold: -1 })).toThrow('threshold');
    expect(() => shrunkDoublyRobust(of(50), onlyA, () => 0, { lambda: 0 })).toThrow('lambda');
  });
});

describe('the cross-fitted model', () => {
  it('predicts a row from the other parts only', () => {
    const rows: readonly Row[] = [1, 0, 0, 0].map((reward) => ({
      context: { age: 0 },
      arm: 'a',
      propensity: 1,
      reward,
    }));
    const model = crossFitted(rows, { folds: 2, ridge: 1e-9 });
    // Rows 0 and 2 are one part, 1 and 3 the other.
    expect(model(rows[0] as Row, 0, 'a')).toBeCloseTo(0, 6);
    expect(model(rows[1] as Row, 1, 'a')).toBeCloseTo(0.5, 6);
    expect(model(rows[1] as Row, 1, 'never seen')).toBe(0);
    const ofOne = rows.map((row, index) => ({ ...row, unit: index < 2 ? 'ann' : 'bob' }));
    expect(crossFitted(ofOne, { folds: 2, ridge: 1e-9 })(ofOne[1] as Row, 1, 'a')).toBeCloseTo(0, 6);
    expect(() => crossFitted(rows, { folds: 1 })).toThrow('folds');
    expect(() => crossFitted(rows, { folds: 101 })).toThrow('folds');
  });
});
