import { own } from '../core/json.js';
import { emptyCell } from '../evidence/cell.js';
import { type ArmSums, logSumsOf, plusIfAny, residualsOf, scoreArms, withResiduals } from '../evidence/arm-score.js';
import { armsOf, folded as closed } from '../evidence/fold.js';
import type { Cell, FoldedScore, Stratum } from '../evidence/stratum.js';
import type { ValueSums } from '../stats/sequential/score.js';
import { countOf, mergeSketches, QuantileSketch, emptySketch, sketchSteps } from '../stats/sketch.js';
import { denominatorOf, isMature, type Measure, sumsOf } from './measure.js';
import { shiftSketch } from './shift-sketch.js';
import type { Judged } from './verdict.js';

/** A stratum seen as two arms: only these are ever compared, since pooling over a ramp is wrong (Simpson's paradox). */
export interface ArmPair {
  /** The candidate's share of candidate + control while the units were assigned. */
  readonly share: number;
  readonly candidate: Cell;
  readonly control: Cell;
  readonly candidateSums: ArmSums;
  readonly controlSums: ArmSums;
  /** False while attribution windows are open: a test that divides by n must leave the pair out. */
  readonly isMature: boolean;
  /** What the buckets of a folded stratum added to the score, each for itself. */
  readonly folded?: FoldedScore;
  /** What is known of units that may come back; absent where each request is an observation of its own. */
  readonly units?: PairUnits;
}

/** What a comparison over units, not requests, needs of a pair. */
export interface PairUnits {
  readonly epoch: number;
  readonly salt: string;
  /** The score with its residuals by cluster. Absent of folded strata that kept none. */
  readonly score?: FoldedScore;
  /** The units whose first event was counted in each arm. */
  readonly candidateEvents?: string;
  readonly controlEvents?: string;
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
    const pair = {
      share: mine / (mine + theirs),
      candidate,
      control: controlCell,
      candidateSums: pairSums(measure, candidate),
      controlSums: pairSums(measure, controlCell),
      isMature: isMature(stratum, measure, judged.now),
      ...(folded !== undefined && { folded }),
    };
    const units = unitsOf(stratum, judged, control, measure, pair);
    return [units === undefined ? pair : { ...pair, units }];
  });
  return { measure, pairs };
}

/** Latencies as their logarithms, for all but the slow calls, which are counted apart. */
function pairSums(measure: Measure, cell: Cell): ArmSums {
  return measure.type === 'latency' ? logSumsOf(cell.latency) : sumsOf(measure, cell);
}

function unitsOf(
  stratum: Stratum,
  judged: Judged,
  control: string,
  measure: Measure,
  pair: ArmPair,
): PairUnits | undefined {
  const over = denominatorOf(measure);
  if (over === undefined) return undefined;
  const { candidate, control: controlCell, candidateSums, controlSums, folded } = pair;
  const { epoch, salt } = stratum;
  const [mine, theirs] = [candidate, controlCell].map(({ unitEvents }) => own(unitEvents ?? {}, measure.name));
  const kept = stratum.from === closed ? undefined : residualsOf([candidate, controlCell], measure.name, over);
  const plain = () => scoreArms(candidateSums, controlSums);
  const together = foldedResiduals(stratum, measure.name, judged.arm, control);
  const score =
    folded ?? (kept !== undefined ? withResiduals(plain(), kept) : together && { ...plain(), residuals: together });
  if (score?.residuals === undefined && kept === undefined && mine === undefined && theirs === undefined)
    return undefined;
  return {
    epoch,
    salt,
    ...(score !== undefined && { score }),
    ...(mine !== undefined && { candidateEvents: mine }),
    ...(theirs !== undefined && { controlEvents: theirs }),
  };
}

/** Of two arms that are both not the baseline: their residuals around the mean of all arms, which equal arms share. */
function foldedResiduals({ scores }: Stratum, metric: string, arm: string, control: string) {
  const byArm = own(scores ?? {}, metric) ?? {};
  const [mine, theirs] = [own(byArm, arm)?.ownResiduals, own(byArm, control)?.ownResiduals];
  return mine && theirs && plusIfAny(mine, theirs);
}

function foldedScore(stratum: Stratum, metric: string, arm: string, control: string): FoldedScore | undefined {
  const baseline = armsOf(stratum).at(-1);
  const byArm = own(stratum.scores ?? {}, metric) ?? {};
  // Scores are kept against the baseline only; between others the counts of the epoch must do, whose shares were constant.
  if (baseline === control) return own(byArm, arm);
  const score = baseline === arm ? own(byArm, control) : undefined;
  return score && turnedRound(score);
}

/** The score of the other arm: clusters hold both arms together, so they stay as they are. */
function turnedRound({ score, covariate, ...rest }: FoldedScore): FoldedScore {
  return { ...rest, score: -score, ...(covariate && { covariate: { ...covariate, score: -covariate.score } }) };
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
      // Without the folded score, which is that of logarithms.
      const { folded: _, ...rest } = pair;
      return { ...rest, candidateSums: slow(candidate), controlSums: slow(control) };
    }),
  };
}
