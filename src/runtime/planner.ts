import type { Context } from '../core/context.js';
import { ConfigError } from '../core/errors.js';
import type { Json } from '../core/json.js';
import type { Rng } from '../core/rng.js';
import { type CompiledPlan, compilePlan } from '../plan/compile.js';
import { type Explanation, explainPlan } from '../plan/explain.js';
import type { Plan, Reason } from '../plan/plan.js';
import { planIssues } from '../plan/plan-issues.js';
import { rootScope } from '../strategies/scope.js';
import type { Scope, Status, Strategy, Task } from '../strategies/strategy.js';

export interface PlannerOptions<M extends string> {
  readonly router: string;
  readonly strategy: Strategy<M>;
  readonly instance: string | undefined;
  readonly conditions: Readonly<Record<string, (context: Context) => boolean>> | undefined;
  readonly rng: Rng;
  onError(error: unknown, operation: string): void;
}

/** Everything that is made of a state: its plan, compiled and explained, its status and its tasks. */
export class Planner<M extends string> {
  readonly #options: PlannerOptions<M>;

  constructor(options: PlannerOptions<M>) {
    this.#options = options;
  }

  /** The stable model of a first state. Whatever a plan can have wrong is thrown here, before a router exists. */
  checkedStable(now: number): M {
    const scope = this.#scope(1);
    const state = this.#options.strategy.init(now, scope);
    const plan = this.#options.strategy.plan(state, scope);
    const issues = planIssues(plan, this.#options.conditions);
    if (issues.length > 0) throw new ConfigError('createRouter', issues);
    this.compile(plan);
    return this.#options.strategy.status(state, scope).stable;
  }

  plan(state: Json, revision: number): Plan<M> {
    return this.#options.strategy.plan(state, this.#scope(revision));
  }

  compile(plan: Plan<M>, reason?: Reason): CompiledPlan<M> {
    return compilePlan(plan, { ...this.#compileOptions(), ...(reason !== undefined && { reason }) });
  }

  explain(plan: Plan<M>, context: Context): Explanation<M> {
    return explainPlan(plan, context, this.#compileOptions());
  }

  /** The status of a state, or of a first one where there is none yet. */
  status(state: Json | undefined, revision: number, now: number): Status<M> {
    const scope = this.#scope(revision);
    return this.#options.strategy.status(state ?? this.#options.strategy.init(now, scope), scope);
  }

  tasks(state: Json, revision: number): readonly Task[] {
    return this.#options.strategy.tasks?.(state, this.#scope(revision)) ?? [];
  }

  #scope(revision: number): Scope {
    return rootScope(this.#options.router, revision, this.#options.instance);
  }

  #compileOptions() {
    const { rng, conditions, onError } = this.#options;
    return {
      rng,
      onError: (error: unknown) => onError(error, 'condition'),
      ...(conditions !== undefined && { conditions }),
    };
  }
}
