import type { Approval, Gate } from '../analysis/verdict.js';
import type { Json } from '../core/json.js';
import { type Telling, alertOf, tellOnce } from './alerts.js';
import { newAttempt, newEpoch } from './attempt.js';
import type { BlueGreenPhase, BlueGreenState } from './blue-green-options.js';
import { missingOf, withResult } from './blue-green-readiness.js';
import { type Waits, movesByItself, switchJudged, switchVerdicts, waitingOf } from './blue-green-waiting.js';
import { move, refuse, stay } from './children.js';
import { withCheck } from './gate-checks.js';
import { withGuard } from './guard.js';
import { type GuardRules, answered, barred, guard, rollbackOf, rolledBack, tellErrors } from './guarding.js';
import { asksForApproval, judgedIn, verdictFacts } from './judging.js';
import type { Command, Restart, Rollback, Scope, Signal, Transition, View } from './strategy.js';

/** How a switch is made and guarded. */
export interface BlueGreenSetup {
  readonly options: Waits;
  readonly guards: GuardRules;
}

/** The state in which an attempt starts. */
export function startOf(now: number, scope: Scope, attempt = 1): BlueGreenState {
  return {
    ...newAttempt(now, scope, attempt),
    phase: 'preparing',
    paused: false,
    results: {},
    why: 'the roll-out started',
  };
}

/** Green's share: all or nothing. */
export function shareOf({ phase }: BlueGreenState): 0 | 1 {
  return phase === 'baking' || phase === 'live' || phase === 'retired' ? 1 : 0;
}

export function said({ phase, paused }: BlueGreenState): string {
  return paused ? 'it is paused' : `green is ${phase}`;
}

/** What is judged before the switch, and may want checks of its own until then. */
export function gatesOf({ gates = [] }: Waits, { phase }: BlueGreenState): readonly Gate[] {
  return phase === 'preparing' || phase === 'ready' ? gates : [];
}

/** What happens by itself next, for who only observes. */
const nextMoves = {
  preparing: 'get ready',
  ready: 'switch to green',
  baking: 'end the bake',
  live: 'release blue',
  retired: '',
  'rolled-back': '',
} as const satisfies Readonly<Record<BlueGreenPhase, string>>;

export function tick(
  setup: BlueGreenSetup,
  before: BlueGreenState,
  view: View,
  scope: Scope,
): Transition<BlueGreenState> {
  const { options, guards } = setup;
  const isBaking = before.phase === 'baking';
  const guarded = guard(guards, before, isBaking ? [judgedIn(view, before, 'green')] : [], view, scope);
  const [stop] = guarded.stops;
  const gates = switchVerdicts(options, before, view);
  const verdicts = [...guarded.verdicts, ...gates];
  const look = { node: scope.id, verdicts, ...(isBaking && guarded.ledger) };
  let telling = tellErrors(guarded, gates, scope);
  const { own } = telling;
  if (stop !== undefined) {
    return { state: own, notices: telling.notices, verdicts: [look], urgent: [rollbackOf(stop, own, scope)] };
  }
  const told = (next: Transition<BlueGreenState>) => ({
    ...next,
    notices: [...telling.notices, ...next.notices],
    verdicts: [look],
  });
  // The checks may have been edited in the program since they passed.
  if (own.phase === 'ready' && missingOf(options, own).length > 0) {
    return told(enter(own, 'preparing', 'the checks were edited', scope));
  }
  const waitingFor = waitingOf(options, own, view, gates);
  // What it waits for is told only where it goes on waiting: a look outlives the move that it led to.
  const waits = waitingFor.length > 0 || !movesByItself(options, own);
  if (!waits && (!guards.observes || own.phase === 'preparing')) {
    return told(advance(own, view, scope, verdictFacts(verdicts)));
  }
  if (!waits)
    telling = tellOnce(telling, 'would-have', nextMoves[own.phase], `it would ${nextMoves[own.phase]}`, scope);
  else if (waitingFor.includes('approval')) telling = wanted(telling, scope);
  return { state: telling.own, notices: telling.notices, verdicts: [waits ? { ...look, waitingFor } : look] };
}

/** Tells that an approval is waited for; one that expired is wanted again, and told again. */
function wanted(telling: Telling<BlueGreenState>, scope: Scope): Telling<BlueGreenState> {
  const given = telling.own.guard?.approvals?.length ?? 0;
  return tellOnce(telling, 'approval-wanted', `switch ${given}`, 'the switch waits for approve()', scope);
}

function advance(
  own: BlueGreenState,
  view: View,
  scope: Scope,
  facts: Record<string, Json>,
): Transition<BlueGreenState> {
  switch (own.phase) {
    case 'preparing':
      return enter(own, 'ready', 'green is ready', scope);
    case 'ready':
      return to(own, 'baking', own.guard?.approvals === undefined ? 'green was ready' : 'approved', view, scope);
    case 'baking':
      return to(own, 'live', 'the bake passed', view, scope, facts);
    default:
      return to(own, 'retired', 'blue was kept warm for long enough', view, scope);
  }
}

export function settle(
  { options, guards }: BlueGreenSetup,
  own: BlueGreenState,
  signal: Signal & { readonly type: 'settled' },
  view: View,
  scope: Scope,
): Transition<BlueGreenState> {
  const checked = withCheck(gatesOf(options, own), own, signal, view.now, scope);
  if (checked !== undefined) return { state: checked.own, notices: checked.notices };
  const learnt = withResult(options, own, signal, scope);
  if (learnt === undefined) return stay(own);
  const { own: next, name, detail } = learnt;
  if (signal.ok) {
    const isReady = own.phase === 'preparing' && missingOf(options, next).length === 0;
    return isReady ? enter(next, 'ready', 'green is warmed and checked', scope) : stay(next);
  }
  const why = `${name} failed: ${detail}`;
  const alert = alertOf('task-failed', why, own, scope, { task: name });
  if (options.onCheckFailure === 'rollback' && !guards.observes) {
    const { notices, ...back } = to(next, 'rolled-back', why, view, scope);
    return { ...back, notices: [...notices, alert] };
  }
  const held: BlueGreenState = { ...withGuard(next, { approvals: undefined }), phase: 'preparing', why };
  return { state: held, notices: [alert] };
}

export function promote(
  { options }: BlueGreenSetup,
  own: BlueGreenState,
  command: Command & { type: 'promote' },
  view: View,
  scope: Scope,
) {
  const why = `promoted by ${command.by}`;
  const promoted = withGuard(own, { promotedBy: command.by, held: undefined });
  if (command.arm !== undefined && command.arm !== 'green')
    return refuse(own, `only green can be promoted, not '${command.arm}'`);
  if (own.phase === 'preparing' || own.phase === 'ready') {
    // Asked in both: a check may have been added in the program since green was ready.
    const missing = missingOf(options, own);
    if (missing.length > 0) return refuse(own, `green cannot be switched to before ${missing.join(', ')}`);
    return to(promoted, 'baking', why, view, scope);
  }
  if (own.phase === 'baking') return to(promoted, 'live', why, view, scope);
  return refuse(own, own.phase === 'rolled-back' ? 'green is rolled back: reset() first' : 'green is live already');
}

export function answer({ options }: BlueGreenSetup, own: BlueGreenState, command: Command, view: View, scope: Scope) {
  const asking = (approval: Approval) => asks(options, own, approval, view);
  const back = (rollback: Rollback) => rollBack(own, rollback, view, scope);
  return answered(own, command, { at: own.phase, asks: asking, back }, view, scope);
}

function asks(options: Waits, own: BlueGreenState, approval: Approval, view: View): boolean {
  if (own.phase !== 'ready') return false;
  // What it waits for without a pause: a person may approve before resuming.
  if (waitingOf(options, { ...own, paused: false }, view, []).includes('approval')) return true;
  return asksForApproval(options.gates ?? [], switchJudged(options, own, view), approval);
}

export function rollBack(own: BlueGreenState, command: Rollback, view: View, scope: Scope): Transition<BlueGreenState> {
  if (own.phase === 'rolled-back') return refuse(own, 'blue serves: green is rolled back already');
  return rolledBack(own, command, view, scope, (fell, why) => to(fell, 'rolled-back', why, view, scope));
}

/** A new phase with other shares, or another count to start: an epoch of its own. */
function to(
  own: BlueGreenState,
  phase: BlueGreenPhase,
  why: string,
  view: View,
  scope: Scope,
  facts: Record<string, Json> = {},
): Transition<BlueGreenState> {
  const next = { ...own, ...newEpoch(view.now, scope), phase, paused: false, why };
  return move(next, scope, own.phase, phase, why, { ...facts, share: shareOf(next) });
}

/** A new phase in which the shares stay what they were. */
function enter(own: BlueGreenState, phase: BlueGreenPhase, why: string, scope: Scope): Transition<BlueGreenState> {
  return move({ ...own, phase, why }, scope, own.phase, phase, why);
}

export function restart(
  own: BlueGreenState,
  { by, override }: Restart,
  view: View,
  scope: Scope,
): Transition<BlueGreenState> {
  const bar = barred(own, override);
  if (bar !== undefined) return refuse(own, bar);
  const next = { ...startOf(view.now, scope, own.attempt + 1), why: `a new attempt by ${by}` };
  return move(next, scope, own.phase, next.phase, next.why, { attempt: next.attempt, share: 0 });
}
