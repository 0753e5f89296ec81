import type { Guardrail, MetricsOfRule } from '../analysis/verdict.js';
import { verify } from '../core/options.js';
import { rampCuts } from '../plan/cuts.js';
import type { Plan } from '../plan/plan.js';
import { saltOf } from './attempt.js';
import { type CanaryOptions, type CanaryState, canaryCheck, defaultStages } from './canary-options.js';
import { Composite, type Tree } from './children.js';
import { namedApproval } from './guard.js';
import { rampStateCheck } from './ramp-state.js';
import { Ramp } from './ramping.js';
import { fullStages } from './stages.js';
import { soleArm } from './sole-arm.js';
import type { Branch, MetricsOf, ModelsOf, Scope, Signal, Status, Task, Transition, View } from './strategy.js';

/**
 * Gives a small share of the units to a candidate, and more as it proves itself: stage by stage, judged at every tick, rolled back
 * by any guardrail that fails. States: ramping, paused, kept, promoted, rolled back.
 */
export class Canary<
  const B extends Branch,
  const C extends Branch,
  const G extends Guardrail<string> = never,
  // Only ever from the options: where any strategy is asked for, `string` would be inferred for a canary without gates.
  const Q extends string = never,
> extends Composite<ModelsOf<B | C>, MetricsOf<B | C> | MetricsOfRule<G> | NoInfer<Q>, CanaryState> {
  readonly kind = 'canary';
  readonly #options: CanaryOptions<B, C, G, Q>;
  readonly #ramp: Ramp;
  protected readonly ownCheck = rampStateCheck;

  constructor(options: CanaryOptions<B, C, G, Q>) {
    verify('new Canary', 'strategy', options, canaryCheck);
    const stages = fullStages(options.stages ?? defaultStages);
    const guardrails: readonly Guardrail[] = options.guardrails ?? [];
    const rules = [...guardrails, ...stages.flatMap(({ gates }) => gates)];
    super(
      { candidate: options.candidate, baseline: options.baseline } as Record<string, Branch> as never,
      rules.flatMap(({ metrics }) => metrics) as never,
    );
    this.#options = options;
    this.#ramp = new Ramp(options, {
      name: 'the canary',
      arm: 'candidate',
      control: 'baseline',
      stages,
      controlIn: () => 'baseline',
    });
  }

  protected start(now: number, scope: Scope, attempt = 1): CanaryState {
    return this.#ramp.start(now, scope, attempt);
  }

  protected step(own: CanaryState, signal: Signal, view: View, scope: Scope): Transition<CanaryState> {
    return this.#ramp.step(own, signal, view, scope);
  }

  protected override ownTasks(own: CanaryState, scope: Scope): readonly Task[] {
    return this.#ramp.tasks(own, scope);
  }

  protected override upgraded(own: CanaryState): CanaryState {
    return namedApproval(own);
  }

  plan(state: Tree<CanaryState>, scope: Scope): Plan<ModelsOf<B | C>> {
    const { own } = state;
    const baseline = this.branchPlan('baseline', state, scope);
    if (own.phase === 'rolled-back') return soleArm(scope, own, 'baseline', baseline);
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
    return {
      node: scope.id,
      kind: this.kind,
      ...this.#ramp.status(own),
      stable: this.stableOf(own.phase === 'promoted' ? 'candidate' : 'baseline', state, scope),
      children: this.childStatuses(state, scope),
    };
  }
}
