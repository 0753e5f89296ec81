import { callable, listOf, object, optional, text, verify } from '../core/options.js';
import { isObject } from '../core/json.js';
import { gateOf, guardrailOf, noVerdict, severityCheck } from './rule.js';
import type { Gate, Guardrail, Judged, Outcome, Severity, Verdict } from './verdict.js';

/** What a rule of one's own finds: a verdict without the rule's name. */
export interface Finding<O extends Outcome> extends Omit<Verdict, 'rule' | 'outcome' | 'n'> {
  readonly outcome: O;
  /** Default 0. */
  readonly n?: number;
}

/** What a guardrail of one's own may find: it never passes, since that no harm was found is no proof that there is none. */
export type GuardrailFinding = Finding<Exclude<Outcome, 'pass'>>;
/** What a gate of one's own may find. */
export type GateFinding = Finding<Outcome>;

/** Options of `customGate`. */
export interface CustomGateOptions<Q extends string> {
  /** The metrics that it reads, so that the router can refuse one that nobody declared. Default: none. */
  readonly metrics?: readonly Q[];
}

/** Options of `customGuardrail`. */
export interface CustomGuardrailOptions<Q extends string> extends CustomGateOptions<Q> {
  /** What it leads to when it is broken. Default `'rollback'`. */
  readonly severity?: Severity;
}

const gateKeys = { metrics: optional(listOf(text)) };

/**
 * A guardrail from a pure function of the evidence. An e-value with its `alpha` counts in the strategy's ledger of alpha; a plain
 * `fail` stops by itself. A function that throws, or gives something else, makes the verdict `error`. Throws ConfigError.
 */
export function customGuardrail<const Q extends string = never>(
  name: string,
  judge: (judged: Judged) => GuardrailFinding,
  options: CustomGuardrailOptions<Q> = {},
): Guardrail<Q> {
  verify('customGuardrail', 'name', name, text);
  verify('customGuardrail', 'judge', judge, callable);
  verify('customGuardrail', 'options', options, object({ ...gateKeys, severity: severityCheck }));
  const { metrics = [], severity } = options;
  const rule = (judged: Judged) => verdictOf(name, judge(judged), guardrailOutcomes);
  return guardrailOf(name, metrics, rule, severity === undefined ? {} : { severity });
}

/** The same as a gate, which may pass. Throws ConfigError. */
export function customGate<const Q extends string = never>(
  name: string,
  judge: (judged: Judged) => GateFinding,
  options: CustomGateOptions<Q> = {},
): Gate<Q> {
  verify('customGate', 'name', name, text);
  verify('customGate', 'judge', judge, callable);
  verify('customGate', 'options', options, object(gateKeys));
  return gateOf(name, options.metrics ?? [], (judged) =>
    verdictOf(name, judge(judged), [...guardrailOutcomes, 'pass']),
  );
}

const guardrailOutcomes: readonly Outcome[] = ['fail', 'inconclusive', 'insufficient-data', 'error', 'cancelled'];

/** What the user's function gave, if it is a verdict. A promise is none: rules are pure, and an effect belongs into a check. */
function verdictOf(rule: string, finding: unknown, outcomes: readonly Outcome[]): Verdict {
  // What a user's function really gives is looked at below, key by key.
  const { outcome, reason, ...facts } = isObject(finding) ? (finding as unknown as GateFinding) : {};
  if (outcome === undefined || !outcomes.includes(outcome) || typeof reason !== 'string') {
    return noVerdict(rule, 'error', `must give an outcome (${outcomes.join(', ')}) and a reason`);
  }
  return { n: 0, ...facts, rule, outcome, reason };
}
