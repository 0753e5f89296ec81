import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import * as stats from '../../../src/stats/index.js';

describe('bootstrap', () => {
  const mean = ([values]: readonly Float64Array[]) =>
    (values ?? new Float64Array(1)).reduce((sum, x) => sum + x, 0) / (values?.length ?? 1);
  const draw = (seed: number, size: number) => {
    const rng = seededRng(seed);
    return Array.from({ length: size }, () => -Math.log(1 - rng.next()));
  };

  it('gives the same interval for the same seed and another for another', () => {
    const run = (seed: number) =>
      stats.bootstrap({ samples: [draw(1, 50)], statistic: mean, rng: seededRng(seed), resamples: 500 });
    expect(run(2)).toEqual(run(2));
    expect(run(2).interval).not.toEqual(run(3).interval);
  });

  it('covers a skewed mean about as often as it says, BCa better than percentiles', () => {
    const covered = { bca: 0, percentile: 0 };
    for (let run = 0; run < 300; run += 1) {
      for (const method of ['bca', 'percentile'] as const) {
        const { interval } = stats.bootstrap({
          samples: [draw(100 + run, 30)],
          statistic: mean,
          rng: seededRng(run),
          resamples: 400,
          method,
          level: 0.9,
        });
        if ((interval?.lower ?? 2) <= 1 && 1 <= (interval?.upper ?? 0)) covered[method] += 1;
      }
    }
    expect(covered.bca).toBeGreaterThan(300 * 0.83);
    expect(covered.bca).toBeLessThan(300 * 0.96);
    expect(covered.bca).toBeGreaterThanOrEqual(covered.percentile - 3);
  });

  it('agrees with a t test on the difference of two means', () => {
    const [a, b] = [draw(7, 200), draw(8, 200).map((x) => x + 0.3)];
    const statistic = ([p, q]: readonly Float64Array[]) =>
      mean([q ?? new Float64Array(1)]) - mean([p ?? new Float64Array(1)]);
    const ours = stats.bootstrap({ samples: [a, b], statistic, rng: seededRng(9), resamples: 4000 });
    const theirs = stats.welchTTest({ a: b, b: a });
    expect(ours.estimate).toBeCloseTo(theirs.estimate ?? 0, 12);
    expect(Math.abs((ours.interval?.lower ?? 0) - (theirs.interval?.lower ?? 1))).toBeLessThan(0.03);
    expect(Math.abs((ours.interval?.upper ?? 0) - (theirs.interval?.upper ?? 1))).toBeLessThan(0.03);
    expect(ours.pValue).toBeLessThan(0.05);
  });

  it('takes the percentiles that bias and skewness ask for (Efron 1987), from the resamples it drew', () => {
    const sample = draw(4, 25);
    const seen: number[] = [];
    const statistic = (samples: readonly Float64Array[]) => {
      const value = Math.round(20 * mean(samples)) / 20;
      seen.push(value);
      return value;
    };
    const resamples = 600;
    const { interval, estimate } = stats.bootstrap({ samples: [sample], statistic, rng: seededRng(6), resamples });
    const drawn = seen.slice(1, 1 + resamples).sort((a, b) => a - b);
    const left = seen.slice(1 + resamples);
    const centre = left.reduce((sum, value) => sum + value, 0) / left.length;
    const moment = (power: number) => left.reduce((sum, value) => sum + (centre - value) ** power, 0);
    const skewness = moment(3) / (6 * moment(2) ** 1.5);
    const below = drawn.filter((value) => value < (estimate ?? 0)).length;
    const equal = drawn.filter((value) => value === estimate).length;
    expect([left.length, equal > 0]).toEqual([25, true]);
    const bias = stats.normal.quantile((below + equal / 2) / resamples);
    const at = (z: number) => {
      const place = stats.normal.cdf(bias + (bias + z) / (1 - skewness * (bias + z))) * (resamples - 1);
      const [one, two] = [drawn[Math.floor(place)] as number, drawn[Math.ceil(place)] as number];
      return one + (place - Math.floor(place)) * (two - one);
    };
    expect(interval?.lower).toBeCloseTo(at(stats.normal.quantile(0.025)), 12);
    expect(interval?.upper).toBeCloseTo(at(stats.normal.quantile(0.975)), 12);
  });

  it('refuses what would not end or would not be a number', () => {
    const given = { samples: [[1, 2, 3]], statistic: mean, rng: seededRng(1) };
    expect(() => stats.bootstrap({ ...given, resamples: 99 })).toThrow('resamples must be a whole number from 100');
    expect(() => stats.bootstrap({ ...given, resamples: 100_001 })).toThrow('resamples must be');
    expect(() => stats.bootstrap({ ...given, method: 'x' as 'bca' })).toThrow("method must be 'bca' or 'percentile'");
    expect(() => stats.bootstrap({ ...given, statistic: () => Number.NaN })).toThrow('statistic must be');
    expect(() => stats.bootstrap({ ...given, samples: [Array<number>(20_001).fill(1)] })).toThrow(
      'samples must be at most 20000',
    );
  });
});
