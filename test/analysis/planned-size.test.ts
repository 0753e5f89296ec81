import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plannedBound } from '../../src/analysis/planned-size.js';
import { seededRng } from '../../src/core/rng.js';
import { normal } from '../../src/stats/distributions/normal.js';
import { groupSequentialBounds } from '../../src/stats/sequential/group-sequential.js';
import { gaussian } from './simulate.js';

describe('the bound of a planned test', () => {
  it('is least at the planned size, and grows with the distance from it by the same factor on both sides', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.4, noNaN: true }),
        fc.double({ min: 1.001, max: 1000, noNaN: true }),
        (alpha, factor) => {
          const least = plannedBound(alpha, 1);
          expect(plannedBound(alpha, factor) / least).toBeCloseTo(Math.sqrt(factor), 9);
          expect(plannedBound(alpha, 1 / factor) / least).toBeCloseTo(Math.sqrt(factor), 9);
        },
      ),
    );
    expect(plannedBound(0.05, 0)).toBe(Infinity);
    expect(plannedBound(0.05, Number.NaN)).toBe(Infinity);
  });

  it('is where the chance to cross it is alpha, by numerical integration over the end of the plan', () => {
    for (const alpha of [1e-6, 0.001, 0.01, 0.05, 0.3]) {
      const c = plannedBound(alpha, 1);
      // Given B(1) = x the ways there and on from there stay below c with probability 1 - exp(-2c(c - x)) each.
      let stay = 0;
      const step = 1e-3;
      for (let x = c - step / 2; x > c - 40; x -= step) {
        stay += (step * Math.exp(-(x * x) / 2) * (1 - Math.exp(-2 * c * (c - x))) ** 2) / Math.sqrt(2 * Math.PI);
      }
      expect(1 - stay).toBeCloseTo(alpha, 6);
    }
  });

  it('lies a little above the bounds of Lan and DeMets for very many looks, which end with the plan', () => {
    const looks = Array.from({ length: 200 }, (_, index) => (index + 1) / 200);
    const { z } = groupSequentialBounds({ alpha: 0.05, sides: 1, information: looks, spending: 'obrien-fleming' });
    for (const at of [50, 100, 150, 200]) {
      const ratio = plannedBound(0.05, at / 200) / (z[at - 1] as number);
      expect(ratio).toBeGreaterThan(1);
      expect(ratio).toBeLessThan(1.12);
    }
    // Looks without a pause until the end of the plan alone: the reflection principle.
    expect(plannedBound(0.05, 1)).toBeGreaterThan(normal.isf(0.025));
    expect(plannedBound(0.05, 1)).toBeLessThan(normal.isf(0.017));
  });

  it('errs with probability alpha over all looks, before and after the planned size', () => {
    const rng = seededRng(11);
    const runs = 3000;
    const alpha = 0.05;
    let crossed = 0;
    for (let run = 0; run < runs; run += 1) {
      let walk = 0;
      for (let look = 1; look <= 300; look += 1) {
        walk += gaussian(rng);
        // The plan ends at look 100.
        if (!(walk / Math.sqrt(look) >= plannedBound(alpha, look / 100))) continue;
        crossed += 1;
        break;
      }
    }
    // Looks at 300 points miss some of what lies between: the rate is under alpha, and not by much.
    expect(crossed / runs).toBeLessThanOrEqual(alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / runs));
    expect(crossed / runs).toBeGreaterThan(0.03);
  });
});
