import { type Context, unitOf } from '../core/context.js';
import { messageOf } from '../core/errors.js';
import { isObject, own } from '../core/json.js';
import { show } from '../core/options.js';
import type { Placement } from './place.js';
import type { Plan, Route, RouteMirror } from './plan.js';
import { prepare } from './prepare.js';
import type { CompileOptions, PreparedChoose, PreparedMatch, PreparedMirror, PreparedSplit } from './prepared.js';
import { walk, type Witness } from './walk.js';

/** How a split, or a contextual policy, gave its arm. */
export interface DividedStep {
  readonly op: 'split' | 'choose';
  readonly node: string;
  readonly epoch: number;
  readonly arm: string;
  /**
   * `hash`: by its unit. `draw`: by chance. `only`: one arm has everything. `missing`: for want of a unit.
   * `pin`: by `context.pins`. `here`: this process is the instance that has the request.
   */
  readonly by: Placement['by'];
  readonly propensity: number;
  /** False where no exposure is counted: a gate, or a missing unit. */
  readonly counted: boolean;
  /** The attribute that names the unit, and its text if the context has one. */
  readonly attribute: string;
  readonly unit?: string;
  /** What the attribute was instead, where the unit is missing. */
  readonly instead?: string;
  /** What `context.pins` named for this node without effect, since no arm has that name. */
  readonly ignoredPin?: string;
  readonly salt: string;
  /** `hash32(salt)`: what the unit is hashed with. */
  readonly seed: number;
  /** `hash32(unit, seed)`, or what was drawn in its place. */
  readonly hash?: number;
  /** The range that the hash fell in: `from` <= hash < `below`. */
  readonly range?: { readonly from: number; readonly below: number };
  /** The instance, where units are placed on instances: the one of these whose rendezvous hash is the highest. */
  readonly instance?: string;
  readonly instances?: readonly string[];
  /** The arms, with their shares as the cuts hold them, or as the policy gave them for this context. */
  readonly shares: readonly { readonly arm: string; readonly share: number }[];
}

/** Which rules were looked at. The first that matched decided, so those behind it were not reached. */
export interface MatchStep {
  readonly op: 'match';
  readonly node: string;
  readonly rules: readonly { readonly name: string; readonly outcome: 'matched' | 'not-matched' | 'not-reached' }[];
  /** The name of the rule that matched; absent where the way leads on by `otherwise`. */
  readonly matched?: string;
}

/** Shadows that get a copy of their share of the requests. */
export interface MirrorStep {
  readonly op: 'mirror';
  readonly node: string;
  readonly epoch: number;
  readonly shadows: readonly { readonly arm: string; readonly model: string; readonly share: number }[];
}

/** The end of the way. */
export interface ServeStep {
  readonly op: 'serve';
  readonly model: string;
  readonly instance?: string;
}

export type ExplanationStep = DividedStep | MatchStep | MirrorStep | ServeStep;

/** Why a context gets its model: the way through the plan as JSON, with every hash, cut and rule on it. */
export interface Explanation<M extends string> {
  readonly steps: readonly ExplanationStep[];
  /** What errors there were: conditions and policies that threw, prerequisites on nodes that are not there. */
  readonly problems: readonly string[];
  /** The route as requests get it, without the comparisons of its mirrors, which are functions. */
  readonly route: Route<M>;
}

/**
 * Walks a plan once for one context and writes down what it sees. Nothing is counted and `options.onError` is not
 * called. Where a request without a unit is drawn, this draws too: the next may go elsewhere. Throws what `compilePlan`
 * throws.
 */
export function explainPlan<M extends string>(
  plan: Plan<M>,
  context: Context,
  options: CompileOptions,
): Explanation<M> {
  const problems: string[] = [];
  const around = prepare(plan, { ...options, onError: (error) => void problems.push(messageOf(error)) });
  const steps: ExplanationStep[] = [];
  const witness: Witness<M> = {
    placed: (node, placement) => void steps.push(dividedStep(node, placement, context)),
    matched: (node, rule) => void steps.push(matchStep(node, rule)),
    mirrored: (node) => void steps.push(mirrorStep(node)),
    served: ({ plan: { model, instance } }) =>
      void steps.push({ op: 'serve', model, ...(instance === undefined ? {} : { instance }) }),
  };
  const route = walk(around.root, context, around, new Map(), witness);
  return { steps, problems, route: { ...route, mirrors: route.mirrors.map(asJson) } };
}

function asJson<M extends string>(mirror: RouteMirror<M>): RouteMirror<M> {
  const copy: { -readonly [Key in keyof RouteMirror<M>]: RouteMirror<M>[Key] } = { ...mirror };
  delete copy.comparison;
  return copy;
}

function dividedStep<M extends string>(
  node: PreparedSplit<M> | PreparedChoose<M>,
  placement: Placement,
  context: Context,
): DividedStep {
  const { plan } = node;
  const { arm, by, propensity, hash } = placement;
  const unit = unitOf(context, node.unit);
  const pin = by !== 'pin' && isObject(context.pins) ? own<unknown>(context.pins, plan.node) : undefined;
  const { arm: name, instance } = node.arms[arm] as (typeof node.arms)[number];
  const range = hash === undefined ? undefined : rangeOf(node, hash);
  return {
    op: node.op,
    node: plan.node,
    epoch: plan.epoch,
    arm: name,
    by,
    propensity,
    counted: by !== 'missing' && (plan.op === 'choose' || plan.counts),
    attribute: node.unit,
    ...(unit === undefined ? { instead: show(context[node.unit]) } : { unit }),
    ...(pin === undefined ? {} : { ignoredPin: show(pin) }),
    salt: plan.salt,
    seed: node.seed,
    ...(hash === undefined ? {} : { hash }),
    ...(range === undefined ? {} : { range }),
    ...(instance === undefined ? {} : { instance, instances: node.arms.flatMap((other) => other.instance ?? []) }),
    shares: sharesAt(node, by),
  };
}

function sharesAt<M extends string>(
  node: PreparedSplit<M> | PreparedChoose<M>,
  by: Placement['by'],
): DividedStep['shares'] {
  if (node.op === 'split' && node.locateIn !== undefined)
    return node.plan.arms.map(({ arm, share }) => ({ arm, share }));
  const shares = node.op === 'split' ? node.propensities : by === 'pin' ? [] : [...node.weights];
  return shares.map((share, index) => ({ arm: (node.arms[index] as (typeof node.arms)[number]).arm, share }));
}

function rangeOf<M extends string>(
  node: PreparedSplit<M> | PreparedChoose<M>,
  hash: number,
): DividedStep['range'] | undefined {
  if (node.op === 'choose' || node.locateIn !== undefined) return undefined;
  const { cuts } = node.plan;
  const index = cuts.findIndex(({ below }) => hash < below);
  const cut = cuts[index];
  return cut === undefined ? undefined : { from: cuts[index - 1]?.below ?? 0, below: cut.below };
}

function matchStep<M extends string>({ plan, rules }: PreparedMatch<M>, rule: number): MatchStep {
  const matched = rules[rule]?.name;
  return {
    op: 'match',
    node: plan.node,
    rules: rules.map(({ name }, index) => ({
      name,
      outcome: index === rule ? 'matched' : rule === -1 || index < rule ? 'not-matched' : 'not-reached',
    })),
    ...(matched === undefined ? {} : { matched }),
  };
}

function mirrorStep<M extends string>({ plan }: PreparedMirror<M>): MirrorStep {
  const shadows = plan.shadows.map(({ arm, model, share }) => ({
    arm,
    model: typeof model === 'string' ? model : 'the primary once more',
    share,
  }));
  return { op: 'mirror', node: plan.node, epoch: plan.epoch, shadows };
}
