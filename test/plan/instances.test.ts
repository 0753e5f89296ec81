import { describe, expect, test } from 'vitest';
import type { Context } from '../../src/core/context.js';
import { seededRng } from '../../src/core/rng.js';
import { compilePlan } from '../../src/plan/compile.js';
import { countedNodes } from '../../src/plan/counted-nodes.js';
import { explainPlan } from '../../src/plan/explain.js';
import { explanationText } from '../../src/plan/explanation-text.js';
import type { Plan, PlanInstance, Split } from '../../src/plan/plan.js';
import { reachableModels } from '../../src/plan/reachable.js';
import { planMistake } from '../../src/testing/plan-facts.js';
import { match, noChance, ramp, serve, user } from './plans.js';

const three: readonly PlanInstance[] = [
  { instance: 'a', arm: 1 },
  { instance: 'b', arm: 0 },
  { instance: 'c', arm: 1 },
];

function placed(instances: readonly PlanInstance[], more: Partial<Split<string>> = {}): Split<string> {
  const of = (index: number) => instances.filter(({ arm }) => arm === index).length / Math.max(1, instances.length);
  return {
    op: 'split',
    node: 'fleet',
    epoch: 4,
    salt: 'fleet',
    arms: [
      { arm: 'to', share: of(0), plan: serve('v2') },
      { arm: 'from', share: of(1), plan: serve('v1') },
    ],
    cuts: [],
    missing: 'draw',
    counts: true,
    instances,
    ...more,
  };
}

const users = Array.from({ length: 600 }, (_, index) => user(`user-${index}`));
const routeOf = (plan: Plan<string>, rng = noChance) => compilePlan(plan, { rng }).route;
const versions = { a: 'v1', b: 'v2', c: 'v1' } as const;

describe('a split over instances', () => {
  test('sends a unit to one instance, which gives the model, and counts the exposure by arm', () => {
    const route = routeOf(placed(three));
    const seen = new Set<string>();
    for (const context of users) {
      const { instance, model, exposures, reason } = route(context);
      seen.add(instance as string);
      expect(model).toBe(versions[instance as 'a']);
      const isNew = model === 'v2';
      expect(exposures).toEqual([
        {
          node: 'fleet',
          arm: isNew ? 'to' : 'from',
          epoch: 4,
          propensity: isNew ? 1 / 3 : 2 / 3,
          unit: 'targetingKey',
        },
      ]);
      expect(reason).toBe('split');
      expect(route(context)).toBe(route(context));
    }
    expect([...seen].sort()).toEqual(['a', 'b', 'c']);
  });

  test('keeps every unit on its instance when another leaves, whichever arm the instances serve', () => {
    const before = routeOf(placed(three));
    const after = routeOf(
      placed([
        { instance: 'c', arm: 0 },
        { instance: 'a', arm: 1 },
      ]),
    );
    for (const context of users) {
      const { instance } = before(context);
      if (instance !== 'b') expect(after(context).instance).toBe(instance);
    }
  });

  test('draws an instance for a request without a unit, equally', () => {
    const route = routeOf(placed(three), seededRng(3));
    const counts = { a: 0, b: 0, c: 0 };
    for (let index = 0; index < 3000; index += 1) counts[route({}).instance as 'a'] += 1;
    for (const count of Object.values(counts)) expect(Math.abs(count - 1000)).toBeLessThan(120);
    expect(route({}).exposures).toHaveLength(1);
  });

  test('draws it where a missing unit counts for the control elsewhere: an instance is needed all the same', () => {
    const route = routeOf(placed(three, { missing: 'last' }), seededRng(3));
    expect(new Set(Array.from({ length: 50 }, () => route({}).instance)).size).toBe(3);
    expect(route(user('u')).instance).toBe(routeOf(placed(three))(user('u')).instance);
  });

  test('hashes nothing for a single instance', () => {
    const { exposures, reason, instance } = routeOf(placed([{ instance: 'a', arm: 0 }]))({});
    expect([instance, reason, exposures[0]?.propensity]).toEqual(['a', 'static', 1]);
  });

  test('gives the instance to whatever is nested, and the innermost instance wins', () => {
    const inner = ramp('fleet/from', 0.5, 'x', 'y');
    const nested = placed([{ instance: 'a', arm: 1 }]);
    const arms = [nested.arms[0] as Split<string>['arms'][number], { arm: 'from', share: 1, plan: inner }];
    const route = routeOf({ ...nested, arms });
    expect(new Set(users.map((context) => route(context).model))).toEqual(new Set(['x', 'y']));
    expect(route(user('u')).instance).toBe('a');
    const leaf = {
      ...nested,
      arms: [
        { arm: 'to', share: 0, plan: serve('v2') },
        { arm: 'from', share: 1, plan: serve('v1', { instance: 'z' }) },
      ],
    };
    expect(routeOf(leaf)(user('u')).instance).toBe('z');
  });

  test('honours a pin on an arm by an instance that serves it, by the same hash, and ignores one that none serves', () => {
    const route = routeOf(placed(three), seededRng(1));
    const pin = (context: Context, arm: string): Context => ({ ...context, pins: { fleet: arm } });
    const pinnedTo = new Set<string>();
    for (const context of users) {
      const { instance, model, reason, exposures } = route(pin(context, 'from'));
      expect([model, reason, exposures[0]?.pinned, exposures[0]?.arm]).toEqual(['v1', 'pinned', true, 'from']);
      pinnedTo.add(instance as string);
      const own = route(context);
      if (own.model === 'v1') expect(instance).toBe(own.instance);
    }
    expect(pinnedTo).toEqual(new Set(['a', 'c']));
    expect(route(pin({}, 'from')).model).toBe('v1');
    const onlyOld = routeOf(placed([{ instance: 'a', arm: 1 }]));
    expect(onlyOld(pin(user('u'), 'to'))).toMatchObject({ model: 'v1', reason: 'static' });
  });

  test('lets a prerequisite ask for the arm of the instance', () => {
    const plan = match(
      'gate',
      [{ name: 'new', when: { arm: ['fleet', 'to'] }, plan: serve('special') }],
      placed(three),
    );
    const route = routeOf(plan);
    for (const context of users.slice(0, 100)) {
      const arm = routeOf(placed(three))(context).exposures[0]?.arm;
      expect(route(context).model === 'special').toBe(arm === 'to');
    }
  });

  test('leaves out an instance of an arm that does not exist, and without instances falls to the last arm', () => {
    expect(
      routeOf(
        placed(
          [
            { instance: 'a', arm: 2 },
            { instance: 'b', arm: 0 },
          ].slice(0, 1),
        ),
      )(user('u')),
    ).toMatchObject({
      model: 'v1',
    });
    expect(routeOf(placed([]))(user('u'))).toMatchObject({ model: 'v1' });
    expect(routeOf(placed([]))(user('u')).instance).toBeUndefined();
  });

  test('is a route for each instance, and at most 4096 of them', () => {
    expect(compilePlan(placed(three), { rng: noChance }).routes.map(({ instance }) => instance)).toEqual([
      'a',
      'b',
      'c',
    ]);
    const many = (count: number) => Array.from({ length: count }, (_, index) => ({ instance: `i${index}`, arm: 1 }));
    expect(() => compilePlan(placed(many(4096)), { rng: noChance })).not.toThrow();
    expect(() => compilePlan(placed(many(4097)), { rng: noChance })).toThrow('was 4097: 4097 branches');
  });

  test('explains the instance, and among how many', () => {
    const explain = (plan: Plan<string>, context: Context) => explainPlan(plan, context, { rng: noChance });
    const explanation = explain(placed(three), user('user-1'));
    const { instance } = routeOf(placed(three))(user('user-1'));
    expect(explanation.steps[0]).toMatchObject({ instance, instances: ['a', 'b', 'c'], by: 'hash' });
    expect(explanation.steps[0]).toMatchObject({
      shares: [
        { arm: 'to', share: 1 / 3 },
        { arm: 'from', share: 2 / 3 },
      ],
    });
    expect(explanation.steps[0]).not.toHaveProperty('range');
    expect(explanationText(explanation)).toContain(`on instance ${instance}, with `);
    expect(explanationText(explanation)).toContain(', the highest of 3 instances');
  });
});

describe('a split in a process that is one of the instances', () => {
  const here = (instance: string, counts = true) => placed(three, { here: instance, counts });

  test('serves its own arm to everybody, and counts by the share that the arm has in the fleet', () => {
    const route = routeOf(here('b'));
    for (const context of [...users.slice(0, 20), {}]) {
      expect(route(context)).toMatchObject({ model: 'v2', instance: 'b', reason: 'static' });
      expect(route(context).exposures).toMatchObject([{ arm: 'to', propensity: 1 / 3 }]);
    }
    expect(routeOf(here('b', false))(user('u')).exposures).toEqual([]);
    expect(countedNodes(here('b'))).toEqual(countedNodes(placed(three)));
  });

  test('reaches the model of its own arm alone, so that no other is loaded', () => {
    expect(reachableModels(here('b'))).toEqual(['v2']);
    expect(reachableModels(here('a'))).toEqual(['v1']);
    expect(reachableModels(placed(three))).toEqual(['v2', 'v1']);
  });

  test('ignores a pin on an arm that is not here', () => {
    const route = routeOf(here('b'));
    expect(route({ targetingKey: 'u', pins: { fleet: 'from' } })).toMatchObject({ model: 'v2', reason: 'static' });
    expect(route({ targetingKey: 'u', pins: { fleet: 'to' } })).toMatchObject({ model: 'v2', reason: 'pinned' });
  });

  test('explains that the request is here already', () => {
    const explanation = explainPlan(here('a'), user('u'), { rng: noChance });
    expect(explanation.steps[0]).toMatchObject({ by: 'here', arm: 'from', instance: 'a' });
    expect(explanationText(explanation)).toContain('arm from on instance a, which is this process');
  });

  test('falls to the last arm where it is none of the instances', () => {
    expect(routeOf(here('z'))(user('u'))).toMatchObject({ model: 'v1' });
    expect(new Set(reachableModels(here('z')))).toEqual(new Set(['v1', 'v2']));
  });
});

describe('the laws of plans', () => {
  test('refuse instances that do not fit the arms', () => {
    expect(planMistake(placed(three))).toBeUndefined();
    expect(planMistake(placed(three, { here: 'a' }))).toBeUndefined();
    expect(planMistake(placed(three, { here: 'z' }))).toBe('fleet: this process, z, is none of its instances');
    expect(planMistake({ ...placed(three), instances: [] })).toBe('fleet: places units on no instance');
    expect(planMistake({ ...placed(three), instances: [...three, { instance: 'a', arm: 1 }] })).toBe(
      'fleet: has an instance twice: a, b, c, a',
    );
    expect(planMistake({ ...placed(three), instances: [{ instance: 'a', arm: 2 }] })).toBe(
      'fleet: instance a serves arm 2 of 2',
    );
    expect(planMistake({ ...placed(three), instances: three.slice(0, 2) })).toBe(
      'fleet: the instances give to 0.5, its share is 0.3333333333333333',
    );
  });
});
