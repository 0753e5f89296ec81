import { compareArms, type Comparison } from '../../analysis/compare.js';
import { anytimeInterval, type Difference } from '../../analysis/difference.js';
import type { Measure } from '../../analysis/measure.js';
import { observe } from '../../analysis/observe.js';
import type { Judged } from '../../analysis/verdict.js';
import { normal } from '../../stats/distributions/normal.js';
import { logMeanExp } from '../../stats/sequential/log-mean-exp.js';

/** One arm against the control on one metric, two-sided. */
export interface ArmTest {
  readonly arm: string;
  readonly measure: Measure;
  readonly comparison: Comparison;
  /** Where the data point. */
  readonly direction: 'better' | 'worse';
  /** Two-sided; 1 while there is nothing to compare. */
  readonly pValue: number;
  /** Sequential tests only. */
  readonly logE?: number;
  readonly method: string;
  readonly interval: readonly [number, number] | undefined;
}

/** Both directions, as the mean of two e-values: one e-value again, against "no difference". Valid at any look. */
export function sequentialTest(judged: Judged, control: string, measure: Measure, alpha: number): ArmTest {
  const better = compareArms(judged, control, measure, { direction: 'better' });
  const worse = compareArms(judged, control, measure, { direction: 'worse' });
  const logE = logMeanExp([better.logE, worse.logE]);
  const { difference } = better;
  return {
    arm: judged.arm,
    measure,
    comparison: worded(better, judged, control),
    direction: better.logE > worse.logE ? 'better' : 'worse',
    pValue: Math.min(1, Math.exp(-logE)),
    logE,
    method: better.test,
    interval: difference && anytimeInterval(difference, alpha),
  };
}

/**
 * With counts for the words while no window has closed. Where units come back their first events may decide by then already, since given
 * an event it is only asked whose it was; and all that a comparison by clusters keeps is of windows that have closed.
 */
function worded(comparison: Comparison, judged: Judged, control: string): Comparison {
  const { difference, observed } = comparison;
  if (difference !== undefined || observed.measure.type !== 'binary') return comparison;
  return { ...comparison, observed: observe(judged, control, observed.measure) };
}

/**
 * The stratified score test for one look, over mature strata: Cochran-Mantel-Haenszel for rates, Welch's variance for means; where units
 * come back, with that variance widened by what the requests of one have in common.
 */
export function fixedTest(judged: Judged, control: string, measure: Measure, alpha: number): ArmTest {
  const comparison = compareArms(judged, control, measure, { direction: 'better' });
  const { difference } = comparison;
  const z = difference?.score.z ?? 0;
  return {
    arm: judged.arm,
    measure,
    comparison,
    direction: z > 0 === (measure.better === 'higher') ? 'better' : 'worse',
    pValue: Math.min(1, 2 * normal.sf(Math.abs(z))),
    method: fixedMethod(comparison),
    interval: difference && fixedInterval(difference, alpha),
  };
}

function fixedMethod({ observed }: Comparison): string {
  const isOfUnits = observed.pairs.some(({ units }) => units !== undefined);
  if (observed.measure.type === 'continuous') {
    return isOfUnits ? 'stratified score test of means, over clusters of units' : 'stratified score test of means';
  }
  return isOfUnits ? 'stratified score test, over clusters of units' : 'Cochran-Mantel-Haenszel test';
}

/** The interval of one look; `undefined` where nothing varied. */
function fixedInterval({ score, estimate }: Difference, alpha: number): readonly [number, number] | undefined {
  if (score.reason !== undefined) return undefined;
  const half = (normal.isf(alpha / 2) * Math.sqrt(score.variance)) / score.weight;
  return [estimate - half, estimate + half];
}

/** How much better the arm is, in the good direction; the least there is while nothing is known. */
export function gainOf({ comparison, measure }: ArmTest): number {
  const estimate = comparison.difference?.estimate;
  if (estimate === undefined) return -Infinity;
  return measure.better === 'higher' ? estimate : -estimate;
}

/** The most that the interval still allows the arm to be better by. */
export function greatestGain({ interval, measure }: ArmTest): number {
  if (interval === undefined) return Infinity;
  return measure.better === 'higher' ? interval[1] : -interval[0];
}

/** p-values that may be compared with alpha one by one: Holm's step-down (1979), whatever their dependence. */
export function holm(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = [...pValues];
  let least = 0;
  order.forEach(({ p, index }, rank) => {
    least = Math.max(least, Math.min(1, p * (order.length - rank)));
    adjusted[index] = least;
  });
  return adjusted;
}
