import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addFoldedScores,
  type ArmSums,
  armSumsOf,
  logSumsOf,
  ownResidualsOf,
  residualsOf,
  scoreArms,
  withResiduals,
} from '../../src/evidence/arm-score.js';
import type { FoldedScore } from '../../src/evidence/stratum.js';
import { cuped } from '../../src/stats/tests/cuped.js';
import { ratioMetric } from '../../src/stats/tests/ratio-metric.js';
import { cellOf, sketchOf, sumsOf } from './strata.js';

const values = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 20 })), {
  minLength: 3,
  maxLength: 12,
});
const total = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0);

/** The sums of values y with a second value x each. */
function paired(pairs: readonly (readonly [number, number])[], isRatio: boolean): ArmSums {
  return {
    n: pairs.length,
    sum: total(pairs.map(([y]) => y)),
    sumSq: total(pairs.map(([y]) => y * y)),
    ...(isRatio && { ratio: true as const }),
    paired: {
      sum: total(pairs.map(([, x]) => x)),
      sumSq: total(pairs.map(([, x]) => x * x)),
      product: total(pairs.map(([y, x]) => x * y)),
    },
  };
}

const at = (places: Readonly<Record<number, number>>) => Array.from({ length: 64 }, (_, index) => places[index] ?? 0);

describe('the score of a ratio', () => {
  it('is the difference of the ratios of sums, with the variance of the delta method, of each arm or of both', () => {
    fc.assert(
      fc.property(values, values, (treatment, control) => {
        const { score, variance, weight } = scoreArms(paired(treatment, true), paired(control, true));
        const arm = (list: readonly (readonly [number, number])[]) => ({
          num: list.map(([y]) => y),
          den: list.map(([, x]) => x),
        });
        const {
          estimate,
          treatment: t,
          control: c,
        } = ratioMetric({ treatment: arm(treatment), control: arm(control) });
        const difference = (t.ratio ?? 0) - (c.ratio ?? 0);
        if (estimate !== null) expect(difference).toBeCloseTo(estimate, 9);
        expect(score / weight).toBeCloseTo(difference, 9);
        const [a, b] = [total(treatment.map(([, x]) => x)), total(control.map(([, x]) => x))];
        expect(weight).toBeCloseTo((a * b) / (a + b), 9);
        const residuals = [treatment, control].flatMap((list) => {
          const ratio = total(list.map(([y]) => y)) / total(list.map(([, x]) => x));
          return list.map(([y, x]) => (y - ratio * x) ** 2);
        });
        const common = total(residuals) / (residuals.length - 2);
        const ofBoth = common * (treatment.length / a ** 2 + control.length / b ** 2);
        const ofEach = (t.variance ?? 0) + (c.variance ?? 0);
        expect(variance / weight ** 2).toBeCloseTo(Math.max(ofEach, ofBoth), 9);
      }),
    );
  });

  it('is nothing where an arm has one report, or no denominator', () => {
    const good = paired(
      [
        [1, 2],
        [3, 4],
      ],
      true,
    );
    const none = { score: 0, variance: 0, weight: 0 };
    expect(scoreArms(good, good).weight).toBeGreaterThan(0);
    for (const bad of [
      paired([[1, 2]], true),
      paired(
        [
          [1, 0],
          [2, 0],
        ],
        true,
      ),
      { n: 0, sum: 0, sumSq: 0 },
    ]) {
      expect(scoreArms(good, bad)).toEqual(none);
      expect(scoreArms(bad, good)).toEqual(none);
    }
  });
});

describe('the score of a metric with a covariate', () => {
  it('holds what CUPED needs: with arms of one size, its theta, estimate and standard error', () => {
    const arms = fc
      .integer({ min: 3, max: 12 })
      .chain((n) =>
        fc.tuple(
          ...[0, 1].map(() =>
            fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.nat(20)), { minLength: n, maxLength: n }),
          ),
        ),
      );
    fc.assert(
      fc.property(arms, ([treatment = [], control = []]) => {
        const { score, variance, weight, covariate } = scoreArms(paired(treatment, false), paired(control, false));
        const arm = (list: readonly (readonly [number, number])[]) => ({
          x: list.map(([, x]) => x),
          y: list.map(([y]) => y),
        });
        const expected = cuped({ treatment: arm(treatment), control: arm(control) });
        fc.pre(covariate !== undefined && covariate.variance > 0 && (expected.standardError ?? 0) > 1e-6);
        const isCount = [treatment, control].every((list) => list.every(([y]) => y * y === y));
        fc.pre(!isCount);
        const { score: ofX, variance: varX, covariance } = covariate as NonNullable<typeof covariate>;
        const theta = covariance / varX;
        expect(theta).toBeCloseTo(expected.theta, 8);
        expect((score - theta * ofX) / weight).toBeCloseTo(expected.estimate ?? 0, 8);
        expect(Math.sqrt(variance - theta * covariance) / weight).toBeCloseTo(expected.standardError ?? 0, 6);
      }),
    );
  });

  it('is left out where an arm has none, or nothing can be compared', () => {
    const [with_, without] = [
      paired(
        [
          [1, 2],
          [3, 5],
        ],
        false,
      ),
      { n: 2, sum: 4, sumSq: 10 },
    ];
    expect(scoreArms(with_, with_).covariate).toBeDefined();
    expect(scoreArms(with_, without).covariate).toBeUndefined();
    expect(scoreArms(without, with_).covariate).toBeUndefined();
    expect(scoreArms(with_, paired([], false)).covariate).toBeUndefined();
  });

  it('never has more covariance than the deviations allow', () => {
    const damaged = {
      ...paired(
        [
          [1, 2],
          [3, 5],
        ],
        false,
      ),
      paired: { sum: 7, sumSq: 29, product: 1e9 },
    };
    const { variance, covariate } = scoreArms(damaged, damaged);
    expect(covariate?.covariance).toBeCloseTo(Math.sqrt(variance * (covariate?.variance ?? 0)), 9);
  });
});

describe('armSumsOf', () => {
  it('divides by exposures where the metric does, and by no fewer than reports', () => {
    const sums = sumsOf({ n: 3, sum: 6, sumSq: 14 });
    expect(armSumsOf(sums, true, 9)).toEqual({ n: 9, sum: 6, sumSq: 14 });
    expect(armSumsOf(sums, true, 2)).toEqual({ n: 3, sum: 6, sumSq: 14 });
    expect(armSumsOf(sums, false, 9)).toEqual({ n: 3, sum: 6, sumSq: 14 });
    expect(armSumsOf({ ...sums, sumSq: 11.9 }, false, 9).sumSq).toBe(12);
    expect(armSumsOf(sumsOf({}), true, 0)).toEqual({ n: 0, sum: 0, sumSq: 0 });
    const pair = { sum: 1, sumSq: 1, product: 1 };
    expect(armSumsOf({ ...sums, ratio: true, paired: pair }, false, 9)).toEqual({
      n: 3,
      sum: 6,
      sumSq: 14,
      ratio: true,
      paired: pair,
    });
  });
});

describe('residuals', () => {
  const cell = cellOf({
    clusters: { exposed: at({ 0: 3, 1: 1 }), n: {}, sum: { m: at({ 0: 2, 1: 2 }) }, covariate: { m: at({ 0: 8 }) } },
  });
  const other = cellOf({ clusters: { exposed: at({ 0: 4 }), n: {}, sum: { m: at({ 5: 4 }) } } });

  it('are what each cluster has beyond the common mean, both arms together, and sum to 0', () => {
    // 8 in 8 exposures: 2 of 7, 2 of 1, and 4 of 0.
    const kept = residualsOf([cell, other], 'm', 'exposed');
    expect(kept?.residuals).toEqual(at({ 0: -5, 1: 1, 5: 4 }));
    expect(kept?.ofCovariate).toEqual(at({ 0: 1, 1: -1 }));
    expect(residualsOf([cellOf({}), cellOf({})], 'm', 'exposed')).toBeUndefined();
  });

  it('of one arm are taken around the mean of all', () => {
    expect(ownResidualsOf(cell, [cell, other], 'm', 'exposed')).toEqual(at({ 0: -1, 1: 1 }));
    expect(ownResidualsOf(other, [cell, other], 'm', 'exposed')).toEqual(at({ 0: -4, 5: 4 }));
    expect(ownResidualsOf(cellOf({}), [cell, other], 'm', 'exposed')).toBeUndefined();
    expect(ownResidualsOf(cell, [cell], 'none', 'own')).toEqual(at({}));
  });

  it('belong to a score that compares something', () => {
    const kept = residualsOf([cell, other], 'm', 'exposed');
    const score: FoldedScore = {
      score: 1,
      variance: 2,
      weight: 3,
      covariate: { score: 4, variance: 5, covariance: 6 },
    };
    expect(withResiduals(score, kept)).toEqual({
      ...score,
      residuals: kept?.residuals,
      covariate: { score: 4, variance: 5, covariance: 6, residuals: kept?.ofCovariate },
    });
    expect(withResiduals(score, undefined)).toBe(score);
    const nothing = { score: 0, variance: 0, weight: 0 };
    expect(withResiduals(nothing, kept)).toBe(nothing);
  });
});

describe('addFoldedScores', () => {
  const score: FoldedScore = {
    score: 1,
    variance: 2,
    weight: 3,
    residuals: at({ 1: 1 }),
    ownResiduals: at({ 2: 2 }),
    covariate: { score: 4, variance: 5, covariance: 6, residuals: at({ 3: 3 }) },
  };

  it('adds every number', () => {
    expect(addFoldedScores(score, score)).toEqual({
      score: 2,
      variance: 4,
      weight: 6,
      residuals: at({ 1: 2 }),
      ownResiduals: at({ 2: 4 }),
      covariate: { score: 8, variance: 10, covariance: 12, residuals: at({ 3: 6 }) },
    });
  });

  it('takes what only one of them has as it is', () => {
    const plain = { score: 1, variance: 1, weight: 1 };
    const sum = { ...score, score: 2, variance: 3, weight: 4 };
    expect(addFoldedScores(score, plain)).toEqual(sum);
    expect(addFoldedScores(plain, score)).toEqual(sum);
    expect(addFoldedScores(plain, plain)).toEqual({ score: 2, variance: 2, weight: 2 });
    const bare = { ...plain, covariate: { score: 1, variance: 1, covariance: 1 } };
    expect(addFoldedScores(bare, bare).covariate).toEqual({ score: 2, variance: 2, covariance: 2 });
  });
});

describe('logSumsOf', () => {
  it('sums ln(1 + ms) within the error of a sketch', () => {
    const latencies = [0, 1, 10, 10, 200];
    const { n, sum, sumSq } = logSumsOf(sketchOf(...latencies));
    expect(n).toBe(5);
    const logs = latencies.map((ms) => Math.log1p(ms));
    expect(Math.abs(sum - total(logs))).toBeLessThan(0.05);
    expect(Math.abs(sumSq - total(logs.map((log) => log * log)))).toBeLessThan(0.2);
    expect(logSumsOf(sketchOf())).toEqual({ n: 0, sum: 0, sumSq: 0 });
  });
});
