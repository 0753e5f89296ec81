import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.js';
import {
  countOf,
  emptySketch,
  mergeSketches,
  QuantileSketch,
  type SketchJson,
  sketchBoundary,
  sketchRelativeError,
  sketchSteps,
} from '../../src/stats/sketch.js';

const sketchOf = (values: readonly number[]): QuantileSketch => {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
};
const json = (sketch: QuantileSketch): SketchJson => sketch.toJSON();
const slack = sketchRelativeError * (1 + 1e-9);
const gamma = (1 + sketchRelativeError) / (1 - sketchRelativeError);

const anyValue = fc.oneof(
  fc.double({ min: -1e12, max: 1e12, noNaN: true }),
  fc.double({ min: 1e-9, max: 1e-3, noNaN: true }),
  fc.double({ min: 0, max: 1000, noNaN: true }),
  fc.integer({ min: -5, max: 5 }),
);
const anyValues = fc.array(anyValue, { maxLength: 200 });

describe('QuantileSketch', () => {
  it('states a relative error of one per cent', () => {
    expect(sketchRelativeError).toBe(0.01);
  });

  it('gives every quantile within the stated error of the exact one, whatever the values', () => {
    fc.assert(
      fc.property(
        fc.array(anyValue, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const sorted = values.map((value) => (Math.abs(value) < 1e-9 ? 0 : value)).sort((a, b) => a - b);
          const exact = sorted[Math.floor(q * (sorted.length - 1))] as number;
          const found = sketchOf(values).quantile(q) as number;
          expect(Math.abs(found - exact)).toBeLessThanOrEqual(slack * Math.abs(exact));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['uniform', (u: number) => u],
    ['exponential', (u: number) => -Math.log1p(-u)],
    ['Pareto with infinite variance', (u: number) => (1 - u) ** (-1 / 1.5)],
    ['log-normal over twelve decades', (u: number) => Math.exp(28 * (u - 0.4))],
    ['symmetric around zero', (u: number) => (u - 0.5) ** 3 * 1e6],
    ['a point mass with a tail', (u: number) => (u < 0.9 ? 20 : 20 + 1000 * (u - 0.9))],
  ])('keeps its error bound on 20 000 %s values', (_name, draw) => {
    const rng = seededRng(7);
    const values = Array.from({ length: 20_000 }, () => draw(rng.next()));
    const sketch = sketchOf(values);
    values.sort((a, b) => a - b);
    for (const q of [0, 0.001, 0.1, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
      const exact = values[Math.floor(q * (values.length - 1))] as number;
      expect(Math.abs((sketch.quantile(q) as number) - exact)).toBeLessThanOrEqual(slack * Math.abs(exact));
    }
  });

  it('counts what it was given, and says how much it ignored', () => {
    const sketch = new QuantileSketch();
    sketch.add(3);
    sketch.add(4, 5);
    for (const [value, count] of [
      [Number.NaN, 1],
      [1, 0],
      [1, -1],
      [1, 1.5],
      [1, Number.NaN],
      [1, Infinity],
    ] as const) {
      sketch.add(value, count);
    }
    expect([sketch.count, sketch.ignored]).toEqual([6, 6]);
    expect(countOf(json(sketch))).toBe(6);
    expect(Object.keys(json(sketch))).toEqual(['zero', 'positive', 'negative']);
  });

  it('has no quantile when it is empty, and refuses a q that is no fraction', () => {
    const sketch = new QuantileSketch();
    expect(sketch.quantile(0.5)).toBeUndefined();
    sketch.add(1);
    for (const q of [-0.001, 1.001, Number.NaN]) {
      expect(() => sketch.quantile(q)).toThrow(expect.objectContaining({ code: 'domain' }));
    }
  });

  it('clamps infinities and magnitudes over 1e12, and takes magnitudes under 1e-9 for zero', () => {
    expect(json(sketchOf([Infinity, 1e13]))).toEqual(json(sketchOf([1e12, 1e12])));
    expect(json(sketchOf([-Infinity, -1e13]))).toEqual(json(sketchOf([-1e12, -1e12])));
    expect(json(sketchOf([9e-10, -9e-10, 0, -0]))).toEqual({ zero: 4, positive: [], negative: [] });
    expect(json(sketchOf([1e-9])).positive).toEqual([[-1036, 1]]);
    expect(json(sketchOf([-1e-9])).negative).toEqual([[-1036, 1]]);
    expect(json(sketchOf([1e12])).positive).toEqual([[1382, 1]]);
  });

  it('puts a value into the bucket whose edges are the powers of gamma around it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1030, max: 1380 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (bucket, at) => {
          const value = gamma ** (bucket - 1 + at);
          expect(json(sketchOf([value]))).toEqual({ zero: 0, positive: [[bucket, 1]], negative: [] });
          expect(json(sketchOf([-value]))).toEqual({ zero: 0, positive: [], negative: [[bucket, 1]] });
        },
      ),
    );
  });

  it('writes buckets in ascending order and leaves out empty ones', () => {
    const sketch = sketchOf([500, 2, 30, -7, -7000, 2, 0]);
    const { zero, positive, negative } = json(sketch);
    expect(zero).toBe(1);
    expect(positive.map(([, count]) => count)).toEqual([2, 1, 1]);
    expect(positive.map(([bucket]) => bucket)).toEqual(positive.map(([bucket]) => bucket).sort((a, b) => a - b));
    expect(negative.map(([bucket]) => bucket)).toEqual(negative.map(([bucket]) => bucket).sort((a, b) => a - b));
  });

  it('is the same sketch in whatever order values come and parts are merged', () => {
    fc.assert(
      fc.property(anyValues, anyValues, anyValues, (a, b, c) => {
        const whole = json(sketchOf([...a, ...b, ...c]));
        const [x, y, z] = [sketchOf(a), sketchOf(b), sketchOf(c)];
        expect(json(x.clone().merge(y).merge(z))).toEqual(whole);
        expect(json(z.clone().merge(x.clone().merge(y)))).toEqual(whole);
        expect(json(new QuantileSketch().merge(json(y)).merge(json(z)).merge(x))).toEqual(whole);
        expect(mergeSketches(mergeSketches(json(x), json(y)), json(z))).toEqual(whole);
        expect(mergeSketches(json(x), mergeSketches(json(z), json(y)))).toEqual(whole);
        expect(mergeSketches(whole, emptySketch)).toEqual(whole);
        expect(x.clone().merge(y).count).toBe(a.length + b.length);
        expect(json(sketchOf([...c, ...a, ...b].reverse()))).toEqual(whole);
      }),
    );
  });

  it('can be merged with itself', () => {
    const sketch = sketchOf([1, 2, -3, 0]);
    expect(json(sketch.merge(sketch))).toEqual(json(sketchOf([1, 2, -3, 0, 1, 2, -3, 0])));
  });

  it('survives its JSON', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        const sketch = sketchOf(values);
        const back = QuantileSketch.from(JSON.parse(JSON.stringify(sketch)) as SketchJson);
        expect(json(back)).toEqual(json(sketch));
        expect(back.count).toBe(values.length);
        expect(back.quantile(0.7)).toBe(sketch.quantile(0.7));
      }),
    );
  });

  it('gives a clone that goes its own way', () => {
    const sketch = sketchOf([1, -1, 0]);
    const before = JSON.stringify(sketch);
    sketch.clone().add(1);
    sketch.clone().add(-1);
    expect(JSON.stringify(sketch)).toBe(before);
  });

  it('counts above a limit all values of the buckets above its own', () => {
    fc.assert(
      fc.property(anyValues, anyValue, (values, limit) => {
        const above = sketchOf(values).countAbove(limit);
        const snap = (value: number) => (Math.abs(value) < 1e-9 ? 0 : value);
        const edge = gamma * (1 + 1e-9);
        const surely = values.filter((value) =>
          snap(limit) >= 0 ? snap(value) > snap(limit) * edge : snap(value) * edge > snap(limit),
        ).length;
        const atMost = values.filter((value) => snap(value) > snap(limit)).length;
        expect(above).toBeGreaterThanOrEqual(surely);
        expect(above).toBeLessThanOrEqual(atMost);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [5, 1],
    [10, 0],
    [1, 2],
    [0, 2],
    [-1e-10, 2],
    [-5, 3],
    [-10, 3],
    [-50, 4],
    [-Infinity, 4],
    [Infinity, 0],
  ])('finds above %d the right number of -20, 0, 2 and 10', (limit, expected) => {
    expect(sketchOf([-20, 0, 2, 10]).countAbove(limit)).toBe(expected);
  });

  it('refuses NaN as a limit', () => {
    expect(() => sketchOf([1]).countAbove(Number.NaN)).toThrow(expect.objectContaining({ code: 'domain' }));
  });

  const sound: SketchJson = {
    zero: 1,
    positive: [
      [-3, 2],
      [7, 1],
    ],
    negative: [[1382, 4]],
  };
  it.each<[string, unknown, string]>([
    ['null', null, 'sketch:'],
    ['a list', [], 'sketch:'],
    ['no zero', { ...sound, zero: undefined }, 'sketch.zero:'],
    ['a negative zero count', { ...sound, zero: -1 }, 'sketch.zero:'],
    ['a broken zero count', { ...sound, zero: 0.5 }, 'sketch.zero:'],
    ['no positive', { ...sound, positive: undefined }, 'sketch.positive:'],
    ['an object for negative', { ...sound, negative: {} }, 'sketch.negative:'],
    ['a bare number', { ...sound, positive: [3] }, 'sketch.positive[0]:'],
    ['a triple', { ...sound, positive: [[3, 1, 1]] }, 'sketch.positive[0]:'],
    ['a hole', { ...sound, positive: Array(1) }, 'sketch.positive[0]:'],
    ['a bucket below the range', { ...sound, positive: [[-1037, 1]] }, 'sketch.positive[0][0]:'],
    ['a bucket above the range', { ...sound, negative: [[1383, 1]] }, 'sketch.negative[0][0]:'],
    ['a broken bucket', { ...sound, negative: [[1.5, 1]] }, 'sketch.negative[0][0]:'],
    [
      'buckets out of order',
      {
        ...sound,
        positive: [
          [3, 1],
          [2, 1],
        ],
      },
      'sketch.positive[1][0]:',
    ],
    [
      'a bucket twice',
      {
        ...sound,
        positive: [
          [3, 1],
          [3, 1],
        ],
      },
      'sketch.positive[1][0]:',
    ],
    ['an empty bucket', { ...sound, positive: [[3, 0]] }, 'sketch.positive[0][1]:'],
    ['a text for a count', { ...sound, positive: [[3, '1']] }, 'sketch.positive[0][1]:'],
    ['a count without bound', { ...sound, positive: [[3, Infinity]] }, 'sketch.positive[0][1]:'],
    ['a total over 2^53', { ...sound, positive: [[3, Number.MAX_SAFE_INTEGER]] }, 'sketch:'],
  ])('refuses to read a sketch with %s', (_name, damaged, where) => {
    const refused = expect.objectContaining({
      code: 'state-unreadable',
      message: expect.stringContaining(`${where} expected`),
    });
    expect(() => QuantileSketch.from(damaged as SketchJson)).toThrow(refused);
    const sketch = sketchOf([1]);
    expect(() => sketch.merge(damaged as SketchJson)).toThrow(refused);
    expect(sketch.count).toBe(1);
  });

  it('reads buckets at both ends of the range', () => {
    const ends: SketchJson = {
      zero: 0,
      positive: [
        [-1036, 1],
        [1382, 2],
      ],
      negative: [
        [-1036, 3],
        [1382, 4],
      ],
    };
    expect(json(QuantileSketch.from(ends))).toEqual(ends);
    expect(QuantileSketch.from(sound).count).toBe(8);
  });
});

describe('sketchBoundary', () => {
  it('is the end of the bucket: what lies in the bucket is not above it, what lies in the next one is', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), fc.integer({ min: 0, max: 40 }), (value, steps) => {
        const boundary = sketchBoundary(value, steps);
        expect(boundary).toBeGreaterThanOrEqual(value * gamma ** steps * (1 - 1e-9));
        expect(boundary).toBeLessThanOrEqual(value * gamma ** (steps + 1) * (1 + 1e-9));
        const sketch = sketchOf([boundary * (1 - 1e-9), boundary * 1.001]);
        expect(sketch.countAbove(boundary)).toBe(1);
      }),
    );
  });

  it('takes no step by default, and refuses values without a bucket', () => {
    expect(sketchBoundary(100)).toBe(sketchBoundary(100, 0));
    expect(sketchBoundary(1e-9)).toBeGreaterThan(0);
    for (const value of [0, 9.9e-10, -1, Number.NaN]) {
      expect(() => sketchBoundary(value)).toThrow(expect.objectContaining({ code: 'domain' }));
    }
  });
});

describe('sketchSteps', () => {
  it('is the least whole number of buckets that covers a margin', () => {
    expect(sketchSteps(0)).toBe(0);
    expect(sketchSteps(gamma - 1)).toBe(1);
    expect(sketchSteps(gamma ** 5 - 1)).toBe(5);
    expect(sketchSteps(gamma ** 5 - 1 + 1e-6)).toBe(6);
    expect(sketchSteps(0.1)).toBe(5);
  });
});
