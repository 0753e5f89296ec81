import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, isObject, type Json, own, recordOf } from '../../src/core/json.js';

const anyJson = fc.jsonValue().map((value) => value as Json);

/** The same value with every object's keys in the opposite order. */
function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (!isObject(value)) return value;
  return recordOf(
    Object.entries(value as Record<string, Json>)
      .reverse()
      .map(([key, item]) => [key, reversed(item)] as const),
  );
}

/** Without the null prototypes that fast-check makes. */
const plain = (value: Json): unknown => JSON.parse(JSON.stringify(value));

describe('isObject', () => {
  it('is true for objects, whatever their prototype', () => {
    for (const value of [{}, Object.create(null), new Date(0), new Map()]) expect(isObject(value)).toBe(true);
  });

  it('is false for null, lists, functions and scalars', () => {
    for (const value of [null, undefined, [], () => 1, 'a', 1, true, 1n, Symbol('a')])
      expect(isObject(value)).toBe(false);
  });
});

describe('own', () => {
  it('finds what was put there and nothing that is inherited', () => {
    expect(own({ a: 1 }, 'a')).toBe(1);
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'b'])
      expect(own({ a: 1 }, name)).toBeUndefined();
  });

  it('finds a hostile name that was put there as data', () => {
    expect(own(JSON.parse('{"__proto__": 1, "constructor": 2}'), '__proto__')).toBe(1);
    expect(own({ hasOwnProperty: 3 }, 'hasOwnProperty')).toBe(3);
  });

  it('reads an object that has no prototype', () => {
    expect(own(Object.assign(Object.create(null), { a: 1 }), 'a')).toBe(1);
  });
});

describe('recordOf', () => {
  it('keeps every key as data, __proto__ included, and touches no prototype', () => {
    const record = recordOf([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
    expect(Object.keys(record)).toEqual(['__proto__', 'constructor']);
    expect(own(record, '__proto__')).toBe(1);
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
    expect(Object.hasOwn({}, 'constructor')).toBe(false);
  });
});

describe('canonicalJson', () => {
  it('writes keys in the order of their code units, at every depth, without spaces', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true, B: 2 })).toBe(
      '{"B":2,"a":true,"b":[1,{"c":"x","d":null}]}',
    );
  });

  it('keeps the order of a list and escapes as JSON does', () => {
    expect(canonicalJson([3, 1, 2])).toBe('[3,1,2]');
    expect(canonicalJson({ 'a"\n': 'é"\n' })).toBe('{"a\\"\\n":"é\\"\\n"}');
    expect(canonicalJson([])).toBe('[]');
    expect(canonicalJson({})).toBe('{}');
  });

  it('is the same text in any order of keys, and is the value when read', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('is the same text before and after a round trip, with keys left out as undefined too', () => {
    const value = { a: 1, b: undefined as unknown as Json, c: [{ d: undefined as unknown as Json }] };
    expect(canonicalJson(value)).toBe('{"a":1,"c":[{}]}');
    expect(canonicalJson(JSON.parse(JSON.stringify(value)))).toBe(canonicalJson(value));
  });

  it('is equal for equal values and for no others', () => {
    const few = fc.constantFrom<Json>(
      0,
      1,
      '1',
      null,
      true,
      [],
      {},
      [1],
      { a: 1 },
      { a: 1, b: 0 },
      { b: 0, a: 1 },
      'null',
    );
    const nested = fc.oneof(few, fc.array(few, { maxLength: 2 }), fc.dictionary(fc.constantFrom('a', 'b'), few));
    fc.assert(
      fc.property(nested, nested, (a, b) => {
        expect(canonicalJson(a) === canonicalJson(b)).toBe(isDeepStrictEqual(plain(a), plain(b)));
      }),
      { numRuns: 2000 },
    );
  });
});
