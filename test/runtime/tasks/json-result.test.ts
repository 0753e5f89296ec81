import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonResult } from '../../../src/runtime/tasks/json-result.js';

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

describe('jsonResult', () => {
  it('takes nothing for null', () => {
    expect(jsonResult(undefined)).toBe(null);
  });

  it('copies JSON as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const copy = jsonResult(value);
        expect(copy).toEqual(value);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
        if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value);
      }),
    );
  });

  it('takes hostile keys for keys', () => {
    const parsed: unknown = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}');
    expect(JSON.stringify(jsonResult(parsed))).toBe('{"__proto__":{"polluted":true},"constructor":1}');
    expect(jsonResult(Object.create(null))).toEqual({});
  });

  it.each([
    ['NaN', Number.NaN, 'result: must be JSON (was NaN).'],
    ['infinity', { a: [1, -Infinity] }, 'result.a[1]: must be JSON (was -Infinity).'],
    ['a date', { when: new Date(0) }, 'result.when: must be JSON (was an object).'],
    ['a map', new Map(), 'result: must be JSON'],
    ['a function', () => 1, 'result: must be JSON (was a function).'],
    ['a bigint', 1n, 'result: must be JSON (was 1).'],
    ['a symbol', Symbol('s'), 'result: must be JSON'],
    ['undefined within', [undefined], 'result[0]: must be JSON (was undefined).'],
    // oxlint-disable-next-line no-sparse-arrays
    ['a hole', [1, , 2], 'result[1]: must be JSON (was undefined).'],
    ['an instance of a class', new URL('https://example.org'), 'result: must be JSON (was an object).'],
  ])('refuses %s', (_, value, message) => {
    expect(() => jsonResult(value)).toThrow(message);
  });

  it('refuses what is too deep, cycles among it', () => {
    expect(() => jsonResult(nested(32))).not.toThrow();
    expect(() => jsonResult(nested(33))).toThrow('must be at most 32 levels deep');
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => jsonResult(cycle)).toThrow('must be at most 32 levels deep');
  });

  it('refuses what is too large', () => {
    expect(jsonResult(Array.from({ length: 9999 }, () => 0))).toHaveLength(9999);
    expect(() => jsonResult(Array.from({ length: 10_000 }, () => 0))).toThrow('must be at most 10000 values');
  });

  it('says no more of a path than a message can hold', () => {
    try {
      jsonResult({ ['x'.repeat(100_000)]: Number.NaN });
    } catch (error) {
      expect(String(error).length).toBeLessThan(400);
    }
  });
});
