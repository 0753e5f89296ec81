import type { Approval, Gate, Judged, Verdict } from '../analysis/verdict.js';
import type { Json } from '../core/json.js';
import { tellOnce } from './alerts.js';
import { newAttempt, newEpoch, strataOf } from './attempt.js';
import { move, refuse, stay } from './children.js';
import { withGuard } from './guard.js';
import {
  type GuardRules,
  answered,
  barred,
  guard,
  heldWords,
  namedFor,
  rollbackOf,
  rolledBack,
  tellErrors,
} from './guarding.js';
import { asksForApproval, gateJudged, judgedIn, verdictFacts, verdictsOf } from './judging.js';
import { type ShadowPhase, type ShadowState, type ShadowUntil, primaryArm } from './shadow-options.js';
import type { Command, Restart, Rollback, Scope, Transition, View } from './strategy.js';

/** What is mirrored, how it is guarded, and when it is enough. */
export interface ShadowSetup {
  readonly shadows: readonly string[];
  readonly guards: GuardRules;
  readonly until: ShadowUntil<Gate> | undefined;
  readonly gates: readonly Gate[];
}

/** The state in which an attempt starts. */
export function startOf(now: number, scope: Scope, attempt = 1): ShadowState {
  return { ...newAttempt(now, scope, attempt), phase: 'mirroring', why: 'the mirroring started' };
}

/** What must come before the mirroring is complete, in general. */
export function waitingOf({ until, gates: wanted }: ShadowSetup, own: ShadowState): readonly string[] {
  if (own.phase === 'paused') return ['resume()'];
  if (own.phase !== 'mirroring') return [];
  if (until === undefined) return ['promote()'];
  const { minAgeMs = 0, minOutcomes = 0 } = until;
  return [
    ...(minAgeMs > 0 ? [`age of ${minAgeMs} ms`] : []),
    ...(minOutcomes > 0 ? [`${minOutcomes} outcomes`] : []),
    ...wanted.map(({ name }) => name),
    ...heldWords(own),
  ];
}

/** The same with the figures of a look. */
function waitingNow(setup: ShadowSetup, own: ShadowState, gates: readonly Verdict[], view: View): readonly string[] {
  const { until, shadows } = setup;
  if (own.phase !== 'mirroring' || until === undefined) return waitingOf(setup, own);
  const { minAgeMs = 0, minOutcomes = 0 } = until;
  const age = view.now - own.since;
  const strata = strataOf(view, own);
  const counts = shadows.map((arm) => strata.reduce((n, { cells }) => n + (cells[arm]?.outcomes ?? 0), 0));
  return [
    ...(age >= minAgeMs ? [] : [`age of ${minAgeMs} ms (now ${Math.max(0, Math.floor(age))})`]),
    ...shadows.flatMap((arm, index) => {
      const have = counts[index] ?? 0;
      return have >= minOutcomes ? [] : [`${minOutcomes - have} more outcomes of ${arm}`];
    }),
    ...gates.filter(({ outcome }) => outcome !== 'pass').map(({ rule, reason }) => `${rule}: ${reason}`),
    ...heldWords(own),
  ];
}

/** The gates that are waited for now. */
export function gatesOf({ gates }: ShadowSetup, { phase }: ShadowState): readonly Gate[] {
  return phase === 'mirroring' ? gates : [];
}

/** The evidence of each shadow against the primary. */
function judgedOf({ shadows }: ShadowSetup, own: ShadowState, view: View): readonly Judged[] {
  return shadows.map((arm) => judgedIn(view, own, arm, primaryArm));
}

function gateJudgedOf(setup: ShadowSetup, own: ShadowState, view: View): readonly Judged[] {
  const expiresMs = setup.until?.approvalExpiresMs;
  return judgedOf(setup, own, view).map((judged) => gateJudged(judged, own, own.since, expiresMs));
}

/** What the gates say of each shadow; with several shadows the verdict says of which. */
function gateVerdicts(setup: ShadowSetup, own: ShadowState, view: View): readonly Verdict[] {
  return gateJudgedOf(setup, own, view).flatMap((judged) =>
    verdictsOf(gatesOf(setup, own), judged).map((verdict) => namedFor(verdict, judged, setup.shadows.length)),
  );
}

export function tick(setup: ShadowSetup, before: ShadowState, view: View, scope: Scope): Transition<ShadowState> {
  if (before.phase === 'complete' || before.phase === 'rolled-back') return stay(before);
  const guarded = guard(setup.guards, before, judgedOf(setup, before, view), view, scope);
  const [stop] = guarded.stops;
  if (stop !== undefined) {
    const { own, notices, verdicts, ledger } = guarded;
    const look = { node: scope.id, verdicts, ...ledger };
    return { state: own, notices, verdicts: [look], urgent: [rollbackOf(stop, own, scope)] };
  }
  const gates = gateVerdicts(setup, before, view);
  const telling = tellErrors(guarded, gates, scope);
  const { own, notices } = telling;
  const verdicts = [...guarded.verdicts, ...gates];
  const look = { node: scope.id, verdicts, ...guarded.ledger };
  const waitingFor = waitingNow(setup, own, gates, view);
  if (waitingFor.length > 0) return { state: own, notices, verdicts: [{ ...look, waitingFor }] };
  if (setup.guards.observes) {
    const told = tellOnce(telling, 'would-have', 'complete', 'it would complete: enough was mirrored', scope);
    return { state: told.own, notices: told.notices, verdicts: [look] };
  }
  const done = to(own, 'complete', 'enough was mirrored', view, scope, verdictFacts(verdicts));
  return { ...done, notices: [...notices, ...done.notices], verdicts: [look] };
}

/** Answers a hold by a guardrail, or a gate that waits for people. */
export function answer(setup: ShadowSetup, own: ShadowState, command: Command, view: View, scope: Scope) {
  const asks = (approval: Approval) =>
    gateJudgedOf(setup, own, view).some((judged) => asksForApproval(gatesOf(setup, own), judged, approval));
  const back = (rollback: Rollback) => rollBack(own, rollback, view, scope);
  return answered(own, command, { at: own.phase, asks, back }, view, scope);
}

export function rollBack(own: ShadowState, command: Rollback, view: View, scope: Scope): Transition<ShadowState> {
  if (own.phase === 'rolled-back') return refuse(own, 'the shadow is rolled back already');
  return rolledBack(own, command, view, scope, (fell, why) => to(fell, 'rolled-back', why, view, scope));
}

export function promote(own: ShadowState, command: Command & { readonly type: 'promote' }, view: View, scope: Scope) {
  if (command.arm !== undefined)
    return refuse(own, `promote() ends the mirroring; '${command.arm}' cannot be promoted from here`);
  if (own.phase === 'complete') return refuse(own, 'the mirroring is complete already');
  const why = barred(own);
  if (why !== undefined) return refuse(own, why);
  const next = withGuard(own, { promotedBy: command.by, held: undefined });
  return to(next, 'complete', `promoted by ${command.by}`, view, scope);
}

export function to(
  own: ShadowState,
  phase: ShadowPhase,
  why: string,
  view: View,
  scope: Scope,
  facts: Record<string, Json> = {},
): Transition<ShadowState> {
  return move({ ...own, ...newEpoch(view.now, scope), phase, why }, scope, own.phase, phase, why, facts);
}

export function restart(
  own: ShadowState,
  { by, override }: Restart,
  view: View,
  scope: Scope,
): Transition<ShadowState> {
  const bar = barred(own, override);
  if (bar !== undefined) return refuse(own, bar);
  const next = { ...startOf(view.now, scope, own.attempt + 1), why: `a new attempt by ${by}` };
  return move(next, scope, own.phase, next.phase, next.why, { attempt: next.attempt });
}
