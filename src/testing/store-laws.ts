import type { HistoryEntry, RolloutRecord, StateStore } from '../runtime/control/store.js';
import { recordFormat } from '../runtime/control/store.js';
import { type Law, expectSame } from './law.js';
import { evidenceLaws, type LawMaker } from './store-evidence-laws.js';

/** What the laws of stores need. */
export interface StoreUnderTest {
  /** A store without records; called once per law. */
  create(): StateStore | Promise<StateStore>;
  /** Puts it away. */
  destroy?(store: StateStore): void | Promise<void>;
}

const record = (revision: number, state: RolloutRecord['state'] = { revision }): RolloutRecord => ({
  format: recordFormat,
  revision,
  nodes: { router: 'a1' },
  state,
  history: [],
  updatedAt: 1_000 + revision,
  updatedBy: 'replica-1',
});

/** What every store must do for the control loop to be right. Each law gets a fresh store. */
export function storeLaws({ create, destroy }: StoreUnderTest): readonly Law[] {
  const law = (name: string, check: (store: StateStore) => Promise<void>): Law => ({
    name,
    run: async () => {
      const store = await create();
      try {
        await check(store);
      } finally {
        await destroy?.(store);
      }
    },
  });
  return [...recordLaws(law), ...evidenceLaws(law), ...optionalLaws(law)];
}

function recordLaws(law: LawMaker): readonly Law[] {
  return [
    law('a key without a record reads as undefined', async (store) => {
      expectSame(await store.read('router'), undefined, 'read');
    }),
    law('a first write needs that there is no record, and the second of two is told what is there', async (store) => {
      expectSame(await store.compareAndSet('router', undefined, record(1)), { ok: true }, 'the first write');
      const second = await store.compareAndSet('router', undefined, record(1, 'other'));
      expectSame(second, { ok: false, current: record(1) }, 'the second write');
    }),
    law('a write with the stored revision replaces the record, with any other it changes nothing', async (store) => {
      await store.compareAndSet('router', undefined, record(1));
      expectSame(await store.compareAndSet('router', 1, record(2)), { ok: true }, 'a write with the stored revision');
      expectSame(await store.compareAndSet('router', 1, record(3)), { ok: false, current: record(2) }, 'a stale write');
      expectSame(await store.compareAndSet('router', 3, record(4)), { ok: false, current: record(2) }, 'a write ahead');
      expectSame(await store.read('router'), record(2), 'what is stored');
    }),
    law('a write on a record that is not there is refused', async (store) => {
      const answer = await store.compareAndSet('router', 1, record(2));
      expectSame(answer.ok, false, 'the write');
      expectSame(await store.read('router'), undefined, 'what is stored');
    }),
    law('a known revision reads as unchanged, another as the record', async (store) => {
      await store.compareAndSet('router', undefined, record(1));
      expectSame(await store.read('router', 1), 'unchanged', 'the known revision');
      expectSame(await store.read('router', 7), record(1), 'another revision');
    }),
    law('of many writers with one revision exactly one wins', async (store) => {
      await store.compareAndSet('router', undefined, record(1));
      const writers = Array.from({ length: 20 }, (_, index) => store.compareAndSet('router', 1, record(2, index)));
      const answers = await Promise.all(writers);
      expectSame(answers.filter(({ ok }) => ok).length, 1, 'winners');
      const winner = answers.findIndex(({ ok }) => ok);
      expectSame(await store.read('router'), record(2, winner), 'what is stored');
    }),
    law('of writers that read and write in turn none is overwritten', async (store) => {
      await store.compareAndSet('router', undefined, record(1, []));
      const writer = async (name: number): Promise<void> => {
        const stored = (await store.read('router')) as RolloutRecord;
        const next = record(stored.revision + 1, [...(stored.state as number[]), name]);
        const answer = await store.compareAndSet('router', stored.revision, next);
        if (!answer.ok) await writer(name);
      };
      await Promise.all([1, 2, 3, 4, 5].map(writer));
      const { revision, state } = (await store.read('router')) as RolloutRecord;
      expectSame([revision, [...(state as number[])].sort((a, b) => a - b)], [6, [1, 2, 3, 4, 5]], 'what is stored');
    }),
    law('a first write may have any revision, as that of a replica whose store was emptied', async (store) => {
      expectSame(await store.compareAndSet('router', undefined, record(57)), { ok: true }, 'the first write');
      expectSame(await store.compareAndSet('router', 57, record(58)), { ok: true }, 'the next write');
      expectSame(await store.read('router', 58), 'unchanged', 'what is stored');
    }),
    law('a record of a megabyte is stored as a whole', async (store) => {
      const large = record(
        1,
        Array.from({ length: 20_000 }, (_, index) => `arm ${index} of a record that is large`),
      );
      expectSame(await store.compareAndSet('router', undefined, large), { ok: true }, 'the write');
      expectSame(await store.read('router'), large, 'what is stored');
    }),
    law('keys do not touch each other, whatever they are', async (store) => {
      const keys = ['router', 'router/claims', '__proto__', 'ключ 🔑', 'a b'];
      for (const key of keys) await store.compareAndSet(key, undefined, record(1, key));
      for (const key of keys) expectSame(await store.read(key), record(1, key), `the record of ${key}`);
    }),
    law('a record comes back as it was written, and changing it afterwards changes nothing', async (store) => {
      const state = {
        text: 'é 😀 " \\',
        list: [1, 0.1, 1e-9, -5],
        none: null,
        deep: { yes: true, ['__proto__x']: [] },
      };
      const written = record(1, state);
      await store.compareAndSet('router', undefined, written);
      (written.state as { text: string }).text = 'changed';
      const read = (await store.read('router')) as RolloutRecord;
      expectSame(read.state, { ...state, text: 'é 😀 " \\' }, 'the state');
      (read.state as { text: string }).text = 'changed';
      expectSame(
        ((await store.read('router')) as RolloutRecord).state,
        { ...state, text: 'é 😀 " \\' },
        'the state again',
      );
    }),
  ];
}

function optionalLaws(law: LawMaker): readonly Law[] {
  const entry: HistoryEntry = {
    revision: 2,
    at: 1,
    replica: 'a',
    node: 'router',
    from: '1%',
    to: '5%',
    why: 'the stage passed',
    facts: {},
  };
  return [
    law('a store that has time tells it in milliseconds, and it does not go back', async (store) => {
      if (store.now === undefined) return;
      const [first, second] = [await store.now(), await store.now()];
      if (!(second >= first && first >= 0)) throw new Error(`time went from ${first} to ${second}`);
    }),
    law('a subscriber is called after a change, and not after it has left', async (store) => {
      if (store.subscribe === undefined) return;
      let calls = 0;
      let arrived = () => {};
      const change = new Promise<void>((resolve) => (arrived = resolve));
      const leave = store.subscribe('router', () => {
        calls += 1;
        arrived();
      });
      await store.compareAndSet('router', undefined, record(1));
      await change;
      leave();
      const before = calls;
      await store.compareAndSet('router', 1, record(2));
      await store.read('router');
      expectSame(calls, before, 'calls after leaving');
    }),
    law('a function that subscribes twice and leaves once is still called', async (store) => {
      if (store.subscribe === undefined) return;
      let calls = 0;
      const arrived: (() => void)[] = [];
      const onChange = () => {
        calls += 1;
        for (const tell of arrived.splice(0)) tell();
      };
      const first = new Promise<void>((resolve) => arrived.push(resolve));
      const leaves = [store.subscribe('router', onChange), store.subscribe('router', onChange)];
      await store.compareAndSet('router', undefined, record(1));
      await first;
      leaves[0]?.();
      leaves[0]?.();
      const before = calls;
      const second = new Promise<void>((resolve) => arrived.push(resolve));
      await store.compareAndSet('router', 1, record(2));
      await second;
      if (!(calls > before)) throw new Error('the one that stayed was not called');
      leaves[1]?.();
    }),
    law('history can be appended without touching the record', async (store) => {
      if (store.appendHistory === undefined) return;
      await store.compareAndSet('router', undefined, record(1));
      await store.appendHistory('router', entry);
      expectSame(await store.read('router'), record(1), 'the record');
    }),
  ];
}
