import type { Rng } from '../../src/core/rng.js';
import { clusterCount, unitEventBits } from '../../src/stats/clusters/unit-hash.js';
import { UnitEventBitmap } from '../../src/stats/clusters/unit-events.js';
import { drawBinomial } from './draw.js';
import { cellOf, type Tick, type Traffic, type Watch } from './rollout.js';

/** Somebody who comes back, and always gets the same model. */
interface Unit {
  /** Uniform in [0, 1): the candidate's as soon as its share is over it. */
  readonly place: number;
  readonly cluster: number;
  readonly bit: number;
  /** What its requests have in common, uniform in [0, 1). */
  readonly trait: number;
  /** The most requests in one tick. */
  readonly most: number;
  isKnown: boolean;
}

export interface ReturningOptions {
  readonly units: number;
  /** The chance of an error of each of a unit's requests, by its trait. */
  readonly errorRate: (trait: number) => number;
}

/** One unit in ten makes most of the requests. */
const busy = 0.1;

function unitOf(rng: Rng): Unit {
  return {
    place: rng.next(),
    // Hashes that are independent of the assignment, as a router's are.
    cluster: Math.floor(rng.next() * clusterCount),
    bit: Math.floor(rng.next() * unitEventBits),
    trait: rng.next(),
    most: rng.next() < busy ? 16 : 1,
    isKnown: false,
  };
}

/** What one arm's units did in a tick, in the form in which a recorder counts it. */
class ArmCounter {
  n = 0;
  errors = 0;
  units = 0;
  readonly exposed = Array<number>(clusterCount).fill(0);
  readonly failed = Array<number>(clusterCount).fill(0);
  readonly first = new UnitEventBitmap();

  add({ cluster, isKnown }: Unit, requests: number, errors: number): void {
    this.n += requests;
    this.errors += errors;
    if (!isKnown) this.units += 1;
    this.exposed[cluster] = (this.exposed[cluster] as number) + requests;
    this.failed[cluster] = (this.failed[cluster] as number) + errors;
  }

  toCell() {
    const { n, errors, units, exposed, failed, first } = this;
    const clusters = { exposed, outcomes: exposed, n: {}, sum: { error: failed } };
    return cellOf(n, { units, errors, clusters, unitEvents: { error: first.toJSON() } });
  }
}

/** Units of which nine in ten make a request in every other tick, and the tenth up to 16 in each: 1 to over 100 in all. */
export function returningTraffic({ units, errorRate }: ReturningOptions): Traffic {
  let people: readonly Unit[] | undefined;
  const seen = new UnitEventBitmap();
  return (tick: Tick, rng: Rng, watch: Watch | undefined) => {
    people ??= Array.from({ length: units }, () => unitOf(rng));
    const { epoch, share, from, to } = tick;
    const [candidate, control] = [new ArmCounter(), new ArmCounter()];
    for (const unit of people) {
      const requests = unit.most === 1 ? (rng.next() < 0.5 ? 1 : 0) : 1 + Math.floor(unit.most * rng.next());
      if (requests === 0) continue;
      const arm = unit.place < share ? candidate : control;
      const errors = drawBinomial(rng, requests, errorRate(unit.trait));
      arm.add(unit, requests, errors);
      unit.isKnown = true;
      if (errors > 0 && !seen.has(unit.bit)) {
        seen.set(unit.bit);
        arm.first.set(unit.bit);
      }
    }
    watch?.(to - from, candidate.n, candidate.n - candidate.errors);
    return [{ epoch, share, at: from, candidate: candidate.toCell(), control: control.toCell() }];
  };
}
