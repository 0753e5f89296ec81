import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import { normal } from '../../../src/stats/distributions/normal.js';
import { erfc, erfcx, erfSmall } from '../../../src/stats/special/erfc.js';

const relative = (value: number, truth: number) => Math.abs(value / truth - 1);

describe('erfc', () => {
  // mpmath 1.3.0 at 50 digits.
  it.each([
    [0.1, 0.887537083981715],
    [0.4999999, 0.47950021006521576],
    [0.5, 0.4795001221869535],
    [1, 0.15729920705028513],
    [3, 2.209049699858544e-5],
    [6.25, 9.672204131876253e-19],
    [6.29, 5.820751867247628e-19],
    [10, 2.088487583762545e-45],
    [26, 5.663192408856143e-296],
    [-1, 1.8427007929497148],
  ])('erfc(%d) is %d', (x, truth) => expect(relative(erfc(x), truth)).toBeLessThan(2e-13));

  it('is 0 where the value is below the smallest number', () => {
    expect(erfc(28)).toBe(0);
    expect(erfc(Infinity)).toBe(0);
    expect(erfc(-Infinity)).toBe(2);
  });

  it('has no jump where the series hands over to the trapezoidal rule, or where the residue ends', () => {
    for (const seam of [0.5, 2 * Math.PI]) {
      const below = erfcx(seam * (1 - 1e-15));
      expect(relative(erfcx(seam * (1 + 1e-15)), below)).toBeLessThan(1e-14);
    }
    expect(relative(erfcx(1e8), 1 / (1e8 * Math.sqrt(Math.PI)))).toBeLessThan(1e-15);
    expect(relative(erfcx(1.0001e8), 1 / (1.0001e8 * Math.sqrt(Math.PI)))).toBeLessThan(1e-15);
  });

  it('keeps every digit of the error function of a small argument', () => {
    expect(relative(erfSmall(1e-300), 2e-300 / Math.sqrt(Math.PI))).toBeLessThan(1e-15);
    expect(erfSmall(0)).toBe(0);
  });
});

describe('normal', () => {
  it('is symmetric: what is above x is what is below its mirror image', () => {
    fc.assert(
      fc.property(fc.double({ min: -40, max: 40, noNaN: true }), (x) => {
        expect(normal.sf(x)).toBe(normal.cdf(-x));
        expect(normal.logSf(x)).toBe(normal.logCdf(-x));
      }),
    );
  });

  it('sums to one over both sides', () => {
    fc.assert(
      fc.property(fc.double({ min: -9, max: 9, noNaN: true }), (x) => {
        expect(Math.abs(normal.sf(x) + normal.cdf(x) - 1)).toBeLessThan(3e-16);
      }),
    );
  });

  it('has a logarithm that agrees with the tail and goes on where the tail is 0', () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 37, noNaN: true }), (x) => {
        expect(Math.abs(normal.logSf(x) - Math.log(normal.sf(x)))).toBeLessThan(1e-12);
      }),
    );
    // mpmath 1.3.0 at 50 digits.
    expect(relative(normal.logSf(1e3), -500007.82669481216)).toBeLessThan(1e-14);
    expect(normal.logSf(Infinity)).toBe(-Infinity);
    expect(Math.abs(normal.logSf(-Infinity))).toBe(0);
  });

  it('gives back the probability that its quantile was asked for', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: Math.log(0.5), noNaN: true }), (logP) => {
        const p = Math.exp(logP);
        const z = normal.quantile(p);
        expect(relative(normal.cdf(z), p)).toBeLessThan(1e-12);
        expect(normal.isf(p)).toBe(0 - z);
      }),
      { numRuns: 300 },
    );
    expect(normal.quantile(0)).toBe(-Infinity);
    expect(normal.quantile(1)).toBe(Infinity);
    expect(normal.isf(0)).toBe(Infinity);
  });

  it('has no jump where the central quantile hands over to the tails', () => {
    for (const seam of [0.25, 0.75, 0.9]) {
      const [below, above] = [normal.quantile(seam - 1e-14), normal.quantile(seam + 1e-14)];
      expect(above).toBeGreaterThan(below);
      expect(above - below).toBeLessThan(2e-13);
    }
  });

  it('moves and stretches with mean and standard deviation', () => {
    expect(normal.cdf(13, 10, 3)).toBe(normal.cdf(1));
    expect(normal.sf(13, 10, 3)).toBe(normal.sf(1));
    expect(normal.logSf(13, 10, 3)).toBe(normal.logSf(1));
    expect(normal.logCdf(13, 10, 3)).toBe(normal.logCdf(1));
    expect(normal.pdf(13, 10, 3)).toBe(normal.pdf(1) / 3);
    expect(normal.quantile(0.975, 10, 3)).toBe(10 + 3 * normal.quantile(0.975));
    expect(normal.isf(0.975, 10, 3)).toBe(10 - 3 * normal.quantile(0.975));
    expect(normal.pdf(0)).toBeCloseTo(0.3989422804014327, 15);
  });

  it('draws what its quantiles say, one number of the generator each', () => {
    const rng = seededRng(7);
    const draws = Array.from({ length: 20_000 }, () => normal.sample(rng, 5, 2));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / (draws.length - 1);
    expect(Math.abs(mean - 5)).toBeLessThan(4 * (2 / Math.sqrt(draws.length)));
    expect(Math.abs(variance / 4 - 1)).toBeLessThan(4 * Math.sqrt(2 / draws.length));
    expect(normal.sample({ next: () => 0.5 })).toBe(0);
    expect(normal.sample({ next: () => 0 })).toBeCloseTo(-8.2924, 3);
    expect(normal.sample({ next: () => 0.975 }, 1, 2)).toBe(1 + 2 * normal.quantile(0.975));
  });

  it('refuses NaN and parameters outside its domain with an error that says where', () => {
    expect(() => normal.cdf(Number.NaN)).toThrow('normal.cdf: x must be a number (was NaN).');
    expect(() => normal.sf(0, 0, 0)).toThrow('normal.sf: sd must be a finite number over 0 (was 0).');
    expect(() => normal.pdf(0, Infinity)).toThrow('normal.pdf: mean must be a finite number (was Infinity).');
    expect(() => normal.quantile(1.1)).toThrow('normal.quantile: p must be a number in [0, 1] (was 1.1).');
    expect(() => normal.isf(-0.1)).toThrow('normal.isf: p must be');
    expect(() => normal.sample({ next: () => 1 })).toThrow('normal.sample: rng.next() must be a number in [0, 1)');
    for (const call of [normal.logSf, normal.logCdf, normal.quantile]) {
      expect(() => call(Number.NaN)).toThrow(expect.objectContaining({ code: 'domain' }));
    }
  });
});
