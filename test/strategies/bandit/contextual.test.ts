import { describe, expect, it } from 'vitest';
import { linearThompson, linUcb, type ContextualPolicy } from '../../../src/bandits/index.js';
import type { Context } from '../../../src/core/context.js';
import { seededRng } from '../../../src/core/rng.js';
import { bandit, hour, moments, Run } from './cases.js';

const two = (policy: ContextualPolicy = linUcb(), more: object = {}) =>
  bandit({ arms: { a: 'v1', b: 'v2' }, contextual: { policy, moments }, ...more });

/** `n` rewards of an arm whose mean depends on the age. */
function reported(n: number, mean: (age: number) => number, seed: number) {
  const rng = seededRng(seed);
  const sums = new Map<string, number>();
  for (let i = 0; i < n; i += 1) {
    const age = rng.next();
    const outcome = moments.outcome({ age }, rng.next() < mean(age) ? 1 : 0);
    for (const [key, value] of Object.entries(outcome)) sums.set(key, (sums.get(key) ?? 0) + value);
  }
  const metrics = Object.fromEntries([...sums].map(([key, sum]) => [key, { n, sum, sumSq: sum * sum, late: 0 }]));
  return { exposed: n, outcomes: n, metrics };
}

const crossing = (n = 500) => ({ a: reported(n, (age) => 1 - age, 1), b: reported(n, (age) => age, 2) });
const weightsIn = (run: Run, context: Context) => {
  const plan = run.plan();
  if (plan.op !== 'choose') throw new Error(`no choice but ${plan.op}`);
  const out = new Float64Array(plan.arms.length);
  plan.policy.weights(context, out);
  return Object.fromEntries(plan.arms.map(({ arm }, index) => [arm, out[index] as number]));
};

describe('a contextual bandit', () => {
  it('shares equally until something is known', () => {
    const run = new Run(two());
    expect(run.plan()).toMatchObject({ op: 'choose', epoch: 1, salt: 'bandit', fallback: 'v1' });
    expect(weightsIn(run, { age: 0.9 })).toEqual({ b: 0.5, a: 0.5 });
    expect(run.strategy.metrics).toEqual(['clicked', ...Object.keys(moments.metrics)]);
  });

  it('gives each context the arm that is best for it, with the floor, after a batch', () => {
    const run = new Run(two());
    run.see(crossing());
    run.tick(hour / 2);
    expect(run.own.fit).toBeNull();
    run.tick(hour / 2);
    expect(weightsIn(run, { age: 0.95 })['b']).toBeCloseTo(0.99, 9);
    expect(weightsIn(run, { age: 0.05 })['b']).toBeCloseTo(0.01, 9);
    // The propensity is on each decision, so that the epoch may stay.
    expect(run.own).toMatchObject({ epoch: 1, lastBatchAt: run.now });
    const { state } = run;
    run.tick();
    expect(run.state).toBe(state);
  });

  it('explores arms with too few rewards in every context', () => {
    const run = new Run(two(linUcb(), { minExploration: 501, floor: 0 }));
    run.see({ ...crossing(), b: reported(501, (age) => age, 2) });
    run.tick();
    expect(weightsIn(run, { age: 0.95 })).toEqual({ b: expect.closeTo(0.5, 9), a: expect.closeTo(0.5, 9) });
    const enough = new Run(two(linUcb(), { minExploration: 500, floor: 0 }));
    enough.see(crossing());
    enough.tick();
    expect(weightsIn(enough, { age: 0.95 })).toEqual({ b: 1, a: 0 });
  });

  it('prefers less where lower is better', () => {
    for (const reward of ['complained', 'error']) {
      const run = new Run(two(linUcb(), { reward }));
      run.see(crossing());
      run.tick();
      expect(weightsIn(run, { age: 0.95 })['a']).toBeCloseTo(0.99, 9);
    }
  });

  it('draws the same on every replica, and anew with every batch', () => {
    const fits = [1, 2].map(() => {
      const run = new Run(two(linearThompson()));
      run.see(crossing(40));
      run.tick();
      const first = run.own.fit?.seed;
      run.see(crossing(40));
      run.tick();
      return [first, run.own.fit?.seed];
    });
    expect(fits[0]).toEqual(fits[1]);
    expect(fits[0]?.[0]).not.toBe(fits[0]?.[1]);
  });

  it('lets old sums fade', () => {
    const fading = new Run(two(linUcb(), { halfLifeMs: 2 * hour }));
    fading.see(crossing());
    fading.tick(2 * hour);
    expect(fading.own.fit?.sums.map(({ n }) => n)).toEqual([250, 250]);
    const window = new Run(two(linUcb(), { windowMs: 2 * hour }));
    window.see(crossing());
    window.tick(2 * hour);
    expect(window.own.fit?.sums.map(({ n }) => n)).toEqual([500, 500]);
    window.tick(2 * hour);
    expect(window.own.fit?.sums.map(({ n }) => n)).toEqual([0, 0]);
  });

  it('takes an arm more without losing the others', () => {
    const old = new Run(two());
    old.see(crossing());
    old.tick();
    const run = new Run(two(linUcb(), { arms: { a: 'v1', b: 'v2', c: 'v3' } }), old);
    run.tick(1000);
    expect(run.own.fit?.sums.map(({ n }) => n)).toEqual([500, 0, 500]);
    // An equal part of what the floors leave, and its own floor.
    expect(weightsIn(run, { age: 0.5 })['c']).toBeCloseTo(1 / 3, 9);
  });

  it('refuses what does not go together, and a stored fit of other features', () => {
    expect(() => two(linUcb(), { policy: { name: 'x', weights: () => [] } })).toThrow(
      'strategy.policy: must be left out',
    );
    expect(() => two(linUcb(), { freeze: 'winner' })).toThrow('strategy.freeze');
    const run = new Run(two());
    run.see(crossing());
    run.tick();
    const state = structuredClone(run.state) as unknown as { own: { fit: { sums: { xr: number[] }[] } } };
    expect(() => two().restore(state as never)).not.toThrow();
    state.own.fit.sums[0]?.xr.push(1);
    expect(() => two().restore(state as never)).toThrow('refused');
    state.own.fit.sums = [];
    expect(() => two().restore(state as never)).toThrow('refused');
  });
});
