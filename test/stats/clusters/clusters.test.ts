import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash32 } from '../../../src/core/hash.js';
import { seededRng } from '../../../src/core/rng.js';
import {
  addClusterSums,
  type ClusterStratum,
  type ClusterSums,
  clusteredEvidence,
  clusterCount,
  clusterOf,
  clusterScore,
  emptyClusterSums,
  foldClusters,
  unitEventBitOf,
  unitEventBits,
} from '../../../src/stats/clusters/index.js';
import { normal } from '../../../src/stats/distributions/normal.js';
import { t } from '../../../src/stats/distributions/t.js';
import { eventBinomial } from '../../../src/stats/sequential/event-binomial.js';
import type { EventCount } from '../../../src/stats/sequential/event-count.js';
import { stratifiedScore } from '../../../src/stats/sequential/score.js';
import { scoreMixture } from '../../../src/stats/sequential/score-mixture.js';
import { simulateSticky } from './simulate.js';

const byCluster = (make: (at: number) => number) => Array.from({ length: 64 }, (_, at) => make(at));

/**
 * A stratum whose requests lie in clusters as `requests` and `events` say, split between the arms without regard to
 * them.
 */
function stratum(epoch: number, share: number, salt: string, seed: number): ClusterStratum<EventCount> {
  const rng = seededRng(seed);
  const n = byCluster(() => 2 + Math.floor(20 * rng.next()));
  const sum = n.map((size) => Math.floor(size * rng.next()));
  const [total, events] = [n, sum].map((list) => list.reduce((a, b) => a + b, 0)) as [number, number];
  const treatment = { n: Math.floor(total * share), events: Math.floor(events * share * (0.8 + 0.4 * rng.next())) };
  return {
    epoch,
    share,
    salt,
    treatment,
    control: { n: total - treatment.n, events: events - treatment.events },
    clusters: { n, sum },
  };
}
const three = [stratum(1, 0.1, 'a', 1), stratum(1, 0.1, 'a', 2), stratum(2, 0.5, 'a', 3), stratum(3, 0.5, 'b', 4)];

describe('clusterOf and unitEventBitOf', () => {
  it('spread units evenly over 64 clusters and 4096 bits', () => {
    expect([clusterCount, unitEventBits]).toEqual([64, 4096]);
    const clusters = byCluster(() => 0);
    const bits = new Set<number>();
    for (let unit = 0; unit < 64_000; unit += 1) {
      const cluster = clusterOf(`unit ${unit}`, 'salt');
      clusters[cluster] = (clusters[cluster] as number) + 1;
      bits.add(unitEventBitOf(`unit ${unit}`, 'salt'));
    }
    // Chi-square with 63 degrees of freedom, five standard deviations.
    const chiSquare = clusters.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(Math.abs(chiSquare - 63)).toBeLessThan(5 * Math.sqrt(126));
    expect(Math.max(...bits)).toBe(4095);
    expect(Math.min(...bits)).toBe(0);
    expect(bits.size).toBe(4096);
  });

  it('do not follow the assignment of units to arms, nor each other', () => {
    let [inArm, inBit, both, all] = [0, 0, 0, 0];
    for (let unit = 0; unit < 20_000; unit += 1) {
      const isCandidate = hash32(`unit ${unit}`, hash32('salt')) < 2 ** 31;
      const isLow = clusterOf(`unit ${unit}`, 'salt') < 32;
      const isLowBit = unitEventBitOf(`unit ${unit}`, 'salt') < 2048;
      if (isCandidate && isLow) inArm += 1;
      if (isCandidate && isLowBit) inBit += 1;
      if (isLow && isLowBit) both += 1;
      all += 1;
    }
    for (const count of [inArm, inBit, both]) expect(Math.abs(count / all - 0.25)).toBeLessThan(0.015);
  });

  it('never change: they are the top bits of the hash of the unit, seeded by the hash of salt and use', () => {
    for (const [unit, salt] of [
      ['user-42', 'ranker'],
      ['7', 'ranker/canary'],
      ['', ''],
    ] as const) {
      expect(clusterOf(unit, salt)).toBe(hash32(unit, hash32(`${salt}\u0000clusters`)) >>> 26);
      expect(unitEventBitOf(unit, salt)).toBe(hash32(unit, hash32(`${salt}\u0000unit events`)) >>> 20);
    }
  });

  it('are reshuffled by another salt', () => {
    const moved = Array.from(
      { length: 1000 },
      (_, unit) => clusterOf(`${unit}`, 'a') !== clusterOf(`${unit}`, 'b'),
    ).filter(Boolean);
    expect(moved.length).toBeGreaterThan(950);
  });
});

describe('foldClusters', () => {
  it('keeps the stratified score, and the residuals of each epoch by cluster', () => {
    const sums = foldClusters(three, 'binary');
    const { score, variance, weight } = stratifiedScore(three, 'binary');
    expect(sums.score).toBeCloseTo(score, 9);
    expect(sums.variance).toBeCloseTo(variance, 9);
    expect(sums.weight).toBeCloseTo(weight, 9);
    expect(sums.epochs.map(({ epoch, share, salt }) => [epoch, share, salt])).toEqual([
      [1, 0.1, 'a'],
      [2, 0.5, 'a'],
      [3, 0.5, 'b'],
    ]);
    const [first, second] = three as [ClusterStratum<EventCount>, ClusterStratum<EventCount>];
    const residual = (one: ClusterStratum<EventCount>, at: number) => {
      const rate = (one.treatment.events + one.control.events) / (one.treatment.n + one.control.n);
      return (one.clusters.sum[at] as number) - rate * (one.clusters.n[at] as number);
    };
    sums.epochs[0]?.residuals.forEach((value, at) =>
      expect(value).toBeCloseTo(residual(first, at) + residual(second, at), 9),
    );
  });

  it('adds up in any order and grouping', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(three, { minLength: 4 }), fc.nat(4), (order, at) => {
        const whole = foldClusters(three, 'binary');
        const parts = addClusterSums(
          foldClusters(order.slice(0, at), 'binary'),
          foldClusters(order.slice(at), 'binary'),
        );
        expect(parts.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
        expect(parts.score).toBeCloseTo(whole.score, 9);
        parts.epochs.forEach(({ residuals }, epoch) =>
          residuals.forEach((value, cluster) =>
            expect(value).toBeCloseTo(whole.epochs[epoch]?.residuals[cluster] as number, 9),
          ),
        );
      }),
    );
  });

  it('folds means as well', () => {
    const values = three.map(({ treatment, control, ...rest }) => ({
      ...rest,
      treatment: { n: treatment.n, sum: treatment.events, sumSq: treatment.events },
      control: { n: control.n, sum: control.events, sumSq: control.events },
    }));
    const [means, binary] = [foldClusters(values, 'mean'), foldClusters(three, 'binary')];
    expect(means.score).toBeCloseTo(binary.score, 9);
    expect(means.epochs).toEqual(binary.epochs);
  });

  it('leaves out strata that cannot compare the arms', () => {
    const lonely = { ...(three[0] as ClusterStratum<EventCount>), treatment: { n: 0, events: 0 } };
    expect(foldClusters([lonely], 'binary')).toEqual(emptyClusterSums);
    expect(foldClusters([], 'binary')).toEqual(emptyClusterSums);
  });

  it('refuses clusters that are none', () => {
    const sound = three[0] as ClusterStratum<EventCount>;
    const refused = (broken: Partial<ClusterStratum<EventCount>>, what: string) =>
      expect(() => foldClusters([{ ...sound, ...broken }], 'binary')).toThrow(
        expect.objectContaining({ code: 'domain', message: expect.stringContaining(`${what} must be`) }),
      );
    const { n, sum } = sound.clusters;
    refused({ share: 1.5 }, 'strata[0].share');
    refused({ clusters: { n: n.slice(1), sum } }, 'strata[0].clusters.n');
    refused({ clusters: { n, sum: [...sum, 0] } }, 'strata[0].clusters.sum');
    refused({ clusters: { n: [-1, ...n.slice(1)], sum } }, 'strata[0].clusters.n[0]');
    refused({ clusters: { n, sum: [Number.NaN, ...sum.slice(1)] } }, 'strata[0].clusters.sum[0]');
    refused({ treatment: { n: 1, events: 2 } }, 'treatment.events');
  });
});

describe('clusterScore', () => {
  it('has the variance of the randomisation of units: within and between epochs of one salt, not between salts', () => {
    const sums = foldClusters(three, 'binary');
    const { variance, designEffect } = clusterScore(sums, { harm: 'more' });
    const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / 64;
    const covarianceOf = (x: readonly number[], y: readonly number[]) =>
      (64 / 63) * x.reduce((total, value, at) => total + (value - mean(x)) * ((y[at] as number) - mean(y)), 0);
    const [r1, r2, r3] = sums.epochs.map(({ residuals }) => residuals) as [number[], number[], number[]];
    const expected =
      0.1 * 0.9 * covarianceOf(r1, r1) +
      0.25 * covarianceOf(r2, r2) +
      0.25 * covarianceOf(r3, r3) +
      2 * 0.1 * 0.5 * covarianceOf(r1, r2);
    expect(expected).toBeGreaterThan(sums.variance);
    expect(variance).toBeCloseTo(expected, 6);
    expect(designEffect).toBeCloseTo(expected / sums.variance, 9);
  });

  it('reads z off the t distribution and bets with rho = 5 times the design effect squared', () => {
    const sums = foldClusters(three, 'binary');
    const { z, variance, designEffect, logE, asymptotic } = clusterScore(sums, { harm: 'fewer' });
    expect(asymptotic).toBe(true);
    expect(normal.cdf(z)).toBeCloseTo(t.cdf(sums.score / Math.sqrt(variance), 63), 10);
    const expected = scoreMixture(
      { score: z * Math.sqrt(variance), variance },
      { rho: 5 * designEffect ** 2, harm: 'fewer' },
    );
    expect(logE).toBeCloseTo(expected.logE, 10);
  });

  it('never has less variance than independent requests', () => {
    const even: ClusterSums = {
      score: 30,
      variance: 100,
      weight: 50,
      epochs: [{ epoch: 1, salt: 'a', share: 0.5, residuals: byCluster(() => 3) }],
    };
    const { variance, designEffect, z } = clusterScore(even, { harm: 'more' });
    expect([variance, designEffect]).toEqual([100, 1]);
    expect(z).toBeCloseTo(normal.isf(t.sf(3, 63)), 9);
    expect(z).toBeLessThan(3);
    const spread = {
      ...even,
      epochs: [{ epoch: 1, salt: 'a', share: 0.5, residuals: byCluster((at) => (at % 2 === 0 ? 10 : -10)) }],
    };
    expect(clusterScore(spread, { harm: 'more' }).designEffect).toBeCloseTo((0.25 * 6400 * 64) / 63 / 100, 9);
  });

  it('mirrors with the score, stays finite for absurd ones, and says nothing about nothing', () => {
    const sums = foldClusters(three, 'binary');
    const mirrored = { ...sums, score: -sums.score };
    expect(clusterScore(mirrored, { harm: 'fewer' }).logE).toBeCloseTo(clusterScore(sums, { harm: 'more' }).logE, 9);
    const absurd = clusterScore({ ...sums, score: 1e200 }, { harm: 'more' });
    expect(Number.isFinite(absurd.logE)).toBe(true);
    expect(absurd.z).toBeGreaterThan(30);
    expect(clusterScore({ ...sums, score: 0 }, { harm: 'more' }).z).toBe(0);
    expect(clusterScore(emptyClusterSums, { harm: 'more' })).toEqual({
      logE: 0,
      asymptotic: true,
      z: 0,
      variance: 0,
      designEffect: 1,
    });
  });
});

describe('clusteredEvidence', () => {
  it('is the mean of both e-values', () => {
    const { sums, unitEvents } = simulateSticky({
      rng: seededRng(2),
      salt: 's',
      units: 500,
      shares: [0.2, 0.5],
      rate: (_, on) => (on ? 0.2 : 0.05),
    });
    const both = clusteredEvidence({ clusters: sums, unitEvents }, { harm: 'more' });
    expect(Math.exp(both.logE)).toBeCloseTo((Math.exp(both.clusters.logE) + Math.exp(both.logEUnitEvents)) / 2, 9);
    expect(both.clusters).toEqual(clusterScore(sums, { harm: 'more' }));
    expect(both.asymptotic).toBe(true);
    expect(both.logEUnitEvents).toBeGreaterThan(0);
  });

  it('keeps its level for sticky units that a test of requests condemns, and still finds harm', () => {
    const shares = [0.05, 0.05, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5];
    const runs = 80;
    const alarms = (rate: (unit: number, isCandidate: boolean) => number) => {
      let [clustered, naive] = [0, 0];
      for (let run = 0; run < runs; run += 1) {
        const rng = seededRng(run);
        const { strata, sums, unitEvents } = simulateSticky({
          rng,
          salt: `run ${run}`,
          units: 600,
          shares,
          requests: 8,
          rate,
        });
        if (clusteredEvidence({ clusters: sums, unitEvents }, { harm: 'more' }).logE >= Math.log(20)) clustered += 1;
        const requests = strata.map(({ share, treatment, control }) => ({
          share,
          treatment: treatment.events,
          control: control.events,
        }));
        if (eventBinomial(requests, { harm: 'more' }).logE >= Math.log(20)) naive += 1;
      }
      return { clustered: clustered / runs, naive: naive / runs };
    };
    // A few units have most of the errors, whatever model answers them.
    const none = alarms((unit) => (unit % 40 === 0 ? 0.8 : 0.005));
    expect(none.naive).toBeGreaterThan(0.15);
    // Three standard errors over a level of 0.05.
    expect(none.clustered).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
    expect(alarms((_, isCandidate) => (isCandidate ? 0.08 : 0.02)).clustered).toBeGreaterThan(0.9);
  });
});
