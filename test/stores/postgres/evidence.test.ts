import { PGlite } from '@electric-sql/pglite';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Evidence, emptyEvidence, mergeEvidence } from '../../../src/evidence/evidence.js';
import { type PostgresStore, postgresStore } from '../../../src/stores/postgres.js';
import { deltaOf, exposedIn } from './fixtures.js';

let database: PGlite;
let prefix: string;
let made = 0;
beforeAll(async () => void (database = await PGlite.create()), 60_000);
afterAll(() => database.close());
beforeEach(() => void newTables());

function newTables(): string {
  made += 1;
  prefix = `e${made}_`;
  return prefix;
}

/** The database, and how many characters each reading of it brought. */
const measured = () => {
  const brought: number[] = [];
  const client = {
    listen: database.listen.bind(database),
    query: async (text: string, values?: string[]) => {
      const result = await database.query<Record<string, string | null>>(text, values);
      const row = result.rows[0] ?? {};
      brought.push(Object.values(row).reduce((sum, value) => sum + (value?.length ?? 0), 0));
      return result;
    },
  };
  return { client, brought };
};

async function storeWith(options: Partial<Parameters<typeof postgresStore>[0]> = {}): Promise<PostgresStore> {
  const store = postgresStore({ client: database, prefix, ...options });
  await store.migrate();
  return store;
}

const rows = async <T>(sql: string) => (await database.query<T>(sql.replaceAll('@', prefix))).rows;
const positions = async () =>
  (await rows<{ position: number }>('SELECT position FROM "@delta" ORDER BY position')).map(({ position }) => position);
const head = async () =>
  (
    await rows<{ position: number; place: number; trimmed: number }>(
      'SELECT position, total_position AS place, trimmed FROM "@evidence"',
    )
  )[0];

describe('a silent writer', () => {
  const silentFor = (interval: string) => rows(`UPDATE "@writer" SET seen_at = now() - interval '${interval}'`);
  let store: PostgresStore;
  beforeEach(async () => {
    store = await storeWith();
    for (const seq of [1, 2]) await store.addEvidence('ranker', 'a', seq, deltaOf(5));
  });

  test('is known for exactly a day, and refused after it', async () => {
    // In one transaction, the time stands still.
    await database.exec('BEGIN');
    await silentFor('86400000 milliseconds');
    expect(await store.addEvidence('ranker', 'a', 3, deltaOf(5))).toBe('added');
    await silentFor('86400001 milliseconds');
    expect(await store.addEvidence('ranker', 'a', 4, deltaOf(5))).toBe('refused');
    await database.exec('COMMIT');
    expect(exposedIn((await store.readEvidence('ranker', 'a')).evidence)).toBe(15);
  });

  test('is known for as long as the options say', async () => {
    const short = await storeWith({ forgetWritersAfterMs: 1000 });
    await silentFor('2 seconds');
    expect(await short.addEvidence('ranker', 'a', 3, deltaOf(5))).toBe('refused');
    expect(await store.addEvidence('ranker', 'a', 3, deltaOf(5))).toBe('added');
  });

  test('is never added twice, and still finds its seq while it only reads', async () => {
    await silentFor('2 days');
    expect(await store.addEvidence('ranker', 'a', 1, deltaOf(5))).toBe('duplicate');
    expect(await store.addEvidence('ranker', 'a', 2, deltaOf(5))).toBe('duplicate');
    expect((await store.readEvidence('ranker', 'a')).lastSeq).toBe(2);
  });

  test('leaves no trace after a month', async () => {
    const sums = await storeWith({ sumUpEvery: 1 });
    await rows(`INSERT INTO "@writer" VALUES ('ranker', 'recent', 1, now() - interval '719 hours'),
      ('ranker', 'old', 1, now() - interval '721 hours'), ('other', 'old', 1, now() - interval '721 hours')`);
    await sums.addEvidence('ranker', 'b', 1, deltaOf(5));
    await sums.readEvidence('ranker', 'b');
    const left = await rows('SELECT router, replica FROM "@writer" ORDER BY router, replica');
    expect(left).toEqual([
      { router: 'other', replica: 'old' },
      { router: 'ranker', replica: 'a' },
      { router: 'ranker', replica: 'b' },
      { router: 'ranker', replica: 'recent' },
    ]);
  });

  test('cannot skip a seq', async () => {
    expect(await store.addEvidence('ranker', 'a', 4, deltaOf(5))).toBe('refused');
    expect(await store.addEvidence('ranker', 'a', 3, deltaOf(5))).toBe('added');
  });
});

describe('the log of evidence', () => {
  test('brings a reader only what is new', async () => {
    const { client, brought } = measured();
    const writer = await storeWith();
    const reader = await storeWith({ client });
    for (let seq = 1; seq <= 20; seq += 1) await writer.addEvidence('ranker', 'a', seq, deltaOf(5));
    brought.length = 0;
    await reader.readEvidence('ranker', 'b');
    await reader.readEvidence('ranker', 'b');
    await writer.addEvidence('ranker', 'a', 21, deltaOf(5));
    const { evidence } = await reader.readEvidence('ranker', 'b');
    const size = JSON.stringify(deltaOf(5)).length;
    const [first = 0, nothing = Infinity, one = Infinity] = brought;
    expect(first).toBeGreaterThan(20 * size);
    expect(nothing).toBeLessThan(80);
    expect(one).toBeLessThan(size + 80);
    expect(exposedIn(evidence)).toBe(105);
  });

  test('is summed up by the writer who filled it, and keeps the deltas since the total before', async () => {
    const store = await storeWith({ sumUpEvery: 4 });
    for (let seq = 1; seq <= 12; seq += 1) {
      await store.addEvidence('ranker', 'a', seq, deltaOf(seq));
      await store.readEvidence('ranker', 'a');
      const place = Math.floor(seq / 4) * 4;
      const trimmed = Math.max(0, place - 4);
      expect(await head()).toEqual({ position: seq, place, trimmed });
      expect(await positions()).toEqual(Array.from({ length: seq - trimmed }, (_, index) => trimmed + 1 + index));
    }
    expect(exposedIn((await store.readEvidence('ranker', 'a')).evidence)).toBe(78);
    // Who never read it begins with the total, and goes on with the log.
    const other = await storeWith();
    expect(await other.readEvidence('ranker', 'b')).toEqual({
      ...(await store.readEvidence('ranker', 'a')),
      lastSeq: 0,
    });
  });

  test('is summed up every 64 deltas unless the options say otherwise', async () => {
    const store = await storeWith();
    for (let seq = 1; seq <= 64; seq += 1) {
      expect((await head())?.place ?? 0).toBe(0);
      await store.addEvidence('ranker', 'a', seq, deltaOf(5));
      await store.readEvidence('ranker', 'a');
    }
    expect(await head()).toEqual({ position: 64, place: 64, trimmed: 0 });
  });

  test('is summed up by any reader when it is four times as long as it should be', async () => {
    const writer = await storeWith({ sumUpEvery: 1000 });
    const reader = await storeWith({ sumUpEvery: 2 });
    for (let seq = 1; seq <= 7; seq += 1) await writer.addEvidence('ranker', 'a', seq, deltaOf(5));
    await reader.readEvidence('ranker', 'b');
    expect((await head())?.place).toBe(0);
    await writer.addEvidence('ranker', 'a', 8, deltaOf(5));
    await reader.readEvidence('ranker', 'b');
    expect((await head())?.place).toBe(8);
  });

  test('spares a reader that is a little behind the total, and gives it to one that is far behind', async () => {
    const { client, brought } = measured();
    const writer = await storeWith({ sumUpEvery: 4 });
    const reader = await storeWith({ client });
    let seq = 0;
    const add = async (count: number) => {
      for (let index = 0; index < count; index += 1) {
        await writer.addEvidence('ranker', 'a', (seq += 1), deltaOf(5, { epoch: seq }));
        await writer.readEvidence('ranker', 'a');
      }
    };
    const read = async () => {
      brought.length = 0;
      const { evidence } = await reader.readEvidence('ranker', 'b');
      expect(exposedIn(evidence)).toBe(5 * seq);
      return brought[0] ?? 0;
    };
    const size = JSON.stringify(deltaOf(5)).length;
    await add(7);
    await read();
    await add(2);
    // The total was replaced at 8, and the log still begins at 5.
    expect(await head()).toEqual({ position: 9, place: 8, trimmed: 4 });
    expect(await read()).toBeLessThan(2.5 * size);
    await add(7);
    expect(await head()).toEqual({ position: 16, place: 16, trimmed: 12 });
    expect(await read()).toBeGreaterThan(10 * size);
  });

  test('is read to the very place where it was cut', async () => {
    const writer = await storeWith({ sumUpEvery: 4 });
    const [at, before] = [await storeWith(), await storeWith()];
    const add = async (seq: number) => {
      await writer.addEvidence('ranker', 'a', seq, deltaOf(seq));
      await writer.readEvidence('ranker', 'a');
    };
    for (const seq of [1, 2, 3]) await add(seq);
    await before.readEvidence('ranker', 'b');
    await add(4);
    await at.readEvidence('ranker', 'b');
    for (const seq of [5, 6, 7, 8]) await add(seq);
    expect(await head()).toEqual({ position: 8, place: 8, trimmed: 4 });
    for (const reader of [at, before]) expect(exposedIn((await reader.readEvidence('ranker', 'b')).evidence)).toBe(36);
  });

  test('that was deleted and begun again is read from its beginning, whatever was read before', async () => {
    const [writer, reader, other] = [await storeWith(), await storeWith(), await storeWith()];
    for (const seq of [1, 2]) await writer.addEvidence('ranker', 'a', seq, deltaOf(5));
    for (const store of [reader, other]) await store.readEvidence('ranker', 'b');
    for (const table of ['evidence', 'delta', 'writer']) await rows(`DELETE FROM "@${table}"`);
    expect(await reader.readEvidence('ranker', 'b')).toEqual({ evidence: emptyEvidence, lastSeq: 0 });
    await writer.addEvidence('ranker', 'c', 1, deltaOf(7));
    expect(exposedIn((await reader.readEvidence('ranker', 'b')).evidence)).toBe(7);
    for (const seq of [2, 3, 4]) await writer.addEvidence('ranker', 'c', seq, deltaOf(7));
    for (const store of [reader, other]) expect(exposedIn((await store.readEvidence('ranker', 'b')).evidence)).toBe(28);
  });

  test('is never summed up to less than it already was, by a total that comes late', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { client } = measured();
    const slow = {
      ...client,
      query: async (text: string, values?: string[]) => {
        if (text.includes('SET total')) await gate;
        return client.query(text, values);
      },
    };
    const [late, prompt] = [await storeWith({ client: slow, sumUpEvery: 4 }), await storeWith({ sumUpEvery: 4 })];
    for (const seq of [1, 2, 3, 4]) await late.addEvidence('ranker', 'a', seq, deltaOf(seq));
    const read = late.readEvidence('ranker', 'a');
    for (const seq of [1, 2, 3, 4]) {
      await prompt.addEvidence('ranker', 'b', seq, deltaOf(seq));
      await prompt.readEvidence('ranker', 'b');
    }
    expect(await head()).toEqual({ position: 8, place: 8, trimmed: 0 });
    release();
    expect(exposedIn((await read).evidence)).toBe(10);
    expect(await head()).toEqual({ position: 8, place: 8, trimmed: 0 });
    for (const store of [late, prompt, await storeWith()])
      expect(exposedIn((await store.readEvidence('ranker', 'c')).evidence)).toBe(20);
  });

  test('of a server that came back with less is read again, even where it has grown longer since', async () => {
    const [writer, reader, other] = [await storeWith(), await storeWith({ sumUpEvery: 5 }), await storeWith()];
    for (const seq of [1, 2, 3, 4, 5]) await writer.addEvidence('ranker', 'a', seq, deltaOf(5));
    for (const store of [reader, other]) await store.readEvidence('ranker', 'b');
    // As a standby that had got no further than the third delta.
    await rows('DELETE FROM "@delta" WHERE position > 3');
    await rows('UPDATE "@writer" SET seq = 3');
    await rows('UPDATE "@evidence" SET position = 3, digest = (SELECT digest FROM "@delta" WHERE position = 3)');
    expect(exposedIn((await other.readEvidence('ranker', 'b')).evidence)).toBe(15);
    expect(await writer.addEvidence('ranker', 'a', 6, deltaOf(5))).toBe('refused');
    for (const seq of [1, 2, 3]) await writer.addEvidence('ranker', 'c', seq, deltaOf(7));
    for (const store of [reader, other]) expect(exposedIn((await store.readEvidence('ranker', 'b')).evidence)).toBe(36);
  });

  test('tells that a total could not be stored, once, and loses nothing by it', async () => {
    const store = await storeWith({ sumUpEvery: 2 });
    await database.exec(`CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE 'no room'; END $$ LANGUAGE plpgsql;
      CREATE TRIGGER refuse BEFORE UPDATE OF total ON "${prefix}evidence" FOR EACH ROW EXECUTE FUNCTION refuse()`);
    for (const seq of [1, 2]) await store.addEvidence('ranker', 'a', seq, deltaOf(5));
    await expect(store.readEvidence('ranker', 'a')).rejects.toMatchObject({
      code: 'store-failed',
      message: "postgresStore: summing up the evidence of 'ranker' failed: no room.",
    });
    await database.exec(`DROP TRIGGER refuse ON "${prefix}evidence"; DROP FUNCTION refuse`);
    expect(exposedIn((await store.readEvidence('ranker', 'a')).evidence)).toBe(10);
    expect((await head())?.place).toBe(0);
    for (const seq of [3, 4]) await store.addEvidence('ranker', 'a', seq, deltaOf(5));
    await store.readEvidence('ranker', 'a');
    expect((await head())?.place).toBe(4);
  });

  test('that somebody else has written into is not believed', async () => {
    const store = await storeWith();
    await store.addEvidence('ranker', 'a', 1, deltaOf(5));
    await rows(`UPDATE "@delta" SET delta = '{"strata": 7}'`);
    await expect(store.readEvidence('ranker', 'a')).rejects.toMatchObject({ code: 'state-unreadable' });
    await rows(`UPDATE "@evidence" SET total = '[]', total_position = 1`);
    await expect(store.readEvidence('ranker', 'a')).rejects.toMatchObject({ code: 'state-unreadable' });
  });

  test('gives every reader, at every moment, the sum of all deltas in the order in which they were added', async () => {
    const store = fc.nat({ max: 2 });
    const steps = fc.array(
      fc.oneof(
        fc.record({ add: store, exposed: fc.nat({ max: 50 }), hour: fc.nat({ max: 3 }), fold: fc.nat({ max: 3 }) }),
        fc.record({ read: store }),
        fc.record({ begin: store }),
      ),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        newTables();
        const open = () => storeWith({ sumUpEvery: 3 });
        const stores = [await open(), await open(), await open()];
        const seqs = [0, 0, 0];
        let sum: Evidence = emptyEvidence;
        for (const step of run) {
          if ('begin' in step) stores[step.begin] = await open();
          else if ('add' in step) {
            const seq = ((seqs[step.add] ?? 0) + 1) as number;
            seqs[step.add] = seq;
            const delta = deltaOf(step.exposed, { hour: step.hour, foldBefore: step.fold * 3_600_000 });
            expect(await stores[step.add]?.addEvidence('ranker', `w${step.add}`, seq, delta)).toBe('added');
            sum = mergeEvidence(sum, delta);
          } else {
            const read = await stores[step.read]?.readEvidence('ranker', `w${step.read}`);
            expect(JSON.stringify(read)).toBe(JSON.stringify({ evidence: sum, lastSeq: seqs[step.read] }));
          }
        }
        for (const table of ['record', 'evidence', 'delta', 'writer', 'history']) await rows(`DROP TABLE "@${table}"`);
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});
