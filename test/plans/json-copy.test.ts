import { describe, expect, test } from 'vitest';
import type { Issue } from '../../src/core/errors.js';
import { jsonCopy } from '../../src/plans/json-copy.js';

const copied = (value: unknown) => {
  const issues: Issue[] = [];
  return { copy: jsonCopy(value, 'plan', issues), issues: issues.map(({ path, message }) => `${path}: ${message}`) };
};

describe('a copy of JSON', () => {
  test('is equal, frozen all through, and has the keys in their order', () => {
    const value = { b: [1, { c: null }], a: 'x', t: true };
    const { copy, issues } = copied(value);
    expect(issues).toEqual([]);
    expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
    expect(
      Object.isFrozen(copy) &&
        Object.isFrozen((copy as typeof value).b) &&
        Object.isFrozen((copy as typeof value).b[1]),
    ).toBe(true);
  });

  test('leaves keys out that are undefined, and keeps objects without a prototype or of another realm', () => {
    expect(copied({ a: undefined, b: 1 }).copy).toEqual({ b: 1 });
    expect(copied(Object.assign(Object.create(null) as object, { a: 1 })).issues).toEqual([]);
  });

  test('keeps __proto__ as a key like any other', () => {
    const { copy } = copied(JSON.parse('{"__proto__": {"x": 1}}'));
    expect(Object.keys(copy as object)).toEqual(['__proto__']);
    expect((copy as { x?: number }).x).toBeUndefined();
  });

  test.each([
    [Number.POSITIVE_INFINITY, 'plan: must be JSON (was Infinity).'],
    [new Map(), 'plan: must be JSON (was an object).'],
    [1n, 'plan: must be JSON (was 1).'],
    [{ a: [Symbol.iterator] }, 'plan.a[0]: must be JSON (was Symbol(Symbol.iterator)).'],
    [Array(2), 'plan[0]: must be JSON (was undefined).'],
  ])('refuses %s', (value, message) => {
    expect(copied(value).issues[0]).toBe(message);
  });

  test('ends at 100 levels, so that a cycle does', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(copied(nested(100)).issues).toEqual([]);
    expect(copied(nested(101)).issues).toEqual([
      expect.stringMatching(/^plan(\[0\]){101}: must be JSON \(100 levels and/),
    ]);
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(copied(cycle).issues).toHaveLength(1);
  });

  test('ends at 100 000 values, and says so once', () => {
    expect(copied(Array.from({ length: 99_999 }, () => 1)).issues).toEqual([]);
    expect(copied(Array.from({ length: 100_005 }, () => 1)).issues).toHaveLength(1);
  });
});
