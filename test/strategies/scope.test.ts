import { expect, test } from 'vitest';
import { rootScope } from '../../src/strategies/scope.js';

test('a root is named by its router, and its path is what units are hashed with', () => {
  expect(rootScope('ranker', 7, 'pod-1')).toMatchObject({
    id: 'ranker',
    salt: 'ranker',
    revision: 7,
    instance: 'pod-1',
  });
  expect(rootScope('ranker', 7).instance).toBeUndefined();
});

test('a child is named by its path, which makes its assignments independent of those around it', () => {
  const child = rootScope('ranker', 7, 'pod-1').child('candidate').child('ab');
  expect(child).toMatchObject({
    id: 'ranker/candidate/ab',
    salt: 'ranker/candidate/ab',
    revision: 7,
    instance: 'pod-1',
  });
});

test('a child that inherits the salt keeps the units of its parent, and so do its own that inherit', () => {
  const root = rootScope('ranker', 7);
  const stage = root.child('canary', { salt: 'inherit' });
  expect(stage).toMatchObject({ id: 'ranker/canary', salt: 'ranker' });
  expect(stage.child('x', { salt: 'inherit' })).toMatchObject({ id: 'ranker/canary/x', salt: 'ranker' });
  expect(stage.child('x')).toMatchObject({ salt: 'ranker/canary/x' });
  expect(root.child('x', { salt: 'own' }).salt).toBe('ranker/x');
});
