import { type Condition, conditionCheck } from '../core/conditions.js';
import {
  type Check,
  all,
  flag,
  fraction,
  listOf,
  must,
  object,
  oneOf,
  optional,
  text,
  verify,
} from '../core/options.js';
import { rampCuts } from '../plan/cuts.js';
import type { Plan, PlanRule, Split } from '../plan/plan.js';
import { type Attempt, newAttempt, newEpoch, saltOf, stateCheck } from './attempt.js';
import { soleArm } from './sole-arm.js';
import { Composite, type Tree, armNameCheck, branchCheck, move, refuse, stay } from './children.js';
import type { Branch, Command, MetricsOf, ModelsOf, Scope, Signal, Status, Transition, View } from './strategy.js';

/** Who gets a branch by a condition. `'on'` and `'off'` are the flag's own branches, whatever models are called. */
export interface FlagRule<R> {
  readonly name: string;
  readonly when: Condition;
  readonly use: R | 'on' | 'off';
}

/** Options of a feature flag. */
export interface FeatureFlagOptions<On, Off, R> {
  readonly on: On;
  readonly off: Off;
  /** The fraction of the units that no rule is for and that get `on`. Default 1. */
  readonly share?: number;
  /** The first whose condition holds decides. */
  readonly rules?: readonly FlagRule<R>[];
  /** `false` is the kill switch in the program: off for everybody, whatever the state says. Default true. */
  readonly enabled?: boolean;
  readonly owner?: string;
  readonly description?: string;
  /** ISO 8601, such as `2026-03-01`. */
  readonly createdAt?: string;
  /** ISO 8601. From then on `auditFlags` calls the flag stale; requests never notice. */
  readonly expiresAt?: string;
  /** The attribute that must keep getting the same branch. Default `targetingKey`. */
  readonly unit?: string;
  /** What units are hashed with. Default: the node's path. */
  readonly salt?: string;
}

/** What an audit of flags looks at. */
export type FlagFacts = Pick<
  FeatureFlagOptions<unknown, unknown, unknown>,
  'owner' | 'description' | 'createdAt' | 'expiresAt'
> & { readonly share: number; readonly rules: number; readonly enabled: boolean };

/** What rules lead to besides the flag's own branches, whose words are no models although they are inferred with them. */
type OwnOf<R> = Exclude<R, 'on' | 'off'>;

type FlagPhase = 'rules' | 'on' | 'killed';

/** The own part of a flag's state. */
export type FeatureFlagState = Attempt & {
  readonly phase: FlagPhase;
  /** The share in force for whom no rule is for. */
  readonly share: number;
  readonly why: string;
};

const dateCheck = must(
  'a date as in 2026-03-01 or 2026-03-01T09:00:00Z',
  (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(Date.parse(value)),
);

const ruleNames: Check = (value, path, issues) => {
  const names = Array.isArray(value) ? (value as readonly { name?: unknown }[]).map((rule) => rule?.name) : [];
  names.forEach((name, index) => {
    const isTaken = name === 'on' || name === 'off' || names.indexOf(name) < index;
    if (isTaken) issues.push({ path: `${path}[${index}].name`, message: `must not be taken (was '${String(name)}').` });
  });
};

const optionsCheck = object({
  on: branchCheck,
  off: branchCheck,
  share: optional(fraction),
  rules: optional(
    all(listOf(object({ name: armNameCheck, when: conditionCheck, use: branchCheck }), { max: 200 }), ruleNames),
  ),
  enabled: optional(flag),
  owner: optional(text),
  description: optional(text),
  createdAt: optional(dateCheck),
  expiresAt: optional(dateCheck),
  unit: optional(text),
  salt: optional(text),
});

/**
 * Turns a branch on for whom the rules name and for a share of the rest, and off for everybody at once by `rollback()`, its kill
 * switch. States: rules, on for everybody, killed.
 */
export class FeatureFlag<
  const On extends Branch,
  const Off extends Branch,
  const R extends Branch = never,
> extends Composite<ModelsOf<On | Off | OwnOf<R>>, MetricsOf<On | Off | R>, FeatureFlagState> {
  readonly kind = 'feature-flag';
  /** The facts that `auditFlags` reads. */
  readonly flag: FlagFacts;
  readonly #options: FeatureFlagOptions<On, Off, R>;
  protected readonly ownCheck = stateCheck({
    phase: oneOf('rules', 'on', 'killed'),
    share: fraction,
    why: text,
  });

  constructor(options: FeatureFlagOptions<On, Off, R>) {
    verify('new FeatureFlag', 'strategy', options, optionsCheck);
    const { share = 1, rules = [], enabled = true, owner, description, createdAt, expiresAt } = options;
    const own = rules.flatMap(({ name, use }) => (isOwnBranch(use) ? [] : [[name, use] as const]));
    super({ on: options.on, off: options.off, ...Object.fromEntries(own) } as Record<string, Branch> as never, []);
    this.#options = options;
    this.flag = Object.freeze({
      share,
      rules: rules.length,
      enabled,
      ...(owner !== undefined && { owner }),
      ...(description !== undefined && { description }),
      ...(createdAt !== undefined && { createdAt }),
      ...(expiresAt !== undefined && { expiresAt }),
    });
  }

  protected start(now: number, scope: Scope, attempt = 1): FeatureFlagState {
    return { ...newAttempt(now, scope, attempt), phase: 'rules', share: this.flag.share, why: 'the flag was made' };
  }

  protected step(own: FeatureFlagState, signal: Signal, view: View, scope: Scope): Transition<FeatureFlagState> {
    switch (signal.type) {
      case 'tick':
        // A share that was edited in the program comes into force as an epoch of its own.
        return own.phase !== 'rules' || own.share === this.flag.share
          ? stay(own)
          : this.#to(own, 'rules', 'the share was edited', view, scope);
      case 'promote':
        return this.#promote(own, signal, view, scope);
      case 'rollback':
        if (own.phase === 'killed') return refuse(own, 'the flag is killed already');
        return this.#to(own, 'killed', `${signal.reason} (${signal.by})`, view, scope);
      case 'resume':
      case 'reset': {
        if (own.phase === 'rules') return refuse(own, 'the rules apply already');
        // A new attempt, so that a machine's late rollback of the old one does nothing.
        const next = { ...own, attempt: own.attempt + 1, firstEpoch: scope.revision };
        return this.#to(next, 'rules', `back to the rules by ${signal.by}`, view, scope, own.phase);
      }
      case 'pause':
        return refuse(own, 'nothing moves by itself in a flag; rollback() turns it off');
      case 'approve':
      case 'reject':
        return refuse(own, 'no approval is waited for');
      default:
        return stay(own);
    }
  }

  plan(state: Tree<FeatureFlagState>, scope: Scope): Plan<ModelsOf<On | Off | OwnOf<R>>> {
    const { own } = state;
    const { rules = [], enabled = true, unit, salt } = this.#options;
    const off = this.branchPlan('off', state, scope);
    const fallback = this.stableOf('off', state, scope);
    const node = { op: 'split', node: scope.id, epoch: own.epoch, fallback } as const;
    if (!enabled || own.phase === 'killed') {
      return { ...soleArm(scope, own, 'off', off), fallback };
    }
    const { share } = own;
    const on = this.branchPlan('on', state, scope);
    const split: Split<ModelsOf<On | Off | OwnOf<R>>> = {
      ...node,
      // A flag that is turned on again is on for the same units: it is a switch, not a new experiment.
      salt: saltOf(scope, own, salt, true),
      ...(unit !== undefined && { unit }),
      arms: [
        { arm: 'on', share, plan: on },
        // Without a share it stays in the plan: loaded, so that the kill switch takes no time.
        { arm: 'off', share: 1 - share, plan: off },
      ],
      cuts: rampCuts(share),
      // Drawn per request, a feature would come and go under a user; but on for everybody is on for the nameless too.
      missing: share === 1 ? 'draw' : 'last',
      counts: true,
    };
    if (own.phase === 'on' || rules.length === 0) return split;
    const planRule = ({ name, when, use }: FlagRule<R>): PlanRule<ModelsOf<On | Off | OwnOf<R>>> => {
      if (!isOwnBranch(use)) return { name, when, plan: this.branchPlan(name, state, scope) };
      return { name, when, arm: use, plan: use === 'on' ? on : off };
    };
    return { op: 'match', node: scope.id, rules: rules.map(planRule), otherwise: split, fallback };
  }

  status(state: Tree<FeatureFlagState>, scope: Scope): Status<ModelsOf<On | Off | OwnOf<R>>> {
    const { own } = state;
    const enabled = this.#options.enabled ?? true;
    const share = enabled ? own.share : 0;
    const settled = own.phase === 'killed' ? 'rolled-back' : own.phase === 'on' && enabled ? 'promoted' : undefined;
    return {
      node: scope.id,
      kind: this.kind,
      phase: settled !== undefined ? 'settled' : enabled ? 'running' : 'paused',
      ...(settled !== undefined && { settled }),
      stable: this.stableOf('off', state, scope),
      shares: { on: share, off: 1 - share },
      waitingFor: enabled ? [] : ['the option enabled: true'],
      children: this.childStatuses(state, scope),
      detail: { phase: own.phase, attempt: own.attempt, since: own.since, why: own.why, ...this.flag },
    };
  }

  #promote(own: FeatureFlagState, command: Command & { readonly type: 'promote' }, view: View, scope: Scope) {
    if (command.arm !== undefined && command.arm !== 'on') {
      return refuse(own, `only 'on' can be promoted, not '${command.arm}'; rollback() turns the flag off`);
    }
    if (own.phase === 'on') return refuse(own, 'the flag is on for everybody already');
    return this.#to(own, 'on', `on for everybody by ${command.by}`, view, scope);
  }

  #to(
    own: FeatureFlagState,
    phase: FlagPhase,
    why: string,
    view: View,
    scope: Scope,
    from = own.phase,
  ): Transition<FeatureFlagState> {
    const share = phase === 'rules' ? this.flag.share : phase === 'on' ? 1 : 0;
    return move({ ...own, ...newEpoch(view.now, scope), phase, share, why }, scope, from, phase, why, { share });
  }
}

const isOwnBranch = (use: unknown): use is 'on' | 'off' => use === 'on' || use === 'off';
