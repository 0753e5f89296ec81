import { beforeEach, describe, expect, test } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import type { LastKnown } from '../../../src/runtime/control/record-keeper.js';
import type { RolloutRecord, StateStore } from '../../../src/runtime/control/store.js';
import { Canary } from '../../../src/strategies/canary.js';
import { FaultyStore } from '../../../src/testing/faulty-store.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { Replica, start } from './replicas.js';

const minute = 60_000;
const stages = [
  { share: 0.1, minAgeMs: minute },
  { share: 0.5, minAgeMs: minute },
];
const strategy = new Canary({ baseline: 'v1', candidate: 'v2', stages, guardrails: [maxErrorRate(0.05)] });

/** A place as a file would be: only text survives. */
function place(): LastKnown & { text: string | undefined } {
  return {
    text: undefined,
    load() {
      return this.text === undefined ? undefined : JSON.parse(this.text);
    },
    save(record) {
      this.text = JSON.stringify(record);
    },
  };
}

let clock: ManualClock;
let store: ReturnType<typeof memoryStore>;
let isDown: boolean;
let mine: ReturnType<typeof place>;
const failing = () => new FaultyStore(store, () => (isDown ? 'before' : undefined));
const replica = (its = strategy, lastKnown: LastKnown = mine, of: StateStore = failing()) =>
  new Replica({ name: 'a', strategy: its, store: of, clock, lastKnown });

beforeEach(() => {
  clock = new ManualClock(start);
  store = memoryStore();
  isDown = false;
  mine = place();
});

/** A replica that ran until the second stage, and ended. */
async function ranBefore(): Promise<void> {
  const before = replica();
  await before.loop.start();
  clock.advance(minute);
  await before.loop.tick();
  expect(before.share).toBe(0.5);
}

describe('a replica that starts while the store is down', () => {
  test('serves as it did last, says that it has not read, and grows nothing', async () => {
    await ranBefore();
    isDown = true;
    clock.advance(10 * minute);
    const a = replica();
    expect([a.share, a.loop.isRead]).toEqual([0.5, false]);
    await a.loop.tick();
    expect([a.share, a.loop.isRead]).toEqual([0.5, false]);
    expect(await a.loop.command({ type: 'promote', by: 'ann' })).toEqual({
      accepted: false,
      reason: 'the store does not answer',
    });
  });

  test('can be rolled back at once, and stores it when the store is back', async () => {
    await ranBefore();
    isDown = true;
    const a = replica();
    const answer = a.loop.command({ type: 'rollback', by: 'ann', reason: 'it smells' });
    expect(a.share).toBe(0);
    expect((await answer).accepted).toBe(true);
    isDown = false;
    await a.loop.tick();
    expect(((await store.read('ranker')) as RolloutRecord).revision).toBe(3);
    expect([a.share, a.loop.isRead, a.loop.pendingRollbacks]).toEqual([0, true, 0]);
  });

  test('follows the store as soon as it answers, though the revision is the one it remembers', async () => {
    await ranBefore();
    // The store was emptied meanwhile, and another program began anew.
    store = memoryStore();
    const other = new Replica({ name: 'b', strategy, store, clock });
    await other.loop.start();
    await other.loop.command({ type: 'rollback', by: 'ann', reason: 'it smells' });
    const a = replica();
    expect([a.share, a.loop.record?.revision]).toEqual([0.5, 2]);
    await a.loop.tick();
    expect([a.share, a.loop.record?.revision]).toEqual([0, 2]);
  });

  test('gives a store that was emptied what it remembers', async () => {
    await ranBefore();
    store = memoryStore();
    const a = replica();
    await a.loop.start();
    expect(((await store.read('ranker')) as RolloutRecord).revision).toBe(2);
    expect(a.share).toBe(0.5);
  });

  test('does not serve what was remembered of another program', async () => {
    await ranBefore();
    isDown = true;
    const a = replica(new Canary({ baseline: 'v1', candidate: 'v3', stages }) as never);
    expect([a.loop.record, a.adopted]).toEqual([undefined, []]);
  });

  test('starts a node anew that was edited since, once it has read the store', async () => {
    await ranBefore();
    const a = replica(new Canary({ baseline: 'v1', candidate: 'v3', stages }) as never);
    await a.loop.start();
    expect([a.share, a.loop.record?.revision]).toEqual([0.1, 3]);
  });
});

describe('a place for the last record', () => {
  test('holds every record that was read or written, once', async () => {
    const saved: number[] = [];
    const counting: LastKnown = { load: () => undefined, save: ({ revision }) => saved.push(revision) };
    const a = replica(strategy, counting);
    await a.loop.start();
    await a.loop.tick();
    clock.advance(minute);
    await a.loop.tick();
    await new Replica({ name: 'b', strategy, store, clock }).loop.command({ type: 'pause', by: 'ann' });
    await a.loop.tick();
    expect(saved).toEqual([1, 2, 3]);
  });

  test.each(['{}', '7', '{"format":9}', '"x"'])('with %s in it is left alone', (text) => {
    mine.text = text;
    const a = replica();
    expect([a.loop.record, a.errors]).toEqual([undefined, ['recall']]);
  });

  test('that holds null holds nothing', () => {
    mine.text = 'null';
    const a = replica();
    expect([a.loop.record, a.errors]).toEqual([undefined, []]);
  });

  test('that throws hurts nothing', async () => {
    const broken: LastKnown = {
      load: () => {
        throw new Error('no disk');
      },
      save: () => {
        throw new Error('disk full');
      },
    };
    const a = replica(strategy, broken);
    expect(await a.loop.start()).toBe(true);
    expect([a.share, a.errors]).toEqual([0.1, ['recall', 'remember']]);
  });
});
