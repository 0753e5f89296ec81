import { describe, expect, test } from 'vitest';
import type { Issue } from '../../src/core/errors.js';
import { seededRng } from '../../src/core/rng.js';
import { Arrivals } from '../../src/simulate/arrivals.js';
import { type Traffic, ratesOf, trafficCheck } from '../../src/simulate/traffic.js';
import { seed } from '../seed.js';

const hour = 3_600_000;
const day = 24 * hour;
const monday = Date.UTC(2026, 0, 5);

function arrivalsOf(traffic: Traffic, forMs: number, run = 0, startMs = monday): number[] {
  const arrivals = new Arrivals(traffic, seededRng(seed + run), startMs, forMs);
  const times: number[] = [];
  for (let at = arrivals.next(); at < Infinity; at = arrivals.next()) times.push(at);
  return times;
}

const between = (times: readonly number[], from: number, to: number) =>
  times.filter((at) => at >= from && at < to).length;

/** Within four standard deviations of a Poisson number. */
function expectPoisson(n: number, mean: number): void {
  expect(Math.abs(n - mean)).toBeLessThan(4 * Math.sqrt(mean) + 1e-9);
}

describe('requests that come by themselves', () => {
  test('are a Poisson process: counts have their mean for variance, and waits are exponential', () => {
    const times = arrivalsOf({ perHour: 3600 }, 20_000_000);
    expectPoisson(times.length, 20_000);
    const bins = new Float64Array(2000);
    for (const at of times) bins[Math.floor(at / 10_000)] = (bins[Math.floor(at / 10_000)] ?? 0) + 1;
    const mean = bins.reduce((sum, n) => sum + n, 0) / bins.length;
    const variance = bins.reduce((sum, n) => sum + (n - mean) ** 2, 0) / (bins.length - 1);
    // The variance of an index of dispersion is 2 / (n - 1).
    expect(Math.abs(variance / mean - 1)).toBeLessThan(4 * Math.sqrt(2 / 1999));
    const waits = times.map((at, index) => at - (times[index - 1] ?? 0));
    const long = waits.filter((wait) => wait > 1000).length;
    const expected = times.length * Math.exp(-1);
    expect(Math.abs(long - expected)).toBeLessThan(4 * Math.sqrt(expected));
  });

  test('come in ascending order, and none at or after the end', () => {
    const times = arrivalsOf({ perHour: 100_000 }, hour);
    expect(times.every((at, index) => at >= (times[index - 1] ?? 0))).toBe(true);
    expect(Math.max(...times)).toBeLessThan(hour);
    // In the middle of a minute, too.
    const short = arrivalsOf({ perHour: 100_000 }, 90_500);
    expect(Math.max(...short)).toBeLessThan(90_500);
    expect(Math.max(...short)).toBeGreaterThan(89_000);
  });

  test('follow the hours of a day in UTC, whose mean is the rate', () => {
    const daily = Array.from({ length: 24 }, (_, at) => (at === 6 ? 3 : at === 7 ? 1 : 0));
    const times = arrivalsOf({ perHour: 1000, daily }, day);
    expectPoisson(times.length, 24_000);
    expectPoisson(between(times, 6 * hour, 7 * hour), 18_000);
    expectPoisson(between(times, 7 * hour, 8 * hour), 6000);
    expect(times.length).toBe(between(times, 6 * hour, 8 * hour));
  });

  test('follow a wave that is highest at its hour and so many times as high as twelve hours later', () => {
    const rates = ratesOf({ perHour: 1000, daily: { peakHour: 14, peakToTrough: 3 } }, monday);
    const at = (hours: number) => rates.at(monday + hours * hour) * hour;
    expect(at(14)).toBeCloseTo(1500, 6);
    expect(at(2)).toBeCloseTo(500, 6);
    expect(at(8)).toBeCloseTo(1000, 6);
    expectPoisson(arrivalsOf({ perHour: 1000, daily: { peakHour: 14, peakToTrough: 3 } }, day).length, 24_000);
  });

  test('follow the days of a week, Monday first', () => {
    const weekly = [1, 0, 0, 0, 0, 0, 6];
    const rates = ratesOf({ perHour: 1000, weekly }, monday);
    const ofDays = Array.from({ length: 8 }, (_, index) => rates.at(monday + index * day) * hour);
    expect(ofDays.map(Math.round)).toEqual([1000, 0, 0, 0, 0, 0, 6000, 1000]);
    expect(Math.round(rates.at(monday - 1) * hour)).toBe(6000);
    const times = arrivalsOf({ perHour: 100, weekly }, 7 * day);
    expectPoisson(times.length, 16_800);
    expectPoisson(between(times, 6 * day, 7 * day), 14_400);
  });

  test('burst: the rate is multiplied from the moment on, for so long, and bursts that overlap multiply', () => {
    const bursts = [
      { atMs: 1000.5, forMs: 2000, factor: 10 },
      { atMs: 2000, forMs: 3000, factor: 0.5 },
    ];
    const rates = ratesOf({ perHour: 3600, bursts }, monday);
    const at = (ms: number) => Math.round(rates.at(monday + ms) * 1e6) / 1e3;
    expect([0, 1000, 1000.5, 1999, 2000, 3000, 3000.5, 4999, 5000].map(at)).toEqual([1, 1, 10, 10, 5, 5, 0.5, 0.5, 1]);
    expect(rates.changeAfter(monday)).toBe(monday + 1000.5);
    expect(rates.changeAfter(monday + 1000.5)).toBe(monday + 2000);
    expect(rates.changeAfter(monday + 5000)).toBe(monday + 60_000);
    const times = arrivalsOf({ perHour: 36_000, bursts: [{ atMs: hour, forMs: hour / 2, factor: 4 }] }, 3 * hour);
    expectPoisson(between(times, hour, 1.5 * hour), 72_000);
    expectPoisson(times.length - between(times, hour, 1.5 * hour), 90_000);
  });

  test('stay away in a silence, and come again after it', () => {
    const times = arrivalsOf({ perHour: 3600, bursts: [{ atMs: 0, forMs: hour, factor: 0 }] }, 2 * hour);
    expect(between(times, 0, hour)).toBe(0);
    expectPoisson(times.length, 3600);
  });

  test('are the same for the same seed', () => {
    expect(arrivalsOf({ perHour: 3600 }, hour)).toEqual(arrivalsOf({ perHour: 3600 }, hour));
    expect(arrivalsOf({ perHour: 3600 }, hour, 1)).not.toEqual(arrivalsOf({ perHour: 3600 }, hour));
  });
});

describe('a traffic', () => {
  const issuesOf = (value: unknown) => {
    const issues: Issue[] = [];
    trafficCheck(value, 'traffic', issues);
    return issues.map(({ path }) => path);
  };

  test.each([
    [{ perHour: 1 }, []],
    [{ perHour: 0 }, ['traffic.perHour']],
    [{ perHour: 1, daily: Array(24).fill(1) }, []],
    [{ perHour: 1, daily: Array(23).fill(1) }, ['traffic.daily']],
    [{ perHour: 1, daily: Array(24).fill(0) }, ['traffic.daily']],
    [{ perHour: 1, daily: { peakHour: 23.9, peakToTrough: 1 } }, []],
    [{ perHour: 1, daily: { peakHour: 24, peakToTrough: 1 } }, ['traffic.daily']],
    [{ perHour: 1, daily: { peakHour: 0, peakToTrough: 0.9 } }, ['traffic.daily']],
    [{ perHour: 1, weekly: Array(7).fill(1) }, []],
    [{ perHour: 1, weekly: [1, 1, 1, 1, 1, 1, -1] }, ['traffic.weekly[6]']],
    [{ perHour: 1, bursts: [{ atMs: 0, forMs: 1, factor: 0 }] }, []],
    [
      { perHour: 1, bursts: [{ atMs: -1, forMs: 0, factor: -1 }] },
      ['traffic.bursts[0].atMs', 'traffic.bursts[0].forMs', 'traffic.bursts[0].factor'],
    ],
    [{ perHour: 1, perDay: 2 }, ['traffic.perDay']],
  ])('is checked: %j', (value, paths) => {
    expect(issuesOf(value)).toEqual(paths);
  });
});
