import { own } from '../core/json.js';
import { TurnoutError } from '../core/errors.js';
import type { Cell } from '../evidence/stratum.js';
import type { Harm } from '../stats/sequential/odds-mixture.js';
import { inversePropensityBetting, inversePropensityMeans } from '../stats/sequential/inverse-propensity.js';
import { emptySketch, type SketchJson, sketchRelativeError, sketchSteps } from '../stats/sketch.js';
import { type Difference, differenceOf, scoreEvidence, widened } from './difference.js';
import { eitherWayEvidence, eventEvidence } from './event-evidence.js';
import type { Measure } from './measure.js';
import { type ArmPair, observe, type Observed, observeSlow } from './observe.js';
import { returningUnits } from './returning-units.js';
import { shiftSketch } from './shift-sketch.js';
import { comparablePairs, clusterEvidence, designEffectIn, firstEventEvidence, meanEvidence } from './unit-evidence.js';
import type { Judged } from './verdict.js';

/** What is to be shown of the candidate: that it is worse than the control by more than a margin, or better. */
export interface Claim {
  readonly direction: 'worse' | 'better';
  /** In the metric's unit (a binary metric's is a fraction). */
  readonly margin?: number;
  /** A fraction of the control's mean, or quantile. */
  readonly relativeMargin?: number;
  /** Of the latency. Default 0.95. */
  readonly quantile?: number;
}

/** How much speaks for a claim. */
export interface Comparison {
  readonly observed: Observed;
  /** The observations that the test used. */
  readonly n: number;
  readonly controlN: number;
  /** Over mature strata; `undefined` while there are none. */
  readonly difference: Difference | undefined;
  /** ln of the e-value against the opposite of the claim. */
  readonly logE: number;
  /** The method's name. */
  readonly test: string;
  /** Why no test would be right; then `logE` is 0. */
  readonly refusal?: string;
}

/** The tail of latencies that users remember. */
export const defaultQuantile = 0.95;

/**
 * Tests a claim with the method that is right for the measure and for how its units behave.
 *
 * Where units may come back: clusters of units, and for events of binary measures also each unit's first one, which is exact; the
 * mean of both e-values. Where each request is an observation of its own: binary and zero or relative margin: event-binomial, which
 * needs no maturation; with a zero margin on non-events as well, since events may be common; binary and absolute margin, or capped
 * values: inverse-propensity betting, over mature strata; latencies: event-binomial on the slow calls; values without a cap: the
 * score mixture, which is asymptotic, since no exact test of an unbounded mean exists (Bahadur and Savage 1956).
 *
 * Where each request was to be an observation of its own and units come back all the same, there is a `refusal`.
 */
export function compareArms(judged: Judged, control: string, measure: Measure, claim: Claim): Comparison {
  const all = observe(judged, control, measure);
  const isMore = (measure.better === 'lower') === (claim.direction === 'worse');
  const harm: Harm = isMore ? 'more' : 'fewer';
  if (harm === 'fewer' && !((claim.relativeMargin ?? 0) < 1)) {
    throw new TurnoutError('domain', `relativeMargin must be under 1 where less of '${measure.name}' is worse.`);
  }
  if (all.pairs.some(({ units }) => units !== undefined)) return compareUnits(all, harm, claim);
  // A mirror's pairs are two answers to one request, whoever made it.
  const refusal = measure.per === 'pair' ? undefined : returningUnits(judged, control);
  if (refusal === undefined) return compareRequests(all, harm, claim);
  return { ...summary(all, all.pairs, 0, 'none'), difference: undefined, refusal };
}

/** Over units: what a request's outcome has in common with the unit's others is part of the variance. */
function compareUnits(all: Observed, harm: Harm, claim: Claim): Comparison {
  const { measure } = all;
  const { margin = 0, relativeMargin = 0 } = claim;
  const pairs = comparablePairs(all.pairs);
  const isLatency = measure.type === 'latency';
  const used = isLatency
    ? observeSlow({ ...all, pairs }, claim.quantile ?? defaultQuantile, relativeMargin)
    : { ...all, pairs };
  const difference = differenceOf(used);
  const designEffect = designEffectIn(pairs, isLatency ? 0 : difference?.theta);
  // A margin of latencies is in the calls that count as slow already.
  const tested =
    isLatency || !(relativeMargin > 0) ? difference : differenceOf(withControl(used, harm, relativeMargin));
  const options = { harm, margin, type: measure.type };
  const ofClusters = tested === undefined ? 0 : clusterEvidence(tested, designEffect, options);
  const hasEvents = measure.type === 'binary' && !(margin > 0);
  const logE = hasEvents ? meanEvidence(ofClusters, firstEventEvidence(all.pairs, harm, relativeMargin)) : ofClusters;
  const test = hasEvents
    ? 'clusters of units (asymptotic), and their first events'
    : isLatency
      ? 'clusters of units (asymptotic), on slow calls'
      : 'clusters of units (asymptotic)';
  return {
    ...summary(used, hasEvents ? all.pairs : used.pairs, logE, test),
    difference: difference && widened(difference, designEffect),
  };
}

/** Each request an observation of its own. */
function compareRequests(all: Observed, harm: Harm, claim: Claim): Comparison {
  const { measure } = all;
  if (measure.type === 'latency') {
    const slow = observeSlow(all, claim.quantile ?? defaultQuantile, claim.relativeMargin ?? 0);
    return summary(slow, slow.pairs, eventEvidence(slow.pairs, harm, 0), 'event-binomial on slow calls');
  }
  const mature = all.pairs.filter(({ isMature }) => isMature);
  if (measure.type === 'continuous') {
    const { cap } = measure;
    return cap === undefined
      ? summary(all, mature, scores(all, harm, claim), 'score mixture (asymptotic)')
      : withCovariate(
          all,
          mature,
          betting(mature, measure, cap, harm, claim),
          harm,
          claim,
          'inverse-propensity betting',
        );
  }
  const { margin = 0, relativeMargin = 0 } = claim;
  if (!(margin > 0)) {
    // Errors are rare by nature, and a ratio of non-events would not be the ratio that a relative margin is of.
    const isEitherWay = measure.per !== 'call' && !(relativeMargin > 0);
    const logE = isEitherWay ? eitherWayEvidence(all.pairs, harm) : eventEvidence(all.pairs, harm, relativeMargin);
    const test = isEitherWay ? 'event-binomial, on events and non-events' : 'event-binomial';
    return withCovariate(all, all.pairs, logE, harm, claim, test);
  }
  const strata = mature.map(({ share, candidateSums, controlSums }) => ({
    share,
    treatment: { n: candidateSums.n, events: candidateSums.sum },
    control: { n: controlSums.n, events: controlSums.sum },
  }));
  const { logE } = inversePropensityBetting(strata, { margin, harm });
  return withCovariate(all, mature, logE, harm, claim, 'inverse-propensity betting');
}

/** With a covariate, the mean of the exact e-value and that of the adjusted score, which is where a covariate can help. */
function withCovariate(
  all: Observed,
  used: readonly ArmPair[],
  exact: number,
  harm: Harm,
  claim: Claim,
  test: string,
): Comparison {
  if (all.measure.covariate === undefined) return summary(all, used, exact, test);
  return summary(all, used, meanEvidence(exact, scores(all, harm, claim)), `${test}, and CUPED score (asymptotic)`);
}

function summary(observed: Observed, used: readonly ArmPair[], logE: number, test: string): Comparison {
  return {
    observed,
    n: used.reduce((sum, { candidateSums }) => sum + candidateSums.n, 0),
    controlN: used.reduce((sum, { controlSums }) => sum + controlSums.n, 0),
    difference: differenceOf(observed),
    logE,
    test,
  };
}

/** A relative margin is an absolute one against a control whose values are that much worse. */
function scores(observed: Observed, harm: Harm, { margin = 0, relativeMargin = 0 }: Claim): number {
  const difference = differenceOf(relativeMargin > 0 ? withControl(observed, harm, relativeMargin) : observed);
  return difference === undefined ? 0 : scoreEvidence(difference, harm, margin);
}

function withControl(observed: Observed, harm: Harm, relativeMargin: number): Observed {
  const factor = harm === 'more' ? 1 + relativeMargin : 1 - relativeMargin;
  return { ...observed, pairs: observed.pairs.map((pair) => scaleControl(pair, factor)) };
}

function scaleControl(pair: ArmPair, factor: number): ArmPair {
  const { sum, sumSq, paired } = pair.controlSums;
  const controlSums = {
    ...pair.controlSums,
    sum: sum * factor,
    sumSq: sumSq * factor * factor,
    ...(paired && { paired: { ...paired, product: paired.product * factor } }),
  };
  // Without the folded score, which was taken against the control as it is.
  const { folded: _, ...rest } = pair;
  return { ...rest, controlSums };
}

function betting(
  pairs: readonly ArmPair[],
  measure: Measure,
  cap: number,
  harm: Harm,
  { margin = 0, relativeMargin = 0 }: Claim,
): number {
  // Whole buckets, so that the margin is at least the one asked for. Fewer: as many down as make up for 1 - margin.
  const steps = harm === 'more' ? sketchSteps(relativeMargin) : -sketchSteps(1 / (1 - relativeMargin) - 1);
  const strata = pairs.map(({ share, candidate, control }) => ({
    share,
    treatment: valuesOf(measure, candidate),
    control: shiftSketch(valuesOf(measure, control), steps),
  }));
  // Room above the cap for a control that was scaled up: cutting it off there would make it better than it is.
  const bucket = (1 + sketchRelativeError) / (1 - sketchRelativeError);
  const room = steps > 0 ? cap * (1 + sketchRelativeError) * bucket ** steps : cap;
  return inversePropensityMeans(strata, { margin, harm, cap: room }).logE;
}

/** The distribution of a capped metric; with a mean per exposure, those without a report are zeros. */
function valuesOf({ name, per }: Measure, { metrics, exposed }: Cell): SketchJson {
  const { n = 0, sketch = emptySketch } = own(metrics, name) ?? {};
  return per === 'exposure' ? { ...sketch, zero: sketch.zero + Math.max(0, exposed - n) } : sketch;
}
