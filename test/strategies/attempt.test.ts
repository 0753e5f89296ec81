import { expect, test } from 'vitest';
import type { Issue } from '../../src/core/errors.js';
import { text } from '../../src/core/options.js';
import {
  epochStrataOf,
  newAttempt,
  newEpoch,
  saltOf,
  staleCommand,
  stateCheck,
  strataOf,
} from '../../src/strategies/attempt.js';
import { rootScope } from '../../src/strategies/scope.js';
import { fakeView } from './view.js';

const scope = rootScope('root', 5);
const first = newAttempt(1234.9, scope);

test('an attempt opens an epoch of the revision that will be stored, at a whole millisecond', () => {
  expect(first).toEqual({ attempt: 1, firstEpoch: 5, epoch: 5, since: 1234 });
  expect(newAttempt(7, scope, 3)).toEqual({ attempt: 3, firstEpoch: 5, epoch: 5, since: 7 });
  expect(newEpoch(99.5, rootScope('root', 8))).toEqual({ epoch: 8, since: 99 });
});

test('the first attempt hashes with the salt as it is, a later one with another, unless the units shall stay', () => {
  const third = { ...first, attempt: 3 };
  expect(saltOf(scope, first)).toBe('root');
  expect(saltOf(scope, first, 'mine')).toBe('mine');
  expect(saltOf(scope, third)).toBe('root#3');
  expect(saltOf(scope, third, 'mine')).toBe('mine#3');
  expect(saltOf(scope, third, 'mine', true)).toBe('mine');
});

test('the evidence of an attempt begins with its first epoch, that of an epoch is its own', () => {
  const strata = [3, 4, 5, 6].map((epoch) => ({ epoch, cells: { a: { outcomes: epoch } } }));
  const view = fakeView({ strata });
  const own = { ...first, firstEpoch: 4, epoch: 5 };
  expect(strataOf(view, own).map(({ epoch }) => epoch)).toEqual([4, 5, 6]);
  expect(epochStrataOf(view, own).map(({ epoch }) => epoch)).toEqual([5]);
});

test('only a command that names another attempt is stale', () => {
  const command = { type: 'rollback', by: 'x', reason: 'y' } as const;
  expect(staleCommand(command, first)).toBeUndefined();
  expect(staleCommand({ ...command, attempt: 1 }, first)).toBeUndefined();
  expect(staleCommand({ ...command, attempt: 2 }, first)).toBe('attempt 2 was judged, and this is attempt 1');
  expect(staleCommand({ ...command, attempt: 0 }, first)).toBe('attempt 0 was judged, and this is attempt 1');
});

test('a stored state has the keys of an attempt and its own, and no others', () => {
  const issuesOf = (value: unknown) => {
    const issues: Issue[] = [];
    stateCheck({ why: text })(value, 'own', issues);
    return issues.map(({ path }) => path);
  };
  expect(issuesOf({ ...first, why: 'so' })).toEqual([]);
  expect(issuesOf({ ...first })).toEqual(['own.why']);
  expect(issuesOf({ why: 'so' })).toEqual(['own.attempt', 'own.firstEpoch', 'own.epoch', 'own.since']);
  expect(issuesOf({ ...first, why: 'so', more: 1 })).toEqual(['own.more']);
});
