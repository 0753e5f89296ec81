import { describe, expect, it } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import type { Command, Signal } from '../../../src/strategies/strategy.js';
import {
  type State,
  type AnyTest,
  scopeAt,
  viewOf,
  tick,
  order,
  rollback,
  promote,
  clicks,
  even,
  better,
  ab,
  abc,
  after,
  planOf,
} from './cases.js';
import { sole } from '../sole.js';

describe('the commands of an A/B test', () => {
  const refusedBy = (test: AnyTest, state: State, command: Command, view = viewOf()) => {
    const transition = test.reduce(state, command, view, scopeAt(9));
    expect(transition.state).toBe(state);
    expect(transition.notices).toEqual([]);
    return transition.refused;
  };

  it('promote the winner, the leading arm, or the one that is named', () => {
    const test = abc();
    const start = test.init(0, scopeAt());
    const strata = [{ cells: { b: clicks(500, 55), c: clicks(500, 51), a: clicks(500, 50) } }];
    const leading = test.reduce(start, promote(), viewOf(strata), scopeAt(2)).state.own;
    expect(leading).toMatchObject({ phase: 'promoted', leader: 'b', epoch: 2, why: 'b was promoted by ann' });
    expect(test.reduce(start, promote('c'), viewOf(strata), scopeAt(2)).state.own.leader).toBe('c');
    const behind = [{ cells: { b: clicks(500, 45), c: clicks(500, 41), a: clicks(500, 50) } }];
    expect(test.reduce(start, promote(), viewOf(behind), scopeAt(2)).state.own.leader).toBe('a');
    const won = after(test, [
      [tick, viewOf([{ cells: { b: clicks(5000, 500), c: clicks(5000, 800), a: clicks(5000, 500) } }])],
    ]);
    expect(test.reduce(won, promote(), viewOf(strata), scopeAt(3)).state.own.leader).toBe('c');
  });

  it('refuse to promote what is unknown, unclear, or there already', () => {
    const test = ab();
    const start = test.init(0, scopeAt());
    expect(refusedBy(test, start, promote('z'))).toBe("there is no arm 'z': the arms are b, a");
    expect(refusedBy(test, start, promote())).toContain('there is no estimate');
    const promoted = after(test, [[promote('b')]]);
    expect(refusedBy(test, promoted, promote('b'))).toBe("'b' is promoted already");
    expect(refusedBy(test, promoted, promote(), viewOf(even))).toBe("'b' is promoted already");
    expect(test.reduce(promoted, promote('a'), viewOf(), scopeAt(3)).state.own.leader).toBe('a');
    const back = after(test, [[rollback]]);
    expect(refusedBy(test, back, promote(), viewOf(better))).toBe('name the arm: all are rolled back');
    expect(test.reduce(back, promote('b'), viewOf(), scopeAt(3)).state.own.phase).toBe('promoted');
    const three = abc({ guardrails: [maxErrorRate(0.05)] });
    const out = after(three, [
      [tick, viewOf([{ cells: { b: { outcomes: 50, errors: 50 }, c: { outcomes: 50 }, a: { outcomes: 50 } } }])],
    ]);
    expect(refusedBy(three, out, promote('b'))).toContain("a guardrail took 'b' out");
  });

  it('serve the control alone where the control is promoted', () => {
    const test = ab({ holdout: 0.5 });
    const state = after(test, [[promote('a')]]);
    expect(planOf(test, state)).toEqual(sole('ab', 'a', 'v1'));
    expect(test.status(state, scopeAt())).toMatchObject({ settled: 'promoted', stable: 'v1', shares: { a: 1 } });
  });

  it('roll back to the control from every state, once', () => {
    const test = ab();
    const states = [[], [[order('pause')]], [[tick, viewOf(better)]], [[promote('b')]]] as const;
    for (const signals of states) {
      const state = after(test, [...signals, [rollback]]);
      expect(state.own).toMatchObject({ phase: 'rolled-back', leader: '', why: 'enough (ann)' });
      expect(planOf(test, state)).toEqual(sole('ab', 'a', 'v1'));
      expect(test.status(state, scopeAt())).toMatchObject({ settled: 'rolled-back', stable: 'v1', shares: { a: 1 } });
      expect(refusedBy(test, state, rollback)).toBe('the test is rolled back already');
      expect(test.reduce(state, tick, viewOf(better), scopeAt(9))).toEqual({ state, notices: [] });
    }
  });

  it('roll back one arm that is named, if it takes part', () => {
    const test = abc();
    const start = test.init(0, scopeAt());
    const named = (arm: string) => ({ ...rollback, arm }) as Command;
    expect(test.reduce(start, named('c'), viewOf(), scopeAt(2)).state.own.removed).toEqual(['c']);
    expect(refusedBy(test, start, named('z'))).toBe("'z' takes no part in the test");
    expect(refusedBy(test, start, named('a'))).toBe("'a' takes no part in the test");
    expect(after(test, [[promote('b')], [named('b')]]).own.phase).toBe('rolled-back');
  });

  it('freeze by pause: no decision, no edit, the same plan', () => {
    const test = ab();
    const paused = after(test, [[order('pause')]]);
    expect(paused.own).toMatchObject({ phase: 'paused', epoch: 1, why: 'paused by ann' });
    expect(test.reduce(paused, tick, viewOf(better), scopeAt(3)).state).toBe(paused);
    expect(ab({ coverage: 0.5 }).reduce(paused, tick, viewOf(), scopeAt(3)).state).toBe(paused);
    expect(test.status(paused, scopeAt())).toMatchObject({ phase: 'paused', waitingFor: ['resume()'] });
    expect(refusedBy(test, paused, order('pause'))).toBe('nothing runs: the test is paused');
    const resumed = after(test, [[order('pause')], [order('resume')]]);
    expect(resumed.own).toMatchObject({ phase: 'running', epoch: 1, attempt: 1 });
    expect(refusedBy(test, resumed, order('resume'))).toBe('nothing is paused: the test is running');
  });

  it('start a new attempt with a new salt after a rollback, or by reset from anywhere', () => {
    const test = abc({ guardrails: [maxErrorRate(0.05)] });
    const dirty = after(test, [
      [tick, viewOf([{ cells: { b: { outcomes: 50, errors: 50 }, c: { outcomes: 50 }, a: { outcomes: 50 } } }])],
      [rollback],
      [order('resume')],
    ]);
    expect(dirty.own).toMatchObject({
      phase: 'running',
      attempt: 2,
      firstEpoch: 4,
      epoch: 4,
      removed: [],
      beaten: [],
      mismatch: '',
      leader: '',
      why: 'attempt 2 was started by ann',
    });
    expect(planOf(test, dirty)).toMatchObject({ salt: 'ab#2', epoch: 4 });
    expect(after(test, [[order('reset')]]).own).toMatchObject({ phase: 'running', attempt: 2 });
    // Evidence of the first attempt is not judged any more.
    expect(test.reduce(dirty, tick, viewOf(better), scopeAt(5)).state).toBe(dirty);
  });

  it('answer no approval, since nothing waits for one', () => {
    const test = ab();
    for (const type of ['approve', 'reject'] as const) {
      expect(refusedBy(test, test.init(0, scopeAt()), order(type))).toBe('no approval is waited for');
    }
  });

  it('leave other signals alone', () => {
    const test = ab();
    const state = test.init(0, scopeAt());
    const joined: Signal = { type: 'joined', instance: 'x' };
    expect(test.reduce(state, joined, viewOf(), scopeAt(2))).toEqual({ state, notices: [] });
  });
});
