import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { compilePlan } from '../../src/plan/compile.js';
import type { PlanRule } from '../../src/plan/plan.js';
import { match, noChance, serve } from './plans.js';

const rule = (name: string, when: PlanRule<string>['when']): PlanRule<string> => ({ name, when, plan: serve(name) });

describe('the rules of a match', () => {
  test('are tried in order, and the first that holds decides', () => {
    const { route } = compilePlan(
      match(
        'm',
        [rule('de', { eq: ['country', 'DE'] }), rule('staff', (context) => context['staff'] === true)],
        'rest',
      ),
      { rng: noChance },
    );
    expect(route({ country: 'DE', staff: true }).model).toBe('de');
    expect(route({ country: 'FR', staff: true }).model).toBe('staff');
    expect(route({ country: 'FR' }).model).toBe('rest');
  });

  test('may name functions, own ones of the record only', () => {
    const conditions = { staff: () => true };
    const routeOf = (use: string) =>
      compilePlan(match('m', [rule('yes', { use })], 'no'), { rng: noChance, conditions }).route({});
    expect(routeOf('staff').model).toBe('yes');
    for (const name of ['other', 'toString', '__proto__']) expect(routeOf(name).model).toBe('no');
  });

  test('that cannot be compiled hold for nobody and are told, by node and rule, when the plan is compiled', () => {
    const errors: unknown[] = [];
    const plan = match('m', [rule('typo', { equals: ['a', 1] }), rule('yes', () => true)], 'no');
    const { route } = compilePlan(plan, { rng: noChance, onError: (error) => void errors.push(error) });
    expect(errors).toHaveLength(1);
    expect(isTurnoutError(errors[0], 'domain') && errors[0].message).toContain("node 'm', rule 'typo': condition");
    expect(isTurnoutError((errors[0] as Error).cause, 'config')).toBe(true);
    expect(route({}).model).toBe('yes');
  });

  test('that throw do not match and are told, at each request', () => {
    const errors: unknown[] = [];
    const thrown = new Error('no such table');
    const plan = match(
      'm',
      [
        rule('bad', () => {
          throw thrown;
        }),
      ],
      'no',
    );
    const { route } = compilePlan(plan, { rng: noChance, onError: (error) => void errors.push(error) });
    expect(errors).toEqual([]);
    expect([route({}).model, route({}).model]).toEqual(['no', 'no']);
    expect(errors).toHaveLength(2);
    expect((errors[0] as Error).message).toBe("node 'm', rule 'bad': no such table");
    expect((errors[0] as Error).cause).toBe(thrown);
  });

  test('that throw hurt no request, though whoever is told throws too, or nobody is told', () => {
    const plan = match(
      'm',
      [
        rule('bad', () => {
          throw new Error('a');
        }),
      ],
      'no',
    );
    const onError = () => {
      throw new Error('b');
    };
    expect(compilePlan(plan, { rng: noChance, onError }).route({}).model).toBe('no');
    expect(compilePlan(plan, { rng: noChance }).route({}).model).toBe('no');
  });
});
