import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moments, momentsOf } from '../../../src/stats/tests/sample.js';
import { ranksOf } from '../../../src/stats/tests/ranks.js';
import { relative } from '../near.js';

describe('momentsOf', () => {
  it('keeps a small variance beside a large mean', () => {
    // NumAcc4 of the NIST reference data sets: 1001 values around 1e7 with a standard deviation of .1.
    const values = [1e7 + 0.2, ...Array.from({ length: 1000 }, (_, i) => 1e7 + (i % 2 === 0 ? 0.1 : 0.3))];
    const { n, mean, variance } = momentsOf(values);
    expect(n).toBe(1001);
    expect(relative(mean, 10_000_000.2)).toBeLessThan(1e-15);
    expect(relative(Math.sqrt(variance), 0.1)).toBeLessThan(1e-7);
  });

  it('has no variance with fewer than two values', () => {
    expect(momentsOf([])).toEqual({ n: 0, mean: 0, variance: 0 });
    expect(momentsOf([7])).toEqual({ n: 1, mean: 7, variance: 0 });
    expect(momentsOf([7, 9])).toEqual({ n: 2, mean: 8, variance: 2 });
  });
});

describe('moments of sums', () => {
  it('take what rounding left of a variance for none', () => {
    const n = 1000;
    const sum = Array.from({ length: n }, () => 0.1).reduce((total, value) => total + value, 0);
    const sumSq = Array.from({ length: n }, () => 0.1 * 0.1).reduce((total, value) => total + value, 0);
    expect(moments('here', 'a', { n, sum, sumSq }).variance).toBe(0);
  });

  it('are those of the values', () => {
    expect(moments('here', 'a', { n: 4, sum: 10, sumSq: 30 })).toEqual({ n: 4, mean: 2.5, variance: 5 / 3 });
    expect(moments('here', 'a', { n: 4, mean: 2.5, sd: 2 })).toEqual({ n: 4, mean: 2.5, variance: 4 });
    expect(moments('here', 'a', { n: 1, mean: 2.5, sd: 2 }).variance).toBe(0);
    expect(moments('here', 'a', { n: 1, sum: 3, sumSq: 9 })).toEqual({ n: 1, mean: 3, variance: 0 });
    expect(moments('here', 'a', { n: 0, sum: 0, sumSq: 0 })).toEqual({ n: 0, mean: 0, variance: 0 });
  });

  it('refuse sums that no values can have, and numbers that cannot be squared', () => {
    expect(() => moments('here', 'a', { n: 2, sum: 4, sumSq: 7.99 })).toThrow(
      'here: a.sumSq must be at least sum^2 / n = 8',
    );
    expect(moments('here', 'a', { n: 2, sum: 4, sumSq: 8 }).variance).toBe(0);
    expect(() => moments('here', 'a', [1e151])).toThrow('here: a[0] must be a number from -1e150 to 1e150');
    expect(moments('here', 'a', [1e150]).mean).toBe(1e150);
    expect(() => moments('here', 'a', { n: 2, sum: 1e151, sumSq: 1e300 })).toThrow('here: a.sum must be');
    expect(() => moments('here', 'a', { n: 2, sum: 1, sumSq: 1e301 })).toThrow(
      'here: a.sumSq must be a number from 0 to 1e300',
    );
    expect(() => moments('here', 'a', { n: 2, mean: 1, sd: 1e151 })).toThrow(
      'here: a.sd must be a number from 0 to 1e150',
    );
    expect(() => moments('here', 'a', 'text' as never)).toThrow('here: a must be values or sums (was text)');
    expect(() => moments('here', 'a', null as never)).toThrow('here: a must be values or sums (was an object)');
  });
});

describe('ranksOf', () => {
  it('gives equal values the mean of their places', () => {
    expect(ranksOf([10, 20, 10, 5, 10])).toEqual({ ranks: [3, 5, 3, 1, 3], tieTerm: 24 });
    expect(ranksOf([])).toEqual({ ranks: [], tieTerm: 0 });
  });

  it('keeps the sum of all places', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6)), (values) => {
        const { ranks, tieTerm } = ranksOf(values);
        expect(ranks.reduce((sum, rank) => sum + rank, 0)).toBe((values.length * (values.length + 1)) / 2);
        const groups = values.map((value) => values.filter((other) => other === value).length);
        expect(tieTerm).toBe(groups.reduce((sum, size) => sum + size * size - 1, 0));
      }),
    );
  });
});
