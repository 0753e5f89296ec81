import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRng } from '../../src/core/rng.js';
import { cutsOf, rampCuts, reallocate, sharesOf } from '../../src/plan/cuts.js';
import type { Cut } from '../../src/plan/plan.js';
import { moved, totalVariation, wellFormed } from './movement.js';

const space = 2 ** 32;
const thirds = [1 / 3, 1 / 3, 1 / 3];

function weightsFrom(raw: readonly number[]): readonly number[] {
  const sum = raw.reduce((total, weight) => total + weight, 0);
  return raw.map((weight) => weight / sum);
}

const weights = fc
  .array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 8 })
  .filter((raw) => raw.some((weight) => weight > 0))
  .map(weightsFrom);

/** Two shares count as equal within one hash for each arm. */
const near = (arms: number) => (arms + 1) / space;

describe('reallocate', () => {
  test('moves 26.7 % from thirds to 0.6, 0.3 and 0.1', () => {
    expect(moved(cutsOf(thirds), reallocate(cutsOf(thirds), [0.6, 0.3, 0.1]))).toBeCloseTo(4 / 15, 8);
  });

  test('meets any weights to within 2^-32 and moves their total variation, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(weights, { minLength: 2, maxLength: 12 }), ([first, ...others]) => {
        let cuts = cutsOf(first as readonly number[]);
        for (const next of others) {
          const after = reallocate(cuts, next);
          expect(wellFormed(after)).toBe(true);
          const arms = Math.max(8, next.length);
          const [old, given] = [sharesOf(cuts, arms), sharesOf(after, arms)];
          expect(moved(cuts, after)).toBeCloseTo(totalVariation(old, given), 12);
          expect(totalVariation(given, next)).toBeLessThanOrEqual(near(arms));
          cuts = after;
        }
      }),
      { numRuns: 300 },
    );
  });

  test('keeps ranges few and movement least through 10 000 re-weightings of 3 and of 10 arms', () => {
    for (const [arms, most] of [
      [3, 24],
      [10, 110],
    ] as const) {
      const rng = seededRng(arms);
      let current = weightsFrom(Array.from({ length: arms }, () => 1));
      let cuts = cutsOf(current);
      for (let step = 0; step < 10_000; step += 1) {
        current = weightsFrom(current.map((weight) => Math.max(0.001, weight * Math.exp((rng.next() - 0.5) * 0.1))));
        const next = reallocate(cuts, current);
        if (step % 100 === 0) {
          const least = totalVariation(sharesOf(cuts, arms), current);
          expect(moved(cuts, next)).toBeLessThanOrEqual(least + near(arms));
        }
        cuts = next;
        expect(cuts.length).toBeLessThanOrEqual(most);
      }
      expect(totalVariation(sharesOf(cuts, arms), current)).toBeLessThanOrEqual(near(arms));
    }
  });

  test('changes nothing where the weights are those that the cuts have', () => {
    fc.assert(fc.property(weights, (same) => void expect(reallocate(cutsOf(same), same)).toEqual(cutsOf(same))));
  });

  test('ramps two arms as a ramp does', () => {
    const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(share, share, (from, to) => {
        const [first] = reallocate(rampCuts(from), [to, 1 - to]) as readonly [Cut];
        expect(first.arm).toBe(0);
        expect(Math.abs(first.below - (rampCuts(to)[0] as Cut).below)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('takes the smallest ranges of a shrinking arm first, then a part where a growing arm begins', () => {
    const cuts = [
      { below: 4 * 2 ** 28, arm: 0 },
      { below: 8 * 2 ** 28, arm: 1 },
      { below: 9 * 2 ** 28, arm: 0 },
      { below: space, arm: 2 },
    ];
    // Arm 0 gives 3 of its 5 sixteenths to arm 1: its range of one sixteenth first, whole, then 2 where arm 1 begins.
    expect(reallocate(cuts, [2 / 16, 7 / 16, 7 / 16])).toEqual([
      { below: 2 * 2 ** 28, arm: 0 },
      { below: 9 * 2 ** 28, arm: 1 },
      { below: space, arm: 2 },
    ]);
  });

  test('gives from the low end where the growing arm lies below', () => {
    expect(reallocate(cutsOf([0.25, 0.5, 0.25]), [0.5, 0.25, 0.25])).toEqual(cutsOf([0.5, 0.25, 0.25]));
  });

  test('gives from the high end where growing arms lie on both sides or on none', () => {
    expect(reallocate(cutsOf([0.25, 0.5, 0.25]), [0.5, 0.125, 0.375])).toEqual([
      { below: 2 ** 30, arm: 0 },
      { below: 2 ** 30 + 2 ** 29, arm: 1 },
      { below: 2 ** 31 + 2 ** 29, arm: 0 },
      { below: space, arm: 2 },
    ]);
  });

  test('adds an arm behind the old ones, and removes one that weighs 0 or has no weight any more', () => {
    const four = reallocate(cutsOf(thirds), [0.25, 0.25, 0.25, 0.25]);
    expect(moved(cutsOf(thirds), four)).toBeCloseTo(0.25, 8);
    expect(sharesOf(four, 4).map((share) => share.toFixed(6))).toEqual([
      '0.250000',
      '0.250000',
      '0.250000',
      '0.250000',
    ]);
    for (const two of [
      [0.5, 0.5, 0, 0],
      [0.5, 0.5],
    ]) {
      const left = reallocate(four, two);
      expect(left.every(({ arm }) => arm < 2)).toBe(true);
      expect(moved(four, left)).toBeCloseTo(0.5, 8);
    }
  });

  test('refuses weights and cuts that are none', () => {
    expect(() => reallocate(cutsOf(thirds), [0.5, 0.6])).toThrow('reallocate:\n  weights: must sum to 1 (was 1.1)');
    expect(() => reallocate([{ below: 5, arm: 0 }], [1])).toThrow(
      'reallocate:\n  cuts: must be a list of { below, arm }',
    );
  });
});
