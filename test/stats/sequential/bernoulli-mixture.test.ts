import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bernoulliMixture } from '../../../src/stats/sequential/bernoulli-mixture.js';

type Harm = 'more' | 'fewer';
const ratios = {
  more: [1.1, 1.2, 1.4, 1.7, 2, 3, 5, 10],
  fewer: [0.98, 0.95, 0.9, 0.8, 0.7, 0.5, 0.3, 0.1],
} as const;

/** How the stake is divided: evenly, and mostly on small losses. */
const stakes = {
  more: [1, 1, 1, 1, 1, 1, 1, 1],
  fewer: [2, 4, 5, 4, 2, 1, 0.6, 0.4],
} as const;
const weighted = (products: readonly number[], harm: Harm) => {
  const all = stakes[harm].reduce((sum: number, stake) => sum + stake, 0);
  return products.reduce((sum, product, at) => sum + (product * (stakes[harm][at] as number)) / all, 0);
};

function byDefinition(events: number, n: number, limit: number, harm: Harm): number {
  const products = ratios[harm].map((ratio) => {
    const rate = (limit * ratio) / (1 - limit + limit * ratio);
    return (rate / limit) ** events * ((1 - rate) / (1 - limit)) ** (n - events);
  });
  return Math.log(weighted(products, harm));
}

/** E[E] after `n` observations of which each is an event with probability `rate`: a sum over all counts. */
function expectation(n: number, rate: number, limit: number, harm: Harm): number {
  let total = 0;
  let ways = 1;
  for (let events = 0; events <= n; events += 1) {
    const probability = ways * rate ** events * (1 - rate) ** (n - events);
    total += probability * Math.exp(bernoulliMixture({ events, n, limit, harm }).logE);
    ways = (ways * (n - events)) / (events + 1);
  }
  return total;
}

describe('bernoulliMixture', () => {
  it('is the weighted mean over its alternatives of the likelihood ratio', () => {
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.nat(60),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        fc.constantFrom<Harm>('more', 'fewer'),
        (events, others, limit, harm) => {
          const { logE } = bernoulliMixture({ events, n: events + others, limit, harm });
          expect(logE).toBeCloseTo(byDefinition(events, events + others, limit, harm), 8);
        },
      ),
    );
  });

  it('has an expectation of 1 at the limit and less than 1 for every rate on the null side, by enumeration', () => {
    for (const limit of [0.01, 0.05, 0.3, 0.5, 0.95]) {
      for (const n of [1, 2, 7, 30]) {
        for (const harm of ['more', 'fewer'] as const) {
          expect(expectation(n, limit, limit, harm)).toBeCloseTo(1, 12);
          for (const part of [0, 0.2, 0.5, 0.9, 0.99]) {
            const rate = harm === 'more' ? limit * part : 1 - (1 - limit) * part;
            expect(expectation(n, rate, limit, harm)).toBeLessThan(1);
          }
        }
      }
    }
  });

  it('crosses 1/alpha within 600 observations with probability at most alpha, by exact recursion at every look', () => {
    const [alpha, limit] = [0.05, 0.05];
    let alive = [1];
    let crossed = 0;
    for (let n = 1; n <= 600; n += 1) {
      const next = Array<number>(n + 1).fill(0);
      alive.forEach((chance, events) => {
        next[events] = (next[events] as number) + chance * (1 - limit);
        next[events + 1] = (next[events + 1] as number) + chance * limit;
      });
      alive = next.map((chance, events) => {
        if (chance === 0 || bernoulliMixture({ events, n, limit, harm: 'more' }).logE < Math.log(1 / alpha))
          return chance;
        crossed += chance;
        return 0;
      });
    }
    expect(crossed).toBeLessThanOrEqual(alpha);
    expect(crossed).toBeGreaterThan(0.01);
  });

  it('finds a broken treatment within a handful of errors, and a rate on the right side never', () => {
    expect(bernoulliMixture({ events: 4, n: 4, limit: 0.02, harm: 'more' }).logE).toBeGreaterThan(Math.log(200));
    expect(bernoulliMixture({ events: 100, n: 10_000, limit: 0.02, harm: 'more' }).logE).toBeLessThan(0);
    expect(bernoulliMixture({ events: 300, n: 10_000, limit: 0.02, harm: 'more' }).logE).toBeGreaterThan(
      Math.log(1000),
    );
    expect(bernoulliMixture({ events: 100, n: 10_000, limit: 0.02, harm: 'fewer' }).logE).toBeGreaterThan(
      Math.log(1000),
    );
  });

  it('says nothing about nothing', () => {
    for (const limit of [0, 0.3, 1]) {
      for (const harm of ['more', 'fewer'] as const) {
        expect(bernoulliMixture({ events: 0, n: 0, limit, harm })).toEqual({ logE: 0 });
      }
    }
  });

  it('is refuted at once by what its limit makes impossible, and by nothing else', () => {
    expect(bernoulliMixture({ events: 1, n: 9, limit: 0, harm: 'more' }).logE).toBe(Infinity);
    expect(bernoulliMixture({ events: 0, n: 9, limit: 0, harm: 'more' }).logE).toBe(0);
    expect(bernoulliMixture({ events: 8, n: 9, limit: 1, harm: 'fewer' }).logE).toBe(Infinity);
    expect(bernoulliMixture({ events: 9, n: 9, limit: 1, harm: 'fewer' }).logE).toBeCloseTo(0, 12);
    expect(bernoulliMixture({ events: 9, n: 9, limit: 1, harm: 'more' }).logE).toBeCloseTo(0, 12);
    expect(bernoulliMixture({ events: 8, n: 9, limit: 1, harm: 'more' }).logE).toBeLessThan(0);
    expect(bernoulliMixture({ events: 1, n: 9, limit: 0, harm: 'fewer' }).logE).toBeLessThan(0);
  });

  it('stays finite for thousands of millions of observations', () => {
    const { logE } = bernoulliMixture({ events: 2e8, n: 4e9, limit: 0.025, harm: 'more' });
    expect(logE).toBeGreaterThan(1e7);
    expect(Number.isFinite(logE)).toBe(true);
  });

  it.each([
    ['n', 0, -1, 0.1],
    ['n', 0, 1.5, 0.1],
    ['events', -1, 5, 0.1],
    ['events', 6, 5, 0.1],
    ['events', 0.5, 5, 0.1],
    ['events', Number.NaN, 5, 0.1],
    ['limit', 1, 5, -0.1],
    ['limit', 1, 5, 1.1],
    ['limit', 1, 5, Number.NaN],
  ])('refuses %s outside its domain (%d of %d, limit %d)', (what, events, n, limit) => {
    expect(() => bernoulliMixture({ events, n, limit, harm: 'more' })).toThrow(
      expect.objectContaining({ code: 'domain', message: expect.stringContaining(`${what} must be`) }),
    );
  });
});
