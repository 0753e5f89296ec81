import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import { bernoulliMixture } from '../../../src/stats/sequential/bernoulli-mixture.js';
import { eventBinomial } from '../../../src/stats/sequential/event-binomial.js';
import { quantileComparison, quantileOverLimit } from '../../../src/stats/sequential/quantile.js';
import { emptySketch, QuantileSketch } from '../../../src/stats/sketch.js';

const sketchOf = (values: readonly number[]) => {
  const made = new QuantileSketch();
  for (const value of values) made.add(value);
  return made.toJSON();
};

describe('quantileOverLimit', () => {
  it('counts the values over the limit against the rate that the quantile allows', () => {
    const sketch = sketchOf([...Array<number>(80).fill(100), ...Array<number>(20).fill(400)]);
    expect(quantileOverLimit(sketch, { quantile: 0.95, limit: 300 })).toEqual({
      logE: bernoulliMixture({ events: 20, n: 100, limit: 1 - 0.95, harm: 'more' }).logE,
      n: 100,
      over: 20,
    });
    expect(quantileOverLimit(sketch, { quantile: 0.95, limit: 300 }).logE).toBeGreaterThan(Math.log(100));
    expect(quantileOverLimit(sketch, { quantile: 0.95, limit: 500 }).logE).toBeLessThan(0);
    expect(quantileOverLimit(sketch, { quantile: 0.5, limit: 300 }).logE).toBeLessThan(0);
  });

  it('does not hold the limit itself against anyone', () => {
    expect(quantileOverLimit(sketchOf(Array<number>(50).fill(300)), { quantile: 0.9, limit: 300 }).over).toBe(0);
  });

  it('says nothing about nothing, and refuses what is no quantile and no limit', () => {
    expect(quantileOverLimit(emptySketch, { quantile: 0.9, limit: 1 })).toEqual({ logE: 0, n: 0, over: 0 });
    expect(() => quantileOverLimit(emptySketch, { quantile: 1, limit: 1 })).toThrow('quantile must be');
    expect(() => quantileOverLimit(emptySketch, { quantile: 0.9, limit: Number.NaN })).toThrow('limit must be');
  });
});

describe('quantileComparison', () => {
  const fast = Array.from({ length: 100 }, (_, at) => 10 + at);
  const slow = fast.map((value) => value * 1.5);

  it('counts, in each stratum, values over the control’s quantile of the stratum before', () => {
    const strata = [
      { share: 0.5, treatment: sketchOf(slow), control: sketchOf(fast) },
      { share: 0.2, treatment: sketchOf(slow), control: sketchOf(fast) },
      { share: 0.3, treatment: sketchOf(fast), control: sketchOf(slow) },
    ];
    // The 0.9 quantile of 10 .. 109 is 99; its bucket ends at the next power of gamma, 99.49.
    const end = (1.01 / 0.99) ** 230;
    expect(end).toBeCloseTo(99.49, 1);
    const over = (values: readonly number[], limit: number) => values.filter((value) => value > limit).length;
    const expected = eventBinomial(
      [
        { share: 0.2, treatment: over(slow, end), control: over(fast, end) },
        { share: 0.3, treatment: over(fast, end), control: over(slow, end) },
      ],
      { harm: 'more' },
    );
    expect(quantileComparison(strata, { quantile: 0.9 })).toEqual(expected);
    expect(expected.events).toBe(2 * (43 + 10));
  });

  it('raises the treatment’s threshold by the margin, and only the treatment’s', () => {
    const strata = Array.from({ length: 20 }, () => ({
      share: 0.5,
      treatment: sketchOf(slow),
      control: sketchOf(fast),
    }));
    const at = (margin: number) => quantileComparison(strata, { quantile: 0.9, margin });
    expect(at(0).logE).toBeGreaterThan(at(0.2).logE);
    expect(at(0.2).logE).toBeGreaterThan(Math.log(1000));
    expect(at(0.6).logE).toBeLessThan(0);
    expect(quantileComparison(strata, { quantile: 0.9 })).toEqual(at(0));
  });

  it('has no threshold in the first stratum, nor after strata without a control or with a quantile of 0', () => {
    const nothing = { logE: 0, events: 0 };
    const both = { share: 0.5, treatment: sketchOf(slow), control: sketchOf(fast) };
    const lonely = { share: 0.5, treatment: sketchOf(slow), control: emptySketch };
    const zero = { share: 0.5, treatment: sketchOf(slow), control: sketchOf([0, 0, 0]) };
    expect(quantileComparison([], { quantile: 0.5 })).toEqual(nothing);
    expect(quantileComparison([both], { quantile: 0.5 })).toEqual(nothing);
    expect(quantileComparison([lonely, both], { quantile: 0.5 })).toEqual(nothing);
    expect(quantileComparison([zero, both], { quantile: 0.5 })).toEqual(nothing);
    // An empty stratum keeps the threshold of the one before it.
    const kept = quantileComparison([both, lonely, both], { quantile: 0.5 });
    const treatment = quantileComparison([both, lonely], { quantile: 0.5 });
    const last = quantileComparison([both, both], { quantile: 0.5 });
    expect(kept.events).toBe(treatment.events + last.events);
  });

  it('holds its level for identical arms with a drifting latency, and always finds a slow-down of a fifth', () => {
    const rng = seededRng(17);
    const run = (slowDown: number): boolean => {
      const strata: { share: number; treatment: ReturnType<typeof sketchOf>; control: ReturnType<typeof sketchOf> }[] =
        [];
      for (let hour = 0; hour < 24; hour += 1) {
        const level = 100 * (1 + 0.5 * Math.sin(hour / 4));
        const draw = (scale: number) =>
          sketchOf(Array.from({ length: 200 }, () => level * scale * Math.exp(0.5 * (rng.next() + rng.next() - 1))));
        strata.push({ share: 0.5, treatment: draw(slowDown), control: draw(1) });
      }
      return strata.some(
        (_, at) => quantileComparison(strata.slice(0, at + 1), { quantile: 0.95 }).logE >= Math.log(20),
      );
    };
    const rate = (slowDown: number) => Array.from({ length: 30 }, () => run(slowDown)).filter(Boolean).length / 30;
    expect(rate(1)).toBeLessThanOrEqual(0.1);
    expect(rate(1.2)).toBe(1);
  });

  it('refuses what is outside its domain', () => {
    expect(() => quantileComparison([], { quantile: 0 })).toThrow('quantile must be');
    expect(() => quantileComparison([], { quantile: 0.5, margin: -0.1 })).toThrow('margin must be');
    const stratum = { share: 2, treatment: emptySketch, control: emptySketch };
    expect(() => quantileComparison([stratum], { quantile: 0.5 })).toThrow('strata[0].share');
  });
});
