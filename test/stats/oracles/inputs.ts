import type * as stats from '../../../src/stats/index.js';

type Key =
  | 'U'
  | 'V'
  | 'a'
  | 'absolute'
  | 'alpha'
  | 'alternative'
  | 'arms'
  | 'b'
  | 'call'
  | 'control'
  | 'delta'
  | 'df'
  | 'differenceType'
  | 'effectSize'
  | 'groups'
  | 'higherIsBetter'
  | 'k'
  | 'kind'
  | 'level'
  | 'margin'
  | 'mean'
  | 'mean1'
  | 'mean2'
  | 'method'
  | 'n'
  | 'n1'
  | 'n2'
  | 'nPerArm'
  | 'p'
  | 'p0'
  | 'p1'
  | 'p2'
  | 'pooled'
  | 'prior'
  | 'q'
  | 'relativeLift'
  | 'sd'
  | 'sd1'
  | 'sd2'
  | 'sided'
  | 'strata'
  | 't'
  | 't1'
  | 't2'
  | 'table'
  | 'treatment'
  | 'twoSided'
  | 'type'
  | 'which'
  | 'x'
  | 'x1'
  | 'x2';

/** Inputs of one case, whatever their shape: each adapter knows which keys its kind of case has, and what is in them. */
export type Inputs = { readonly [K in Key]: never };

export type Adapter = (inputs: Inputs) => unknown;

/** The word of R or statsmodels for an alternative. */
export const alternative = (word: string | undefined): stats.Alternative =>
  word === 'less' || word === 'greater' ? word : 'two-sided';

/** Both ends of an interval, as the file writes them. */
export const ends = (interval: stats.Interval | null) => [interval?.lower, interval?.upper];
