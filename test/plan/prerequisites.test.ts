import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { compilePlan } from '../../src/plan/compile.js';
import type { Plan, PlanRule } from '../../src/plan/plan.js';
import { planIssues } from '../../src/plan/plan-issues.js';
import { prerequisiteCycle } from '../../src/plan/prerequisites.js';
import { choose, match, mirror, noChance, ramp, serve, user } from './plans.js';

const needs = (node: string, arm: string, rest: Partial<PlanRule<string>> = {}): PlanRule<string> => ({
  name: `needs ${node} ${arm}`,
  when: { arm: [node, arm] },
  plan: serve('yes'),
  ...rest,
});

/** A root that asks for an arm of `asked`, which stands beside it and is never on the way of a request. */
function beside(asked: Plan<string>, rules: readonly PlanRule<string>[]): Plan<string> {
  return ramp('root', 1, match('asks', rules, 'no'), asked);
}

function compiled(plan: Plan<string>) {
  const errors: string[] = [];
  const onError = (error: unknown) =>
    void errors.push(isTurnoutError(error, 'domain') ? error.message : 'another error');
  return { errors, ...compilePlan(plan, { rng: noChance, onError }) };
}

describe('a prerequisite', () => {
  test('on a split is given to the units whose arm it is there, though their way does not lead there', () => {
    const asked = ramp('canary', 0.3, 'v2', 'v1');
    const { route, errors } = compiled(beside(asked, [needs('canary', 'candidate')]));
    const alone = compilePlan(asked, { rng: noChance });
    const users = Array.from({ length: 200 }, (_, index) => user(`user-${index}`));
    expect(users.map((context) => route(context).model)).toEqual(
      users.map((context) => (alone.route(context).model === 'v2' ? 'yes' : 'no')),
    );
    expect(new Set(users.map((context) => route(context).model)).size).toBe(2);
    expect(errors).toEqual([]);
  });

  test('is given to everyone where one arm has everything, and by a pin', () => {
    const all = beside(ramp('canary', 1), [needs('canary', 'candidate')]);
    expect(compiled(all).route(user('u')).model).toBe('yes');
    const none = compiled(beside(ramp('canary', 0), [needs('canary', 'candidate')]));
    expect(none.route(user('u')).model).toBe('no');
    expect(none.route(user('u', { pins: { canary: 'candidate' } })).model).toBe('yes');
    expect(none.route(user('u', { pins: { canary: 'nowhere' } })).model).toBe('no');
  });

  test('without a unit sees the last arm under `last`, the only arm there is, or none where one is drawn', () => {
    const modelFor = (asked: Plan<string>, arm: string) => compiled(beside(asked, [needs('a', arm)])).route({}).model;
    const last = (share: number) => ramp('a', share, 'v2', 'v1', { missing: 'last' });
    for (const share of [0.5, 1]) {
      expect(modelFor(last(share), 'baseline')).toBe('yes');
      expect(modelFor(last(share), 'candidate')).toBe('no');
    }
    for (const arm of ['candidate', 'baseline']) expect(modelFor(ramp('a', 0.5), arm)).toBe('no');
    expect(modelFor(ramp('a', 1), 'candidate')).toBe('yes');
  });

  test('on a match sees the arm of the rule that matches, its name by default, or `otherwise`', () => {
    const asked = match(
      'flag',
      [
        { name: 'germany', when: { eq: ['country', 'DE'] }, plan: serve('v1'), arm: 'on' },
        { name: 'france', when: { eq: ['country', 'FR'] }, plan: serve('v1') },
      ],
      'v2',
    );
    const armOf = (country: string) =>
      ['on', 'germany', 'france', 'otherwise'].filter((arm) => {
        const { route } = compiled(beside(asked, [needs('flag', arm)]));
        return route(user('u', { country })).model === 'yes';
      });
    expect([armOf('DE'), armOf('FR'), armOf('ES')]).toEqual([['on'], ['france'], ['otherwise']]);
  });

  test('on a flag sees the percentage behind its rules, through mirrors, as an arm of the same node', () => {
    const rule = { name: 'staff', when: { eq: ['staff', true] }, plan: serve('v1'), arm: 'candidate' };
    const percentage = mirror('watch', ramp('flag', 0.5), []);
    const { route } = compiled(beside(match('flag', [rule], percentage), [needs('flag', 'candidate')]));
    const alone = compilePlan(ramp('flag', 0.5), { rng: noChance });
    for (let index = 0; index < 50; index += 1) {
      const context = user(`user-${index}`);
      expect(route(context).model).toBe(alone.route(context).model === 'v2' ? 'yes' : 'no');
      expect(route({ ...context, staff: true }).model).toBe('yes');
    }
    const other = compiled(beside(match('flag', [], ramp('another', 1)), [needs('flag', 'otherwise')]));
    expect(other.route(user('u')).model).toBe('yes');
  });

  test('on a policy sees the arm of the unit, none without one', () => {
    const asked = choose(
      'bandit',
      ['v1', 'v2'],
      (context, out) => void out.set(context['sure'] === true ? [0, 1] : [1, 0]),
    );
    const { route } = compiled(beside(asked, [needs('bandit', 'arm-v2')]));
    expect(route(user('u', { sure: true })).model).toBe('yes');
    expect(route(user('u')).model).toBe('no');
    expect(route(user('u', { pins: { bandit: 'arm-v2' } })).model).toBe('yes');
    expect(route({ sure: true }).model).toBe('no');
  });

  test('may ask for a node that itself asks for another', () => {
    const first = ramp('first', 1);
    const second = match('second', [needs('first', 'candidate', { name: 'on' })], first);
    const { route, errors } = compiled(beside(second, [needs('second', 'on')]));
    expect([route(user('u')).model, errors]).toEqual(['yes', []]);
  });

  test('on a node that is not in the plan is false, and told once', () => {
    const rules = [
      needs('gone', 'a'),
      needs('gone', 'b'),
      { ...needs('m', 'a'), when: { not: { arm: ['lost', 'on'] } } },
    ];
    const { route, errors } = compiled(match('asks', rules, mirror('m', 'no', [])));
    expect(route(user('u')).reason).toBe('targeting-match');
    expect(errors).toEqual([
      "node 'asks' asks for the arm of 'gone', which is not in the plan: taken as not given",
      "node 'asks' asks for the arm of 'lost', which is not in the plan: taken as not given",
    ]);
    expect(compiled(match('asks', [needs('m', 'a')], mirror('m', 'no', []))).errors).toHaveLength(1);
  });

  test('that goes round in a circle is false, and told once', () => {
    const self = match('self', [needs('self', 'needs self x'), needs('self', 'otherwise')], 'no');
    const { route, errors } = compiled(self);
    expect([route(user('u')).model, errors]).toEqual([
      'no',
      ["node 'self' asks for the arm of 'self', which in turn asks for this one: taken as not given"],
    ]);
  });
});

describe('prerequisiteCycle', () => {
  const a = (rules: readonly PlanRule<string>[], otherwise: Plan<string> | string) => match('a', rules, otherwise);
  const b = (rules: readonly PlanRule<string>[]) => match('b', rules, 'no');

  test('names the nodes of a circle, from one back to itself', () => {
    expect(prerequisiteCycle(a([needs('b', 'x')], b([needs('a', 'x')])))).toEqual(['a', 'b', 'a']);
    expect(prerequisiteCycle(a([needs('a', 'x')], 'no'))).toEqual(['a', 'a']);
    const three = a(
      [needs('b', 'x')],
      match('b', [needs('c', 'x')], match('c', [needs('d', 'x'), needs('b', 'x')], 'no')),
    );
    expect(prerequisiteCycle(three)).toEqual(['b', 'c', 'b']);
  });

  test('finds none where nodes ask one way, or ask twice, or for a split', () => {
    expect(
      prerequisiteCycle(a([needs('b', 'x'), needs('b', 'y'), needs('s', 'x')], b([needs('s', 'x')]))),
    ).toBeUndefined();
    expect(prerequisiteCycle(serve('v1'))).toBeUndefined();
    const shared = b([]);
    expect(prerequisiteCycle(a([needs('b', 'x', { plan: shared })], shared))).toBeUndefined();
  });

  test('sees what stands inside of and, or and not, and in any node of the name', () => {
    const when = { and: [{ or: [{ not: { arm: ['a', 'x'] } }] }] };
    expect(prerequisiteCycle(a([needs('b', 'x')], b([needs('z', 'x', { when })])))).toEqual(['a', 'b', 'a']);
    expect(prerequisiteCycle(a([], a([needs('a', 'x')], 'no')))).toEqual(['a', 'a']);
  });
});

describe('planIssues', () => {
  test('finds conditions that cannot be compiled, by node and rule, and circles', () => {
    const plan = match(
      'flag',
      [
        needs('x', 'y', { name: 'staff', when: { use: 'staff' } }),
        needs('x', 'y', { name: 'typo', when: { equals: ['a', 1] } }),
        needs('flag', 'x', { name: 'round' }),
      ],
      'no',
    );
    const issues = planIssues(plan);
    expect(issues.map(({ path }) => path)).toEqual([
      'flag: staff: condition.use',
      'flag: typo: condition.equals',
      'flag',
    ]);
    expect(issues[2]?.message).toBe('must not wait for itself (flag → flag). Take one of these prerequisites out.');
    expect(planIssues(plan, { staff: () => true })).toHaveLength(2);
    expect(planIssues(ramp('a', 0.5))).toEqual([]);
  });
});
