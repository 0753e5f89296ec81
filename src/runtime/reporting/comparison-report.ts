import { type Comparison, compareArms } from '../../analysis/compare.js';
import { anytimeInterval } from '../../analysis/difference.js';
import type { Measure } from '../../analysis/measure.js';
import { eValueOf } from '../../analysis/rule.js';
import type { Judged } from '../../analysis/verdict.js';
import type { Stratum } from '../../evidence/stratum.js';

/** An arm's mean less the control's at one time, over all that was known by then. */
export type ComparisonPoint = {
  readonly at: number;
  readonly n: number;
  readonly difference: number;
  readonly interval: readonly [number, number] | null;
};

/** One arm against the control on one metric, inside strata only. `null` stands for what cannot be known yet. */
export type ComparisonReport = {
  readonly arm: string;
  readonly control: string;
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  readonly n: number;
  readonly controlN: number;
  /** Weighted alike over strata. Of a latency: the fractions of slow calls. */
  readonly mean: number | null;
  readonly controlMean: number | null;
  readonly difference: number | null;
  /** Of the difference; 95 %, at all looks together. */
  readonly interval: readonly [number, number] | null;
  /** E-values of both claims. 20 is evidence at the level 0.05 of whichever claim was chosen beforehand. */
  readonly eValueBetter: number;
  readonly eValueWorse: number;
  readonly test: string;
  /** How it came about, by the ends of the time buckets; what is folded is one point. At most 200, the newest. */
  readonly series: readonly ComparisonPoint[];
};

const alpha = 0.05;
const pointsMax = 200;

/** Compares an arm with the control; `undefined` while they never had traffic together. */
export function comparisonReport(judged: Judged, control: string, measure: Measure): ComparisonReport | undefined {
  const worse = compareArms(judged, control, measure, { direction: 'worse' });
  if (worse.observed.pairs.length === 0) return undefined;
  const better = compareArms(judged, control, measure, { direction: 'better' });
  const { n, controlN, difference, test } = worse;
  return {
    arm: judged.arm,
    control,
    metric: measure.name,
    better: measure.better,
    n,
    controlN,
    mean: difference?.mean ?? null,
    controlMean: difference?.controlMean ?? null,
    difference: difference?.estimate ?? null,
    interval: intervalOf(worse),
    eValueBetter: eValueOf(better.logE),
    eValueWorse: eValueOf(worse.logE),
    test,
    series: seriesOf(judged, control, measure),
  };
}

function intervalOf({ difference }: Comparison): readonly [number, number] | null {
  return (difference && anytimeInterval(difference, alpha)) ?? null;
}

function seriesOf(judged: Judged, control: string, measure: Measure): readonly ComparisonPoint[] {
  // A bucket that has not ended is seen as far as it goes.
  const endOf = ({ to }: Stratum) => Math.min(to, judged.now);
  const ends = [...new Set(judged.strata.map(endOf))].sort((a, b) => a - b).slice(-pointsMax);
  return ends.flatMap((at): readonly ComparisonPoint[] => {
    // All windows that have closed by now are closed: a point shows what is known of that time, not what was known then.
    const strata = judged.strata.filter((stratum) => endOf(stratum) <= at);
    const comparison = compareArms({ ...judged, strata }, control, measure, { direction: 'worse' });
    const { n, difference } = comparison;
    return difference === undefined
      ? []
      : [{ at, n, difference: difference.estimate, interval: intervalOf(comparison) }];
  });
}
