import { describe, expect, it } from 'vitest';
import { noncentralT } from '../../../src/stats/distributions/noncentral-t.js';
import { t } from '../../../src/stats/distributions/t.js';
import { relative } from '../near.js';

describe('noncentralT', () => {
  it.each([
    // Integrals by mpmath 1.3.0; the first is where jstat 1.9.6 gives 4e-27.
    [30, 1000, 28, 0.9511258611092454, 0.0488741388907547],
    [2, 10, 1, 0.8076115625303752, 0.19238843746962475],
    [2, 1, 0.5, 0.7484855842392902, 0.2515144157607098],
    [8, 3, 0, 0.9979617112061073, 0.002038288793892734],
    [1.5, 38, 3.16, 0.04991792096708424, 0.9500820790329157],
    [-1, 5, 2, 0.002316375654075119, 0.997683624345925],
    [0, 5, 1, 0.15865525393145705, 0.841344746068543],
    [3, 1e6, 2.8, 0.5792592401887261, 0.42074075981127385],
  ])('at %d with df = %d and ncp = %d has the tails %d and %d', (x, df, ncp, lower, upper) => {
    expect(relative(noncentralT.cdf(x, df, ncp), lower)).toBeLessThan(1e-12);
    expect(relative(noncentralT.sf(x, df, ncp), upper)).toBeLessThan(1e-12);
  });

  it('without noncentrality is the t distribution', () => {
    for (const df of [1, 3.3, 30, 1e4]) {
      for (const x of [-4, -0.5, 0, 1, 12]) {
        expect(relative(noncentralT.sf(x, df, 0), t.sf(x, df))).toBeLessThan(1e-11);
        expect(relative(noncentralT.pdf(x, df, 0), t.pdf(x, df))).toBeLessThan(1e-11);
      }
    }
  });

  it('mirrors: the lower tail at x is the upper one at -x with the opposite noncentrality', () => {
    for (const x of [-3, -0.2, 0.7, 5]) expect(noncentralT.cdf(x, 7, 1.3)).toBe(noncentralT.sf(-x, 7, -1.3));
  });
});
