import type { Tails } from '../special/tails.js';
import { type Alternative, fromLog, fromTails, type TestResult } from './result.js';

/** A distribution of counts between `least` and `most`, falling on both sides of its mode. */
export interface Counts {
  readonly least: number;
  readonly most: number;
  logMass(k: number): number;
  /** P(X <= k) and P(X > k). */
  tails(k: number): Tails;
}

// Probabilities that differ by no more are equal: rounding must not drop the mirror image of what was observed.
const tie = 1e-7;

/** ln(exp(a) + exp(b)). */
function logSum(a: number, b: number): number {
  const most = Math.max(a, b);
  return most === -Infinity ? most : most + Math.log1p(Math.exp(Math.min(a, b) - most));
}

/** The first count from `near` up or down to `far` at which `holds` turns true; one beyond `far` if it never does. */
function turn(near: number, far: number, direction: 1 | -1, holds: (k: number) => boolean): number {
  let [low, high] = [-1, Math.abs(far - near) + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(near + direction * middle)) high = middle;
    else low = middle;
  }
  return near + direction * high;
}

/**
 * The exact p-value of a count. Two-sided, it is the probability of all counts that are no more likely than the observed
 * one, which is what R reports and what an interval of Clopper and Pearson need not agree with.
 */
export function exactP(
  k: number,
  counts: Counts,
  mean: number,
  alternative: Alternative,
): Pick<TestResult, 'pValue' | 'log10PValue'> {
  const { least, most } = counts;
  const atLeast = counts.tails(k - 1).logUpper;
  const atMost = counts.tails(k).logLower;
  if (alternative !== 'two-sided') return fromTails({ logLower: atMost, logUpper: atLeast }, alternative);
  const limit = counts.logMass(k) + Math.log1p(tie);
  const rare = (count: number): boolean => counts.logMass(count) <= limit;
  if (k < mean) {
    const from = turn(Math.min(most, Math.ceil(mean)), most, 1, rare);
    return fromLog(from > most ? atMost : logSum(atMost, counts.tails(from - 1).logUpper));
  }
  const to = turn(Math.max(least, Math.floor(mean)), least, -1, rare);
  return fromLog(to < least ? atLeast : logSum(atLeast, counts.tails(to).logLower));
}
