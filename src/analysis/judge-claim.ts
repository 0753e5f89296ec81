import { compareArms, type Claim } from './compare.js';
import { anytimeInterval } from './difference.js';
import { findingOf } from './finding.js';
import { type Measure, measureOf } from './measure.js';
import { type RuleOptions, eValueOf, isDecided, noVerdict } from './rule.js';
import type { Judged, Outcome, Verdict } from './verdict.js';
import { evidenceOf, meanOf, percent, unitsOf } from './words.js';

/** A claim about one metric, and what it means for the rule when the claim is shown. */
export interface JudgedClaim extends Claim, Required<RuleOptions> {
  readonly metric: string;
  readonly shown: Extract<Outcome, 'pass' | 'fail'>;
}

/** Judges a claim about the arm against the control. Missing data are never a finding. */
export function judgeClaim(rule: string, judged: Judged, claim: JudgedClaim): Verdict {
  const { metric, alpha, minOutcomes } = claim;
  const measure = measureOf(judged.metrics, metric);
  if (measure === undefined) return noVerdict(rule, 'error', `there is no metric '${metric}'`);
  if (judged.control === undefined)
    return noVerdict(rule, 'insufficient-data', 'there is no control arm to compare with');
  const comparison = compareArms(judged, judged.control, measure, claim);
  const { n, controlN, logE, test } = comparison;
  if (comparison.observed.pairs.length === 0) {
    return noVerdict(rule, 'insufficient-data', `'${judged.arm}' and '${judged.control}' never had traffic together`);
  }
  if (!(n >= minOutcomes && controlN > 0)) {
    const missing =
      n >= minOutcomes ? `no ${unitsOf(measure)} of '${judged.control}'` : `${n} of ${minOutcomes} ${unitsOf(measure)}`;
    return noVerdict(rule, 'insufficient-data', missing, n);
  }
  const isShown = isDecided(logE, alpha);
  const eValue = eValueOf(logE);
  const { difference } = comparison;
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
