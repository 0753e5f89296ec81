import type { ContextualPolicy } from '../../bandits/contextual/policy.js';
import type { LinearMoments } from '../../bandits/contextual/moments.js';
import type { Policy } from '../../bandits/evidence.js';
import { defaultStopAlpha } from '../../analysis/stop-ledger.js';
import type { Guardrail } from '../../analysis/verdict.js';
import { defaultFloor } from '../../bandits/floor.js';
import { thompson } from '../../bandits/thompson.js';
import { isObject } from '../../core/json.js';
import {
  all,
  type Check,
  count,
  fraction,
  object,
  oneOf,
  openFraction,
  optional,
  positive,
  recordOf,
  text,
  withMethods,
} from '../../core/options.js';
import { armNameCheck, branchCheck } from '../children.js';
import { type GuardOptions, type GuardRules, guardKeys, guardRules } from '../guarding.js';
import type { Branch } from '../strategy.js';

/** A policy that looks at the context, and the way its sums take through the router. */
export interface ContextualOptions {
  readonly policy: ContextualPolicy;
  /** Spread its `metrics` into the router's, and its `outcome` into every report. */
  readonly moments: LinearMoments;
}

/** Options of a bandit. */
export interface BanditOptions<A, R, G = never> extends Omit<GuardOptions<G>, 'alpha'> {
  /** 2 to 50 arms by name, each a model or a strategy. Arms that are added or removed later leave the others' evidence as it is. */
  readonly arms: A;
  /** The metric to be raised, or lowered if that is better: a declared one, `error` or `latency`. */
  readonly reward: R;
  /** What everybody gets after a rollback, and whoever cannot be placed. */
  readonly baseline: NoInfer<keyof A & string>;
  /** How evidence becomes shares. Default `thompson()`; see `turnout/bandits`. */
  readonly policy?: Policy;
  /** Shares that depend on the context, in place of `policy`. */
  readonly contextual?: ContextualOptions;
  /** The least share of an arm, at most 1 / arms. Default 0.01; 0.1 where a winner is to be found. */
  readonly floor?: number;
  /** How long shares stay as they are, at least. Default an hour. */
  readonly batchMs?: number;
  /** An arm with fewer rewards gets an equal share. Default 100. */
  readonly minExploration?: number;
  /** For a world that changes: rewards count half after this time. Not with `windowMs`, nor with `freeze: 'winner'`. */
  readonly halfLifeMs?: number;
  /** For a world that changes: older rewards are left out. */
  readonly windowMs?: number;
  /** `'winner'` gives everybody the arm that was shown to be better than every other one. Default `'never'`: a person does it. */
  readonly freeze?: 'winner' | 'never';
  /** The chance that a winner is none, over all arms and looks. Default 0.05. */
  readonly alpha?: number;
  /**
   * The chance that guardrails ever stop a harmless arm, over all arms together; what one stops is taken out, the last one ends the
   * bandit. Default 0.01.
   */
  readonly guardrailAlpha?: number;
  /** The attribute that must keep seeing the same arm. Default `targetingKey`. */
  readonly unit?: string;
  /** What units are hashed with. Default: the node's path. */
  readonly salt?: string;
}

/** The same without what only inference needs. */
interface PlainOptions extends Omit<BanditOptions<Readonly<Record<string, Branch>>, string, Guardrail>, 'baseline'> {
  readonly baseline: string;
}

/** An arm as the options have it. What it leads to is part of what it is: another model is another arm. */
export interface GivenArm {
  readonly name: string;
  readonly leads: string;
}

/** Options with their defaults, and the arms in the order of the plan: the baseline last. */
export interface BanditSetup {
  readonly arms: readonly GivenArm[];
  readonly baseline: string;
  readonly reward: string;
  readonly policy: Policy;
  readonly contextual: ContextualOptions | undefined;
  readonly floor: number;
  readonly batchMs: number;
  readonly minExploration: number;
  readonly halfLifeMs: number | undefined;
  readonly windowMs: number | undefined;
  readonly freezes: boolean;
  readonly alpha: number;
  /** With the alpha of all arms together. */
  readonly guards: GuardRules;
  readonly unit: string | undefined;
  readonly salt: string | undefined;
}

const armsMax = 50;
const hour = 3_600_000;

const armsCheck: Check = (value, path, issues) => {
  recordOf(branchCheck, { min: 2, max: armsMax })(value, path, issues);
  for (const name of isObject(value) ? Object.keys(value) : []) armNameCheck(name, `${path}.${name}`, issues);
};

const contextualCheck = object({
  policy: withMethods('a contextual policy, such as linUcb()', 'fit'),
  moments: withMethods('linearMoments({ … })', 'outcome', 'sumsIn'),
});

const together: Check = (value, path, issues) => {
  if (!isObject(value)) return;
  const say = (option: string, message: string) => issues.push({ path: `${path}.${option}`, message });
  const arms = isObject(value['arms']) ? Object.keys(value['arms']) : [];
  const { baseline, floor = defaultFloor, halfLifeMs, windowMs, freeze, policy, contextual, alpha } = value;
  if (!arms.includes(baseline as string)) {
    say('baseline', `must be one of the arms ${arms.join(', ')} (was ${String(baseline)}).`);
  }
  if (typeof floor === 'number' && !(floor * arms.length <= 1)) {
    say('floor', `must be at most 1 / ${arms.length}, or ${arms.length} arms have no room (was ${floor}).`);
  }
  if (halfLifeMs !== undefined && windowMs !== undefined) {
    say('windowMs', 'must be left out with halfLifeMs: either of them lets old rewards fade.');
  }
  if (policy !== undefined && contextual !== undefined) {
    say('policy', 'must be left out with contextual, which has a policy of its own.');
  }
  const fades = halfLifeMs !== undefined || windowMs !== undefined;
  if (freeze === 'winner' && fades) say('freeze', 'must be left out where the best arm is expected to change.');
  if (freeze === 'winner' && contextual !== undefined) {
    say('freeze', 'must be left out with contextual: another arm is the best in another context.');
  }
  if (alpha !== undefined && freeze !== 'winner') say('alpha', "must be left out without freeze: 'winner'.");
};

/** The check of all options of a bandit. */
export const optionsCheck: Check = all(
  object({
    arms: armsCheck,
    reward: text,
    baseline: text,
    policy: optional(withMethods('a policy, such as thompson()', 'weights')),
    contextual: optional(contextualCheck),
    floor: optional(fraction),
    batchMs: optional(positive),
    minExploration: optional(count),
    halfLifeMs: optional(positive),
    windowMs: optional(positive),
    freeze: optional(oneOf('winner', 'never')),
    alpha: optional(openFraction),
    guardrails: guardKeys.guardrails,
    guardrailAlpha: optional(openFraction),
    mode: guardKeys.mode,
    unit: optional(text),
    salt: optional(text),
  }),
  together,
);

/** Checked options with their defaults. */
export function setupOf(options: PlainOptions): BanditSetup {
  const { baseline } = options;
  const names = Object.keys(options.arms);
  return {
    arms: [...names.filter((name) => name !== baseline), baseline].map((name) => {
      const branch = options.arms[name] as Branch;
      return { name, leads: typeof branch === 'string' ? `model ${branch}` : `strategy ${branch.kind}` };
    }),
    baseline,
    reward: options.reward,
    policy: options.policy ?? thompson(),
    contextual: options.contextual,
    floor: options.floor ?? defaultFloor,
    batchMs: options.batchMs ?? hour,
    minExploration: options.minExploration ?? 100,
    halfLifeMs: options.halfLifeMs,
    windowMs: options.windowMs,
    freezes: options.freeze === 'winner',
    alpha: options.alpha ?? 0.05,
    guards: guardRules({ ...options, alpha: options.guardrailAlpha ?? defaultStopAlpha }),
    unit: options.unit,
    salt: options.salt,
  };
}

/** Whether old rewards lose their weight. */
export function fades({ halfLifeMs, windowMs }: Pick<BanditSetup, 'halfLifeMs' | 'windowMs'>): boolean {
  return halfLifeMs !== undefined || windowMs !== undefined;
}
