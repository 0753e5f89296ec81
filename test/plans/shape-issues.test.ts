import * as z from 'zod/mini';
import { describe, expect, test } from 'vitest';
import { merged, shapeIssues } from '../../src/plans/shape-issues.js';

function told(schema: z.ZodMiniType, value: unknown): readonly string[] {
  const result = schema.safeParse(value);
  const issues = result.success ? [] : shapeIssues(result.error.issues, value, 'plan');
  return issues.map(({ path, message }) => `${path}: ${message}`);
}

const circle = z.strictObject({ kind: z.literal('circle'), radius: z.number() });
const square = z.strictObject({ kind: z.literal('square'), side: z.number(), angle: z.number() });

describe('what zod says of a shape, in our words', () => {
  test.each<readonly [z.ZodMiniType, unknown, string]>([
    [z.string(), 5, 'plan: must be a text (was 5).'],
    [z.number(), 'x', "plan: must be a number (was 'x')."],
    [z.int(), 1.5, 'plan: must be a whole number (was 1.5).'],
    [z.boolean(), null, 'plan: must be true or false (was null).'],
    [z.array(z.string()), {}, 'plan: must be a list (was an object).'],
    [z.tuple([z.string()]), 1, 'plan: must be a list (was 1).'],
    [z.strictObject({}), [], 'plan: must be an object (was a list of 0).'],
    [z.record(z.string(), z.string()), 1, 'plan: must be an object (was 1).'],
    [z.literal(true), 1, 'plan: must be true (was 1).'],
    [z.enum(['a', 'b']), 'c', "plan: must be 'a' or 'b' (was 'c')."],
    [z.number().check(z.gte(3)), 2, 'plan: must be at least 3 (was 2).'],
    [z.number().check(z.gt(3)), 3, 'plan: must be over 3 (was 3).'],
    [z.number().check(z.lte(3)), 4, 'plan: must be at most 3 (was 4).'],
    [z.number().check(z.lt(3)), 3, 'plan: must be under 3 (was 3).'],
    [z.union([z.number(), z.array(z.number())]), 'x', "plan: must be a number or a list (was 'x')."],
    [z.union([z.number(), z.int()]), 'x', "plan: must be a number (was 'x')."],
  ])('%# is told', (schema, value, message) => {
    expect(told(schema, value)).toEqual([message]);
  });

  test('has the place of each, and what stands there', () => {
    const schema = z.strictObject({ 'a b': z.array(z.strictObject({ n: z.number() })) });
    expect(told(schema, { 'a b': [{ n: 1 }, { n: 'x', m: 1, o: 2 }], c: 1 })).toEqual([
      "plan.a b[1].n: must be a number (was 'x').",
      'plan.a b[1].m: is not an option.',
      'plan.a b[1].o: is not an option.',
      'plan.c: is not an option.',
    ]);
    // What an object inherits does not stand there.
    expect(told(z.strictObject({ toString: z.string() }), {})).toEqual([
      'plan.toString: must be a text (was undefined).',
    ]);
  });

  test('of several things that it may be, goes into the one that it comes nearest to', () => {
    const shape = z.union([z.string(), circle, square]);
    expect(told(shape, { kind: 'circle', radius: 'x' })).toEqual(["plan.radius: must be a number (was 'x')."]);
    expect(told(shape, { kind: 'square', side: 1, angle: 'x', more: 1 })).toEqual([
      "plan.angle: must be a number (was 'x').",
      'plan.more: is not an option.',
    ]);
    const either = z.union([z.strictObject({ a: z.number(), b: z.number() }), z.strictObject({ c: z.number() })]);
    expect(told(either, { a: 'x', b: 1 })).toEqual(["plan.a: must be a number (was 'x')."]);
    expect(told(either, { c: { deep: 1 } })).toEqual(['plan.c: must be a number (was an object).']);
    const more = z.union([z.strictObject({ a: z.number() }), z.strictObject({ a: z.number(), b: z.number() })]);
    expect(told(more, { a: 'x', b: 1 })).toEqual(["plan.a: must be a number (was 'x')."]);
    const nested = z.union([z.string(), z.discriminatedUnion('kind', [circle, square])]);
    expect(told(z.array(nested), ['x', { kind: 'circle', radius: '' }])).toEqual([
      "plan[1].radius: must be a number (was '').",
    ]);
  });

  test('and into none where it is none of them, or as near to two', () => {
    const shape = z.union([z.string(), circle]);
    expect(told(shape, { kind: 'oval' })).toHaveLength(1);
    expect(told(shape, { kind: 'oval' })[0]).toMatch(/^plan: must be a text or 'circle' \(was an object\)\.$/);
    const two = z.union([z.strictObject({ a: z.number() }), z.strictObject({ b: z.number() })]);
    expect(told(two, { c: 1 })).toHaveLength(1);
    expect(told(two, { c: 1 })[0]).toMatch(/^plan: must be /);
    const nested = z.union([z.string(), z.discriminatedUnion('kind', [circle, square])]);
    expect(told(nested, { kind: 'oval' })[0]).toMatch(/^plan: must be /);
  });
});

describe('what classes and shapes say together', () => {
  const at = (path: string) => ({ path, message: 'of the shape.' });
  const known = [{ path: 'plan.a.b', message: 'of the class.' }];

  test.each(['plan', 'plan.a', 'plan.a.b', 'plan.a.b.c', 'plan.a.b[0]'])('the class has the word at %s', (path) => {
    expect(merged(known, [at(path)])).toEqual(known);
  });

  test.each(['plan.c', 'plan.a.c', 'plan.a.bc', 'plan.a[0]', 'plan.ab'])('the shape has it at %s', (path) => {
    expect(merged(known, [at(path)])).toEqual([...known, at(path)]);
  });
});
