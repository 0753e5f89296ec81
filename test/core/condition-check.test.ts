import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Condition,
  type ConditionResolver,
  compileCondition,
  conditionCheck,
  type JsonCondition,
} from '../../src/core/conditions.js';
import { ConfigError, type Issue } from '../../src/core/errors.js';

const resolver: ConditionResolver = { use: () => () => true, arm: () => () => false };

function messages(condition: unknown): readonly string[] {
  const issues: Issue[] = [];
  conditionCheck(condition, 'when', issues);
  return issues.map(({ path, message }) => `${path}: ${message}`);
}

/** A condition that the types would refuse. */
const loose = (condition: unknown) => condition as Condition;

const eu = { eq: ['region', 'eu'] } as const;

const known =
  'ne, eq, in, notIn, lt, lte, gt, gte, startsWith, endsWith, contains, ' +
  'semverEq, semverLt, semverLte, semverGt, semverGte, and, or, not, exists, use, arm';

describe('conditionCheck', () => {
  it('passes functions and every operator', () => {
    expect(messages(() => true)).toEqual([]);
    const everyOperator = [
      { eq: ['a', 1] },
      { ne: ['a', null] },
      { in: ['a', [1, 'x']] },
      { notIn: ['a', []] },
      { lt: ['a', 1] },
      { lte: ['a', 'x'] },
      { gt: ['a', 1] },
      { gte: ['a', 1] },
      { startsWith: ['a', 'x'] },
      { endsWith: ['a', 'x'] },
      { contains: ['a', 1] },
      { semverEq: ['a', '1.0.0'] },
      { semverLt: ['a', '1.0.0'] },
      { semverLte: ['a', '1.0.0'] },
      { semverGt: ['a', '1.0.0'] },
      { semverGte: ['a', 'v1.0.0'] },
      { exists: 'a' },
      { not: { use: 'f' } },
      { arm: ['n', 'x'] },
      { or: [{ and: [eu] }] },
    ];
    expect(messages({ and: everyOperator })).toEqual([]);
  });

  it.each<[condition: unknown, message: string]>([
    [undefined, 'when: must be a condition (was undefined).'],
    [null, 'when: must be a condition (was null).'],
    ['eu', "when: must be a condition (was 'eu')."],
    [[eu], 'when: must be a condition (was a list of 1).'],
    [{}, 'when: must have exactly one operator (was none). Combine with { and: [...] }.'],
    [{ eq: ['a', 1], lt: ['b', 2] }, 'when: must have exactly one operator (was eq, lt). Combine with { and: [...] }.'],
    [{ neq: ['a', 1] }, 'when.neq: is not an operator. Did you mean ne?'],
    [{ semverGT: ['a', '1.0.0'] }, 'when.semverGT: is not an operator. Did you mean semverGt?'],
    [{ nott: eu }, 'when.nott: is not an operator. Did you mean not?'],
    [{ constructor: ['a', 1] }, `when.constructor: is not an operator. Known are ${known}.`],
    [{ eq: 'a' }, "when.eq: must be [attribute, value] (was 'a')."],
    [{ eq: ['a'] }, 'when.eq: must be [attribute, value] (was a list of 1).'],
    [{ eq: ['a', 1, 2] }, 'when.eq: must be [attribute, value] (was a list of 3).'],
    [{ eq: ['', 1] }, "when.eq[0]: must be the name of an attribute (was '')."],
    [{ eq: [7, 1] }, 'when.eq[0]: must be the name of an attribute (was 7).'],
    [{ eq: ['a', Number.NaN] }, 'when.eq[1]: must be a text, a finite number, true, false or null (was NaN).'],
    [{ ne: ['a', undefined] }, 'when.ne[1]: must be a text, a finite number, true, false or null (was undefined).'],
    [{ eq: ['a', ['b']] }, 'when.eq[1]: must be a text, a finite number, true, false or null (was a list of 1).'],
    [
      { in: ['a', 'DE'] },
      "when.in[1]: must be a list of items, each a text, a finite number, true, false or null (was 'DE').",
    ],
    [
      { notIn: ['a', [1, {}]] },
      'when.notIn[1]: must be a list of items, each a text, a finite number, true, false or null (was a list of 2).',
    ],
    [
      { in: ['a', [Number.POSITIVE_INFINITY]] },
      'when.in[1]: must be a list of items, each a text, a finite number, true, false or null (was a list of 1).',
    ],
    [{ gte: ['a', null] }, 'when.gte[1]: must be a text or a finite number (was null).'],
    [{ gt: ['a', Number.NaN] }, 'when.gt[1]: must be a text or a finite number (was NaN).'],
    [{ startsWith: ['a', ''] }, "when.startsWith[1]: must be a text that is not empty (was '')."],
    [{ endsWith: ['a', 1] }, 'when.endsWith[1]: must be a text that is not empty (was 1).'],
    [
      { contains: ['a', ''] },
      "when.contains[1]: must be a text, a finite number, true, false or null, but not '' (was '').",
    ],
    [
      { contains: ['a', ['b']] },
      "when.contains[1]: must be a text, a finite number, true, false or null, but not '' (was a list of 1).",
    ],
    [{ semverEq: ['a', '1.2'] }, "when.semverEq[1]: must be a version such as '1.4.0' or '2.0.0-rc.1' (was '1.2')."],
    [{ semverLt: ['a', 2] }, "when.semverLt[1]: must be a version such as '1.4.0' or '2.0.0-rc.1' (was 2)."],
    [{ exists: '' }, "when.exists: must be the name of an attribute (was '')."],
    [{ exists: ['a'] }, 'when.exists: must be the name of an attribute (was a list of 1).'],
    [{ and: [] }, 'when.and: must be a list of conditions (was a list of 0).'],
    [{ or: eu }, 'when.or: must be a list of conditions (was an object).'],
    [{ or: [eu, 7] }, 'when.or[1]: must be a condition (was 7).'],
    [{ not: [eu] }, 'when.not: must be a condition (was a list of 1).'],
    [{ not: () => true }, 'when.not: must be data here. Give the function a name: { use: name }.'],
    [{ use: '' }, "when.use: must be the name of a known function (was '')."],
    [{ use: 7 }, 'when.use: must be the name of a known function (was 7).'],
    [{ arm: ['n'] }, 'when.arm: must be [node, arm] (was a list of 1).'],
    [{ arm: ['', 'a'] }, 'when.arm: must be [node, arm] (was a list of 2).'],
    [{ arm: ['n', 1] }, 'when.arm: must be [node, arm] (was a list of 2).'],
  ])('says of %j what is wrong', (condition, message) => {
    expect(messages(condition)).toEqual([message]);
  });

  it('says both what is wrong with the attribute and with the value', () => {
    expect(messages({ lt: ['', null] })).toEqual([
      'when.lt[1]: must be a text or a finite number (was null).',
      "when.lt[0]: must be the name of an attribute (was '').",
    ]);
  });

  it('shows no more than five of too many operators', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, 1]));
    expect(messages(many)).toEqual([
      'when: must have exactly one operator (was k0, k1, k2, k3, k4). Combine with { and: [...] }.',
    ]);
  });

  it('refuses a hole in a list, which a missing attribute would equal', () => {
    const holed = ['DE', 'FR'];
    delete holed[0];
    expect(messages({ in: ['a', holed] })).toHaveLength(1);
    expect(messages({ and: holed })).toHaveLength(2);
  });

  const nested = (depth: number): JsonCondition => (depth === 1 ? eu : { not: nested(depth - 1) });

  it('allows 32 levels, no more', () => {
    expect(messages(nested(32))).toEqual([]);
    expect(messages(nested(33))).toEqual([`when${'.not'.repeat(32)}: must be nested at most 32 deep.`]);
    const lists = { and: [nested(31)] };
    expect(messages(lists)).toEqual([]);
    expect(messages({ or: [lists] })).toEqual([
      `when.or[0].and[0]${'.not'.repeat(30)}: must be nested at most 32 deep.`,
    ]);
  });

  it('ends on a condition that contains itself', () => {
    const self: Record<string, unknown> = {};
    self['not'] = self;
    expect(messages(self)).toHaveLength(1);
  });

  it('allows 10 000 operators and list items, no more, and says so once', () => {
    const items = (count: number) => Array.from({ length: count }, (_, index) => index);
    const tooMuch = 'must end here: 10000 operators and list items are the most.';
    expect(messages({ in: ['a', items(9999)] })).toEqual([]);
    expect(messages({ in: ['a', items(10_000)] })).toEqual([`when.in[1]: ${tooMuch}`]);
    expect(messages({ and: items(9999).map(() => eu) })).toEqual([]);
    expect(messages({ and: items(10_000).map(() => eu) })).toEqual([`when.and[9999]: ${tooMuch}`]);
    expect(messages({ and: [{ in: ['a', items(10_000)] }, eu, eu, 7] })).toEqual([`when.and[0].in[1]: ${tooMuch}`]);
  });

  it('compiles the largest condition it allows to one that holds', () => {
    const items = Array.from({ length: 9999 }, (_, index) => index);
    expect(compileCondition({ in: ['a', items] }, resolver)({ a: 9998 })).toBe(true);
    expect(compileCondition({ and: items.map(() => eu) }, resolver)({ region: 'eu' })).toBe(true);
  });

  it('ends soon on a small object that stands for a huge one', () => {
    let shared: JsonCondition = eu;
    for (let level = 0; level < 31; level += 1) shared = { and: [shared, shared] };
    expect(messages(shared)).toHaveLength(1);
  });

  it('never throws, whatever it is given', () => {
    const anyCondition = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.anything(),
        fc.dictionary(
          fc.constantFrom('and', 'or', 'not', 'eq', 'in', 'use', 'arm', 'exists', '__proto__'),
          tie('value'),
          { maxKeys: 1 },
        ),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(anyCondition, (value) => {
        const refused = messages(value).length > 0;
        let thrown: unknown;
        try {
          compileCondition(loose(value), resolver);
        } catch (error) {
          thrown = error;
        }
        expect(thrown instanceof ConfigError).toBe(refused);
      }),
      { numRuns: 1000 },
    );
  });
});
