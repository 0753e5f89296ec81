import { describe, expect, it } from 'vitest';
import { chisquare } from '../../../src/stats/distributions/chisquare.js';
import { normal } from '../../../src/stats/distributions/normal.js';
import { studentizedRange } from '../../../src/stats/distributions/studentized-range.js';
import { t } from '../../../src/stats/distributions/t.js';
import { jstatRangeCdf } from '../../../src/stats/jstat.js';
import { relative } from '../near.js';

describe('studentizedRange', () => {
  it.each([
    // Double integrals by mpmath 1.3.0.
    [2, 20, 2000, 0.00237372993883694],
    [3, 10, 100, 0.482745507628269],
    [3, 3, 5000, 0.914355086256866],
  ])('at q = %d with %d groups and df = %d is %d', (q, groups, df, truth) => {
    expect(relative(Math.exp(studentizedRange.logCdf(q, groups, df)), truth)).toBeLessThan(2e-10);
    expect(relative(studentizedRange.cdf(q, groups, df), truth)).toBeLessThan(1e-9);
    expect(relative(1 - studentizedRange.sf(q, groups, df), truth)).toBeLessThan(2e-10);
  });

  it('with two groups is the t distribution of q / sqrt(2), in the far tail too', () => {
    for (const df of [1, 2, 5, 40, 1e5]) {
      for (const q of [0.3, 1, 3, 6, 15, 40]) {
        const truth = 2 * t.sf(q / Math.SQRT2, df);
        expect(relative(studentizedRange.sf(q, 2, df), truth), `q = ${q}, df = ${df}`).toBeLessThan(1e-9);
        expect(studentizedRange.cdf(q, 2, df)).toBeCloseTo(1 - truth, 8);
      }
    }
  });

  it('has no jump where jstat is left: at 10 and 2000 degrees of freedom and at 5 groups', () => {
    for (const groups of [2, 3, 5]) {
      for (let q = 0.25; q <= 8; q += 0.25) {
        for (const df of [10, 37, 2000]) {
          const theirs = jstatRangeCdf(q, groups, df);
          if (theirs !== undefined) {
            expect(relative(theirs, Math.exp(studentizedRange.logCdf(q, groups, df)))).toBeLessThan(1e-9);
          }
        }
      }
    }
  });

  it('asks jstat only where it was found accurate', () => {
    expect(jstatRangeCdf(3, 3, 20)).toBeCloseTo(studentizedRange.cdf(3, 3, 20), 12);
    expect(jstatRangeCdf(3, 5, 10)).toBeDefined();
    expect(jstatRangeCdf(3, 5, 2000)).toBeDefined();
    for (const [q, groups, df] of [
      [3, 6, 20],
      [3, 5, 9.99],
      [3, 5, 2000.1],
      [30, 3, 20],
      [0.001, 3, 20],
    ] as const) {
      expect(jstatRangeCdf(q, groups, df)).toBeUndefined();
    }
  });

  it('tends to the range of normal values', () => {
    const limit = studentizedRange.sf(3.6, 2, 1e12);
    expect(relative(limit, chisquare.sf(3.6 ** 2 / 2, 1))).toBeLessThan(1e-9);
    expect(relative(limit, 2 * normal.sf(3.6 / Math.SQRT2))).toBeLessThan(1e-9);
  });
});
