import { afterAll, beforeAll, describe, test } from 'vitest';
import { type RedisStore, redisStore } from '../../src/stores/redis.js';
import { storeLaws } from '../../src/testing/store-laws.js';
import { clientNames, type OpenClient, redisClients } from './redis-clients.js';
import { type RedisServer, redisMissing, startRedis } from './redis-server.js';

const missing = redisMissing();
if (missing !== undefined) test.skip(missing, () => {});

describe.skipIf(missing !== undefined)('the store on Redis', () => {
  let server: RedisServer;
  let stores = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.remove());

  describe.each(clientNames)('by %s', (name) => {
    let open: OpenClient;
    beforeAll(async () => {
      open = await redisClients[name](server.port);
    });
    afterAll(() => open.end());

    const create = (): RedisStore => {
      stores += 1;
      return redisStore({ client: open.client, prefix: `laws${stores}:` });
    };
    for (const { name: law, run } of storeLaws({ create, destroy: (store) => store.close?.() })) test(law, run);
  });
});
