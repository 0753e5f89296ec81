import { describe, expect, test } from 'vitest';
import type { Context } from '../../src/core/context.js';
import { compilePlan } from '../../src/plan/compile.js';
import { maxRareRoutes } from '../../src/plan/walk.js';
import { choose, match, noChance, ramp, serve, split, user } from './plans.js';

const compiled = (plan: Parameters<typeof compilePlan<string>>[0]) => compilePlan(plan, { rng: noChance });
const withPins = (pins: unknown, rest: Context = {}): Context => ({ ...rest, pins }) as Context;

describe('a pin', () => {
  const { route } = compiled(ramp('canary', 0));

  test('forces an arm, also one without a share, and is counted apart', () => {
    expect(route(withPins({ canary: 'candidate' }, user('u')))).toEqual({
      model: 'v2',
      fallbacks: [],
      mirrors: [],
      exposures: [{ node: 'canary', arm: 'candidate', epoch: 1, propensity: 1, unit: 'targetingKey', pinned: true }],
      reason: 'pinned',
    });
  });

  test('needs no unit, whatever the plan does without one', () => {
    for (const missing of ['draw', 'last'] as const) {
      const plan = compiled(ramp('canary', 0.5, 'v2', 'v1', { missing }));
      expect(plan.route(withPins({ canary: 'candidate' })).model).toBe('v2');
    }
  });

  test('is a pin too where it names the arm that the unit has anyway', () => {
    expect(route(withPins({ canary: 'baseline' }, user('u'))).reason).toBe('pinned');
  });

  test('of a gate counts nothing, as the gate does', () => {
    const gate = compiled(ramp('gate', 0, 'v2', 'v1', { counts: false }));
    expect(gate.route(withPins({ gate: 'candidate' }))).toMatchObject({ model: 'v2', exposures: [], reason: 'pinned' });
  });

  test('gives equal requests one route, which is not the one of unpinned requests', () => {
    const pinned = route(withPins({ canary: 'baseline' }, user('a')));
    expect(route(withPins({ canary: 'baseline' }, user('b')))).toBe(pinned);
    expect(pinned).not.toBe(route(user('a')));
    expect(Object.isFrozen(pinned)).toBe(true);
  });

  test.each([
    [null],
    ['candidate'],
    [7],
    [['candidate']],
    [{}],
    [{ canary: 'nowhere' }],
    [{ canary: null }],
    [{ canary: 0 }],
    [{ canary: ['candidate'] }],
    [{ canary: { toString: () => 'candidate' } }],
    [{ canary: '__proto__' }],
    [{ other: 'candidate' }],
    [JSON.parse('{"__proto__":{"canary":"candidate"}}')],
    [Object.create({ canary: 'candidate' })],
    [new Map([['canary', 'candidate']])],
  ])('that is hostile or wrong is ignored: %j', (pins) => {
    expect(route(withPins(pins, user('u')))).toBe(route(user('u')));
  });

  test('works on nodes and arms of any name', () => {
    const plan = compiled(
      split(
        '__proto__',
        Object.fromEntries([
          ['constructor', [0, 'v2'] as const],
          ['control', [1, 'v1'] as const],
        ]),
      ),
    );
    const pins: unknown = JSON.parse('{"__proto__":"constructor"}');
    expect(plan.route(withPins(pins, user('u'))).model).toBe('v2');
  });

  test('does not win over a rule, only at the split behind it', () => {
    const rule = { name: 'staff', when: { eq: ['staff', true] }, plan: serve('v3') };
    const flag = compiled(match('flag', [rule], ramp('flag', 0.5)));
    const pins = { flag: 'candidate' };
    expect(flag.route(withPins(pins, { staff: true })).model).toBe('v3');
    expect(flag.route(withPins(pins)).model).toBe('v2');
  });

  test('wins over a policy, which is not asked then', () => {
    const plan = choose('bandit', ['v1', 'v2'], () => {
      throw new Error('was asked');
    });
    const { route: decide } = compilePlan(plan, { rng: noChance, onError: (error) => expect(error).toBe('nothing') });
    expect(decide(withPins({ bandit: 'arm-v1' }))).toMatchObject({ model: 'v1', reason: 'pinned' });
    expect(decide(withPins({ bandit: 'arm-v1' })).exposures[0]).toMatchObject({ propensity: 1, pinned: true });
  });

  test('tells apart the nodes that it was for', () => {
    const inner = (node: string) => split(node, { a: [0, 'v1'], b: [1, 'v1'] });
    const plan = compiled(split('outer', { x: [1, split('one', { a: [1, inner('two')] })] }));
    const nodes = (pins: unknown) =>
      plan.route(withPins(pins, user('u'))).exposures.map(({ arm, pinned }) => [arm, pinned]);
    expect(nodes({ one: 'a' })).toEqual([
      ['x', undefined],
      ['a', true],
      ['b', undefined],
    ]);
    expect(nodes({ two: 'b' })).toEqual([
      ['x', undefined],
      ['a', undefined],
      ['b', true],
    ]);
    expect(nodes({ one: 'a', two: 'b' })).toEqual([
      ['x', undefined],
      ['a', true],
      ['b', true],
    ]);
  });
});

test('routes of pins are kept up to a limit, and served beyond it', () => {
  // Thirteen nodes that may be pinned or not make 8192 routes to one model.
  const nodes = Array.from({ length: 13 }, (_, index) => `n${index}`);
  const plan = nodes.reduce<ReturnType<typeof split> | string>((next, node) => split(node, { a: [1, next] }), 'v1');
  const { route } = compiled(plan as ReturnType<typeof split>);
  const pinsOf = (mask: number) =>
    Object.fromEntries(nodes.flatMap((node, bit) => (mask & (1 << bit) ? [[node, 'a']] : [])));
  const first = Array.from({ length: 8191 }, (_, mask) => route(withPins(pinsOf(mask + 1), user('u'))));
  const again = Array.from({ length: 8191 }, (_, mask) => route(withPins(pinsOf(mask + 1), user('u'))));
  expect(again).toEqual(first);
  expect(again.filter((one, index) => one === first[index])).toHaveLength(maxRareRoutes);
});
