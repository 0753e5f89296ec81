import { sharesOf } from '../plan/cuts.js';
import type { Plan } from '../plan/plan.js';
import { hashSpace } from '../plan/weights.js';

type AnyPlan = Plan<string>;

/** A node of a plan that shares out requests: what its evidence is counted by. */
export interface PlanNode {
  readonly node: string;
  readonly epoch: number;
  readonly salt: string;
  readonly shares: Readonly<Record<string, number>>;
}

/** The plans right below one. */
function below(plan: AnyPlan): readonly AnyPlan[] {
  switch (plan.op) {
    case 'serve':
      return [];
    case 'match':
      return [...plan.rules.map((rule) => rule.plan), plan.otherwise];
    case 'mirror':
      return [plan.primary];
    default:
      return plan.arms.map((arm) => arm.plan);
  }
}

/** Every model that a plan can reach, those that only fall back or only shadow included. */
export function modelsIn(plan: AnyPlan, models = new Set<string>()): ReadonlySet<string> {
  for (const inner of below(plan)) modelsIn(inner, models);
  if (plan.op === 'serve') models.add(plan.model);
  if (plan.op === 'mirror') {
    for (const { model } of plan.shadows) if (typeof model === 'string') models.add(model);
  } else if (plan.fallback !== undefined) models.add(plan.fallback);
  return models;
}

/** Every node of a plan that counts, the outer before the inner. */
export function nodesIn(plan: AnyPlan): readonly PlanNode[] {
  const inner = below(plan).flatMap(nodesIn);
  // A gate (coverage, a layer, a holdout) counts nothing, and may be shared with other nodes.
  if (plan.op === 'serve' || plan.op === 'match' || (plan.op === 'split' && !plan.counts)) return inner;
  const { node, epoch, salt } = plan;
  const shares: [string, number][] =
    plan.op === 'mirror'
      ? [['primary', 1], ...plan.shadows.map(({ arm, share }): [string, number] => [arm, share])]
      : plan.arms.map(({ arm, share }) => [arm, share]);
  return [{ node, epoch, salt, shares: Object.fromEntries(shares) }, ...inner];
}

/** What a router could not do with a plan, in words; undefined when there is nothing. */
export function planMistake(plan: AnyPlan): string | undefined {
  const mistake = plan.op === 'split' || plan.op === 'choose' || plan.op === 'mirror' ? sharesMistake(plan) : undefined;
  if (mistake !== undefined && 'node' in plan) return `${plan.node}: ${mistake}`;
  for (const inner of below(plan)) {
    const found = planMistake(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function sharesMistake(plan: AnyPlan & { readonly op: 'split' | 'choose' | 'mirror' }): string | undefined {
  const arms = plan.op === 'mirror' ? plan.shadows : plan.arms;
  const names = arms.map(({ arm }) => arm);
  if (arms.length === 0) return 'has no arms';
  if (new Set(names).size < names.length) return `has an arm twice: ${names.join(', ')}`;
  const bad = arms.find(({ share }) => !(share >= 0 && share <= 1));
  if (bad !== undefined) return `the share of ${bad.arm} is ${bad.share}`;
  if (plan.op === 'mirror') return undefined;
  const sum = arms.reduce((total, { share }) => total + share, 0);
  if (!(Math.abs(sum - 1) <= 1e-9)) return `the shares sum to ${sum}`;
  if (plan.op !== 'split') return undefined;
  return (plan.instances === undefined ? cutsMistake(plan) : instancesMistake(plan)) ?? controlMistake(plan);
}

function cutsMistake({ cuts, arms }: AnyPlan & { readonly op: 'split' }): string | undefined {
  let start = 0;
  for (const { below: end, arm } of cuts) {
    if (!(Number.isInteger(end) && end > start)) return `a cut ends at ${end}, after ${start}`;
    if (!(arm in arms)) return `a cut belongs to arm ${arm} of ${arms.length}`;
    start = end;
  }
  if (start !== hashSpace) return `the cuts end at ${start}, not at 2^32`;
  const shares = sharesOf(cuts, arms.length);
  const off = arms.findIndex(({ share }, index) => !(Math.abs(share - (shares[index] as number)) <= 2 ** -15));
  return off < 0 ? undefined : `the cuts give ${arms[off]?.arm} ${shares[off]}, its share is ${arms[off]?.share}`;
}

function instancesMistake({ instances = [], here, arms }: AnyPlan & { readonly op: 'split' }): string | undefined {
  const names = instances.map(({ instance }) => instance);
  if (names.length === 0) return 'places units on no instance';
  if (new Set(names).size < names.length) return `has an instance twice: ${names.join(', ')}`;
  if (here !== undefined && !names.includes(here)) return `this process, ${here}, is none of its instances`;
  const stray = instances.find(({ arm }) => !(arm in arms));
  if (stray !== undefined) return `instance ${stray.instance} serves arm ${stray.arm} of ${arms.length}`;
  const shares = arms.map((_, index) => instances.filter(({ arm }) => arm === index).length / names.length);
  const off = arms.findIndex(({ share }, index) => !(Math.abs(share - (shares[index] as number)) <= 1e-9));
  return off < 0 ? undefined : `the instances give ${arms[off]?.arm} ${shares[off]}, its share is ${arms[off]?.share}`;
}

/** What cannot be placed falls to the last arm, so that must be the one that leads to the stable model. */
function controlMistake({ arms, fallback, counts }: AnyPlan & { readonly op: 'split' }): string | undefined {
  const last = arms.at(-1);
  if (!counts || fallback === undefined || last === undefined || modelsIn(last.plan).has(fallback)) return undefined;
  return `the last arm, ${last.arm}, does not lead to the stable model ${fallback}`;
}
