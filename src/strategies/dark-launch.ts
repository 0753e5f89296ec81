import type { Guardrail, MetricsOfRule } from '../analysis/verdict.js';
import type { Condition } from '../core/conditions.js';
import { type Context, defaultUnit, unitOf } from '../core/context.js';
import { hash32 } from '../core/hash.js';
import { isObject, own as ownValue } from '../core/json.js';
import { verify } from '../core/options.js';
import { rampCuts } from '../plan/cuts.js';
import type { Plan, PlanRule, Split } from '../plan/plan.js';
import { saltOf } from './attempt.js';
import { defaultStages } from './canary-options.js';
import { soleArm } from './sole-arm.js';
import { Composite, type Tree } from './children.js';
import {
  type DarkLaunchOptions,
  type DarkLaunchState,
  audienceCondition,
  darkLaunchCheck,
  darkStage,
} from './dark-launch-options.js';
import { namedApproval } from './guard.js';
import { rampStateCheck } from './ramp-state.js';
import { Ramp } from './ramping.js';
import { primaryArm } from './shadow-options.js';
import { type Stage, fullStages } from './stages.js';
import type { Branch, MetricsOf, ModelsOf, Scope, Signal, Status, Task, Transition, View } from './strategy.js';

/**
 * Runs a model that nobody but an audience can reach, on a share of everybody's requests if you like, whose output is
 * dropped; then reveals it stage by stage. States: dark, revealing, paused, kept, promoted, rolled back.
 */
export class DarkLaunch<
  const B extends Branch,
  const H extends Branch,
  const G extends Guardrail<string> = never,
  // Only ever from the options: where any strategy is asked for, `string` would be inferred for a launch without gates.
  const Q extends string = never,
> extends Composite<ModelsOf<B | H>, MetricsOf<B | H> | MetricsOfRule<G> | NoInfer<Q>, DarkLaunchState> {
  readonly kind = 'dark-launch';
  readonly #options: DarkLaunchOptions<B, H, G, Q>;
  readonly #audience: Condition;
  readonly #ramp: Ramp;
  protected readonly ownCheck = rampStateCheck;

  constructor(options: DarkLaunchOptions<B, H, G, Q>) {
    verify('new DarkLaunch', 'strategy', options, darkLaunchCheck);
    const { until = { hold: true }, reveal = defaultStages } = options;
    const dark: Stage<string> = { ...until, name: darkStage, share: 0 };
    const stages = fullStages([dark, ...reveal]);
    const guardrails: readonly Guardrail[] = options.guardrails ?? [];
    const rules = [...guardrails, ...stages.flatMap(({ gates }) => gates)];
    super(
      { hidden: options.hidden, visible: options.visible } as Record<string, Branch> as never,
      rules.flatMap(({ metrics }) => metrics) as never,
    );
    this.#options = options;
    this.#audience = audienceCondition(options.audience, options.unit);
    this.#ramp = new Ramp(options, {
      name: 'the dark launch',
      arm: 'hidden',
      control: 'visible',
      stages,
      // While dark, the only evidence is that of the mirror, where the model that answered is the primary.
      controlIn: ({ share }) => (share === 0 ? primaryArm : 'visible'),
    });
  }

  protected start(now: number, scope: Scope, attempt = 1): DarkLaunchState {
    return this.#ramp.start(now, scope, attempt);
  }

  protected step(own: DarkLaunchState, signal: Signal, view: View, scope: Scope): Transition<DarkLaunchState> {
    return this.#ramp.step(own, signal, view, scope);
  }

  protected override ownTasks(own: DarkLaunchState, scope: Scope): readonly Task[] {
    return this.#ramp.tasks(own, scope);
  }

  protected override upgraded(own: DarkLaunchState): DarkLaunchState {
    return namedApproval(own);
  }

  plan(state: Tree<DarkLaunchState>, scope: Scope): Plan<ModelsOf<B | H>> {
    const { own } = state;
    const visible = this.branchPlan('visible', state, scope);
    if (own.phase === 'rolled-back') return soleArm(scope, own, 'visible', visible);
    const hidden = this.branchPlan('hidden', state, scope);
    const fallback = this.stableOf('visible', state, scope);
    const rule = { name: 'audience', when: this.#audience, arm: 'hidden', plan: hidden };
    if (own.share === 0) {
      return { op: 'match', node: scope.id, rules: [rule], otherwise: this.#executed(own, visible, scope), fallback };
    }
    const split = this.#split(own, { hidden, visible, fallback }, scope);
    if (own.share === 1) return split;
    const pinned = { name: 'pinned', when: pinnedOutside(split), arm: 'visible', plan: visible };
    const rules: readonly PlanRule<ModelsOf<B | H>>[] = [rule, pinned];
    return { op: 'match', node: scope.id, rules, otherwise: split, fallback };
  }

  status(state: Tree<DarkLaunchState>, scope: Scope): Status<ModelsOf<B | H>> {
    const { own } = state;
    return {
      node: scope.id,
      kind: this.kind,
      ...this.#ramp.status(own),
      stable: this.stableOf(own.phase === 'promoted' ? 'hidden' : 'visible', state, scope),
      children: this.childStatuses(state, scope),
    };
  }

  /** The visible plan, with the hidden model running beside it on a share of the requests. */
  #executed(own: DarkLaunchState, visible: Plan<ModelsOf<B | H>>, scope: Scope): Plan<ModelsOf<B | H>> {
    const { execute = 0, hidden, salt } = this.#options;
    if (!(execute > 0)) return visible;
    return {
      op: 'mirror',
      node: scope.id,
      epoch: own.epoch,
      salt: saltOf(scope, own, salt, this.#options.retry?.sameUnits),
      primary: visible,
      // Each request is drawn, since load is wanted of everybody and not of the same users every time.
      shadows: [{ arm: 'hidden', model: hidden as ModelsOf<H>, share: execute }],
    };
  }

  #split(
    own: DarkLaunchState,
    branches: { hidden: Plan<ModelsOf<B | H>>; visible: Plan<ModelsOf<B | H>>; fallback: ModelsOf<B | H> },
    scope: Scope,
  ): Split<ModelsOf<B | H>> {
    const { unit, salt, retry } = this.#options;
    const { share } = own;
    return {
      op: 'split',
      node: scope.id,
      epoch: own.epoch,
      salt: saltOf(scope, own, salt, retry?.sameUnits),
      ...(unit !== undefined && { unit }),
      arms: [
        { arm: 'hidden', share, plan: branches.hidden },
        { arm: 'visible', share: 1 - share, plan: branches.visible },
      ],
      cuts: rampCuts(share),
      // Drawn per request, who has no unit would see what is hidden come and go.
      missing: share === 1 ? 'draw' : 'last',
      counts: true,
      fallback: branches.fallback,
    };
  }
}

/** A pin comes from a cookie or a link: it may not show the hidden arm to whom it is not revealed. */
function pinnedOutside({ node, unit = defaultUnit, salt, cuts }: Split<string>): (context: Context) => boolean {
  const seed = hash32(salt);
  // A share that rounds to nothing has no cut.
  const revealed = cuts.find(({ arm }) => arm === 0)?.below ?? 0;
  return (context) => {
    const pins: unknown = context.pins;
    if (!isObject(pins) || ownValue(pins, node) !== 'hidden') return false;
    const value = unitOf(context, unit);
    return value === undefined || !(hash32(value, seed) < revealed);
  };
}
