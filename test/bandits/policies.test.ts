import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withFloor, withMinimum } from '../../src/bandits/floor.js';
import { indexPolicy } from '../../src/bandits/index-policy.js';
import { seededRng } from '../../src/core/rng.js';
import { anyArm, arm, policies } from './cases.js';

const few = fc.array(anyArm, { minLength: 1, maxLength: 5 });
const sumOf = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const named = policies.map((policy, index) => [`${policy.name} (${index})`, policy] as const);

describe.each(named)('%s', (_, policy) => {
  it('gives weights that are chances', () => {
    fc.assert(
      fc.property(few, fc.constantFrom(1, 10, 1000), (arms, batch) => {
        const weights = policy.weights({ arms, batch });
        expect(weights).toHaveLength(arms.length);
        for (const weight of weights) expect(weight >= 0 && weight <= 1 + 1e-12).toBe(true);
        expect(sumOf(weights)).toBeCloseTo(1, 9);
      }),
      { numRuns: 60 },
    );
  });

  it('explores an arm that was never tried, however good the others are', () => {
    for (const batch of [1, 100]) {
      const weights = policy.weights({ arms: [arm(1000, 300), arm(0, 0), arm(1000, 200)], batch });
      expect(weights[1]).toBeGreaterThan(0.005);
      expect(policy.weights({ arms: [arm(0, 0), arm(0, 0)], batch })).toEqual([
        expect.closeTo(0.5, 9),
        expect.closeTo(0.5, 9),
      ]);
    }
  });

  it('treats arms alike, wherever they stand', () => {
    const arms = [arm(40, 20), arm(60, 20), arm(50, 30)];
    const weights = policy.weights({ arms });
    const turned = policy.weights({ arms: [arms[2], arms[0], arms[1]] as typeof arms });
    const back = [turned[1], turned[2], turned[0]];
    weights.forEach((weight, index) => expect(back[index]).toBeCloseTo(weight, 9));
  });

  it('gives everything to a single arm', () => {
    expect(policy.weights({ arms: [arm(0, 0)] })).toEqual([1]);
    expect(policy.weights({ arms: [arm(9, 3)], batch: 50 })).toEqual([expect.closeTo(1, 12)]);
    expect(policy.choose({ arms: [arm(9, 3)] }, seededRng(1))).toBe(0);
  });

  it('chooses as often as its weights say', () => {
    const arms = [arm(30, 12), arm(20, 10), arm(10, 4)];
    const weights = policy.weights({ arms });
    const rng = seededRng(5);
    const counts = [0, 0, 0];
    const draws = 4000;
    for (let i = 0; i < draws; i += 1) {
      const chosen = policy.choose({ arms }, rng);
      counts[chosen] = (counts[chosen] ?? 0) + 1;
    }
    counts.forEach((count, index) => {
      const weight = weights[index] as number;
      expect(Math.abs(count / draws - weight)).toBeLessThanOrEqual(
        4 * Math.sqrt((weight * (1 - weight)) / draws) + 1e-9,
      );
    });
  });

  it('stays in order with a trillion rewards that are all the same', () => {
    const weights = policy.weights({ arms: [arm(1e12, 1e12), arm(7, 7), arm(1e12, 0), arm(1e12, 5)] });
    expect(sumOf(weights)).toBeCloseTo(1, 9);
    expect(weights.every((weight) => weight >= 0)).toBe(true);
  });

  it('refuses evidence that no rewards in [0, 1] can have', () => {
    for (const bad of [
      { n: -1, sum: 0, sumSq: 0 },
      { n: Number.NaN, sum: 0, sumSq: 0 },
      { n: Infinity, sum: 0, sumSq: 0 },
      { n: 2, sum: 3, sumSq: 2 },
      { n: 2, sum: 1, sumSq: 3 },
      { n: 2, sum: -1, sumSq: 1 },
      { n: 2, sum: 1, sumSq: -1 },
      { n: 2, sum: 1, sumSq: 1, gain: -1 },
      { n: 2, sum: 1, sumSq: 1, gain: Infinity },
    ]) {
      expect(() => policy.weights({ arms: [arm(1, 1), bad] })).toThrow('arms[1]');
    }
    expect(() => policy.weights({ arms: [] })).toThrow('1 to 100');
    expect(() => policy.weights({ arms: Array.from({ length: 101 }, () => arm(0, 0)) })).toThrow('1 to 100');
    expect(() => policy.weights({ arms: [arm(1, 1)], batch: 0 })).toThrow('batch');
  });
});

// All but the one that shares equally between two arms by its option.
const shifting = named.filter(([name]) => name !== 'top-two-thompson (12)');

describe.each(shifting)('%s, with an arm that is clearly better', (_, policy) => {
  it('shifts traffic to it, with two arms as with three', () => {
    // Whatever the order: a rule that forgets the first or the last arm would show here.
    for (const arms of [
      [arm(100_000, 20_000, 0.5), arm(100_000, 10_000, 0.5)],
      [arm(100_000, 10_000, 0.5), arm(100_000, 20_000, 0.5)],
      [arm(100_000, 10_000, 0.5), arm(100_000, 20_000, 0.5), arm(100_000, 5_000, 0.5)],
    ]) {
      const weights = policy.weights({ arms });
      const best = arms.findIndex(({ sum }) => sum === 20_000);
      expect(weights[best]).toBe(Math.max(...weights));
      expect(weights[best]).toBeGreaterThan(1 / arms.length + 0.01);
    }
  });
});

describe('an index policy over a batch', () => {
  it('spreads equal arms equally, and gives a short batch to the best alone', () => {
    const byMean = indexPolicy('by mean', ({ mean }) => mean);
    expect(byMean.weights({ arms: [arm(10, 5), arm(10, 6)], batch: 40 })).toEqual([0, 1]);
    const byCount = indexPolicy('by count', ({ n }) => -n);
    expect(byCount.weights({ arms: [arm(10, 5), arm(10, 6)], batch: 40 })).toEqual([0.5, 0.5]);
    // 20 and 30 rewards: 40 more make 45 each.
    const filled = byCount.weights({ arms: [arm(20, 5), arm(30, 6)], batch: 40 });
    expect(filled[0]).toBeCloseTo(25 / 40, 1);
  });

  it('hands out a batch of any size: half a decision, one, and more than its steps', () => {
    const byCount = indexPolicy('by count', ({ n }) => -n);
    for (const batch of [0.5, 1, 2, 199, 200, 201, 1e6]) {
      expect(sumOf(byCount.weights({ arms: [arm(20, 5), arm(30, 6), arm(1, 0)], batch }))).toBeCloseTo(1, 9);
    }
  });

  it('takes an untried arm to be as good as the best, so that it gets its part and not everything', () => {
    const { weights } = indexPolicy('ucb', ({ mean, n }, t) => mean + Math.sqrt(Math.log(t) / n));
    const [known, untried] = weights({ arms: [arm(1000, 500), arm(0, 0)], batch: 4000 });
    expect(known).toBeGreaterThan(0.3);
    expect(untried).toBeGreaterThan(0.5);
  });

  it('lets the time go on within a batch', () => {
    const byTime = indexPolicy('by time', ({ mean }, t) => (t < 30 ? mean : -mean));
    expect(byTime.weights({ arms: [arm(10, 5), arm(10, 6)], batch: 20 })).toEqual([0.5, 0.5]);
  });

  it('hopes that an untried arm is as good as the best, not as the worst', () => {
    const byMean = indexPolicy('by mean', ({ mean }) => mean);
    const weights = byMean.weights({ arms: [arm(10, 2), arm(10, 6), arm(0, 0)], batch: 100 });
    expect(weights).toEqual([0, expect.closeTo(0.495, 9), expect.closeTo(0.505, 9)]);
  });

  it('never takes a score that is not a number for the best', () => {
    const broken = indexPolicy('broken', ({ n }) => (n === 1 ? Number.NaN : n));
    expect(broken.weights({ arms: [arm(1, 1), arm(2, 1)] })).toEqual([0, 1]);
    expect(broken.weights({ arms: [arm(1, 1), arm(1, 1)] })).toEqual([0.5, 0.5]);
  });
});

describe('the floor', () => {
  it('is kept, with the order and the spacing of the arms', () => {
    fc.assert(
      fc.property(few, fc.double({ min: 0, max: 0.2, noNaN: true }), (arms, floor) => {
        const weights = policies[9]?.weights({ arms }) as readonly number[];
        const raised = withFloor(weights, floor);
        expect(sumOf(raised)).toBeCloseTo(1, 9);
        raised.forEach((weight, index) => {
          expect(weight).toBeGreaterThanOrEqual(floor);
          const [a, b] = [weights[index] as number, weights[0] as number];
          expect(weight - (raised[0] as number)).toBeCloseTo((1 - arms.length * floor) * (a - b), 9);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('is a hundredth unless another is given, and leaves nothing to share where it takes all', () => {
    expect(withFloor([1, 0])).toEqual([expect.closeTo(0.99, 12), 0.01]);
    expect(withFloor([1, 0], 0)).toEqual([1, 0]);
    expect(withFloor([1, 0, 0], 1 / 3)).toEqual([1 / 3, 1 / 3, 1 / 3].map((third) => expect.closeTo(third, 12)));
    expect(() => withFloor([1, 0], 0.51)).toThrow('1 / 2');
    expect(() => withFloor([1, 0], -0.01)).toThrow('floor');
    expect(() => withFloor([1, 0], Number.NaN)).toThrow('floor');
  });
});

describe('the minimum of exploration', () => {
  it('gives an equal share to whoever has too few rewards, whatever the policy hopes of it', () => {
    const near = (...weights: readonly number[]) => weights.map((weight) => expect.closeTo(weight, 12));
    expect(withMinimum([0.9, 0.1], [100, 99], 100)).toEqual(near(0.5, 0.5));
    expect(withMinimum([0.9, 0.1], [100, 100], 100)).toEqual([0.9, 0.1]);
    expect(withMinimum([0.2, 0.1, 0.7], [100, 100, 99], 100)).toEqual(near(4 / 9, 2 / 9, 1 / 3));
    expect(withMinimum([0, 0, 1], [100, 100, 99], 100)).toEqual(near(1 / 3, 1 / 3, 1 / 3));
    expect(withMinimum([0.9, 0.1], [0, 0], 1)).toEqual([0.5, 0.5]);
    expect(withMinimum([1, 0, 0], [Number.NaN, 5, 5], 5)).toEqual(near(1 / 3, 1 / 3, 1 / 3));
    expect(withMinimum([1], [0], 5)).toEqual([1]);
    expect(withMinimum([1], [0], 0)).toEqual([1]);
  });
});
