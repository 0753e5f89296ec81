import { type Check, object, oneOf, openFraction, optional, positiveCount } from '../core/options.js';
import {
  type Gate,
  type Guardrail,
  type Judged,
  type Outcome,
  type Severity,
  type Verdict,
  severities,
} from './verdict.js';

/** What every rule with a test can be told. */
export interface RuleOptions {
  /** The chance of a wrong verdict, over all looks together. Default: a part of what its strategy may spend. */
  readonly alpha?: number;
  /** Below so many observations of the arm the verdict is `insufficient-data`. Default 1: the tests are exact for any number. */
  readonly minOutcomes?: number;
}

/** What every guardrail with a test can be told. */
export interface GuardrailOptions extends RuleOptions {
  /** What it leads to when it is broken. Default `'rollback'`. */
  readonly severity?: Severity;
}

const ruleKeys = { alpha: optional(openFraction), minOutcomes: optional(positiveCount) };

/** The check of the option `severity`. */
export const severityCheck: Check = optional(oneOf(...severities));

/** The check of a gate's options: those of every rule, and its own. */
export function ruleCheck(keys: Readonly<Record<string, Check>> = {}): Check {
  return optional(object({ ...ruleKeys, ...keys }));
}

/** The same for a guardrail. */
export function guardrailRuleCheck(keys: Readonly<Record<string, Check>> = {}): Check {
  return ruleCheck({ severity: severityCheck, ...keys });
}

/** Where neither the rule nor its strategy says. A rollback must be all but certain; a promotion can still be undone. */
export const guardrailAlpha = 0.01;
export const gateAlpha = 0.05;

/** The alpha that a rule is judged at: its own, its part of the strategy's, or the default. */
export function alphaOf({ alpha }: RuleOptions, judged: Judged, byDefault: number): number {
  return alpha ?? judged.alpha ?? byDefault;
}

/** True once the e-value reaches 1 / alpha. NaN does not. */
export function isDecided(logE: number, alpha: number): boolean {
  return logE >= -Math.log(alpha);
}

/** An e-value that JSON can hold, however sure it is. */
export function eValueOf(logE: number): number {
  return Math.exp(Math.min(logE, 700));
}

/** The rule's name as a person would write it in a program. */
export function nameOf(rule: string, ...facts: readonly (string | number | undefined)[]): string {
  return `${rule}(${facts.filter((fact) => fact !== undefined).join(', ')})`;
}

/** A verdict without a test: nothing to test yet, or no way to. */
export function noVerdict(
  rule: string,
  outcome: Extract<Outcome, 'insufficient-data' | 'error'>,
  reason: string,
  n = 0,
): Verdict {
  return { rule, outcome, reason, n };
}

/** A frozen guardrail. Only what was named is on it, since what is missing says that the strategy decides. */
export function guardrailOf<Q extends string>(
  name: string,
  metrics: readonly Q[],
  judge: (judged: Judged) => Verdict,
  { alpha, severity }: GuardrailOptions = {},
): Guardrail<Q> {
  return Object.freeze({
    name,
    metrics: Object.freeze([...metrics]),
    ...(severity !== undefined && { severity }),
    ...(alpha !== undefined && { alpha }),
    judge,
  });
}

/** A frozen gate. */
export function gateOf<Q extends string>(
  name: string,
  metrics: readonly Q[],
  judge: (judged: Judged) => Verdict,
  { alpha }: RuleOptions = {},
): Gate<Q> {
  return Object.freeze({ ...guardrailOf(name, metrics, judge, alpha === undefined ? {} : { alpha }), gate: true });
}
