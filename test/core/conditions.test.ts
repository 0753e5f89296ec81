import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type Condition,
  type ConditionResolver,
  compileCondition,
  type JsonCondition,
  prerequisitesOf,
} from '../../src/core/conditions.js';
import type { Context } from '../../src/core/context.js';
import { ConfigError, isTurnoutError } from '../../src/core/errors.js';

const resolver: ConditionResolver = { use: () => undefined, arm: () => () => false };
const holds = (condition: Condition, context: object) => compileCondition(condition, resolver)(context as Context);

/** A condition that the types would refuse. */
const loose = (condition: unknown) => condition as Condition;

const eu = { eq: ['region', 'eu'] } as const;

describe('and, or, not', () => {
  const a = { eq: ['a', 1] };
  const b = { eq: ['b', 1] };

  it.each([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ])('are those of logic for %i and %i', (left, right) => {
    const who = { a: left, b: right };
    expect(holds({ and: [a, b] }, who)).toBe(left === 1 && right === 1);
    expect(holds({ or: [a, b] }, who)).toBe(left === 1 || right === 1);
    expect(holds({ not: a }, who)).toBe(left !== 1);
    expect(holds({ not: { and: [a, b] } }, who)).toBe(holds({ or: [{ not: a }, { not: b }] }, who));
  });

  it('take one part as they take many', () => {
    expect(holds({ and: [a] }, { a: 1 })).toBe(true);
    expect(holds({ or: [a] }, { a: 0 })).toBe(false);
    expect(holds({ and: [a, a, b] }, { a: 1, b: 0 })).toBe(false);
    expect(holds({ or: [a, a, b] }, { a: 0, b: 1 })).toBe(true);
  });

  it('stop at the first part that decides', () => {
    const asked: string[] = [];
    const use = (name: string) => () => {
      asked.push(name);
      return name === 'yes';
    };
    const run = (condition: JsonCondition) => compileCondition(condition, { ...resolver, use })({});
    expect(run({ and: [{ use: 'no' }, { use: 'yes' }] })).toBe(false);
    expect(run({ or: [{ use: 'yes' }, { use: 'no' }] })).toBe(true);
    expect(asked).toEqual(['no', 'yes']);
  });
});

describe('use and arm', () => {
  it('ask the resolver once, when compiled, and the function at each request', () => {
    const looked: string[] = [];
    const use = (name: string) => {
      looked.push(name);
      return (context: Context) => context['staff'] === true;
    };
    const test = compileCondition({ not: { use: 'isStaff' } }, { ...resolver, use });
    expect([test({ staff: true }), test({})]).toEqual([false, true]);
    expect(looked).toEqual(['isStaff']);
  });

  it('refuse a function that the resolver does not know', () => {
    const compile = () => compileCondition({ and: [eu, { use: 'isStaf' }] }, resolver);
    expect(compile).toThrow(ConfigError);
    expect(compile).toThrow("condition.and[1].use: must be the name of a known function (was 'isStaf').");
  });

  it('leave the arm of another node to the resolver', () => {
    const arm = (node: string, name: string) => (context: Context) => context[node] === name;
    const test = compileCondition({ arm: ['ranker/checkout', 'candidate'] }, { ...resolver, arm });
    expect(test({ 'ranker/checkout': 'candidate' })).toBe(true);
    expect(test({ 'ranker/checkout': 'baseline' })).toBe(false);
  });
});

describe('a function', () => {
  it('is a condition as it is', () => {
    const test = compileCondition((context) => context['country'] === 'DE', resolver);
    expect([test({ country: 'DE' }), test({ country: 'FR' })]).toEqual([true, false]);
  });

  const failures: readonly (readonly [string, (context: Context) => boolean])[] = [
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['returns a promise', loose(async () => true) as () => boolean],
    ['returns nothing', loose(() => undefined) as () => boolean],
    ['returns something true', loose(() => 1) as () => boolean],
  ];

  it.each(failures)('that %s makes the whole condition false and is reported', (_what, broken) => {
    const errors: unknown[] = [];
    const reporting = { ...resolver, use: () => broken, onError: (error: unknown) => errors.push(error) };
    const conditions: readonly Condition[] = [
      broken,
      { use: 'broken' },
      { not: { use: 'broken' } },
      { or: [{ use: 'broken' }, eu] },
      { and: [eu, { use: 'broken' }] },
    ];
    for (const condition of conditions) expect(compileCondition(condition, reporting)({ region: 'eu' })).toBe(false);
    expect(errors).toHaveLength(conditions.length);
  });

  it('is named in what is reported of it', () => {
    const errors: unknown[] = [];
    const reporting = {
      ...resolver,
      use: () => loose(() => 1) as () => boolean,
      onError: (error: unknown) => errors.push(error),
    };
    compileCondition({ use: 'isStaff' }, reporting)({});
    compileCondition(
      loose(() => undefined),
      reporting,
    )({});
    expect(errors.every((error) => isTurnoutError(error, 'domain'))).toBe(true);
    expect(errors.map(String)).toEqual([
      "TurnoutError: condition 'isStaff': must return true or false, and at once (was 1).",
      'TurnoutError: condition: must return true or false, and at once (was undefined).',
    ]);
  });

  it('that fails needs nobody to report to', () => {
    expect(
      compileCondition(() => {
        throw new Error('boom');
      }, resolver)({}),
    ).toBe(false);
  });

  it('is not asked where another part has decided', () => {
    const use = () => () => {
      throw new Error('boom');
    };
    expect(compileCondition({ or: [eu, { use: 'broken' }] }, { ...resolver, use })({ region: 'eu' })).toBe(true);
  });
});

describe('a compiled condition', () => {
  it('survives contexts that fail to be read', () => {
    const errors: unknown[] = [];
    const test = compileCondition({ not: eu }, { ...resolver, onError: (error) => errors.push(error) });
    const trap = Object.defineProperty({}, 'region', {
      get: () => {
        throw new Error('boom');
      },
      enumerable: true,
    });
    for (const who of [trap, undefined, null]) expect(test(who as Context)).toBe(false);
    expect(errors).toHaveLength(3);
  });

  it('never throws and answers true or false, for any context', () => {
    const condition = {
      or: [{ gt: ['a', 1] }, { contains: ['a', 'x'] }, { semverGt: ['a.b', '1.0.0'] }, { not: { exists: 'b' } }],
    };
    const test = compileCondition(condition, resolver);
    fc.assert(fc.property(fc.anything(), (who) => typeof test(who as Context) === 'boolean'));
  });

  it('does not change when its source does', () => {
    const operands: [string, string[]] = ['region', ['eu']];
    const test = compileCondition({ in: operands }, resolver);
    operands[0] = 'country';
    operands[1].push('us');
    expect([test({ region: 'eu' }), test({ region: 'us' })]).toEqual([true, false]);
  });

  it('is refused with every mistake at once', () => {
    const mistakes = loose({ and: [{ eqq: ['a', 1] }, { lt: ['a', true] }, { not: 7 }] });
    expect(() => compileCondition(mistakes, resolver)).toThrow(
      [
        'condition:',
        '  condition.and[0].eqq: is not an operator. Did you mean eq?',
        '  condition.and[1].lt[1]: must be a text or a finite number (was true).',
        '  condition.and[2].not: must be a condition (was 7).',
      ].join('\n'),
    );
  });
});

describe('prerequisitesOf', () => {
  it('lists each node once, from any depth', () => {
    const condition = {
      and: [{ arm: ['a', 'x'] }, { not: { or: [{ arm: ['b', 'x'] }, { arm: ['a', 'y'] }] } }, eu],
    };
    expect(prerequisitesOf(condition)).toEqual(['a', 'b']);
  });

  it('finds none in a function or in a condition without arms', () => {
    expect(prerequisitesOf(() => true)).toEqual([]);
    expect(prerequisitesOf({ and: [eu, { use: 'f' }] })).toEqual([]);
    expect(prerequisitesOf({ eq: ['arm', 'a'] })).toEqual([]);
  });
});

describe('the types', () => {
  it('take readonly data and functions of a context', () => {
    expectTypeOf(eu).toExtend<Condition>();
    expectTypeOf<(context: Context) => boolean>().toExtend<Condition>();
    expectTypeOf<() => Promise<boolean>>().not.toExtend<Condition>();
    expectTypeOf<'eu'>().not.toExtend<Condition>();
  });
});
