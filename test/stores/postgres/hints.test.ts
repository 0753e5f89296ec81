import { PGlite } from '@electric-sql/pglite';
import { Client, Pool } from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresClient, postgresStore } from '../../../src/stores/postgres.js';
import { payloadOf } from '../../../src/stores/postgres/names.js';
import { recordOf } from './fixtures.js';
import { type PostgresServer, postgresMissing, postgresServer } from './server.js';

/** Counts hints, and waits for the next one. */
function ear() {
  let heard = 0;
  let wake = () => {};
  return {
    listener: () => {
      heard += 1;
      wake();
    },
    heard: () => heard,
    next: (count: number) =>
      new Promise<void>((resolve) => {
        wake = () => heard >= count && resolve();
        wake();
      }),
  };
}

describe('hints on PGlite', () => {
  let database: PGlite;
  beforeAll(async () => {
    database = await PGlite.create();
    await postgresStore({ client: database }).migrate();
  }, 60_000);
  afterAll(() => database.close());

  test('tell of the changes of one router to those who asked for it', async () => {
    const [store, writer] = [postgresStore({ client: database }), postgresStore({ client: database })];
    const [ranker, other] = [ear(), ear()];
    store.subscribe?.('ranker', ranker.listener);
    store.subscribe?.('other', other.listener);
    await ranker.next(1);
    await other.next(1);
    await writer.compareAndSet('ranker', undefined, recordOf(1));
    await ranker.next(2);
    // What is refused is no change.
    await writer.compareAndSet('ranker', 7, recordOf(8));
    await writer.compareAndSet('ranker', undefined, recordOf(1));
    await writer.compareAndSet('other', undefined, recordOf(1));
    await other.next(2);
    expect([ranker.heard(), other.heard()]).toEqual([2, 2]);
    await store.close();
    await writer.compareAndSet('ranker', 1, recordOf(2));
    await writer.read('ranker');
    expect(ranker.heard()).toBe(2);
  });

  test('are left out where the options say so', () => {
    expect(postgresStore({ client: database, listen: false }).subscribe).toBeUndefined();
    expect(postgresStore({ client: database, listen: true }).subscribe).toBeTypeOf('function');
  });
});

const missing = postgresMissing();
if (missing !== undefined) test.skip(missing, () => {});

describe.skipIf(missing !== undefined)('hints on a PostgreSQL server', () => {
  const prefix = 'hints_';
  let server: PostgresServer;
  let admin: Client;
  let revision = 0;
  beforeAll(async () => {
    server = await postgresServer();
    admin = new Client(server.url);
    await admin.connect();
    for (const table of ['record', 'evidence', 'delta', 'writer', 'history'])
      await admin.query(`DROP TABLE IF EXISTS ${prefix}${table}`);
    await postgresStore({ client: admin, prefix, listen: false }).migrate();
  }, 60_000);
  afterAll(async () => {
    await admin.end();
    await server.remove();
  });

  const change = async () => {
    const writer = postgresStore({ client: admin, prefix });
    await writer.compareAndSet('ranker', revision === 0 ? undefined : revision, recordOf((revision += 1)));
  };
  const killListeners = () =>
    admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen %turnout%' AND pid <> pg_backend_pid()",
    );
  const storeOn = (client: PostgresClient) => postgresStore({ client, prefix });

  test('cost a pool one connection, for as long as somebody listens', async () => {
    const pool = new Pool({ connectionString: server.url, max: 2 });
    const store = storeOn(pool);
    const [first, second] = [ear(), ear()];
    const leaves = [first, second].map(({ listener }, index) => store.subscribe?.(`router ${index}`, listener));
    await Promise.all([first.next(1), second.next(1)]);
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 0]);
    leaves[0]?.();
    expect(pool.totalCount).toBe(1);
    const removed = new Promise((resolve) => pool.once('remove', resolve));
    leaves[1]?.();
    await removed;
    expect(pool.totalCount).toBe(0);
    await pool.end();
  });

  test('come back to a pool with the next reading after their connection was lost', async () => {
    const pool = new Pool({ connectionString: server.url, max: 3 });
    const store = storeOn(pool);
    const { listener, next, heard } = ear();
    store.subscribe?.('ranker', listener);
    await next(1);
    const removed = new Promise((resolve) => pool.once('remove', resolve));
    await killListeners();
    await removed;
    await store.read('ranker');
    // Listening again is a hint itself.
    await next(2);
    await change();
    await next(3);
    expect(heard()).toBe(3);
    await store.close();
    await pool.end();
  });

  test('come back by themselves where the client connects again', async () => {
    const client = postgres(server.url, { max: 2, onnotice: () => {} });
    const store = storeOn(client);
    const { listener, next } = ear();
    store.subscribe?.('ranker', listener);
    await next(1);
    await killListeners();
    await next(2);
    await change();
    await next(3);
    await store.close();
    await client.end({ timeout: 1 });
  });

  test('share a single connection with everything else', async () => {
    const client = new Client(server.url);
    await client.connect();
    const store = storeOn(client);
    const { listener, next, heard } = ear();
    const leave = store.subscribe?.('ranker', listener);
    await next(1);
    await change();
    await store.read('ranker');
    await next(2);
    leave?.();
    await change();
    await store.read('ranker');
    expect(heard()).toBe(2);
    expect(client.listenerCount('notification')).toBe(0);
    expect((await client.query('SELECT pg_listening_channels()')).rows).toEqual([]);
    // Another channel of the program's own is none of the store's business.
    store.subscribe?.('ranker', listener);
    await next(3);
    await client.query('LISTEN lunch');
    await client.query(`NOTIFY lunch, '${payloadOf({ prefix }, 'ranker')}'`);
    await store.read('ranker');
    expect(heard()).toBe(3);
    await client.end();
  });

  test('are not offered where they would take the only connection', async () => {
    const pool = new Pool({ connectionString: server.url, max: 1 });
    expect(storeOn(pool).subscribe).toBeUndefined();
    await pool.end();
  });

  test('that cannot begin are tried for again at every reading', async () => {
    await admin.query(`DO $$ BEGIN CREATE ROLE turnout_late; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      ALTER ROLE turnout_late NOLOGIN; GRANT SELECT ON ${prefix}record TO turnout_late`);
    const url = new URL(server.url);
    url.username = 'turnout_late';
    const pool = new Pool({ connectionString: url.href, max: 2 });
    const store = storeOn(pool);
    const { listener, next, heard } = ear();
    store.subscribe?.('ranker', listener);
    await expect(store.read('ranker')).rejects.toMatchObject({ code: 'store-failed' });
    expect(heard()).toBe(0);
    await admin.query('ALTER ROLE turnout_late LOGIN');
    while (heard() === 0) await store.read('ranker');
    await next(1);
    await store.close();
    await pool.end();
    await admin.query('DROP OWNED BY turnout_late; DROP ROLE turnout_late');
  });
});
