import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTurnoutError } from '../../../src/core/errors.js';
import { goLedger, stopAlpha, stopLedger } from '../../../src/stats/alpha-ledger.js';
import { clusterScore, emptyClusterSums, foldClusters } from '../../../src/stats/clusters/index.js';
import * as stats from '../../../src/stats/sequential/index.js';
import { QuantileSketch } from '../../../src/stats/sketch.js';

const hostile = fc.oneof(
  { weight: 3, arbitrary: fc.nat(1000) },
  { weight: 3, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  fc.double(),
  fc.constantFrom(0, -0, 1, -1, 0.5, 1e308, -1e308, 5e-324, 2 ** 53, Infinity, -Infinity, Number.NaN),
);
const harm = fc.constantFrom<'more' | 'fewer'>('more', 'fewer');
const sides = fc.constantFrom<1 | 2>(1, 2);
const counts = fc.record({ n: hostile, events: hostile });
const values = fc.record({ n: hostile, sum: hostile, sumSq: hostile });
const pairs = fc.array(fc.tuple(hostile, hostile), { maxLength: 5 });
const strata = <T>(arm: fc.Arbitrary<T>) =>
  fc.array(fc.record({ share: hostile, treatment: arm, control: arm }), { maxLength: 4 });
const list = (length: number) => fc.array(hostile, { minLength: length, maxLength: length });
const sketch = fc.array(hostile, { maxLength: 20 }).map((added) => {
  const made = new QuantileSketch();
  for (const value of added) made.add(value);
  return made.toJSON();
});

const calls: Record<string, fc.Arbitrary<() => unknown>> = {
  eventBinomial: fc.tuple(strata(hostile), hostile, harm).map(
    ([events, margin, side]) =>
      () =>
        stats.eventBinomial(events, { margin, harm: side }),
  ),
  bernoulliMixture: fc
    .record({ events: hostile, n: hostile, limit: hostile, harm })
    .map((observed) => () => stats.bernoulliMixture(observed)),
  inversePropensityBetting: fc.tuple(strata(counts), hostile, hostile, harm).map(
    ([all, margin, center, side]) =>
      () =>
        stats.inversePropensityBetting(all, { margin, center, harm: side }),
  ),
  inversePropensityMeans: fc.tuple(strata(sketch), hostile, hostile, hostile, harm).map(
    ([all, cap, margin, center, side]) =>
      () =>
        stats.inversePropensityMeans(all, { cap, margin, center, harm: side }),
  ),
  'stratifiedScore of rates': strata(counts).map((all) => () => stats.stratifiedScore(all, 'binary')),
  'stratifiedScore of means': strata(values).map((all) => () => stats.stratifiedScore(all, 'mean')),
  scoreMixture: fc.record({ score: hostile, variance: hostile, rho: hostile, harm }).map(
    ({ score, variance, ...options }) =>
      () =>
        stats.scoreMixture({ score, variance }, options),
  ),
  mixtureSprt: fc
    .record({ difference: hostile, variance: hostile, n: hostile, tauSquared: hostile })
    .map((observed) => () => stats.mixtureSprt(observed)),
  mixtureSprtProportions: fc
    .record({ treatment: hostile, control: hostile, n: hostile, tauSquared: hostile })
    .map((observed) => () => stats.mixtureSprtProportions(observed)),
  sampleRatioProcess: fc
    .tuple(
      fc.array(
        fc.record({ shares: fc.record({ a: hostile, b: hostile }), counts: fc.record({ a: hostile, b: hostile }) }),
      ),
      hostile,
    )
    .map(
      ([batches, k]) =>
        () =>
          stats.sampleRatioProcess(batches, { k }),
    ),
  sampleRatioTest: fc
    .array(fc.record({ shares: fc.record({ a: hostile, b: hostile }), counts: fc.record({ a: hostile, b: hostile }) }))
    .map((batches) => () => stats.sampleRatioTest(batches)),
  groupSequentialBounds: fc
    .record({ alpha: hostile, sides, information: fc.array(hostile, { maxLength: 5 }), power: hostile })
    .map(
      ({ power, ...looks }) =>
        () =>
          stats.groupSequentialBounds({ ...looks, spending: { power } }),
    ),
  classicalBounds: fc
    .record({ alpha: hostile, sides, information: fc.array(hostile, { maxLength: 4 }) })
    .map((looks) => () => stats.classicalBounds({ ...looks, shape: 'obrien-fleming' })),
  proportionConfidenceSequence: fc.tuple(counts, hostile, hostile).map(
    ([observed, alpha, nBest]) =>
      () =>
        stats.proportionConfidenceSequence(observed, { alpha, nBest }),
  ),
  asymptoticConfidenceSequence: fc
    .record({ estimate: hostile, deviation: hostile, n: hostile, alpha: hostile, nBest: hostile })
    .map((observed) => () => stats.asymptoticConfidenceSequence(observed)),
  scoreConfidenceSequence: fc
    .tuple(fc.record({ score: hostile, variance: hostile, weight: hostile }), hostile, hostile)
    .map(
      ([sums, alpha, rho]) =>
        () =>
          stats.scoreConfidenceSequence(sums, { alpha, rho }),
    ),
  quantileConfidenceSequence: fc.tuple(pairs, hostile, hostile).map(
    ([all, quantile, alpha]) =>
      () =>
        stats.quantileConfidenceSequence(all, { quantile, alpha }),
  ),
  quantileDifference: fc.tuple(pairs, pairs, hostile).map(
    ([a, b, quantile]) =>
      () =>
        stats.quantileDifference(a, b, { quantile }),
  ),
  quantileComparison: fc.tuple(strata(sketch), hostile, hostile).map(
    ([all, quantile, margin]) =>
      () =>
        stats.quantileComparison(all, { quantile, margin }),
  ),
  quantileOverLimit: fc.tuple(sketch, hostile, hostile).map(
    ([one, quantile, limit]) =>
      () =>
        stats.quantileOverLimit(one, { quantile, limit }),
  ),
  betaBinomialBoundary: fc
    .tuple(fc.record({ rho: hostile, below: hostile, above: hostile, sides }), hostile, hostile, hostile)
    .map(([options, sum, variance, alpha]) => () => {
      const { logE, bound } = stats.betaBinomialBoundary(options);
      return [logE(sum, variance), bound(variance, alpha)];
    }),
  gammaBoundaries: fc
    .tuple(fc.record({ rho: hostile, scale: hostile }), hostile, hostile, hostile)
    .map(([options, sum, variance, alpha]) => () => {
      const made = [stats.gammaExponentialBoundary(options), stats.gammaPoissonBoundary(options)];
      return made.map(({ logE, bound }) => [logE(sum, variance), bound(variance, alpha)]);
    }),
  normalBoundary: fc
    .tuple(fc.record({ rho: hostile, sides }), hostile, hostile, hostile)
    .map(([options, sum, variance, alpha]) => () => {
      const { logE, bound } = stats.normalBoundary(options);
      return [logE(sum, variance), bound(variance, alpha)];
    }),
  stitching: fc
    .record({ variance: hostile, alpha: hostile, varianceMin: hostile, scale: hostile })
    .map((options) => () => stats.polynomialStitching(options)),
  doubleStitching: fc
    .record({ p: hostile, n: hostile, alpha: hostile, nMin: hostile })
    .map((options) => () => stats.doubleStitching(options)),
  empiricalProcessBound: fc
    .record({ n: hostile, alpha: hostile, nMin: hostile, slope: hostile })
    .map((options) => () => stats.empiricalProcessBound(options)),
  stopLedger: fc.tuple(fc.array(fc.record({ name: fc.string(), logE: hostile, weight: hostile })), hostile).map(
    ([evidence, alpha]) =>
      () =>
        stopLedger(evidence, { alpha }),
  ),
  stopAlpha: fc
    .record({ alpha: hostile, arms: hostile, replicas: hostile, reserved: hostile })
    .map((options) => () => stopAlpha(options)),
  goLedger: fc.tuple(fc.array(fc.record({ name: fc.string(), pValue: hostile })), hostile).map(
    ([gates, alpha]) =>
      () =>
        goLedger(gates, { alpha }),
  ),
  clusterScore: fc
    .tuple(counts, counts, hostile, list(64), list(64), harm)
    .map(([treatment, control, share, n, sum, side]) => () => {
      const sums = foldClusters([{ epoch: 1, salt: 's', share, treatment, control, clusters: { n, sum } }], 'binary');
      return [clusterScore(sums, { harm: side }), clusterScore(emptyClusterSums, { harm: side })];
    }),
};

function holdsNaN(result: unknown): boolean {
  if (typeof result === 'number') return Number.isNaN(result);
  return typeof result === 'object' && result !== null && Object.values(result).some(holdsNaN);
}

describe('with hostile numbers', () => {
  for (const [name, call] of Object.entries(calls)) {
    it(`${name} gives a result without NaN, or refuses with the code domain`, () => {
      fc.assert(
        fc.property(call, (run) => {
          try {
            expect(holdsNaN(run())).toBe(false);
          } catch (error) {
            if (!isTurnoutError(error, 'domain')) throw error;
          }
        }),
        { numRuns: 200 },
      );
    });
  }
});
