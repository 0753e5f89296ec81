import type { Gate, Guardrail, MetricsOfRule } from '../analysis/verdict.js';
import { verify } from '../core/options.js';
import type { Comparison } from '../plan/comparison.js';
import type { Plan, PlanShadow } from '../plan/plan.js';
import { saltOf } from './attempt.js';
import { Composite, type Tree, refuse, stay } from './children.js';
import { exact } from './comparators.js';
import { gateTasks, withCheck } from './gate-checks.js';
import { guardDetail, guardRules } from './guarding.js';
import {
  type ShadowSetup,
  answer,
  gatesOf,
  promote,
  restart,
  rollBack,
  startOf,
  tick,
  to,
  waitingOf,
} from './shadow-moves.js';
import {
  type ShadowOptions,
  type ShadowState,
  noiseFloorArm,
  primaryArm,
  shadowCheck,
  shadowStateCheck,
  shadowsOf,
} from './shadow-options.js';
import type { Branch, MetricsOf, ModelsOf, Scope, Signal, Status, Task, Transition, View } from './strategy.js';

/**
 * Sends copies of requests to other models and compares what they would have answered, while the primary answers. States:
 * mirroring, paused, complete, rolled back; only the first costs anything.
 */
export class Shadow<
  const P extends Branch,
  const S extends string,
  const G extends Guardrail<string> = never,
  const H extends Gate = never,
> extends Composite<ModelsOf<P> | S, MetricsOf<P> | MetricsOfRule<G | H>, ShadowState> {
  readonly kind = 'shadow';
  readonly #options: ShadowOptions<P, S, G, H>;
  readonly #shadows: readonly S[];
  readonly #setup: ShadowSetup;
  readonly #comparison: Comparison;
  protected readonly ownCheck = shadowStateCheck;

  constructor(options: ShadowOptions<P, S, G, H>) {
    verify('new Shadow', 'strategy', options, shadowCheck);
    const { guardrails = [], until, compare = exact(), ignore, clean } = options;
    const shadows = shadowsOf(options.shadow);
    const rules: readonly Guardrail[] = [...guardrails, ...(until?.gates ?? [])];
    const branches = shadows.map((model) => [model, model] as const);
    super(
      { [primaryArm]: options.primary, ...Object.fromEntries(branches) } as Record<string, Branch> as never,
      rules.flatMap(({ metrics }) => metrics) as never,
    );
    this.#options = options;
    this.#shadows = shadows;
    this.#setup = { shadows, guards: guardRules(options, shadows.length), until, gates: until?.gates ?? [] };
    this.#comparison = { compare, ...(ignore !== undefined && { ignore }), ...(clean !== undefined && { clean }) };
  }

  protected start(now: number, scope: Scope, attempt = 1): ShadowState {
    return startOf(now, scope, attempt);
  }

  protected step(own: ShadowState, signal: Signal, view: View, scope: Scope): Transition<ShadowState> {
    switch (signal.type) {
      case 'tick':
        return tick(this.#setup, own, view, scope);
      case 'promote':
        return promote(own, signal, view, scope);
      case 'rollback':
        return rollBack(own, signal, view, scope);
      case 'pause':
        if (own.phase !== 'mirroring') return refuse(own, `nothing is mirrored: the shadow is ${own.phase}`);
        return to(own, 'paused', `paused by ${signal.by}`, view, scope);
      case 'resume':
        if (own.phase === 'paused') return to(own, 'mirroring', `resumed by ${signal.by}`, view, scope);
        if (own.phase !== 'rolled-back') return refuse(own, `nothing is paused: the shadow is ${own.phase}`);
        return restart(own, signal, view, scope);
      case 'reset':
        return restart(own, signal, view, scope);
      case 'approve':
      case 'reject':
        return answer(this.#setup, own, signal, view, scope);
      case 'settled': {
        const learnt = withCheck(gatesOf(this.#setup, own), own, signal, view.now, scope);
        return learnt === undefined ? stay(own) : { state: learnt.own, notices: learnt.notices };
      }
      default:
        return stay(own);
    }
  }

  protected override ownTasks(own: ShadowState, scope: Scope): readonly Task[] {
    return gateTasks(gatesOf(this.#setup, own), own, scope);
  }

  plan(state: Tree<ShadowState>, scope: Scope): Plan<ModelsOf<P> | S> {
    const { own } = state;
    const primary = this.branchPlan(primaryArm, state, scope);
    if (own.phase !== 'mirroring') return primary;
    // An edited share needs no epoch of its own: shadow and primary are compared on the same requests, however many.
    const { share = 1, unit, salt, noiseFloor = false } = this.#options;
    const shadows: PlanShadow<ModelsOf<P> | S>[] = this.#shadows.map((model) => ({ arm: model, model, share }));
    if (noiseFloor) shadows.push({ arm: noiseFloorArm, model: { same: true }, share });
    return {
      op: 'mirror',
      node: scope.id,
      epoch: own.epoch,
      salt: saltOf(scope, own, salt),
      ...(unit !== undefined && { unit }),
      primary,
      shadows,
      comparison: this.#comparison,
    };
  }

  status(state: Tree<ShadowState>, scope: Scope): Status<ModelsOf<P> | S> {
    const { own } = state;
    const { share = 1, noiseFloor = false } = this.#options;
    const arms = [...this.#shadows, ...(noiseFloor ? [noiseFloorArm] : [])];
    const mirrored = own.phase === 'mirroring' ? share : 0;
    const settled = own.phase === 'complete' ? 'promoted' : own.phase === 'rolled-back' ? 'rolled-back' : undefined;
    return {
      node: scope.id,
      kind: this.kind,
      phase: settled !== undefined ? 'settled' : own.phase === 'paused' ? 'paused' : 'running',
      ...(settled !== undefined && { settled }),
      stable: this.stableOf(primaryArm, state, scope),
      shares: { [primaryArm]: 1, ...Object.fromEntries(arms.map((arm) => [arm, mirrored] as const)) },
      waitingFor: waitingOf(this.#setup, own),
      children: this.childStatuses(state, scope),
      detail: { phase: own.phase, attempt: own.attempt, since: own.since, why: own.why, ...guardDetail(own) },
    };
  }
}
