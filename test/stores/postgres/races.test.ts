import { Client, Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type PostgresStore, postgresStore } from '../../../src/stores/postgres.js';
import { deltaOf, exposedIn, recordOf } from './fixtures.js';
import { type PostgresServer, postgresMissing, postgresServer } from './server.js';

const missing = postgresMissing();
if (missing !== undefined) test.skip(missing, () => {});

// What happens between two writers, one step after the other: `rival` holds its transaction open while the store is at work.
describe.skipIf(missing !== undefined)('a writer that finds another one in the middle of the same thing', () => {
  const prefix = 'races_';
  let server: PostgresServer;
  let pool: Pool;
  let rival: Client;
  let store: PostgresStore;
  beforeAll(async () => {
    server = await postgresServer();
    pool = new Pool({ connectionString: server.url });
    rival = new Client(server.url);
    await rival.connect();
    store = postgresStore({ client: pool, prefix });
  }, 60_000);
  afterAll(async () => {
    await rival.end();
    await pool.end();
    await server.remove();
  });
  beforeEach(async () => {
    for (const table of ['record', 'evidence', 'delta', 'writer', 'history'])
      await rival.query(`DROP TABLE IF EXISTS ${prefix}${table}`);
    await store.migrate();
  });

  /** Until some connection waits for a lock. */
  async function isWaiting(): Promise<void> {
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    while ((await rival.query(waiting)).rows.length === 0);
  }

  /** What the store answers when the rival does its work first, and is done while the store waits. */
  async function behind<T>(work: string, end: 'COMMIT' | 'ROLLBACK', call: () => Promise<T>): Promise<T> {
    await rival.query('BEGIN');
    await rival.query(work);
    const answer = call();
    await isWaiting();
    await rival.query(end);
    return answer;
  }

  const rivalRecord = JSON.stringify(recordOf(2, 'the rival'));
  const replaceRecord = `UPDATE ${prefix}record SET revision = 2, record = '${rivalRecord}' WHERE router = 'ranker'`;
  const insertRecord = `INSERT INTO ${prefix}record VALUES ('ranker', 2, '${rivalRecord}')`;

  test('is told what the winner wrote, not what was there before', async () => {
    await store.compareAndSet('ranker', undefined, recordOf(1));
    const answer = await behind(replaceRecord, 'COMMIT', () => store.compareAndSet('ranker', 1, recordOf(2, 'mine')));
    expect(answer).toEqual({ ok: false, current: recordOf(2, 'the rival') });
  });

  test('wins where the other one gave up', async () => {
    await store.compareAndSet('ranker', undefined, recordOf(1));
    const answer = await behind(replaceRecord, 'ROLLBACK', () => store.compareAndSet('ranker', 1, recordOf(2, 'mine')));
    expect(answer).toEqual({ ok: true });
    expect(await store.read('ranker')).toEqual(recordOf(2, 'mine'));
  });

  test('is told of a record that was created in the meantime', async () => {
    const create = () => store.compareAndSet('ranker', undefined, recordOf(1, 'mine'));
    expect(await behind(insertRecord, 'COMMIT', create)).toEqual({ ok: false, current: recordOf(2, 'the rival') });
    await rival.query(`DELETE FROM ${prefix}record`);
    expect(await behind(insertRecord, 'ROLLBACK', create)).toEqual({ ok: true });
  });

  test('is told that there is none where the record was deleted in the meantime', async () => {
    await store.compareAndSet('ranker', undefined, recordOf(1));
    const replace = () => store.compareAndSet('ranker', 1, recordOf(2));
    const answer = await behind(`DELETE FROM ${prefix}record`, 'COMMIT', replace);
    expect(answer).toEqual({ ok: false, current: undefined });
  });

  // The twin of a delta: sent, taken for lost, and sent again while it is still at work.
  test.each([1, 2])('adds delta %i once, after or instead of its twin', async (seq) => {
    for (let before = 1; before < seq; before += 1) await store.addEvidence('ranker', 'a', before, deltaOf(5));
    const twin =
      seq === 1
        ? `INSERT INTO ${prefix}writer VALUES ('ranker', 'a', 1, now())`
        : `UPDATE ${prefix}writer SET seq = ${seq}, seen_at = now()`;
    const add = () => store.addEvidence('ranker', 'a', seq, deltaOf(5));
    expect(await behind(twin, 'ROLLBACK', add)).toBe('added');
    expect(exposedIn((await store.readEvidence('ranker', 'a')).evidence)).toBe(5 * seq);
    await rival.query(seq === 1 ? `DELETE FROM ${prefix}writer` : `UPDATE ${prefix}writer SET seq = ${seq - 1}`);
    expect(await behind(twin, 'COMMIT', add)).toBe('duplicate');
    expect(exposedIn((await store.readEvidence('ranker', 'a')).evidence)).toBe(5 * seq);
  });

  test('takes a position behind it, so that no reader passes one that is not committed yet', async () => {
    await store.addEvidence('ranker', 'a', 1, deltaOf(5));
    const reader = postgresStore({ client: pool, prefix });
    const delta = JSON.stringify(deltaOf(7));
    const add = `WITH head AS (UPDATE ${prefix}evidence SET position = position + 1, digest = 'rival' RETURNING position)
      INSERT INTO ${prefix}delta SELECT 'ranker', position, 'rival', '${delta}' FROM head`;
    await rival.query('BEGIN');
    await rival.query(add);
    const added = store.addEvidence('ranker', 'a', 2, deltaOf(11));
    await isWaiting();
    expect(exposedIn((await reader.readEvidence('ranker', 'b')).evidence)).toBe(5);
    await rival.query('COMMIT');
    expect(await added).toBe('added');
    expect(exposedIn((await reader.readEvidence('ranker', 'b')).evidence)).toBe(23);
  });

  test('tries again after a deadlock', async () => {
    await store.addEvidence('ranker', 'a', 1, deltaOf(5));
    await rival.query("SET deadlock_timeout = '10min'");
    await rival.query('BEGIN');
    await rival.query(`SELECT 1 FROM ${prefix}evidence FOR UPDATE`);
    const added = store.addEvidence('ranker', 'a', 2, deltaOf(5));
    await isWaiting();
    // The store holds the writer and waits for the router; now the rival waits for the writer. The store is the one to find out.
    await rival.query(`SELECT 1 FROM ${prefix}writer FOR UPDATE`);
    await rival.query('COMMIT');
    expect(await added).toBe('added');
    expect(exposedIn((await store.readEvidence('ranker', 'a')).evidence)).toBe(10);
  });
});
