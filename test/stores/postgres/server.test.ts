import { Client, Pool } from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeLaws } from '../../../src/testing/store-laws.js';
import { postgresStore } from '../../../src/stores/postgres.js';
import { type OpenClient, clientNames, clients } from './clients.js';
import { deltaOf, exposedIn, freshStore, recordOf } from './fixtures.js';
import { type PostgresServer, postgresMissing, postgresServer } from './server.js';

const missing = postgresMissing();
if (missing !== undefined) test.skip(missing, () => {});

describe.skipIf(missing !== undefined)('the store on a PostgreSQL server', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await postgresServer();
    const client = new Client(server.url);
    await client.connect();
    await client.query('DROP SCHEMA IF EXISTS turnout_test CASCADE');
    await client.end();
  }, 60_000);
  afterAll(() => server.remove());

  describe.each(clientNames)('by %s', (name) => {
    let open: OpenClient;
    beforeAll(async () => {
      open = await clients[name](server.url, 8);
    });
    afterAll(() => open.end());

    for (const { name: law, run } of storeLaws({
      create: () => freshStore({ client: open.client, schema: 'turnout_test' }),
      destroy: (store) => store.close?.(),
    }))
      test(law, run);
  });

  test.each(['repeatable read', 'serializable'])(
    'loses nothing under %s, where writers fail and try again',
    async (level) => {
      const isolation = `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`;
      const client = new Pool({ connectionString: server.url, max: 10, options: isolation });
      try {
        expect((await client.query('SHOW default_transaction_isolation')).rows).toEqual([
          { default_transaction_isolation: level },
        ]);
        const store = await freshStore({ client, schema: 'turnout_test' });
        const writers = Array.from({ length: 20 }, (_, index) => `w${index}`);
        const answers = await Promise.all(writers.map((writer) => store.addEvidence('ranker', writer, 1, deltaOf(10))));
        expect(new Set(answers)).toEqual(new Set(['added']));
        expect(exposedIn((await store.readEvidence('ranker', 'w1')).evidence)).toBe(200);
        await store.compareAndSet('ranker', undefined, recordOf(1));
        const writes = await Promise.all(
          writers.map((writer) => store.compareAndSet('ranker', 1, recordOf(2, writer))),
        );
        expect(writes.filter(({ ok }) => ok)).toHaveLength(1);
        for (const write of writes) if (!write.ok) expect(write.current?.revision).toBe(2);
      } finally {
        await client.end();
      }
    },
  );

  test('creates its tables once, however many do so at the same time', async () => {
    const open = Array.from({ length: 8 }, () => new Client(server.url));
    await Promise.all(open.map((client) => client.connect()));
    try {
      for (let round = 0; round < 5; round += 1) {
        const stores = open.map((client) => postgresStore({ client, schema: 'turnout_test', prefix: `race${round}_` }));
        await Promise.all(stores.map((store) => store.migrate()));
        const read = await Promise.all(stores.map((store) => store.read('ranker')));
        expect(read).toEqual(stores.map(() => undefined));
      }
    } finally {
      await Promise.all(open.map((client) => client.end()));
    }
  });

  test('needs no right to create where the tables are there', async () => {
    const owner = new Client(server.url);
    await owner.connect();
    const prefix = 'rights_';
    try {
      await postgresStore({ client: owner, schema: 'turnout_test', prefix }).migrate();
      await owner.query(`DO $$ BEGIN CREATE ROLE turnout_app LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT USAGE ON SCHEMA turnout_test TO turnout_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA turnout_test TO turnout_app;
        SET ROLE turnout_app`);
      const store = postgresStore({ client: owner, schema: 'turnout_test', prefix });
      await store.migrate();
      expect(await store.compareAndSet('ranker', undefined, recordOf(1))).toEqual({ ok: true });
      expect(await store.addEvidence('ranker', 'a', 1, deltaOf(1))).toBe('added');
      const other = postgresStore({ client: owner, schema: 'turnout_test', prefix: 'more_' });
      await expect(other.migrate()).rejects.toMatchObject({
        code: 'store-failed',
        message: expect.stringMatching(/^postgresStore: migrate failed: permission denied .*The store needs SELECT/),
      });
    } finally {
      await owner.query('RESET ROLE');
      await owner.query('DROP OWNED BY turnout_app; DROP ROLE turnout_app');
      await owner.end();
    }
  });

  test('does not mind a client that renames columns, nor one that parses JSON and bigints in its own way', async () => {
    const { toPascal, BigInt: bigint } = postgres;
    const client = postgres(server.url, {
      max: 2,
      transform: toPascal,
      types: { bigint },
      prepare: false,
    });
    try {
      const store = await freshStore({ client, schema: 'turnout_test' });
      const record = recordOf(1, { text: 'a\u0000b \ud800', big: 2 ** 53 });
      await store.compareAndSet('ranker', undefined, record);
      expect(await store.read('ranker')).toEqual(record);
      expect(await store.read('ranker', 1)).toBe('unchanged');
      expect(await store.addEvidence('ranker', 'a', 1, deltaOf(10))).toBe('added');
      expect(exposedIn((await store.readEvidence('ranker', 'a')).evidence)).toBe(10);
    } finally {
      await client.end({ timeout: 1 });
    }
  });
});
