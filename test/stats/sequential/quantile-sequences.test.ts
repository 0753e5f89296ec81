import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import { bestRho, betaBinomialBoundary } from '../../../src/stats/sequential/boundaries/index.js';
import {
  quantileConfidenceSequence,
  quantileDifference,
  type ValueCount,
  valuesOf,
} from '../../../src/stats/sequential/quantile-sequences.js';
import { QuantileSketch } from '../../../src/stats/sketch.js';
import { oracleCases } from '../oracles/load.js';

const range = (from: number, to: number): ValueCount[] =>
  Array.from({ length: to - from + 1 }, (_, at): ValueCount => [from + at, 1]);
const counted = (values: readonly number[]): ValueCount[] => {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b);
};

describe('quantileDifference', () => {
  for (const one of oracleCases<{ args: [number, number] }, number>(
    'confidence-sequences.json',
    'confseqLiteral.quantile_ab_p',
  )) {
    it(one.name, () => {
      const [quantile, shift] = one.inputs.args;
      const { pValue, logE } = quantileDifference(range(1, 1000), range(shift + 1, shift + 1000), {
        quantile,
        nBest: 100,
      });
      expect(Math.abs(pValue - one.expected)).toBeLessThanOrEqual(one.tolerance);
      expect(pValue).toBeCloseTo(Math.min(1, Math.exp(-logE)), 12);
    });
  }

  it('does not care which sample is which, and finds nothing between equal ones', () => {
    const [a, b] = [range(1, 200), range(60, 400)];
    for (const quantile of [0.2, 0.5, 0.9]) {
      expect(quantileDifference(a, b, { quantile }).logE).toBeCloseTo(quantileDifference(b, a, { quantile }).logE, 9);
      expect(quantileDifference(a, a, { quantile }).pValue).toBe(1);
    }
  });

  it('does not depend on the values, only on their order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(40), { minLength: 1, maxLength: 60 }),
        fc.array(fc.nat(60), { minLength: 1, maxLength: 60 }),
        (a, b) => {
          const stretch = (values: readonly number[]) => counted(values.map((value) => value ** 3 - 500));
          const options = { quantile: 0.5, nBest: 50 };
          expect(quantileDifference(stretch(a), stretch(b), options)).toEqual(
            quantileDifference(counted(a), counted(b), options),
          );
        },
      ),
    );
  });

  it('is the least evidence against any common quantile, by trying all values and all numbers below them', () => {
    const rng = seededRng(5);
    for (let run = 0; run < 8; run += 1) {
      const draw = (n: number, shift: number) =>
        counted(Array.from({ length: n }, () => Math.floor(rng.next() * 12) + shift));
      const [a, b] = [draw(30, 0), draw(50, run % 9)];
      const quantile = 0.7;
      const rho = bestRho({ variance: quantile * 0.3 * 40, alpha: 0.05, sides: 2 });
      const mixture = betaBinomialBoundary({ rho, below: quantile, above: 1 - quantile, sides: 2 });
      const against = (values: readonly ValueCount[], x: number) => {
        const n = values.reduce((sum, [, count]) => sum + count, 0);
        const below = values.filter(([value]) => value < x).reduce((sum, [, count]) => sum + count, 0);
        const through = values.filter(([value]) => value <= x).reduce((sum, [, count]) => sum + count, 0);
        let least = Infinity;
        for (let part = 0; part <= 400; part += 1) {
          const at = below + ((through - below) * part) / 400;
          least = Math.min(least, mixture.logE(at - quantile * n, quantile * (1 - quantile) * n));
        }
        return least;
      };
      let expected = Infinity;
      for (let x = -1; x <= 25; x += 0.5) expected = Math.min(expected, against(a, x) + against(b, x));
      expect(quantileDifference(a, b, { quantile, nBest: 40 }).logE).toBeCloseTo(expected, 3);
    }
  });

  it('says nothing about empty samples', () => {
    expect(quantileDifference([], [], { quantile: 0.5 })).toEqual({ logE: 0, pValue: 1 });
    expect(quantileDifference(range(1, 100), [], { quantile: 0.5 }).pValue).toBe(1);
  });

  it('finds a slower treatment from sketches', () => {
    const rng = seededRng(3);
    const sketch = (scale: number) => {
      const made = new QuantileSketch();
      for (let i = 0; i < 3000; i += 1) made.add(-scale * Math.log1p(-rng.next()));
      return valuesOf(made.toJSON());
    };
    const control = sketch(100);
    expect(quantileDifference(sketch(130), control, { quantile: 0.9 }).pValue).toBeLessThan(0.01);
    expect(quantileDifference(sketch(100), control, { quantile: 0.9 }).pValue).toBeGreaterThan(0.05);
  });

  it.each<[string, readonly ValueCount[]]>([
    [
      'values out of order',
      [
        [2, 1],
        [1, 1],
      ],
    ],
    [
      'a value twice',
      [
        [2, 1],
        [2, 1],
      ],
    ],
    ['NaN', [[Number.NaN, 1]]],
    ['infinity', [[Infinity, 1]]],
    ['a count of 0', [[1, 0]]],
    ['a broken count', [[1, 0.5]]],
  ])('refuses %s', (_name, broken) => {
    const refused = (arm: string) =>
      expect.objectContaining({ code: 'domain', message: expect.stringContaining(`${arm}[`) });
    expect(() => quantileDifference(broken, range(1, 2), { quantile: 0.5 })).toThrow(refused('treatment'));
    expect(() => quantileDifference(range(1, 2), broken, { quantile: 0.5 })).toThrow(refused('control'));
    expect(() => quantileConfidenceSequence(broken, { quantile: 0.5, alpha: 0.05 })).toThrow(refused('values'));
  });

  it('refuses a quantile or a level outside (0, 1), and a sample size of 0', () => {
    expect(() => quantileDifference([], [], { quantile: 1 })).toThrow('quantileDifference: quantile must be');
    expect(() => quantileDifference([], [], { quantile: 0.5, alphaBest: 1 })).toThrow('alphaBest must be');
    expect(() => quantileDifference([], [], { quantile: 0.5, nBest: 0 })).toThrow('nBest must be');
    expect(() => quantileConfidenceSequence([], { quantile: 0, alpha: 0.05 })).toThrow('quantile must be');
    expect(() => quantileConfidenceSequence([], { quantile: 0.5, alpha: 0 })).toThrow('alpha must be');
  });
});

describe('quantileConfidenceSequence', () => {
  it('holds exactly the values that the mixture does not reject', () => {
    const quantile = 0.6;
    const alpha = 0.05;
    const rng = seededRng(9);
    const values = counted(Array.from({ length: 400 }, () => Math.floor(rng.next() * 80)));
    const n = 400;
    const rho = bestRho({ variance: quantile * (1 - quantile) * 1000, alpha, sides: 2 });
    const mixture = betaBinomialBoundary({ rho, below: quantile, above: 1 - quantile, sides: 2 });
    const allowed = (below: number) => mixture.logE(below - quantile * n, quantile * (1 - quantile) * n) < Math.log(20);
    const kept: number[] = [];
    for (const [x] of values) {
      const below = values.filter(([value]) => value < x).reduce((sum, [, count]) => sum + count, 0);
      const through = values.filter(([value]) => value <= x).reduce((sum, [, count]) => sum + count, 0);
      if (Array.from({ length: through - below + 1 }, (_, k) => below + k).some(allowed)) kept.push(x);
    }
    const { lower, upper } = quantileConfidenceSequence(values, { quantile, alpha });
    expect([lower, upper]).toEqual([Math.min(...kept), Math.max(...kept)]);
    expect(kept.length).toBeGreaterThan(5);
  });

  it('has infinite ends until there are enough observations', () => {
    expect(quantileConfidenceSequence([], { quantile: 0.5, alpha: 0.05 })).toEqual({
      lower: -Infinity,
      upper: Infinity,
    });
    expect(quantileConfidenceSequence(range(1, 4), { quantile: 0.5, alpha: 0.05 })).toEqual({
      lower: -Infinity,
      upper: Infinity,
    });
    const skewed = quantileConfidenceSequence(range(1, 80), { quantile: 0.99, alpha: 0.05 });
    expect(skewed.upper).toBe(Infinity);
    expect(skewed.lower).toBeGreaterThan(50);
  });

  it('holds the true quantile of a sketch', () => {
    const rng = seededRng(21);
    const made = new QuantileSketch();
    for (let i = 0; i < 5000; i += 1) made.add(rng.next() * 200 - 100);
    const { lower, upper } = quantileConfidenceSequence(valuesOf(made.toJSON()), { quantile: 0.25, alpha: 0.05 });
    expect(lower).toBeLessThan(-50);
    expect(upper).toBeGreaterThan(-50);
    expect(upper - lower).toBeLessThan(15);
  });
});

describe('valuesOf', () => {
  it('lists the values of a sketch in ascending order', () => {
    const made = new QuantileSketch();
    for (const value of [5, -3, 0, -70, 5, 800]) made.add(value);
    const values = valuesOf(made.toJSON());
    expect(values.map(([, count]) => count)).toEqual([1, 1, 1, 2, 1]);
    values.forEach(([value], at) =>
      expect(Math.abs(value - ([-70, -3, 0, 5, 800][at] as number))).toBeLessThan(0.0101 * Math.abs(value) + 1e-12),
    );
    made.add(1);
    expect(valuesOf({ zero: 0, positive: [], negative: [] })).toEqual([]);
  });
});
