import { describe, expect, it } from 'vitest';
import { hash32 } from '../../../src/core/hash.js';
import { seededRng } from '../../../src/core/rng.js';
import {
  clusterOfMark,
  clusteredEvidence,
  type ClusterStratum,
  eventBitOfMark,
  foldClusters,
  UnitEventBitmap,
  unitMarkOf,
} from '../../../src/stats/clusters/index.js';
import { eventBinomial } from '../../../src/stats/sequential/event-binomial.js';
import type { EventCount } from '../../../src/stats/sequential/event-count.js';

const shares = [0.01, 0.05, 0.25, 0.25, 0.5, 0.5];

/** The highest ln E over a ramp with identical models, for units with 1 to 100 requests, and of a test of the same requests. */
function highest(run: number): { readonly byUnit: number; readonly byRequest: number } {
  const rng = seededRng(run);
  const people = Array.from({ length: 150 }, (_, unit) => {
    const mark = unitMarkOf(hash32(`${run}/${unit}`, 77));
    // Few visit often, and few have most of the events.
    const visits = rng.next() < 0.1 ? 5 + 12 * rng.next() : 1.2;
    return {
      cluster: clusterOfMark(mark),
      bit: eventBitOfMark(mark),
      place: hash32(`${run}/${unit}`, 5) / 2 ** 32,
      visits,
      chance: rng.next() < 0.1 ? 0.5 : 0.01,
    };
  });
  const seen = new Set<number>();
  const epochs = new Map<number, { share: number; treatment: UnitEventBitmap; control: UnitEventBitmap }>();
  const strata: ClusterStratum<EventCount>[] = [];
  let [byUnit, byRequest] = [0, 0];
  for (const share of shares) {
    const arms = { treatment: { n: 0, events: 0 }, control: { n: 0, events: 0 } };
    const clusters = { n: Array<number>(64).fill(0), sum: Array<number>(64).fill(0) };
    const marks = epochs.get(share) ?? { share, treatment: new UnitEventBitmap(), control: new UnitEventBitmap() };
    epochs.set(share, marks);
    for (const { cluster, bit, place, visits, chance } of people) {
      const arm = place < share ? 'treatment' : 'control';
      for (let left = visits * 2 * rng.next(); left > 1; left -= 1) {
        arms[arm].n += 1;
        clusters.n[cluster] = (clusters.n[cluster] as number) + 1;
        if (!(rng.next() < chance)) continue;
        arms[arm].events += 1;
        clusters.sum[cluster] = (clusters.sum[cluster] as number) + 1;
        if (!seen.has(bit)) marks[arm].set(bit);
        seen.add(bit);
      }
    }
    strata.push({ epoch: shares.indexOf(share), salt: 's', share, ...arms, clusters });
    const evidence = { clusters: foldClusters(strata, 'binary'), unitEvents: [...epochs.values()] };
    byUnit = Math.max(byUnit, clusteredEvidence(evidence, { harm: 'more' }).logE);
    const events = strata.map(({ treatment, control, ...one }) => ({
      share: one.share,
      treatment: treatment.events,
      control: control.events,
    }));
    byRequest = Math.max(byRequest, eventBinomial(events, { harm: 'more' }).logE);
  }
  return { byUnit, byRequest };
}

describe('clustered evidence over thousands of ramps of identical models', () => {
  it('alarms in at most alpha of them, where a test of requests alarms in many', () => {
    const runs = 2000;
    const found = Array.from({ length: runs }, (_, run) => highest(run));
    const rate = (of: (one: (typeof found)[number]) => number, alpha: number) =>
      found.filter((one) => of(one) >= -Math.log(alpha)).length / runs;
    for (const alpha of [0.05, 0.01]) expect(rate(({ byUnit }) => byUnit, alpha)).toBeLessThanOrEqual(alpha);
    // Three standard errors: 2 of 2000 are due at most.
    expect(rate(({ byUnit }) => byUnit, 0.001)).toBeLessThanOrEqual(0.003);
    expect(rate(({ byRequest }) => byRequest, 0.05)).toBeGreaterThan(0.2);
  }, 60_000);
});
