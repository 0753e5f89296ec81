import type { Rng } from '../../../src/core/rng.js';
import {
  type ClusterStratum,
  clusterOf,
  foldClusters,
  UnitEventBitmap,
  unitEventBitOf,
} from '../../../src/stats/clusters/index.js';
import { hash32 } from '../../../src/core/hash.js';
import type { EventCount } from '../../../src/stats/sequential/event-count.js';

interface Sticky {
  readonly rng: Rng;
  readonly salt: string;
  readonly units: number;
  /** The share of the treatment in each hour; the same units keep the treatment as it grows. */
  readonly shares: readonly number[];
  /** Requests of a unit in an hour in which it comes, which it does in every other one. Default 3. */
  readonly requests?: number;
  /** A unit's chance of an event per request, by its number and arm. */
  readonly rate: (unit: number, isCandidate: boolean) => number;
}

/** Units that come back hour after hour: everything that tests of requests, clusters and first events need. */
export function simulateSticky({ rng, salt, units, shares, requests = 3, rate }: Sticky) {
  const people = Array.from({ length: units }, (_, unit) => ({
    cluster: clusterOf(`unit ${unit}`, salt),
    bit: unitEventBitOf(`unit ${unit}`, salt),
    place: hash32(`unit ${unit}`, hash32(salt)) / 2 ** 32,
  }));
  const epochs = new Map<number, { share: number; treatment: UnitEventBitmap; control: UnitEventBitmap }>();
  const strata: ClusterStratum<EventCount>[] = [];
  const seen = new Set<number>();
  for (const share of shares) {
    const epoch = shares.indexOf(share);
    const marks = epochs.get(epoch) ?? { share, treatment: new UnitEventBitmap(), control: new UnitEventBitmap() };
    epochs.set(epoch, marks);
    const arms = { treatment: { n: 0, events: 0 }, control: { n: 0, events: 0 } };
    const clusters = { n: Array<number>(64).fill(0), sum: Array<number>(64).fill(0) };
    people.forEach(({ cluster, bit, place }, unit) => {
      if (rng.next() < 0.5) return;
      const name = place < share ? 'treatment' : 'control';
      const chance = rate(unit, name === 'treatment');
      for (let request = 0; request < requests; request += 1) {
        const event = rng.next() < chance ? 1 : 0;
        arms[name].n += 1;
        arms[name].events += event;
        clusters.n[cluster] = (clusters.n[cluster] as number) + 1;
        clusters.sum[cluster] = (clusters.sum[cluster] as number) + event;
        if (event === 1 && !seen.has(bit)) {
          seen.add(bit);
          marks[name].set(bit);
        }
      }
    });
    strata.push({ epoch, salt, share, ...arms, clusters });
  }
  return { strata, sums: foldClusters(strata, 'binary'), unitEvents: [...epochs.values()] };
}
