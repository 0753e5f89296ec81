import { expect, test } from 'vitest';
import type { Issue } from '../../src/core/errors.js';
import { Outages, outageCheck } from '../../src/simulate/outages.js';

const outages = new Outages([
  { of: 'model', model: 'v2', atMs: 100, forMs: 50 },
  { of: 'model', model: 'v2', atMs: 140, forMs: 60, errorRate: 0.3 },
  { of: 'replica', replica: 1, atMs: 10, forMs: 10 },
  { of: 'store', atMs: 30, forMs: 10, loses: 'answer' },
  { of: 'store', replica: 2, atMs: 35, forMs: 10 },
]);

test('the calls of a model fail from the moment on, and no more at the end; of two outages the worse counts', () => {
  const at = [99, 100, 139, 140, 149, 150, 199, 200];
  expect(at.map((ms) => outages.ofModel('v2', ms))).toEqual([0, 1, 1, 1, 1, 0.3, 0.3, 0]);
  expect(outages.ofModel('v1', 120)).toBe(0);
  expect(['v1', 'v2'].map((model) => outages.concerns(model))).toEqual([false, true]);
});

test('a replica is gone meanwhile', () => {
  expect([9, 10, 19, 20].map((ms) => outages.ofReplica(1, ms))).toEqual([false, true, true, false]);
  expect(outages.ofReplica(0, 15)).toBe(false);
});

test('the store is out for all, or for one', () => {
  expect([29, 30, 39, 40].map((ms) => outages.ofStore(0, ms))).toEqual([undefined, 'answer', 'answer', undefined]);
  expect([29, 30, 39, 40, 45].map((ms) => outages.ofStore(2, ms))).toEqual([
    undefined,
    'answer',
    'answer',
    'call',
    undefined,
  ]);
});

test('the moments at which something changes are known, each once', () => {
  expect(outages.edges).toEqual([10, 20, 30, 35, 40, 45, 100, 140, 150, 200]);
  expect(new Outages([]).edges).toEqual([]);
});

test.each([
  [{ of: 'model', model: 'v1', atMs: 0, forMs: 1 }, []],
  [{ of: 'model', atMs: 0, forMs: 1 }, ['at.model']],
  [{ of: 'model', model: 'v1', atMs: 0, forMs: 1, errorRate: 2 }, ['at.errorRate']],
  [{ of: 'replica', replica: 0, atMs: 0, forMs: 0 }, ['at.forMs']],
  [{ of: 'replica', atMs: 0, forMs: 1 }, ['at.replica']],
  [{ of: 'store', atMs: -1, forMs: 1 }, ['at.atMs']],
  [{ of: 'store', atMs: 0, forMs: 1, loses: 'all' }, ['at.loses']],
  [{ of: 'cable', atMs: 0, forMs: 1 }, ['at']],
  [7, ['at']],
])('an outage is checked: %j', (value, paths) => {
  const issues: Issue[] = [];
  outageCheck(value, 'at', issues);
  expect(issues.map(({ path }) => path)).toEqual(paths);
});
