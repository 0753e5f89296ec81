import { describe, expect, test } from 'vitest';
import type { Stratum } from '../../../src/evidence/stratum.js';
import { viewOf } from '../../../src/runtime/control/view.js';

const stratum = (node: string, epoch: number): Stratum => ({
  node,
  epoch,
  from: 0,
  to: 1,
  salt: 's',
  shares: {},
  cells: {},
});
const look = {
  router: 'r',
  revision: 3,
  now: 5,
  metrics: {},
  strata: [stratum('r', 1), stratum('r/a', 1), stratum('r', 2)],
};

describe('a view', () => {
  test('shows a node its own evidence only', () => {
    const view = viewOf(look, 'r');
    expect(view.evidence().map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(view.of('r/a').evidence()).toEqual([stratum('r/a', 1)]);
    expect(view.of('r/b').evidence()).toEqual([]);
    expect([view.now, view.of('r/a').now]).toEqual([5, 5]);
  });

  test('draws the same on every replica, and something else for another node, revision or router', () => {
    const draw = (router: string, revision: number, node: string) =>
      viewOf({ ...look, router, revision }, node).rng.next();
    expect(draw('r', 3, 'r')).toBe(draw('r', 3, 'r'));
    expect(new Set([draw('r', 3, 'r'), draw('r', 4, 'r'), draw('r', 3, 'r/a'), draw('s', 3, 'r')]).size).toBe(4);
    expect(viewOf(look, 'r').of('r/a').rng.next()).toBe(draw('r', 3, 'r/a'));
  });
});
