import { type Check, object, openFraction, optional, positiveCount } from '../core/options.js';
import type { Gate, Guardrail, Judged, Outcome, Verdict } from './verdict.js';

/** What every rule with a test can be told. */
export interface RuleOptions {
  /** The chance of a wrong verdict, over all looks together. */
  readonly alpha?: number;
  /** Below so many observations of the arm the verdict is `insufficient-data`. Default 1: the tests are exact for any number. */
  readonly minOutcomes?: number;
}

const ruleKeys = { alpha: optional(openFraction), minOutcomes: optional(positiveCount) };

/** The check of a rule's options: those of every rule, and its own. */
export function ruleCheck(keys: Readonly<Record<string, Check>> = {}): Check {
  return optional(object({ ...ruleKeys, ...keys }));
}

/** A rollback must be all but certain, since it is not undone by itself; a promotion can still be. */
export const guardrailAlpha = 0.01;
export const gateAlpha = 0.05;

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

/** A frozen guardrail. */
export function guardrailOf<Q extends string>(
  name: string,
  metrics: readonly Q[],
  judge: (judged: Judged) => Verdict,
): Guardrail<Q> {
  return Object.freeze({ name, metrics: Object.freeze([...metrics]), judge });
}

/** A frozen gate. */
export function gateOf<Q extends string>(
  name: string,
  metrics: readonly Q[],
  judge: (judged: Judged) => Verdict,
): Gate<Q> {
  return Object.freeze({ ...guardrailOf(name, metrics, judge), gate: true });
}
