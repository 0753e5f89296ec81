import { need, needOpenProbability } from '../domain.js';
import { zeroBetween } from '../special/brent.js';

/** What a plan is made for. */
export interface PlanOptions {
  /** The rate of false alarms, in (0, 1); default .05. */
  readonly alpha?: number;
  /** Whether a difference either way counts; default true. */
  readonly twoSided?: boolean;
}

/** The number of units per arm, as a real number: round it up. */
export interface SampleSize {
  readonly nPerArm: number;
}

const sizeMax = 1e12;

export function readPlan(where: string, options: PlanOptions): { alpha: number; twoSided: boolean; tail: number } {
  const { alpha = 0.05, twoSided = true } = options;
  needOpenProbability(where, 'alpha', alpha);
  need(typeof twoSided === 'boolean', where, 'twoSided', 'true or false', twoSided);
  return { alpha, twoSided, tail: twoSided ? alpha / 2 : alpha };
}

export function needSize(where: string, nPerArm: number): void {
  need(nPerArm >= 2 && nPerArm <= sizeMax, where, 'nPerArm', 'a number from 2 to 1e12', nPerArm);
}

/** The least argument in [low, high] at which a rising power reaches `power`; the end nearest to it when none does. */
export function leastFor(power: number, low: number, high: number, powerAt: (x: number) => number): number {
  return Math.exp(zeroBetween(Math.log(low), Math.log(high), (u) => powerAt(Math.exp(u)) - power));
}

/** The size at which `powerAt` reaches `power`; throws when even 1e12 units per arm do not. */
export function sizeFor(where: string, power: number, powerAt: (nPerArm: number) => number): SampleSize {
  needOpenProbability(where, 'power', power);
  need(powerAt(sizeMax) >= power, where, 'power', 'reached by at most 1e12 units per arm', power);
  return { nPerArm: leastFor(power, 2, sizeMax, powerAt) };
}
