import { type Context, unitOf } from '../core/context.js';
import { messageOf, TurnoutError } from '../core/errors.js';
import { hash32 } from '../core/hash.js';
import { isObject, own } from '../core/json.js';
import type { Rng } from '../core/rng.js';
import type { PreparedChoose, PreparedSplit } from './prepared.js';
import { hashSpace } from './weights.js';

/** Which arm a request is given at a node, and how it came to that. */
export interface Placement {
  /** Index into the prepared node's arms. */
  readonly arm: number;
  /**
   * `hash`: by its unit. `draw`: by chance, for want of a unit. `only`: one arm has everything. `missing`: no unit,
   * where the plan does not draw. `pin`: by `context.pins`. `here`: this process is the instance that has the request.
   */
  readonly by: 'hash' | 'draw' | 'only' | 'missing' | 'pin' | 'here';
  readonly propensity: number;
  /** What the arm was looked up by: the hash of the unit, or what was drawn in its place. */
  readonly hash?: number;
}

/** What a placement needs besides the node and the context. */
export interface Surroundings {
  readonly rng: Rng;
  readonly report: (error: unknown) => void;
}

type Dividing<M extends string> = PreparedSplit<M> | PreparedChoose<M>;

/** The arm that `context.pins` names for a node, or -1. Pins come from cookies: what is not a known arm is ignored. */
export function pinnedArm<M extends string>(node: Dividing<M>, context: Context): number {
  const pins: unknown = context.pins;
  if (!isObject(pins)) return -1;
  const pin = own(pins, node.plan.node);
  return pin === undefined ? -1 : node.arms.findIndex(({ arm }) => arm === pin);
}

/** A number as if it were a hash, for a request that has no unit. */
export function drawHash(rng: Rng): number {
  return Math.floor(rng.next() * hashSpace);
}

export function placeInSplit<M extends string>(node: PreparedSplit<M>, context: Context, rng: Rng): Placement {
  const pinned = pinnedArm(node, context);
  const unit = unitOf(context, node.unit);
  const { locateIn, only, plan } = node;
  if (pinned >= 0 && locateIn === undefined) return { arm: pinned, by: 'pin', propensity: 1 };
  if (unit === undefined && plan.missing === 'last' && locateIn === undefined)
    return { arm: node.arms.length - 1, by: 'missing', propensity: 1 };
  if (only >= 0 && pinned < 0)
    return { arm: only, by: plan.here === undefined ? 'only' : 'here', propensity: node.propensities[only] as number };
  const hash = unit === undefined ? drawHash(rng) : hash32(unit, node.seed);
  if (pinned >= 0 && locateIn !== undefined) {
    const { arm } = node.arms[pinned] as (typeof node.arms)[number];
    return { arm: locateIn(hash, arm), by: 'pin', propensity: 1 };
  }
  const arm = node.locate(hash);
  return {
    arm,
    by: unit === undefined ? 'draw' : 'hash',
    propensity: node.propensities[arm] as number,
    hash,
  };
}

export function placeInChoice<M extends string>(
  node: PreparedChoose<M>,
  context: Context,
  { rng, report }: Surroundings,
): Placement {
  const pinned = pinnedArm(node, context);
  if (pinned >= 0) return { arm: pinned, by: 'pin', propensity: 1 };
  weigh(node, context, report);
  const unit = unitOf(context, node.unit);
  const hash = unit === undefined ? drawHash(rng) : hash32(unit, node.seed);
  const arm = locateByWeight(node.weights, hash);
  const propensity = node.weights[arm] as number;
  if (propensity === 1) return { arm, by: 'only', propensity };
  return { arm, by: unit === undefined ? 'draw' : 'hash', propensity, hash };
}

const sumTolerance = 1e-6;

/**
 * Asks the policy for weights and makes them fractions of their sum. A policy that throws, leaves a place empty, or is
 * off 1 by more than 1e-6 gives everything to the last arm, whose propensity is then 1: that is what is served.
 */
export function weigh<M extends string>(
  { plan, weights }: PreparedChoose<M>,
  context: Context,
  report: (error: unknown) => void,
): void {
  try {
    weights.fill(Number.NaN);
    plan.policy.weights(context, weights);
    let sum = 0;
    // Were it only the sum, weights of 2 and -1 would pass.
    for (let i = 0; i < weights.length; i += 1)
      sum += (weights[i] as number) >= 0 ? (weights[i] as number) : Number.NaN;
    if (!(Math.abs(sum - 1) <= sumTolerance)) throw new TurnoutError('domain', `weights must sum to 1 (was ${sum})`);
    for (let i = 0; i < weights.length; i += 1) weights[i] = (weights[i] as number) / sum;
  } catch (error) {
    weights.fill(0);
    weights[weights.length - 1] = 1;
    report(new TurnoutError('domain', `policy of node '${plan.node}': ${messageOf(error)}`, { cause: error }));
  }
}

/**
 * Arms side by side in their order, as `cutsOf` lays them. Never an arm of weight 0, whose propensity would be 0 too.
 */
export function locateByWeight(weights: Float64Array, hash: number): number {
  let below = 0;
  let last = weights.length - 1;
  for (let arm = 0; arm < weights.length; arm += 1) {
    const weight = weights[arm] as number;
    if (!(weight > 0)) continue;
    below += weight;
    last = arm;
    if (hash < below * hashSpace) return arm;
  }
  return last;
}
