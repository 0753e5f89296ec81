import { beforeEach, describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../../src/core/errors.js';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import { RecordKeeper } from '../../../src/runtime/control/record-keeper.js';
import type { RolloutRecord, StateStore } from '../../../src/runtime/control/store.js';
import { Canary } from '../../../src/strategies/canary.js';
import type { HistoryEntry } from '../../../src/runtime/control/store.js';
import type { Command, Notice, Strategy } from '../../../src/strategies/strategy.js';
import { FaultyStore } from '../../../src/testing/faulty-store.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { Replica, start } from './replicas.js';

const minute = 60_000;
const strategy = new Canary({
  baseline: 'v1',
  candidate: 'v2',
  stages: [
    { share: 0.1, minAgeMs: minute },
    { share: 0.5, minAgeMs: minute },
  ],
});
const rollback: Command = { type: 'rollback', by: 'ann', reason: 'it smells' };

let clock: ManualClock;
let store: ReturnType<typeof memoryStore>;
const stored = async () => (await store.read('ranker')) as RolloutRecord;
const replica = (name: string, of: StateStore = store) => new Replica({ name, strategy, store: of, clock });

/** The store, with something that happens right before each compare-and-set reaches it. */
const interrupted = (before: (n: number) => Promise<unknown>): StateStore => {
  let writes = 0;
  return {
    ...store,
    compareAndSet: async (...args) => {
      writes += 1;
      await before(writes);
      return store.compareAndSet(...args);
    },
  };
};

beforeEach(() => {
  clock = new ManualClock(start);
  store = memoryStore();
});

describe('a replica that was slower', () => {
  test('does its work again on the newer state', async () => {
    const b = replica('b');
    const a = replica(
      'a',
      interrupted(async (n) => {
        if (n === 2) await b.loop.command({ type: 'pause', by: 'bob' });
      }),
    );
    await a.loop.start();
    await b.loop.start();
    expect(await a.loop.command({ type: 'promote', by: 'ann' })).toEqual({ accepted: true });
    expect((await stored()).history.map(({ to }) => to)).toEqual(['paused', 'promoted']);
    expect([a.share, a.told.map(({ to }) => to)]).toEqual([1, ['promoted']]);
  });

  test('is refused what the newer state refuses', async () => {
    const b = replica('b');
    const a = replica(
      'a',
      interrupted(async (n) => {
        if (n === 2) await b.loop.command({ type: 'promote', by: 'bob' });
      }),
    );
    await a.loop.start();
    await b.loop.start();
    expect(await a.loop.command({ type: 'promote', by: 'ann' })).toEqual({
      accepted: false,
      reason: 'the candidate is promoted already',
    });
    expect(a.share).toBe(1);
  });

  test('gives up after five times, and says so', async () => {
    const b = replica('b');
    const orders: readonly Command[] = [
      { type: 'pause', by: 'bob' },
      { type: 'resume', by: 'bob' },
    ];
    let tries = 0;
    const a = replica(
      'a',
      interrupted(async (n) => {
        if (n === 1) return;
        tries += 1;
        await b.loop.command(orders[n % 2] as Command);
      }),
    );
    await a.loop.start();
    await b.loop.start();
    expect(await a.loop.command({ type: 'promote', by: 'ann' })).toEqual({
      accepted: false,
      reason: 'other replicas were faster 5 times in a row',
    });
    expect([tries, a.share]).toEqual([5, 0.1]);
  });

  test('takes over a record that another replica created first', async () => {
    const b = replica('b');
    const a = replica(
      'a',
      interrupted((n) => (n === 1 ? b.loop.start() : Promise.resolve())),
    );
    expect(await a.loop.start()).toBe(true);
    expect((await stored()).updatedBy).toBe('b-2');
    expect(a.loop.record?.updatedBy).toBe('b-2');
  });

  test('writes a record anew that vanished between its read and its write', async () => {
    let current: StateStore = store;
    const vanishing: StateStore = {
      ...store,
      read: (...args) => current.read(...args),
      compareAndSet: (...args) => {
        if (args[2].revision === 2 && current === store) current = memoryStore();
        return current.compareAndSet(...args);
      },
    };
    const a = replica('a', vanishing);
    await a.loop.start();
    expect(await a.loop.command({ type: 'pause', by: 'ann' })).toEqual({ accepted: true });
    expect(((await current.read('ranker')) as RolloutRecord).history.map(({ to }) => to)).toEqual(['paused']);
  });
});

describe('a rollback by a person', () => {
  test('that comes while a promotion is being written is on top of it', async () => {
    let second: Promise<unknown> | undefined;
    const a: Replica = replica(
      'a',
      interrupted(async (n) => {
        if (n !== 2) return;
        second = a.loop.command(rollback);
        expect(a.share).toBe(0);
      }),
    );
    await a.loop.start();
    clock.advance(minute);
    await a.loop.tick();
    // The tick's write was stored; the rollback waits for its own, and is in force all the time.
    expect([a.share, a.loop.pendingRollbacks]).toEqual([0, 1]);
    expect(await second).toEqual({ accepted: true });
    expect((await stored()).history.map(({ to }) => to)).toEqual(['50%', 'rolled-back']);
    expect(a.loop.pendingRollbacks).toBe(0);
  });

  test('before the first read takes effect once the store answers', async () => {
    const state = { isDown: true };
    const a = replica('a', new FaultyStore(store, () => (state.isDown ? 'before' : undefined)));
    expect(await a.loop.command(rollback)).toEqual({
      accepted: true,
      reason: 'it takes effect once the store answers',
    });
    state.isDown = false;
    await a.loop.tick();
    expect([a.share, (await stored()).history.length]).toEqual([0, 1]);
  });

  test('says that it is not stored when only writing fails, or only reading did', async () => {
    for (const method of ['compareAndSet', 'read'] as const) {
      store = memoryStore();
      const state = { isDown: false };
      const a = replica(
        'a',
        new FaultyStore(store, (call) => (state.isDown && call.method === method ? 'before' : undefined)),
      );
      await a.loop.start();
      state.isDown = true;
      expect(await a.loop.command(rollback)).toEqual({
        accepted: true,
        reason: 'in force here, but not stored: the store does not answer',
      });
      expect(a.share).toBe(0);
    }
  });

  test('that changes nothing here is kept until a read shows that it changes nothing there', async () => {
    const b = replica('b');
    const state = { isDown: false };
    const a = replica('a', new FaultyStore(store, () => (state.isDown ? 'before' : undefined)));
    await a.loop.start();
    await a.loop.command(rollback);
    await b.loop.start();
    state.isDown = true;
    // Here it is rolled back already; meanwhile, unseen, somebody tries again.
    await b.loop.command({ type: 'reset', by: 'bob' });
    await a.loop.command({ ...rollback, reason: 'once more' });
    expect(a.loop.pendingRollbacks).toBe(1);
    await a.loop.tick();
    expect(a.loop.pendingRollbacks).toBe(1);
    state.isDown = false;
    await a.loop.tick();
    expect((await stored()).history.map(({ why }) => why).at(-1)).toBe('once more (ann)');
    expect([a.share, a.loop.pendingRollbacks]).toEqual([0, 0]);
  });

  test('that changes nothing is refused, though a tick comes between the order and its answer', async () => {
    const a = replica('a');
    await a.loop.start();
    await a.loop.command(rollback);
    const tick = a.loop.tick();
    const answer = a.loop.command({ ...rollback, reason: 'once more' });
    await tick;
    expect(await answer).toEqual({ accepted: false, reason: 'the canary is rolled back already' });
  });

  test('is refused with a reason even where a strategy gives none', async () => {
    const silent = new Canary({ baseline: 'v1', candidate: 'v2' });
    const reduce = silent.reduce.bind(silent);
    silent.reduce = (state, signal, view, scope) =>
      signal.type === 'rollback' ? { state, notices: [] } : reduce(state, signal, view, scope);
    const a = new Replica({ name: 'a', strategy: silent, store, clock });
    await a.loop.start();
    expect(await a.loop.command(rollback)).toEqual({ accepted: false, reason: 'there was nothing to roll back' });
  });
});

describe('what a control loop shows', () => {
  test('is nothing before the first read, then the record and the state in force', async () => {
    const a = replica('a');
    expect([a.loop.record, a.loop.state, a.loop.evidence]).toEqual([undefined, undefined, undefined]);
    await a.loop.start();
    expect(a.loop.state).toEqual((await stored()).state);
    const answer = a.loop.command(rollback);
    expect(a.loop.state).toMatchObject({ own: { phase: 'rolled-back' } });
    await answer;
  });

  test('says since when the store fails, and by which operation', async () => {
    const state = { isDown: false };
    const a = replica('a', new FaultyStore(store, () => (state.isDown ? 'before' : undefined)));
    await a.loop.start();
    a.serve(10, 0, 1);
    state.isDown = true;
    clock.advance(1000);
    await a.loop.tick();
    clock.advance(1000);
    await a.loop.tick();
    expect(a.loop.failingSince).toBe(start + 1000);
    expect(new Set(a.errors)).toEqual(new Set(['read', 'evidence']));
    state.isDown = false;
    await a.loop.tick();
    expect(a.loop.failingSince).toBeUndefined();
  });

  test('forgets what the last tick saw when an order changes the state, and keeps it otherwise', async () => {
    const a = replica('a');
    await a.loop.start();
    await a.loop.tick();
    expect(a.loop.looks.size).toBe(1);
    await a.loop.command({ type: 'approve', by: 'ann' });
    expect(a.loop.looks.size).toBe(1);
    await a.loop.command({ type: 'pause', by: 'ann' });
    expect(a.loop.looks.size).toBe(0);
  });

  test('archives each transition once', async () => {
    const a = replica('a');
    await a.loop.start();
    for (const type of ['pause', 'resume', 'promote'] as const) await a.loop.command({ type, by: 'ann' });
    expect(store.history('ranker').map(({ to }) => to)).toEqual(['paused', 'ramping', 'promoted']);
  });

  test('goes on when the archive fails, and offers the entry again', async () => {
    let fails = true;
    const appendHistory: StateStore['appendHistory'] = (key, entry) =>
      fails ? Promise.reject(new Error('full')) : (store.appendHistory?.(key, entry) ?? Promise.resolve());
    const a = replica('a', { ...store, appendHistory });
    await a.loop.start();
    expect(await a.loop.command({ type: 'pause', by: 'ann' })).toEqual({ accepted: true });
    expect(a.errors).toEqual(['history']);
    fails = false;
    await a.loop.command({ type: 'resume', by: 'ann' });
    expect(store.history('ranker').map(({ to }) => to)).toEqual(['paused', 'ramping']);
    await a.loop.tick();
    expect(store.history('ranker')).toHaveLength(2);
  });

  test('a store without an archive is none the worse', async () => {
    const { appendHistory: _, ...plain } = store;
    const a = replica('a', plain);
    await a.loop.start();
    expect(await a.loop.command({ type: 'pause', by: 'ann' })).toEqual({ accepted: true });
    expect(a.errors).toEqual([]);
  });

  test('a strategy that throws is refused with its own words', async () => {
    const broken = new Canary({ baseline: 'v1', candidate: 'v2' });
    const a = new Replica({ name: 'a', strategy: broken, store, clock });
    await a.loop.start();
    broken.reduce = () => {
      throw new Error('no such luck');
    };
    expect(await a.loop.command({ type: 'promote', by: 'ann' })).toEqual({
      accepted: false,
      reason: 'the strategy failed: no such luck',
    });
    expect(a.told).toEqual([]);
  });
});

describe('the keeper of the record', () => {
  const keeperOf = (of: StateStore, onPlanEdit: 'restart' | 'reject' = 'restart', its: Strategy = strategy) => {
    const told: HistoryEntry[] = [];
    let records = 0;
    const keeper = new RecordKeeper({
      router: 'ranker',
      strategy: its,
      store: of,
      clock,
      replica: 'k',
      onPlanEdit,
      limited: (work) => work,
      onError: () => {},
      onRecord: () => {
        records += 1;
      },
      notify: (entries) => told.push(...entries),
    });
    return { keeper, told, records: () => records };
  };

  test('tells of each record once', async () => {
    const { keeper, records } = keeperOf(store);
    await keeper.sync();
    await keeper.sync();
    expect(records()).toBe(1);
    await store.compareAndSet('ranker', 1, { ...(await stored()), revision: 2 });
    await keeper.sync();
    expect(records()).toBe(2);
  });

  test('tells that an edited node was started anew', async () => {
    await keeperOf(store).keeper.sync();
    const edited = new Canary({ baseline: 'v1', candidate: 'v3' });
    const { keeper, told } = keeperOf(store, 'restart', edited);
    await keeper.sync();
    const data = { from: 'another plan', to: 'started', why: 'the plan was edited in the program' };
    expect(told).toMatchObject([{ node: 'ranker', ...data }]);
    expect((await stored()).history).toMatchObject([{ node: 'ranker', ...data, replica: 'k', revision: 2 }]);
  });

  test('says which nodes differ when it may not start them anew', async () => {
    await keeperOf(store).keeper.sync();
    const edited = new Canary({ baseline: new Canary({ baseline: 'v1', candidate: 'v4' }), candidate: 'v3' });
    const refused = keeperOf(store, 'reject', edited).keeper.sync();
    await expect(refused).rejects.toSatisfy((error) => isTurnoutError(error, 'state-format'));
    await expect(refused).rejects.toThrow(
      "The stored roll-out 'ranker' has other nodes than this program: ranker, ranker/baseline differ. Deploy one program everywhere",
    );
  });

  test('gives up an edit that another replica made at the same time', async () => {
    await keeperOf(store).keeper.sync();
    const edited = new Canary({ baseline: 'v1', candidate: 'v3' });
    const racing: StateStore = {
      ...store,
      compareAndSet: async () => ({ ok: false, current: await stored() }),
    };
    const refused = keeperOf(racing, 'restart', edited).keeper.sync();
    await expect(refused).rejects.toSatisfy((error) => isTurnoutError(error, 'store-failed'));
    await expect(refused).rejects.toThrow('Another replica changed the edited plan at the same time.');
  });

  test('of two writes that failed on one revision tells the one that took effect, once', async () => {
    const { keeper, told } = keeperOf(
      new FaultyStore(store, ({ n, method }) =>
        method === 'compareAndSet' && (n === 3 || n === 4) ? (n === 3 ? 'before' : 'after') : undefined,
      ),
    );
    await keeper.sync();
    const from = keeper.stored as NonNullable<typeof keeper.stored>;
    const notice = (why: string): Notice => ({ type: 'transition', node: 'ranker', data: { why } });
    await expect(keeper.write(from, from.state, [notice('first')])).rejects.toThrow();
    await expect(keeper.write(from, from.state, [notice('second')])).rejects.toThrow();
    expect(told).toEqual([]);
    await keeper.sync();
    expect(told).toMatchObject([{ node: 'ranker', why: 'second', revision: 2 }]);
    await keeper.sync();
    expect(told).toHaveLength(1);
  });

  test('does not tell a write that failed once another replica has used its revision', async () => {
    const { keeper, told } = keeperOf(
      new FaultyStore(store, ({ n, method }) => (method === 'compareAndSet' && n === 3 ? 'before' : undefined)),
    );
    await keeper.sync();
    const from = keeper.stored as NonNullable<typeof keeper.stored>;
    const notice: Notice = { type: 'transition', node: 'ranker', data: { why: 'mine' } };
    await expect(keeper.write(from, from.state, [notice])).rejects.toThrow();
    await keeperOf(store).keeper.sync();
    await store.compareAndSet('ranker', 1, { ...(await stored()), revision: 2, updatedBy: 'other' });
    await keeper.sync();
    expect(told).toEqual([]);
  });
});
