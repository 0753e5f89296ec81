import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import { cases, discrete } from './entries.js';

describe.each(cases(discrete))('%s', (_label, { name, distribution, parameters, moments }) => {
  const [mean, sd] = moments?.(parameters) ?? [0, 0];
  const nearby = [-30, -8, -4, -2, -1, 0, 1, 2, 4, 8, 30].map((z) => Math.max(0, Math.round(mean + z * sd)));

  it('adds up: each count is the step of the distribution function', () => {
    for (const k of nearby) {
      const step =
        k < mean
          ? distribution.cdf(k, ...parameters) - distribution.cdf(k - 1, ...parameters)
          : distribution.sf(k - 1, ...parameters) - distribution.sf(k, ...parameters);
      const mass = distribution.pmf(k, ...parameters);
      const around =
        Math.max(distribution.cdf(k, ...parameters), 0) * (k < mean ? 1 : 0) +
        distribution.sf(k - 1, ...parameters) * (k < mean ? 0 : 1);
      expect(Math.abs(step - mass)).toBeLessThanOrEqual(1e-11 * around + 1e-300);
      expect(distribution.cdf(k, ...parameters) + distribution.sf(k, ...parameters)).toBeCloseTo(1, 12);
      expect(distribution.logCdf(k, ...parameters)).toBeCloseTo(Math.log(distribution.cdf(k, ...parameters)), 9);
      if (distribution.sf(k, ...parameters) > 1e-300) {
        expect(distribution.logSf(k, ...parameters)).toBeCloseTo(Math.log(distribution.sf(k, ...parameters)), 9);
      }
    }
    expect([
      distribution.pmf(-1, ...parameters),
      distribution.cdf(-1, ...parameters),
      distribution.sf(-1, ...parameters),
    ]).toEqual([0, 0, 1]);
  });

  it('has quantiles that are the first counts to reach a probability', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (p) => {
        const k = distribution.quantile(p, ...parameters);
        expect(distribution.cdf(k, ...parameters)).toBeGreaterThanOrEqual(p * (1 - 1e-11));
        if (k > 0) expect(distribution.cdf(k - 1, ...parameters)).toBeLessThan(p);
        const top = distribution.isf(p, ...parameters);
        expect(distribution.sf(top, ...parameters)).toBeLessThanOrEqual(p * (1 + 1e-11));
        if (top > 0) expect(distribution.sf(top - 1, ...parameters)).toBeGreaterThan(p);
      }),
      { numRuns: 40 },
    );
    for (const k of nearby) {
      const p = distribution.cdf(k, ...parameters);
      if (p > 1e-12 && p < 0.999) expect(distribution.quantile(p, ...parameters)).toBe(k);
      const q = distribution.sf(k, ...parameters);
      if (q > 1e-12 && q < 0.999) expect(distribution.isf(q, ...parameters)).toBe(k);
    }
  });

  it('draws what it says', () => {
    const rng = seededRng(3);
    const count = 2000;
    let sum = 0;
    for (let i = 0; i < count; i += 1) sum += distribution.sample(rng, ...parameters) / count;
    expect(Math.abs(sum - mean)).toBeLessThanOrEqual((4.5 * sd) / Math.sqrt(count) + 1e-9);
    expect(name).not.toBe('');
  });
});
