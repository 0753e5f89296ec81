import { type Context, unitOf } from '../core/context.js';
import { hash32 } from '../core/hash.js';
import { locateByWeight, pinnedArm, weigh } from './place.js';
import type { Deciding, PreparedChoose, PreparedSplit } from './prepared.js';

/**
 * Whether a context has an arm at a node, whether or not its path leads there: what `{ arm: [node, arm] }` asks. It
 * draws nothing: where the plan would draw for want of a unit there is no arm yet, and a second draw could contradict
 * the first.
 */
export function hasArm<M extends string>(
  node: Deciding<M>,
  arm: string,
  context: Context,
  report: (error: unknown) => void,
): boolean {
  if (node.op !== 'match') {
    const index = node.op === 'split' ? armOfSplit(node, context) : armOfChoice(node, context, report);
    return node.arms[index]?.arm === arm;
  }
  for (let i = 0; i < node.rules.length; i += 1) {
    const rule = node.rules[i] as (typeof node.rules)[number];
    if (rule.test(context)) return (rule.arm ?? rule.name) === arm;
  }
  // A flag is one node to its users, though its percentage stands behind its rules.
  let next = node.otherwise;
  while (next.op === 'mirror') next = next.primary;
  if (next.op === 'serve' || next.plan.node !== node.plan.node) return arm === 'otherwise';
  return hasArm(next, arm, context, report);
}

function armOfSplit<M extends string>(node: PreparedSplit<M>, context: Context): number {
  const pinned = pinnedArm(node, context);
  if (pinned >= 0) return pinned;
  const unit = unitOf(context, node.unit);
  if (unit === undefined && node.plan.missing === 'last') return node.arms.length - 1;
  if (node.only >= 0) return node.only;
  return unit === undefined ? -1 : node.locate(hash32(unit, node.seed));
}

function armOfChoice<M extends string>(
  node: PreparedChoose<M>,
  context: Context,
  report: (error: unknown) => void,
): number {
  const pinned = pinnedArm(node, context);
  if (pinned >= 0) return pinned;
  const unit = unitOf(context, node.unit);
  if (unit === undefined) return -1;
  weigh(node, context, report);
  return locateByWeight(node.weights, hash32(unit, node.seed));
}
