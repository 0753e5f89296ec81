import { type Guardrail, type Severity, type Verdict, severities } from './verdict.js';

/** What the guardrails together lead to. */
export interface Stop {
  readonly severity: Severity;
  /** The verdict that contributes most, to be named as the reason. */
  readonly verdict: Verdict;
}

/** Alpha for stopping, as it stands. A `type`, since it is shown as JSON. */
export type StopAlpha = {
  /** The chance that a harmless arm is ever stopped, over all guardrails together. */
  readonly alpha: number;
  /** The sum of alpha times e-value over the guardrails: 1 stops. */
  readonly spent: number;
};

/** What all strategies spend on guardrails unless their options say otherwise: a rollback is not undone by itself. */
export const defaultStopAlpha = 0.01;

/** The alpha of each guardrail: its own, or an equal part of `alpha` among those that name none. */
export function alphasOf(rules: readonly Guardrail[], alpha: number): readonly number[] {
  const unnamed = rules.filter((rule) => rule.alpha === undefined).length;
  return rules.map((rule) => rule.alpha ?? alpha / unnamed);
}

/**
 * What the guardrails lead to, if anything: the strongest severity whose guardrails, and those of a stronger one, have used up
 * their alpha together, which is when the sum of alpha times e-value reaches 1.
 *
 * That sum over the sum of the alphas is a weighted mean of e-values, as `stopLedger` of the statistics takes it in logs, so it is an e-value however they depend on each other (Vovk
 * and Wang 2021): all guardrails together stop a harmless arm with a probability of at most the sum of their alphas, and no later
 * than each at its own. A rule without an e-value that says `fail` stops by itself.
 *
 * `share` is the part of alpha that this look may spend. It is in the alpha already that a rule was given to judge with; of a rule
 * that names its own, the evidence counts for so much less.
 */
export function stopOf(rules: readonly Guardrail[], verdicts: readonly Verdict[], share = 1): Stop | undefined {
  const used = usedIn(rules, verdicts, share);
  for (const severity of [...severities].reverse()) {
    const level = severities.indexOf(severity);
    const counted = used.map((part, at) => (severities.indexOf(rules[at]?.severity ?? 'rollback') >= level ? part : 0));
    const leading = verdicts[counted.indexOf(Math.max(...counted))];
    if (leading !== undefined && sumOf(counted) >= 1) return { severity, verdict: leading };
  }
  return undefined;
}

/** How much of the rules' `alphas` is spent. */
export function stopAlphaOf(
  rules: readonly Guardrail[],
  alphas: readonly number[],
  verdicts: readonly Verdict[],
  share = 1,
): StopAlpha {
  return {
    alpha: sumOf(alphas.map((alpha, at) => alpha * shareOf(rules[at], share))),
    spent: Math.min(1, sumOf(usedIn(rules, verdicts, share))),
  };
}

const sumOf = (parts: readonly number[]) => parts.reduce((sum, part) => sum + part, 0);

const shareOf = (rule: Guardrail | undefined, share: number) => (rule?.alpha === undefined ? 1 : share);

function usedIn(rules: readonly Guardrail[], verdicts: readonly Verdict[], share: number): readonly number[] {
  return verdicts.map((verdict, at) => usedBy(verdict, shareOf(rules[at], share)));
}

/** A fraction of 1. Only data that were judged count: what is insufficient, cancelled or in error moves nothing. */
function usedBy({ outcome, alpha, eValue }: Verdict, share: number): number {
  if (outcome !== 'fail' && outcome !== 'inconclusive') return 0;
  const own = outcome === 'fail' ? 1 : 0;
  if (alpha === undefined || eValue === undefined) return own;
  // A rule that fails at an alpha of its own has decided by more than this look may spend, where that is less.
  return Math.max(share === 1 ? own : 0, share * alpha * eValue);
}
