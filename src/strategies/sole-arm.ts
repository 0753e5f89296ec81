import { rampCuts } from '../plan/cuts.js';
import type { Plan, Split } from '../plan/plan.js';
import type { Attempt } from './attempt.js';
import type { Scope } from './strategy.js';

/**
 * The plan of a node that has one arm left. Nothing is shared out and nothing counted; but the node is there, so that a prerequisite
 * on it sees which arm everybody has. The other arm is not in the plan at all: no pin reaches it, and its model can be unloaded.
 */
export function soleArm<M extends string>(scope: Scope, { epoch }: Attempt, arm: string, plan: Plan<M>): Split<M> {
  return {
    op: 'split',
    node: scope.id,
    epoch,
    salt: scope.salt,
    arms: [{ arm, share: 1, plan }],
    cuts: rampCuts(1),
    missing: 'draw',
    counts: false,
  };
}
