import { recordOf } from '../core/json.js';
import { CellCounter } from './counter.js';
import { KnownUnits } from './known-units.js';
import { latestTime, textMax } from './parse.js';
import type { Cell, Stratum } from './stratum.js';

/** What a node of the plan in force counts under. */
export interface NodeEpoch {
  readonly node: string;
  readonly epoch: number;
  readonly salt: string;
  readonly shares: Readonly<Record<string, number>>;
  /** In the plan's order, the baseline last. A mirror's are its shadows, then the arm that stands for its primary. */
  readonly arms: readonly string[];
}

/** The epochs that outcomes may still come for: of one node, and in all. */
const epochsPerNodeMax = 64;
const epochsMax = 4096;

/** One time bucket of one epoch, and its arms. */
interface OpenStratum {
  readonly epoch: OpenEpoch;
  readonly from: number;
  readonly to: number;
  readonly cells: Map<string, CellCounter>;
}

/** A node's epoch, with the buckets in which something was counted lately. */
interface OpenEpoch {
  readonly terms: NodeEpoch;
  /** The units that the node has seen under its salt: shared by all epochs of the salt. */
  readonly units: KnownUnits;
  readonly strata: Map<number, OpenStratum>;
  /** The bucket that was asked for last: nearly always the one that is asked for next. */
  last: OpenStratum | undefined;
}

export interface LedgerOptions {
  readonly bucketMs: number;
  readonly maxCells: number;
}

/**
 * The live counters of one replica, by node, epoch, time bucket and arm. Memory is bounded by the number of cells, never by that
 * of requests or units; `dropped` counts what found no place.
 */
export class Ledger {
  readonly #bucketMs: number;
  readonly #maxCells: number;
  readonly #nodes = new Map<string, Map<number, OpenEpoch>>();
  /** All known epochs, the latest adopted last. */
  readonly #epochs = new Set<OpenEpoch>();
  readonly #open = new Set<OpenStratum>();
  #cells = 0;
  #dropped = 0;

  constructor({ bucketMs, maxCells }: LedgerOptions) {
    this.#bucketMs = bucketMs;
    this.#maxCells = maxCells;
  }

  /** Counts that were lost because `maxCells` cells were open. */
  get dropped(): number {
    return this.#dropped;
  }

  /** When the time bucket of `at` ends. */
  endOf(at: number): number {
    return (Math.floor(at / this.#bucketMs) + 1) * this.#bucketMs;
  }

  adopt(nodes: readonly NodeEpoch[]): void {
    for (const { node, epoch, salt, shares, arms } of nodes) {
      // What no store would take back must not get into it.
      if (![node, ...arms].every((text) => text !== '' && text.length <= textMax) || salt.length > textMax) continue;
      const clean = recordOf(Object.entries(shares).map(([arm, share]) => [arm, asFraction(share)] as const));
      this.#adopt({ node, epoch, salt, shares: clean, arms: [...arms] });
    }
    while (this.#epochs.size > epochsMax) this.#forget(this.#oldest(this.#epochs));
  }

  knows(node: string, epoch: number, arm: string): boolean {
    return this.#nodes.get(node)?.get(epoch)?.terms.arms.includes(arm) ?? false;
  }

  /**
   * The cell to count in: undefined when the epoch or the arm is not known, or there is no place. `at` is the exposure's time, or
   * `'folded'` for what no bucket holds any more.
   */
  cell(node: string, epoch: number, arm: string, at: number | 'folded'): CellCounter | undefined {
    const open = this.#nodes.get(node)?.get(epoch);
    if (open === undefined) return undefined;
    const { last } = open;
    // Positively, so that a time which is not a number goes the long way, where it is refused.
    if (last !== undefined && at !== 'folded' && at >= last.from && at < last.to) return last.cells.get(arm);
    return open.terms.arms.includes(arm) ? this.#stratum(open, at)?.cells.get(arm) : undefined;
  }

  /** What was counted since the last take. Buckets in which nothing happened since then are closed; the others stay warm. */
  take(perExposure: readonly string[]): Stratum[] {
    const taken: Stratum[] = [];
    for (const stratum of this.#open) {
      const cells: [string, Cell][] = [];
      for (const [arm, counter] of stratum.cells) {
        const cell = counter.take(perExposure);
        if (cell !== undefined) cells.push([arm, cell]);
      }
      if (cells.length === 0) this.#close(stratum);
      else taken.push({ ...stratum.epoch.terms, from: stratum.from, to: stratum.to, cells: recordOf(cells) });
    }
    return taken;
  }

  #adopt(terms: NodeEpoch): void {
    const epochs = this.#nodes.get(terms.node) ?? new Map<number, OpenEpoch>();
    const before = epochs.get(terms.epoch);
    const isSame = before !== undefined && JSON.stringify(before.terms) === JSON.stringify(terms);
    const alike = [...epochs.values()].find((epoch) => epoch.terms.salt === terms.salt);
    if (before !== undefined) this.#forget(before);
    const units = alike?.units ?? new KnownUnits();
    const open = isSame ? before : { terms, units, strata: new Map<number, OpenStratum>(), last: undefined };
    // Set again, not only kept: the order of the maps is that of the last adoption.
    this.#nodes.set(terms.node, epochs.set(terms.epoch, open));
    this.#epochs.add(open);
    if (epochs.size > epochsPerNodeMax) this.#forget(this.#oldest(epochs.values()));
  }

  #oldest(epochs: Iterable<OpenEpoch>): OpenEpoch {
    const [first] = epochs;
    return first as OpenEpoch;
  }

  /** Late outcomes of the epoch are not counted any more; what was counted of it is still taken. */
  #forget(open: OpenEpoch): void {
    this.#epochs.delete(open);
    const epochs = this.#nodes.get(open.terms.node);
    epochs?.delete(open.terms.epoch);
    if (epochs?.size === 0) this.#nodes.delete(open.terms.node);
  }

  #stratum(epoch: OpenEpoch, at: number | 'folded'): OpenStratum | undefined {
    const isFolded = at === 'folded';
    const from = isFolded ? -1 : Math.floor(at / this.#bucketMs) * this.#bucketMs;
    // Beyond the last moment that a Date can hold, the end of a bucket is none.
    if (!(isFolded || (from >= 0 && from < latestTime))) return undefined;
    let stratum = epoch.strata.get(from);
    if (stratum === undefined) {
      const { arms } = epoch.terms;
      if (!(this.#cells + arms.length <= this.#maxCells)) {
        this.#dropped += 1;
        return undefined;
      }
      const cells = new Map(arms.map((arm) => [arm, new CellCounter(epoch.units)] as const));
      stratum = { epoch, from, to: isFolded ? 0 : from + this.#bucketMs, cells };
      epoch.strata.set(from, stratum);
      this.#open.add(stratum);
      this.#cells += cells.size;
    }
    if (!isFolded) epoch.last = stratum;
    return stratum;
  }

  #close(stratum: OpenStratum): void {
    const { epoch } = stratum;
    if (epoch.last === stratum) epoch.last = undefined;
    epoch.strata.delete(stratum.from);
    this.#open.delete(stratum);
    this.#cells -= stratum.cells.size;
  }
}

function asFraction(share: number): number {
  // A share that was divided may be a hair over 1; one that is not a number is none.
  return share > 0 ? Math.min(share, 1) : 0;
}
