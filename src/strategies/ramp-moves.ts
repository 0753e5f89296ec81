import type { Judged, Verdict } from '../analysis/verdict.js';
import type { Calendar } from '../core/calendar.js';
import type { Json } from '../core/json.js';
import { alertOf } from './alerts.js';
import { epochStrataOf, newAttempt, newEpoch } from './attempt.js';
import { move, refuse } from './children.js';
import { carried, withFall, withFlip, withGuard } from './guard.js';
import { type ArmStop, type GuardRules, barred, rolledBack } from './guarding.js';
import { gateJudged, judgedIn, verdictFacts } from './judging.js';
import type { RampPhase, RampState, Retry, Watch } from './ramp-state.js';
import { type FullStage, type StageProgress, stageFor, stageProgress } from './stages.js';
import type { Restart, Rollback, Scope, Transition, View } from './strategy.js';

/** What a ramp is made of. */
export interface RampRules {
  /** The strategy in words, as `the canary`. */
  readonly name: string;
  /** The arm that grows. */
  readonly arm: string;
  /** The other one, where a rollback leads to. */
  readonly control: string;
  readonly stages: readonly FullStage[];
  readonly guards: GuardRules;
  readonly then: 'promote' | 'keep';
  readonly calendar: Calendar;
  readonly retry: Retry | undefined;
  readonly watch: Watch | undefined;
  readonly coolDownMs: number;
  /** The arm that the growing one is judged against in the evidence of a state. */
  controlIn(own: RampState): string;
}

/** The state in which an attempt starts. */
export function startOf({ stages }: RampRules, now: number, scope: Scope, attempt = 1): RampState {
  const [first] = stages as readonly [FullStage];
  return {
    ...newAttempt(now, scope, attempt),
    phase: 'ramping',
    stage: first.name,
    share: first.share,
    byMachine: false,
    why: attempt === 1 ? 'the roll-out started' : `attempt ${attempt} started`,
  };
}

export function stageOf({ stages }: RampRules, { stage, share }: RampState): FullStage {
  return stageFor(stages, stage, share);
}

export function judgedOf(rules: RampRules, own: RampState, view: View): Judged {
  return judgedIn(view, own, rules.arm, rules.controlIn(own));
}

/** The same for the gates of the stage. */
export function gateJudgedOf(rules: RampRules, own: RampState, view: View): Judged {
  return gateJudged(judgedOf(rules, own, view), own, own.since, stageOf(rules, own).approvalExpiresMs);
}

/** What the stage has come to. */
export function progressOf(rules: RampRules, own: RampState, view: View): StageProgress {
  const { arm } = rules;
  const outcomes = epochStrataOf(view, own).reduce((n, { cells }) => n + (cells[arm]?.outcomes ?? 0), 0);
  return stageProgress(stageOf(rules, own), own.since, outcomes, gateJudgedOf(rules, own, view));
}

/** To another phase, with another share: an epoch of its own. */
export function to(
  own: RampState,
  phase: RampPhase,
  share: number,
  why: string,
  view: View,
  scope: Scope,
  facts: Record<string, Json> = {},
): Transition<RampState> {
  const from = own.phase === 'ramping' ? own.stage : own.phase;
  const next = { ...own, ...newEpoch(view.now, scope), phase, share, why };
  return move(next, scope, from, phase, why, { ...facts, share });
}

/** To the next stage; after the last one, to the watch, to everybody, or to nothing more. */
export function advance(
  rules: RampRules,
  own: RampState,
  verdicts: readonly Verdict[],
  view: View,
  scope: Scope,
): Transition<RampState> {
  const { stages, then, watch } = rules;
  const next = stages[stages.indexOf(stageOf(rules, own)) + 1];
  const facts = verdictFacts(verdicts);
  if (next !== undefined) {
    const why = `stage ${own.stage} passed`;
    const epoch = newEpoch(view.now, scope);
    // Before there was a share, nobody was served: what was seen then must neither excuse nor blame what follows.
    const first = own.share === 0 ? { firstEpoch: epoch.epoch } : {};
    const state = { ...own, ...epoch, ...first, stage: next.name, share: next.share, why };
    const cleared = withGuard(state, { approvals: undefined });
    return move(cleared, scope, own.stage, next.name, why, { ...facts, share: next.share });
  }
  if (then === 'promote') {
    return watch === undefined
      ? to(own, 'promoted', 1, 'the last stage passed', view, scope, facts)
      : to(own, 'watching', 1 - watch.share, 'the last stage passed; it is watched', view, scope, facts);
  }
  const why = 'the last stage passed; its share is kept';
  return move({ ...own, phase: 'kept', why }, scope, own.stage, 'kept', why, facts);
}

/** To the stage before, held there; undefined where there is none. Its evidence counts anew, since it has been acted on. */
export function stepBack(
  rules: RampRules,
  own: RampState,
  { verdict: { rule, reason } }: ArmStop,
  view: View,
  scope: Scope,
): Transition<RampState> | undefined {
  const stage = rules.stages[rules.stages.indexOf(stageOf(rules, own)) - 1];
  if (stage === undefined || own.phase === 'watching') return undefined;
  const { name, share } = stage;
  const why = `guardrail ${rule}: ${reason}`;
  const epoch = newEpoch(view.now, scope);
  // Paused by a person, it stays so.
  const phase = own.phase === 'kept' ? 'ramping' : own.phase;
  const next = { ...own, ...epoch, firstEpoch: epoch.epoch, phase, stage: name, share, why };
  const held = withGuard(withFall(next, view.now, true), {
    held: { rule, why: reason, excuses: false },
    approvals: undefined,
  });
  const { notices, ...moved } = move(held, scope, own.stage, name, why, { share });
  return { ...moved, notices: [...notices, alertOf('shrunk', why, own, scope, { rule, stage: name, share })] };
}

export function rollBack(rules: RampRules, own: RampState, command: Rollback, view: View, scope: Scope) {
  if (own.phase === 'rolled-back') return refuse(own, `${rules.name} is rolled back already`);
  const byMachine = command.attempt !== undefined;
  return rolledBack(own, command, view, scope, (fell, why) =>
    to({ ...fell, byMachine }, 'rolled-back', 0, why, view, scope),
  );
}

/** A new attempt. */
export function retry(rules: RampRules, own: RampState, why: string, view: View, scope: Scope): Transition<RampState> {
  const next = carried({ ...startOf(rules, view.now, scope, own.attempt + 1), why }, own);
  return move(next, scope, own.phase, next.stage, why, { attempt: next.attempt, share: next.share });
}

/** The same by a person's word. */
export function restart(
  rules: RampRules,
  own: RampState,
  { by, override }: Restart,
  view: View,
  scope: Scope,
): Transition<RampState> {
  const why = barred(own, override);
  return why === undefined ? retry(rules, own, `a new attempt by ${by}`, view, scope) : refuse(own, why);
}

/** The same by the machine. */
export function retryByItself(rules: RampRules, own: RampState, view: View, scope: Scope): Transition<RampState> {
  const why = `retry ${own.attempt} of ${rules.retry?.times}`;
  return retry(rules, withFlip(own, view.now), why, view, scope);
}
