import { logUpperTail, standardQuantile } from '../distributions/normal.js';
import { tTails, tUpperPoint } from '../distributions/t.js';
import type { Reference } from './result.js';

/** The standard normal distribution as a reference for a statistic. */
export const standardNormal: Reference = {
  tails: (z) => ({ logLower: logUpperTail(-z), logUpper: logUpperTail(z) }),
  isf: (p) => -standardQuantile(p),
};

/** Student's t with `df` degrees of freedom as a reference for a statistic. */
export function student(df: number): Reference {
  return {
    tails: (value) => tTails(value, df),
    isf: (p) => (p > 0.5 ? -tUpperPoint(Math.log(1 - p), df) : tUpperPoint(Math.log(p), df)),
  };
}
