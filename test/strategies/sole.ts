import { expect } from 'vitest';

/** What a plan must be, to the last key, when one arm is left: everybody gets its model, and nothing is counted. */
export const sole = (node: string, arm: string, model: string) => ({
  op: 'split',
  node,
  epoch: expect.any(Number) as number,
  salt: node,
  arms: [{ arm, share: 1, plan: { op: 'serve', model } }],
  cuts: [{ below: 2 ** 32, arm: 0 }],
  missing: 'draw',
  counts: false,
});
