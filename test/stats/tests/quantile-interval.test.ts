import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import * as stats from '../../../src/stats/index.js';

describe('quantileInterval', () => {
  it('names the values at the ranks, with the coverage that all orders give', () => {
    const values = Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
    const result = stats.quantileInterval({ values, q: 0.5 });
    expect(result).toMatchObject({ lowerRank: 40, upperRank: 61, lower: 39, upper: 60, estimate: 49, level: 0.95 });
    expect(result.coverage).toBeCloseTo(0.9647997997822952, 12);
  });

  it('is infinite where the sample is too small to tell', () => {
    expect(stats.quantileInterval({ values: [5, 1, 3], q: 0.99 })).toMatchObject({ upper: Infinity, estimate: 5 });
    expect(stats.quantileInterval({ values: [5, 1, 3], q: 0.01 })).toMatchObject({ lower: -Infinity, estimate: 1 });
    expect(stats.quantileInterval({ values: [], q: 0.5 })).toMatchObject({
      estimate: null,
      lower: -Infinity,
      upper: Infinity,
    });
  });

  it('covers as often as it says', () => {
    const rng = seededRng(5);
    let covered = 0;
    for (let run = 0; run < 2000; run += 1) {
      const { lower, upper } = stats.quantileInterval({ values: Array.from({ length: 60 }, () => rng.next()), q: 0.8 });
      if (lower <= 0.8 && 0.8 <= upper) covered += 1;
    }
    const { coverage } = stats.quantileRanks({ n: 60, q: 0.8 });
    expect(coverage).toBeGreaterThan(0.95);
    expect(Math.abs(covered / 2000 - coverage)).toBeLessThan(4 * Math.sqrt(0.05 / 2000));
  });
});
