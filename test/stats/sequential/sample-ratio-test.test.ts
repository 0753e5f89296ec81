import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import { chisquare } from '../../../src/stats/distributions/chisquare.js';
import { sampleRatioTest } from '../../../src/stats/sequential/sample-ratio-test.js';

const batch = (shares: Record<string, number>, counts: Record<string, number>) => ({ shares, counts });

describe('sampleRatioTest', () => {
  it('is Pearson’s test under constant shares, in one batch or many', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(500)), { minLength: 2, maxLength: 6 }),
        (arms) => {
          const weight = arms.reduce((sum, [part]) => sum + part, 0);
          const n = arms.reduce((sum, [, count]) => sum + count, 0);
          fc.pre(n > 0);
          const names = arms.map((_, at) => `arm ${at}`);
          const shares = Object.fromEntries(arms.map(([part], at) => [names[at] as string, part / weight]));
          const counts = Object.fromEntries(arms.map(([, count], at) => [names[at] as string, count]));
          const pearson = arms.reduce(
            (sum, [part, count]) => sum + (count - (n * part) / weight) ** 2 / ((n * part) / weight),
            0,
          );
          const whole = sampleRatioTest([batch(shares, counts)]);
          expect(whole.statistic).toBeCloseTo(pearson, 7);
          expect(whole.df).toBe(arms.length - 1);
          expect(whole.pValue).toBeCloseTo(chisquare.sf(pearson, arms.length - 1), 9);
          expect(10 ** whole.log10PValue).toBeCloseTo(whole.pValue, 9);
          const parts = sampleRatioTest(names.map((name) => batch(shares, { [name]: counts[name] as number })));
          expect(parts.statistic).toBeCloseTo(pearson, 6);
        },
      ),
    );
  });

  it('leaves arms of zero share out of the degrees of freedom: 5000 to 5200 is p = 0.0477, not 0.1407', () => {
    const { pValue, df, impossible } = sampleRatioTest([batch({ a: 0.5, b: 0.5, c: 0 }, { a: 5000, b: 5200, c: 0 })]);
    expect(pValue.toFixed(4)).toBe('0.0477');
    expect(df).toBe(1);
    expect(impossible).toEqual([]);
    const stray = sampleRatioTest([batch({ a: 0.5, b: 0.5, c: 0 }, { a: 5000, b: 5200, c: 7 })]);
    expect(stray).toMatchObject({ pValue, df: 1, impossible: ['c'] });
  });

  it('is the square of a z with variance sum n share (1 - share) for two arms under a ramp', () => {
    const ramp = [
      [0.01, 2000, 31],
      [0.25, 2000, 480],
      [0.5, 4000, 2050],
    ] as const;
    const z =
      ramp.reduce((sum, [share, n, got]) => sum + got - n * share, 0) /
      Math.sqrt(ramp.reduce((sum, [share, n]) => sum + n * share * (1 - share), 0));
    const { statistic, df, pValue } = sampleRatioTest(
      ramp.map(([share, n, got]) => batch({ a: 1 - share, b: share }, { a: n - got, b: got })),
    );
    expect(statistic).toBeCloseTo(z * z, 9);
    expect(df).toBe(1);
    expect(pValue).toBeCloseTo(chisquare.sf(z * z, 1), 12);
  });

  it('has the right level under a ramp with three arms: p-values of true shares are uniform', () => {
    const rng = seededRng(11);
    const ramp = [
      [0.9, 0.08, 0.02],
      [0.5, 0.3, 0.2],
      [0.2, 0.4, 0.4],
    ] as const;
    let low = 0;
    const runs = 2000;
    for (let run = 0; run < runs; run += 1) {
      const batches = ramp.map(([a, b, c]) => {
        const counts = { a: 0, b: 0, c: 0 };
        for (let unit = 0; unit < 400; unit += 1) {
          const u = rng.next();
          counts[u < a ? 'a' : u < a + b ? 'b' : 'c'] += 1;
        }
        return batch({ a, b, c }, counts);
      });
      if (sampleRatioTest(batches).pValue < 0.1) low += 1;
    }
    // Three standard errors of a rate of 0.1.
    expect(Math.abs(low / runs - 0.1)).toBeLessThan(3 * Math.sqrt((0.1 * 0.9) / runs));
  });

  it('counts a degree of freedom less for each group of arms that was offered by itself', () => {
    const pairs = [batch({ a: 0.5, b: 0.5 }, { a: 60, b: 40 }), batch({ c: 0.5, d: 0.5 }, { c: 45, d: 55 })];
    const { statistic, df } = sampleRatioTest(pairs);
    expect(df).toBe(2);
    expect(statistic).toBeCloseTo(4 + 1, 10);
  });

  it('does not care about the order of batches and arms', () => {
    const batches = [
      batch({ a: 0.2, b: 0.3, c: 0.5 }, { a: 25, b: 30, c: 45 }),
      batch({ a: 0.5, b: 0.5 }, { a: 52, b: 48 }),
    ];
    const { statistic } = sampleRatioTest(batches);
    expect(sampleRatioTest([...batches].reverse()).statistic).toBeCloseTo(statistic, 10);
    expect(statistic).toBeGreaterThan(0);
  });

  it('keeps its digits where p is far below the smallest number', () => {
    const { pValue, log10PValue } = sampleRatioTest([batch({ a: 0.5, b: 0.5 }, { a: 600_000, b: 400_000 })]);
    expect(pValue).toBe(0);
    expect(log10PValue).toBeCloseTo(chisquare.logSf(40_000, 1) / Math.LN10, 6);
  });

  it('has nothing to test without units, or with a single arm', () => {
    const nothing = { statistic: 0, df: 0, pValue: 1, log10PValue: 0, reason: 'no-data' };
    expect(sampleRatioTest([])).toMatchObject(nothing);
    expect(sampleRatioTest([batch({ a: 0.5, b: 0.5 }, {})])).toMatchObject(nothing);
    expect(sampleRatioTest([batch({ a: 1 }, { a: 500 })])).toMatchObject(nothing);
    expect(sampleRatioTest([batch({ a: 0.5, b: 0.5 }, { a: 1 })]).reason).toBeUndefined();
  });

  it('refuses shares and counts that are none', () => {
    expect(() => sampleRatioTest([batch({ a: 2 }, {})])).toThrow('sampleRatioTest: batches[0].shares.a must be');
    expect(() => sampleRatioTest([batch({ a: 1 }, { a: -1 })])).toThrow('sampleRatioTest: batches[0].counts.a must be');
  });
});
