import { describe, expect, it } from 'vitest';
import { sharesOf } from '../../../src/plan/cuts.js';
import type { Plan, Split } from '../../../src/plan/plan.js';
import { ABTest } from '../../../src/strategies/ab-test.js';
import { Canary } from '../../../src/strategies/canary.js';
import { scopeAt, promote, ab, after, walk, units, shareOf, planOf } from './cases.js';

describe('the plan of an A/B test', () => {
  it('has the control last, whichever that is, and shares in proportion to the weights', () => {
    const test = new ABTest({
      arms: { old: { weight: 6, use: 'v1' }, fresh: 'v2', wild: { weight: 1, use: 'v3' } },
      control: 'old',
    });
    const plan = test.plan(test.init(0, scopeAt()), scopeAt());
    expect(plan).toMatchObject({ op: 'split', node: 'ab', epoch: 1, salt: 'ab', missing: 'last', counts: true });
    expect(plan).toMatchObject({ fallback: 'v1' });
    const { arms, cuts } = plan as Split<string>;
    expect(arms.map(({ arm, share, plan: to }) => [arm, share, to])).toEqual([
      ['fresh', expect.closeTo(0.125, 9), { op: 'serve', model: 'v2' }],
      ['wild', expect.closeTo(0.125, 9), { op: 'serve', model: 'v3' }],
      ['old', expect.closeTo(0.75, 9), { op: 'serve', model: 'v1' }],
    ]);
    expect(sharesOf(cuts, 3)).toEqual(arms.map(({ share }) => share));
    expect('unit' in plan).toBe(false);
  });

  it('takes the first arm for the control by default, and equal weights', () => {
    const plan = planOf(ab()) as Split<string>;
    expect(plan.arms.map(({ arm, share }) => [arm, share])).toEqual([
      ['b', 0.5],
      ['a', 0.5],
    ]);
  });

  it('serves the control without an exposure to a request without a unit', () => {
    expect(walk(planOf(ab()), undefined)).toEqual({ model: 'v1', exposed: [] });
  });

  it('uses the unit and the salt that it is told, at every gate', () => {
    const test = ab({
      unit: 'tenantId',
      salt: 'pepper',
      coverage: 0.5,
      holdout: 0.1,
      layer: { name: 'l', from: 0, to: 0.5 },
    });
    const seen: [string, string, string | undefined, boolean][] = [];
    let plan: Plan<string> = planOf(test);
    while (plan.op === 'split') {
      const split: Split<string> = plan;
      seen.push([split.node, split.salt, split.unit, split.counts]);
      plan = split.arms[0]?.plan as Plan<string>;
    }
    expect(seen).toEqual([
      ['ab:holdout', 'pepper:holdout', 'tenantId', false],
      ['ab:layer', 'layer:l', 'tenantId', false],
      ['ab:coverage', 'pepper:coverage', 'tenantId', false],
      ['ab', 'pepper', 'tenantId', true],
    ]);
  });

  it('ramps its coverage without flipping anybody between the arms', () => {
    const [narrow, wide] = [planOf(ab({ coverage: 0.2 })), planOf(ab({ coverage: 0.6 }))];
    const exposedIn = (plan: Plan<string>) => units.filter((unit) => walk(plan, unit).exposed.length > 0);
    expect(exposedIn(narrow).length / units.length).toBeCloseTo(0.2, 1);
    expect(exposedIn(wide).length / units.length).toBeCloseTo(0.6, 1);
    const inside = new Set(exposedIn(narrow));
    for (const unit of inside) expect(walk(wide, unit)).toEqual(walk(narrow, unit));
    expect(units.filter((unit) => !inside.has(unit) && walk(narrow, unit).model !== 'v1')).toEqual([]);
  });

  it('gives tests of one layer disjoint units, and tests of others all of them', () => {
    const first = planOf(ab({ layer: { name: 'page', from: 0, to: 0.3 } }));
    const second = planOf(ab({ layer: { name: 'page', from: 0.3, to: 1 }, salt: 'other' }));
    const third = planOf(ab({ layer: { name: 'else', from: 0, to: 0.3 } }));
    const both = (a: Plan<string>, b: Plan<string>) =>
      units.filter((unit) => walk(a, unit).exposed.length > 0 && walk(b, unit).exposed.length > 0).length;
    expect(both(first, second)).toBe(0);
    const eitherOne = units.filter((unit) => walk(first, unit).exposed.length + walk(second, unit).exposed.length > 0);
    expect(eitherOne).toHaveLength(units.length);
    expect(both(first, third) / units.length).toBeCloseTo(0.09, 1);
  });

  it('lays a layer between others exactly at its bounds', () => {
    const gate = planOf(ab({ layer: { name: 'page', from: 0.25, to: 0.75 } })) as Split<string>;
    expect(gate.cuts).toEqual([
      { below: 2 ** 30, arm: 1 },
      { below: 3 * 2 ** 30, arm: 0 },
      { below: 2 ** 32, arm: 1 },
    ]);
    expect(gate.arms.map(({ arm, share }) => [arm, share])).toEqual([
      ['in', 0.5],
      ['out', 0.5],
    ]);
    expect(gate).not.toHaveProperty('unit');
    const held = planOf(ab({ holdout: 0.25 })) as Split<string>;
    expect(held.arms.map(({ arm, share }) => [arm, share])).toEqual([
      ['in', 0.75],
      ['out', 0.25],
    ]);
    const whole = planOf(ab({ layer: { name: 'page', from: 0, to: 1 } })) as Split<string>;
    expect(whole.cuts).toEqual([{ below: 2 ** 32, arm: 0 }]);
  });

  it('never exposes the holdout, and keeps it at the control after a promotion', () => {
    const test = ab({ holdout: 0.2 });
    const running = planOf(test);
    const held = units.filter((unit) => walk(running, unit).exposed.length === 0);
    expect(held.length / units.length).toBeCloseTo(0.2, 1);
    const promoted = planOf(test, after(test, [[promote('b')]]));
    expect(units.filter((unit) => walk(promoted, unit).model === 'v1')).toEqual(held);
    // Without a unit there is nobody to hold out: it gets what nearly everybody gets.
    expect(walk(promoted, undefined).model).toBe('v2');
    expect(walk(running, undefined).model).toBe('v1');
  });

  it('covers nobody or everybody at the ends of its options', () => {
    expect(shareOf(planOf(ab({ coverage: 0 })), 'v2')).toBe(0);
    expect(planOf(ab({ coverage: 1, holdout: 0 }))).toMatchObject({ node: 'ab', counts: true });
  });

  it('nests strategies in its arms, with salts of their own', () => {
    const test = new ABTest({ arms: { a: 'v1', b: new Canary({ baseline: 'v1', candidate: 'v2' }) } });
    const state = test.init(0, scopeAt());
    const plan = test.plan(state, scopeAt()) as Split<string>;
    expect(plan.arms[0]).toMatchObject({ arm: 'b', plan: { op: 'split', node: 'ab/b', salt: 'ab/b' } });
    expect(test.status(state, scopeAt()).children.map(({ node }) => node)).toEqual(['ab/b']);
    expect(test.models).toEqual(['v2', 'v1']);
  });
});
