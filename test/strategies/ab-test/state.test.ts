import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import { ABTest } from '../../../src/strategies/ab-test.js';
import type { Command, Signal } from '../../../src/strategies/strategy.js';
import {
  scopeAt,
  viewOf,
  tick,
  order,
  rollback,
  promote,
  clicks,
  even,
  better,
  worse,
  ab,
  abc,
  after,
  walk,
  units,
} from './cases.js';

describe('an A/B test that is edited in the program', () => {
  const weighted = (a: number, b: number, c: number, more: object = {}) =>
    new ABTest({
      arms: { a: { weight: a, use: 'v1' }, b: { weight: b, use: 'v2' }, c: { weight: c, use: 'v3' } },
      ...more,
    });

  it('follows new weights as a new epoch, and moves as few units as can be', () => {
    const [before, edited] = [weighted(1, 1, 1), weighted(1, 3, 6)];
    const start = before.init(0, scopeAt());
    const { state, notices } = edited.reduce(start, tick, viewOf([], 777), scopeAt(5));
    expect(state.own).toMatchObject({
      epoch: 5,
      since: 777,
      attempt: 1,
      firstEpoch: 1,
      why: 'the weights or the coverage were edited',
    });
    expect(notices[0]?.data).toMatchObject({ shares: { b: expect.closeTo(0.3, 6), c: expect.closeTo(0.6, 6) } });
    const [was, is] = [before.plan(start, scopeAt()), edited.plan(state, scopeAt())] as const;
    const moved = units.filter((unit) => walk(was, unit).model !== walk(is, unit).model).length / units.length;
    expect(moved).toBeCloseTo(0.6 - 1 / 3, 1);
    expect(edited.reduce(state, tick, viewOf(), scopeAt(6)).state).toBe(state);
  });

  it('notices an edit that leaves one of the weights as it was', () => {
    const start = weighted(4, 2, 2).init(0, scopeAt());
    const { state } = weighted(4, 1, 3).reduce(start, tick, viewOf(), scopeAt(5));
    expect(state.own.weights).toEqual([0.125, 0.375, 0.5]);
  });

  it('follows a new coverage', () => {
    const start = weighted(1, 1, 1).init(0, scopeAt());
    const { state } = weighted(1, 1, 1, { coverage: 0.25 }).reduce(start, tick, viewOf(), scopeAt(5));
    expect(state.own).toMatchObject({ coverage: 0.25, epoch: 5 });
    expect(state.own.cuts).toEqual(start.own.cuts);
  });

  it('has another shape when its arms or its control change, but not when numbers do', () => {
    const shape = weighted(1, 1, 1).shape;
    expect(weighted(5, 1, 1, { coverage: 0.5, alpha: 0.01 }).shape).toEqual(shape);
    expect(weighted(1, 1, 1, { control: 'b' }).shape).not.toEqual(shape);
    expect(ab().shape).not.toEqual(shape);
  });
});

describe('the stored state of an A/B test', () => {
  const test = abc({ coverage: 0.5, guardrails: [maxErrorRate(0.05)] });

  it('comes back as it was from every state', () => {
    const strata = [{ cells: { b: { outcomes: 50, errors: 50 }, c: { outcomes: 50 }, a: { outcomes: 50 } } }];
    const states = [[], [[tick, viewOf(strata)]], [[promote('c')]], [[rollback]], [[order('pause')]]] as const;
    for (const signals of states) {
      const state = after(test, signals);
      expect(test.restore(JSON.parse(JSON.stringify(state)) as never)).toEqual(state);
    }
  });

  it.each([
    [{ phase: 'asleep' }, 'phase'],
    [{ weights: [0.5, 0.5] }, 'weights'],
    [{ weights: [2, 0, 0] }, 'weights'],
    [{ cuts: [{ below: 2 ** 32, arm: 3 }] }, 'must name arms below 3'],
    [{ cuts: [] }, 'cuts'],
    [{ coverage: 2 }, 'coverage'],
    [{ removed: 'b' }, 'removed'],
    [{ beaten: ['b', 'c', 'a', 'd'] }, 'beaten'],
    [{ result: 'lost' }, 'result'],
    [{ leader: 'z' }, 'must be one of the arms b, c, a'],
    [{ leader: undefined }, 'leader'],
    [{ mismatch: 1 }, 'mismatch'],
    [{ why: '' }, 'why'],
    [{ epoch: -1 }, 'epoch'],
    [{ more: 1 }, 'is not an option'],
  ])('is refused with %j', (change, message) => {
    const state = test.init(0, scopeAt());
    expect(() => test.restore({ ...state, own: { ...state.own, ...change } } as never)).toThrow(message);
  });

  it('is never changed by looks at any evidence in any order, unless with an entry in the history', () => {
    const strata = [even, better, worse, [{ cells: { b: clicks(10, 5), c: clicks(90, 80), a: clicks(4, 1) } }], []];
    const anySignal = fc.oneof(
      fc.constantFrom<Signal>(tick, order('pause'), order('resume'), order('reset'), rollback, promote('b'), promote()),
      fc.constantFrom<Signal>({ ...rollback, arm: 'b' } as Command, { ...rollback, arm: 'c' } as Command),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(anySignal, fc.constantFrom(...strata)), { maxLength: 12 }), (steps) => {
        let state = test.init(0, scopeAt());
        for (const [index, [signal, facts]] of steps.entries()) {
          const { state: next, notices, refused } = test.reduce(state, signal, viewOf(facts), scopeAt(index + 2));
          const isLatch = next.own.beaten !== state.own.beaten;
          expect(next !== state).toBe(notices.length > 0 || isLatch);
          if (refused !== undefined) expect(next).toBe(state);
          state = next;
          expect(test.restore(JSON.parse(JSON.stringify(state)) as never)).toEqual(state);
          const plan = test.plan(state, scopeAt());
          const { shares } = test.status(state, scopeAt());
          expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
          expect(['v1', 'v2', 'v3']).toContain(walk(plan, 'u1').model);
        }
        expect(test.reduce(state, rollback, viewOf(), scopeAt(99)).state.own.phase).toBe('rolled-back');
      }),
    );
  });
});
