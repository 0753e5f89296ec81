import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import type { RolloutRecord, StateStore } from '../../../src/runtime/control/store.js';
import { createRouter } from '../../../src/runtime/router.js';
import { BlueGreen } from '../../../src/strategies/blue-green.js';
import { Canary } from '../../../src/strategies/canary.js';
import { FaultyStore } from '../../../src/testing/faulty-store.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { DriftingClock, settle, start } from './replicas.js';

const minute = 60_000;
const second = 1000;

let clock: ManualClock;
let store: ReturnType<typeof memoryStore>;
let opened: { close(): Promise<void> }[];
/** Who began the check of green, and how it is ended. */
let checks: { readonly by: string; readonly signal: AbortSignal; pass(): void }[];
beforeEach(() => {
  clock = new ManualClock(start);
  store = memoryStore();
  checks = [];
  opened = [];
});
afterEach(async () => {
  for (const router of opened) await settle(clock, router.close());
});

/** A replica whose blue-green switch waits for one check, of ten minutes at most, that the whole fleet makes once. */
const replica = (name: string, of: StateStore = store, offsetMs = 0) => {
  const router = createRouter({
    name: 'ranker',
    replica: name,
    models: { v1: 1, v2: 2 },
    strategy: new BlueGreen({
      blue: 'v1',
      green: 'v2',
      checks: [
        {
          name: 'golden',
          timeoutMs: 10 * minute,
          run: (signal) => new Promise<void>((resolve) => checks.push({ by: name, signal, pass: resolve })),
        },
      ],
    }),
    store: of,
    clock: new DriftingClock(clock, offsetMs),
    tickEveryMs: false,
    storeTimeoutMs: second,
  });
  opened.push(router);
  return router;
};
type Replica = ReturnType<typeof replica>;

const tick = (router: Replica) => settle(clock, router.tick());
const runners = () => checks.map(({ by }) => by);

describe('a replica that closes', () => {
  test('hands its task over at once: another one takes it with its next try and not when the claim expires', async () => {
    const [a, b] = [replica('a'), replica('b')];
    for (const router of [a, b, a, b]) await tick(router);
    expect(runners()).toEqual(['a']);
    await clock.advanceAsync(minute);
    await tick(b);
    expect(runners()).toEqual(['a']);
    await settle(clock, a.close());
    expect(checks[0]?.signal.aborted).toBe(true);
    await clock.advanceAsync(5 * second);
    await tick(b);
    expect(runners()).toEqual(['a', 'b']);
    checks[1]?.pass();
    await clock.advanceAsync(0);
    await tick(b);
    expect(b.status().root.shares).toMatchObject({ green: 1 });
  });

  test('that dies instead is waited for until its claim expires', async () => {
    let isDead = false;
    const [a, b] = [replica('a', new FaultyStore(store, () => (isDead ? 'silent' : undefined))), replica('b')];
    for (const router of [a, b, a, b]) await tick(router);
    isDead = true;
    await clock.advanceAsync(10 * minute);
    await tick(b);
    expect(runners()).toEqual(['a']);
    await clock.advanceAsync(15 * second);
    await tick(b);
    expect(runners()).toEqual(['a', 'b']);
  });

  test('gives up a claim that it was asking for', async () => {
    let answer = () => {};
    const slow: StateStore = {
      ...store,
      compareAndSet: async (key, ...args) => {
        if (key === 'ranker/claims' && (await store.read(key)) === undefined) {
          await store.compareAndSet(key, ...args);
          return new Promise((resolve) => (answer = () => resolve({ ok: true })));
        }
        return store.compareAndSet(key, ...args);
      },
    };
    const a = replica('a', slow);
    await tick(a);
    await clock.advanceAsync(0);
    const claims = async () => Object.values(((await store.read('ranker/claims')) as RolloutRecord).state as object);
    expect(await claims()).toMatchObject([{ fence: 1 }]);
    let isClosed = false;
    const closed = a.close().then(() => (isClosed = true));
    await clock.advanceAsync(0);
    expect(isClosed).toBe(false);
    answer();
    await closed;
    expect(await claims()).toMatchObject([{ until: 0 }]);
    expect(checks).toEqual([]);
  });

  test('does not wait for a store that is gone', async () => {
    let isDown = false;
    const a = replica('a', new FaultyStore(store, () => (isDown ? 'silent' : undefined)));
    await tick(a);
    await clock.advanceAsync(0);
    expect(runners()).toEqual(['a']);
    isDown = true;
    const before = clock.elapsed();
    await settle(clock, a.close());
    // One time limit for the claim, one for the evidence.
    expect(clock.elapsed() - before).toBeLessThanOrEqual(3 * second);
  });
});

test('a replica whose clock is an hour ahead does not take the task of another one, where the store tells the time', async () => {
  const timed = { ...store, now: () => Promise.resolve(clock.now()) };
  const [a, b] = [replica('a', timed), replica('b', timed, 60 * minute)];
  for (const router of [a, b, a, b]) await tick(router);
  await clock.advanceAsync(6 * second);
  await tick(b);
  expect(runners()).toEqual(['a']);
});

describe('the last evidence of a replica', () => {
  const canary = (of: StateStore = store) => {
    const answers: (() => void)[] = [];
    const router = createRouter({
      name: 'ranker',
      models: { v1: () => new Promise<void>((resolve) => answers.push(resolve)), v2: () => {} },
      strategy: new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.001, hold: true }] }),
      store: of,
      clock,
      tickEveryMs: false,
      storeTimeoutMs: second,
    });
    return { router, answers };
  };
  const stored = async () => {
    const { evidence } = await store.readEvidence('ranker', 'nobody');
    const cells = evidence.strata.flatMap((stratum) => Object.values(stratum.cells));
    return [
      cells.reduce((sum, { exposed }) => sum + exposed, 0),
      cells.reduce((sum, { outcomes }) => sum + outcomes, 0),
    ];
  };

  test('is stored, what was slow and ended while it closed included', async () => {
    const { router, answers } = canary();
    await router.ready();
    const who = { targetingKey: 'ann' };
    expect(router.route(who).model).toBe('v1');
    const predictions = [router.predict(undefined, who), router.predict(undefined, who)];
    await clock.advanceAsync(0);
    answers[0]?.();
    await predictions[0];
    const closed = router.close();
    await clock.advanceAsync(0);
    expect(await stored()).toEqual([2, 1]);
    answers[1]?.();
    await Promise.all([closed, ...predictions]);
    expect(await stored()).toEqual([2, 2]);
  });

  test('is not asked of the store again where nothing is left', async () => {
    let calls = 0;
    const counting = new FaultyStore(store, ({ method }) => void (method === 'addEvidence' && (calls += 1)));
    const { router } = canary(counting);
    await router.ready();
    router.decide({ targetingKey: 'ann' });
    await router.close();
    expect([calls, await stored()]).toEqual([1, [1, 0]]);
  });

  test('that the store does not take is counted', async () => {
    let isDown = false;
    const { router } = canary(new FaultyStore(store, () => (isDown ? 'before' : undefined)));
    await router.ready();
    for (let request = 0; request < 5; request += 1) router.decide({ targetingKey: `unit ${request}` });
    expect(router.status().counters).toMatchObject({ unsentExposures: 0, lostExposures: 0 });
    isDown = true;
    await router.close();
    expect(router.status().counters).toMatchObject({
      unsentExposures: 5,
      lostExposures: 0,
      'errors: store evidence': 1,
    });
    expect(await stored()).toEqual([0, 0]);
  });
});
