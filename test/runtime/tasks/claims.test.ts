import { beforeEach, describe, expect, test } from 'vitest';
import { claimTask } from '../../../src/runtime/tasks/claims.js';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import type { RolloutRecord } from '../../../src/runtime/control/store.js';
import type { Task } from '../../../src/strategies/strategy.js';

const task = (id: string): Task => ({
  id,
  node: 'r',
  name: 'check',
  where: 'fleet',
  timeoutMs: 1000,
  run: () => Promise.resolve(),
});

let store: ReturnType<typeof memoryStore>;
const claim = (replica: string, now: number, id = 't') => claimTask(store, 'r', replica, task(id), now);
const claims = async () =>
  ((await store.read('r/claims')) as RolloutRecord).state as Record<
    string,
    { by: string; until: number; fence: number }
  >;

beforeEach(() => {
  store = memoryStore();
});

describe('a claim', () => {
  test('is one replica’s until it expires, ten seconds after the time limit of the task', async () => {
    expect(await claim('a', 0)).toBe(true);
    expect(await claims()).toEqual({ t: { by: 'a', until: 11_000, fence: 1 } });
    expect(await claim('b', 0)).toBe(false);
    expect(await claim('b', 10_999)).toBe(false);
    expect(await claim('b', 11_000)).toBe(true);
    expect(await claims()).toEqual({ t: { by: 'b', until: 22_000, fence: 2 } });
  });

  test('is renewed by its holder', async () => {
    await claim('a', 0);
    expect(await claim('a', 5000)).toBe(true);
    expect((await claims())['t']).toEqual({ by: 'a', until: 16_000, fence: 2 });
  });

  test('of one task does not hinder another, and expired ones are forgotten', async () => {
    await claim('a', 0, 'one');
    await claim('b', 5000, 'two');
    expect(Object.keys(await claims())).toEqual(['one', 'two']);
    await claim('c', 12_000, 'three');
    expect(Object.keys(await claims())).toEqual(['two', 'three']);
  });

  test('is won by exactly one of many that ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => claim(`r${index}`, 0)));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  test('is given up when other tasks are always faster', async () => {
    const busy = { ...store, compareAndSet: () => Promise.resolve({ ok: false as const, current: undefined }) };
    expect(await claimTask(busy, 'r', 'a', task('t'), 0)).toBe(false);
  });

  test('reads a state that is none as no claims', async () => {
    const base = { format: 1, revision: 1, nodes: {}, history: [], updatedAt: 0, updatedBy: 'x' };
    for (const state of [
      null,
      [],
      'x',
      { t: 5 },
      { t: { by: 1, until: 2, fence: 3 } },
      { t: { by: 'x', until: 'y', fence: 1 } },
    ]) {
      store = memoryStore();
      await store.compareAndSet('r/claims', undefined, { ...base, state });
      expect(await claim('a', 0)).toBe(true);
    }
  });
});
