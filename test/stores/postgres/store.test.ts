import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { columnText } from '../../../src/stores/postgres/names.js';
import { postgresSchema, postgresStore } from '../../../src/stores/postgres.js';
import { deltaOf, entryOf, exposedIn, freshStore, recordOf } from './fixtures.js';

let client: PGlite;
beforeAll(async () => void (client = await PGlite.create()), 60_000);
afterAll(() => client.close());

describe('the schema of the PostgreSQL store', () => {
  test('is plain SQL for a migration tool, and may be run again', async () => {
    const tables = { schema: 'ops', prefix: 'rollout_' };
    const sql = postgresSchema(tables);
    expect(sql.match(/CREATE (TABLE|SCHEMA) IF NOT EXISTS "\w+"(\."\w+")?/g)).toEqual([
      'CREATE SCHEMA IF NOT EXISTS "ops"',
      'CREATE TABLE IF NOT EXISTS "ops"."rollout_record"',
      'CREATE TABLE IF NOT EXISTS "ops"."rollout_evidence"',
      'CREATE TABLE IF NOT EXISTS "ops"."rollout_delta"',
      'CREATE TABLE IF NOT EXISTS "ops"."rollout_writer"',
      'CREATE TABLE IF NOT EXISTS "ops"."rollout_history"',
    ]);
    await client.exec(sql);
    await client.exec(sql);
    const store = postgresStore({ client, ...tables });
    expect(await store.compareAndSet('ranker', undefined, recordOf(1))).toEqual({ ok: true });
    await store.migrate();
    expect(await store.read('ranker')).toEqual(recordOf(1));
  });

  test('names its tables turnout_… in the first schema of the search path unless told otherwise', async () => {
    expect(postgresSchema()).toMatch(/^CREATE TABLE IF NOT EXISTS "turnout_record" \(/);
    await postgresStore({ client }).migrate();
    const { rows } = await client.query(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_name LIKE 'turnout%' ORDER BY 1",
    );
    expect(rows.map((row) => (row as { name: string }).name)).toEqual([
      'turnout_delta',
      'turnout_evidence',
      'turnout_history',
      'turnout_record',
      'turnout_writer',
    ]);
  });

  test('is completed where a table is missing', async () => {
    const store = await freshStore({ client, prefix: 'part_' });
    await client.query('DROP TABLE part_writer');
    await expect(store.addEvidence('ranker', 'a', 1, deltaOf(1))).rejects.toThrow('await store.migrate()');
    await store.migrate();
    expect(await store.addEvidence('ranker', 'a', 1, deltaOf(1))).toBe('added');
  });

  test.each([
    ['', 'too short'],
    ['Turnout', 'with a capital'],
    ['a"b', 'with a quote'],
    ['9lives', 'with a digit first'],
    ['a'.repeat(41), 'too long'],
  ])('refuses %j as a name: it is %s', (name) => {
    const issue = /a name of 1 to 40 small letters, digits and '_'/;
    expect(() => postgresSchema({ schema: name })).toThrow(issue);
    expect(() => postgresSchema({ prefix: name })).toThrow(issue);
    expect(() => postgresStore({ client, schema: name })).toThrow(issue);
    expect(() => postgresStore({ client, prefix: name })).toThrow(issue);
  });

  test.each(['a', '_', 'a9_', 'a'.repeat(40)])('takes %j as a name', (name) => {
    expect(postgresSchema({ schema: name, prefix: name })).toContain(`"${name}"."${name}record"`);
  });
});

describe('the options of the PostgreSQL store', () => {
  test('are checked all at once', () => {
    const options = {
      client: { quary: 1 },
      listen: 1,
      sumUpEvery: 0,
      forgetWritersAfterMs: -1,
      historyMax: 1.5,
      skema: '',
    };
    // @ts-expect-error - every option is wrong
    expect(() => postgresStore(options)).toThrow(
      expect.objectContaining({
        code: 'config',
        issues: ['skema', 'client', 'listen', 'sumUpEvery', 'forgetWritersAfterMs', 'historyMax'].map((option) =>
          expect.objectContaining({ path: `options.${option}` }),
        ),
      }),
    );
  });

  test.each([undefined, null, 'postgres://localhost', () => 1])('need a client, which %s is not', (wrong) => {
    // @ts-expect-error - it is none
    expect(() => postgresStore({ client: wrong })).toThrow(/options.client: must be a Pool or a Client of pg/);
  });
});

describe('the PostgreSQL store', () => {
  test('says which call failed and why, and what to do about tables that are not there', async () => {
    const store = postgresStore({ client, prefix: 'nowhere_' });
    const failed = (what: string) => ({
      name: 'TurnoutError',
      code: 'store-failed',
      message:
        `postgresStore: ${what} failed: relation "nowhere_${what.startsWith('read ') || what.startsWith('comp') ? 'record' : 'history'}" does not exist. ` +
        'Create the tables first, with `await store.migrate()` or by the SQL of postgresSchema().',
      cause: expect.objectContaining({ code: '42P01' }),
    });
    await expect(store.read('ranker')).rejects.toMatchObject(failed("read of 'ranker'"));
    const write = store.compareAndSet('ranker', 1, recordOf(2));
    await expect(write).rejects.toMatchObject(failed("compareAndSet of 'ranker'"));
    await expect(store.history('ranker')).rejects.toMatchObject(failed("history of 'ranker'"));
    await expect(store.appendHistory('ranker', entryOf(1))).rejects.toMatchObject(failed("appendHistory of 'ranker'"));
    const other = {
      code: 'store-failed',
      message: expect.stringMatching(/^postgresStore: addEvidence of 'ranker' failed/),
    };
    await expect(store.addEvidence('ranker', 'a', 1, deltaOf(1))).rejects.toMatchObject(other);
    await expect(store.readEvidence('ranker', 'a')).rejects.toThrow("postgresStore: readEvidence of 'ranker' failed: ");
  });

  test('tells the time of the server in whole milliseconds', async () => {
    const store = postgresStore({ client });
    const before = Date.now();
    const now = await store.now();
    expect(Number.isInteger(now)).toBe(true);
    expect(now).toBeGreaterThanOrEqual(before - 1);
    expect(now).toBeLessThanOrEqual(Date.now() + 1);
  });

  test('keeps texts that no column of text can hold', async () => {
    const store = await freshStore({ client });
    const keys = ['a\u0000', 'a\ud800', 'a\udfff', 'a\ufffd', 'a\\0000', 'a\\'];
    for (const [index, key] of keys.entries()) {
      await store.compareAndSet(key, undefined, recordOf(1, key));
      await store.addEvidence(key, key, 1, deltaOf(index + 1));
    }
    for (const [index, key] of keys.entries()) {
      expect(await store.read(key)).toEqual(recordOf(1, key));
      const { evidence, lastSeq } = await store.readEvidence(key, key);
      expect([exposedIn(evidence), lastSeq]).toEqual([index + 1, 1]);
    }
  });

  test('keeps keys apart that differ', () => {
    const key = fc.string({ unit: fc.constantFrom('a', '\\', '\0', '0', '5', 'c', 'd', '8', '\ud800', '\udc00') });
    fc.assert(
      fc.property(key, key, (a, b) => (columnText(a) === columnText(b)) === (a === b)),
      { numRuns: 1000 },
    );
    expect(columnText('ключ 🔑 a/b')).toBe('ключ 🔑 a/b');
    expect(columnText('\0\\\ud800')).toBe('\\0000\\005c\\d800');
  });

  test('keeps the newest history entries of each router, oldest first', async () => {
    const store = await freshStore({ client, historyMax: 3 });
    for (const revision of [1, 2, 3, 4, 5]) {
      await store.appendHistory('ranker', entryOf(revision));
      await store.appendHistory('other', entryOf(10 + revision));
      const kept = [1, 2, 3, 4, 5].filter((kept) => kept <= revision && kept > revision - 3);
      expect(await store.history('ranker')).toEqual(kept.map(entryOf));
    }
    expect(await store.history('other')).toEqual([13, 14, 15].map(entryOf));
    expect(await store.history('nobody')).toEqual([]);
    const single = postgresStore({ client, prefix: 'one_', historyMax: 1 });
    await single.migrate();
    for (const revision of [1, 2]) await single.appendHistory('ranker', entryOf(revision));
    expect(await single.history('ranker')).toEqual([entryOf(2)]);
  });

  test('outlives a database in a folder that is closed and opened again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'turnout-pglite-'));
    try {
      const before = await PGlite.create(folder);
      const store = await freshStore({ client: before, prefix: 'kept_' });
      await store.compareAndSet('ranker', undefined, recordOf(1));
      await store.addEvidence('ranker', 'a', 1, deltaOf(5));
      await before.close();
      const after = await PGlite.create(folder);
      const restored = postgresStore({ client: after, prefix: 'kept_' });
      expect(await restored.read('ranker')).toEqual(recordOf(1));
      expect(await restored.addEvidence('ranker', 'a', 1, deltaOf(5))).toBe('duplicate');
      expect(await restored.addEvidence('ranker', 'a', 2, deltaOf(5))).toBe('added');
      expect(exposedIn((await restored.readEvidence('ranker', 'a')).evidence)).toBe(10);
      await after.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 90_000);

  test('gives a single connection one statement at a time, and goes on after one that failed', async () => {
    const store = await freshStore({ client, prefix: 'turns_' });
    await store.compareAndSet('ranker', undefined, recordOf(1));
    let [atWork, most, calls] = [0, 0, 0];
    const connection = {
      on: () => {},
      removeListener: () => {},
      query: async (text: string, values?: string[]) => {
        calls += 1;
        atWork += 1;
        most = Math.max(most, atWork);
        try {
          if (calls === 2) throw new Error('the second one fails');
          return await client.query<object>(text, values);
        } finally {
          atWork -= 1;
        }
      },
    };
    const single = postgresStore({ client: connection, prefix: 'turns_' });
    const answers = await Promise.allSettled([1, 2, 3, 4].map(() => single.read('ranker')));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect([most, calls]).toEqual([1, 4]);
  });

  test('tries a deadlock or a serialisation failure twenty times, and nothing else twice', async () => {
    let calls = 0;
    const failing = (code: string) => ({
      on: () => {},
      removeListener: () => {},
      query: () => {
        calls += 1;
        return Promise.reject(Object.assign(new Error('no'), { code }));
      },
    });
    for (const [code, expected] of [
      ['40001', 20],
      ['40P01', 20],
      ['08006', 1],
      ['57014', 1],
    ] as const) {
      calls = 0;
      const store = postgresStore({ client: failing(code) });
      await expect(store.read('ranker')).rejects.toMatchObject({
        message: "postgresStore: read of 'ranker' failed: no.",
      });
      expect([code, calls]).toEqual([code, expected]);
    }
  });
});
