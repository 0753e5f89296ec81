import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoreMixture } from '../../../src/stats/sequential/score-mixture.js';
import { allowance, oracleCases } from '../oracles/load.js';

const anyScore = fc.double({ min: -300, max: 300, noNaN: true });
const anyVariance = fc.double({ min: 0.01, max: 1e5, noNaN: true });
const anyRho = fc.double({ min: 0.1, max: 1e3, noNaN: true });

describe('scoreMixture', () => {
  for (const one of oracleCases<{ U: number; V: number; rho: number }, { logE: number }>(
    'sequential.json',
    'scoreMixtureEValue',
  )) {
    it(one.name, () => {
      const { U, V, rho } = one.inputs;
      const { logE } = scoreMixture({ score: U, variance: V }, { rho });
      expect(Math.abs(logE - one.expected.logE)).toBeLessThanOrEqual(allowance(one, one.expected.logE));
    });
  }

  it('is the integral of the likelihood ratio over a normal prior, two-sided, or over its half, one-sided', () => {
    // exp(t U - t^2 V / 2) over t ~ N(0, 1/rho), by Simpson's rule.
    for (const [score, variance, rho] of [
      [12, 40, 5],
      [-8, 30, 10],
      [0, 7, 5],
    ] as const) {
      const integral = (from: number) => {
        const [steps, to] = [20_000, 12 / Math.sqrt(rho)];
        const width = (to - from) / steps;
        let sum = 0;
        for (let i = 0; i <= steps; i += 1) {
          const t = from + i * width;
          const value = Math.exp(t * score - (t * t * (variance + rho)) / 2) * Math.sqrt(rho / (2 * Math.PI));
          sum += value * (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2);
        }
        return (sum * width) / 3;
      };
      const half = integral(0);
      const whole = integral(-12 / Math.sqrt(rho));
      expect(Math.exp(scoreMixture({ score, variance }, { rho }).logE) / whole).toBeCloseTo(1, 9);
      expect(Math.exp(scoreMixture({ score, variance }, { rho, harm: 'more' }).logE) / (2 * half)).toBeCloseTo(1, 9);
      const other = scoreMixture({ score, variance }, { rho, harm: 'fewer' }).logE;
      expect(Math.exp(other) / (2 * (whole - half))).toBeCloseTo(1, 6);
    }
  });

  it('is the mean of its two directions when two-sided, and mirrors when the score does', () => {
    fc.assert(
      fc.property(anyScore, anyVariance, anyRho, (score, variance, rho) => {
        const logE = (sign: number, harm?: 'more' | 'fewer') =>
          scoreMixture({ score: sign * score, variance }, harm === undefined ? { rho } : { rho, harm }).logE;
        const [more, fewer] = [logE(1, 'more'), logE(1, 'fewer')];
        const top = Math.max(more, fewer);
        const mean = top + Math.log((Math.exp(more - top) + Math.exp(fewer - top)) / 2);
        expect(Math.abs(logE(1) - mean)).toBeLessThan(1e-9 * (1 + Math.abs(mean)));
        expect(logE(-1, 'fewer')).toBe(more);
        expect(logE(-1)).toBe(logE(1));
      }),
    );
  });

  it('fires in the direction of harm only, unless it is two-sided', () => {
    const improved = { score: 60, variance: 100 };
    expect(scoreMixture(improved, { rho: 5, harm: 'fewer' }).logE).toBeLessThan(0);
    expect(scoreMixture(improved, { rho: 5, harm: 'more' }).logE).toBeGreaterThan(Math.log(1000));
    expect(scoreMixture(improved, { rho: 5 }).logE).toBeGreaterThan(Math.log(1000));
  });

  it('says nothing without variance, and says that it is asymptotic', () => {
    for (const harm of ['more', 'fewer'] as const) {
      expect(scoreMixture({ score: 0, variance: 0 }, { rho: 5, harm }).logE).toBeCloseTo(0, 15);
      expect(scoreMixture({ score: 9, variance: 0 }, { rho: 5, harm }).logE).toBeCloseTo(0, 15);
    }
    expect(scoreMixture({ score: 9, variance: 0 }, { rho: 5 })).toEqual({ logE: 0, asymptotic: true });
    expect(scoreMixture({ score: 1, variance: 1 }, { rho: 5, harm: 'more' }).asymptotic).toBe(true);
  });

  it('stays finite for scores of millions of events', () => {
    const { logE } = scoreMixture({ score: -1e6, variance: 1e6 }, { rho: 5, harm: 'more' });
    expect(Number.isFinite(logE)).toBe(true);
    expect(logE).toBeLessThan(-5);
  });

  it.each([
    ['score', Number.NaN, 1, 5],
    ['score', Infinity, 1, 5],
    ['variance', 1, -1, 5],
    ['variance', 1, Number.NaN, 5],
    ['rho', 1, 1, 0],
    ['rho', 1, 1, Infinity],
  ])('refuses a %s outside its domain', (what, score, variance, rho) => {
    expect(() => scoreMixture({ score, variance }, { rho })).toThrow(
      expect.objectContaining({ code: 'domain', message: expect.stringContaining(`scoreMixture: ${what} must be`) }),
    );
  });
});
