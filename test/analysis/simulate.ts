import type { Judged, Verdict } from '../../src/analysis/verdict.js';
import { emptyCell } from '../../src/evidence/cell.js';
import type { Cell, Stratum } from '../../src/evidence/stratum.js';
import { type Rng, seededRng } from '../../src/core/rng.js';
import { metrics, minute } from './judged.js';

/** How many of n trials succeed, by the gaps between successes. */
export function binomial(rng: Rng, n: number, p: number): number {
  if (!(p > 0)) return 0;
  if (p > 0.5) return n - binomial(rng, n, 1 - p);
  const scale = 1 / Math.log1p(-p);
  let hits = 0;
  for (let at = gap(rng, scale); at < n; at += 1 + gap(rng, scale)) hits += 1;
  return hits;
}

const gap = (rng: Rng, scale: number) => Math.floor(Math.log(1 - rng.next()) * scale);

/** A standard normal draw (Box and Muller 1958). */
export function gaussian(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());
}

/** What one arm's requests of a bucket become. `hour` is the bucket's number: baselines drift with it. */
export type Traffic = (n: number, hour: number, rng: Rng, isCandidate: boolean) => Partial<Cell>;

export interface Scenario {
  readonly runs: number;
  /** Requests per bucket, over both arms. */
  readonly requests: number;
  readonly traffic: Traffic;
  readonly seed: number;
  /** The candidate's share by bucket. Default: 1, 5, 25 and 50 %, three buckets each. */
  readonly shares?: readonly number[];
}

const ramp = [0.01, 0.05, 0.25, 0.5].flatMap((share) => [share, share, share]);

/** The fraction of runs in which `judge` ever answers true, with a look after every bucket. Arms: candidate b, control a. */
export function rateOf(scenario: Scenario, judge: (judged: Judged) => boolean): number {
  const { runs, requests, traffic, seed, shares = ramp } = scenario;
  const rng = seededRng(seed);
  let hits = 0;
  for (let run = 0; run < runs; run += 1) {
    const strata: Stratum[] = [];
    for (const [hour, share] of shares.entries()) {
      const n = binomial(rng, requests, share);
      const cell = (count: number, isCandidate: boolean): Cell => ({
        ...emptyCell,
        exposed: count,
        units: count,
        outcomes: count,
        ...traffic(count, hour, rng, isCandidate),
      });
      strata.push({
        node: 'root',
        epoch: 1 + shares.indexOf(share),
        from: hour * minute,
        to: (hour + 1) * minute,
        salt: 'root',
        shares: { b: share, a: 1 - share },
        cells: { b: cell(n, true), a: cell(requests - n, false) },
      });
      if (judge({ now: 1e9, strata, metrics, arm: 'b', control: 'a', forecast: false })) {
        hits += 1;
        break;
      }
    }
  }
  return hits / runs;
}

export const fails = ({ outcome }: Verdict): boolean => outcome === 'fail';
