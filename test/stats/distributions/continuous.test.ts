import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import { relative } from '../near.js';
import { cases, continuous } from './entries.js';

const probability = fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true });

describe.each(cases(continuous))('%s', (_label, { name, distribution, parameters, support, moments }) => {
  const slow = name === 'studentizedRange' ? 2 : name === 'noncentralT' ? 10 : 60;

  it('has a quantile that inverts both of its sides, rising throughout', () => {
    fc.assert(
      fc.property(probability, (p) => {
        const [x, y] = [distribution.quantile(p, ...parameters), distribution.isf(p, ...parameters)];
        // The place is rounded too: what it can know of p is the density times its last digit.
        const lost = (at: number) => 4e-15 * Math.abs(at) * distribution.pdf(at, ...parameters);
        if (Math.abs(x) > 1e-300) {
          expect(Math.abs(distribution.cdf(x, ...parameters) - p)).toBeLessThan(1e-9 * p + lost(x));
        }
        if (Math.abs(y) > 1e-300) {
          expect(Math.abs(distribution.sf(y, ...parameters) - p)).toBeLessThan(1e-9 * p + lost(y));
        }
        expect(distribution.quantile(p * 0.9, ...parameters)).toBeLessThanOrEqual(x);
      }),
      { numRuns: slow },
    );
  });

  it('has two sides that sum to one, with logarithms that agree', () => {
    fc.assert(
      fc.property(probability, (p) => {
        const x = distribution.quantile(p, ...parameters);
        const [lower, upper] = [distribution.cdf(x, ...parameters), distribution.sf(x, ...parameters)];
        expect(Math.abs(lower + upper - 1)).toBeLessThan(2e-9);
        expect(Math.abs(Math.exp(distribution.logCdf(x, ...parameters)) - lower)).toBeLessThan(1e-9 * lower + 1e-15);
        expect(Math.abs(Math.exp(distribution.logSf(x, ...parameters)) - upper)).toBeLessThan(1e-9 * upper + 1e-15);
      }),
      { numRuns: slow },
    );
  });

  it('has a density that is the slope of its distribution function', () => {
    for (const p of [0.02, 0.2, 0.5, 0.7, 0.95]) {
      const x = distribution.quantile(p, ...parameters);
      const spread = distribution.quantile(0.75, ...parameters) - distribution.quantile(0.25, ...parameters);
      const h = Math.min(
        1e-3 * spread,
        x > 0 && support[0] === 0 ? 1e-3 * x : Infinity,
        support[1] === 1 ? 1e-3 * (1 - x) : 1,
      );
      if (!(h > 0 && Math.abs(x) > 1e-12)) continue;
      const area = (k: number) =>
        distribution.cdf(x + k * h, ...parameters) - distribution.cdf(x - k * h, ...parameters);
      // Two central differences, extrapolated to a step of 0.
      const slope = (8 * area(1) - area(2)) / (12 * h);
      expect(relative(distribution.pdf(x, ...parameters), slope)).toBeLessThan(2e-4);
    }
  });

  it('ends where its support ends', () => {
    const [left, right] = support;
    expect(distribution.quantile(0, ...parameters)).toBe(left);
    expect(distribution.quantile(1, ...parameters)).toBe(right);
    expect(distribution.isf(0, ...parameters)).toBe(right);
    expect(distribution.isf(1, ...parameters)).toBe(left);
    for (const x of [left, left - 1, -Infinity]) {
      expect(distribution.cdf(x, ...parameters)).toBe(0);
      expect(distribution.sf(x, ...parameters)).toBe(1);
      expect(distribution.logCdf(x, ...parameters)).toBe(-Infinity);
      if (x !== 0) expect(distribution.pdf(x, ...parameters)).toBe(0);
    }
    for (const x of [right, right + 1, Infinity]) {
      expect(distribution.cdf(x, ...parameters)).toBe(1);
      expect(distribution.sf(x, ...parameters)).toBe(0);
      expect(distribution.logSf(x, ...parameters)).toBe(-Infinity);
      if (x !== 1) expect(distribution.pdf(x, ...parameters)).toBe(0);
    }
  });

  it('draws what it says', () => {
    const rng = seededRng(11);
    const count = name === 'studentizedRange' ? 200 : name === 'noncentralT' ? 400 : 4000;
    const draws = Array.from({ length: count }, () => distribution.sample(rng, ...parameters));
    // Levels of a continuous variable are uniform: mean 1/2, and a quarter in each quarter.
    const levels = draws.map((draw) => distribution.cdf(draw, ...parameters));
    const mean = levels.reduce((sum, level) => sum + level, 0) / count;
    expect(Math.abs(mean - 0.5)).toBeLessThan(4.5 * Math.sqrt(1 / 12 / count));
    for (const quarter of [0.25, 0.5, 0.75]) {
      const share = levels.filter((level) => level <= quarter).length / count;
      expect(Math.abs(share - quarter)).toBeLessThan(4.5 * Math.sqrt((quarter * (1 - quarter)) / count));
    }
    const [centre, sd] = moments?.(parameters) ?? [Number.NaN, Number.NaN];
    if (Number.isFinite(sd)) {
      const average = draws.reduce((sum, draw) => sum + draw / count, 0);
      expect(Math.abs(average - centre)).toBeLessThan((5 * sd) / Math.sqrt(count));
    }
    expect(distribution.sample(seededRng(5), ...parameters)).toBe(distribution.sample(seededRng(5), ...parameters));
  });
});
