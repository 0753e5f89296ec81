import { describe, expect, test } from 'vitest';
import type { Issue } from '../../src/core/errors.js';
import { seededRng } from '../../src/core/rng.js';
import { Crowd, type Population, populationCheck, strangers } from '../../src/simulate/population.js';
import { seed } from '../seed.js';

const drawn = (population: Population, n: number, tag = 'a') => {
  const crowd = new Crowd(population, seededRng(seed), tag);
  return Array.from({ length: n }, () => crowd.next());
};
const idsOf = (population: Population, n: number) => drawn(population, n).map(({ id }) => id);

describe('who makes the requests', () => {
  test('is somebody new each time, unless told otherwise', () => {
    expect(new Set(idsOf(strangers, 5000)).size).toBe(5000);
  });

  test('is one of a closed population, all alike often', () => {
    const counts = new Float64Array(10);
    for (const id of idsOf({ units: 10 }, 20_000)) counts[id] = (counts[id] ?? 0) + 1;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(4 * Math.sqrt(1800));
  });

  test.each([
    [1, 0.316],
    [3, 0.562],
  ])('with a skew of %i: the busiest tenth makes 0.1^(1/(1 + skew)) of the requests', (skew, share) => {
    const busiest = idsOf({ units: 1000, skew }, 20_000).filter((id) => id < 100).length;
    expect(busiest / 20_000).toBeCloseTo(share, 1.7);
    expect(Math.abs(busiest - 20_000 * share)).toBeLessThan(4 * Math.sqrt(20_000 * share * (1 - share)) + 10);
  });

  test('comes back with the chance that an open population has, after as many new ones as it says', () => {
    const ids = idsOf({ returning: 0.6, recentUnits: 50 }, 20_000);
    let newest = 1_000_000_000;
    const back: number[] = [];
    for (const id of ids) {
      if (id > newest) newest = id;
      else back.push(newest - id);
    }
    expect(Math.abs(back.length - 12_000)).toBeLessThan(4 * Math.sqrt(4800));
    // The floor of an exponential wait of mean 50 has mean 1 / (e^(1/50) - 1).
    const mean = back.reduce((sum, units) => sum + units, 0) / back.length;
    expect(Math.abs(mean - 1 / Math.expm1(1 / 50))).toBeLessThan((4 * 50) / Math.sqrt(12_000));
  });

  test('is nobody known for the anonymous part, who has no unit', () => {
    const people = drawn({ returning: 0, anonymous: 0.25 }, 4000);
    const unknown = people.filter(({ id }) => id === -1);
    expect(Math.abs(unknown.length - 1000)).toBeLessThan(4 * Math.sqrt(750));
    expect(unknown[0]?.context).toEqual({});
  });

  test('has a unit of the name that is asked for, apart from those of other runs', () => {
    const [{ id, context }] = drawn({ returning: 0, unit: 'tenantId' }, 1, 'run7') as [ReturnType<Crowd['next']>];
    expect(context).toEqual({ tenantId: `run7-${id}` });
    expect(drawn(strangers, 1, 'b')[0]?.context).toEqual({ targetingKey: `b-${id}` });
  });

  test('keeps its attributes, which have the weights they were given', () => {
    const attributes = { country: { DE: 3, FR: 1 }, plan: { free: 1 } };
    const people = drawn({ units: 2000, attributes }, 10_000);
    const countries = new Map<number, unknown>();
    for (const { id, context } of people) {
      expect(context['plan']).toBe('free');
      expect(countries.get(id) ?? context['country']).toBe(context['country']);
      countries.set(id, context['country']);
    }
    const german = [...countries.values()].filter((country) => country === 'DE').length;
    expect(Math.abs(german / countries.size - 0.75)).toBeLessThan(4 * Math.sqrt((0.75 * 0.25) / countries.size));
    expect(new Set(countries.values())).toEqual(new Set(['DE', 'FR']));
  });

  test('has attributes without being known', () => {
    const people = drawn({ returning: 0, anonymous: 1, attributes: { country: { DE: 1, FR: 1 } } }, 1000);
    const german = people.filter(({ context }) => context['country'] === 'DE').length;
    expect(Math.abs(german - 500)).toBeLessThan(4 * Math.sqrt(250));
  });
});

describe('a population', () => {
  test.each([
    [{ units: 1 }, []],
    [{ units: 0 }, ['at.units']],
    [{ units: 5, skew: 20 }, []],
    [{ units: 5, skew: 20.1 }, ['at.skew']],
    [{ units: 5, skew: -0.1 }, ['at.skew']],
    [{ units: 5, returning: 0.5 }, ['at.returning']],
    [{ returning: 1.5 }, ['at.returning']],
    [{ returning: 1, recentUnits: 0 }, ['at.recentUnits']],
    [{ returning: 0, anonymous: 2 }, ['at.anonymous']],
    [{ returning: 0, attributes: { country: { DE: 0 } } }, ['at.attributes.country.DE']],
    [{ returning: 0, attributes: { country: {} } }, ['at.attributes.country']],
    [{}, ['at.returning']],
    [5, ['at']],
  ])('is checked: %j', (value, paths) => {
    const issues: Issue[] = [];
    populationCheck(value, 'at', issues);
    expect(issues.map(({ path }) => path)).toEqual(paths);
  });
});
