import { describe, expect, it } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import { noWorseThan } from '../../../src/analysis/no-worse-than.js';
import type { Split } from '../../../src/plan/plan.js';
import type { Command } from '../../../src/strategies/strategy.js';
import {
  scopeAt,
  viewOf,
  tick,
  order,
  rollback,
  promote,
  clicks,
  better,
  ab,
  abc,
  after,
  walk,
  units,
  planOf,
} from './cases.js';
import { sole } from '../sole.js';

describe('the guardrails of an A/B test', () => {
  const failing = { outcomes: 100, errors: 60, exposed: 100 };
  const fine = { outcomes: 100, errors: 0, exposed: 100 };

  it('roll the test back to the control when its only treatment fails', () => {
    const test = ab({ guardrails: [maxErrorRate(0.05)] });
    const transition = test.reduce(
      test.init(0, scopeAt()),
      tick,
      viewOf([{ cells: { b: failing, a: fine } }]),
      scopeAt(2),
    );
    expect(transition.urgent).toMatchObject([
      { type: 'rollback', node: 'ab', attempt: 1, arm: 'b', by: 'guardrail maxErrorRate(0.05)' },
    ]);
    expect(transition.verdicts?.[0]?.verdicts).toMatchObject([{ rule: 'maxErrorRate(0.05)', outcome: 'fail' }]);
    const state = after(test, [[tick, viewOf([{ cells: { b: failing, a: fine } }])]]);
    expect(state.own).toMatchObject({ phase: 'rolled-back', epoch: 2 });
    expect(state.own.why).toContain('is over the limit of 5 %');
    expect(planOf(test, state)).toEqual(sole('ab', 'a', 'v1'));
  });

  it('take a failing arm of several out: its units go to the control, and nobody else moves', () => {
    const test = abc({ guardrails: [maxErrorRate(0.05)] });
    const strata = [{ cells: { b: failing, c: fine, a: fine } }];
    const before = test.init(0, scopeAt());
    const state = after(test, [[tick, viewOf(strata)]]);
    expect(state.own).toMatchObject({ phase: 'running', removed: ['b'], epoch: 2 });
    expect(state.own.why).toMatch(/^b was taken out: error rate 60 %/);
    const plan = planOf(test, state) as Split<string>;
    expect(plan.arms.map(({ arm }) => arm)).toEqual(['c', 'a']);
    expect(test.status(state, scopeAt()).shares).toEqual({ c: expect.closeTo(1 / 3, 6), a: expect.closeTo(2 / 3, 6) });
    const wasAt = planOf(test, before);
    const moved = units.filter((unit) => walk(plan, unit).model !== walk(wasAt, unit).model);
    expect(moved).toEqual(units.filter((unit) => walk(wasAt, unit).model === 'v2'));
    expect(new Set(moved.map((unit) => walk(plan, unit).model))).toEqual(new Set(['v1']));
    // The weights in force are those that the options ask for now: no edit is seen in them.
    expect(test.reduce(state, tick, viewOf([]), scopeAt(3)).state).toBe(state);
  });

  it('end the test when all arms fail at once, one by one', () => {
    const test = abc({ guardrails: [maxErrorRate(0.05)] });
    const state = after(test, [[tick, viewOf([{ cells: { b: failing, c: failing, a: fine } }])]]);
    expect(state.own).toMatchObject({ phase: 'rolled-back', removed: ['b'] });
  });

  it('compare every arm with the control, not with each other', () => {
    const test = abc({ guardrails: [noWorseThan('clicked')] });
    const strata = [{ cells: { b: clicks(5000, 900), c: clicks(5000, 300), a: clicks(5000, 600) } }];
    const { urgent, verdicts } = test.reduce(test.init(0, scopeAt()), tick, viewOf(strata), scopeAt(2));
    expect(urgent).toMatchObject([{ arm: 'c' }]);
    expect(verdicts?.[0]?.verdicts.map(({ rule, outcome }) => [rule, outcome])).toEqual([
      ['noWorseThan(clicked) of b', 'inconclusive'],
      ['noWorseThan(clicked) of c', 'fail'],
    ]);
  });

  it('are judged while the test is paused and after it stopped, but not after a promotion', () => {
    const test = ab({ guardrails: [maxErrorRate(0.05)] });
    const view = viewOf([{ cells: { b: failing, a: fine } }]);
    for (const state of [after(test, [[order('pause')]]), after(test, [[tick, viewOf(better)]])]) {
      expect(test.reduce(state, tick, view, scopeAt(3)).urgent).toHaveLength(1);
    }
    const promoted = after(test, [[promote('b')]]);
    expect(test.reduce(promoted, tick, view, scopeAt(3))).toEqual({ state: promoted, notices: [] });
  });

  it('take the winner with them when they take it out', () => {
    const test = abc({ guardrails: [maxErrorRate(0.05)] });
    const strata = [{ cells: { b: clicks(5000, 800), c: clicks(5000, 500), a: clicks(5000, 500) } }];
    const won = after(test, [[tick, viewOf(strata)]]);
    expect(won.own.leader).toBe('b');
    const lost = after(test, [
      [tick, viewOf(strata)],
      [tick, viewOf([{ cells: { b: failing, c: fine, a: fine } }])],
    ]);
    expect(lost.own).toMatchObject({ phase: 'stopped', result: 'no-winner', leader: '', removed: ['b'] });
    const other = after(test, [
      [tick, viewOf(strata)],
      [tick, viewOf([{ cells: { b: fine, c: failing, a: fine } }])],
    ]);
    expect(other.own).toMatchObject({ phase: 'stopped', result: 'winner', leader: 'b', removed: ['c'] });
  });

  it('are ignored in a later attempt', () => {
    const test = ab();
    const state = after(test, [[order('reset')]]);
    const stale = { ...rollback, attempt: 1, arm: 'b' } as Command;
    expect(test.reduce(state, stale, viewOf(), scopeAt(3)).refused).toContain('attempt 1 was judged');
  });
});
