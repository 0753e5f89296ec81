import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { log1pMinus, logRatioMinus } from '../../../src/stats/special/log1p-minus.js';
import { logBeta, logGamma, logGammaRise, stirlingError } from '../../../src/stats/special/log-gamma.js';
import { logBinomialMass, logHypergeometricMass, logPoissonMass } from '../../../src/stats/special/log-mass.js';
import { logComplement, tailsFrom } from '../../../src/stats/special/tails.js';
import { relative } from '../near.js';

// Reference values are of mpmath 1.3.0 with 40 to 60 digits.

describe('log1pMinus', () => {
  it.each([
    [1e-12, -4.999999999996667e-25],
    [1e-5, -4.9999666669166655e-11],
    [-0.3999, -0.11075897098666987],
    [-0.4001, -0.11089230432308965],
    [0.6999, -0.16933057419741301],
    [0.7001, -0.16941292713845377],
    [-0.99, -3.6151701859880907],
    [5.0, -3.208240530771945],
    [-0.001, -5.003335835335002e-7],
  ])('of %d is %d', (z, truth) => expect(relative(log1pMinus(z), truth)).toBeLessThan(5e-14));

  it('is 0 at 0 and never above it', () => {
    expect(Math.abs(log1pMinus(0))).toBe(0);
    fc.assert(fc.property(fc.double({ min: -0.999, max: 100, noNaN: true }), (z) => log1pMinus(z) <= 0));
  });

  it('keeps the digits of a ratio far below 1', () => {
    expect(relative(logRatioMinus(1e-300, 2, 1e-300 - 2), Math.log(5e-301) + 1)).toBeLessThan(1e-14);
    expect(relative(logRatioMinus(3, 2, 1), Math.log(1.5) - 0.5)).toBeLessThan(1e-14);
  });
});

describe('log-gamma', () => {
  it.each([
    [0.001, 2.5422704679670947],
    [0.5, 0.15342640972002736],
    [1, 0.08106146679532726],
    [3.7, 0.022468770580143144],
    [11.999, 0.006943418458517719],
    [12, 0.00694284010720953],
    [12.5, 0.006665247032707682],
    [100, 0.0008333305556349147],
    [100000000.0, 8.333333333333334e-10],
  ])('leaves out of Stirling at %d what the truth leaves out: %d', (x, truth) => {
    expect(Math.abs(stirlingError(x) - truth)).toBeLessThan(4e-15);
    if (x >= 12) expect(relative(stirlingError(x), truth)).toBeLessThan(1e-14);
  });

  it.each([
    [1e-300, 690.7755278982137],
    [1e-5, 11.512919692895826],
    [0.3, 1.0957979948180756],
    [0.999, 0.0005780385328913802],
    [1, 0.0],
    [1.5, -0.12078223763524522],
    [2.5, 0.2846828704729192],
    [10, 12.801827480081469],
    [171.5, 709.1431630309282],
    [10000000000.0, 220258509288.81058],
  ])('of %d is %d', (x, truth) =>
    expect(Math.abs(logGamma(x) - truth)).toBeLessThan(4e-15 * Math.max(1, Math.abs(truth))),
  );

  it.each([
    [1, 1e-10, -5.7721566481928616e-11],
    [1, 0.5, -0.12078223763524522],
    [0.2, 1e-6, -5.289026762945498e-6],
    [7.3, 2.5, 5.2057026557069825],
    [11.5, 0.001, 0.002398284551491903],
    [50, 0.1, 0.39029990606420134],
    [1000000000.0, 0.5, 10.361632918348205],
  ])('rises from %d over %d by %d, relative to itself', (base, a, truth) => {
    expect(Math.abs(logGammaRise(base, a) - truth)).toBeLessThan(1e-13 * Math.abs(truth) + 1e-20);
  });

  it.each([
    [0.5, 0.5, 1.1447298858494002],
    [0.001, 1000, 6.900271629687955],
    [9.99, 9.99, -13.721853536324813],
    [10, 10, -13.736229227036555],
    [20, 1000000.0, -236.970516970851],
    [3, 1000000000.0, -61.47665033327929],
    [1000000000.0, 1000000000.0, -1386294370.2160115],
  ])('gives ln B(%d, %d) = %d either way round', (a, b, truth) => {
    expect(relative(logBeta(a, b), truth)).toBeLessThan(1e-14);
    expect(logBeta(b, a)).toBe(logBeta(a, b));
  });
});

describe('tails', () => {
  it('complements a logarithm without losing small ones', () => {
    expect(relative(logComplement(-1e-20), Math.log(1e-20))).toBeLessThan(1e-15);
    expect(relative(logComplement(-40), -Math.exp(-40))).toBeLessThan(1e-15);
    expect(logComplement(-Infinity)).toBeCloseTo(0, 15);
    expect(logComplement(0)).toBe(-Infinity);
  });

  it('takes rounding above certainty as certainty', () => {
    expect(tailsFrom(1e-16, true)).toEqual({ lower: 1, upper: -0, logLower: 0, logUpper: -Infinity });
  });

  it('puts the given side where it belongs', () => {
    const below = tailsFrom(Math.log(0.2), true);
    const above = tailsFrom(Math.log(0.2), false);
    expect(below.lower).toBeCloseTo(0.2, 15);
    expect(below.upper).toBeCloseTo(0.8, 15);
    expect(Math.exp(below.logUpper)).toBeCloseTo(0.8, 15);
    expect([above.lower, above.upper, above.logLower]).toEqual([below.upper, below.lower, below.logUpper]);
  });
});

describe('log masses', () => {
  it.each([
    [0, 3.5, -3.5],
    [1, 1e-5, -11.512935464970228],
    [5, 100, -81.76164081284159],
    [1000, 990.5, -4.418312349557729],
    [1000000, 1001000, -8.326360811986977],
  ])('Poisson: k = %d, lambda = %d gives %d', (k, lambda, truth) => {
    expect(relative(logPoissonMass(k, lambda), truth)).toBeLessThan(1e-13);
  });

  it.each([
    [0, 10, 0.3, -3.5667494393873236],
    [10, 10, 0.3, -12.03972804325936],
    [3, 10, 0.7, -4.710342719315702],
    [400, 1000, 0.35, -9.046454329398271],
    [5, 100000, 1e-6, -16.40051225924984],
  ])('binomial: k = %d, n = %d, p = %d gives %d', (k, n, p, truth) => {
    expect(relative(logBinomialMass(k, n, p, 1 - p), truth)).toBeLessThan(1e-13);
  });

  it.each([
    [3, 20, 7, 12, -1.6161684581629274],
    [0, 10, 4, 3, -1.791759469228055],
    [50, 1000, 100, 400, -4.746637461060021],
    [2, 10, 2, 10, 0.0],
  ])('hypergeometric: k = %d, N = %d, K = %d, n = %d gives %d', (k, N, K, n, truth) => {
    expect(Math.abs(logHypergeometricMass(k, N, K, n) - truth)).toBeLessThan(1e-13);
  });

  it('are of nothing outside the support and certain where only one count can be', () => {
    expect(logPoissonMass(-1, 2)).toBe(-Infinity);
    expect(logBinomialMass(-1, 5, 0.5, 0.5)).toBe(-Infinity);
    expect(logBinomialMass(6, 5, 0.5, 0.5)).toBe(-Infinity);
    expect([logBinomialMass(0, 5, 0, 1), logBinomialMass(1, 5, 0, 1)]).toEqual([0, -Infinity]);
    expect([logBinomialMass(5, 5, 1, 0), logBinomialMass(4, 5, 1, 0)]).toEqual([0, -Infinity]);
  });
});
