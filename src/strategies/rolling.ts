import type { Guardrail, MetricsOfRule } from '../analysis/verdict.js';
import { verify } from '../core/options.js';
import type { Plan } from '../plan/plan.js';
import { newAttempt } from './attempt.js';
import { Composite, type Tree } from './children.js';
import { guardDetail, guardRules } from './guarding.js';
import { type Fleet, firstMembers, fleetOf } from './rolling/fleet.js';
import { type RollingOptions, rollingCheck } from './rolling/options.js';
import { rollingPlan, sharesOf } from './rolling/placing.js';
import {
  type RollingState,
  type Version,
  memberOf,
  rollingStateCheck,
  stableOf,
  takesRequests,
} from './rolling/state.js';
import { RollingSteps } from './rolling/steps.js';
import { rollingTasks } from './rolling/tasks.js';
import { instanceWords, progressOf, waitingOf } from './rolling/words.js';
import type { Branch, MetricsOf, ModelsOf, Scope, Signal, Status, Task, Transition, View } from './strategy.js';

/**
 * Updates instances in batches while the others serve: each is drained, updated, checked, and gets its users back. Either this router
 * drives model servers by callbacks, or every replica of it is an instance. States: waiting, rolling, reversing, promoted, rolled back.
 */
export class Rolling<
  const B extends Branch,
  const C extends Branch,
  const G extends Guardrail<string> = never,
> extends Composite<ModelsOf<B | C>, MetricsOf<B | C> | MetricsOfRule<G>, RollingState> {
  readonly kind = 'rolling';
  readonly #options: RollingOptions<B, C, G>;
  readonly #fleet: Fleet;
  readonly #steps: RollingSteps;
  protected readonly ownCheck = rollingStateCheck;

  constructor(options: RollingOptions<B, C, G>) {
    verify('new Rolling', 'strategy', options, rollingCheck);
    const guardrails: readonly Guardrail[] = options.guardrails ?? [];
    super(
      { to: options.to, from: options.from } as Record<string, Branch> as never,
      guardrails.flatMap(({ metrics }) => metrics) as never,
      // A list of servers may be edited at any time; but replicas and servers have nothing to do with each other.
      options.instances === undefined ? 'replicas' : 'servers',
    );
    this.#options = options;
    this.#fleet = fleetOf(options);
    this.#steps = new RollingSteps({
      fleet: this.#fleet,
      guards: guardRules(options),
      reverses: options.onFailure === 'reverse',
    });
  }

  protected start(now: number, scope: Scope, attempt = 1): RollingState {
    return {
      ...newAttempt(now, scope, attempt),
      phase: this.#fleet.instances === undefined ? 'waiting' : 'rolling',
      halted: 'no',
      hurried: false,
      joinedAt: Math.floor(now),
      members: firstMembers(this.#fleet, 'from', now),
      why: 'the roll-out started',
    };
  }

  protected step(own: RollingState, signal: Signal, view: View, scope: Scope): Transition<RollingState> {
    return this.#steps.step(own, signal, view, scope);
  }

  override tasks(state: Tree<RollingState>, scope: Scope): readonly Task[] {
    const { update, check, stop } = this.#options;
    const modelOf = (version: Version) => this.stableOf(version, state, scope);
    const shop = { fleet: this.#fleet, calls: { update, check, stop }, modelOf };
    return [...super.tasks(state, scope), ...rollingTasks(shop, state.own, scope)];
  }

  plan(state: Tree<RollingState>, scope: Scope): Plan<ModelsOf<B | C>> {
    const { unit, salt } = this.#options;
    const isReplicas = this.#fleet.instances === undefined;
    const planOf = (version: Version) => this.branchPlan(version, state, scope);
    return rollingPlan({ unit, salt, isReplicas, planOf }, state.own, scope);
  }

  status(state: Tree<RollingState>, scope: Scope): Status<ModelsOf<B | C>> {
    const { own } = state;
    const isSettled = own.phase === 'promoted' || own.phase === 'rolled-back';
    const member = this.#fleet.instances === undefined ? memberOf(own.members, scope.instance ?? '') : undefined;
    return {
      node: scope.id,
      kind: this.kind,
      phase: isSettled ? 'settled' : own.halted !== 'no' ? 'paused' : own.phase === 'waiting' ? 'waiting' : 'running',
      ...(isSettled && { settled: own.phase as 'promoted' | 'rolled-back' }),
      stable: this.stableOf(stableOf(own), state, scope),
      shares: sharesOf(own),
      waitingFor: waitingOf(this.#fleet, own),
      children: this.childStatuses(state, scope),
      // A replica that is away for the others is here all the same: only what is done to it counts.
      ...(member !== undefined && { ready: takesRequests({ ...member, present: true }) }),
      detail: {
        phase: own.phase,
        attempt: own.attempt,
        since: own.since,
        ...progressOf(this.#fleet, own),
        instances: instanceWords(own),
        why: own.why,
        ...guardDetail(own),
      },
    };
  }
}
