import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Condition, compileCondition, type ConditionResolver } from '../../src/core/conditions.js';
import type { Context } from '../../src/core/context.js';
import type { Json } from '../../src/core/json.js';

const resolver: ConditionResolver = { use: () => undefined, arm: () => () => false };
const holds = (condition: Condition, context: object) => compileCondition(condition, resolver)(context as Context);

describe('the comparisons', () => {
  const inf = Number.POSITIVE_INFINITY;
  const nan = Number.NaN;
  // Of each operator: its operand, what of the attribute `a` makes it hold, and what does not.
  it.each<[operator: string, operand: Json, holding: readonly unknown[], failing: readonly unknown[]]>([
    ['eq', 'DE', ['DE'], ['de', 'DE ', '', ['DE'], null, undefined, { toString: () => 'DE' }]],
    ['eq', 3, [3], ['3', 3.1, [3], 3n, nan, null, undefined]],
    ['eq', 0, [0, -0], ['', '0', false, null, nan, undefined]],
    ['eq', true, [true], [1, 'true', false, undefined]],
    ['eq', null, [null], [0, '', false, undefined]],
    ['ne', 'DE', ['de', '', 3, null, undefined, ['DE'], nan], ['DE']],
    ['ne', null, [0, undefined], [null]],
    ['in', ['DE', 3, null], ['DE', 3, null], ['FR', '3', ['DE'], ['DE', 3, null], nan, undefined]],
    ['in', [], [], ['DE', null, undefined, '']],
    ['notIn', ['DE', 3, null], ['FR', '3', undefined, nan, ['DE']], ['DE', 3, null]],
    ['notIn', [], ['DE', undefined], []],
    ['lt', 5, [4.9, -inf, 0], [5, 5.1, '4', nan, null, undefined, true, 4n, new Date(0)]],
    ['lte', 5, [4.9, 5], [5.1, inf, '5', nan, null, undefined]],
    ['gt', 5, [5.1, inf], [5, 4.9, '6', nan, null, undefined, [6]]],
    ['gte', 5, [5, 5.1], [4.9, '5', nan, null, undefined]],
    ['lt', 'b', ['a', '', 'B', 'aa'], ['b', 'ba', 1, null, undefined]],
    ['lte', 'b', ['a', 'b'], ['ba', 'c', 1, undefined]],
    ['gt', 'b', ['ba', 'c', 'é'], ['b', 'a', 'B', 9, undefined]],
    ['gte', 'b', ['b', 'ba'], ['a', '', 9, undefined]],
    ['gt', '10', ['9', '100'], ['1', '10', 11]],
    ['gt', '\uffff', [], ['\ud83d\ude00']],
    ['startsWith', 'ab', ['ab', 'abc'], ['a', 'cab', 'AB', '', ['ab'], 1, null, undefined]],
    ['endsWith', 'ab', ['ab', 'cab'], ['b', 'abc', 'AB', '', ['ab'], 1, null, undefined]],
    [
      'contains',
      'ab',
      ['ab', 'xabx', ['ab', 'c'], ['c', 'ab']],
      ['a', 'AB', ['abc'], [], [['ab']], 1, null, undefined, { ab: 1 }],
    ],
    ['contains', 3, [[1, 3]], ['3', '123', 3, [1, '3'], undefined]],
    ['contains', null, [[null]], ['null', null, [undefined], undefined]],
    ['contains', false, [[false]], ['false', [0, '']]],
    ['semverEq', '1.2.0', ['1.2.0', 'v1.2.0', '1.2.0+b'], ['1.2', '1.2.0-a', '1.2.1', 1.2, ['1.2.0'], null, undefined]],
    ['semverLt', '1.10.0', ['1.9.0', '1.10.0-rc.1'], ['1.10.0', '1.11.0', '1.9', 1, undefined]],
    ['semverLte', '1.10.0', ['1.9.0', '1.10.0'], ['1.10.1', '1.9', undefined]],
    ['semverGt', '1.10.0', ['1.10.1', '2.0.0-a'], ['1.10.0', '1.9.0', '2', 2, undefined]],
    ['semverGte', '1.10.0', ['1.10.0', '1.10.1'], ['1.10.0-rc.1', '1.9.0', '2', undefined]],
  ])('%s %j', (operator, operand, holding, failing) => {
    const test = compileCondition({ [operator]: ['a', operand] }, resolver);
    for (const a of holding) expect([a, test({ a })]).toEqual([a, true]);
    for (const a of failing) expect([a, test({ a })]).toEqual([a, false]);
    expect(test({})).toBe(test({ a: undefined }));
  });

  it('agree: ne is not eq and notIn is not in, for every value and for a missing one', () => {
    const scalar = fc.oneof(
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    );
    const context = fc.oneof(fc.record({ a: fc.oneof(scalar, fc.anything()) }), fc.constant({}));
    fc.assert(
      fc.property(fc.array(scalar), context, (operands, who) => {
        expect(holds({ notIn: ['a', operands] }, who)).toBe(!holds({ in: ['a', operands] }, who));
        for (const operand of operands) {
          expect(holds({ ne: ['a', operand] }, who)).toBe(!holds({ eq: ['a', operand] }, who));
          expect(holds({ in: ['a', [operand]] }, who)).toBe(holds({ eq: ['a', operand] }, who));
        }
      }),
    );
  });

  it('order numbers and texts as one and only one of lt, eq, gt', () => {
    const pair = fc.oneof(fc.tuple(fc.integer(), fc.integer()), fc.tuple(fc.string(), fc.string()));
    fc.assert(
      fc.property(pair, ([a, operand]) => {
        const is = (operator: string) => holds({ [operator]: ['a', operand] }, { a });
        expect([is('lt'), is('eq'), is('gt')].filter(Boolean)).toHaveLength(1);
        expect(is('lte')).toBe(!is('gt'));
        expect(is('gte')).toBe(!is('lt'));
      }),
    );
  });

  it('order numbers that are closer than their difference seems', () => {
    expect(holds({ lt: ['a', 5e-324] }, { a: 0 })).toBe(true);
    expect(holds({ gt: ['a', -1.7e308] }, { a: 1.7e308 })).toBe(true);
  });
});
