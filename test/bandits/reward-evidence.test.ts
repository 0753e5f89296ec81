import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rewardEvidence, type RewardStratum, thompson } from '../../src/bandits/index.js';
import { seededRng } from '../../src/core/rng.js';
import { policies } from './cases.js';

const coin = (n: number, sum: number) => ({ n, sum, sumSq: sum });
const epoch = (shares: readonly number[], arms: RewardStratum['arms'], at = 0): RewardStratum => ({ shares, arms, at });
const unit = { range: [0, 1] } as const;
const near = (value: number, digits = 9) => expect.closeTo(value, digits);

describe('the evidence for a policy', () => {
  it('is the plain sums where one epoch is all there is', () => {
    const { arms, effective, means } = rewardEvidence([epoch([0.25, 0.75], [coin(10, 4), coin(30, 6)])], 2, unit);
    expect(arms).toEqual([
      { n: 10, sum: near(4), sumSq: near(4), gain: near(16) },
      { n: 30, sum: near(6), sumSq: near(6), gain: near(8) },
    ]);
    expect(effective).toEqual([10, 30]);
    expect(means).toEqual([0.4, 0.2]);
  });

  it('is nothing without rewards', () => {
    const { arms, effective, means, batch } = rewardEvidence([], 2, { batch: 7 });
    expect(arms).toEqual([1, 2].map(() => ({ n: 0, sum: 0, sumSq: 0, gain: 0 })));
    expect(effective).toEqual([0, 0]);
    expect(means).toEqual([undefined, undefined]);
    expect(batch).toBe(7);
  });

  it('is the same sums over epochs of constant shares, whatever the level did', () => {
    // Half of the units each; both arms are 0.1 on one day and 0.5 on the next.
    const days = [
      epoch([0.5, 0.5], [coin(1000, 100), coin(1000, 110)]),
      epoch([0.5, 0.5], [coin(1000, 500), coin(1000, 520)]),
    ];
    const { means } = rewardEvidence(days, 2, unit);
    expect(means).toEqual([near(0.3, 4), near(0.315, 4)]);
  });

  it('does not take good days for a good arm (Simpson): a is better on either day, and worse in the sum of both', () => {
    // Friday 1 % have the better arm, Saturday half (Crook, Frasca, Kohavi and Longbotham 2009).
    const days = [
      epoch([0.99, 0.01], [coin(990_000, 20_000), coin(10_000, 230)]),
      epoch([0.5, 0.5], [coin(500_000, 5_000), coin(500_000, 6_000)]),
    ];
    const [control, better] = rewardEvidence(days, 2, unit).means as readonly [number, number];
    // Weighted by n1 n2 / n: 9900 of Friday's difference, 250 000 of Saturday's.
    const difference = (9_900 * (0.023 - 20_000 / 990_000) + 250_000 * 0.002) / 259_900;
    expect(better - control).toBeCloseTo(difference, 5);
    expect(thompson().weights(rewardEvidence(days, 2, unit))[1]).toBeGreaterThan(0.99);
    // The level stays: all rewards over all n.
    expect((1_490_000 * control + 510_000 * better) / 2_000_000).toBeCloseTo(31_230 / 2_000_000, 9);
  });

  it('holds arms to their plain means as strongly as one reward would', () => {
    // With d the difference of the means, U the score and W the sum of n1 n2 / n: (2 W + 1) d = 2 U + the plain difference.
    const days = [epoch([0.5, 0.5], [coin(3, 0), coin(1, 1)]), epoch([0.5, 0.5], [coin(2, 1), coin(2, 2)])];
    const [a, b] = rewardEvidence(days, 2, unit).means as readonly [number, number];
    const weight = 3 / 4 + 1;
    const score = 1 - 1 / 4 + (2 - 2 * (3 / 4));
    expect(b - a).toBeCloseTo((2 * score + (1 - 0.2)) / (2 * weight + 1), 12);
  });

  it('falls back to plain means for arms that never met', () => {
    const apart = [epoch([1, 0], [coin(100, 40), coin(0, 0)]), epoch([0, 1], [coin(0, 0), coin(100, 60)])];
    expect(rewardEvidence(apart, 2, unit).means).toEqual([near(0.4), near(0.6)]);
  });

  it('takes no rewards of an arm that had no share', () => {
    const { arms, means } = rewardEvidence(
      [epoch([1, 0], [coin(100, 40), coin(9, 9)]), epoch([1, 0], [coin(100, 40), coin(9, 9)])],
      2,
      unit,
    );
    expect(arms[1]).toEqual({ n: 0, sum: 0, sumSq: 0, gain: 0 });
    expect(means).toEqual([near(0.4), undefined]);
  });

  it('lets old epochs fade by one clock, and says how much is left', () => {
    const epochs = [
      epoch([0.5, 0.5], [coin(100, 50), coin(100, 50)], 0),
      epoch([0.5, 0.5], [coin(100, 50), coin(100, 50)], 1000),
    ];
    const faded = rewardEvidence(epochs, 2, { ...unit, now: 1000, halfLifeMs: 500 });
    expect(faded.arms[0]?.n).toBeCloseTo(125, 9);
    // (100 + 25)^2 / (100 + 100 / 16).
    expect(faded.effective[0]).toBeCloseTo(125 ** 2 / (100 + 6.25), 9);
    // What seems to come from the future is fresh, not heavier than fresh.
    expect(rewardEvidence(epochs, 2, { ...unit, now: 0, halfLifeMs: 500 }).arms[0]?.n).toBeCloseTo(200, 9);
  });

  it('leaves out what is older than the window', () => {
    const epochs = [
      epoch([0.5, 0.5], [coin(100, 50), coin(100, 50)], 0),
      epoch([0.5, 0.5], [coin(100, 10), coin(100, 50)], 1000),
    ];
    const seen = (now: number) => rewardEvidence(epochs, 2, { ...unit, now, windowMs: 1000 }).arms[0]?.n;
    expect([seen(1000), seen(1001), seen(2000), seen(2001)]).toEqual([200, 100, 100, 0]);
  });

  it('turns rewards round where lower is better', () => {
    const { arms, means } = rewardEvidence([epoch([0.5, 0.5], [coin(10, 4), coin(10, 2)])], 2, {
      ...unit,
      better: 'lower',
    });
    expect(arms).toEqual([
      { n: 10, sum: near(6), sumSq: near(6), gain: near(12) },
      { n: 10, sum: near(8), sumSq: near(8), gain: near(16) },
    ]);
    expect(means).toEqual([0.4, 0.2]);
  });

  it('brings bounded rewards to [0, 1], with their spread', () => {
    // Rewards 20 and 40 in [0, 100], of either arm.
    const sums = { n: 2, sum: 60, sumSq: 2000 };
    const [first] = rewardEvidence([epoch([1, 0], [sums, coin(0, 0)])], 2, { range: [0, 100] }).arms;
    expect(first).toEqual({ n: 2, sum: near(0.6), sumSq: near(0.2), gain: near(0.6) });
    const [moved] = rewardEvidence([epoch([1, 0], [{ n: 2, sum: 0, sumSq: 200 }, coin(0, 0)])], 2, {
      range: [-30, 70],
    }).arms;
    expect(moved).toEqual({ n: 2, sum: near(0.6), sumSq: near(0.2), gain: near(0.6) });
  });

  it('brings rewards without a range to one standard deviation on either side of the middle', () => {
    const sums = (n: number, mean: number, variance: number) => ({
      n,
      sum: n * mean,
      sumSq: n * (variance + mean * mean),
    });
    const { arms } = rewardEvidence([epoch([0.5, 0.5], [sums(100, 1000, 400), sums(100, 1010, 400)])], 2);
    // The middle is 1005, a standard deviation 20: means are 5 of 40 away from one half.
    expect(arms.map(({ n, sum }) => sum / n)).toEqual([near(0.375), near(0.625)]);
    expect(arms.map(({ n, sum, sumSq }) => sumSq / n - (sum / n) ** 2)).toEqual([near(0.25), near(0.25)]);
    // Means that are further apart than the spread still keep their order and their place in [0, 1].
    const far = rewardEvidence([epoch([0.3, 0.3, 0.4], [sums(100, 0, 1), sums(100, 50, 1), sums(100, 60, 1)])], 3).arms;
    const [low, middle, high] = far.map(({ n, sum }) => sum / n) as [number, number, number];
    expect(low).toBeCloseTo(0, 9);
    expect(middle).toBeLessThan(high);
    expect(high).toBeLessThanOrEqual(1);
    // No spread at all says nothing.
    const same = rewardEvidence([epoch([0.5, 0.5], [sums(10, 7, 0), sums(10, 7, 0)])], 2).arms;
    expect(same.map(({ n, sum }) => sum / n)).toEqual([0.5, 0.5]);
  });

  it('refuses what cannot be', () => {
    const good = epoch([0.5, 0.5], [coin(1, 1), coin(1, 0)]);
    const bad =
      (stratum: object, options: object = {}) =>
      () =>
        rewardEvidence([{ ...good, ...stratum }], 2, options);
    expect(() => rewardEvidence([], 0)).toThrow('arms');
    expect(() => rewardEvidence([], 101)).toThrow('arms');
    expect(bad({ shares: [1] })).toThrow('strata[0].shares');
    expect(bad({ arms: [coin(1, 1)] })).toThrow('strata[0].arms');
    expect(bad({ shares: [1.1, 0] })).toThrow('shares');
    expect(bad({ arms: [coin(1, Number.NaN), coin(1, 0)] })).toThrow('finite sums');
    expect(bad({ arms: [coin(-1, 0), coin(1, 0)] })).toThrow('finite sums');
    expect(bad({ arms: [{ n: 1, sum: 0, sumSq: -1 }, coin(1, 0)] })).toThrow('finite sums');
    expect(bad({}, { range: [1, 1] })).toThrow('range');
    expect(bad({}, { halfLifeMs: 0, now: 0 })).toThrow('halfLifeMs');
    expect(bad({}, { windowMs: -1, now: 0 })).toThrow('windowMs');
    expect(bad({}, { windowMs: 10 })).toThrow('now');
    expect(bad({ at: undefined }, { windowMs: 10, now: 0 })).toThrow('strata[0].at');
  });
});

const anySums = fc
  .tuple(
    fc.integer({ min: 0, max: 1000 }),
    fc.double({ min: -1000, max: 1000, noNaN: true }),
    fc.double({ min: 0, max: 1000, noNaN: true }),
  )
  .map(([n, mean, variance]) => ({ n, sum: n * mean, sumSq: n * (variance + mean * mean) }));
const anyStrata = fc.array(
  fc.tuple(
    fc.array(anySums, { minLength: 3, maxLength: 3 }),
    fc.constantFrom([0.2, 0.3, 0.5], [0.9, 0.1, 0], [1 / 3, 1 / 3, 1 / 3]),
  ),
  { maxLength: 4 },
);

describe.each(policies.map((policy, index) => [`${policy.name} (${index})`, policy] as const))('%s', (_, policy) => {
  it('takes any rewards, and treats lower as it treats higher in the mirror', () => {
    fc.assert(
      fc.property(anyStrata, (drawn) => {
        const strata = drawn.map(([arms, shares]) => epoch(shares, arms));
        const turned = drawn.map(([arms, shares]) =>
          epoch(
            shares,
            arms.map(({ n, sum, sumSq }) => ({ n, sum: -sum, sumSq })),
          ),
        );
        const weights = policy.weights(rewardEvidence(strata, 3));
        const mirrored = policy.weights(rewardEvidence(turned, 3, { better: 'lower' }));
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
        weights.forEach((weight, arm) => expect(mirrored[arm]).toBeCloseTo(weight, 6));
      }),
      { numRuns: 25 },
    );
  });

  it('shifts to the lower arm where lower is better', () => {
    if (policy.name === 'top-two-thompson' && policy === policies[12]) return;
    const strata = [epoch([0.5, 0.5], [coin(50_000, 20_000), coin(50_000, 10_000)])];
    const lower = policy.weights(rewardEvidence(strata, 2, { ...unit, better: 'lower' }));
    expect(lower[1]).toBeGreaterThan(0.55);
    const higher = policy.weights(rewardEvidence(strata, 2, unit));
    expect(higher[0]).toBeGreaterThan(0.55);
    const money = [
      epoch(
        [0.5, 0.5],
        [
          { n: 5000, sum: 500_000, sumSq: 60_000_000 },
          { n: 5000, sum: 450_000, sumSq: 50_000_000 },
        ],
      ),
    ];
    expect(policy.weights(rewardEvidence(money, 2, { better: 'lower' }))[1]).toBeGreaterThan(0.55);
    expect(policy.choose(rewardEvidence(money, 2), seededRng(1))).toBeLessThan(2);
  });
});
