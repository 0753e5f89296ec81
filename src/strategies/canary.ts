import type { Gate, Guardrail, MetricsOfRule, Verdict } from '../analysis/verdict.js';
import { promotionAllowed } from '../core/calendar.js';
import type { Json } from '../core/json.js';
import { verify } from '../core/options.js';
import { rampCuts } from '../plan/cuts.js';
import type { Plan } from '../plan/plan.js';
import { epochStrataOf, newAttempt, newEpoch, saltOf } from './attempt.js';
import {
  type CanaryOptions,
  type CanaryState,
  canaryCheck,
  canaryStateCheck,
  defaultStages,
  statusPhases,
} from './canary-options.js';
import { Composite, type Tree, move, refuse, stay } from './children.js';
import { judgedIn, machineRollback, rollbackFor, verdictFacts, verdictsOf } from './judging.js';
import { type FullStage, type StageProgress, fullStages, stageFor, stageProgress, stageWaits } from './stages.js';
import type { Branch, Command, MetricsOf, ModelsOf, Scope, Signal, Status, Transition, View } from './strategy.js';

type Rollback = Command & { readonly type: 'rollback' };

/**
 * Gives a small share of the units to a candidate, and more as it proves itself: stage by stage, judged at every tick, rolled back
 * by any guardrail that fails. States: ramping, paused, kept, promoted, rolled back.
 */
export class Canary<
  const B extends Branch,
  const C extends Branch,
  const G extends Guardrail<string> = never,
  const H extends Gate = never,
> extends Composite<ModelsOf<B | C>, MetricsOf<B | C> | MetricsOfRule<G | H>, CanaryState> {
  readonly kind = 'canary';
  readonly #options: CanaryOptions<B, C, G, H>;
  readonly #stages: readonly FullStage[];
  readonly #guardrails: readonly Guardrail[];

  constructor(options: CanaryOptions<B, C, G, H>) {
    verify('new Canary', 'strategy', options, canaryCheck);
    const stages = fullStages(options.stages ?? defaultStages);
    const guardrails: readonly Guardrail[] = options.guardrails ?? [];
    const rules = [...guardrails, ...stages.flatMap(({ gates }) => gates)];
    super(
      { candidate: options.candidate, baseline: options.baseline } as Record<string, Branch> as never,
      rules.flatMap(({ metrics }) => metrics) as never,
    );
    this.#options = options;
    this.#stages = stages;
    this.#guardrails = guardrails;
  }

  protected readonly ownCheck = canaryStateCheck;

  protected start(now: number, scope: Scope, attempt = 1): CanaryState {
    const [first] = this.#stages as readonly [FullStage];
    return {
      ...newAttempt(now, scope, attempt),
      phase: 'ramping',
      stage: first.name,
      share: first.share,
      approved: false,
      byMachine: false,
      why: 'the roll-out started',
    };
  }

  protected step(own: CanaryState, signal: Signal, view: View, scope: Scope): Transition<CanaryState> {
    switch (signal.type) {
      case 'tick':
        return this.#tick(own, view, scope);
      case 'promote':
        if (own.phase === 'promoted') return refuse(own, 'the candidate is promoted already');
        if (signal.arm !== undefined && signal.arm !== 'candidate')
          return refuse(
            own,
            `only the candidate can be promoted, not '${signal.arm}'; rollback() leads to the baseline`,
          );
        return this.#to(own, 'promoted', 1, `promoted by ${signal.by}`, view, scope);
      case 'rollback':
        return this.#rollBack(own, signal, view, scope);
      case 'pause':
        if (own.phase !== 'ramping') return refuse(own, `nothing ramps: the canary is ${own.phase}`);
        return move({ ...own, phase: 'paused' }, scope, 'ramping', 'paused', `paused by ${signal.by}`);
      case 'resume':
        if (own.phase === 'paused')
          return move({ ...own, phase: 'ramping' }, scope, 'paused', 'ramping', `resumed by ${signal.by}`);
        if (own.phase === 'rolled-back') return this.#retry(own, `a new attempt by ${signal.by}`, view, scope);
        return refuse(own, `nothing is paused: the canary is ${own.phase}`);
      case 'reset':
        return this.#retry(own, `a new attempt by ${signal.by}`, view, scope);
      case 'approve':
      case 'reject':
        return this.#answer(own, signal, view, scope);
      default:
        return stay(own);
    }
  }

  plan(state: Tree<CanaryState>, scope: Scope): Plan<ModelsOf<B | C>> {
    const { own } = state;
    const baseline = this.branchPlan('baseline', state, scope);
    // Rolled back, the candidate is not in the plan at all: no pin reaches it, and its model can be unloaded.
    if (own.phase === 'rolled-back') return baseline;
    return {
      op: 'split',
      node: scope.id,
      epoch: own.epoch,
      salt: saltOf(scope, own, this.#options.salt, this.#options.retry?.sameUnits),
      ...(this.#options.unit !== undefined && { unit: this.#options.unit }),
      arms: [
        { arm: 'candidate', share: own.share, plan: this.branchPlan('candidate', state, scope) },
        // Promoted, the baseline stays in the plan without a share: loaded, so that the way back takes no time.
        { arm: 'baseline', share: 1 - own.share, plan: baseline },
      ],
      cuts: rampCuts(own.share),
      missing: 'draw',
      counts: true,
      fallback: this.stableOf('baseline', state, scope),
    };
  }

  status(state: Tree<CanaryState>, scope: Scope): Status<ModelsOf<B | C>> {
    const { own } = state;
    const settled = own.phase === 'promoted' || own.phase === 'rolled-back' ? own.phase : undefined;
    return {
      node: scope.id,
      kind: this.kind,
      phase: statusPhases[own.phase],
      ...(settled !== undefined && { settled }),
      stable: this.stableOf(own.phase === 'promoted' ? 'candidate' : 'baseline', state, scope),
      shares: { candidate: own.share, baseline: 1 - own.share },
      waitingFor: this.#waitingFor(own),
      children: this.childStatuses(state, scope),
      detail: { stage: own.stage, attempt: own.attempt, since: own.since, why: own.why },
    };
  }

  #waitingFor(own: CanaryState): readonly string[] {
    if (own.phase === 'paused') return ['resume()'];
    if (own.phase === 'kept') return ['promote()'];
    return own.phase === 'ramping' ? stageWaits(this.#stageOf(own)) : [];
  }

  #stageOf({ stage, share }: CanaryState): FullStage {
    return stageFor(this.#stages, stage, share);
  }

  #progress(own: CanaryState, view: View): StageProgress {
    const outcomes = epochStrataOf(view, own).reduce((n, { cells }) => n + (cells['candidate']?.outcomes ?? 0), 0);
    const judged = judgedIn(view, own, 'candidate', 'baseline');
    return stageProgress(this.#stageOf(own), own.since, outcomes, own.approved, judged);
  }

  #tick(own: CanaryState, view: View, scope: Scope): Transition<CanaryState> {
    if (own.phase === 'promoted') return stay(own);
    if (own.phase === 'rolled-back') {
      const { retry } = this.#options;
      const isDue =
        own.byMachine && retry !== undefined && own.attempt <= retry.times && view.now - own.since >= retry.afterMs;
      // A retry grows the candidate from nothing, so it waits for the calendar like every growth.
      return isDue && promotionAllowed(this.#options.calendar ?? {}, view.now).allowed
        ? this.#retry(own, `retry ${own.attempt} of ${retry.times}`, view, scope)
        : stay(own);
    }
    const guarded = verdictsOf(this.#guardrails, judgedIn(view, own, 'candidate', 'baseline'));
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
    const { allowed, why = 'the calendar' } = promotionAllowed(this.#options.calendar ?? {}, view.now);
    if (!allowed) return stay(own, { ...look, waitingFor: [why] });
    return { ...this.#advance(own, verdicts, view, scope), verdicts: [look] };
  }

  /** A stage whose share was edited in the program takes its new share, as an epoch of its own. */
  #followEdit(own: CanaryState, view: View, scope: Scope): Transition<CanaryState> | undefined {
    const stage = this.#stageOf(own);
    if (stage.name === own.stage && stage.share === own.share) return undefined;
    const { name, share } = stage;
    const why = 'the stages were edited';
    const approved = own.approved && name === own.stage;
    const next = { ...own, ...newEpoch(view.now, scope), stage: name, share, approved, why };
    return move(next, scope, own.stage, name, why, { share });
  }

  #advance(own: CanaryState, verdicts: readonly Verdict[], view: View, scope: Scope): Transition<CanaryState> {
    const index = this.#stages.indexOf(this.#stageOf(own));
    const next = this.#stages[index + 1];
    const facts = verdictFacts(verdicts);
    if (next !== undefined) {
      const why = `stage ${own.stage} passed`;
      const state = { ...own, ...newEpoch(view.now, scope), stage: next.name, share: next.share, approved: false, why };
      return move(state, scope, own.stage, next.name, why, { ...facts, share: next.share });
    }
    if ((this.#options.then ?? 'promote') === 'promote') {
      return this.#to(own, 'promoted', 1, 'the last stage passed', view, scope, facts);
    }
    const why = 'the last stage passed; its share is kept';
    return move({ ...own, phase: 'kept', why }, scope, own.stage, 'kept', why, facts);
  }

  #to(
    own: CanaryState,
    phase: 'promoted' | 'rolled-back',
    share: number,
    why: string,
    view: View,
    scope: Scope,
    facts: Record<string, Json> = {},
  ): Transition<CanaryState> {
    const from = own.phase === 'ramping' ? own.stage : own.phase;
    return move({ ...own, ...newEpoch(view.now, scope), phase, share, why }, scope, from, phase, why, {
      ...facts,
      share,
    });
  }

  #rollBack(own: CanaryState, command: Rollback, view: View, scope: Scope): Transition<CanaryState> {
    if (own.phase === 'rolled-back') return refuse(own, 'the canary is rolled back already');
    const byMachine = command.attempt !== undefined;
    const why = `${command.reason} (${command.by})`;
    return this.#to({ ...own, byMachine }, 'rolled-back', 0, why, view, scope);
  }

  #retry(own: CanaryState, why: string, view: View, scope: Scope): Transition<CanaryState> {
    const next = { ...this.start(view.now, scope, own.attempt + 1), why };
    return move(next, scope, own.phase, next.stage, why, { attempt: next.attempt, share: next.share });
  }

  #answer(own: CanaryState, command: Command, view: View, scope: Scope): Transition<CanaryState> {
    const waits = own.phase === 'ramping' && this.#progress(own, view).waitingFor.includes('approval');
    if (!waits) return refuse(own, 'no approval is waited for');
    if (command.type === 'reject') {
      return this.#rollBack(own, { type: 'rollback', by: command.by, reason: 'rejected' }, view, scope);
    }
    return move({ ...own, approved: true }, scope, own.stage, own.stage, `approved by ${command.by}`);
  }
}
