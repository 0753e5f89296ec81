import type { Approval, Gate } from '../analysis/verdict.js';
import type { Json } from '../core/json.js';
import { newAttempt, newEpoch } from './attempt.js';
import { type Below, move, refuse, stay } from './children.js';
import { alertOf } from './alerts.js';
import { withApproval, withGuard } from './guard.js';
import { asksForApproval } from './judging.js';
import { type PipelineState, instancesMax } from './pipeline-options.js';
import { type PipelineSetup, placeOf, ruleOf, settledBy, stageAfter } from './pipeline-places.js';
import { leaveJudged, leaveProgress } from './pipeline-waiting.js';
import type { Command, Restart, Rollback, Scope, Signal, Status, Transition, View } from './strategy.js';

type Step = Transition<PipelineState>;

/** One step of a pipeline: what it is about, and the means to move its stages. */
export interface Turn {
  readonly setup: PipelineSetup;
  readonly own: PipelineState;
  readonly view: View;
  readonly scope: Scope;
  readonly below: Pick<
    Below<string>,
    'status' | 'order' | 'send' | 'start' | 'attempt' | 'quarantine' | 'scope' | 'verdicts'
  >;
}

/** The own part of a first state. */
export function firstState({ names }: PipelineSetup, now: number, scope: Scope, attempt: number): PipelineState {
  return {
    ...newAttempt(now, scope, attempt),
    stage: names[0] as string,
    passed: [],
    paused: false,
    order: 'none',
    instances: [],
    why: attempt === 1 ? 'the pipeline started' : `attempt ${attempt} started`,
  };
}

/** Without what people have said about leaving the stage. */
export const unasked = (own: PipelineState): PipelineState => ({
  ...withGuard(own, { approvals: undefined }),
  order: 'none',
});

/** Begins the next stage in place of the active one. */
export function enter(turn: Turn, stage: string, why: string, facts: Record<string, Json> = {}): Step {
  const { own, view, scope, below } = turn;
  // The stage may have begun attempts of its own; the next one goes on from there, with the units where they are.
  const attempt = Math.max(own.attempt, below.attempt(own.stage));
  begin(turn, stage, attempt);
  const passed = [...own.passed, own.stage];
  const next = { ...unasked(own), ...newEpoch(view.now, scope), attempt, stage, passed, paused: false, why };
  return move(next, scope, own.stage, stage, why, facts);
}

function begin({ own, below }: Turn, stage: string, attempt: number): void {
  below.start(stage, attempt);
  for (const instance of own.instances) below.send(stage, { type: 'joined', instance });
}

/** Goes on after the active stage was removed from the program. */
export function followEdit(turn: Turn): Step {
  const { setup, own, view, scope } = turn;
  const { stage, isBegun } = placeOf(setup, own);
  const why = `the stage '${own.stage}' is not in the plan any more`;
  if (!isBegun) begin(turn, stage, own.attempt);
  const passed = own.passed.filter((name) => name !== stage);
  const next = { ...unasked(own), ...newEpoch(view.now, scope), stage, passed, paused: false, why };
  return move(next, scope, own.stage, stage, why);
}

export function promote(turn: Turn, { by, arm }: Command & { readonly type: 'promote' }): Step {
  const { setup, own, scope, below } = turn;
  const why = `promoted by ${by}`;
  const next = stageAfter(setup, own);
  if (below.status(own.stage).settled !== 'promoted') {
    const refused = below.order(own.stage, { type: 'promote', by, ...(arm !== undefined && { arm }) });
    if (refused !== undefined) return refuse(own, `${own.stage}: ${refused}`);
  } else if (next === undefined) return refuse(own, 'the last stage is promoted already');
  const isDone = below.status(own.stage).settled === 'promoted';
  if (next !== undefined && isDone) return enter(turn, next, why);
  // Some stages take their time (a bake, a batch); it is left as soon as they are through.
  return move(
    { ...own, paused: false, order: 'promoted', why },
    scope,
    own.stage,
    isDone ? 'promoted' : own.stage,
    why,
  );
}

export function rollBack(turn: Turn, { by, reason, arm, alert }: Omit<Rollback, 'type'>): Step {
  const { setup, own, scope, below } = turn;
  const { stage, isBegun } = placeOf(setup, own);
  const why = `${reason} (${by})`;
  if (!isBegun) begin(turn, stage, own.attempt);
  else if (below.status(stage).settled === 'rolled-back') return refuse(own, 'the pipeline is rolled back already');
  const refused = below.order(stage, { type: 'rollback', by, reason, ...(arm !== undefined && { arm }) });
  if (refused !== undefined && isBegun) return refuse(own, `${stage}: ${refused}`);
  // One arm of many may have been taken out: then the stage goes on with the others.
  if (below.status(stage).settled !== 'rolled-back') return stay(own);
  const moved = move({ ...unasked(own), stage, paused: false, why }, scope, own.stage, 'rolled-back', why);
  if (alert === undefined) return moved;
  return { ...moved, notices: [...moved.notices, alertOf(alert, `${by}: ${reason}`, own, scope, { stage })] };
}

export function pause({ setup, own, scope, below }: Turn, by: string): Step {
  const settled = settledBy(setup, own, below.status(own.stage));
  if (settled !== undefined || own.paused) return refuse(own, `nothing moves: the pipeline is ${settled ?? 'paused'}`);
  // A stage that has nothing to pause refuses; the pipeline stays where it is all the same.
  below.order(own.stage, { type: 'pause', by });
  return move({ ...own, paused: true }, scope, own.stage, 'paused', `paused by ${by}`);
}

export function resume(turn: Turn, command: Restart): Step {
  const { own, scope, below } = turn;
  const { by } = command;
  const { phase, settled } = below.status(own.stage);
  if (settled === 'rolled-back') return restart(turn, command);
  if (phase === 'paused') below.order(own.stage, { type: 'resume', by });
  else if (!own.paused) return refuse(own, 'nothing is paused');
  return own.paused ? move({ ...own, paused: false }, scope, 'paused', own.stage, `resumed by ${by}`) : stay(own);
}

/** An approval is for the pipeline where it waits for one, and for its stage otherwise. */
export function answer(turn: Turn, type: 'approve' | 'reject', by: string): Step {
  const { own, view, scope, below } = turn;
  const approval = { by, at: Math.floor(view.now) };
  if (!asks(turn, below.status(own.stage), approval)) {
    const refused = below.order(own.stage, { type, by });
    return refused === undefined ? stay(own) : refuse(own, refused);
  }
  if (type === 'reject') return rollBack(turn, { by, reason: 'rejected' });
  return move(withApproval(own, approval), scope, own.stage, own.stage, `approved by ${by}`);
}

function asks({ setup, own, view, below }: Turn, status: Status<string>, approval: Approval): boolean {
  const rule = ruleOf(setup, own);
  if (own.paused || status.settled === 'rolled-back') return false;
  const node = below.scope(own.stage);
  const { waitingFor } = leaveProgress(rule, own, status, view, node);
  if (waitingFor.length === 1 && waitingFor[0] === 'approval') return true;
  return asksForApproval(rule.gates ?? [], leaveJudged(rule, own, view, node), approval);
}

/** The gates of the rule by which the active stage is left, while it may be left. */
export function gatesOf(setup: PipelineSetup, own: PipelineState): readonly Gate[] {
  return own.paused || stageAfter(setup, own) === undefined ? [] : (ruleOf(setup, own).gates ?? []);
}

/** A new attempt, from the first stage. */
export function restart(turn: Turn, { by, override }: Restart): Step {
  const { setup, own, view, scope, below } = turn;
  const isKnown = setup.names.includes(own.stage);
  const quarantine = isKnown && override !== true ? below.quarantine(own.stage) : undefined;
  if (quarantine !== undefined)
    return refuse(own, `${own.stage} is quarantined: ${quarantine}. Only an override tries it again`);
  const known = isKnown ? below.attempt(own.stage) : 0;
  // Higher than any before: a machine's late rollback of an earlier one does nothing, and the units are spread anew.
  const attempt = Math.max(own.attempt, known) + 1;
  const { instances } = own;
  const next = { ...firstState(setup, view.now, scope, attempt), instances, why: `a new attempt by ${by}` };
  begin(turn, next.stage, attempt);
  return move(next, scope, own.stage, next.stage, next.why, { attempt });
}

/** Keeps who is there, for stages that begin later. */
export function withInstance(
  own: PipelineState,
  { type, instance }: Signal & { readonly type: 'joined' | 'left' },
): PipelineState {
  const { instances } = own;
  const isKnown = instances.includes(instance);
  if (type === 'left') return isKnown ? { ...own, instances: instances.filter((name) => name !== instance) } : own;
  return isKnown || instances.length >= instancesMax ? own : { ...own, instances: [...instances, instance] };
}
