import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addLinearSums,
  type ContextualPolicy,
  emptyLinearSums,
  inverseGapWeighting,
  type LinearSums,
  linearMoments,
  linearThompson,
  linUcb,
  observeLinear,
} from '../../../src/bandits/index.js';
import { fitLinear, leverage } from '../../../src/bandits/contextual/linear-sums.js';
import { seededRng } from '../../../src/core/rng.js';

const policies: readonly ContextualPolicy[] = [linUcb(), linUcb({ alpha: 0 }), linearThompson(), inverseGapWeighting()];
const sumsOf = (rows: readonly (readonly [x: readonly number[], reward: number])[], dimension = 2): LinearSums =>
  rows.reduce((sums, [x, reward]) => observeLinear(sums, x, reward), emptyLinearSums(dimension));
const weightsOf = (policy: ContextualPolicy, arms: readonly LinearSums[], x: readonly number[], seed = 1) => {
  const out = new Float64Array(arms.length);
  policy.fit(arms, seed)(x, out);
  return [...out];
};

/** Arm 0 earns x, arm 1 earns 1 - x. */
const crossing = (n: number): readonly LinearSums[] => {
  const rng = seededRng(4);
  const draw = (mean: (x: number) => number) =>
    Array.from({ length: n }, () => {
      const x = rng.next();
      return [[1, x], rng.next() < mean(x) ? 1 : 0] as const;
    });
  return [sumsOf(draw((x) => x)), sumsOf(draw((x) => 1 - x))];
};

describe('the sums of a linear model', () => {
  const row = fc.tuple(
    fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 }),
    fc.integer({ min: -5, max: 5 }),
  );

  it('add up in any order and any parts', () => {
    fc.assert(
      fc.property(fc.array(row), fc.nat(20), (rows, cut) => {
        const parts = addLinearSums(sumsOf(rows.slice(cut), 3), sumsOf(rows.slice(0, cut), 3));
        expect(parts).toEqual(sumsOf(rows, 3));
      }),
      { numRuns: 30 },
    );
  });

  it('hold d (d + 1) / 2 + d numbers', () => {
    const { n, xx, xr } = sumsOf([
      [[2, 3], 10],
      [[1, -1], 4],
    ]);
    expect(n).toBe(2);
    expect(xx).toEqual([5, 5, 10]);
    expect(xr).toEqual([24, 26]);
    expect(() => observeLinear(emptyLinearSums(2), [1], 0)).toThrow('2 numbers');
    expect(() => observeLinear(emptyLinearSums(2), [1, Number.NaN], 0)).toThrow('finite');
    expect(() => observeLinear(emptyLinearSums(2), [1, 1], Infinity)).toThrow('reward');
    expect(() => addLinearSums(emptyLinearSums(2), emptyLinearSums(3))).toThrow('2 features');
    for (const dimension of [0, 1.5, 21]) expect(() => emptyLinearSums(dimension)).toThrow('1 to 20');
  });

  it('give the ridge regression, as two equations are solved by hand', () => {
    // (ridge I + X'X) theta = X'r with X'X = [[5, 5], [5, 10]] and ridge 1: [[6, 5], [5, 11]] theta = [24, 26].
    const fit = fitLinear(
      sumsOf([
        [[2, 3], 10],
        [[1, -1], 4],
      ]),
      1,
    );
    const determinant = 6 * 11 - 25;
    expect(fit.theta[0]).toBeCloseTo((24 * 11 - 26 * 5) / determinant, 12);
    expect(fit.theta[1]).toBeCloseTo((26 * 6 - 24 * 5) / determinant, 12);
    // x' A^-1 x for x = (1, 2).
    expect(leverage(fit, [1, 2])).toBeCloseTo(Math.sqrt((11 - 2 * 5 * 2 + 6 * 4) / determinant), 12);
  });

  it('are surer of an untried arm the stronger the prior is: the root of 1 / ridge, not of ridge', () => {
    expect(leverage(fitLinear(emptyLinearSums(1), 10), [1])).toBeCloseTo(0.31623, 5);
    expect(leverage(fitLinear(emptyLinearSums(1), 0.1), [1])).toBeCloseTo(3.1623, 4);
    expect(() => fitLinear(emptyLinearSums(1), 0)).toThrow('ridge');
  });

  it('can be used where some of them were lost', () => {
    const damaged: LinearSums = { n: 5, xx: [1, 50, 1], xr: [3, 4] };
    const { theta } = fitLinear(damaged, 1);
    expect([...theta].every(Number.isFinite)).toBe(true);
    expect(weightsOf(linUcb(), [damaged, sumsOf([[[1, 1], 1]])], [1, 1])).toHaveLength(2);
  });
});

describe.each(policies.map((policy, index) => [`${policy.name} (${index})`, policy] as const))('%s', (name, policy) => {
  it('gives chances that sum to 1, whatever it has seen', () => {
    const row = fc.tuple(
      fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 2 }),
      fc.double({ min: -9, max: 9, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(row, { maxLength: 8 }), { minLength: 1, maxLength: 4 }), row, (arms, [x]) => {
        const weights = weightsOf(
          policy,
          arms.map((rows) => sumsOf(rows)),
          x,
        );
        for (const weight of weights) expect(weight >= 0 && weight <= 1 + 1e-12).toBe(true);
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
      }),
      { numRuns: 40 },
    );
  });

  it('chooses by the context', () => {
    const arms = crossing(400);
    expect(weightsOf(policy, arms, [1, 0.95])[0]).toBeGreaterThan(0.8);
    expect(weightsOf(policy, arms, [1, 0.05])[1]).toBeGreaterThan(0.8);
  });

  it('explores an untried arm, whatever the scale of the rewards', () => {
    const rich = sumsOf([
      [[1, 0], 1e6],
      [[1, 1], 1e6],
    ]);
    expect(weightsOf(policy, [rich, emptyLinearSums(2), rich], [1, 0.5])).toEqual([0, 1, 0]);
    expect(weightsOf(policy, [emptyLinearSums(2), emptyLinearSums(2)], [1, 0.5])).toEqual([0.5, 0.5]);
  });

  it('is the same for the same seed, and refuses other features', () => {
    const arms = crossing(30);
    expect(weightsOf(policy, arms, [1, 0.5], 7)).toEqual(weightsOf(policy, arms, [1, 0.5], 7));
    expect(() => weightsOf(policy, arms, [1])).toThrow('2 finite numbers');
    expect(() => weightsOf(policy, arms, [1, Number.NaN])).toThrow('2 finite numbers');
    expect(() => policy.fit([], 1)).toThrow('at least one');
    if (name.startsWith('linear-thompson'))
      expect(weightsOf(policy, arms, [1, 0.5], 7)).not.toEqual(weightsOf(policy, arms, [1, 0.5], 8));
  });
});

describe('the figures of the contextual policies', () => {
  const level = (n: number, mean: number) =>
    sumsOf(
      Array.from({ length: n }, () => [[1], mean] as const),
      1,
    );

  it('LinUCB adds alpha times the leverage', () => {
    // With x = 1: theta = n m / (1 + n), leverage = 1 / sqrt(1 + n). 99 at 0.5: 0.495 + 0.1 alpha; 3 at 0: 0.5 alpha.
    expect(weightsOf(linUcb({ alpha: 1.23 }), [level(99, 0.5), level(3, 0)], [1])).toEqual([1, 0]);
    expect(weightsOf(linUcb({ alpha: 1.24 }), [level(99, 0.5), level(3, 0)], [1])).toEqual([0, 1]);
    expect(() => linUcb({ alpha: -1 })).toThrow('alpha');
    expect(() => linUcb({ ridge: 0 })).toThrow('ridge');
  });

  it('inverse gaps give 1 / (K + gamma gap), the rest to the best', () => {
    // n = 6, K = 2, d = 1: gamma = sqrt(12). theta = 3 / 4 and 0: the gap is 0.75.
    const weights = weightsOf(inverseGapWeighting(), [level(3, 1), level(3, 0)], [1]);
    expect(weights[1]).toBeCloseTo(1 / (2 + Math.sqrt(12) * 0.75), 12);
    expect(weights[0]).toBeCloseTo(1 - (weights[1] as number), 12);
    const greedier = weightsOf(inverseGapWeighting({ greed: 4 }), [level(3, 1), level(3, 0)], [1]);
    expect(greedier[1]).toBeCloseTo(1 / (2 + 4 * Math.sqrt(12) * 0.75), 12);
    expect(() => inverseGapWeighting({ greed: 0 })).toThrow('greed');
  });

  it('linear Thompson sampling draws with the posterior of the ridge regression', () => {
    // Means 0.75 and 0.5 with n = 15 and variance 0.25 / 16 each: P(first is best) = Phi(0.9375 * 0.25 / sqrt(2 / 64)).
    const [first] = weightsOf(linearThompson({ draws: 1000 }), [level(15, 0.75), level(15, 0.5)], [1]) as [number];
    const z = (15 / 16) * 0.25 * Math.sqrt(32);
    const phi = Array.from({ length: 2000 }, (_, i) => Math.exp(-0.5 * (((i + 0.5) * z) / 2000) ** 2)).reduce(
      (a, b) => a + b,
      0,
    );
    const expected = 0.5 + ((phi / 2000) * z) / Math.sqrt(2 * Math.PI);
    expect(Math.abs(first - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / 1000));
    expect(() => linearThompson({ draws: 0 })).toThrow('draws');
    expect(() => linearThompson({ draws: 1001 })).toThrow('draws');
    expect(() => linearThompson({ sd: 0 })).toThrow('sd');
  });
});

describe('the moments of a linear model', () => {
  const moments = linearMoments({
    name: 'm',
    dimension: 2,
    features: (context) => [1, Number(context['age'])],
    windowMs: 5000,
  });

  it('are metrics, and come back as the sums', () => {
    expect(Object.keys(moments.metrics)).toEqual(['m:xx0', 'm:xx1', 'm:xx2', 'm:xr0', 'm:xr1']);
    expect(moments.metrics['m:xx0']).toMatchObject({ type: 'continuous', per: 'report', windowMs: 5000 });
    const outcomes = [moments.outcome({ age: 3 }, 10), moments.outcome({ age: -1 }, 4)];
    const metrics = Object.fromEntries(
      Object.keys(moments.metrics).map((key) => {
        const sum = outcomes.reduce((total, outcome) => total + (outcome[key as 'm:xx0'] as number), 0);
        return [key, { n: 2, sum, sumSq: 0, late: 0 }];
      }),
    );
    expect(moments.sumsIn(metrics)).toEqual(
      sumsOf([
        [[1, 3], 10],
        [[1, -1], 4],
      ]),
    );
    expect(moments.sumsIn({})).toEqual(emptyLinearSums(2));
  });

  it('refuse what cannot be', () => {
    expect(() => moments.outcome({}, 1)).toThrow('2 finite numbers');
    expect(() => moments.outcome({ age: 1 }, Number.NaN)).toThrow('reward');
    const of = (more: object) => () => linearMoments({ name: 'm', dimension: 1, features: () => [1], ...more });
    expect(of({ name: 'a:b' })).toThrow('name');
    expect(of({ name: '' })).toThrow('name');
    expect(of({ dimension: 21 })).toThrow('1 to 20');
    expect(of({ windowMs: 0 })).toThrow('windowMs');
    expect(of({ windowMs: 91 * 86_400_000 })).toThrow('90 days');
    expect(of({ features: () => [1, 2] })().name).toBe('m');
    expect(() => linearMoments({ name: 'm', dimension: 1, features: () => [1, 2] }).outcome({}, 1)).toThrow(
      '1 finite numbers',
    );
  });
});
