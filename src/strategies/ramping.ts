import type { Guardrail, Judged, Verdict } from '../analysis/verdict.js';
import { type Calendar, promotionAllowed } from '../core/calendar.js';
import type { Json } from '../core/json.js';
import { epochStrataOf, newAttempt, newEpoch } from './attempt.js';
import { move, refuse, stay } from './children.js';
import { judgedIn, machineRollback, rollbackFor, verdictFacts, verdictsOf } from './judging.js';
import { type RampState, type Retry, statusPhases } from './ramp-state.js';
import { type FullStage, type StageProgress, stageFor, stageProgress, stageWaits } from './stages.js';
import type { Command, Scope, Signal, Status, Transition, View } from './strategy.js';

/** What a ramp is made of. */
export interface RampRules {
  /** The strategy in words, as `the canary`. */
  readonly name: string;
  /** The arm that grows. */
  readonly arm: string;
  /** The other one, where a rollback leads to. */
  readonly control: string;
  readonly stages: readonly FullStage[];
  readonly guardrails: readonly Guardrail[];
  readonly then: 'promote' | 'keep';
  readonly calendar: Calendar;
  readonly retry: Retry | undefined;
  /** The arm that the growing one is judged against in the evidence of a state. */
  controlIn(own: RampState): string;
}

type Rollback = Command & { readonly type: 'rollback' };

/**
 * A share that grows stage by stage, is judged at every tick, and goes back to nothing: what a canary and a reveal have
 * in common.
 */
export class Ramp {
  readonly #rules: RampRules;

  constructor(rules: RampRules) {
    this.#rules = rules;
  }

  start(now: number, scope: Scope, attempt = 1): RampState {
    const [first] = this.#rules.stages as readonly [FullStage];
    return {
      ...newAttempt(now, scope, attempt),
      phase: 'ramping',
      stage: first.name,
      share: first.share,
      approved: false,
      byMachine: false,
      why: attempt === 1 ? 'the roll-out started' : `attempt ${attempt} started`,
    };
  }

  step(own: RampState, signal: Signal, view: View, scope: Scope): Transition<RampState> {
    const { name, arm, control } = this.#rules;
    switch (signal.type) {
      case 'tick':
        return this.#tick(own, view, scope);
      case 'promote':
        if (own.phase === 'promoted') return refuse(own, `the ${arm} is promoted already`);
        if (signal.arm !== undefined && signal.arm !== arm)
          return refuse(
            own,
            `only the ${arm} can be promoted, not '${signal.arm}'; rollback() leads to the ${control}`,
          );
        return this.#to(own, 'promoted', 1, `promoted by ${signal.by}`, view, scope);
      case 'rollback':
        return this.#rollBack(own, signal, view, scope);
      case 'pause':
        if (own.phase !== 'ramping') return refuse(own, `nothing ramps: ${name} is ${own.phase}`);
        return move({ ...own, phase: 'paused' }, scope, 'ramping', 'paused', `paused by ${signal.by}`);
      case 'resume':
        if (own.phase === 'paused')
          return move({ ...own, phase: 'ramping' }, scope, 'paused', 'ramping', `resumed by ${signal.by}`);
        if (own.phase === 'rolled-back') return this.#retry(own, `a new attempt by ${signal.by}`, view, scope);
        return refuse(own, `nothing is paused: ${name} is ${own.phase}`);
      case 'reset':
        return this.#retry(own, `a new attempt by ${signal.by}`, view, scope);
      case 'approve':
      case 'reject':
        return this.#answer(own, signal, view, scope);
      default:
        return stay(own);
    }
  }

  /** The parts of a status that are the ramp's. */
  status(own: RampState): Pick<Status<string>, 'phase' | 'settled' | 'shares' | 'waitingFor' | 'detail'> {
    const { arm, control } = this.#rules;
    const settled = own.phase === 'promoted' || own.phase === 'rolled-back' ? own.phase : undefined;
    return {
      phase: statusPhases[own.phase],
      ...(settled !== undefined && { settled }),
      shares: { [arm]: own.share, [control]: 1 - own.share },
      waitingFor: this.#waitingFor(own),
      detail: { stage: own.stage, attempt: own.attempt, since: own.since, why: own.why },
    };
  }

  #waitingFor(own: RampState): readonly string[] {
    if (own.phase === 'paused') return ['resume()'];
    if (own.phase === 'kept') return ['promote()'];
    return own.phase === 'ramping' ? stageWaits(this.#stageOf(own)) : [];
  }

  #stageOf({ stage, share }: RampState): FullStage {
    return stageFor(this.#rules.stages, stage, share);
  }

  #judged(own: RampState, view: View): Judged {
    return judgedIn(view, own, this.#rules.arm, this.#rules.controlIn(own));
  }

  #progress(own: RampState, view: View): StageProgress {
    const { arm } = this.#rules;
    const outcomes = epochStrataOf(view, own).reduce((n, { cells }) => n + (cells[arm]?.outcomes ?? 0), 0);
    return stageProgress(this.#stageOf(own), own.since, outcomes, own.approved, this.#judged(own, view));
  }

  #tick(own: RampState, view: View, scope: Scope): Transition<RampState> {
    const { guardrails, retry, calendar } = this.#rules;
    if (own.phase === 'promoted') return stay(own);
    if (own.phase === 'rolled-back') {
      const isDue =
        own.byMachine && retry !== undefined && own.attempt <= retry.times && view.now - own.since >= retry.afterMs;
      // A retry grows the candidate from nothing, so it waits for the calendar like every growth.
      return isDue && promotionAllowed(calendar, view.now).allowed
        ? this.#retry(own, `retry ${own.attempt} of ${retry.times}`, view, scope)
        : stay(own);
    }
    const guarded = verdictsOf(guardrails, this.#judged(own, view));
    const rollback = rollbackFor(guarded, own, scope);
    if (rollback !== undefined) {
      return { ...stay(own, { node: scope.id, verdicts: guarded }), urgent: [rollback] };
    }
    if (own.phase !== 'ramping') return stay(own, { node: scope.id, verdicts: guarded });
    const edited = this.#followEdit(own, view, scope);
    if (edited !== undefined) return edited;
    const progress = this.#progress(own, view);
    const verdicts = [...guarded, ...progress.verdicts];
    // What it waits for is told only where it goes on waiting: a look outlives the move that it led to.
    const look = { node: scope.id, verdicts };
    if (progress.action === 'rollback') {
      const reason = `stage ${own.stage} passed its deadline waiting for ${progress.waitingFor.join(', ')}`;
      return { ...stay(own, look), urgent: [machineRollback('deadline', reason, own, scope)] };
    }
    if (progress.action !== 'advance') return stay(own, { ...look, waitingFor: progress.waitingFor });
    const { allowed, why = 'the calendar' } = promotionAllowed(calendar, view.now);
    if (!allowed) return stay(own, { ...look, waitingFor: [why] });
    return { ...this.#advance(own, verdicts, view, scope), verdicts: [look] };
  }

  /** A stage whose share was edited in the program takes its new share, as an epoch of its own. */
  #followEdit(own: RampState, view: View, scope: Scope): Transition<RampState> | undefined {
    const stage = this.#stageOf(own);
    if (stage.name === own.stage && stage.share === own.share) return undefined;
    const { name, share } = stage;
    const why = 'the stages were edited';
    const approved = own.approved && name === own.stage;
    const next = { ...own, ...newEpoch(view.now, scope), stage: name, share, approved, why };
    return move(next, scope, own.stage, name, why, { share });
  }

  #advance(own: RampState, verdicts: readonly Verdict[], view: View, scope: Scope): Transition<RampState> {
    const { stages, then } = this.#rules;
    const next = stages[stages.indexOf(this.#stageOf(own)) + 1];
    const facts = verdictFacts(verdicts);
    if (next !== undefined) {
      const why = `stage ${own.stage} passed`;
      const epoch = newEpoch(view.now, scope);
      // Before there was a share, nobody was served: what was seen then must neither excuse nor blame what follows.
      const first = own.share === 0 ? { firstEpoch: epoch.epoch } : {};
      const state = { ...own, ...epoch, ...first, stage: next.name, share: next.share, approved: false, why };
      return move(state, scope, own.stage, next.name, why, { ...facts, share: next.share });
    }
    if (then === 'promote') return this.#to(own, 'promoted', 1, 'the last stage passed', view, scope, facts);
    const why = 'the last stage passed; its share is kept';
    return move({ ...own, phase: 'kept', why }, scope, own.stage, 'kept', why, facts);
  }

  #to(
    own: RampState,
    phase: 'promoted' | 'rolled-back',
    share: number,
    why: string,
    view: View,
    scope: Scope,
    facts: Record<string, Json> = {},
  ): Transition<RampState> {
    const from = own.phase === 'ramping' ? own.stage : own.phase;
    return move({ ...own, ...newEpoch(view.now, scope), phase, share, why }, scope, from, phase, why, {
      ...facts,
      share,
    });
  }

  #rollBack(own: RampState, command: Rollback, view: View, scope: Scope): Transition<RampState> {
    if (own.phase === 'rolled-back') return refuse(own, `${this.#rules.name} is rolled back already`);
    const byMachine = command.attempt !== undefined;
    const why = `${command.reason} (${command.by})`;
    return this.#to({ ...own, byMachine }, 'rolled-back', 0, why, view, scope);
  }

  #retry(own: RampState, why: string, view: View, scope: Scope): Transition<RampState> {
    const next = { ...this.start(view.now, scope, own.attempt + 1), why };
    return move(next, scope, own.phase, next.stage, why, { attempt: next.attempt, share: next.share });
  }

  #answer(own: RampState, command: Command, view: View, scope: Scope): Transition<RampState> {
    const waits = own.phase === 'ramping' && this.#progress(own, view).waitingFor.includes('approval');
    if (!waits) return refuse(own, 'no approval is waited for');
    if (command.type === 'reject') {
      return this.#rollBack(own, { type: 'rollback', by: command.by, reason: 'rejected' }, view, scope);
    }
    return move({ ...own, approved: true }, scope, own.stage, own.stage, `approved by ${command.by}`);
  }
}
