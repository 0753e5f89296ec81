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

/** The alpha of each guardrail: its own, or an equal part of `alpha` among those that name none. */
export function alphasOf(rules: readonly Guardrail[], alpha: number): readonly number[] {
  const unnamed = rules.filter((rule) => rule.alpha === undefined).length;
  return rules.map((rule) => rule.alpha ?? alpha / unnamed);
}

/**
 * What the guardrails lead to, if anything: the strongest severity whose guardrails, and those of a stronger one, have used up
 * their alpha together, which is when the sum of alpha times e-value reaches 1.
 *
 * That sum over the sum of the alphas is a weighted mean of e-values, so it is an e-value however they depend on each other (Vovk
 * and Wang 2021): all guardrails together stop a harmless arm with a probability of at most the sum of their alphas, and no later
 * than each at its own. A rule without an e-value that says `fail` stops by itself.
 */
export function stopOf(rules: readonly Guardrail[], verdicts: readonly Verdict[]): Stop | undefined {
  for (const severity of [...severities].reverse()) {
    const level = severities.indexOf(severity);
    const counted = verdicts.filter((_, at) => severities.indexOf(rules[at]?.severity ?? 'rollback') >= level);
    const leading = counted.reduce<Verdict | undefined>(
      (most, verdict) => (most === undefined || usedBy(verdict) > usedBy(most) ? verdict : most),
      undefined,
    );
    if (leading !== undefined && sumOf(counted) >= 1) return { severity, verdict: leading };
  }
  return undefined;
}

/** How much of alpha is spent. */
export function stopAlphaOf(verdicts: readonly Verdict[]): StopAlpha {
  return {
    alpha: verdicts.reduce((sum, { alpha = 0 }) => sum + alpha, 0),
    spent: Math.min(1, sumOf(verdicts)),
  };
}

const sumOf = (verdicts: readonly Verdict[]) => verdicts.reduce((sum, verdict) => sum + usedBy(verdict), 0);

/** A fraction of 1. Only data that were judged count: what is insufficient, cancelled or in error moves nothing. */
function usedBy({ outcome, alpha, eValue }: Verdict): number {
  if (outcome === 'fail') return Math.max(1, (alpha ?? 0) * (eValue ?? 0));
  return outcome === 'inconclusive' && alpha !== undefined && eValue !== undefined ? alpha * eValue : 0;
}
