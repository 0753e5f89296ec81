import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { storeLaws } from '../../../src/testing/store-laws.js';
import { type OpenClient, clientNames, clients } from './clients.js';
import { freshStore } from './fixtures.js';

// The real clients against PostgreSQL's own protocol, on any machine. PGlite is one session: its socket server puts the messages of
// all connections, one by one, into one queue, so that two connections would overwrite each other's unnamed statements. So there is one
// connection at a time, and nothing is shown here of writers at the same time, nor of a connection that only listens; the tests on a
// server show that.
describe('the PostgreSQL store on the socket of PGlite', () => {
  let database: PGlite;
  beforeAll(async () => void (database = await PGlite.create()), 60_000);
  afterAll(() => database.close());

  describe.each(clientNames)('by %s', (name) => {
    let server: PGLiteSocketServer;
    let open: OpenClient;
    beforeAll(async () => {
      server = new PGLiteSocketServer({ db: database, port: 0, host: '127.0.0.1' });
      await server.start();
      open = await clients[name](`postgres://postgres@${server.getServerConn()}/postgres?sslmode=disable`, 1);
    });
    afterAll(async () => {
      await open.end();
      await server.stop();
    });

    for (const { name: law, run } of storeLaws({
      create: () => freshStore({ client: open.client, ...(name === 'postgres' && { listen: false }) }),
      destroy: (store) => store.close?.(),
    }))
      test(law, run);
  });
});
