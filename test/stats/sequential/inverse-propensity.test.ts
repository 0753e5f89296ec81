import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  inversePropensityBetting,
  inversePropensityMeans,
  type PropensityStratum,
} from '../../../src/stats/sequential/inverse-propensity.js';
import { emptySketch, QuantileSketch, type SketchJson } from '../../../src/stats/sketch.js';

type Harm = 'more' | 'fewer';
type Counts = PropensityStratum<{ n: number; events: number }>;
interface Options {
  margin: number;
  harm: Harm;
  center?: number;
}
const boldness = {
  more: [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2],
  fewer: [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.9],
} as const;
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** The definition for a center of 0, one observation at a time. */
function byDefinition(strata: readonly Counts[], { margin, harm }: Options): number {
  const sign = harm === 'more' ? 1 : -1;
  const products = boldness[harm].map((k) => {
    let product = 1;
    for (const { share, treatment, control } of strata) {
      const bet =
        harm === 'more'
          ? ((1 - share) * share * k) / ((1 + share * k) * (1 + margin * (1 - share)))
          : k / (1 / share + margin);
      const factor = (treated: boolean, y: number) =>
        1 + bet * (sign * (treated ? y / share : -y / (1 - share)) - margin);
      for (let i = 0; i < treatment.n; i += 1) product *= factor(true, i < treatment.events ? 1 : 0);
      for (let i = 0; i < control.n; i += 1) product *= factor(false, i < control.events ? 1 : 0);
    }
    return product;
  });
  return Math.log(mean(products));
}

/**
 * E[E] over all sequences of `shares.length` units: each is assigned by the share, then has an event with its arm's
 * rate.
 */
function expectation(shares: readonly number[], rates: readonly [number, number], options: Options): number {
  const recurse = (at: number, probability: number, strata: readonly Counts[]): number => {
    if (at === shares.length) return probability * Math.exp(inversePropensityBetting(strata, options).logE);
    const share = shares[at] as number;
    let total = 0;
    for (const treated of [true, false]) {
      for (const events of [0, 1]) {
        const rate = treated ? rates[0] : rates[1];
        const chance = (treated ? share : 1 - share) * (events === 1 ? rate : 1 - rate);
        const [one, none] = [
          { n: 1, events },
          { n: 0, events: 0 },
        ];
        const stratum = treated ? { share, treatment: one, control: none } : { share, treatment: none, control: one };
        total += recurse(at + 1, probability * chance, [...strata, stratum]);
      }
    }
    return total;
  };
  return recurse(0, 1, []);
}

const anyCounts = fc.nat(30).chain((n) => fc.record({ n: fc.constant(n), events: fc.nat(n) }));
const anyStratum = fc.record({
  share: fc.double({ min: 0.005, max: 0.995, noNaN: true }),
  treatment: anyCounts,
  control: anyCounts,
});
const anyHarm = fc.constantFrom<Harm>('more', 'fewer');
const anyMargin = fc.double({ min: 0, max: 0.5, noNaN: true });

describe('inversePropensityBetting', () => {
  it('is what fixed stakes on the inverse-propensity difference win', () => {
    fc.assert(
      fc.property(fc.array(anyStratum, { maxLength: 4 }), anyMargin, anyHarm, (strata, margin, harm) => {
        const { logE } = inversePropensityBetting(strata, { margin, harm });
        const expected = byDefinition(strata, { margin, harm });
        expect(Math.abs(logE - expected)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(expected)));
      }),
    );
  });

  it('has an expectation of exactly 1 at the margin and less inside the null, over all sequences of a ramp', () => {
    const shares = [0.01, 0.25, 0.5, 0.9];
    for (const harm of ['more', 'fewer'] as const) {
      for (const center of [0, 0.2, 0.7, 1]) {
        for (const margin of [0, 0.1, 0.3]) {
          const sign = harm === 'more' ? 1 : -1;
          const atMargin: [number, number] = [0.4 + sign * margin, 0.4];
          expect(expectation(shares, atMargin, { margin, harm, center })).toBeCloseTo(1, 10);
          const inside: [number, number] = [0.4 + sign * (margin - 0.1), 0.4];
          expect(expectation(shares, inside, { margin, harm, center })).toBeLessThan(1);
        }
      }
    }
  });

  it('never has a factor of 0 or less, so one observation cannot ruin it', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        anyHarm,
        (share, center, margin, harm) => {
          for (const events of [0, 100]) {
            const all = { n: 100, events };
            const none = { n: 0, events: 0 };
            for (const stratum of [
              { share, treatment: all, control: none },
              { share, treatment: none, control: all },
            ]) {
              const { logE } = inversePropensityBetting([stratum], { harm, margin, center });
              expect(Number.isFinite(logE)).toBe(true);
            }
          }
        },
      ),
    );
  });

  it('stakes at most nine tenths of what the worst outcome could lose when it has a center', () => {
    fc.assert(
      fc.property(
        anyStratum,
        anyMargin,
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        anyHarm,
        (stratum, margin, center, harm) => {
          const { share, treatment, control } = stratum;
          const sign = harm === 'more' ? 1 : -1;
          const excess = (treated: boolean, y: number) =>
            sign * (treated ? (y - center) / share : -(y - center) / (1 - share)) - margin;
          const worst = Math.min(excess(true, 0), excess(true, 1), excess(false, 0), excess(false, 1));
          const logs = boldness[harm].map((k) => {
            const free =
              harm === 'more'
                ? ((1 - share) * share * k) / ((1 + share * k) * (1 + margin * (1 - share)))
                : k / (1 / share + margin);
            const bet = Math.min(free, 0.9 / -worst);
            const log = (treated: boolean, y: number) => Math.log(1 + bet * excess(treated, y));
            return (
              treatment.events * log(true, 1) +
              (treatment.n - treatment.events) * log(true, 0) +
              control.events * log(false, 1) +
              (control.n - control.events) * log(false, 0)
            );
          });
          const top = Math.max(...logs);
          const expected = top + Math.log(mean(logs.map((log) => Math.exp(log - top))));
          const { logE } = inversePropensityBetting([stratum], { margin, harm, center });
          expect(Math.abs(logE - expected)).toBeLessThanOrEqual(1e-8 * (1 + Math.abs(expected)));
        },
      ),
    );
  });

  it('takes a center of 0 when none is given', () => {
    const strata = [{ share: 0.3, treatment: { n: 30, events: 9 }, control: { n: 70, events: 10 } }];
    const options = { harm: 'more', margin: 0.01 } as const;
    expect(inversePropensityBetting(strata, options)).toEqual(
      inversePropensityBetting(strata, { ...options, center: 0 }),
    );
    expect(inversePropensityBetting(strata, { ...options, center: 0.3 })).not.toEqual(
      inversePropensityBetting(strata, options),
    );
  });

  it('finds harm beyond the margin in either direction, and none within it', () => {
    const at = (treatment: number, harm: Harm, center = 0) =>
      inversePropensityBetting(
        [{ share: 0.5, treatment: { n: 20_000, events: treatment }, control: { n: 20_000, events: 2000 } }],
        { harm, margin: 0.01, center },
      ).logE;
    for (const center of [0, 0.1]) {
      expect(at(2800, 'more', center)).toBeGreaterThan(Math.log(1000));
      expect(at(2200, 'more', center)).toBeLessThan(0);
      expect(at(1200, 'fewer', center)).toBeGreaterThan(Math.log(100));
      expect(at(1800, 'fewer', center)).toBeLessThan(0);
    }
  });

  it('says nothing about nothing, and leaves out strata in which one arm had no share', () => {
    expect(inversePropensityBetting([], { harm: 'more', margin: 0 }).logE).toBeCloseTo(0, 12);
    for (const share of [0, 1]) {
      const stratum = { share, treatment: { n: 9, events: 9 }, control: { n: 9, events: 0 } };
      expect(inversePropensityBetting([stratum], { harm: 'more', margin: 0 }).logE).toBeCloseTo(0, 12);
    }
  });

  const sound: Counts = { share: 0.5, treatment: { n: 2, events: 1 }, control: { n: 2, events: 1 } };
  it.each<[string, Counts, Options]>([
    ['strata[0].share', { ...sound, share: 1.5 }, { harm: 'more', margin: 0 }],
    ['strata[0].treatment.n', { ...sound, treatment: { n: -1, events: 0 } }, { harm: 'more', margin: 0 }],
    ['strata[0].treatment.events', { ...sound, treatment: { n: 1, events: 2 } }, { harm: 'more', margin: 0 }],
    ['strata[0].control.events', { ...sound, control: { n: 1, events: Number.NaN } }, { harm: 'more', margin: 0 }],
    ['margin', sound, { harm: 'more', margin: -0.1 }],
    ['margin', sound, { harm: 'fewer', margin: Number.NaN }],
    ['margin', sound, { harm: 'fewer', margin: Infinity }],
    ['center', sound, { harm: 'more', margin: 0, center: 1.1 }],
    ['center', sound, { harm: 'more', margin: 0, center: -0.1 }],
  ])('refuses %s outside its domain', (what, stratum, options) => {
    expect(() => inversePropensityBetting([stratum], options)).toThrow(
      expect.objectContaining({
        code: 'domain',
        message: expect.stringContaining(`inversePropensityBetting: ${what} must be`),
      }),
    );
  });
});

describe('inversePropensityMeans', () => {
  const sketch = (zero: number, top: number): SketchJson => {
    const made = new QuantileSketch();
    made.add(0, zero);
    made.add(50, top);
    return made.toJSON();
  };

  it('is the betting on rates when every value is 0 or the cap', () => {
    // The sketch stands for 50 by a value within 1 %, so the cap that makes it 1 is that value.
    const cap = QuantileSketch.from(sketch(0, 1)).quantile(0.5) as number;
    fc.assert(
      fc.property(
        anyCounts,
        anyCounts,
        anyHarm,
        fc.double({ min: 0, max: 0.3, noNaN: true }),
        (treatment, control, harm, center) => {
          const asSketch = ({ n, events }: { n: number; events: number }) => sketchOfCounts(n - events, events);
          const { logE } = inversePropensityMeans(
            [{ share: 0.2, treatment: asSketch(treatment), control: asSketch(control) }],
            { cap, harm, margin: 0.02 * cap, center: center * cap },
          );
          const expected = inversePropensityBetting([{ share: 0.2, treatment, control }], {
            harm,
            margin: 0.02,
            center,
          }).logE;
          expect(logE).toBeCloseTo(expected, 9);
        },
      ),
    );
  });
  const sketchOfCounts = (zero: number, top: number): SketchJson => ({
    ...sketch(0, 1),
    zero,
    positive: top === 0 ? [] : [[(sketch(0, 1).positive[0] as readonly [number, number])[0], top]],
  });

  it('has an expectation of 1 over every assignment when the arms have the same values', () => {
    const values = [0, 3, 20, 50];
    const share = 0.3;
    for (const harm of ['more', 'fewer'] as const) {
      let total = 0;
      // One unit: each value with probability 1/4, then the arm by the share.
      for (const value of values) {
        const made = new QuantileSketch();
        made.add(value);
        for (const treated of [true, false]) {
          const stratum = {
            share,
            treatment: treated ? made.toJSON() : emptySketch,
            control: treated ? emptySketch : made.toJSON(),
          };
          const { logE } = inversePropensityMeans([stratum], { cap: 60, harm, margin: 0 });
          total += 0.25 * (treated ? share : 1 - share) * Math.exp(logE);
        }
      }
      expect(total).toBeCloseTo(1, 12);
    }
  });

  it('does not care about the unit of measure', () => {
    const scaled = (factor: number) => {
      const made = { treatment: new QuantileSketch(), control: new QuantileSketch() };
      for (let i = 0; i < 200; i += 1) {
        made.treatment.add(factor * (i % 7 === 0 ? 40 : 0));
        made.control.add(factor * (i % 5 === 0 ? 30 : 0));
      }
      const stratum = { share: 0.5, treatment: made.treatment.toJSON(), control: made.control.toJSON() };
      return inversePropensityMeans([stratum], {
        cap: 100 * factor,
        harm: 'fewer',
        margin: 2 * factor,
        center: 5 * factor,
      }).logE;
    };
    const gamma = 1.01 / 0.99;
    // Powers of the buckets' ratio move every value by whole buckets; other factors move it by at most one per cent.
    expect(scaled(gamma ** 100)).toBeCloseTo(scaled(1), 9);
    expect(Math.abs(scaled(0.001) - scaled(1))).toBeLessThan(0.05);
  });

  it('counts values outside [0, cap] as the nearer end', () => {
    const of = (value: number) => {
      const made = new QuantileSketch();
      made.add(value, 10);
      return made.toJSON();
    };
    const logE = (value: number) =>
      inversePropensityMeans([{ share: 0.5, treatment: of(value), control: of(1) }], {
        cap: 20,
        harm: 'more',
        margin: 0,
      }).logE;
    expect(logE(5000)).toBe(logE(21));
    expect(logE(-5000)).toBe(logE(0));
    const mixed = { zero: 4, positive: [], negative: [[0, 6]] } as const;
    const stratum = { share: 0.5, treatment: mixed, control: of(1) };
    expect(inversePropensityMeans([stratum], { cap: 20, harm: 'more', margin: 0 }).logE).toBe(logE(0));
    expect(logE(19)).toBeLessThan(logE(21));
  });

  it.each([
    ['cap', 0, 0, 0],
    ['cap', Number.NaN, 0, 0],
    ['margin', 10, -1, 0],
    ['center', 10, 0, 11],
  ])('refuses a %s outside its domain', (what, cap, margin, center) => {
    expect(() => inversePropensityMeans([], { cap, margin, center, harm: 'more' })).toThrow(
      expect.objectContaining({
        code: 'domain',
        message: expect.stringContaining(`inversePropensityMeans: ${what} must be`),
      }),
    );
  });

  it('refuses a share that is none', () => {
    const stratum = { share: 2, treatment: emptySketch, control: emptySketch };
    expect(() => inversePropensityMeans([stratum], { cap: 1, margin: 0, harm: 'more' })).toThrow('strata[0].share');
  });
});
