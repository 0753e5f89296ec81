import type { Verdict } from '../analysis/verdict.js';
import { tellOnce } from './alerts.js';
import { stay } from './children.js';
import { tellErrors } from './guarding.js';
import { machineRollback, onlyPeopleAreMissing, verdictFacts } from './judging.js';
import { enter, type Turn, unasked } from './pipeline-moves.js';
import type { PipelineState } from './pipeline-options.js';
import { ruleOf, stageAfter } from './pipeline-places.js';
import { leaveJudged, leaveProgress, stageWaitsOf } from './pipeline-waiting.js';
import type { NodeVerdicts, Notice, Scope, Transition } from './strategy.js';

type Step = Transition<PipelineState>;

/** Judges whether the active stage may be left, and leaves it. */
export function tick(turn: Turn): Step {
  const { setup, own, view, scope, below } = turn;
  const { settled, waitingFor } = below.status(own.stage);
  if (settled === 'rolled-back') {
    // An order to go on was about what has failed since; a stage that tries again by itself must pass as everyone.
    return stay(own.order === 'none' && own.guard?.approvals === undefined ? own : unasked(own));
  }
  const next = stageAfter(setup, own);
  const node = below.scope(own.stage);
  // What the stage has just said that it waits for has figures in it.
  const said = below.verdicts.findLast((look) => look.node === node.id)?.waitingFor ?? waitingFor;
  const status = { ...(settled !== undefined && { settled }), waitingFor: said };
  const { waitingFor: waits, verdicts } =
    next === undefined
      ? { waitingFor: stageWaitsOf(own.stage, status), verdicts: [] }
      : leaveProgress(ruleOf(setup, own), own, status, view, node);
  const look = { node: scope.id, verdicts };
  if (next === undefined && settled !== undefined) return stay(own);
  if (own.paused) return stay(own, { ...look, waitingFor: ['resume()'] });
  const telling = tellErrors({ own, notices: [] }, verdicts, scope);
  if (next !== undefined && waits.length > 0 && isLate(turn)) {
    return late({ ...turn, own: telling.own }, telling.notices, look, waits);
  }
  if (next === undefined || waits.length > 0) {
    // One that expired is wanted again, and told again.
    const what = `${own.stage} ${own.guard?.approvals?.length ?? 0}`;
    const why = `leaving ${own.stage} waits for approve()`;
    const asks = waits[0] === 'approval' || (next !== undefined && wantsPeople(turn, verdicts, waits, node));
    const told = asks ? tellOnce(telling, 'approval-wanted', what, why, scope, { stage: own.stage }) : telling;
    return { state: told.own, notices: told.notices, verdicts: [{ ...look, waitingFor: waits }] };
  }
  const why = `stage ${own.stage} ${settled === undefined ? 'is over' : 'was promoted'}`;
  // A person's order is carried out by whoever only observes, too.
  if (setup.observes && own.order === 'none') {
    const told = tellOnce(telling, 'would-have', `enter ${next}`, `it would enter ${next}: ${why}`, scope);
    return { state: told.own, notices: told.notices, verdicts: [look] };
  }
  // What it waits for is told only where it goes on waiting: a look outlives the move that it led to.
  const entered = enter({ ...turn, own: telling.own }, next, why, verdictFacts(verdicts));
  return { ...entered, notices: [...telling.notices, ...entered.notices], verdicts: [look] };
}

/** Whether the approval of a gate is all that is missing. */
function wantsPeople({ setup, own, view }: Turn, verdicts: readonly Verdict[], waits: readonly string[], node: Scope) {
  const rule = ruleOf(setup, own);
  return onlyPeopleAreMissing(rule.gates ?? [], verdicts, waits, leaveJudged(rule, own, view, node));
}

/** Whether the active stage is at its `maxAgeMs`. A person's order to go on is not timed. */
function isLate({ setup, own, view }: Turn): boolean {
  return own.order === 'none' && view.now - own.since >= (ruleOf(setup, own).maxAgeMs ?? Infinity);
}

/** A stage that cannot be left in time is told once, and rolled back where that was asked for. */
function late(
  { setup, own, scope }: Turn,
  notices: readonly Notice[],
  look: NodeVerdicts,
  waits: readonly string[],
): Step {
  const { stage } = own;
  const why = `stage ${stage} passed its deadline waiting for ${waits.join(', ')}`;
  const isHeld = ruleOf(setup, own).onDeadline !== 'rollback';
  if (!isHeld && !setup.observes) {
    const rollback = { ...machineRollback('deadline', why, own, scope), alert: 'deadline' } as const;
    return { state: own, notices, urgent: [rollback], verdicts: [look] };
  }
  const telling = { own, notices };
  const told = isHeld
    ? tellOnce(telling, 'deadline', stage, why, scope, { stage })
    : tellOnce(telling, 'would-have', `rollback: deadline of ${stage}`, why, scope);
  return { state: told.own, notices: told.notices, verdicts: [{ ...look, waitingFor: waits }] };
}
