import { describe, expect, test } from 'vitest';
import { Serving } from '../../../src/runtime/instances/serving.js';

describe('a task that waits until its plan is served', () => {
  test('waits for every plan that is still behind, then for the models', async () => {
    const seen: string[] = [];
    let behind = true;
    const serving = new Serving({ isBehind: () => behind, load: async () => void seen.push('loaded') });
    const reached = serving.reached().then(() => seen.push('reached'));
    serving.adopted();
    await Promise.resolve();
    await Promise.resolve();
    expect(seen).toEqual([]);
    behind = false;
    serving.adopted();
    await reached;
    expect(seen).toEqual(['loaded', 'reached']);
  });

  test('need not wait where nothing is behind, and fails with the load', async () => {
    const load = () => Promise.reject(new Error('no memory'));
    await expect(new Serving({ isBehind: () => false, load }).reached()).rejects.toThrow('no memory');
    await expect(
      new Serving({ isBehind: () => false, load: () => Promise.resolve() }).reached(),
    ).resolves.toBeUndefined();
  });
});
