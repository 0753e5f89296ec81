import { own } from '../core/json.js';
import { addCells, emptyCell } from '../evidence/cell.js';
import { addStrata, fold, folded } from '../evidence/fold.js';
import type { Cell, MetricSums, Stratum } from '../evidence/stratum.js';
import { countOf, type SketchJson, sketchRelativeError } from '../stats/sketch.js';
import { isMature, type Measure, sumsOf } from './measure.js';
import { shiftSketch } from './shift-sketch.js';
import type { Judged } from './verdict.js';

/** What a forecast is made from. */
export interface Present {
  /** The closed evidence; many strata are added up by epoch, so that a forecast may be judged often. */
  readonly strata: readonly Stratum[];
  /** All that is known of the control: what the future is made of. */
  readonly control: Cell;
  /** The last stratum in which both arms had a share. */
  readonly last: Stratum;
}

/** So few are not worth adding up. */
const fewStrata = 16;

/** The evidence to go on from, or `undefined` while nothing is known of the control. */
export function presentOf(judged: Judged, control: string, measure: Measure): Present | undefined {
  const shared = judged.strata.filter(
    ({ shares }) => (own(shares, judged.arm) ?? 0) > 0 && (own(shares, control) ?? 0) > 0,
  );
  const last = shared.reduce<Stratum | undefined>(
    (latest, stratum) => (latest === undefined || stratum.epoch >= latest.epoch ? stratum : latest),
    undefined,
  );
  if (last === undefined) return undefined;
  const mature = shared.filter((stratum) => isMature(stratum, measure, judged.now));
  const strata = mature.length > fewStrata ? byEpoch(mature) : mature;
  const known = strata.reduce((sum, { cells }) => addCells(sum, own(cells, control) ?? emptyCell), emptyCell);
  return observationsOf(measure, known) > 0 ? { strata, control: known, last } : undefined;
}

function byEpoch(strata: readonly Stratum[]): readonly Stratum[] {
  const epochs = new Map<number, Stratum>();
  for (const stratum of strata) {
    const before = epochs.get(stratum.epoch);
    const closed = fold(stratum);
    epochs.set(stratum.epoch, before === undefined ? closed : addStrata(before, closed));
  }
  return [...epochs.values()];
}

/** How many observations of a measure a cell holds. */
export function observationsOf(measure: Measure, cell: Cell): number {
  return measure.type === 'latency' ? countOf(cell.latency) : sumsOf(measure, cell).n;
}

/**
 * The evidence after `n` more observations of the arm, and as many of the control as its share brings, if all goes on as the control
 * has gone so far, and the arm's mean (a latency's quantile) is `factor` times the control's. Expected counts, rounded: no chance.
 */
export function after(
  present: Present,
  judged: Judged,
  control: string,
  measure: Measure,
  n: number,
  factor: number,
): Judged {
  const { strata, last } = present;
  const [mine, theirs] = [own(last.shares, judged.arm) ?? 0, own(last.shares, control) ?? 0];
  const future: Stratum = {
    ...last,
    epoch: last.epoch + 1,
    // Closed long ago: nothing more will come of it.
    from: judged.now - measure.windowMs - 2,
    to: judged.now - measure.windowMs - 1,
    cells: {
      [judged.arm]: cellOf(measure, present.control, n, factor),
      [control]: cellOf(measure, present.control, Math.round((n * theirs) / mine), 1),
    },
  };
  const { scores: _, ...open } = future;
  return { ...judged, strata: [...strata, open] };
}

/** A cell with `n` observations as those of `known`, whose mean is `factor` times theirs. */
function cellOf(measure: Measure, known: Cell, n: number, factor: number): Cell {
  const scale = n / observationsOf(measure, known);
  const { name, per, type } = measure;
  if (type === 'latency') {
    return { ...emptyCell, exposed: n, outcomes: n, latency: scaled(known.latency, scale, factor) };
  }
  const counted = sumsOf(measure, known);
  const events = Math.min(n, Math.round(counted.sum * scale * factor));
  if (per === 'call') return { ...emptyCell, exposed: n, outcomes: n, errors: events };
  if (per === 'pair') return { ...emptyCell, compared: n, mismatches: events };
  const sums = own(known.metrics, name);
  if (sums === undefined) return { ...emptyCell, exposed: n };
  const isBinary = type === 'binary';
  const reports = per === 'report' ? n : isBinary ? events : Math.min(n, Math.round(sums.n * scale));
  const sum = isBinary ? events : sums.sum * scale * factor;
  const values: MetricSums = {
    n: reports,
    sum,
    sumSq: isBinary ? events : sums.sumSq * scale * factor * factor,
    late: 0,
    ...(sums.per !== undefined && { per: sums.per }),
    ...(sums.sketch !== undefined && { sketch: scaled(sums.sketch, scale, factor) }),
  };
  return { ...emptyCell, exposed: n, metrics: { [name]: values } };
}

const bucketLog = /* @__PURE__ */ Math.log((1 + sketchRelativeError) / (1 - sketchRelativeError));

/** A sketch with so many times the values, each `factor` times as large, in whole buckets. */
function scaled({ zero, positive, negative }: SketchJson, scale: number, factor: number): SketchJson {
  // Sums are rounded, not counts: many rare values must not all round to none.
  let [exact, rounded] = [0, 0];
  const part = (count: number) => {
    exact += count * scale;
    const whole = Math.round(exact) - rounded;
    rounded += whole;
    return whole;
  };
  const parts = (buckets: SketchJson['positive']) =>
    buckets.map(([bucket, count]) => [bucket, part(count)] as const).filter(([, count]) => count > 0);
  const sketch = { zero: part(zero), positive: parts(positive), negative: parts(negative) };
  return shiftSketch(sketch, Math.round(Math.log(factor) / bucketLog));
}

/** How many observations of the arm came per millisecond of late: in the buckets of the last epoch that are still apart. */
export function rateOf({ strata, arm, now, since }: Judged, measure: Measure, { epoch }: Stratum): number {
  const live = strata.filter((stratum) => stratum.epoch === epoch && stratum.from !== folded);
  const first = live.reduce((least, { from }) => Math.min(least, from), now);
  // A bucket begins on the hour, and a stage within it.
  const began = Math.max(first, since ?? first);
  const n = live.reduce((sum, { cells }) => sum + observationsOf(measure, own(cells, arm) ?? emptyCell), 0);
  return now > began ? n / (now - began) : 0;
}
