import { defaultStopAlpha } from '../../analysis/stop-ledger.js';
import type { Guardrail } from '../../analysis/verdict.js';
import { isObject } from '../../core/json.js';
import {
  all,
  type Check,
  fraction,
  listOf,
  must,
  object,
  oneOf,
  openFraction,
  optional,
  positive,
  positiveCount,
  recordOf,
  text,
} from '../../core/options.js';
import { armNameCheck, branchCheck, isStrategy } from '../children.js';
import { type GuardOptions, type GuardRules, guardKeys, guardRules } from '../guarding.js';
import type { Branch } from '../strategy.js';

/** An arm: what it leads to, alone or with its weight. Weights are relative (3 and 1 are 75 % and 25 %); the default is 1. */
export type ArmOf<B> = B | { readonly weight: number; readonly use: B };
/** What an arm leads to. */
export type UseOf<A> = A extends { readonly use: infer U } ? U : A;

/** A range of a layer's units, as fractions. Tests of one layer with ranges that do not overlap never share a unit. */
export interface Layer {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Options of an A/B test. */
export interface ABTestOptions<A, P, G> extends Omit<GuardOptions<G>, 'alpha'> {
  /** 2 to 50 arms, each a model or a strategy. */
  readonly arms: A;
  /** What the others are compared with, and what everybody gets outside of the test. Default: the first arm. */
  readonly control?: NoInfer<keyof A & string>;
  /** The metric that decides. Without one the test only shares units, until a person ends it. */
  readonly primary?: P;
  /** Reported with p-values that are corrected together (Holm); they never decide. */
  readonly secondary?: readonly P[];
  /** `'sequential'` (default) may stop at any look; `'fixed'` judges once, at its planned size. */
  readonly test?: 'sequential' | 'fixed';
  /** The chance of any false finding on the primary metric, over all arms and looks. Default 0.05, two-sided. */
  readonly alpha?: number;
  /** Units over all arms. Needed for `'fixed'`; a sequential test that is undecided by then stops without a winner. */
  readonly plannedUnits?: number;
  /** In the primary metric's unit. A sequential test stops as futile once no arm can be better by as much. */
  readonly minEffect?: number;
  /** After the decision: `'report'` (default) waits for a person; `'promote'` gives everybody the winner, or the control. */
  readonly then?: 'report' | 'promote';
  /**
   * The chance that guardrails ever stop a harmless arm, over all arms together; what one stops is taken out, the last one ends the
   * test. Default 0.01.
   */
  readonly guardrailAlpha?: number;
  /** The fraction of units in the test. Changing it moves no unit between arms. Default 1. */
  readonly coverage?: number;
  /** The fraction of units that keep the control during the test and after a promotion, and are never counted. Default 0. */
  readonly holdout?: number;
  /** Mutual exclusion with other tests. */
  readonly layer?: Layer;
  /** The attribute that must keep seeing the same arm. Default `targetingKey`. */
  readonly unit?: string;
  /** What units are hashed with. Default: the node's path. */
  readonly salt?: string;
}

/** The same without what only inference needs. */
interface PlainOptions
  extends Omit<ABTestOptions<Readonly<Record<string, ArmOf<Branch>>>, string, Guardrail>, 'control'> {
  readonly control?: string;
}

/** Options with their defaults, and the arms in the order of the plan: the control last. */
export interface ABTestSetup {
  readonly arms: readonly string[];
  readonly control: string;
  /** Shares by arm, which sum to 1. */
  readonly weights: readonly number[];
  readonly primary: string | undefined;
  readonly secondary: readonly string[];
  readonly test: 'sequential' | 'fixed';
  readonly alpha: number;
  readonly plannedUnits: number;
  readonly minEffect: number | undefined;
  /** The decision is acted on by rule. */
  readonly promotes: boolean;
  readonly guards: GuardRules;
  readonly coverage: number;
  readonly holdout: number;
  readonly layer: Layer | undefined;
  readonly unit: string | undefined;
  readonly salt: string | undefined;
}

const maxArms = 50;
const isWeighted = (value: unknown): value is { readonly weight: unknown; readonly use: unknown } =>
  isObject(value) && !isStrategy(value) && 'use' in value;

const armCheck: Check = (value, path, issues) => {
  if (isWeighted(value)) object({ weight: positive, use: branchCheck })(value, path, issues);
  else branchCheck(value, path, issues);
};

const armsCheck: Check = (value, path, issues) => {
  recordOf(armCheck, { min: 2, max: maxArms })(value, path, issues);
  for (const name of isObject(value) ? Object.keys(value) : []) armNameCheck(name, `${path}.${name}`, issues);
};

const layerCheck: Check = all(object({ name: text, from: fraction, to: fraction }), (value, path, issues) => {
  const { from, to } = isObject(value) ? value : {};
  if (typeof from === 'number' && typeof to === 'number' && !(to > from)) {
    issues.push({ path: `${path}.to`, message: `must be over from = ${from} (was ${to}).` });
  }
});

const together: Check = (value, path, issues) => {
  if (!isObject(value)) return;
  const say = (option: string, message: string) => issues.push({ path: `${path}.${option}`, message });
  const arms = isObject(value['arms']) ? Object.keys(value['arms']) : [];
  const { control, primary, secondary, test, plannedUnits, minEffect } = value;
  if (control !== undefined && !arms.includes(control as string)) {
    say('control', `must be one of the arms ${arms.join(', ')} (was ${String(control)}).`);
  }
  // JavaScript sorts keys that are whole numbers, so that the first of them is not the one which was written first.
  if (control === undefined && arms.some((arm) => /^(0|[1-9]\d*)$/.test(arm))) {
    say('control', 'must be given where an arm is named by a whole number, since such keys have no order.');
  }
  if (test === 'fixed' && plannedUnits === undefined) say('plannedUnits', 'must be given for a fixed test.');
  if (test === 'fixed' && minEffect !== undefined)
    say('minEffect', 'must be left out: a fixed test does not stop early.');
  if (primary === undefined) {
    for (const [option, needs] of [
      ['test', test === 'fixed'],
      ['then', value['then'] === 'promote'],
      ['minEffect', minEffect !== undefined],
    ] as const)
      if (needs) say('primary', `must be given with ${option}: it is the metric that decides.`);
  }
  const metrics: readonly unknown[] = Array.isArray(secondary) ? secondary : [];
  metrics.forEach((metric, index) => {
    if (metric === primary) say(`secondary[${index}]`, 'is the primary metric already.');
    else if (metrics.indexOf(metric) < index) say(`secondary[${index}]`, 'was named before.');
  });
};

const belowOne = must('a fraction in [0, 1)', (value) => typeof value === 'number' && value >= 0 && value < 1);

/** The check of all options of an A/B test. */
export const optionsCheck: Check = all(
  object({
    arms: armsCheck,
    control: optional(text),
    primary: optional(text),
    secondary: optional(listOf(text, { max: 100 })),
    test: optional(oneOf('sequential', 'fixed')),
    alpha: optional(openFraction),
    plannedUnits: optional(positiveCount),
    minEffect: optional(positive),
    then: optional(oneOf('report', 'promote')),
    guardrails: guardKeys.guardrails,
    guardrailAlpha: optional(openFraction),
    mode: guardKeys.mode,
    coverage: optional(fraction),
    holdout: optional(belowOne),
    layer: optional(layerCheck),
    unit: optional(text),
    salt: optional(text),
  }),
  together,
);

/** What an arm leads to, without its weight. */
export function branchOf(arm: ArmOf<Branch>): Branch {
  return isWeighted(arm) ? arm.use : arm;
}

/** Checked options with their defaults. */
export function setupOf(options: PlainOptions): ABTestSetup {
  const names = Object.keys(options.arms);
  const control = options.control ?? (names[0] as string);
  const arms = [...names.filter((arm) => arm !== control), control];
  const given = arms.map((name) => {
    const arm = options.arms[name];
    return isWeighted(arm) ? arm.weight : 1;
  });
  const sum = given.reduce((total, weight) => total + weight, 0);
  return {
    arms,
    control,
    weights: given.map((weight) => weight / sum),
    primary: options.primary,
    secondary: options.secondary ?? [],
    test: options.test ?? 'sequential',
    alpha: options.alpha ?? 0.05,
    plannedUnits: options.plannedUnits ?? Infinity,
    minEffect: options.minEffect,
    promotes: options.then === 'promote',
    guards: guardRules({ ...options, alpha: options.guardrailAlpha ?? defaultStopAlpha }, arms.length - 1),
    coverage: options.coverage ?? 1,
    holdout: options.holdout ?? 0,
    layer: options.layer,
    unit: options.unit,
    salt: options.salt,
  };
}
