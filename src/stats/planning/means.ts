import { standardQuantile, upperTail } from '../distributions/normal.js';
import { noncentralTTails } from '../distributions/noncentral-t.js';
import { tUpperPoint } from '../distributions/t.js';
import { need, needFinite, needOpenProbability, needPositive } from '../domain.js';
import { zeroBetween } from '../special/brent.js';
import { needSize, type PlanOptions, readPlan, type SampleSize, sizeFor } from './sizes.js';

export interface MeansPlan extends PlanOptions {
  /** The standard deviation within an arm, in the unit of the metric. */
  readonly sd: number;
  /** Takes the standard deviation as known (z instead of t); default false. */
  readonly knownSd?: boolean;
  /** Whether a significant result in the wrong direction counts, two-sided: for power it does, for sizes not, as in R. */
  readonly strict?: boolean;
}

// From here on t is normal to more digits than a plan needs, and the noncentral t takes long.
const normalFrom = 1e6;

function powerAt(nPerArm: number, effect: number, input: MeansPlan, tail: number, both: boolean): number {
  const shift = Math.abs(effect) * Math.sqrt(nPerArm / 2);
  const df = 2 * nPerArm - 2;
  if (input.knownSd === true || df > normalFrom || shift > 1e3) {
    const critical = -standardQuantile(tail);
    return upperTail(critical - shift) + (both ? upperTail(critical + shift) : 0);
  }
  const critical = tUpperPoint(Math.log(tail), df);
  const right = noncentralTTails(critical, df, shift).upper;
  return right + (both ? noncentralTTails(-critical, df, shift).lower : 0);
}

function read(where: string, input: MeansPlan, strict: boolean): { tail: number; both: boolean } {
  needPositive(where, 'sd', input.sd);
  const { tail, twoSided } = readPlan(where, input);
  need(tail <= 0.5, where, 'alpha', 'at most .5 for a one-sided test', input.alpha);
  return { tail, both: twoSided && (input.strict ?? strict) };
}

/**
 * The chance that a t test finds a difference `delta` of two means with `nPerArm` units in each arm, from the noncentral t
 * distribution.
 */
export function powerTwoMeans(input: MeansPlan & { readonly nPerArm: number; readonly delta: number }): {
  readonly power: number;
} {
  const { tail, both } = read('powerTwoMeans', input, true);
  needFinite('powerTwoMeans', 'delta', input.delta);
  needSize('powerTwoMeans', input.nPerArm);
  return { power: Math.min(1, powerAt(input.nPerArm, input.delta / input.sd, input, tail, both)) };
}

/** The units per arm that give `powerTwoMeans` the power asked for (default .8); `delta` must not be 0. */
export function sampleSizeTwoMeans(input: MeansPlan & { readonly delta: number; readonly power?: number }): SampleSize {
  const where = 'sampleSizeTwoMeans';
  const { tail, both } = read(where, input, false);
  needFinite(where, 'delta', input.delta);
  need(input.delta !== 0, where, 'delta', 'different from 0', input.delta);
  const effect = input.delta / input.sd;
  return sizeFor(where, input.power ?? 0.8, (nPerArm) => powerAt(nPerArm, effect, input, tail, both));
}

/** The least difference of two means that `nPerArm` units per arm find with `power` (default .8), in the unit of the metric. */
export function detectableMeanDifference(input: MeansPlan & { readonly nPerArm: number; readonly power?: number }): {
  readonly difference: number;
} {
  const where = 'detectableMeanDifference';
  const { power = 0.8 } = input;
  const { tail, both } = read(where, input, false);
  needOpenProbability(where, 'power', power);
  needSize(where, input.nPerArm);
  const excess = (effect: number): number => powerAt(input.nPerArm, effect, input, tail, both) - power;
  // Even with two units per arm, and at any alpha that a number can hold, this many standard deviations are found.
  return { difference: excess(0) >= 0 ? 0 : input.sd * zeroBetween(0, 1e3, excess) };
}
