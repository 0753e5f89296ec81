import type { Gate, Guardrail, MetricsOfRule, Verdict } from '../analysis/verdict.js';
import type { Json } from '../core/json.js';
import { verify } from '../core/options.js';
import type { Comparison } from '../plan/comparison.js';
import type { Plan, PlanShadow } from '../plan/plan.js';
import { newAttempt, newEpoch, saltOf, strataOf } from './attempt.js';
import { Composite, type Tree, move, refuse, stay } from './children.js';
import { exact } from './comparators.js';
import { judgedIn, rollbackFor, verdictFacts, verdictsOf } from './judging.js';
import {
  type ShadowOptions,
  type ShadowPhase,
  type ShadowState,
  noiseFloorArm,
  primaryArm,
  shadowCheck,
  shadowStateCheck,
  shadowsOf,
} from './shadow-options.js';
import type { Branch, Command, MetricsOf, ModelsOf, Scope, Signal, Status, Transition, View } from './strategy.js';

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
  readonly #guardrails: readonly Guardrail[];
  readonly #gates: readonly Gate[];
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
    this.#guardrails = guardrails;
    this.#gates = until?.gates ?? [];
    this.#comparison = { compare, ...(ignore !== undefined && { ignore }), ...(clean !== undefined && { clean }) };
  }

  protected start(now: number, scope: Scope, attempt = 1): ShadowState {
    return { ...newAttempt(now, scope, attempt), phase: 'mirroring', why: 'the mirroring started' };
  }

  protected step(own: ShadowState, signal: Signal, view: View, scope: Scope): Transition<ShadowState> {
    switch (signal.type) {
      case 'tick':
        return this.#tick(own, view, scope);
      case 'promote':
        return this.#promote(own, signal, view, scope);
      case 'rollback':
        if (own.phase === 'rolled-back') return refuse(own, 'the shadow is rolled back already');
        return this.#to(own, 'rolled-back', `${signal.reason} (${signal.by})`, view, scope);
      case 'pause':
        if (own.phase !== 'mirroring') return refuse(own, `nothing is mirrored: the shadow is ${own.phase}`);
        return this.#to(own, 'paused', `paused by ${signal.by}`, view, scope);
      case 'resume':
        if (own.phase === 'paused') return this.#to(own, 'mirroring', `resumed by ${signal.by}`, view, scope);
        if (own.phase !== 'rolled-back') return refuse(own, `nothing is paused: the shadow is ${own.phase}`);
        return this.#restart(own, signal.by, view, scope);
      case 'reset':
        return this.#restart(own, signal.by, view, scope);
      case 'approve':
      case 'reject':
        return refuse(own, 'no approval is waited for');
      default:
        return stay(own);
    }
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
      waitingFor: this.#waitingFor(own),
      children: this.childStatuses(state, scope),
      detail: { phase: own.phase, attempt: own.attempt, since: own.since, why: own.why },
    };
  }

  /** What must come before the mirroring is complete, in general. */
  #waitingFor(own: ShadowState): readonly string[] {
    const { until } = this.#options;
    if (own.phase === 'paused') return ['resume()'];
    if (own.phase !== 'mirroring') return [];
    if (until === undefined) return ['promote()'];
    const { minAgeMs = 0, minOutcomes = 0 } = until;
    return [
      ...(minAgeMs > 0 ? [`age of ${minAgeMs} ms`] : []),
      ...(minOutcomes > 0 ? [`${minOutcomes} outcomes`] : []),
      ...this.#gates.map(({ name }) => name),
    ];
  }

  /** The same with the figures of a look. */
  #waitingNow(own: ShadowState, gates: readonly Verdict[], view: View): readonly string[] {
    const { until } = this.#options;
    if (own.phase !== 'mirroring' || until === undefined) return this.#waitingFor(own);
    const { minAgeMs = 0, minOutcomes = 0 } = until;
    const age = view.now - own.since;
    const strata = strataOf(view, own);
    const counts = this.#shadows.map((arm) => strata.reduce((n, { cells }) => n + (cells[arm]?.outcomes ?? 0), 0));
    return [
      ...(age >= minAgeMs ? [] : [`age of ${minAgeMs} ms (now ${Math.max(0, Math.floor(age))})`]),
      ...this.#shadows.flatMap((arm, index) => {
        const have = counts[index] ?? 0;
        return have >= minOutcomes ? [] : [`${minOutcomes - have} more outcomes of ${arm}`];
      }),
      ...gates.filter(({ outcome }) => outcome !== 'pass').map(({ rule, reason }) => `${rule}: ${reason}`),
    ];
  }

  /** What `rules` say of each shadow against the primary; with several shadows the verdict says of which. */
  #verdicts(rules: readonly Guardrail[], own: ShadowState, view: View): readonly Verdict[] {
    return this.#shadows.flatMap((arm) => {
      const verdicts = verdictsOf(rules, judgedIn(view, own, arm, primaryArm));
      return this.#shadows.length === 1
        ? verdicts
        : verdicts.map((verdict) => Object.assign({}, verdict, { rule: `${arm}: ${verdict.rule}` }));
    });
  }

  #tick(own: ShadowState, view: View, scope: Scope): Transition<ShadowState> {
    if (own.phase === 'complete' || own.phase === 'rolled-back') return stay(own);
    const guarded = this.#verdicts(this.#guardrails, own, view);
    const rollback = rollbackFor(guarded, own, scope);
    if (rollback !== undefined) return { ...stay(own, { node: scope.id, verdicts: guarded }), urgent: [rollback] };
    const gates = own.phase === 'mirroring' ? this.#verdicts(this.#gates, own, view) : [];
    const verdicts = [...guarded, ...gates];
    const waitingFor = this.#waitingNow(own, gates, view);
    const look = { node: scope.id, verdicts };
    if (waitingFor.length > 0) return stay(own, { ...look, waitingFor });
    const done = this.#to(own, 'complete', 'enough was mirrored', view, scope, verdictFacts(verdicts));
    return { ...done, verdicts: [look] };
  }

  #promote(own: ShadowState, command: Command & { readonly type: 'promote' }, view: View, scope: Scope) {
    if (command.arm !== undefined)
      return refuse(own, `promote() ends the mirroring; '${command.arm}' cannot be promoted from here`);
    if (own.phase === 'complete') return refuse(own, 'the mirroring is complete already');
    return this.#to(own, 'complete', `promoted by ${command.by}`, view, scope);
  }

  #to(
    own: ShadowState,
    phase: ShadowPhase,
    why: string,
    view: View,
    scope: Scope,
    facts: Record<string, Json> = {},
  ): Transition<ShadowState> {
    return move({ ...own, ...newEpoch(view.now, scope), phase, why }, scope, own.phase, phase, why, facts);
  }

  #restart(own: ShadowState, by: string, view: View, scope: Scope): Transition<ShadowState> {
    const next = { ...this.start(view.now, scope, own.attempt + 1), why: `a new attempt by ${by}` };
    return move(next, scope, own.phase, next.phase, next.why, { attempt: next.attempt });
  }
}
