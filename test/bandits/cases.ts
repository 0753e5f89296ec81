import * as fc from 'fast-check';
import {
  type ArmEvidence,
  epsilonGreedy,
  exp3,
  klUcb,
  moss,
  type Policy,
  softmax,
  thompson,
  topTwoThompson,
  ucb1,
  ucb1Tuned,
} from '../../src/bandits/index.js';

/** Every policy that needs no context, in more than one setting where settings change what it does. */
export const policies: readonly Policy[] = [
  epsilonGreedy(),
  epsilonGreedy({ epsilon: 0.5, halvedAfter: 100 }),
  softmax(),
  ucb1(),
  ucb1Tuned(),
  moss(),
  moss({ horizon: 1000 }),
  klUcb(),
  klUcb({ c: 3 }),
  thompson(),
  thompson({ model: 'normal' }),
  topTwoThompson(),
  topTwoThompson({ model: 'normal', leaderShare: 0.5 }),
  exp3(),
  exp3({ gamma: 0.2 }),
];

/** An arm with `sum` ones in `n` rewards of 0 or 1. */
export const arm = (n: number, sum: number, share = 1): ArmEvidence => ({ n, sum, sumSq: sum, gain: sum / share });

/** Any evidence of an arm: none, some, or a lot. */
export const anyArm = fc
  .tuple(
    fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 1_000_000 })),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([n, rate]) => arm(n, Math.round(n * rate)));
