import { type Approval, type Gate, type Guardrail, type Judged, type Verdict, judge } from '../analysis/verdict.js';
import { type Json, isObject } from '../core/json.js';
import { type Check, must } from '../core/options.js';
import { type Attempt, strataOf } from './attempt.js';
import type { Command, Rollback, Scope, View } from './strategy.js';

const isRule = (value: unknown) => isObject(value) && typeof value['judge'] === 'function';

/** The check of an option that takes guardrails. */
export const guardrailCheck: Check = must(
  'a guardrail, such as maxErrorRate(0.02)',
  (value) => isRule(value) && !('gate' in (value as object)),
  (value) => (isRule(value) ? 'This is a gate: it belongs into `gates`.' : undefined),
);

/** The check of an option that takes gates. */
export const gateCheck: Check = must(
  'a gate, such as betterThan(metric)',
  (value) => isRule(value) && (value as { gate?: unknown }).gate === true,
  (value) => (isRule(value) ? 'This is a guardrail: it belongs into `guardrails`.' : undefined),
);

/** The evidence of this attempt, seen as one arm against another. */
export function judgedIn(view: View, own: Attempt, arm: string, control?: string): Judged {
  const judged = { now: view.now, strata: strataOf(view, own), metrics: view.metrics, arm };
  return control === undefined ? judged : { ...judged, control };
}

/** The same for gates: with what people and checks have said since `since`. An approval counts for `expiresMs`. */
export function gateJudged(judged: Judged, { guard }: Attempt, since: number, expiresMs = Infinity): Judged {
  const checks = guard?.checks;
  const approvals = validApprovals(guard?.approvals, judged.now, expiresMs);
  return { ...judged, since, approvals, ...(checks !== undefined && { checks }) };
}

/** Approvals that have not expired. */
export function validApprovals(
  approvals: readonly Approval[] | undefined,
  now: number,
  expiresMs = Infinity,
): readonly Approval[] {
  return (approvals ?? []).filter(({ at }) => now < at + expiresMs);
}

/** Whether one more approval would change what an open gate says: only then it is waited for. */
export function asksForApproval(gates: readonly Gate[], judged: Judged, approval: Approval): boolean {
  const approvals = [...(judged.approvals ?? []), approval];
  return gates.some((gate) => {
    const before = judge(gate, judged);
    const after = judge(gate, { ...judged, approvals });
    return before.outcome !== 'pass' && (after.outcome !== before.outcome || after.reason !== before.reason);
  });
}

/**
 * Whether nothing but people is waited for: every gate that is open looks at who has approved. Which gate does is seen by asking it, since
 * an approval by somebody else than it names would change nothing that it says.
 */
export function onlyPeopleAreMissing(
  gates: readonly Gate[],
  verdicts: readonly Verdict[],
  waitingFor: readonly string[],
  judged: Judged,
): boolean {
  const open = gates.filter((_, at) => verdicts[at]?.outcome !== 'pass');
  return open.length > 0 && open.length === waitingFor.length && open.every((gate) => readsApprovals(gate, judged));
}

function readsApprovals(gate: Gate, judged: Judged): boolean {
  let isRead = false;
  const get = () => {
    isRead = true;
    return judged.approvals ?? [];
  };
  // Not enumerable, so that a gate which only copies what it is given has not read it.
  judge(gate, Object.defineProperty({ ...judged, forecast: false as const }, 'approvals', { enumerable: false, get }));
  return isRead;
}

/** What all rules say, in their order: one that fails does not hide the others. */
export function verdictsOf(rules: readonly Guardrail[], judged: Judged): readonly Verdict[] {
  return rules.map((rule) => judge(rule, judged));
}

/** The rollback that a failed guardrail asks for. It names the attempt, so that a later one is not hit by it. */
export function rollbackFor(verdicts: readonly Verdict[], own: Attempt, scope: Scope): Command | undefined {
  const failed = verdicts.find(({ outcome }) => outcome === 'fail');
  if (failed === undefined) return undefined;
  return machineRollback(`guardrail ${failed.rule}`, failed.reason, own, scope);
}

/** A rollback by the machine. Whoever gives it an `alert` has it told as one. */
export function machineRollback(by: string, reason: string, { attempt }: Attempt, scope: Scope): Rollback {
  return { type: 'rollback', by, node: scope.id, attempt, reason };
}

/** Verdicts as facts for a history entry. */
export function verdictFacts(verdicts: readonly Verdict[]): Record<string, Json> {
  // JSON all through; only that an absent key may be written as `undefined` keeps the types from seeing it.
  return verdicts.length === 0 ? {} : { verdicts: verdicts as unknown as Json };
}
