import { describe, expect, test } from 'vitest';
import { seededRng } from '../../src/core/rng.js';
import { compilePlan } from '../../src/plan/compile.js';
import { Canary } from '../../src/strategies/canary.js';
import { FeatureFlag } from '../../src/strategies/feature-flag.js';
import { rootScope } from '../../src/strategies/scope.js';
import { soleArm } from '../../src/strategies/sole-arm.js';
import { fakeView } from '../../src/testing/fake-view.js';

const attempt = { attempt: 1, firstEpoch: 1, epoch: 4, since: 0 };
const scope = rootScope('r', 5);

describe('a node with one arm left', () => {
  test('serves it to everybody, pinned or not, and counts nothing', () => {
    const plan = soleArm(scope, attempt, 'baseline', { op: 'serve', model: 'v1' });
    const { route, routes } = compilePlan(plan, { rng: seededRng(1) });
    for (const context of [{}, { targetingKey: 'u' }, { targetingKey: 'u', pins: { r: 'candidate' } }]) {
      expect(route(context)).toMatchObject({ model: 'v1', exposures: [], reason: 'static' });
    }
    expect(routes).toHaveLength(1);
  });

  test('tells a flag that depends on it which arm everybody has, without an error', () => {
    const strategy = new Canary({
      baseline: 'v1',
      candidate: new Canary({ baseline: 'v1', candidate: 'v2' }),
      stages: [{ share: 1 }],
    });
    const rule = { name: 'after', when: { arm: ['r/on/candidate', 'baseline'] }, use: 'off' } as const;
    const flag = new FeatureFlag({ off: 'v3', on: strategy, rules: [rule] });
    const { state } = flag.reduce(
      flag.init(0, scope),
      { type: 'rollback', by: 'ann', reason: 'x', node: 'r/on/candidate' },
      fakeView({ now: 1 }),
      scope,
    );
    const errors: unknown[] = [];
    const { route } = compilePlan(flag.plan(state, scope), {
      rng: seededRng(1),
      onError: (error) => errors.push(error),
    });
    expect(route({ targetingKey: 'u' }).model).toBe('v3');
    expect(errors).toEqual([]);
  });
});
