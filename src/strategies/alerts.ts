import type { Json } from '../core/json.js';
import type { Attempt } from './attempt.js';
import { withGuard } from './guard.js';
import type { Notice, Scope } from './strategy.js';

/** How bad it is, by what happened. */
const severities = {
  /** A guardrail is broken: rolled back, or not where a person has promoted. */
  'guardrail-failed': 'critical',
  /** Rolled back, and the pair is not tried again without an override. */
  quarantined: 'critical',
  /** Rolled back in the watch after a promotion. */
  'watch-failed': 'critical',
  /** Nothing moves forward before `approve()`. */
  held: 'warning',
  /** One stage back, and held. */
  shrunk: 'warning',
  /** A stage is at its `maxAgeMs` and may not end. */
  deadline: 'warning',
  /** A guardrail or a gate gave the verdict `error`, for the first time in the attempt. */
  'rule-error': 'warning',
  'sample-ratio': 'warning',
  /** A check, or what gets a model ready, failed. */
  'task-failed': 'warning',
  'approval-wanted': 'info',
  /** What `mode: 'observe'` kept from being done. */
  'would-have': 'info',
} as const satisfies Readonly<Record<string, 'info' | 'warning' | 'critical'>>;

export type AlertKind = keyof typeof severities;

/** An alert. It is told by the replica that stores the change, so it must come with one: once per fleet then. */
export function alertOf(
  alert: AlertKind,
  why: string,
  { attempt }: Attempt,
  scope: Scope,
  facts: Readonly<Record<string, Json>> = {},
): Notice {
  return { type: 'alert', node: scope.id, data: { ...facts, alert, severity: severities[alert], why, attempt } };
}

/** A state on its way through a look, and what there is to tell of it. */
export interface Telling<O> {
  readonly own: O;
  readonly notices: readonly Notice[];
}

const toldMax = 200;

/** Tells an alert about `what` once per attempt: that it was told is the change of state. Beyond 200 nothing new is told. */
export function tellOnce<O extends Attempt>(
  { own, notices }: Telling<O>,
  alert: AlertKind,
  what: string,
  why: string,
  scope: Scope,
  facts?: Readonly<Record<string, Json>>,
): Telling<O> {
  const told = own.guard?.told ?? [];
  const key = `${alert}: ${what}`;
  if (told.includes(key) || told.length >= toldMax) return { own, notices };
  return {
    own: withGuard(own, { told: [...told, key] }),
    notices: [...notices, alertOf(alert, why, own, scope, facts)],
  };
}

/** What a strategy that only observes would have done in this attempt. */
export function wouldHave({ guard }: Attempt): readonly string[] {
  const prefix = 'would-have: ';
  return (guard?.told ?? []).flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
}
