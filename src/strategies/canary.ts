import type { Gate, Guardrail, MetricsOfRule } from '../analysis/verdict.js';
import { type Calendar, calendarCheck, promotionAllowed } from '../core/calendar.js';
import {
  type Check,
  count,
  duration,
  flag,
  fraction,
  listOf,
  object,
  oneOf,
  optional,
  text,
  verify,
} from '../core/options.js';
import { rampCuts } from '../plan/cuts.js';
import type { Plan } from '../plan/plan.js';
import { type Attempt, epochStrataOf, newAttempt, newEpoch, saltOf, stateCheck } from './attempt.js';
import { Composite, type Tree, branchCheck, move, refuse, stay } from './children.js';
import { guardrailCheck, judgedIn, machineRollback, rollbackFor, verdictFacts, verdictsOf } from './judging.js';
import { type FullStage, type Stage, type StageProgress, fullStages, stageProgress, stagesCheck } from './stages.js';
import type { Branch, Command, MetricsOf, ModelsOf, Scope, Signal, Status, Transition, View } from './strategy.js';

/** Options of a canary. */
export interface CanaryOptions<B, C, G, H> {
  readonly baseline: B;
  readonly candidate: C;
  /** Default: 1 %, 5 %, 25 %, 50 %, each for at least 10 minutes and 100 outcomes. See `linear` and `exponential`. */
  readonly stages?: readonly Stage<H>[];
  /** Judged at every tick while the candidate has a share; one that fails rolls back at once. */
  readonly guardrails?: readonly G[];
  /** After the last stage: `'promote'` to 100 % (default), or `'keep'` its share until `promote()`. */
  readonly then?: 'promote' | 'keep';
  /** When shares may grow. Rollbacks never wait for it. */
  readonly calendar?: Calendar;
  /** New attempts after a rollback by a guardrail, so many times, so long after it. Default: none. */
  readonly retry?: { readonly times: number; readonly afterMs: number; readonly sameUnits?: boolean };
  /** The attribute that must keep seeing the same model. Default `targetingKey`. */
  readonly unit?: string;
  /** What units are hashed with. Default: the node's path. */
  readonly salt?: string;
}

type CanaryPhase = 'ramping' | 'paused' | 'kept' | 'promoted' | 'rolled-back';

/** The own part of a canary's state. */
export type CanaryState = Attempt & {
  readonly phase: CanaryPhase;
  readonly stage: string;
  readonly share: number;
  readonly approved: boolean;
  /** A guardrail rolled back, not a person: only then a retry starts by itself. */
  readonly byMachine: boolean;
  readonly why: string;
};

const minute = 60_000;
const defaultStages = [0.01, 0.05, 0.25, 0.5].map((share) => ({ share, minAgeMs: 10 * minute, minOutcomes: 100 }));

const optionsCheck = object({
  baseline: branchCheck,
  candidate: branchCheck,
  stages: optional(stagesCheck),
  guardrails: optional(listOf(guardrailCheck)),
  // biome-ignore lint/suspicious/noThenProperty: the word of the contract; its value is never a function
  then: optional(oneOf('promote', 'keep')),
  calendar: optional(calendarCheck),
  retry: optional(object({ times: count, afterMs: duration, sameUnits: optional(flag) })),
  unit: optional(text),
  salt: optional(text),
});

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
    verify('new Canary', 'strategy', options, optionsCheck);
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

  protected readonly ownCheck: Check = stateCheck({
    phase: oneOf('ramping', 'paused', 'kept', 'promoted', 'rolled-back'),
    stage: text,
    share: fraction,
    approved: flag,
    byMachine: flag,
    why: text,
  });

  protected start(now: number, scope: Scope, attempt = 1): CanaryState {
    const [first] = this.#stages as readonly [FullStage];
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

  protected step(own: CanaryState, signal: Signal, view: View, scope: Scope): Transition<CanaryState> {
    switch (signal.type) {
      case 'tick':
        return this.#tick(own, view, scope);
      case 'promote':
        if (own.phase === 'promoted') return refuse(own, 'the candidate is promoted already');
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
      phase:
        settled !== undefined
          ? 'settled'
          : own.phase === 'ramping'
            ? 'running'
            : own.phase === 'kept'
              ? 'waiting'
              : 'paused',
      ...(settled !== undefined && { settled }),
      stable: this.stableOf(own.phase === 'promoted' ? 'candidate' : 'baseline', state, scope),
      shares: { candidate: own.share, baseline: 1 - own.share },
      waitingFor: this.#waitingFor(own),
      children: this.childStatuses(state, scope),
      detail: { stage: own.stage, attempt: own.attempt, since: own.since, why: own.why },
    };
  }

  #waitingFor({ phase, stage: name }: CanaryState): readonly string[] {
    if (phase === 'paused') return ['resume()'];
    if (phase === 'kept') return ['promote()'];
    if (phase !== 'ramping') return [];
    const stage = this.#stages.find((candidate) => candidate.name === name);
    if (stage === undefined) return [];
    return [
      ...(stage.minAgeMs > 0 ? [`age of ${stage.minAgeMs} ms`] : []),
      ...(stage.minOutcomes > 0 ? [`${stage.minOutcomes} outcomes`] : []),
      ...stage.gates.map((gate) => gate.name),
      ...(stage.hold ? ['approval'] : []),
    ];
  }

  /** The stage the state names; after an edit of the ramp, the last one that is not larger than the share in force. */
  #stageOf(own: CanaryState): FullStage {
    const named = this.#stages.find(({ name }) => name === own.stage);
    return named ?? this.#stages.findLast(({ share }) => share <= own.share) ?? (this.#stages[0] as FullStage);
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
      return isDue ? this.#retry(own, `retry ${own.attempt} of ${retry.times}`, view, scope) : stay(own);
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
    const look = { node: scope.id, verdicts, waitingFor: progress.waitingFor };
    if (progress.action === 'rollback') {
      const reason = `stage ${own.stage} passed its deadline waiting for ${progress.waitingFor.join(', ')}`;
      return { ...stay(own, look), urgent: [machineRollback('deadline', reason, own, scope)] };
    }
    if (progress.action !== 'advance') return stay(own, look);
    const { allowed, why = 'the calendar' } = promotionAllowed(this.#options.calendar ?? {}, view.now);
    if (!allowed) return stay(own, { ...look, waitingFor: [why] });
    return { ...this.#advance(own, verdicts, view, scope), verdicts: [look] };
  }

  /** A stage whose share was edited in the program takes its new share, as an epoch of its own. */
  #followEdit(own: CanaryState, view: View, scope: Scope): Transition<CanaryState> | undefined {
    const stage = this.#stageOf(own);
    if (stage.name === own.stage && stage.share === own.share) return undefined;
    const next = { ...own, ...newEpoch(view.now, scope), stage: stage.name, share: stage.share };
    return move(next, scope, own.stage, stage.name, 'the stages were edited');
  }

  #advance(
    own: CanaryState,
    verdicts: Parameters<typeof verdictFacts>[0],
    view: View,
    scope: Scope,
  ): Transition<CanaryState> {
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
    facts: Parameters<typeof move>[5] = {},
  ): Transition<CanaryState> {
    const from = own.phase === 'ramping' ? own.stage : own.phase;
    return move({ ...own, ...newEpoch(view.now, scope), phase, share, why }, scope, from, phase, why, {
      ...facts,
      share,
    });
  }

  #rollBack(
    own: CanaryState,
    command: Command & { type: 'rollback' },
    view: View,
    scope: Scope,
  ): Transition<CanaryState> {
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
