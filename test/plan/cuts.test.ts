import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { cutsOf, rampCuts, sharesOf } from '../../src/plan/cuts.js';
import { locator } from '../../src/plan/locate.js';
import { wellFormed } from './movement.js';

const space = 2 ** 32;
const share = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 1, 0.0001, 0.5, 1e-12, 1 - 1e-12),
);

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return isTurnoutError(error, 'config') ? error.message : 'another error';
  }
  return 'no error';
}

describe('rampCuts', () => {
  test('lays the candidate from 0 and the baseline behind it', () => {
    expect(rampCuts(0.25)).toEqual([
      { below: 2 ** 30, arm: 0 },
      { below: space, arm: 1 },
    ]);
  });

  test('leaves one cut where one arm has everything, or all but half a hash', () => {
    for (const none of [0, 1e-11]) expect(rampCuts(none)).toEqual([{ below: space, arm: 1 }]);
    for (const all of [1, 1 - 1e-11]) expect(rampCuts(all)).toEqual([{ below: space, arm: 0 }]);
  });

  test('is exact to one hash for a share of 1 in 10 000', () => {
    // 2^32 / 10 000 is 429 496.7 hashes.
    const arm = locator(rampCuts(0.0001));
    expect([arm(0), arm(429_496), arm(429_497), arm(space - 1)]).toEqual([0, 0, 1, 1]);
  });

  test('only ever adds units to the candidate as its share grows, and takes the latest first as it shrinks', () => {
    fc.assert(
      fc.property(share, share, fc.nat({ max: space - 1 }), (one, other, hash) => {
        const [small, large] = [Math.min(one, other), Math.max(one, other)];
        const [before, after] = [locator(rampCuts(small), 1)(hash), locator(rampCuts(large), 1)(hash)];
        expect([before, after]).not.toEqual([0, 1]);
        // Whoever leaves at the smaller share has a larger hash than whoever stays: came later, goes first.
        if (before === 1 && after === 0) expect(hash).toBeGreaterThanOrEqual(Math.round(small * space));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([-0.1, 1.1, Number.NaN, Infinity])('refuses a share of %d', (wrong) => {
    expect(messageOf(() => rampCuts(wrong))).toContain('share: must be a fraction in [0, 1]');
  });
});

describe('cutsOf', () => {
  test('lays arms side by side in their order and leaves out those that weigh nothing', () => {
    expect(cutsOf([0, 0.5, 0, 0.25, 0.25, 0])).toEqual([
      { below: 2 ** 31, arm: 1 },
      { below: 3 * 2 ** 30, arm: 3 },
      { below: space, arm: 4 },
    ]);
  });

  test('gives what rounding leaves over to the last arm that weighs anything', () => {
    expect(cutsOf([1 / 3, 1 / 3, 1 / 3 - 1e-10, 0]).at(-1)).toEqual({ below: space, arm: 2 });
    expect(cutsOf([0.5, 0.5 + 5e-10, 1e-12])).toEqual([
      { below: 2 ** 31, arm: 0 },
      { below: space, arm: 1 },
    ]);
  });

  test('gives each arm its weight to within 2^-32', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 40 }), (raw) => {
        const sum = raw.reduce((total, weight) => total + weight, 0);
        fc.pre(sum > 0);
        const weights = raw.map((weight) => weight / sum);
        const cuts = cutsOf(weights);
        expect(wellFormed(cuts)).toBe(true);
        sharesOf(cuts, weights.length).forEach((given, arm) => {
          expect(Math.abs(given - (weights[arm] as number))).toBeLessThanOrEqual(1.001 / space);
        });
      }),
    );
  });

  test('is the same as a ramp for two arms', () => {
    fc.assert(fc.property(share, (one) => void expect(cutsOf([one, 1 - one])).toEqual(rampCuts(one))));
  });

  test('names every weight that is wrong, and by how much the sum is off', () => {
    const several = messageOf(() => cutsOf([-0.5, Number.NaN, Infinity, 0.5]));
    for (const part of ['cutsOf', 'weights[0]', '(was -0.5)', 'weights[1]', '(was NaN)', 'weights[2]', 'Infinity'])
      expect(several).toContain(part);
    expect(several).not.toContain('sum');
    expect(several).not.toContain('weights[3]');
    expect(messageOf(() => cutsOf([0.5, 0.6]))).toContain('must sum to 1 (was 1.1). Divide');
    expect(messageOf(() => cutsOf([]))).toContain('must sum to 1 (was 0)');
  });

  test('takes a sum that is off by 1e-9 and refuses one that is off by more', () => {
    expect(messageOf(() => cutsOf([0.5, 0.5 + 0.9e-9]))).toBe('no error');
    expect(messageOf(() => cutsOf([0.5, 0.5 - 0.9e-9]))).toBe('no error');
    expect(messageOf(() => cutsOf([0.5, 0.5 + 1.1e-9]))).toContain('sum');
    expect(messageOf(() => cutsOf([0.5, 0.5 - 1.1e-9]))).toContain('sum');
  });
});

describe('sharesOf', () => {
  test('adds up the ranges of an arm, and gives 0 to arms without one', () => {
    const cuts = [
      { below: 2 ** 30, arm: 1 },
      { below: 2 ** 31, arm: 0 },
      { below: space, arm: 1 },
    ];
    expect(sharesOf(cuts, 3)).toEqual([0.25, 0.75, 0]);
  });

  test('leaves out arms beyond the number that was asked for', () => {
    expect(sharesOf(rampCuts(0.25), 1)).toEqual([0.25]);
  });
});
