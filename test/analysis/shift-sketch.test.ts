import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shiftSketch } from '../../src/analysis/shift-sketch.js';
import { countOf, QuantileSketch } from '../../src/stats/sketch.js';

const gamma = 1.01 / 0.99;
const sketchOf = (values: readonly number[]) => {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch.toJSON();
};

describe('shiftSketch', () => {
  it('multiplies every value by the same power of the bucket width', () => {
    const anyValue = fc.double({ min: -1e6, max: 1e6, noNaN: true }).filter((value) => Math.abs(value) > 1e-3);
    fc.assert(
      fc.property(
        fc.array(anyValue, { minLength: 1, maxLength: 50 }),
        fc.integer({ min: -50, max: 50 }),
        (values, steps) => {
          const before = QuantileSketch.from(sketchOf(values));
          const after = QuantileSketch.from(shiftSketch(before.toJSON(), steps));
          expect(after.count).toBe(before.count);
          for (const q of [0, 0.25, 0.5, 1]) {
            const expected = (before.quantile(q) as number) * gamma ** steps;
            expect(Math.abs((after.quantile(q) as number) / expected - 1)).toBeLessThan(1e-9);
          }
        },
      ),
    );
  });

  it('keeps what leaves the range at its end, as a sketch would have', () => {
    const down = shiftSketch(sketchOf([1e-9, -1e-9, 0, 5]), -3);
    expect(down.zero).toBe(3);
    expect(down.positive).toHaveLength(1);
    expect(down.negative).toEqual([]);
    const up = shiftSketch(sketchOf([1e12, 0.99e12, 0.97e12, 5]), 2);
    expect(countOf(up)).toBe(4);
    expect(QuantileSketch.from(up).quantile(1)).toBe(QuantileSketch.from(sketchOf([1e12])).quantile(1));
    expect(up.positive.at(-1)?.[1]).toBe(3);
  });

  it('is the same object without a step', () => {
    const sketch = sketchOf([1, 2, 3]);
    expect(shiftSketch(sketch, 0)).toBe(sketch);
  });
});
