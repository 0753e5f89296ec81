import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import * as stats from '../../../src/stats/index.js';

const rates = fc
  .record({
    p1: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    p2: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
  })
  .filter(({ p1, p2 }) => Math.abs(p1 - p2) > 0.01);
const power = fc.double({ min: 0.3, max: 0.99, noNaN: true });

describe('sample sizes', () => {
  it('give the power that they were asked for, and less with fewer units: proportions', () => {
    fc.assert(
      fc.property(rates, power, fc.boolean(), (given, wanted, twoSided) => {
        const { nPerArm } = stats.sampleSizeTwoProportions({ ...given, power: wanted, twoSided });
        fc.pre(nPerArm > 2.1);
        expect(stats.powerTwoProportions({ ...given, nPerArm, twoSided }).power).toBeCloseTo(wanted, 9);
        expect(stats.powerTwoProportions({ ...given, nPerArm: nPerArm * 0.95, twoSided }).power).toBeLessThan(wanted);
      }),
    );
  });

  it('give the power that they were asked for: means', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 2, noNaN: true }), power, fc.boolean(), (delta, wanted, knownSd) => {
        const plan = { delta, sd: 1.7, knownSd, strict: true };
        const { nPerArm } = stats.sampleSizeTwoMeans({ ...plan, power: wanted });
        fc.pre(nPerArm > 2.1);
        expect(stats.powerTwoMeans({ ...plan, nPerArm }).power).toBeCloseTo(wanted, 8);
      }),
      { numRuns: 15 },
    );
  });

  it('depend on the ratio of difference and deviation only', () => {
    const one = stats.sampleSizeTwoMeans({ delta: 0.5, sd: 2 }).nPerArm;
    expect(stats.sampleSizeTwoMeans({ delta: -50, sd: 200 }).nPerArm).toBeCloseTo(one, 6);
  });

  it('shrink for a one-sided test, a larger alpha and a larger effect', () => {
    const base = stats.sampleSizeTwoProportions({ p1: 0.1, p2: 0.12 }).nPerArm;
    expect(stats.sampleSizeTwoProportions({ p1: 0.1, p2: 0.12, twoSided: false }).nPerArm).toBeLessThan(base);
    expect(stats.sampleSizeTwoProportions({ p1: 0.1, p2: 0.12, alpha: 0.1 }).nPerArm).toBeLessThan(base);
    expect(stats.sampleSizeTwoProportions({ p1: 0.1, p2: 0.13 }).nPerArm).toBeLessThan(base);
    expect(stats.sampleSizeTwoProportions({ p1: 0.12, p2: 0.1 }).nPerArm).toBeCloseTo(base, 6);
  });

  it('pass from t to normal without a jump', () => {
    const at = (nPerArm: number) => stats.powerTwoMeans({ nPerArm, delta: 0.004, sd: 1 }).power;
    expect(Math.abs(at(500_000.9) - at(500_001.1))).toBeLessThan(1e-6);
    const wide = (delta: number) => stats.powerTwoMeans({ nPerArm: 1000, delta, sd: 1 }).power;
    expect([wide(44.7), wide(44.8)]).toEqual([1, 1]);
  });

  it('are the chance of a significant result, by simulation', () => {
    const rng = seededRng(17);
    const runs = 1500;
    let found = 0;
    for (let run = 0; run < runs; run += 1) {
      const draw = (mean: number) => Array.from({ length: 20 }, () => stats.normal.sample(rng, mean, 1));
      if (stats.studentTTest({ a: draw(0.9), b: draw(0) }).pValue <= 0.05) found += 1;
    }
    const { power: expected } = stats.powerTwoMeans({ nPerArm: 20, delta: 0.9, sd: 1 });
    expect(Math.abs(found / runs - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / runs));
  });
});

describe('detectable differences', () => {
  it('turn sample sizes round', () => {
    const { nPerArm } = stats.sampleSizeTwoProportions({ p1: 0.1, p2: 0.12 });
    expect(stats.detectableProportionDifference({ p1: 0.1, nPerArm }).difference).toBeCloseTo(0.02, 9);
    const down = stats.sampleSizeTwoProportions({ p1: 0.1, p2: 0.07 }).nPerArm;
    expect(stats.detectableProportionDifference({ p1: 0.1, nPerArm: down, direction: 'down' }).difference).toBeCloseTo(
      0.03,
      9,
    );
    const means = stats.sampleSizeTwoMeans({ delta: 0.5, sd: 2, power: 0.9 }).nPerArm;
    expect(stats.detectableMeanDifference({ nPerArm: means, sd: 2, power: 0.9 }).difference).toBeCloseTo(0.5, 6);
  });

  it('are infinite when no proportion would be found, and 0 when nothing needs to be', () => {
    expect(stats.detectableProportionDifference({ p1: 0.001, nPerArm: 50, direction: 'down' }).difference).toBe(
      Infinity,
    );
    expect(
      stats.detectableMeanDifference({ nPerArm: 50, sd: 1, power: 0.01, twoSided: false, alpha: 0.05 }).difference,
    ).toBe(0);
  });
});

describe('cohenH', () => {
  it('is 0 without a difference, pi at the ends, and antisymmetric', () => {
    expect(stats.cohenH(0.3, 0.3)).toBe(0);
    expect(stats.cohenH(1, 0)).toBeCloseTo(Math.PI, 14);
    expect(stats.cohenH(0.2, 0.5)).toBe(-stats.cohenH(0.5, 0.2));
  });
});

describe('durationForecast', () => {
  it('takes an even split as it is: twice the size of an arm over the traffic', () => {
    const forecast = stats.durationForecast({
      nPerArm: 4000,
      unitsPerDay: 1000,
      allocation: { control: 0.5, treatment: 0.5 },
    });
    expect(forecast.days).toBeCloseTo(8, 12);
    expect([forecast.control, forecast.treatment]).toEqual([4000, 4000]);
  });

  it('counts information, so a 1 % canary takes 25 times as long', () => {
    const even = { nPerArm: 4000, unitsPerDay: 1000, allocation: { control: 0.5, treatment: 0.5 } };
    const canary = { ...even, allocation: { control: 0.99, treatment: 0.01 } };
    expect(stats.durationForecast(canary).days / stats.durationForecast(even).days).toBeCloseTo(0.25 / 0.0099, 9);
  });

  it('adds up the stages of a ramp', () => {
    const allocation = [
      { control: 0.99, treatment: 0.01, days: 3 },
      { control: 0.75, treatment: 0.25, days: 2 },
      { control: 0.5, treatment: 0.5 },
    ];
    const { days, treatment, control } = stats.durationForecast({ nPerArm: 4000, unitsPerDay: 1000, allocation });
    // 2000 of information, of which 3 * 9.9 + 2 * 187.5 come before the last stage with 250 a day.
    expect(days).toBeCloseTo(5 + (2000 - 29.7 - 375) / 250, 9);
    expect(treatment).toBeCloseTo(30 + 500 + 500 * (days - 5), 6);
    expect(control).toBeCloseTo(2970 + 1500 + 500 * (days - 5), 6);
    const early = stats.durationForecast({ nPerArm: 100, unitsPerDay: 1000, allocation });
    expect(early.days).toBeCloseTo(3 + (50 - 29.7) / 187.5, 9);
  });

  it('never ends where there is nothing to compare, or the ramp ends first', () => {
    const nothing = { nPerArm: 10, unitsPerDay: 10, allocation: { control: 1, treatment: 0 } };
    expect(stats.durationForecast(nothing).days).toBe(Infinity);
    const short = { nPerArm: 1e6, unitsPerDay: 10, allocation: { control: 0.5, treatment: 0.5, days: 2 } };
    expect(stats.durationForecast(short)).toEqual({ days: Infinity, control: 10, treatment: 10 });
    const off = { nPerArm: 10, unitsPerDay: 10, allocation: { control: 0, treatment: 0 } };
    expect(stats.durationForecast(off).days).toBe(Infinity);
  });
});

describe('a plan that is a mistake', () => {
  it.each<readonly [string, () => unknown]>([
    ['p1 must be a number in (0, 1)', () => stats.powerTwoProportions({ p1: 0, p2: 0.5, nPerArm: 10 })],
    ['p2 must be a number in (0, 1)', () => stats.powerTwoProportions({ p1: 0.1, p2: 1, nPerArm: 10 })],
    ['p2 must be different from p1', () => stats.sampleSizeTwoProportions({ p1: 0.1, p2: 0.1 })],
    ['nPerArm must be a number from 2', () => stats.powerTwoProportions({ p1: 0.1, p2: 0.2, nPerArm: 1 })],
    ['nPerArm must be a number from 2', () => stats.powerTwoMeans({ delta: 1, sd: 1, nPerArm: Number.NaN })],
    ['nPerArm must be a number from 2', () => stats.detectableMeanDifference({ sd: 1, nPerArm: 1e13 })],
    ['alpha must be a number in (0, 1)', () => stats.sampleSizeTwoProportions({ p1: 0.1, p2: 0.2, alpha: 0 })],
    [
      'twoSided must be true or false',
      () => stats.sampleSizeTwoProportions({ p1: 0.1, p2: 0.2, twoSided: 1 as never }),
    ],
    ['alpha must be at most .5', () => stats.sampleSizeTwoMeans({ delta: 1, sd: 1, alpha: 0.6, twoSided: false })],
    ['power must be a number in (0, 1)', () => stats.sampleSizeTwoProportions({ p1: 0.1, p2: 0.2, power: 1 })],
    ['power must be reached', () => stats.sampleSizeTwoProportions({ p1: 0.5, p2: 0.5 + 1e-9 })],
    [
      'power must be a number in (0, 1)',
      () => stats.detectableProportionDifference({ p1: 0.1, nPerArm: 10, power: 0 }),
    ],
    [
      "direction must be 'up' or 'down'",
      () => stats.detectableProportionDifference({ p1: 0.1, nPerArm: 10, direction: 'x' as 'up' }),
    ],
    ['sd must be a finite number over 0', () => stats.sampleSizeTwoMeans({ delta: 1, sd: 0 })],
    ['delta must be different from 0', () => stats.sampleSizeTwoMeans({ delta: 0, sd: 1 })],
    ['delta must be a finite number', () => stats.powerTwoMeans({ delta: Number.NaN, sd: 1, nPerArm: 9 })],
    ['p2 must be a number in [0, 1]', () => stats.cohenH(0, 1.5)],
    ['unitsPerDay must be', () => stats.durationForecast({ nPerArm: 9, unitsPerDay: 0, allocation: [] })],
    [
      'allocation must be 1 to 1000 stages',
      () => stats.durationForecast({ nPerArm: 9, unitsPerDay: 1, allocation: [] }),
    ],
    [
      'allocation must be shares',
      () => stats.durationForecast({ nPerArm: 9, unitsPerDay: 1, allocation: { control: 0.9, treatment: 0.2 } }),
    ],
    [
      'allocation[0].days must be given',
      () =>
        stats.durationForecast({
          nPerArm: 9,
          unitsPerDay: 1,
          allocation: [
            { control: 0.5, treatment: 0.5 },
            { control: 0.5, treatment: 0.5 },
          ],
        }),
    ],
    [
      'allocation.days must be a number over 0',
      () =>
        stats.durationForecast({ nPerArm: 9, unitsPerDay: 1, allocation: { control: 0.5, treatment: 0.5, days: 0 } }),
    ],
  ])('%s', (message, call) => {
    expect(call).toThrow(message);
  });
});
