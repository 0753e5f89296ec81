import { beforeEach, describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../../src/core/errors.js';
import { Claims } from '../../../src/runtime/tasks/claims.js';
import { Deadlines } from '../../../src/runtime/waiting/deadlines.js';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import type { RolloutRecord, StateStore } from '../../../src/runtime/control/store.js';
import type { Task } from '../../../src/strategies/strategy.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const task = (id: string): Task => ({
  id,
  node: 'r',
  name: 'check',
  where: 'fleet',
  timeoutMs: 1000,
  run: () => Promise.resolve(),
});

let store: ReturnType<typeof memoryStore>;
let clock: ManualClock;
const claimsOf = (replica: string, now: number, of: Pick<StateStore, 'read' | 'compareAndSet'> = store) =>
  new Claims({ store: of, router: 'r', replica, now: () => now, storeTimeoutMs: 100, deadlines: new Deadlines(clock) });
const claim = (replica: string, now: number, id = 't') => claimsOf(replica, now).claim(task(id));
const release = (replica: string, now: number, id = 't') => claimsOf(replica, now).release(task(id));
const claims = async () =>
  ((await store.read('r/claims')) as RolloutRecord).state as Record<
    string,
    { by: string; until: number; fence: number }
  >;

beforeEach(() => {
  store = memoryStore();
  clock = new ManualClock();
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
    expect(await claimsOf('a', 0, busy).claim(task('t'))).toBe(false);
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

  test('that its holder gives up is another’s at once, and counts on from its fence', async () => {
    await claim('a', 0);
    await claim('a', 0, 'other');
    await release('a', 0);
    expect(await claims()).toEqual({
      other: { by: 'a', until: 11_000, fence: 1 },
      t: { by: 'a', until: 0, fence: 1 },
    });
    expect(await claim('b', 0)).toBe(true);
    expect((await claims())['t']).toEqual({ by: 'b', until: 11_000, fence: 2 });
  });

  test('is given up by its holder only, and where there is one', async () => {
    await release('a', 0);
    expect(await store.read('r/claims')).toBeUndefined();
    await claim('a', 0);
    await release('b', 0);
    expect(await claim('b', 10_999)).toBe(false);
    expect(((await store.read('r/claims')) as RolloutRecord).revision).toBe(1);
  });

  test('that is asked for or given up is waited for, whatever the store does', async () => {
    let waiting: (() => void)[] = [];
    const slow = { ...store, read: () => new Promise<undefined>((resolve) => waiting.push(() => resolve(undefined))) };
    const mine = claimsOf('a', 0, slow);
    let isSettled = false;
    const settled = async () => {
      await mine.settled();
      isSettled = true;
    };
    await mine.settled();
    const first = mine.claim(task('t'));
    const second = mine.release(task('t')).catch((error: unknown) => (isTurnoutError(error) ? error.code : error));
    void settled();
    waiting[0]?.();
    expect(await first).toBe(true);
    await clock.advanceAsync(99);
    expect(isSettled).toBe(false);
    await clock.advanceAsync(1);
    expect(await second).toBe('timeout');
    expect(isSettled).toBe(true);
    waiting = [];
  });

  test('is not asked for where a later version of turnout keeps claims of another layout', async () => {
    const later = { format: 2, revision: 4, nodes: {}, history: [], state: {}, updatedAt: 0, updatedBy: 'x' };
    await store.compareAndSet('r/claims', undefined, later);
    await expect(claim('a', 0)).rejects.toThrow(/format 2/);
    expect(await store.read('r/claims')).toEqual(later);
  });

  test('bears what a later version writes beside it', async () => {
    await claim('a', 0);
    const record = (await store.read('r/claims')) as RolloutRecord;
    const state = { t: { by: 'a', until: 11_000, fence: 1, since: 5 } };
    await store.compareAndSet('r/claims', 1, { ...record, revision: 2, state });
    await claim('b', 0, 'other');
    expect((await claims())['t']).toEqual(state.t);
  });

  test('whose write is never answered is one that failed', async () => {
    const silent = { ...store, compareAndSet: () => new Promise<never>(() => {}) };
    const asked = claimsOf('a', 0, silent).claim(task('t'));
    const answer = asked.catch((error: unknown) => (isTurnoutError(error) ? error.code : error));
    await clock.advanceAsync(100);
    expect(await answer).toBe('timeout');
  });
});
