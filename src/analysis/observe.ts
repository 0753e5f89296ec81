import { own } from '../core/json.js';
import { emptyCell } from '../evidence/cell.js';
import { armsOf } from '../evidence/fold.js';
import type { Cell, Stratum } from '../evidence/stratum.js';
import type { ScoreSums, ValueSums } from '../stats/sequential/score.js';
import { countOf, mergeSketches, QuantileSketch, emptySketch, sketchSteps } from '../stats/sketch.js';
import { isMature, type Measure, sumsOf } from './measure.js';
import { shiftSketch } from './shift-sketch.js';
import type { Judged } from './verdict.js';

/** A stratum seen as two arms: only these are ever compared, since pooling over a ramp is wrong (Simpson's paradox). */
export interface ArmPair {
  /** The candidate's share of candidate + control while the units were assigned. */
  readonly share: number;
  readonly candidate: Cell;
  readonly control: Cell;
  readonly candidateSums: ValueSums;
  readonly controlSums: ValueSums;
  /** False while attribution windows are open: a test that divides by n must leave the pair out. */
  readonly isMature: boolean;
  /** What the buckets of a folded stratum added to the score, each for itself. */
  readonly folded?: ScoreSums;
}

/** A measure of one arm beside the control. */
export interface Observed {
  readonly measure: Measure;
  readonly pairs: readonly ArmPair[];
  /** For latencies: what counts as slow. */
  readonly thresholdMs?: number;
}

/** The strata in which both arms had a share, with the sums of `measure`. Pinned requests are in none of them. */
export function observe(judged: Judged, control: string, measure: Measure): Observed {
  const pairs = judged.strata.flatMap((stratum): ArmPair[] => {
    const [mine, theirs] = [own(stratum.shares, judged.arm) ?? 0, own(stratum.shares, control) ?? 0];
    if (!(mine > 0 && theirs > 0)) return [];
    const candidate = own(stratum.cells, judged.arm) ?? emptyCell;
    const controlCell = own(stratum.cells, control) ?? emptyCell;
    const folded = foldedScore(stratum, measure.name, judged.arm, control);
    return [
      {
        share: mine / (mine + theirs),
        candidate,
        control: controlCell,
        candidateSums: sumsOf(measure, candidate),
        controlSums: sumsOf(measure, controlCell),
        isMature: isMature(stratum, measure, judged.now),
        ...(folded !== undefined && { folded }),
      },
    ];
  });
  return { measure, pairs };
}

function foldedScore(stratum: Stratum, metric: string, arm: string, control: string): ScoreSums | undefined {
  // Scores are kept against the baseline only; against another arm the counts of the epoch must do, whose shares were constant.
  if (stratum.scores === undefined || armsOf(stratum).at(-1) !== control) return undefined;
  return own(own(stratum.scores, metric) ?? {}, arm);
}

/**
 * Latencies as yes or no: how many calls were slower than the quantile of both arms together.
 *
 * The threshold is drawn from all latencies without a look at their arms, so that it favours none: under the null the arms of the
 * slow calls are as random as those of all. A relative margin first makes the candidate that much faster, in whole buckets.
 */
export function observeSlow(observed: Observed, quantile: number, relativeMargin: number): Observed {
  const steps = -sketchSteps(relativeMargin);
  const latencies = observed.pairs.map(({ candidate, control }) => ({
    candidate: shiftSketch(candidate.latency, steps),
    control: control.latency,
  }));
  const all = latencies.reduce(
    (sum, { candidate, control }) => mergeSketches(sum, mergeSketches(candidate, control)),
    emptySketch,
  );
  const thresholdMs = QuantileSketch.from(all).quantile(quantile) ?? 0;
  const slow = (sketch: Cell['latency']): ValueSums => {
    const events = QuantileSketch.from(sketch).countAbove(thresholdMs);
    return { n: countOf(sketch), sum: events, sumSq: events };
  };
  return {
    ...observed,
    thresholdMs,
    pairs: observed.pairs.map((pair, index) => {
      const { candidate, control } = latencies[index] as (typeof latencies)[number];
      return { ...pair, candidateSums: slow(candidate), controlSums: slow(control) };
    }),
  };
}
