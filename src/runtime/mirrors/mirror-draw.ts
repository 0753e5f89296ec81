import type { Context } from '../../core/context.js';
import { unitOf } from '../../core/context.js';
import { hash32 } from '../../core/hash.js';
import type { Rng } from '../../core/rng.js';
import type { RouteMirror } from '../../plan/plan.js';

const leastExpected = 100;
const mostMirrors = 1000;

interface Tally {
  readonly node: string;
  readonly arm: string;
  /** How often it should have run by now. */
  expected: number;
  ran: number;
}

/** A mirror that should have run and never did. */
export interface SilentMirror {
  readonly node: string;
  readonly arm: string;
  readonly expected: number;
}

/** Decides which requests are mirrored, and keeps count of whether the mirrors then really run. */
export class MirrorDraw {
  readonly #rng: Rng;
  readonly #tallies = new Map<string, Tally>();

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** True for a request that the mirror is to see: always the same units where it names one, else by chance. */
  wants(mirror: RouteMirror<string>, context: Context): boolean {
    const unit = mirror.unit === undefined ? undefined : unitOf(context, mirror.unit);
    const tally = this.#tallyOf(mirror);
    if (unit === undefined) {
      // By the share, not by the draw: a source of chance that is stuck must not look like a small share.
      if (tally !== undefined && mirror.share > 0) tally.expected += Math.min(1, mirror.share);
      return this.#rng.next() < mirror.share;
    }
    const wanted = hash32(unit, hash32(mirror.salt)) < mirror.share * 0x100000000;
    if (tally !== undefined && wanted) tally.expected += 1;
    return wanted;
  }

  ran(mirror: RouteMirror<string>): void {
    const tally = this.#tallyOf(mirror);
    if (tally !== undefined) tally.ran += 1;
  }

  /** The mirrors that should have run at least 100 times and never once did. */
  silent(): readonly SilentMirror[] {
    return Array.from(this.#tallies.values())
      .filter(({ expected, ran }) => expected >= leastExpected && ran === 0)
      .map(({ node, arm, expected }) => ({ node, arm, expected: Math.floor(expected) }));
  }

  #tallyOf({ node, arm }: RouteMirror<string>): Tally | undefined {
    const key = `${node}\n${arm}`;
    let tally = this.#tallies.get(key);
    if (tally === undefined && this.#tallies.size < mostMirrors) {
      tally = { node, arm, expected: 0, ran: 0 };
      this.#tallies.set(key, tally);
    }
    return tally;
  }
}
