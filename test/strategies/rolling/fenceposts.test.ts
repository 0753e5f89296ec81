import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Issue } from '../../../src/core/errors.js';
import {
  type InstanceCount,
  fenceposts,
  instanceCountCheck,
  resolveCount,
  roomToAdd,
  roomToTakeDown,
} from '../../../src/strategies/rolling/fenceposts.js';
import oracles from './oracles.json' with { type: 'json' };

const asCount = (value: unknown) => value as InstanceCount;

describe('a number of instances', () => {
  test.each(oracles.safeParse)('is read as Kubernetes reads it: $in', ({ in: value, ok }) => {
    const issues: Issue[] = [];
    instanceCountCheck(value, 'at', issues);
    expect(issues.length === 0).toBe(ok);
  });

  test.each([-1, 0.5, Number.NaN, '-5%', '1.5%', ' 5%', null, undefined])('is not %s', (value) => {
    const issues: Issue[] = [];
    instanceCountCheck(value, 'at', issues);
    expect(issues).toHaveLength(1);
  });

  test('that is a fraction or a number in quotes is told what was meant', () => {
    const advice = (value: unknown) => {
      const issues: Issue[] = [];
      instanceCountCheck(value, 'at', issues);
      return issues[0]?.message;
    };
    expect(advice(0.25)).toContain("Did you mean '25%'?");
    expect(advice('25')).toContain("Did you mean 25 or '25%'?");
    expect(advice(1.5)).not.toContain('Did you mean');
    expect(advice('x')).not.toContain('Did you mean');
  });

  test.each(oracles.scaled)('is scaled as Kubernetes scales it: $in of $total', ({ in: value, total, round, out }) => {
    expect(resolveCount(asCount(value), total, round as 'up' | 'down')).toBe(out);
  });
});

describe('the limits of a rolling update', () => {
  test.each(oracles.fenceposts)(
    'are those of Argo Rollouts: surge $maxSurge, unavailable $maxUnavailable of $desired',
    ({ maxSurge, maxUnavailable, desired, expectSurge, expectUnavailable }) => {
      expect(fenceposts(asCount(maxSurge), asCount(maxUnavailable), desired)).toEqual({
        surge: expectSurge,
        unavailable: expectUnavailable,
      });
    },
  );

  test.each(oracles.scaleDownOld)(
    'take down what Kubernetes takes down: $ready of $replicas ready, $old old',
    ({ replicas, maxUnavailable, ready, old, expectOld }) => {
      const room = roomToTakeDown(fenceposts(0, maxUnavailable, replicas), replicas, ready);
      expect(old - Math.min(old, room)).toBe(expectOld);
    },
  );

  test.each(oracles.reconcileNew)(
    'add what Kubernetes adds: $old old and $new new of $replicas',
    ({ replicas, maxSurge, maxUnavailable, old, new: fresh, expectNew }) => {
      const room = roomToAdd(fenceposts(maxSurge, maxUnavailable, replicas), replicas, old + fresh);
      expect(Math.min(replicas, fresh + room)).toBe(expectNew);
    },
  );

  test('always let something move, and never less than the rest stay', () => {
    const count = fc.oneof(
      fc.nat(50),
      fc.nat(150).map((percent): InstanceCount => `${percent}%`),
    );
    fc.assert(
      fc.property(count, count, fc.integer({ min: 1, max: 200 }), (surge, unavailable, total) => {
        const posts = fenceposts(surge, unavailable, total);
        expect(posts.surge + posts.unavailable).toBeGreaterThan(0);
        const down = roomToTakeDown(posts, total, total);
        expect(total - down).toBeGreaterThanOrEqual(total - posts.unavailable);
        expect(roomToTakeDown(posts, total, total - down)).toBe(0);
        expect(roomToAdd(posts, total, total + posts.surge)).toBe(0);
      }),
    );
  });
});
