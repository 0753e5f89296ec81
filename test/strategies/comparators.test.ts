import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { type Comparator, exact, rankOverlap, setOverlap, withinTolerance } from '../../src/strategies/comparators.js';

const agree = (comparator: Comparator, primary: unknown, shadow: unknown) =>
  comparator({ primary, shadow, input: undefined });

const cyclic = () => {
  const value: Record<string, unknown> = {};
  value['self'] = value;
  return value;
};

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

describe('exact', () => {
  test.each([
    ['numbers', 1, 1],
    ['texts', 'a', 'a'],
    ['nulls', null, null],
    ['nothing', undefined, undefined],
    ['0 and -0, which JSON cannot tell apart', 0, -0],
    ['NaN and NaN', [Number.NaN], [Number.NaN]],
    ['keys in another order', { a: 1, b: [2, { c: 3 }] }, { b: [2, { c: 3 }], a: 1 }],
    ['a key that is undefined and one that is missing', { a: 1, b: undefined }, { a: 1 }],
    ['dates of one time', new Date(5), new Date(5)],
    ['dates that are none', new Date(Number.NaN), new Date(Number.NaN)],
    ['typed arrays and lists', new Float64Array([1, 2]), [1, 2]],
    ['empty objects', {}, {}],
    ['an empty object without a prototype', Object.create(null) as object, {}],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    ['bigints', 5n, 5n],
  ])('takes %s for equal', (_, a, b) => {
    expect(agree(exact(), a, b)).toBe(true);
    expect(agree(exact(), b, a)).toBe(true);
  });

  test.each([
    ['numbers', 1, 2],
    ['a number and its text', 1, '1'],
    ['null and nothing', null, undefined],
    ['null and an object', null, {}],
    ['NaN and a number', Number.NaN, 0],
    ['lists in another order', [1, 2], [2, 1]],
    ['a list and a longer one', [1], [1, undefined]],
    ['a list and an object with its keys', ['a'], { 0: 'a' }],
    ['an object and one with more keys', { a: 1 }, { a: 1, b: null }],
    ['objects of as many other keys', { a: 1 }, { b: 1 }],
    ['a key and one that is inherited', { toString: Object.prototype.toString }, { x: 1 }],
    ['values deep inside', { a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
    ['objects of which one key agrees', { a: 1, b: 2 }, { a: 1, b: 3 }],
    ['a typed array and an object with its keys', new Uint8Array([1]), { 0: 1 }],
    ['an empty list and an empty object', [], {}],
    ['an empty typed array and an empty object', new Uint8Array(0), {}],
    ['a text and an object with its keys', 'a', { 0: 'a' }],
    ['dates', new Date(5), new Date(6)],
    ['a date and its time', new Date(5), 5],
    ['typed arrays', new Uint8Array([1]), new Uint8Array([2])],
    ['two Maps, whose content cannot be seen', new Map(), new Map()],
    ['an empty object and a Map', {}, new Map()],
    ['two promises', Promise.resolve(1), Promise.resolve(1)],
    ['two functions', () => 1, () => 1],
    ['true and 1', true, 1],
  ])('tells %s apart', (_, a, b) => {
    expect(agree(exact(), a, b)).toBe(false);
    expect(agree(exact(), b, a)).toBe(false);
  });

  test('takes what is the same object for equal, without looking into it', () => {
    const value = cyclic();
    expect(agree(exact(), value, value)).toBe(true);
    const map = new Map();
    expect(agree(exact(), map, map)).toBe(true);
  });

  test('compares what `by` selects', () => {
    const comparator = exact({ by: (output: { readonly label: string }) => output.label });
    expect(agree(comparator, { label: 'a', ms: 1 }, { label: 'a', ms: 2 })).toBe(true);
    expect(agree(comparator, { label: 'a' }, { label: 'b' })).toBe(false);
  });

  test('throws on a cycle, on more than 200 levels and on more than 100 000 values, rather than hang or guess', () => {
    for (const value of [
      [cyclic(), cyclic()],
      [nested(201), nested(201)],
    ]) {
      expect(() => agree(exact(), value[0], value[1])).toThrow('200 levels or 100000 values');
    }
    expect(agree(exact(), nested(200), nested(200))).toBe(true);
    const long = (n: number) => Array.from({ length: n }, () => 1);
    expect(agree(exact(), long(99_999), long(99_999))).toBe(true);
    try {
      agree(exact(), long(100_000), long(100_000));
      expect.unreachable();
    } catch (error) {
      expect(isTurnoutError(error, 'domain')).toBe(true);
    }
  });

  test('agrees with what JSON says of JSON', () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(agree(exact(), a, JSON.parse(JSON.stringify(a)))).toBe(true);
        const sorted = (value: unknown): unknown =>
          Array.isArray(value)
            ? value.map(sorted)
            : typeof value === 'object' && value !== null
              ? Object.entries(value)
                  .map(([key, inner]) => [key, sorted(inner)])
                  .sort(([x], [y]) => (String(x) < String(y) ? -1 : 1))
              : ['leaf', value];
        const text = (value: unknown) => JSON.stringify([sorted(value), Array.isArray(value)]);
        expect(agree(exact(), [a], [b])).toBe(text([a]) === text([b]));
      }),
    );
  });
});

describe('withinTolerance', () => {
  test('lets numbers differ by an absolute amount, anywhere', () => {
    const near = withinTolerance({ absolute: 0.5 });
    expect(agree(near, { a: [1, 'x'] }, { a: [1.5, 'x'] })).toBe(true);
    expect(agree(near, { a: [1, 'x'] }, { a: [1.5001, 'x'] })).toBe(false);
    expect(agree(near, { a: [1, 'x'] }, { a: [1, 'y'] })).toBe(false);
    expect(agree(near, -1, -1.5)).toBe(true);
  });

  test('lets numbers differ by a fraction of the larger magnitude', () => {
    const near = withinTolerance({ relative: 0.1 });
    expect(agree(near, 90, 100)).toBe(true);
    expect(agree(near, 100, 90)).toBe(true);
    expect(agree(near, -90, -100)).toBe(true);
    expect(agree(near, 1e308, 0.95e308)).toBe(true);
    expect(agree(near, 89.9, 100)).toBe(false);
    expect(agree(near, 0, 1e-9)).toBe(false);
    expect(agree(near, -1, 1)).toBe(false);
  });

  test('takes the wider of the two', () => {
    const near = withinTolerance({ absolute: 1, relative: 0.1 });
    expect(agree(near, 0, 1)).toBe(true);
    expect(agree(near, 1000, 1100)).toBe(true);
    expect(agree(near, 1000, 1112)).toBe(false);
  });

  test('brings nothing near infinity or NaN but themselves', () => {
    const near = withinTolerance({ absolute: 1e308, relative: 1 });
    expect(agree(near, Infinity, Infinity)).toBe(true);
    expect(agree(near, Infinity, 1)).toBe(false);
    expect(agree(near, 1, -Infinity)).toBe(false);
    expect(agree(near, Infinity, -Infinity)).toBe(false);
    expect(agree(near, Number.NaN, Number.NaN)).toBe(true);
    expect(agree(near, Number.NaN, 1)).toBe(false);
  });

  test('never calls a text of a number near', () => {
    expect(agree(withinTolerance({ absolute: 5 }), 1, '1')).toBe(false);
    expect(agree(withinTolerance({ absolute: 5 }), '1', 1)).toBe(false);
    expect(agree(withinTolerance({ absolute: 5 }), ['1'], ['2'])).toBe(false);
  });

  test('compares what `by` selects', () => {
    const near = withinTolerance({ absolute: 1, by: (output: { readonly score: number }) => output.score });
    expect(agree(near, { score: 1, x: 5 }, { score: 2, x: 50 })).toBe(true);
  });

  test.each([
    [{}],
    [{ absolute: 0 }],
    [{ relative: -1 }],
    [{ absolute: Infinity }],
    [{ relative: Number.NaN }],
    [{ relative: '1' }],
    [{ by: () => 1 }],
    [{ absolute: 1, abs: 2 }],
    [null],
  ])('refuses %j', (options) => {
    expect(() => withinTolerance(options as never)).toThrow('withinTolerance:\n  options');
  });

  test('says how to write it', () => {
    expect(() => withinTolerance({})).toThrow(
      'options: must be an object with absolute, relative or both (was an object).',
    );
    expect(() => withinTolerance({ absolute: 0 })).toThrow('options.absolute: must be a number over 0 (was 0).');
  });
});

describe('setOverlap', () => {
  test('is the size of the intersection over that of the union', () => {
    // |{b, c}| / |{a, b, c, d}| = 1/2
    const [a, b] = [
      ['a', 'b', 'c'],
      ['d', 'c', 'b', 'b'],
    ];
    expect(agree(setOverlap({ atLeast: 0.5 }), a, b)).toBe(true);
    expect(agree(setOverlap({ atLeast: 0.5001 }), a, b)).toBe(false);
    expect(agree(setOverlap({ atLeast: 0.5001 }), b, a)).toBe(false);
  });

  test('is 1 for two empty lists and 0 for one', () => {
    expect(agree(setOverlap({ atLeast: 1 }), [], [])).toBe(true);
    expect(agree(setOverlap({ atLeast: 0.01 }), [], ['a'])).toBe(false);
    expect(agree(setOverlap({ atLeast: 0 }), [], ['a'])).toBe(true);
  });

  test('knows items by their value and their type', () => {
    const same = setOverlap({ atLeast: 1 });
    expect(agree(same, [{ a: 1, b: 2 }, [1]], [[1], { b: 2, a: 1 }])).toBe(true);
    expect(agree(same, [1], ['1'])).toBe(false);
    expect(agree(same, [{ a: 1 }], [{ a: 2 }])).toBe(false);
    expect(agree(same, [[1]], [[2]])).toBe(false);
    expect(agree(same, [Number.NaN], [null])).toBe(false);
    expect(agree(same, [null], ['null'])).toBe(false);
    expect(agree(same, new Set(['a', 'b']), ['b', 'a', 'a'])).toBe(true);
    expect(agree(same, new Uint8Array([1, 2]), [2, 1])).toBe(true);
  });

  test('throws on what is not a list, and on one of over 10 000 items', () => {
    const any = setOverlap({ atLeast: 0 });
    const message = 'An overlap needs lists of at most 10000 items';
    for (const other of ['abc', 5, null, { 0: 'a' }, new DataView(new ArrayBuffer(2))]) {
      expect(() => agree(any, other, [])).toThrow(message);
      expect(() => agree(any, [], other)).toThrow(message);
    }
    expect(agree(any, Array(10_000).fill(1), [])).toBe(true);
    expect(() => agree(any, Array(10_001).fill(1), [])).toThrow('(was a list of 10001). Use `by`.');
  });

  test('selects by `by`, and refuses a limit that is no fraction', () => {
    const labels = setOverlap({ atLeast: 1, by: (output: { readonly labels: string[] }) => output.labels });
    expect(agree(labels, { labels: ['a'] }, { labels: ['a'] })).toBe(true);
    expect(() => setOverlap({ atLeast: 50 })).toThrow(
      'setOverlap:\n  options.atLeast: must be a fraction in [0, 1] (was 50). Did you mean 0.5?',
    );
  });
});

describe('rankOverlap', () => {
  const value = (a: readonly unknown[], b: readonly unknown[], depth: number, persistence?: number) => {
    // The largest limit that still agrees, by bisection: the comparator only says yes or no.
    let [low, high] = [0, 1];
    const options = persistence === undefined ? { depth } : { depth, persistence };
    if (agree(rankOverlap({ ...options, atLeast: 1 }), a, b)) return 1;
    for (let step = 0; step < 40; step += 1) {
      const middle = (low + high) / 2;
      if (agree(rankOverlap({ ...options, atLeast: middle }), a, b)) low = middle;
      else high = middle;
    }
    return low;
  };

  test('is 1 for the same order, 0 for nothing in common, 1 for two empty lists', () => {
    expect(value([1, 2, 3], [1, 2, 3], 3)).toBe(1);
    expect(value([1, 2, 3], [4, 5, 6], 3)).toBeLessThan(1e-9);
    expect(value([], [], 3)).toBe(1);
    expect(value([], [1], 3)).toBeLessThan(1e-9);
    expect(value([1], [], 3)).toBeLessThan(1e-9);
  });

  test('has the closed forms of short lists', () => {
    // Two swapped: agreement 0 at rank 1 and 1 from rank 2 on, so 0 (1-p) + 1 (1-p) p + 1 p^2 = p.
    for (const p of [0.3, 0.9]) expect(value(['a', 'b'], ['b', 'a'], 2, p)).toBeCloseTo(p, 9);
    // The first alike, then nothing: 1, 1/2, 1/3 → (1-p)(1 + p/2 + p²/3) + p³/3.
    const p = 0.8;
    const expected = (1 - p) * (1 + p / 2 + p ** 2 / 3) + p ** 3 / 3;
    expect(value(['a', 'b', 'c'], ['a', 'x', 'y'], 3, p)).toBeCloseTo(expected, 9);
  });

  test('takes 0.9 for the persistence, which gives the first ten ranks 86 %', () => {
    expect(value(['a', 'b'], ['b', 'a'], 2)).toBeCloseTo(0.9, 9);
    // Webber, Moffat and Zobel, equation 21: the weight of the ranks up to d.
    const [d, q] = [10, 0.9];
    const sum = Array.from({ length: d - 1 }, (_, i) => q ** (i + 1) / (i + 1)).reduce(
      (total, term) => total + term,
      0,
    );
    const weight = 1 - q ** (d - 1) + ((1 - q) / q) * d * (Math.log(1 / (1 - q)) - sum);
    expect(weight).toBeCloseTo(0.8556, 4);
  });

  test('equals the definition, counted by brute force', () => {
    const ranking = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 10 });
    fc.assert(
      fc.property(
        ranking,
        ranking,
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        (a, b, depth, p) => {
          const last = Math.min(depth, Math.max(a.length, b.length));
          fc.pre(last > 0);
          const agreement = (d: number) => a.slice(0, d).filter((item) => b.slice(0, d).includes(item)).length / d;
          let expected = agreement(last) * p ** last;
          for (let d = 1; d <= last; d += 1) expected += (1 - p) * p ** (d - 1) * agreement(d);
          expect(value(a, b, depth, p)).toBeCloseTo(expected, 8);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('looks no deeper than it is told', () => {
    expect(value(['a', 'b', 'c'], ['a', 'b', 'x'], 2)).toBe(1);
    expect(value(['a', 'b', 'c'], ['a', 'b', 'x'], 3)).toBeLessThan(1);
  });

  test('counts a repeated item at its first rank', () => {
    expect(value(['a', 'a', 'b'], ['a', 'b'], 3)).toBe(1);
  });

  test('selects by `by`, and refuses what cannot be', () => {
    const by = (output: { readonly hits: readonly string[] }) => output.hits;
    expect(agree(rankOverlap({ depth: 5, atLeast: 1, by }), { hits: ['a'] }, { hits: ['a'] })).toBe(true);
    for (const wrong of [
      { depth: 0, atLeast: 1 },
      { depth: 1.5, atLeast: 1 },
      { depth: 5, atLeast: 2 },
      { depth: 5 },
      { depth: 5, atLeast: 1, persistence: 1 },
      { depth: 5, atLeast: 1, persistence: 0 },
    ]) {
      expect(() => rankOverlap(wrong as never)).toThrow('rankOverlap:\n  options');
    }
    expect(() => agree(rankOverlap({ depth: 5, atLeast: 0 }), 'ab', ['a'])).toThrow('An overlap needs lists');
  });
});
