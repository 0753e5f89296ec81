import type { Bound } from './bound.js';
import { type BoundComparison, compareWithBound } from './bound-comparison.js';
import { comparableIn, tooLittle } from './comparable.js';
import { findingOf } from './finding.js';
import { type Judgement, withForecast } from './forecast.js';
import type { Decision, GateTest } from './gate-test.js';
import type { Measure } from './measure.js';
import type { Judged, Verdict } from './verdict.js';

/** What a comparing gate asks for. */
export interface GateClaim {
  readonly metric: string;
  readonly alpha: number;
  readonly minOutcomes: number;
  readonly quantile: number | undefined;
  readonly test: GateTest;
  /** All of these must be shown. */
  readonly bounds: (measure: Measure) => readonly Bound[];
  /** What is shown then: `no worse by 1 %`. */
  readonly shown: (measure: Measure) => string;
  /** How much better the arm is planned to be, as a fraction of the control. */
  readonly plannedEffect: number;
}

/** Passes when every bound is shown. Missing data are never a finding, and what is missing is forecast. */
export function judgeGate(rule: string, judged: Judged, claim: GateClaim): Verdict {
  const planned = { metric: claim.metric, gain: claim.plannedEffect };
  return withForecast(judged, planned, (at) => judgementOf(rule, at, claim));
}

function judgementOf(rule: string, judged: Judged, claim: GateClaim): Judgement {
  const ready = comparableIn(rule, judged, claim.metric);
  if ('outcome' in ready) return { verdict: ready, strength: 0 };
  const { measure, control } = ready;
  const all = claim.bounds(measure).map((bound) => {
    const comparison = compareWithBound(judged, control, measure, bound, claim.quantile);
    return { comparison, decision: claim.test(comparison, claim.alpha) };
  });
  // The claim is as strong as its weaker part: both are tested at the full alpha (intersection-union test, Berger 1982).
  const { comparison, decision } = all.reduce((least, other) =>
    other.decision.strength < least.decision.strength ? other : least,
  );
  const missing = tooLittle(rule, judged, measure, comparison, claim.minOutcomes);
  const verdict = missing ?? found(rule, comparison, decision, claim.shown(measure));
  return { verdict, strength: decision.strength };
}

function found(rule: string, comparison: BoundComparison, { isShown, words, facts }: Decision, shown: string): Verdict {
  const { n, difference } = comparison;
  return {
    rule,
    outcome: isShown ? 'pass' : 'inconclusive',
    reason: `${findingOf(comparison)}: ${isShown ? '' : 'not shown to be '}${shown} (${words})`,
    n,
    ...(difference !== undefined && { estimate: difference.estimate }),
    ...facts,
  };
}
