import { promotionAllowed } from '../core/calendar.js';
import { type Telling, tellOnce } from './alerts.js';
import { newEpoch } from './attempt.js';
import { move, stay } from './children.js';
import { withGuard } from './guard.js';
import { type ArmStop, barred, guard, heldWords, rollbackOf, tellErrors } from './guarding.js';
import { machineRollback, onlyPeopleAreMissing } from './judging.js';
import {
  type RampRules,
  advance,
  gateJudgedOf,
  judgedOf,
  progressOf,
  retryByItself,
  stageOf,
  stepBack,
  to,
} from './ramp-moves.js';
import type { RampState } from './ramp-state.js';
import type { StageProgress } from './stages.js';
import type { NodeVerdicts, Scope, Transition, View } from './strategy.js';

const hour = 3_600_000;

/** One look: the guardrails first, then edits of the program, then whether the stage may end. */
export function tick(rules: RampRules, before: RampState, view: View, scope: Scope): Transition<RampState> {
  if (before.phase === 'rolled-back') return tryAgain(rules, before, view, scope);
  // What a person has promoted is judged on, to tell; what the machine has promoted is through.
  if (before.phase === 'promoted' && before.guard?.promotedBy === undefined) return stay(before);
  const guarded = guard(rules.guards, before, [judgedOf(rules, before, view)], view, scope);
  const { own, verdicts, ledger, stops } = guarded;
  const look = { node: scope.id, verdicts, ...ledger };
  const next = (): Transition<RampState> => {
    const [stop] = stops;
    if (stop !== undefined) return stopped(rules, own, stop, look, view, scope);
    if (own.phase === 'watching') return watched(rules, own, look, view, scope);
    if (own.phase !== 'ramping') return stay(own, withHeld(look, own));
    return followEdit(rules, own, view, scope) ?? ramped(rules, own, look, view, scope);
  };
  const transition = next();
  return { ...transition, notices: [...guarded.notices, ...transition.notices] };
}

/** What a hold waits for is told even where nothing else is waited for with figures. */
const withHeld = (look: NodeVerdicts, own: RampState): NodeVerdicts =>
  own.guard?.held === undefined ? look : { ...look, waitingFor: heldWords(own) };

function stopped(
  rules: RampRules,
  own: RampState,
  stop: ArmStop,
  look: NodeVerdicts,
  view: View,
  scope: Scope,
): Transition<RampState> {
  const back = stop.severity === 'shrink' ? stepBack(rules, own, stop, view, scope) : undefined;
  if (back !== undefined) return { ...back, verdicts: [look] };
  const rollback = rollbackOf(stop, own, scope);
  const isWatch = own.phase === 'watching' && rollback.alert !== 'quarantined';
  return { ...stay(own, look), urgent: [isWatch ? { ...rollback, alert: 'watch-failed' } : rollback] };
}

/** A new attempt by the machine, if it is due and nothing speaks against it. */
function tryAgain(rules: RampRules, own: RampState, view: View, scope: Scope): Transition<RampState> {
  const { calendar, guards, retry } = rules;
  if (!own.byMachine || retry === undefined || guards.observes || barred(own) !== undefined) return stay(own);
  const { times, afterMs, maxFlipsPerHour = Infinity } = retry;
  const flips = (own.guard?.flips ?? []).filter((at) => view.now - at < hour).length;
  const isDue = own.attempt <= times && view.now - own.since >= afterMs && flips < maxFlipsPerHour;
  // A retry grows the candidate from nothing, so it waits for the calendar like every growth.
  return isDue && growthBlocked(rules, own, view) === undefined && promotionAllowed(calendar, view.now).allowed
    ? retryByItself(rules, own, view, scope)
    : stay(own);
}

/** Why nothing may grow by itself yet. */
function growthBlocked({ coolDownMs }: RampRules, { guard: latches }: RampState, { now }: View): string | undefined {
  const left = (latches?.fellAt ?? -Infinity) + coolDownMs - now;
  return left > 0 ? `cool-down of ${coolDownMs} ms (${Math.ceil(left)} left)` : undefined;
}

/** The watch after a promotion ends by time. */
function watched(
  rules: RampRules,
  own: RampState,
  look: NodeVerdicts,
  view: View,
  scope: Scope,
): Transition<RampState> {
  const { guards, watch, calendar } = rules;
  const left = own.since + (watch?.forMs ?? 0) - view.now;
  const { allowed, why = 'the calendar' } = promotionAllowed(calendar, view.now);
  const waitingFor = [
    ...(left > 0 ? [`watch of ${watch?.forMs} ms (${Math.ceil(left)} left)`] : []),
    ...heldWords(own),
    ...(left > 0 || allowed ? [] : [why]),
  ];
  if (waitingFor.length > 0) return stay(own, { ...look, waitingFor });
  if (guards.observes) return observed(own, 'end the watch', 'the watch passed', look, scope);
  return { ...to(own, 'promoted', 1, 'the watch passed', view, scope), verdicts: [look] };
}

/** A stage whose share was edited in the program takes its new share, as an epoch of its own. */
function followEdit(rules: RampRules, own: RampState, view: View, scope: Scope): Transition<RampState> | undefined {
  const stage = stageOf(rules, own);
  if (stage.name === own.stage && stage.share === own.share) return undefined;
  const { name, share } = stage;
  const why = 'the stages were edited';
  const next = { ...own, ...newEpoch(view.now, scope), stage: name, share, why };
  // An approval was of another stage.
  const state = name === own.stage ? next : withGuard(next, { approvals: undefined });
  return move(state, scope, own.stage, name, why, { share });
}

function ramped(
  rules: RampRules,
  before: RampState,
  guarded: NodeVerdicts,
  view: View,
  scope: Scope,
): Transition<RampState> {
  const progress = progressOf(rules, before, view);
  const verdicts = [...guarded.verdicts, ...progress.verdicts];
  // What it waits for is told only where it goes on waiting: a look outlives the move that it led to.
  const look = { ...guarded, verdicts };
  const { own, notices } = told(rules, before, progress, view, scope);
  const { action, waitingFor } = progress;
  const next = (): Transition<RampState> => {
    if (action === 'rollback') {
      const reason = `stage ${own.stage} passed its deadline waiting for ${waitingFor.join(', ')}`;
      if (rules.guards.observes) return observed(own, `rollback: deadline of ${own.stage}`, reason, look, scope);
      const rollback = { ...machineRollback('deadline', reason, own, scope), alert: 'deadline' } as const;
      return { ...stay(own, look), urgent: [rollback] };
    }
    if (action !== 'advance') return stay(own, { ...look, waitingFor: [...waitingFor, ...heldWords(own)] });
    if (own.guard?.held !== undefined) return stay(own, { ...look, waitingFor: heldWords(own) });
    const { allowed, why = 'the calendar' } = promotionAllowed(rules.calendar, view.now);
    const blocked = growthBlocked(rules, own, view) ?? (allowed ? undefined : why);
    if (blocked !== undefined) return stay(own, { ...look, waitingFor: [blocked] });
    if (rules.guards.observes) return observed(own, `pass stage ${own.stage}`, 'all of it is there', look, scope);
    return { ...advance(rules, own, verdicts, view, scope), verdicts: [look] };
  };
  const transition = next();
  return { ...transition, notices: [...notices, ...transition.notices] };
}

/** What a person should know of a stage: rules in error, a deadline that passed, an approval that is waited for. */
function told(
  rules: RampRules,
  own: RampState,
  { action, isLate, verdicts, waitingFor }: StageProgress,
  view: View,
  scope: Scope,
): Telling<RampState> {
  const telling = tellErrors({ own, notices: [] }, verdicts, scope);
  // A rollback tells its deadline itself.
  if (action === 'rollback') return telling;
  const { stage } = own;
  if (isLate) {
    const why = `stage ${stage} passed its deadline waiting for ${waitingFor.join(', ')}`;
    return tellOnce(telling, 'deadline', stage, why, scope, { stage });
  }
  const asks = () => {
    const { gates } = stageOf(rules, own);
    return onlyPeopleAreMissing(gates, verdicts, waitingFor, gateJudgedOf(rules, own, view));
  };
  if (rules.guards.observes || !(waitingFor.includes('approval') || asks())) return telling;
  // One that expired is wanted again, and told again.
  const given = own.guard?.approvals?.length ?? 0;
  return tellOnce(telling, 'approval-wanted', `${stage} ${given}`, `stage ${stage} waits for approve()`, scope, {
    stage,
  });
}

/** What would have been done, told once. */
function observed(own: RampState, what: string, why: string, look: NodeVerdicts, scope: Scope): Transition<RampState> {
  const telling = tellOnce({ own, notices: [] }, 'would-have', what, `it would ${what}: ${why}`, scope);
  return { state: telling.own, notices: telling.notices, verdicts: [look] };
}
