import { type Moments, moments, type Sample } from './sample.js';
import { needProportion } from './two-proportion-z.js';
import type { Reference } from './result.js';
import { standardNormal } from './reference.js';
import { welchError } from './t-tests.js';

/** Successes among units. */
export interface Proportion {
  readonly x: number;
  readonly n: number;
}

/** One arm of a metric: a proportion, or values, or their sums. */
export type Arm = Proportion | Sample;

/** The difference of two arms' means with its standard error, and what to compare their quotient with. */
export interface Difference {
  readonly estimate: number;
  readonly error: number;
  readonly reference: Reference;
  readonly df: number | null;
}

function isProportion(arm: Arm): arm is Proportion {
  return typeof arm === 'object' && arm !== null && 'x' in arm;
}

/** An arm's moments; those of a proportion have p (1 - p) as their variance. */
export function armMoments(where: string, name: string, arm: Arm): Moments & { readonly binary: boolean } {
  if (!isProportion(arm)) return { ...moments(where, name, arm), binary: false };
  needProportion(`${where}: ${name}`, arm.x, arm.n);
  const mean = arm.n > 0 ? arm.x / arm.n : 0;
  return { n: arm.n, mean, variance: mean * (1 - mean), binary: true };
}

/**
 * Treatment minus control with unpooled variances, normal unless another reference is given for Welch's degrees of freedom.
 * Undefined when an arm has too few values, one for a proportion and two for a mean.
 */
export function differenceOf(
  control: ReturnType<typeof armMoments>,
  treatment: ReturnType<typeof armMoments>,
  from?: (df: number) => Reference,
): Difference | undefined {
  const enough = (arm: ReturnType<typeof armMoments>): boolean => arm.n >= (arm.binary ? 1 : 2);
  if (!(enough(control) && enough(treatment))) return undefined;
  const { error, df } = welchError(control, treatment);
  const estimate = treatment.mean - control.mean;
  if (from === undefined || !(df > 0)) return { estimate, error, reference: standardNormal, df: null };
  return { estimate, error, reference: from(df), df };
}
