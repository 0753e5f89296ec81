import type { Context } from '../core/context.js';
import type { Route } from './plan.js';
import { type Placement, placeInChoice, placeInSplit } from './place.js';
import type { Preparation } from './prepare.js';
import type {
  Prepared,
  PreparedChoose,
  PreparedMatch,
  PreparedMirror,
  PreparedServe,
  PreparedSplit,
} from './prepared.js';
import { afterArm, afterRule, enter, seal } from './trail.js';

/** Is shown each node that a walk comes through. */
export interface Witness<M extends string> {
  placed(node: PreparedSplit<M> | PreparedChoose<M>, placement: Placement): void;
  /** `rule` is the index of the rule that matched, or -1. */
  matched(node: PreparedMatch<M>, rule: number): void;
  mirrored(node: PreparedMirror<M>): void;
  served(node: PreparedServe<M>): void;
}

/** Routes that only rare requests take, kept so that equal requests share one. Bounded, since pins are user input. */
export type RareRoutes<M extends string> = Map<string, Route<M>>;

export const maxRareRoutes = 4096;

/**
 * Walks from a node down to a model, through any case there is: pins, missing units, choices. Compiled plans come here
 * only for what is rare, and begin where they met it, so that nothing is drawn twice.
 */
export function walk<M extends string>(
  start: Prepared<M>,
  context: Context,
  around: Preparation<M>,
  rare: RareRoutes<M>,
  witness?: Witness<M>,
): Route<M> {
  let node = start;
  let trail = start.trail;
  let byChoice = false;
  let key = '';
  for (;;) {
    trail = enter(trail, node.plan);
    switch (node.op) {
      case 'mirror':
        witness?.mirrored(node);
        node = node.primary;
        break;
      case 'match': {
        const index = node.rules.findIndex(({ test }) => test(context));
        witness?.matched(node, index);
        const rule = node.rules[index];
        if (rule !== undefined) trail = afterRule(trail);
        node = rule?.next ?? node.otherwise;
        break;
      }
      case 'split':
      case 'choose': {
        const placement =
          node.op === 'split' ? placeInSplit(node, context, around.rng) : placeInChoice(node, context, around);
        witness?.placed(node, placement);
        const arm = node.arms[placement.arm] as (typeof node.arms)[number];
        trail = afterArm(trail, node.plan, placement, arm);
        if (placement.by === 'pin' || placement.by === 'missing') key += `${placement.by}${node.id} `;
        if (node.op === 'choose') byChoice = true;
        node = arm.next;
        break;
      }
      case 'serve': {
        witness?.served(node);
        if (byChoice) return seal(trail, node.plan, around.reason);
        if (key === '') return node.route;
        key += node.id;
        const known = rare.get(key);
        if (known !== undefined) return known;
        const route = seal(trail, node.plan, around.reason);
        if (rare.size < maxRareRoutes) rare.set(key, route);
        return route;
      }
    }
  }
}
