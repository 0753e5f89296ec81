import { compareArms, type Claim } from './compare.js';
import { comparableIn, tooLittle } from './comparable.js';
import { anytimeInterval } from './difference.js';
import { findingOf } from './finding.js';
import type { Measure } from './measure.js';
import { eValueOf, isDecided } from './rule.js';
import type { Judged, Outcome, Verdict } from './verdict.js';
import { evidenceOf, meanOf, percent } from './words.js';

/** A claim about one metric, and what it means for the rule when the claim is shown. */
export interface JudgedClaim extends Claim {
  readonly alpha: number;
  readonly minOutcomes: number;
  readonly metric: string;
  readonly shown: Extract<Outcome, 'pass' | 'fail'>;
}

/** Judges a claim about the arm against the control. Missing data are never a finding. */
export function judgeClaim(rule: string, judged: Judged, claim: JudgedClaim): Verdict {
  const { metric, alpha, minOutcomes } = claim;
  const ready = comparableIn(rule, judged, metric);
  if ('outcome' in ready) return ready;
  const { measure, control } = ready;
  const comparison = compareArms(judged, control, measure, claim);
  const { n, logE, test, difference } = comparison;
  const missing = tooLittle(rule, judged, measure, comparison, minOutcomes);
  if (missing !== undefined) return missing;
  const isShown = isDecided(logE, alpha);
  const eValue = eValueOf(logE);
  const interval = difference && anytimeInterval(difference, alpha);
  return {
    rule,
    outcome: isShown ? claim.shown : 'inconclusive',
    reason: `${findingOf(comparison)}: ${conclusion(claim, measure, isShown)} (${evidenceOf(eValue, alpha)})`,
    n,
    ...(difference !== undefined && { estimate: difference.estimate }),
    ...(interval !== undefined && { interval }),
    test,
    eValue,
    alpha,
  };
}

function conclusion({ direction, margin = 0, relativeMargin = 0 }: Claim, measure: Measure, isShown: boolean): string {
  const not = isShown ? '' : 'not shown to be ';
  if (margin > 0) return `${not}${direction} by more than ${meanOf(measure, margin)}`;
  if (relativeMargin > 0) return `${not}${direction} by more than ${percent(relativeMargin)} of the control`;
  return `${not}${direction}`;
}
