import { describe, expect, test } from 'vitest';
import { seededRng } from '../../src/core/rng.js';
import { meanOf, quantileOf, rateOf } from '../../src/simulate/estimates.js';
import { standardNormal } from '../../src/simulate/variates.js';
import { seed } from '../seed.js';

describe('a rate', () => {
  test('has its binomial standard error, and Wilson’s interval', () => {
    const { count, of, rate, standardError, interval } = rateOf(30, 120);
    expect([count, of, rate]).toEqual([30, 120, 0.25]);
    expect(standardError).toBeCloseTo(Math.sqrt((0.25 * 0.75) / 120), 12);
    // Wilson (1927) for 30 of 120 by hand: (x + z^2/2 -+ z sqrt(x (n - x) / n + z^2/4)) / (n + z^2), z = 1.959964.
    expect(interval[0]).toBeCloseTo(0.181, 3);
    expect(interval[1]).toBeCloseTo(0.3344, 3);
  });

  test('of none has an interval that says so', () => {
    expect(rateOf(0, 0)).toEqual({ count: 0, of: 0, rate: 0, standardError: 0, interval: [0, 1] });
    const { standardError, interval } = rateOf(0, 100);
    expect([standardError, interval[0]]).toEqual([0, 0]);
    expect(interval[1]).toBeCloseTo(1.959964 ** 2 / (100 + 1.959964 ** 2), 5);
  });
});

describe('a mean', () => {
  test('has the standard deviation over the root of n for its error', () => {
    expect(meanOf([1, 2, 3, 4])).toEqual({ value: 2.5, standardError: Math.sqrt(5 / 3 / 4) });
    expect(meanOf([7])).toEqual({ value: 7, standardError: 0 });
    expect(meanOf([])).toEqual({ value: 0, standardError: 0 });
  });
});

describe('a quantile', () => {
  test('of equal values is that value, without an error', () => {
    const { value, standardError } = quantileOf(Array(20).fill(5), 0.9);
    expect(value).toBeCloseTo(5, 12);
    expect(standardError).toBeCloseTo(0, 6);
    expect(quantileOf([], 0.5)).toEqual({ value: 0, standardError: 0 });
  });

  test('does not change the order of what it is given', () => {
    const values = [3, 1, 2];
    expect(quantileOf(values, 0.5).value).toBeCloseTo(2, 12);
    expect(values).toEqual([3, 1, 2]);
  });

  test.each([
    [0.1, -1.2816, 1.709],
    [0.5, 0, 1.2533],
    [0.9, 1.2816, 1.709],
  ])('%f of normal values is near the true one, and its error is that of large samples', (quantile, truth, factor) => {
    const rng = seededRng(seed);
    const estimates = Array.from({ length: 300 }, () =>
      quantileOf(
        Array.from({ length: 200 }, () => standardNormal(rng)),
        quantile,
      ),
    );
    const spread = meanOf(estimates.map(({ value }) => value));
    // sqrt(q (1 - q) / n) / density: 1.2533 and 1.709 standard errors of a mean of 200.
    const expected = factor / Math.sqrt(200);
    expect(Math.abs(spread.value - truth)).toBeLessThan(4 * spread.standardError + 0.01);
    expect(Math.abs((spread.standardError * Math.sqrt(300)) / expected - 1)).toBeLessThan(0.2);
    expect(Math.abs(meanOf(estimates.map(({ standardError }) => standardError)).value / expected - 1)).toBeLessThan(
      0.2,
    );
  });
});
