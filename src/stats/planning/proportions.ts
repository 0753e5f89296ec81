import { standardQuantile, upperTail } from '../distributions/normal.js';
import { need, needOpenProbability } from '../domain.js';
import { zeroBetween } from '../special/brent.js';
import { needSize, type PlanOptions, readPlan, type SampleSize, sizeFor } from './sizes.js';

/** The proportion of the control and the one to be found. */
export interface TwoRates extends PlanOptions {
  readonly p1: number;
  readonly p2: number;
}

function powerAt(nPerArm: number, p1: number, p2: number, tail: number): number {
  const common = (p1 + p2) / 2;
  const nullError = Math.sqrt(2 * common * (1 - common));
  const error = Math.sqrt(p1 * (1 - p1) + p2 * (1 - p2));
  return upperTail((-standardQuantile(tail) * nullError - Math.sqrt(nPerArm) * Math.abs(p2 - p1)) / error);
}

function readRates(where: string, input: TwoRates): number {
  needOpenProbability(where, 'p1', input.p1);
  needOpenProbability(where, 'p2', input.p2);
  return readPlan(where, input).tail;
}

/**
 * The chance that a two-proportion z test finds p2 different from p1 with `nPerArm` units in each arm: pooled variance
 * under no effect, unpooled under the effect. A significant result in the wrong direction is not counted, as in R.
 */
export function powerTwoProportions(input: TwoRates & { readonly nPerArm: number }): { readonly power: number } {
  const tail = readRates('powerTwoProportions', input);
  needSize('powerTwoProportions', input.nPerArm);
  return { power: powerAt(input.nPerArm, input.p1, input.p2, tail) };
}

/** The units per arm that give `powerTwoProportions` the power asked for (default .8); p1 and p2 must differ. */
export function sampleSizeTwoProportions(input: TwoRates & { readonly power?: number }): SampleSize {
  const where = 'sampleSizeTwoProportions';
  const { p1, p2, power = 0.8 } = input;
  const tail = readRates(where, input);
  need(p1 !== p2, where, 'p2', `different from p1 = ${p1}`, p2);
  return sizeFor(where, power, (nPerArm) => powerAt(nPerArm, p1, p2, tail));
}

/**
 * The least absolute rise (or with `direction: 'down'` fall) from p1 that `nPerArm` units per arm find with `power` (default
 * .8); Infinity when none in (0, 1) would do.
 */
export function detectableProportionDifference(
  input: PlanOptions & {
    readonly p1: number;
    readonly nPerArm: number;
    readonly power?: number;
    readonly direction?: 'up' | 'down';
  },
): { readonly difference: number } {
  const where = 'detectableProportionDifference';
  const { p1, nPerArm, power = 0.8, direction = 'up' } = input;
  const { tail } = readPlan(where, input);
  needOpenProbability(where, 'p1', p1);
  needOpenProbability(where, 'power', power);
  needSize(where, nPerArm);
  need(direction === 'up' || direction === 'down', where, 'direction', "'up' or 'down'", direction);
  const up = direction === 'up';
  const excess = (difference: number) => powerAt(nPerArm, p1, up ? p1 + difference : p1 - difference, tail) - power;
  const most = (up ? 1 - p1 : p1) * (1 - 1e-12);
  if (!(excess(most) >= 0)) return { difference: Infinity };
  return { difference: zeroBetween(0, most, excess) };
}

/** Cohen's h: the difference of two proportions on the arcsine scale, where its variance does not depend on them. */
export function cohenH(p1: number, p2: number): number {
  need(p1 >= 0 && p1 <= 1, 'cohenH', 'p1', 'a number in [0, 1]', p1);
  need(p2 >= 0 && p2 <= 1, 'cohenH', 'p2', 'a number in [0, 1]', p2);
  return 2 * (Math.asin(Math.sqrt(p1)) - Math.asin(Math.sqrt(p2)));
}
