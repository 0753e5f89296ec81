import { type Context, unitOf } from '../core/context.js';
import { hash32 } from '../core/hash.js';
import { locateByWeight, pinnedArm, weigh } from './place.js';
import type { Deciding, Prepared, PreparedChoose, PreparedSplit } from './prepared.js';

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
  if (node.op === 'match') {
    for (let i = 0; i < node.rules.length; i += 1) {
      const rule = node.rules[i] as (typeof node.rules)[number];
      if (!rule.test(context)) continue;
      if (rule.arm !== undefined) return rule.arm === arm;
      return rule.name === arm || hasArmWithin(node, rule.next, arm, context, report) === true;
    }
    return hasArmWithin(node, node.otherwise, arm, context, report) ?? arm === 'otherwise';
  }
  const index = node.op === 'split' ? armOfSplit(node, context) : armOfChoice(node, context, report);
  const given = node.arms[index];
  if (given === undefined) return false;
  if (given.arm === arm) return true;
  const gate = node.op === 'split' && !node.plan.counts;
  return gate && hasArmWithin(node, given.next, arm, context, report) === true;
}

/**
 * The same below a branch, if what stands there has the same name: a percentage behind a flag's rules, a test behind
 * its gate.
 */
function hasArmWithin<M extends string>(
  outer: Deciding<M>,
  branch: Prepared<M>,
  arm: string,
  context: Context,
  report: (error: unknown) => void,
): boolean | undefined {
  let next = branch;
  while (next.op === 'mirror') next = next.primary;
  if (next.op === 'serve' || next.plan.node !== outer.plan.node) return undefined;
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
