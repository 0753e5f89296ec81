import { beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/json.js';
import { emptyCell } from '../../../src/evidence/cell.js';
import { emptyEvidence } from '../../../src/evidence/evidence.js';
import { parseEvidence } from '../../../src/evidence/parse-evidence.js';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import type { RolloutRecord, StateStore } from '../../../src/runtime/control/store.js';
import { Canary } from '../../../src/strategies/canary.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { Replica, start } from './replicas.js';

const minute = 60_000;
const stages = [
  { share: 0.1, minAgeMs: minute },
  { share: 0.5, minAgeMs: minute },
];
const strategy = new Canary({ baseline: 'v1', candidate: 'v2', stages });

let clock: ManualClock;
let store: ReturnType<typeof memoryStore>;
let old: Replica;
const stored = async () => (await store.read('ranker')) as RolloutRecord;

/** What a later version of turnout stores next. */
async function later(change: (record: RolloutRecord) => object): Promise<RolloutRecord> {
  const record = await stored();
  const next = { ...record, revision: record.revision + 1, updatedBy: 'later', ...change(record) } as RolloutRecord;
  expect(await store.compareAndSet('ranker', record.revision, next)).toEqual({ ok: true });
  return next;
}

beforeEach(async () => {
  clock = new ManualClock(start);
  store = memoryStore();
  old = new Replica({ name: 'old', strategy, store, clock });
  await old.loop.start();
});

describe('a replica beside a later version of turnout', () => {
  test('reads what that has added to the record, goes on, and leaves the history as it was written', async () => {
    const entry = { revision: 2, at: start, replica: 'later', node: 'ranker', from: 'a', to: 'b', why: 'x', facts: {} };
    const alert = { id: 'x', kind: 'k', severity: 'info', page: 'https://example.org' };
    const history = [
      { ...entry, trace: 'abc' },
      { ...entry, from: '', to: '', alert },
    ];
    await later(() => ({ region: 'eu', history }));
    clock.advance(minute);
    await old.loop.tick();
    expect([old.share, old.errors]).toEqual([0.5, []]);
    const { revision, history: now } = await stored();
    expect(revision).toBe(3);
    expect(now.slice(0, 2)).toEqual(history);
  });

  test('reads what that has added to the evidence, and sums up what it knows of it', async () => {
    const cell = { ...emptyCell, exposed: 5, tokens: 12 };
    const stratum = { node: 'ranker', epoch: 1, from: 0, to: 1, salt: 'ranker', shares: { baseline: 1 }, region: 'eu' };
    const evidence = { ...emptyEvidence, layout: 'wide', strata: [{ ...stratum, cells: { baseline: cell } }] };
    const read = parseEvidence(JSON.parse(JSON.stringify(evidence)));
    expect(read.strata[0]?.cells['baseline']).toEqual({ ...emptyCell, exposed: 5 });
    expect(read.strata[0]).not.toHaveProperty('region');
  });

  test.each([
    ['a record of a later format', () => ({ format: 2, states: [] })],
    ['a state with a key that this version does not know', ({ state }: RolloutRecord) => withOwn(state, { lane: 3 })],
    [
      'a state with a value that this version does not know',
      ({ state }: RolloutRecord) => withOwn(state, { phase: 'x' }),
    ],
  ])('goes on by what it knew beside %s, stale, promotes nothing and overwrites nothing', async (_, change) => {
    const theirs = await later(change);
    clock.advance(10 * minute);
    await old.loop.tick();
    expect([old.share, old.errors.includes('read'), old.loop.failingSince]).toEqual([0.1, true, clock.now()]);
    expect(await old.loop.command({ type: 'promote', by: 'ann' })).toMatchObject({ accepted: false });
    expect(await stored()).toEqual(theirs);
    // The way back is open all the same.
    await old.loop.command({ type: 'rollback', by: 'ann', reason: 'enough' });
    expect([old.share, await stored()]).toEqual([0, theirs]);
    const another = new Replica({ name: 'another', strategy, store, clock });
    expect([await another.loop.start(), another.adopted]).toEqual([false, []]);
    expect(await stored()).toEqual(theirs);
  });

  test('goes on in step when that version is taken back', async () => {
    const before = await stored();
    await later(() => ({ format: 2 }));
    await old.loop.tick();
    expect(old.loop.failingSince).toBe(clock.now());
    await later(() => ({ format: 1, state: before.state }));
    clock.advance(minute);
    await old.loop.tick();
    expect([old.loop.failingSince, old.share]).toEqual([undefined, 0.5]);
  });
});

const withOwn = (state: Json, change: object) => {
  const { own } = state as { own: object };
  return { state: { ...(state as object), own: { ...own, ...change } } };
};

describe('a record of the first version', () => {
  test('is read as long as there is this format', async () => {
    const text =
      '{"format":1,"revision":7,"nodes":{"ranker":"x"},"state":{"own":{}},"updatedAt":1800000000000,"updatedBy":"a-1","history":[' +
      '{"revision":7,"at":1800000000000,"replica":"a-1","node":"ranker","from":"10%","to":"50%","why":"done","facts":{"share":0.5}},' +
      '{"revision":7,"at":1800000000000,"replica":"a-1","node":"ranker","from":"","to":"","why":"odd","facts":{},' +
      '"alert":{"id":"ranker@7:held","kind":"held","severity":"warning"}}]}';
    const first = JSON.parse(text) as RolloutRecord;
    const fresh = memoryStore();
    await fresh.compareAndSet('ranker', undefined, first);
    const replica = new Replica({ name: 'b', strategy, store: fresh, clock });
    // Its node has another shape: it is started anew, and the history goes on.
    expect(await replica.loop.start()).toBe(true);
    const next = (await fresh.read('ranker')) as RolloutRecord;
    expect([next.revision, next.history.slice(0, 2)]).toEqual([8, first.history]);
  });
});

describe('a restart after an edit', () => {
  const edited = new Canary({ baseline: 'v1', candidate: 'v3', stages: [{ share: 0.2, minAgeMs: minute }] });
  /** A store whose answer to the first write is lost. */
  const losing = (): StateStore => {
    let writes = 0;
    return {
      ...store,
      compareAndSet: async (...args) => {
        const answer = await store.compareAndSet(...args);
        writes += 1;
        if (writes === 1) throw new Error('lost');
        return answer;
      },
    };
  };
  const why = 'the plan was edited in the program';

  test('is told once, also when its answer was lost', async () => {
    const replica = new Replica({ name: 'new', strategy: edited, store: losing(), clock });
    expect(await replica.loop.start()).toBe(false);
    expect(replica.told).toEqual([]);
    await replica.loop.tick();
    await replica.loop.tick();
    expect(replica.told.map((entry) => [entry.revision, entry.why])).toEqual([[2, why]]);
  });

  test('is told once, also when its answer was lost and another program has changed it since', async () => {
    const replica = new Replica({ name: 'new', strategy: edited, store: losing(), clock, onPlanEdit: 'restart' });
    expect(await replica.loop.start()).toBe(false);
    const again = new Replica({ name: 'old 2', strategy, store, clock });
    await again.loop.start();
    expect((await stored()).revision).toBe(3);
    await replica.loop.tick();
    expect(replica.told.map(({ revision }) => revision)).toEqual([2, 4]);
    expect(again.told.map(({ revision }) => revision)).toEqual([3]);
  });

  test('is not made by a program that keeps, which goes on with the old one beside it until it has written itself', async () => {
    const keeping = new Canary({ baseline: 'v1', candidate: 'v3', stages: stages });
    const replica = new Replica({ name: 'new', strategy: keeping, store, clock, onPlanEdit: 'keep' });
    await replica.loop.start();
    expect([replica.share, (await stored()).revision]).toEqual([0.1, 1]);
    clock.advance(minute);
    await old.loop.tick();
    await replica.loop.tick();
    expect([replica.share, replica.errors, (await stored()).updatedBy]).toEqual([0.5, [], 'old-2']);
    clock.advance(minute);
    await replica.loop.tick();
    await old.loop.tick();
    expect([replica.share, (await stored()).revision]).toEqual([1, 3]);
    expect([old.share, old.errors[0], (await stored()).updatedBy]).toEqual([0.5, 'read', 'new-2']);
  });
});
