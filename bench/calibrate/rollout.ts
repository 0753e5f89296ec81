import type { Rng } from '../../src/core/rng.js';
import { addCells, emptyCell } from '../../src/evidence/cell.js';
import { addStrata, fold } from '../../src/evidence/fold.js';
import type { Cell, Stratum } from '../../src/evidence/stratum.js';

export const minute = 60_000;

/** How long a roll-out takes, and how often it is looked at; in minutes. */
export interface Schedule {
  /** The candidate's shares, each for an equal part of the time. */
  readonly shares: readonly number[];
  readonly minutes: number;
  readonly tickMinutes: number;
  readonly bucketMinutes: number;
  /** Requests of both arms together. */
  readonly perMinute: number;
}

/** The time between two looks. */
export interface Tick {
  readonly epoch: number;
  readonly share: number;
  /** In minutes since the roll-out began. */
  readonly from: number;
  readonly to: number;
  readonly requests: number;
}

/** What was counted of both arms for exposures at `at`, in minutes since the roll-out began. */
export interface Counted {
  readonly epoch: number;
  readonly share: number;
  readonly at: number;
  readonly candidate: Cell;
  readonly control: Cell;
}

/** Told what a rule that looks at the candidate alone would read: its requests of an interval, and how many went well. */
export type Watch = (minutes: number, requests: number, good: number) => void;

/** The traffic of one run. It may remember what is still to come of earlier requests. */
export type Traffic = (tick: Tick, rng: Rng, watch: Watch | undefined) => readonly Counted[];

export function ticksOf({ shares, minutes, tickMinutes, perMinute }: Schedule): readonly Tick[] {
  return Array.from({ length: Math.round(minutes / tickMinutes) }, (_, at) => {
    const stage = Math.floor((at * tickMinutes * shares.length) / minutes);
    const from = at * tickMinutes;
    const share = shares[stage] as number;
    return { epoch: stage + 1, share, from, to: from + tickMinutes, requests: Math.round(perMinute * tickMinutes) };
  });
}

/** A cell with these counts: exposures are units and calls that settled, unless the counts say otherwise. */
export function cellOf(n: number, more: Partial<Cell> = {}): Cell {
  return { ...emptyCell, exposed: n, units: n, outcomes: n, ...more };
}

/** The strata of one roll-out, as a store would hold them: by epoch and time bucket, folded once their window has closed. */
export class Strata {
  readonly #bucketMinutes: number;
  readonly #windowMs: number;
  readonly #live = new Map<string, Stratum>();
  readonly #folded = new Map<number, Stratum>();

  constructor(bucketMinutes: number, windowMs: number) {
    this.#bucketMinutes = bucketMinutes;
    this.#windowMs = windowMs;
  }

  add({ epoch, share, at, candidate, control }: Counted): void {
    const length = this.#bucketMinutes * minute;
    const from = Math.floor(at / this.#bucketMinutes) * length;
    const key = `${epoch} ${from}`;
    const known = this.#live.get(key);
    const before = known?.cells ?? {};
    this.#live.set(key, {
      node: 'root',
      epoch,
      from,
      to: from + length,
      salt: 'root',
      shares: known?.shares ?? { candidate: share, control: 1 - share },
      cells: {
        candidate: before['candidate'] === undefined ? candidate : addCells(before['candidate'], candidate),
        control: before['control'] === undefined ? control : addCells(before['control'], control),
      },
    });
  }

  /** At `now`, in ms since the roll-out began. */
  at(now: number): readonly Stratum[] {
    for (const [key, stratum] of this.#live) {
      if (!(now >= stratum.to + this.#windowMs)) continue;
      this.#live.delete(key);
      const closed = fold(stratum);
      const known = this.#folded.get(stratum.epoch);
      this.#folded.set(stratum.epoch, known === undefined ? closed : addStrata(known, closed));
    }
    return [...this.#folded.values(), ...this.#live.values()];
  }
}
