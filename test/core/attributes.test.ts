import { describe, expect, it } from 'vitest';
import { type Condition, type ConditionResolver, compileCondition } from '../../src/core/conditions.js';
import type { Context } from '../../src/core/context.js';

const resolver: ConditionResolver = { use: () => undefined, arm: () => () => false };
const holds = (condition: Condition, context: object) => compileCondition(condition, resolver)(context as Context);

describe('exists', () => {
  it('holds for every value but null and undefined', () => {
    for (const email of ['', 'a@b', 0, false, Number.NaN, [], {}])
      expect(holds({ exists: 'email' }, { email })).toBe(true);
    for (const who of [{}, { email: undefined }, { email: null }]) expect(holds({ exists: 'email' }, who)).toBe(false);
  });
});

describe('an attribute', () => {
  const gold = { eq: ['plan.tier', 'gold'] } as const;

  it('may be a path into nested objects', () => {
    expect(holds(gold, { plan: { tier: 'gold' } })).toBe(true);
    expect(holds({ eq: ['a.b.c', 1] }, { a: { b: { c: 1 } } })).toBe(true);
    for (const who of [
      { plan: { tier: 'iron' } },
      { plan: 'gold' },
      { plan: null },
      { plan: {} },
      { tier: 'gold' },
      {},
    ])
      expect(holds(gold, who)).toBe(false);
  });

  it('is the literal key if there is one, even an undefined one', () => {
    expect(holds(gold, { 'plan.tier': 'gold', plan: { tier: 'iron' } })).toBe(true);
    expect(holds(gold, { 'plan.tier': 'iron', plan: { tier: 'gold' } })).toBe(false);
    expect(holds(gold, { 'plan.tier': undefined, plan: { tier: 'gold' } })).toBe(false);
  });

  it('is never looked for in lists and texts', () => {
    expect(holds({ exists: 'tags.0' }, { tags: ['a'] })).toBe(false);
    expect(holds({ exists: 'tags.length' }, { tags: ['a'] })).toBe(false);
    expect(holds({ exists: 'name.length' }, { name: 'a' })).toBe(false);
  });

  it('is never one that every object inherits', () => {
    for (const name of [
      '__proto__',
      'constructor',
      'toString',
      'plan.__proto__',
      'plan.constructor.name',
      '__proto__.toString',
    ])
      expect(holds({ exists: name }, { plan: {} })).toBe(false);
    expect(holds({ exists: 'a' }, Object.create({ a: 1 }))).toBe(false);
    expect(holds({ exists: 'plan.a' }, { plan: Object.create({ a: 1 }) })).toBe(false);
  });

  it('may have a hostile name that somebody put there', () => {
    expect(holds({ eq: ['__proto__', 1] }, JSON.parse('{"__proto__": 1}'))).toBe(true);
    expect(holds({ eq: ['a.__proto__', 1] }, JSON.parse('{"a": {"__proto__": 1}}'))).toBe(true);
    expect(holds({ eq: ['constructor', 1] }, { constructor: 1 })).toBe(true);
  });

  it('may be the targeting key itself', () => {
    expect(holds({ in: ['targetingKey', ['user-1', 'user-2']] }, { targetingKey: 'user-2' })).toBe(true);
  });
});
