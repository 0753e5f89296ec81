import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { hash32 } from '../../src/core/hash.js';
import { seededRng } from '../../src/core/rng.js';
import { compilePlan } from '../../src/plan/compile.js';
import { locateByWeight } from '../../src/plan/place.js';
import { choose, match, noChance, ramp, serve, split, user } from './plans.js';

const models = ['v1', 'v2', 'v3'];
const byCountry = choose('bandit', models, (context, out) => {
  out.set(context['country'] === 'DE' ? [0.5, 0.25, 0.25] : [0, 0.125, 0.875]);
});

describe('a contextual choice', () => {
  test('serves the arm at the hash of the unit, with the chance that the policy gave it for this context', () => {
    const { route } = compilePlan(byCountry, { rng: noChance });
    for (let index = 0; index < 200; index += 1) {
      const at = hash32(`u${index}`, hash32('bandit')) / 2 ** 32;
      const german = route(user(`u${index}`, { country: 'DE' }));
      expect([german.model, german.exposures[0]?.propensity]).toEqual(
        at < 0.5 ? ['v1', 0.5] : at < 0.75 ? ['v2', 0.25] : ['v3', 0.25],
      );
      const other = route(user(`u${index}`));
      expect([other.model, other.exposures[0]?.propensity]).toEqual(at < 0.125 ? ['v2', 0.125] : ['v3', 0.875]);
    }
  });

  test('tells node, arm, epoch, unit and reason, and the fallbacks around it', () => {
    const plan = choose('bandit', models, (_, out) => void out.set([1, 0, 0]), {
      epoch: 4,
      unit: 'tenantId',
      fallback: 'v3',
    });
    const { route } = compilePlan(ramp('canary', 1, plan), { rng: noChance });
    const taken = route(user('u', { tenantId: 7 }));
    expect(taken).toMatchObject({ model: 'v1', fallbacks: ['v3'], reason: 'static' });
    expect(taken.exposures.at(-1)).toEqual({
      node: 'bandit',
      arm: 'arm-v1',
      epoch: 4,
      propensity: 1,
      unit: 'tenantId',
    });
    expect(Object.isFrozen(taken)).toBe(true);
  });

  test('is a split to its reason unless one arm was certain', () => {
    const certain = choose('bandit', models, (_, out) => void out.set([0, 1, 0]));
    expect(compilePlan(byCountry, { rng: noChance }).route(user('u')).reason).toBe('split');
    expect(compilePlan(certain, { rng: noChance }).route(user('u')).reason).toBe('static');
  });

  test('draws where the unit is missing', () => {
    const { route } = compilePlan(byCountry, { rng: seededRng(5) });
    const taken = Array.from({ length: 4000 }, () => route({}).model);
    // Five standard deviations of 4000 draws at an eighth are 105.
    expect(Math.abs(taken.filter((model) => model === 'v2').length - 500)).toBeLessThan(105);
    expect(taken).not.toContain('v1');
  });

  test('below a draw and below rules goes on from where the request is', () => {
    let draws = 0;
    const rng = { next: () => [0.1, 0.6][draws++ % 2] as number };
    const rule = { name: 'de', when: { eq: ['country', 'DE'] }, plan: byCountry };
    const { route } = compilePlan(ramp('canary', 0.5, match('m', [rule], 'v9'), 'v8'), { rng });
    const taken = route({ country: 'DE' });
    expect([taken.model, draws]).toEqual(['v2', 2]);
    expect(taken.exposures.map(({ node, propensity }) => [node, propensity])).toEqual([
      ['canary', 0.5],
      ['bandit', 0.25],
    ]);
  });

  test('divides by a sum that is a little off 1, so that chances are what is served', () => {
    const { route } = compilePlan(
      choose('bandit', ['v1', 'v2'], (_, out) => void out.set([0.5, 0.5 + 0.9e-6])),
      { rng: noChance },
    );
    const { exposures, model } = route(user('u'));
    expect(exposures[0]?.propensity).toBeCloseTo(model === 'v1' ? 0.5 / (1 + 0.9e-6) : 1 - 0.5 / (1 + 0.9e-6), 12);
  });

  test.each<[string, (out: Float64Array) => void]>([
    [
      'throws',
      () => {
        throw new Error('no model yet');
      },
    ],
    ['leaves a place empty', (out) => void (out[0] = 1)],
    ['gives NaN', (out) => void out.set([0.5, Number.NaN, 0.5])],
    ['gives less than nothing', (out) => void out.set([1.5, -0.5, 0])],
    ['gives too much', (out) => void out.set([0.5, 0.5, 1.1e-6])],
    ['gives too little', (out) => void out.set([0.5, 0.5 - 1.1e-6, 0])],
    ['gives infinity', (out) => void out.set([Infinity, 0, 0])],
    ['writes beyond the end', (out) => void out.set([1, 0, 0, 0])],
  ])('falls to the last arm, whose chance is then 1, if the policy %s', (_, weights) => {
    const errors: unknown[] = [];
    const plan = choose('bandit', models, (_context, out) => weights(out));
    const { route } = compilePlan(plan, { rng: noChance, onError: (error) => void errors.push(error) });
    const taken = route(user('u'));
    expect([taken.model, taken.exposures[0]?.propensity, taken.reason]).toEqual(['v3', 1, 'static']);
    expect(errors).toHaveLength(1);
    expect(isTurnoutError(errors[0], 'domain') && errors[0].message).toContain("policy of node 'bandit'");
  });

  test('starts from empty places at every request', () => {
    let calls = 0;
    const plan = choose('bandit', ['v1', 'v2'], (_, out) => {
      if (calls++ === 0) out.set([1, 0]);
      else out[0] = 1;
    });
    const { route } = compilePlan(plan, { rng: noChance });
    expect([route(user('u')).model, route(user('u')).model]).toEqual(['v1', 'v2']);
  });

  test('announces its routes with the long-run shares of its arms', () => {
    const { routes, models: reached } = compilePlan(byCountry, { rng: noChance });
    expect(routes.map(({ model, exposures }) => [model, exposures[0]?.propensity])).toEqual(
      models.map((one) => [one, 1 / 3]),
    );
    expect(reached).toEqual(models);
  });

  test('keeps the pin of a node before it', () => {
    const plan = split('outer', { x: [0, byCountry], y: [1, serve('v9')] });
    const taken = compilePlan(plan, { rng: noChance }).route(user('u', { pins: { outer: 'x' } }));
    expect(taken.reason).toBe('pinned');
    expect(taken.exposures.map(({ pinned }) => pinned)).toEqual([true, undefined]);
  });
});

describe('locateByWeight', () => {
  test('never takes an arm of weight 0, at the borders neither', () => {
    const weights = Float64Array.from([0, 0.5, 0, 0.5, 0]);
    expect([0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, Number.NaN].map((hash) => locateByWeight(weights, hash))).toEqual([
      1, 1, 3, 3, 3,
    ]);
  });

  test('gives what rounding leaves over to the last arm that weighs anything', () => {
    expect(locateByWeight(Float64Array.from([0.5, 0.4999999, 0]), 2 ** 32 - 1)).toBe(1);
  });
});
