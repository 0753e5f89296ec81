import type { MetricsOfRule } from '../analysis/verdict.js';
import { type Json, own as ownValue } from '../core/json.js';
import { verify } from '../core/options.js';
import type { Plan } from '../plan/plan.js';
import { type Below, Composite, type Tree, refuse, stay } from './children.js';
import {
  answer,
  firstState,
  followEdit,
  gatesOf,
  pause,
  promote,
  restart,
  resume,
  rollBack,
  withInstance,
} from './pipeline-moves.js';
import {
  type GatesOf,
  type LeaveRules,
  type PipelineOptions,
  type PipelineState,
  pipelineCheck,
  pipelineStateCheck,
} from './pipeline-options.js';
import { gateTasks, withCheck } from './gate-checks.js';
import { namedApproval } from './guard.js';
import { guardDetail } from './guarding.js';
import { type PipelineSetup, placeOf, ruleOf, settledBy, stageAfter } from './pipeline-places.js';
import { tick } from './pipeline-tick.js';
import { leaveWaits, stageWaitsOf } from './pipeline-waiting.js';
import type {
  Branch,
  MetricsOf,
  ModelsOf,
  Scope,
  Signal,
  Status,
  Strategy,
  Task,
  Transition,
  View,
} from './strategy.js';

/**
 * Runs strategies one after another: the next begins when the active one is promoted and whatever else was asked for is
 * there. States: those of its active stage, and paused.
 */
export class Pipeline<
  const T extends Readonly<Record<string, Strategy>>,
  const L extends LeaveRules = Record<never, never>,
> extends Composite<ModelsOf<T[keyof T]>, MetricsOf<T[keyof T]> | MetricsOfRule<GatesOf<L>>, PipelineState> {
  readonly kind = 'pipeline';
  /** Without the names of its stages: a pipeline that was edited goes on by name instead of beginning anew. */
  override readonly shape: Json = 'stages';
  protected readonly ownCheck = pipelineStateCheck;
  readonly #setup: PipelineSetup;
  readonly #reshuffle: readonly string[];

  constructor(options: PipelineOptions<T, L>) {
    verify('new Pipeline', 'strategy', options, pipelineCheck);
    const leave: LeaveRules = options.leave ?? {};
    const metrics = Object.values(leave).flatMap((rule) => (rule?.gates ?? []).flatMap((gate) => gate.metrics));
    super(options.stages as Readonly<Record<string, Branch>> as never, metrics as never);
    this.#setup = { names: Object.keys(options.stages), leave, observes: options.mode === 'observe' };
    this.#reshuffle = options.reshuffle ?? [];
  }

  protected start(now: number, scope: Scope, attempt = 1): PipelineState {
    return firstState(this.#setup, now, scope, attempt);
  }

  protected override liveArms({ stage }: PipelineState): readonly string[] {
    return this.#setup.names.filter((name) => name === stage);
  }

  protected override childScope(arm: string, scope: Scope): Scope {
    return scope.child(arm, { salt: this.#reshuffle.includes(arm) ? 'own' : 'inherit' });
  }

  protected step(
    own: PipelineState,
    signal: Signal,
    view: View,
    scope: Scope,
    below: Below<ModelsOf<T[keyof T]>>,
  ): Transition<PipelineState> {
    const turn = { setup: this.#setup, own, view, scope, below };
    const { stage } = placeOf(this.#setup, own);
    switch (signal.type) {
      case 'settled': {
        const learnt = withCheck(gatesOf(this.#setup, own), own, signal, view.now, scope);
        return learnt === undefined ? stay(own) : { state: learnt.own, notices: learnt.notices };
      }
      case 'joined':
      case 'left':
        return stay(withInstance(own, signal));
      case 'rollback':
        return rollBack(turn, signal);
      case 'reset':
        return restart(turn, signal);
      case 'tick':
        return stage === own.stage ? tick(turn) : followEdit(turn);
      default:
        break;
    }
    if (stage !== own.stage) return refuse(own, `the stage '${own.stage}' was removed; a tick goes on with '${stage}'`);
    switch (signal.type) {
      case 'promote':
        return promote(turn, signal);
      case 'pause':
        return pause(turn, signal.by);
      case 'resume':
        return resume(turn, signal);
      default:
        return answer(turn, signal.type, signal.by);
    }
  }

  protected override ownTasks(own: PipelineState, scope: Scope): readonly Task[] {
    return gateTasks(gatesOf(this.#setup, own), own, scope);
  }

  protected override upgraded(own: PipelineState): PipelineState {
    const isApproved = (own.order as string) === 'approved';
    return isApproved ? namedApproval({ ...own, order: 'none', approved: true }) : own;
  }

  plan(state: Tree<PipelineState>, scope: Scope): Plan<ModelsOf<T[keyof T]>> {
    const { stage, isBegun } = placeOf(this.#setup, state.own);
    if (isBegun) return this.branchPlan(stage, state, scope);
    return { op: 'serve', model: this.#fresh(stage, state.own, scope).stable };
  }

  status(state: Tree<PipelineState>, scope: Scope): Status<ModelsOf<T[keyof T]>> {
    const setup = this.#setup;
    const { stage, isBegun } = placeOf(setup, state.own);
    const own = { ...state.own, stage };
    const nodeOf = (name: string) => this.childScope(name, scope).id;
    const statuses = this.childStatuses(state, scope);
    const begun = new Set([...own.passed, ...(isBegun ? [stage] : [])].map(nodeOf));
    const active = isBegun ? statuses.find(({ node }) => node === nodeOf(stage)) : undefined;
    const child = active ?? this.#fresh(stage, own, scope);
    const settled = settledBy(setup, own, child);
    const { attempt, since, passed, why } = own;
    return {
      node: scope.id,
      kind: this.kind,
      phase: phaseOf(own, child, settled),
      ...(settled !== undefined && { settled }),
      stable: child.stable,
      shares: Object.fromEntries(setup.names.map((name) => [name, name === stage ? 1 : 0])),
      waitingFor: isBegun ? waitingFor(setup, own, child, settled) : ['a tick'],
      children: statuses.filter(({ node }) => begun.has(node)),
      detail: { stage, attempt, since, passed, why, ...guardDetail(own) },
    };
  }

  /** The status of a stage as it would begin: what is kept of it may be of an earlier attempt. */
  #fresh(stage: string, own: PipelineState, scope: Scope): Status<ModelsOf<T[keyof T]>> {
    const strategy = ownValue(this.children, stage) as Strategy<ModelsOf<T[keyof T]>>;
    const at = this.childScope(stage, scope);
    return strategy.status(strategy.init(own.since, at), at);
  }
}

function phaseOf(
  own: PipelineState,
  child: Status<string>,
  settled: Status<string>['settled'],
): Status<string>['phase'] {
  if (settled !== undefined) return 'settled';
  if (own.paused) return 'paused';
  // The stage is through, and something else is waited for.
  return child.phase === 'settled' ? 'waiting' : child.phase;
}

function waitingFor(
  setup: PipelineSetup,
  own: PipelineState,
  child: Status<string>,
  settled: Status<string>['settled'],
): readonly string[] {
  if (settled !== undefined) return [];
  if (own.paused) return ['resume()'];
  if (stageAfter(setup, own) === undefined) return stageWaitsOf(own.stage, child);
  return leaveWaits(ruleOf(setup, own), own, child);
}
