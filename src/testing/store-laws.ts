import { type Evidence, emptyEvidence } from '../evidence/evidence.js';
import { emptyCell } from '../evidence/cell.js';
import type { HistoryEntry, RolloutRecord, StateStore } from '../runtime/control/store.js';
import { recordFormat } from '../runtime/control/store.js';
import { type Law, expectSame } from './law.js';

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

const delta = (exposed: number): Evidence => ({
  ...emptyEvidence,
  strata: [
    {
      node: 'router',
      epoch: 1,
      from: 0,
      to: 3_600_000,
      salt: 'router',
      shares: { candidate: 0.1, baseline: 0.9 },
      arms: ['candidate', 'baseline'],
      cells: { baseline: { ...emptyCell, exposed, units: exposed } },
    },
  ],
});

const exposedIn = ({ strata }: Evidence) =>
  strata.reduce((sum, { cells }) => sum + (cells['baseline']?.exposed ?? 0), 0);

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

type LawMaker = (name: string, check: (store: StateStore) => Promise<void>) => Law;

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

function evidenceLaws(law: LawMaker): readonly Law[] {
  return [
    law('evidence of no writer is empty', async (store) => {
      const { evidence, lastSeq } = await store.readEvidence('router', 'a');
      expectSame([exposedIn(evidence), lastSeq], [0, 0], 'evidence');
    }),
    law('a delta is added once per writer and seq', async (store) => {
      expectSame(await store.addEvidence('router', 'a', 1, delta(5)), 'added', 'the first');
      expectSame(await store.addEvidence('router', 'a', 1, delta(5)), 'duplicate', 'the first again');
      expectSame(await store.addEvidence('router', 'a', 2, delta(3)), 'added', 'the second');
      expectSame(await store.addEvidence('router', 'a', 1, delta(5)), 'duplicate', 'the first, late');
      const { evidence, lastSeq } = await store.readEvidence('router', 'a');
      expectSame([exposedIn(evidence), lastSeq], [8, 2], 'evidence');
    }),
    law('writers do not share their seqs, and their evidence is summed', async (store) => {
      await store.addEvidence('router', 'a', 1, delta(5));
      await store.addEvidence('router', 'b', 1, delta(7));
      const { evidence, lastSeq } = await store.readEvidence('router', 'c');
      expectSame([exposedIn(evidence), lastSeq], [12, 0], 'evidence');
    }),
    law('a writer that the store does not know is refused unless it starts at 1', async (store) => {
      expectSame(await store.addEvidence('router', 'a', 3, delta(5)), 'refused', 'a writer that starts at 3');
      expectSame(exposedIn((await store.readEvidence('router', 'a')).evidence), 0, 'evidence');
    }),
    law('the same delta sent twice at once is added once', async (store) => {
      const answers = await Promise.all([1, 2, 3].map(() => store.addEvidence('router', 'a', 1, delta(5))));
      expectSame(answers.filter((answer) => answer === 'added').length, 1, 'added');
      expectSame(exposedIn((await store.readEvidence('router', 'a')).evidence), 5, 'evidence');
    }),
    law('many writers at once lose nothing', async (store) => {
      const writers = Array.from({ length: 20 }, (_, index) =>
        store.addEvidence('router', `w${index}`, 1, delta(index)),
      );
      await Promise.all(writers);
      expectSame(exposedIn((await store.readEvidence('router', 'a')).evidence), 190, 'evidence');
    }),
    law('routers do not share evidence', async (store) => {
      await store.addEvidence('router', 'a', 1, delta(5));
      expectSame(exposedIn((await store.readEvidence('other', 'a')).evidence), 0, 'evidence');
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
    law('history can be appended without touching the record', async (store) => {
      if (store.appendHistory === undefined) return;
      await store.compareAndSet('router', undefined, record(1));
      await store.appendHistory('router', entry);
      expectSame(await store.read('router'), record(1), 'the record');
    }),
  ];
}
