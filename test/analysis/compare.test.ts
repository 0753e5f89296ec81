import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareArms } from '../../src/analysis/compare.js';
import { anytimeInterval, differenceOf } from '../../src/analysis/difference.js';
import { measureOf, type Measure } from '../../src/analysis/measure.js';
import { observe } from '../../src/analysis/observe.js';
import { fold } from '../../src/evidence/fold.js';
import { foldAll, judgedOf, metrics, minute, sumsOf, yes } from './judged.js';

const measure = (name: string) => measureOf(metrics, name) as Measure;
const clicks = (exposed: number, clicked: number) => ({ exposed, metrics: { clicked: yes(clicked) } });

// Crook et al. (2009): the candidate is better on both days, and the pooled rates say the opposite.
const friday = { epoch: 1, from: 0, to: minute, shares: { b: 0.01, a: 0.99 } };
const saturday = { epoch: 2, from: minute, to: 2 * minute, shares: { b: 0.5, a: 0.5 } };
const simpson = judgedOf([
  { ...friday, cells: { a: clicks(990_000, 20_000), b: clicks(10_000, 230) } },
  { ...saturday, cells: { a: clicks(500_000, 5000), b: clicks(500_000, 6000) } },
]);

describe('a comparison of arms', () => {
  it('is made inside strata, so that a ramp cannot turn it round', () => {
    const { difference, logE } = compareArms(simpson, 'a', measure('clicked'), { direction: 'better' });
    expect(difference?.score.z).toBeCloseTo(9.77, 2);
    expect(difference?.estimate).toBeGreaterThan(0.0015);
    expect(logE).toBeGreaterThan(Math.log(1000));
    expect(compareArms(simpson, 'a', measure('clicked'), { direction: 'worse' }).logE).toBeLessThan(0);
  });

  it('weights both means alike, so that they may be compared', () => {
    const difference = compareArms(simpson, 'a', measure('clicked'), { direction: 'better' }).difference;
    const weights = [(10_000 * 990_000) / 1_000_000, 250_000];
    const mean = (rates: readonly [number, number]) =>
      (rates[0] * (weights[0] as number) + rates[1] * (weights[1] as number)) /
      ((weights[0] as number) + (weights[1] as number));
    expect(difference?.controlMean).toBeCloseTo(mean([20_000 / 990_000, 0.01]), 12);
    expect(difference?.mean).toBeCloseTo(mean([0.023, 0.012]), 12);
  });

  it('says the same of folded strata as of live ones, for rates and means of every kind', () => {
    const cell = fc
      .record({ exposed: fc.integer({ min: 2, max: 300 }), part: fc.double({ min: 0, max: 1, noNaN: true }) })
      .map(({ exposed, part }) => {
        const n = Math.floor(exposed * part);
        const values = Array.from({ length: n }, (_, index) => ((index * 37) % 90) + 1);
        return {
          exposed,
          outcomes: exposed,
          errors: n,
          latenciesMs: values,
          metrics: {
            clicked: yes(n, n, 'exposure'),
            liked: yes(Math.floor(n / 2), n),
            revenue: sumsOf(values, 100, 'exposure'),
            rating: sumsOf(values),
          },
        };
      });
    const buckets = fc.array(fc.record({ epoch: fc.integer({ min: 1, max: 2 }), a: cell, b: cell }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(buckets, (facts) => {
        const judged = judgedOf(
          facts.map(({ epoch, a, b }, index) => ({
            epoch,
            from: index * minute,
            to: (index + 1) * minute,
            cells: { b, a },
            shares: epoch === 1 ? { b: 0.1, a: 0.9 } : { b: 0.5, a: 0.5 },
          })),
        );
        const closed = { ...judged, strata: foldAll(judged.strata) };
        for (const name of ['error', 'clicked', 'liked', 'revenue', 'rating']) {
          const live = compareArms(judged, 'a', measure(name), { direction: 'worse' });
          const later = compareArms(closed, 'a', measure(name), { direction: 'worse' });
          expect(later.logE).toBeCloseTo(live.logE, 6);
          expect([later.n, later.controlN]).toEqual([live.n, live.controlN]);
          expect(later.difference === undefined).toBe(live.difference === undefined);
          expect(later.difference?.estimate ?? 0).toBeCloseTo(live.difference?.estimate ?? 0, 9);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('uses the folded counts only where no scores were kept: against an arm that is not the baseline', () => {
    const [stratum] = judgedOf([
      {
        from: 0,
        to: minute,
        shares: { b: 0.4, c: 0.4, a: 0.2 },
        cells: { a: clicks(200, 20), b: clicks(400, 80), c: clicks(400, 40) },
      },
    ]).strata;
    const folded = fold(stratum as NonNullable<typeof stratum>);
    const against = (control: string) =>
      observe({ ...simpson, strata: [folded], arm: 'b', control }, control, measure('clicked')).pairs[0];
    expect(against('a')?.folded).toEqual(folded.scores?.['clicked']?.['b']);
    expect(against('a')?.folded).toBeDefined();
    expect(against('c')?.folded).toBeUndefined();
    expect(against('c')?.share).toBe(0.5);
    expect(against('a')?.share).toBeCloseTo(2 / 3, 12);
  });

  it('gives an interval that shrinks with the data and holds the estimate in its middle', () => {
    const interval = (n: number, alpha: number) => {
      const judged = judgedOf([{ cells: { a: clicks(n, n / 10), b: clicks(n, n / 5) } }]);
      const difference = compareArms(judged, 'a', measure('clicked'), { direction: 'better' }).difference;
      return anytimeInterval(difference as NonNullable<typeof difference>, alpha) as readonly [number, number];
    };
    for (const [n, alpha] of [
      [1000, 0.05],
      [100_000, 0.05],
      [1000, 0.01],
    ] as const) {
      const [low, high] = interval(n, alpha);
      expect((low + high) / 2).toBeCloseTo(0.1, 12);
      // The boundary of the two-sided normal mixture, by its formula, at rho = 10.
      const variance = ((n / 2) * 0.15 * 0.85 * 2 * n) / (2 * n - 1);
      const bound = Math.sqrt((variance + 10) * Math.log((variance + 10) / (10 * alpha * alpha)));
      expect(high - low).toBeCloseTo((2 * bound) / (n / 2), 12);
    }
  });

  it('gives rates of a metric the same meaning whatever the unit of a mean is', () => {
    const values = (scale: number) => Array.from({ length: 300 }, (_, index) => scale * (1 + (index % 7)));
    const at = (scale: number) => {
      const judged = judgedOf([
        {
          cells: {
            a: { metrics: { rating: sumsOf(values(scale)) } },
            b: { metrics: { rating: sumsOf(values(scale * 1.1)) } },
          },
        },
      ]);
      return compareArms(judged, 'a', measure('rating'), { direction: 'better' });
    };
    expect(at(100).logE).toBeCloseTo(at(1).logE, 9);
    expect(at(1).logE).toBeGreaterThan(0);
  });

  it('has no difference while no stratum is mature', () => {
    const judged = judgedOf([{ from: 0, to: minute, cells: { a: clicks(10, 1), b: clicks(10, 1) } }], {
      now: 2 * minute,
    });
    expect(differenceOf(observe(judged, 'a', measure('clicked')))).toBeUndefined();
    expect(compareArms(judged, 'a', measure('clicked'), { direction: 'worse' }).n).toBe(10);
  });
});

describe('a measure', () => {
  it('is a declared metric, or one of those that are always measured', () => {
    expect(measure('clicked')).toEqual({
      name: 'clicked',
      type: 'binary',
      per: 'exposure',
      better: 'higher',
      windowMs: 10 * minute,
    });
    expect(measure('revenue')).toMatchObject({ cap: 100, per: 'exposure', type: 'continuous' });
    expect(measureOf({}, 'error')).toMatchObject({ per: 'call', better: 'lower', windowMs: 0 });
    expect(measureOf({}, 'mismatch')).toMatchObject({ per: 'pair', better: 'lower', windowMs: 0 });
    expect(measureOf({}, 'latency')).toMatchObject({ type: 'latency', better: 'lower' });
    for (const name of ['typo', 'constructor', '__proto__']) expect(measureOf(metrics, name)).toBeUndefined();
  });

  it('counts at least as many exposures as reports, since the two travel apart', () => {
    const judged = judgedOf([{ cells: { a: clicks(5, 9), b: clicks(5, 2) } }]);
    const [pair] = observe(judged, 'a', measure('clicked')).pairs;
    expect([pair?.candidateSums.n, pair?.controlSums.n]).toEqual([5, 9]);
  });

  it('counts the mismatches of compared pairs, so that a shadow can be held against the noise of another', () => {
    const judged = judgedOf([
      { cells: { a: { outcomes: 9, compared: 50, mismatches: 4 }, b: { outcomes: 9, compared: 60, mismatches: 99 } } },
    ]);
    const [pair] = observe(judged, 'a', measure('mismatch')).pairs;
    expect(pair?.candidateSums).toEqual({ n: 60, sum: 60, sumSq: 60 });
    expect(pair?.controlSums).toEqual({ n: 50, sum: 4, sumSq: 4 });
  });

  it('survives errors that outnumber the calls, and squares that were rounded away', () => {
    const broken = judgedOf([
      {
        cells: {
          a: { outcomes: 5, errors: 9, metrics: { rating: { n: 3, sum: 9, sumSq: 26.9999999, late: 0 } } },
          b: { outcomes: 5, errors: 1, metrics: { rating: { n: 3, sum: 6, sumSq: 14, late: 0 } } },
        },
      },
    ]);
    expect(observe(broken, 'a', measure('error')).pairs[0]?.controlSums).toEqual({ n: 5, sum: 5, sumSq: 5 });
    expect(observe(broken, 'a', measure('rating')).pairs[0]?.controlSums.sumSq).toBe(27);
    expect(() => compareArms(broken, 'a', measure('rating'), { direction: 'worse' })).not.toThrow();
  });
});
