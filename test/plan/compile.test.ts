import { describe, expect, test } from 'vitest';
import type { Context } from '../../src/core/context.js';
import { hash32 } from '../../src/core/hash.js';
import { seededRng } from '../../src/core/rng.js';
import { compilePlan } from '../../src/plan/compile.js';
import { cutsOf, rampCuts } from '../../src/plan/cuts.js';
import type { Plan, Reason } from '../../src/plan/plan.js';
import { match, mirror, noChance, ramp, serve, split, user } from './plans.js';

const compiled = (plan: Plan<string>) => compilePlan(plan, { rng: noChance });

describe('a route', () => {
  test('of one model is static, whoever asks', () => {
    expect(compiled(serve('v1', { instance: 'i7' })).route({})).toEqual({
      model: 'v1',
      instance: 'i7',
      fallbacks: [],
      mirrors: [],
      exposures: [],
      reason: 'static',
    });
  });

  test('tells of a split its arm, epoch, unit and chance', () => {
    const { route } = compiled(ramp('canary', 0.25, 'v2', 'v1', { unit: 'tenantId', epoch: 9 }));
    const tenants = Array.from({ length: 50 }, (_, tenantId) => route({ tenantId }));
    const expected = (arm: string, propensity: number) => [
      { node: 'canary', arm, epoch: 9, propensity, unit: 'tenantId' },
    ];
    for (const { model, exposures, reason } of tenants) {
      expect(exposures).toEqual(model === 'v2' ? expected('candidate', 0.25) : expected('baseline', 0.75));
      expect(reason).toBe('split');
    }
    expect(new Set(tenants.map(({ model }) => model))).toEqual(new Set(['v1', 'v2']));
  });

  test('is one frozen object for all requests that take it, and one of those that were announced', () => {
    const { route, routes } = compiled(ramp('canary', 0.5));
    const users = Array.from({ length: 100 }, (_, index) => route(user(`user-${index}`)));
    expect(new Set(users)).toEqual(new Set(routes));
    expect(routes.map(({ model }) => model)).toEqual(['v2', 'v1']);
    expect([Object.isFrozen(routes), Object.isFrozen(compiled(serve('v1')))]).toEqual([true, true]);
  });

  test('offers the fallbacks of the nodes around it, innermost first, each once, and never its own model', () => {
    const inner = ramp('inner', 0.5, serve('v3', { fallback: 'v4' }), serve('v2', { fallback: 'v4' }), {
      fallback: 'v2',
    });
    const plan = match('rules', [], split('outer', { a: [1, inner] }, { fallback: 'v1' }), { fallback: 'v2' });
    const { routes } = compiled(plan);
    expect(routes.map(({ model, fallbacks }) => [model, fallbacks])).toEqual([
      ['v3', ['v4', 'v2', 'v1']],
      ['v2', ['v4', 'v1']],
    ]);
  });

  test('carries the mirrors on its way, `same` as its own model, without those that have no share', () => {
    const comparison = { compare: () => true };
    const inner = mirror('inner', ramp('canary', 0.5), [{ arm: 'noise', model: { same: true }, share: 0.5 }], {
      epoch: 4,
      salt: 'pepper',
      unit: 'tenantId',
      comparison,
    });
    const outer = mirror('outer', inner, [
      { arm: 'new', model: 'v9', share: 1 },
      { arm: 'none', model: 'v8', share: 0 },
      { arm: 'nothing', model: 'v7', share: Number.NaN },
    ]);
    const { routes, models } = compiled(outer);
    expect(routes.map(({ mirrors }) => mirrors)).toEqual(
      ['v2', 'v1'].map((model) => [
        { node: 'outer', arm: 'new', epoch: 1, model: 'v9', share: 1, salt: 'outer' },
        { node: 'inner', arm: 'noise', epoch: 4, model, share: 0.5, salt: 'pepper', unit: 'tenantId', comparison },
      ]),
    );
    expect(routes[0]?.mirrors[1]?.comparison).toBe(comparison);
    expect(models).toEqual(['v9', 'v8', 'v7', 'v2', 'v1']);
  });

  test('by a gate counts no exposure there, only behind it', () => {
    const test = ramp('test', 0.5);
    const { routes } = compiled(ramp('coverage', 0.5, test, 'v1', { counts: false }));
    expect(routes.map(({ exposures, reason }) => [exposures.map(({ node }) => node), reason])).toEqual([
      [['test'], 'split'],
      [['test'], 'split'],
      [[], 'split'],
    ]);
  });

  test('has the chance that the cuts give, where that is not the declared share', () => {
    const cuts = cutsOf([0.25, 0.75]);
    const declared = ramp('a', 0.3, 'v2', 'v1', { cuts });
    expect(compiled(declared).routes.map(({ exposures }) => exposures[0]?.propensity)).toEqual([0.25, 0.75]);
    // 0.3 is no whole number of hashes: what rounding takes from it is not worth telling.
    const { routes } = compiled(ramp('a', 0.3));
    expect(routes.map(({ exposures }) => exposures[0]?.propensity)).toEqual([0.3, 0.7]);
    const off = ramp('a', 0.3, 'v2', 'v1', {
      cuts: [
        { below: 1_288_490_191, arm: 0 },
        { below: 2 ** 32, arm: 1 },
      ],
    });
    expect(compiled(off).routes[0]?.exposures[0]?.propensity).toBe(1_288_490_191 / 2 ** 32);
    const byOneHash = ramp('a', 0.25 + 2 ** -32, 'v2', 'v1', { cuts: rampCuts(0.25) });
    expect(compiled(byOneHash).routes[0]?.exposures[0]?.propensity).toBe(0.25 + 2 ** -32);
    const byTwo = ramp('a', 0.25 + 2 ** -31, 'v2', 'v1', { cuts: rampCuts(0.25) });
    expect(compiled(byTwo).routes[0]?.exposures[0]?.propensity).toBe(0.25);
  });
});

describe('the reason', () => {
  const reasonOf = (plan: Plan<string>, context: Context = user('user-1'), reason?: Reason) =>
    compilePlan(plan, { rng: noChance, ...(reason === undefined ? {} : { reason }) }).route(context).reason;
  const everyone = { name: 'everyone', when: () => true };
  const nobody = { name: 'nobody', when: () => false };

  test('is `split` only where more than one arm could have been taken', () => {
    expect(reasonOf(ramp('a', 0.5))).toBe('split');
    expect(reasonOf(ramp('a', 1))).toBe('static');
    expect(reasonOf(ramp('a', 0))).toBe('static');
    expect(reasonOf(split('a', { x: [0, 'v1'], y: [1, 'v2'], z: [0, 'v3'] }))).toBe('static');
  });

  test('is `targeting-match` where a rule matched, not where none did, and `split` where both decided', () => {
    expect(reasonOf(match('m', [{ ...everyone, plan: serve('v1') }], 'v2'))).toBe('targeting-match');
    expect(reasonOf(match('m', [{ ...nobody, plan: serve('v1') }], 'v2'))).toBe('static');
    expect(reasonOf(match('m', [{ ...everyone, plan: ramp('a', 0.5) }], 'v2'))).toBe('split');
    expect(
      reasonOf(
        split('a', {
          x: [0.5, match('m', [{ ...everyone, plan: serve('v1') }], 'v2')],
          y: [0.5, match('m', [{ ...everyone, plan: serve('v1') }], 'v2')],
        }),
      ),
    ).toBe('split');
  });

  test('takes the place of `static` for a disabled or a stale plan, and of no other', () => {
    expect(reasonOf(serve('v1'), {}, 'disabled')).toBe('disabled');
    expect(reasonOf(ramp('a', 1), user('u'), 'stale')).toBe('stale');
    expect(reasonOf(ramp('a', 0.5), user('u'), 'stale')).toBe('split');
    expect(reasonOf(ramp('a', 0.5), user('u', { pins: { a: 'baseline' } }), 'stale')).toBe('pinned');
  });
});

describe('a split', () => {
  test('buckets by the hash of the unit, seeded with the hash of its salt', () => {
    const { route } = compiled(ramp('canary', 0.5, 'v2', 'v1', { salt: 'pepper' }));
    for (let index = 0; index < 100; index += 1) {
      const candidate = hash32(`user-${index}`, hash32('pepper')) < 2 ** 31;
      expect(route(user(`user-${index}`)).model).toBe(candidate ? 'v2' : 'v1');
    }
  });

  test('with one arm that has everything asks for no unit where it would draw, and counts all', () => {
    const { route } = compiled(ramp('canary', 1));
    expect([route({}).model, route({}).reason]).toEqual(['v2', 'static']);
    expect(route({}).exposures.map(({ arm, propensity }) => [arm, propensity])).toEqual([['candidate', 1]]);
    expect(compiled(ramp('canary', 0)).route({}).model).toBe('v1');
  });

  test('takes safe integers as their decimals, and nothing else that is no text', () => {
    const { route } = compiled(ramp('canary', 0.5, 'v2', 'v1', { unit: 'id', missing: 'last' }));
    for (const id of [0, 7, -3, 123_456_789]) expect(route({ id })).toBe(route({ id: String(id) }));
    for (const id of [Number.NaN, 0.5, Infinity, 2 ** 53, '', null, undefined, true, {}, [], () => 1, 7n])
      expect(route({ id }).reason).toBe('missing-unit');
  });

  test('routes hostile and huge keys like any other', () => {
    const { route } = compiled(ramp('canary', 0.5, 'v2', 'v1', { salt: '__proto__' }));
    for (const key of ['__proto__', 'constructor', '\ud800', '\u0000', 'x'.repeat(1_000_000), '🚂'.repeat(100_000)]) {
      const candidate = hash32(key, hash32('__proto__')) < 2 ** 31;
      expect(route(user(key)).model).toBe(candidate ? 'v2' : 'v1');
    }
  });
});

describe('a missing unit', () => {
  test('is drawn per request where the plan says so, with the chances of the cuts, and counted', () => {
    const { route, routes } = compilePlan(ramp('canary', 0.25), { rng: seededRng(3) });
    const taken = Array.from({ length: 10_000 }, () => route({}));
    expect(taken.every((one) => routes.includes(one))).toBe(true);
    // Five standard deviations of 10 000 draws at a quarter are 217.
    expect(Math.abs(taken.filter(({ model }) => model === 'v2').length - 2500)).toBeLessThan(217);
  });

  test('draws once per request and node, also where the walk goes on by the slower way', () => {
    let draws = 0;
    const rng = { next: () => [0.1, 0.9][draws++ % 2] as number };
    const last = split('ab', { x: [0.5, 'v3'], control: [0.5, 'v4'] }, { unit: 'tenantId' });
    const { route } = compilePlan(ramp('canary', 0.5, last, 'v1'), { rng });
    expect([route({}).model, route({}).model, draws]).toEqual(['v4', 'v1', 2]);
  });

  test('gets the last arm and counts nothing where the plan says `last`, whatever the shares', () => {
    for (const share of [0, 0.5, 1]) {
      const { route } = compiled(ramp('ab', share, 'v2', 'v1', { missing: 'last' }));
      const taken = route({ targetingKey: '' });
      expect(taken).toMatchObject({ model: 'v1', exposures: [], reason: 'missing-unit' });
      expect(route({})).toBe(taken);
      expect(route(user('u')).exposures).toHaveLength(1);
      if (share !== 0.5) expect(route(user('u')).model).toBe(share === 0 ? 'v1' : 'v2');
    }
  });

  test('at one node leaves the others as they are', () => {
    const inner = split('inner', { x: [1, 'v3'], control: [0, 'v4'] });
    const { route } = compiled(ramp('outer', 0.5, 'v2', inner, { unit: 'tenantId', missing: 'last', fallback: 'v1' }));
    expect(route(user('u'))).toMatchObject({ model: 'v3', reason: 'missing-unit', fallbacks: ['v1'] });
    expect(route(user('u')).exposures.map(({ node, arm }) => [node, arm])).toEqual([['inner', 'x']]);
  });

  test('a source of chance that gives no number falls to the last arm', () => {
    const { route } = compilePlan(ramp('canary', 0.5), { rng: { next: () => Number.NaN } });
    expect(route({}).model).toBe('v1');
  });
});

test('a context may lack everything', () => {
  const plan = match('m', [{ name: 'de', when: { eq: ['country', 'DE'] }, plan: serve('v3') }], ramp('a', 0));
  expect(compiled(plan).route(Object.create(null) as Context).model).toBe('v1');
});
