import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addScores,
  emptyScore,
  type ScoreResult,
  type ScoreStratum,
  scoreResult,
  stratifiedScore,
  type ValueSums,
} from '../../../src/stats/sequential/score.js';
import { allowance, oracleCases } from '../oracles/load.js';

type Counts = { n: number; events: number };
const sumsOf = (values: readonly number[]): ValueSums => ({
  n: values.length,
  sum: values.reduce((a, b) => a + b, 0),
  sumSq: values.reduce((a, b) => a + b * b, 0),
});
const anyCounts = fc.integer({ min: 0, max: 500 }).chain((n) => fc.record({ n: fc.constant(n), events: fc.nat(n) }));
const anyStratum = fc.record({ treatment: anyCounts, control: anyCounts });
const close = (actual: number, expected: number, scale = 1) =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * (scale + Math.abs(expected)));

describe('stratifiedScore of binary outcomes', () => {
  for (const one of oracleCases<
    { strata: Record<'control' | 'treatment', { x: number; n: number }>[] },
    Record<'U' | 'V' | 'z', number>
  >('sequential.json', 'stratifiedScore')) {
    it(one.name, () => {
      const counts = ({ x, n }: { x: number; n: number }) => ({ n, events: x });
      const strata = one.inputs.strata.map(({ control, treatment }) => ({
        treatment: counts(treatment),
        control: counts(control),
      }));
      const { score, variance, z, estimate } = stratifiedScore(strata, 'binary');
      const { U, V, z: expected } = one.expected;
      expect(Math.abs(score - U)).toBeLessThanOrEqual(allowance(one, U));
      expect(Math.abs(variance - V)).toBeLessThanOrEqual(allowance(one, V));
      expect(Math.abs(z - expected)).toBeLessThanOrEqual(allowance(one, expected));
      // Better on both days (by .0028 and .0020), whatever pooling says; weights are n_c n_t / n = 9900 and 250 000.
      expect(estimate).toBeCloseTo((9900 * 0.002797979797979798 + 250_000 * 0.002) / 259_900, 12);
    });
  }

  for (const one of oracleCases<{ strata: Record<'control' | 'treatment', [number, number]>[] }, { chi2: number }>(
    'sequential.json',
    'mantelHaenszel',
  )) {
    it(`has the square of ${one.name} as its chi-square`, () => {
      const strata = one.inputs.strata.map(({ control, treatment }) => ({
        treatment: { events: treatment[0], n: treatment[1] },
        control: { events: control[0], n: control[1] },
      }));
      const { z } = stratifiedScore(strata, 'binary');
      expect(Math.abs(z * z - one.expected.chi2)).toBeLessThanOrEqual(allowance(one, one.expected.chi2));
    });
  }

  it('has the mean and variance of the hypergeometric distribution, by enumeration', () => {
    const choose = (n: number, k: number): number =>
      k < 0 || k > n ? 0 : k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k;
    const [candidateN, controlN, total] = [7, 11, 6];
    let [mean, meanSquare, stated] = [0, 0, 0];
    for (let events = 0; events <= total; events += 1) {
      const chance = (choose(candidateN, events) * choose(controlN, total - events)) / choose(18, total);
      const stratum = { treatment: { n: candidateN, events }, control: { n: controlN, events: total - events } };
      const { score, variance } = stratifiedScore([stratum], 'binary');
      mean += chance * score;
      meanSquare += chance * score * score;
      stated = variance;
    }
    close(mean, 0);
    close(meanSquare, stated);
  });

  it('is the sum of its strata, in any order, so that closed strata can be folded', () => {
    fc.assert(
      fc.property(fc.array(anyStratum, { maxLength: 8 }), fc.nat(8), (strata, at) => {
        const whole = stratifiedScore(strata, 'binary');
        const parts = addScores(
          stratifiedScore(strata.slice(0, at), 'binary'),
          stratifiedScore(strata.slice(at), 'binary'),
        );
        const folded = scoreResult(parts);
        const reversed = stratifiedScore([...strata].reverse(), 'binary');
        for (const key of ['score', 'variance', 'weight', 'z', 'estimate'] as const) {
          close(folded[key], whole[key]);
          close(reversed[key], whole[key]);
        }
        expect(folded.reason).toBe(whole.reason);
      }),
    );
  });

  it('gives the mirrored result when arms are swapped, and when events and the others are', () => {
    fc.assert(
      fc.property(fc.array(anyStratum, { maxLength: 5 }), (strata) => {
        const { score, variance, z, estimate } = stratifiedScore(strata, 'binary');
        const swapped = stratifiedScore(
          strata.map(({ treatment, control }) => ({ treatment: control, control: treatment })),
          'binary',
        );
        const others = ({ n, events }: Counts) => ({ n, events: n - events });
        const turned = stratifiedScore(
          strata.map(({ treatment, control }) => ({ treatment: others(treatment), control: others(control) })),
          'binary',
        );
        for (const mirrored of [swapped, turned]) {
          close(mirrored.score, -score);
          close(mirrored.variance, variance);
          close(mirrored.z, -z);
          close(mirrored.estimate, -estimate);
        }
      }),
    );
  });

  const none = { n: 0, events: 0 };
  it.each<[string, ScoreStratum<Counts>[], Partial<ScoreResult>]>([
    ['nothing at all', [], { score: 0, variance: 0, weight: 0, z: 0, estimate: 0, reason: 'no-data' }],
    ['two empty arms', [{ treatment: none, control: none }], { z: 0, estimate: 0, reason: 'no-data' }],
    ['an empty treatment', [{ treatment: none, control: { n: 5, events: 3 } }], { z: 0, reason: 'no-data' }],
    ['an empty control', [{ treatment: { n: 5, events: 3 }, control: none }], { z: 0, reason: 'no-data' }],
    [
      'no event anywhere',
      [{ treatment: { n: 5, events: 0 }, control: { n: 9, events: 0 } }],
      { z: 0, estimate: 0, variance: 0, reason: 'no-variance' },
    ],
    [
      'events everywhere',
      [{ treatment: { n: 5, events: 5 }, control: { n: 9, events: 9 } }],
      { z: 0, estimate: 0, variance: 0, reason: 'no-variance' },
    ],
  ])('knows what to say of %s', (_name, strata, expected) => {
    const result = stratifiedScore(strata, 'binary');
    expect(result).toMatchObject(expected);
    expect(Object.values(result).some(Number.isNaN)).toBe(false);
  });

  it('gives no reason when there is something to say, down to one observation in each arm', () => {
    const smallest = stratifiedScore([{ treatment: { n: 1, events: 1 }, control: { n: 1, events: 0 } }], 'binary');
    expect(smallest).toEqual({ score: 0.5, variance: 0.25, weight: 0.5, z: 1, estimate: 1 });
  });

  it.each<[string, Counts, Counts]>([
    ['treatment.n', { n: -1, events: 0 }, none],
    ['treatment.events', { n: 3, events: 4 }, none],
    ['treatment.events', { n: 3, events: -1 }, none],
    ['control.n', none, { n: 0.5, events: 0 }],
    ['control.events', none, { n: 3, events: Number.NaN }],
  ])('refuses a %s that cannot be one', (what, treatment, control) => {
    expect(() =>
      stratifiedScore(
        [
          { treatment: none, control: none },
          { treatment, control },
        ],
        'binary',
      ),
    ).toThrow(
      expect.objectContaining({
        code: 'domain',
        message: expect.stringContaining(`stratifiedScore: strata[1].${what} must be`),
      }),
    );
  });
});

describe('stratifiedScore of means', () => {
  const values = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 2, maxLength: 30 });

  it('is Welch in one stratum: the mean difference over the root of the summed variances of the means', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const moments = (list: readonly number[]) => {
          const mean = list.reduce((x, y) => x + y, 0) / list.length;
          return { mean, variance: list.reduce((x, y) => x + (y - mean) ** 2, 0) / (list.length - 1) };
        };
        const [one, two] = [moments(a), moments(b)];
        const spread = Math.sqrt(one.variance / a.length + two.variance / b.length);
        fc.pre(spread > 1);
        const { z, estimate } = stratifiedScore([{ treatment: sumsOf(a), control: sumsOf(b) }], 'mean');
        expect(Math.abs(z - (one.mean - two.mean) / spread)).toBeLessThan(1e-6 * (1 + Math.abs(z)));
        expect(Math.abs(estimate - (one.mean - two.mean))).toBeLessThan(1e-9);
      }),
    );
  });

  it('has the score and weight of the binary kind when all values are 0 or 1', () => {
    fc.assert(
      fc.property(anyStratum, ({ treatment, control }) => {
        fc.pre(treatment.n >= 2 && control.n >= 2);
        const sums = ({ n, events }: Counts) => ({ n, sum: events, sumSq: events });
        const mean = stratifiedScore([{ treatment: sums(treatment), control: sums(control) }], 'mean');
        const binary = stratifiedScore([{ treatment, control }], 'binary');
        close(mean.score, binary.score);
        close(mean.weight, binary.weight);
        close(mean.estimate, binary.estimate);
      }),
    );
  });

  it('does not change its verdict with the unit of measure', () => {
    fc.assert(
      fc.property(values, values, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (a, b, unit) => {
        const scaled = (list: readonly number[]) => sumsOf(list.map((value) => value * unit));
        const [one, other] = [
          stratifiedScore([{ treatment: sumsOf(a), control: sumsOf(b) }], 'mean'),
          stratifiedScore([{ treatment: scaled(a), control: scaled(b) }], 'mean'),
        ];
        fc.pre(one.reason === undefined && one.variance > 1e-6);
        expect(Math.abs(other.z - one.z)).toBeLessThan(1e-6 * (1 + Math.abs(one.z)));
        expect(Math.abs(other.estimate / unit - one.estimate)).toBeLessThan(1e-6);
      }),
    );
  });

  it('drops strata in which an arm has fewer than two values, and keeps those with two', () => {
    const one = sumsOf([7]);
    const two = sumsOf([1, 2]);
    expect(stratifiedScore([{ treatment: one, control: two }], 'mean').reason).toBe('no-data');
    expect(stratifiedScore([{ treatment: two, control: one }], 'mean').reason).toBe('no-data');
    expect(stratifiedScore([{ treatment: sumsOf([]), control: sumsOf([]) }], 'mean')).toMatchObject({
      z: 0,
      reason: 'no-data',
    });
    const both = stratifiedScore(
      [
        { treatment: two, control: sumsOf([5, 9]) },
        { treatment: one, control: two },
      ],
      'mean',
    );
    // weight 1, difference -5.5, variance of the difference .5/2 + 8/2.
    expect(both).toEqual({ score: -5.5, variance: 4.25, weight: 1, z: -5.5 / Math.sqrt(4.25), estimate: -5.5 });
  });

  it('flags different means without any variance instead of calling them infinitely significant', () => {
    const constant = (value: number, n: number) => sumsOf(Array<number>(n).fill(value));
    // 0.1 cannot be written in binary: its sums carry rounding errors that are no variance.
    const result = stratifiedScore([{ treatment: constant(0.1, 100_000), control: constant(0.3, 777) }], 'mean');
    expect(result).toMatchObject({ variance: 0, z: 0, reason: 'no-variance' });
    expect(result.estimate).toBeCloseTo(-0.2, 9);
    expect(
      stratifiedScore([{ treatment: constant(2, 3), control: sumsOf([1, 2, 3]) }], 'mean').variance,
    ).toBeGreaterThan(0);
  });

  it.each<[string, ValueSums]>([
    ['n', { n: -1, sum: 0, sumSq: 0 }],
    ['n', { n: 1.5, sum: 0, sumSq: 0 }],
    ['sum', { n: 2, sum: Number.NaN, sumSq: 0 }],
    ['sum', { n: 2, sum: Infinity, sumSq: Infinity }],
    ['sumSq', { n: 2, sum: 0, sumSq: -1 }],
    ['sumSq', { n: 2, sum: 0, sumSq: Number.NaN }],
    ['sumSq', { n: 2, sum: 0, sumSq: Infinity }],
    ['sumSq', { n: 2, sum: 10, sumSq: 49 }],
  ])('refuses a %s that no values have', (what, broken) => {
    const sound = sumsOf([1, 2, 3]);
    const refused = (arm: string) =>
      expect.objectContaining({ code: 'domain', message: expect.stringContaining(`strata[0].${arm}.${what} must be`) });
    expect(() => stratifiedScore([{ treatment: broken, control: sound }], 'mean')).toThrow(refused('treatment'));
    expect(() => stratifiedScore([{ treatment: sound, control: broken }], 'mean')).toThrow(refused('control'));
  });
});

describe('score sums', () => {
  it('add up from nothing', () => {
    expect(addScores(emptyScore, { score: 1, variance: 2, weight: 3 })).toEqual({ score: 1, variance: 2, weight: 3 });
    expect(scoreResult({ score: 3, variance: 4, weight: 6 })).toEqual({
      score: 3,
      variance: 4,
      weight: 6,
      z: 1.5,
      estimate: 0.5,
    });
  });
});
