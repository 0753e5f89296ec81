import { own } from '../core/json.js';
import { unitsOf } from './words.js';
import type { Comparison } from './compare.js';
import { type Measure, measureOf } from './measure.js';
import { noVerdict } from './rule.js';
import type { Judged, Verdict } from './verdict.js';

/** A measure and the arm to compare with, or the verdict where there is none. */
export function comparableIn(
  rule: string,
  judged: Judged,
  metric: string,
): { readonly measure: Measure; readonly control: string } | Verdict {
  const measure = measureOf(judged.metrics, metric);
  if (measure === undefined) return noVerdict(rule, 'error', `there is no metric '${metric}'`);
  const { control } = judged;
  if (control === undefined) return noVerdict(rule, 'insufficient-data', 'there is no control arm to compare with');
  return { measure, control };
}

/** The verdict where there is too little to compare yet, or no test would be right. */
export function tooLittle(
  rule: string,
  judged: Judged,
  measure: Measure,
  { observed, n, controlN, refusal }: Comparison,
  minOutcomes: number,
): Verdict | undefined {
  if (refusal !== undefined) return noVerdict(rule, 'error', refusal, n);
  if (observed.pairs.length === 0) return noVerdict(rule, 'insufficient-data', whyNoPairs(judged, measure));
  if (n >= minOutcomes && controlN > 0) return undefined;
  const missing =
    n >= minOutcomes ? `no ${unitsOf(measure)} of '${judged.control}'` : `${n} of ${minOutcomes} ${unitsOf(measure)}`;
  return noVerdict(rule, 'insufficient-data', missing, n);
}

function whyNoPairs({ strata, arm, control = '' }: Judged, { name }: Measure): string {
  const isTogether = strata.some(({ shares }) => (own(shares, arm) ?? 0) > 0 && (own(shares, control) ?? 0) > 0);
  return isTogether
    ? `no window of '${name}' has closed yet since '${arm}' and '${control}' had traffic together`
    : `'${arm}' and '${control}' never had traffic together`;
}
