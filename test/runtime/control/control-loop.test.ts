import { beforeEach, describe, expect, test } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import type { RolloutRecord, StateStore } from '../../../src/runtime/control/store.js';
import { Canary } from '../../../src/strategies/canary.js';
import type { Command } from '../../../src/strategies/strategy.js';
import { FaultyStore } from '../../../src/testing/faulty-store.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { DriftingClock, Replica, exposedIn, settle, start } from './replicas.js';

const minute = 60_000;
const strategy = new Canary({
  baseline: 'v1',
  candidate: 'v2',
  stages: [
    { share: 0.1, minAgeMs: minute },
    { share: 0.5, minAgeMs: minute },
  ],
  guardrails: [maxErrorRate(0.05)],
});
const rollback: Command = { type: 'rollback', by: 'ann', reason: 'it smells' };

let clock: ManualClock;
let store: ReturnType<typeof memoryStore>;
const replica = (name: string, of: StateStore = store) => new Replica({ name, strategy, store: of, clock });
const stored = async () => (await store.read('ranker')) as RolloutRecord;

beforeEach(() => {
  clock = new ManualClock(start);
  store = memoryStore();
});

describe('a control loop alone', () => {
  test('serves by its first state at once when the store is its own', () => {
    const alone = new Replica({ name: 'a', strategy, store, clock, isPrivate: true });
    expect(alone.share).toBe(0.1);
    expect(alone.loop.record?.revision).toBe(1);
  });

  test('serves by no state before the first read when the store is shared', async () => {
    const a = replica('a');
    expect(a.adopted).toEqual([]);
    expect(a.loop.state).toBeUndefined();
    expect(await a.loop.start()).toBe(true);
    expect(a.share).toBe(0.1);
    expect((await stored()).revision).toBe(1);
  });

  test('moves on when a stage has passed, tells it once, and numbers the epoch by the revision', async () => {
    const a = replica('a');
    await a.loop.start();
    clock.advance(minute - 1);
    await a.loop.tick();
    expect([a.share, a.told.length, (await stored()).revision]).toEqual([0.1, 0, 1]);
    clock.advance(1);
    await a.loop.tick();
    expect([a.share, a.told.length, (await stored()).revision]).toEqual([0.5, 1, 2]);
    expect(a.plan).toMatchObject({ epoch: 2 });
    const [entry] = (await stored()).history;
    expect(entry).toMatchObject({
      revision: 2,
      at: start + minute,
      replica: 'a-2',
      node: 'ranker',
      from: '10%',
      to: '50%',
    });
    expect(store.history('ranker')).toEqual([entry]);
  });

  test('writes nothing when nothing changed', async () => {
    let writes = 0;
    const counting = new FaultyStore(store, ({ method }) => {
      if (method === 'compareAndSet') writes += 1;
      return undefined;
    });
    const a = replica('a', counting);
    for (let i = 0; i < 5; i += 1) await a.loop.tick();
    expect(writes).toBe(1);
  });

  test('rolls back when a guardrail fails, and says which verdict led to it', async () => {
    const a = replica('a');
    await a.loop.start();
    a.serve(2000, 0.5, 1);
    await a.loop.tick();
    expect(a.share).toBe(0);
    expect(a.told.map(({ to, alert }) => [to, alert?.kind])).toEqual([
      ['rolled-back', undefined],
      ['', 'guardrail-failed'],
    ]);
    expect(a.told[0]?.why).toMatch(/error rate/i);
    expect(a.loop.looks.get('ranker')?.verdicts[0]).toMatchObject({
      rule: expect.stringContaining('rror'),
      outcome: 'fail',
    });
    expect((await stored()).revision).toBe(2);
    expect(a.loop.pendingRollbacks).toBe(0);
  });

  test('keeps a tenth of alpha for replicas that judge while cut off, and shares it among them', async () => {
    const seen: (number | undefined)[] = [];
    const watched = new Canary({ baseline: 'v1', candidate: 'v2' });
    const reduce = watched.reduce.bind(watched);
    watched.reduce = (state, signal, view, scope) => {
      seen.push(view.alphaShare, view.of('ranker/candidate').alphaShare);
      return reduce(state, signal, view, scope);
    };
    let isDown = false;
    const faulty = new FaultyStore(store, () => (isDown ? 'before' : undefined));
    const a = new Replica({ name: 'a', strategy: watched, store: faulty, clock });
    await a.loop.tick();
    isDown = true;
    await a.loop.tick();
    // Two replicas in all.
    expect(seen).toEqual([0.9, 0.9, 0.05, 0.05]);
    seen.length = 0;
    await new Replica({ name: 'b', strategy: watched, store, clock, isPrivate: true }).loop.tick();
    expect(seen).toEqual([1, 1]);
  });

  test('refuses what the strategy refuses, with its reason', async () => {
    const a = replica('a');
    await a.loop.start();
    expect(await a.loop.command({ type: 'approve', by: 'ann' })).toEqual({
      accepted: false,
      reason: 'no approval is waited for',
    });
    expect(await a.loop.command({ type: 'pause', by: 'ann', node: 'ranker/nobody' })).toMatchObject({
      accepted: false,
    });
    expect(await a.loop.command({ ...rollback, node: 'ranker/nobody' })).toMatchObject({ accepted: false });
    expect(a.loop.pendingRollbacks).toBe(0);
    expect((await stored()).revision).toBe(1);
  });

  test('refuses a second rollback', async () => {
    const a = replica('a');
    await a.loop.start();
    expect(await a.loop.command(rollback)).toEqual({ accepted: true });
    expect(await a.loop.command(rollback)).toEqual({ accepted: false, reason: 'the canary is rolled back already' });
    expect((await stored()).revision).toBe(2);
  });

  test('keeps the last good plan when the strategy throws', async () => {
    const broken = new Canary({
      baseline: 'v1',
      candidate: 'v2',
      stages: [{ share: 0.1, minAgeMs: minute }],
    });
    const a = new Replica({ name: 'a', strategy: broken, store, clock });
    await a.loop.start();
    const reduce = broken.reduce.bind(broken);
    broken.reduce = () => {
      throw new Error('broken');
    };
    clock.advance(minute);
    await a.loop.tick();
    expect([a.share, a.errors]).toEqual([0.1, ['reduce']]);
    broken.reduce = reduce;
    await a.loop.tick();
    expect(a.share).toBe(1);
  });

  test('gives a store that was emptied back what it knows', async () => {
    const a = replica('a');
    await a.loop.start();
    await a.loop.command(rollback);
    const before = await stored();
    let current: StateStore = store;
    const swapping: StateStore = {
      read: (...args) => current.read(...args),
      compareAndSet: (...args) => current.compareAndSet(...args),
      addEvidence: (...args) => current.addEvidence(...args),
      readEvidence: (...args) => current.readEvidence(...args),
    };
    const b = replica('b', swapping);
    await b.loop.start();
    const lost = memoryStore();
    current = lost;
    await b.loop.tick();
    expect(await lost.read('ranker')).toEqual(before);
    expect(b.share).toBe(0);
  });
});

describe('what an unanswering store may and may not do', () => {
  const failing = (fault: 'before' | 'silent' = 'before') => {
    const state = { isDown: false, isReadable: false };
    const of = new FaultyStore(store, ({ method }) =>
      state.isDown && !(state.isReadable && method !== 'compareAndSet') ? fault : undefined,
    );
    return { state, of };
  };

  test.each(['before', 'silent'] as const)('a cut-off replica never promotes (%s)', async (fault) => {
    const { state, of } = failing(fault);
    const a = replica('a', of);
    await a.loop.start();
    state.isDown = true;
    clock.advance(10 * minute);
    await settle(clock, a.loop.tick());
    expect(a.share).toBe(0.1);
    expect(a.loop.failingSince).toBeGreaterThanOrEqual(start + 10 * minute);
    expect(await settle(clock, a.loop.command({ type: 'promote', by: 'ann' }))).toEqual({
      accepted: false,
      reason: 'the store does not answer',
    });
    expect([a.share, a.told.length]).toEqual([0.1, 0]);
    state.isDown = false;
    await a.loop.tick();
    expect([a.share, a.loop.failingSince]).toEqual([0.5, undefined]);
  });

  test('a write that fails promotes nobody', async () => {
    const { state, of } = failing();
    const a = replica('a', of);
    await a.loop.start();
    Object.assign(state, { isDown: true, isReadable: true });
    clock.advance(minute);
    await a.loop.tick();
    expect([a.share, a.told.length]).toEqual([0.1, 0]);
    expect(a.errors).toEqual(['write']);
  });

  test('a rollback by a person acts before the store is asked, and is stored once it answers', async () => {
    const { state, of } = failing('silent');
    const a = replica('a', of);
    await a.loop.start();
    state.isDown = true;
    const answer = a.loop.command(rollback);
    expect(a.share).toBe(0);
    expect(a.adopted.at(-1)?.isStored).toBe(false);
    expect(await settle(clock, answer)).toMatchObject({
      accepted: true,
      reason: expect.stringContaining('not stored'),
    });
    expect(a.loop.pendingRollbacks).toBe(1);
    expect((await stored()).revision).toBe(1);
    state.isDown = false;
    await a.loop.tick();
    expect([a.share, a.loop.pendingRollbacks, (await stored()).revision]).toEqual([0, 0, 2]);
    expect(a.adopted.at(-1)?.isStored).toBe(true);
    expect(a.told).toHaveLength(1);
  });

  test('a cut-off replica rolls back on its own evidence', async () => {
    const { state, of } = failing();
    const a = replica('a', of);
    await a.loop.start();
    state.isDown = true;
    a.serve(2000, 0.5, 2);
    await a.loop.tick();
    expect([a.share, a.loop.pendingRollbacks]).toEqual([0, 1]);
    state.isDown = false;
    await a.loop.tick();
    expect([a.share, a.loop.pendingRollbacks, (await stored()).revision]).toEqual([0, 0, 2]);
  });

  test('what is served under an unstored rollback is counted, but is no exposure', async () => {
    const { state, of } = failing();
    const a = replica('a', of);
    await a.loop.start();
    a.serve(100, 0, 3);
    state.isDown = true;
    await a.loop.command(rollback);
    a.serve(50, 0, 4);
    state.isDown = false;
    await a.loop.tick();
    expect(exposedIn(a)).toBe(100);
    expect(Object.values(a.recorder.counters())).toContain(50);
  });

  test('a write whose answer was lost is told once it is read back', async () => {
    let isLosing = false;
    const losing = new FaultyStore(store, ({ method }) =>
      isLosing && method === 'compareAndSet' ? 'after' : undefined,
    );
    const a = replica('a', losing);
    await a.loop.start();
    isLosing = true;
    clock.advance(minute);
    await a.loop.tick();
    expect([a.share, a.told.length, (await stored()).revision]).toEqual([0.1, 0, 2]);
    isLosing = false;
    await a.loop.tick();
    expect([a.share, a.told.length, (await stored()).revision]).toEqual([0.5, 1, 2]);
    await a.loop.tick();
    expect(a.told).toHaveLength(1);
  });
});

describe('replicas on one store', () => {
  test('follow each other, and only the winner tells', async () => {
    const [a, b] = [replica('a'), replica('b')];
    await a.loop.start();
    await b.loop.start();
    clock.advance(minute);
    await a.loop.tick();
    await b.loop.tick();
    expect([a.share, b.share]).toEqual([0.5, 0.5]);
    expect([a.told.length, b.told.length]).toEqual([1, 0]);
  });

  test('that tick at the same moment make one change', async () => {
    const all = ['a', 'b', 'c'].map((name) => replica(name));
    await Promise.all(all.map(({ loop }) => loop.start()));
    clock.advance(minute);
    await Promise.all(all.map(({ loop }) => loop.tick()));
    expect((await stored()).revision).toBe(2);
    expect(all.flatMap(({ told }) => told)).toHaveLength(1);
    expect(all.map(({ share }) => share)).toEqual([0.5, 0.5, 0.5]);
  });

  test('judge by the evidence of all', async () => {
    const [a, b] = [replica('a'), replica('b')];
    await a.loop.start();
    await b.loop.start();
    a.serve(1500, 0.5, 5);
    await a.loop.close();
    await b.loop.tick();
    expect(b.share).toBe(0);
    await a.loop.tick();
    expect([a.share, exposedIn(a), exposedIn(b)]).toEqual([0, 1500, 1500]);
  });

  test('a rollback that meets a newer revision is rebased onto it', async () => {
    const [a, b] = [replica('a'), replica('b')];
    await a.loop.start();
    await b.loop.start();
    await b.loop.command({ type: 'pause', by: 'bob' });
    const answer = a.loop.command(rollback);
    expect(a.share).toBe(0);
    expect(await answer).toEqual({ accepted: true });
    expect((await stored()).history.map(({ to }) => to)).toEqual(['paused', 'rolled-back']);
  });

  test("a machine's rollback of an attempt that is over is dropped", async () => {
    const down = { a: false };
    const cut = new FaultyStore(store, () => (down.a ? 'before' : undefined));
    const [a, b] = [replica('a', cut), replica('b')];
    await a.loop.start();
    await b.loop.start();
    down.a = true;
    a.serve(2000, 0.5, 6);
    await a.loop.tick();
    expect(a.share).toBe(0);
    await b.loop.command({ type: 'reset', by: 'bob' });
    expect(b.share).toBe(0.1);
    down.a = false;
    await a.loop.tick();
    expect([a.share, a.loop.pendingRollbacks]).toEqual([0.1, 0]);
    expect((await stored()).history.map(({ why }) => why)).toEqual(['a new attempt by bob']);
  });

  test("a person's rollback that waits for the store survives an attempt of somebody else", async () => {
    const down = { a: false };
    const cut = new FaultyStore(store, () => (down.a ? 'before' : undefined));
    const [a, b] = [replica('a', cut), replica('b')];
    await a.loop.start();
    await b.loop.start();
    down.a = true;
    await a.loop.command(rollback);
    await b.loop.command({ type: 'reset', by: 'bob' });
    down.a = false;
    await a.loop.tick();
    expect([a.share, (await stored()).history.length]).toEqual([0, 2]);
  });

  test('two rollbacks of different nodes both survive a conflict', async () => {
    const nested = new Canary({
      baseline: new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.2, minAgeMs: minute }] }),
      candidate: new Canary({ baseline: 'v1', candidate: 'v3', stages: [{ share: 0.3, minAgeMs: minute }] }),
      stages: [{ share: 0.1, minAgeMs: minute }],
    });
    const down = { a: false };
    const cut = new FaultyStore(store, () => (down.a ? 'before' : undefined));
    const a = new Replica({ name: 'a', strategy: nested, store: cut, clock });
    const b = new Replica({ name: 'b', strategy: nested, store, clock });
    await a.loop.start();
    await b.loop.start();
    down.a = true;
    await a.loop.command({ ...rollback, node: 'ranker/baseline' });
    await a.loop.command({ ...rollback, node: 'ranker/candidate' });
    await b.loop.command({ type: 'pause', by: 'bob' });
    down.a = false;
    await a.loop.tick();
    const moved = (await stored()).history.map(({ node, to }) => `${node}: ${to}`);
    expect(moved).toEqual(['ranker: paused', 'ranker/baseline: rolled-back', 'ranker/candidate: rolled-back']);
  });

  test('a clock that is ahead drags no other by more than a minute, and time never goes back', async () => {
    const ahead = new DriftingClock(clock, 10 * minute);
    const a = new Replica({ name: 'a', strategy, store, clock: ahead });
    const b = replica('b');
    await a.loop.start();
    expect((await stored()).updatedAt).toBe(start + 10 * minute);
    await b.loop.start();
    await b.loop.command({ type: 'pause', by: 'bob' });
    // Ten minutes ahead is refused: b stamps with its own time.
    expect((await stored()).updatedAt).toBe(start);
    ahead.offsetMs = -10 * minute;
    await a.loop.command({ type: 'resume', by: 'ann' });
    expect((await stored()).updatedAt).toBe(start + 10 * minute);
  });

  test('a clock that is a little ahead is followed', async () => {
    const a = new Replica({ name: 'a', strategy, store, clock: new DriftingClock(clock, minute) });
    const b = replica('b');
    await a.loop.start();
    await b.loop.start();
    await b.loop.command({ type: 'pause', by: 'bob' });
    expect((await stored()).updatedAt).toBe(start + minute);
  });

  test("the store's own time is used where it has one", async () => {
    const timed: StateStore = { ...store, now: () => Promise.resolve(start + 5 * minute) };
    const a = replica('a', timed);
    await a.loop.start();
    await a.loop.command({ type: 'pause', by: 'ann' });
    expect((await stored()).updatedAt).toBe(start + 5 * minute);
  });
});

describe('a stored record', () => {
  test('of another format is refused, and what was served goes on', async () => {
    const a = replica('a');
    await a.loop.start();
    const record = await stored();
    await store.compareAndSet('ranker', 1, { ...record, format: 99, revision: 2 });
    await a.loop.tick();
    expect([a.share, a.errors[0]]).toEqual([0.1, 'read']);
    const b = replica('b');
    expect(await b.loop.start()).toBe(false);
    expect(b.adopted).toEqual([]);
  });

  test('that nobody can read is refused, and nothing overwrites it', async () => {
    await store.compareAndSet('ranker', undefined, { format: 1, revision: 7, state: 'x' } as unknown as RolloutRecord);
    const a = replica('a');
    expect(await a.loop.start()).toBe(false);
    expect((await stored()).revision).toBe(7);
  });

  test('resumes where an earlier run of the program left it', async () => {
    const a = replica('a');
    await a.loop.start();
    clock.advance(minute);
    await a.loop.tick();
    const later = replica('later');
    await later.loop.start();
    expect([later.share, later.told.length]).toEqual([0.5, 0]);
  });

  test('of an edited plan starts the edited node anew, keeps it, or is refused', async () => {
    const a = replica('a');
    await a.loop.start();
    clock.advance(minute);
    await a.loop.tick();
    const edited = new Canary({ baseline: 'v1', candidate: 'v3', stages: [{ share: 0.2 }] });
    const run = async (onPlanEdit: 'restart' | 'keep' | 'reject') => {
      const copied = memoryStore();
      await copied.compareAndSet('ranker', undefined, await stored());
      const b = new Replica({ name: 'b', strategy: edited, store: copied, clock, onPlanEdit });
      const isStarted = await b.loop.start();
      return {
        isStarted,
        share: b.share,
        revision: ((await copied.read('ranker')) as RolloutRecord).revision,
        plan: b.plan,
      };
    };
    expect(await run('restart')).toMatchObject({ isStarted: true, share: 0.2, revision: 3, plan: { epoch: 3 } });
    expect(await run('keep')).toMatchObject({ isStarted: true, share: 0.5, revision: 2 });
    expect(await run('reject')).toMatchObject({ isStarted: false, share: 0, revision: 2 });
  });

  test('that another program edited while this one runs is left alone', async () => {
    const a = replica('a');
    await a.loop.start();
    const other = new Canary({ baseline: 'v1', candidate: 'v3', stages: [{ share: 0.2 }] });
    const b = new Replica({ name: 'b', strategy: other, store, clock });
    await b.loop.start();
    const { revision } = await stored();
    for (let i = 0; i < 3; i += 1) {
      await a.loop.tick();
      await b.loop.tick();
    }
    expect([a.share, b.share]).toEqual([0.1, 1]);
    expect((await stored()).revision).toBe(revision + 1);
    expect(a.errors).toContain('read');
  });
});
