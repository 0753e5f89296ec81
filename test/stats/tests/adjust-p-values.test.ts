import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as stats from '../../../src/stats/index.js';

describe('adjustPValues', () => {
  const ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 7 });

  it('is what the closed test of all intersections gives: Holm by Bonferroni, Hommel by Simes', () => {
    fc.assert(
      fc.property(ps, (p) => {
        const simes = (set: number[]) =>
          Math.min(...[...set].sort((a, b) => a - b).map((value, i) => (value * set.length) / (i + 1)));
        const bonferroni = (set: number[]) => Math.min(1, Math.min(...set) * set.length);
        const closed = (rule: (set: number[]) => number) =>
          p.map((_, i) => {
            let most = 0;
            for (let mask = 0; mask < 2 ** p.length; mask += 1) {
              if (((mask >> i) & 1) === 1)
                most = Math.max(most, rule(p.filter((_value, j) => ((mask >> j) & 1) === 1)));
            }
            return Math.min(1, most);
          });
        const near = (one: number[], other: number[]) =>
          one.forEach((value, i) => expect(value).toBeCloseTo(other[i] as number, 12));
        near(stats.adjustPValues(p, 'holm'), closed(bonferroni));
        near(stats.adjustPValues(p, 'hommel'), closed(simes));
      }),
      { numRuns: 200 },
    );
  });

  it('orders the methods by how much they ask, and keeps the order of the tests', () => {
    fc.assert(
      fc.property(ps, (p) => {
        const by = (method: stats.Adjustment) => stats.adjustPValues(p, method);
        p.forEach((raw, i) => {
          const chain = [
            raw,
            by('BH')[i],
            by('hommel')[i],
            by('hochberg')[i],
            by('holm')[i],
            by('bonferroni')[i],
          ] as number[];
          for (let k = 1; k < chain.length; k += 1)
            expect(chain[k]).toBeGreaterThanOrEqual((chain[k - 1] as number) - 1e-12);
          expect(by('BY')[i]).toBeGreaterThanOrEqual((by('BH')[i] as number) - 1e-12);
        });
        for (const method of ['holm', 'BH', 'BY', 'hochberg', 'hommel'] as const) {
          expect(stats.adjustPValues([...p].reverse(), method).reverse()).toEqual(by(method));
        }
      }),
    );
    expect(stats.adjustPValues([], 'BH')).toEqual([]);
  });

  it('refuses what is no p-value and no method', () => {
    expect(() => stats.adjustPValues([0.5, 1.1], 'BH')).toThrow('p[1] must be a number in [0, 1] (was 1.1)');
    expect(() => stats.adjustPValues([0.5], 'fdr' as 'BH')).toThrow('method must be');
    expect(() => stats.adjustPValues('x' as never, 'BH')).toThrow('p must be a list');
  });
});
