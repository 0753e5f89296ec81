import { Cluster as Cluster6, Redis } from 'ioredis';
import { Cluster as Cluster5 } from 'ioredis5';
import { createCluster as createCluster6 } from 'redis';
import { createCluster as createCluster5 } from 'redis5';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RedisClient, redisStore } from '../../src/stores/redis.js';
import { storeLaws } from '../../src/testing/store-laws.js';
import { recordOf } from './linear-records.js';
import { freePort, type RedisServer, redisMissing, startRedis } from './redis-server.js';

const missing = redisMissing();
if (missing !== undefined) test.skip(missing, () => {});

const servers: RedisServer[] = [];
const nodes: Redis[] = [];

/** Three servers with a third of the slots each. */
async function startCluster(): Promise<void> {
  for (const share of ['0 5460', '5461 10922', '10923 16383']) {
    const busPort = String(await freePort());
    const server = await startRedis({ args: ['--cluster-enabled', 'yes', '--cluster-port', busPort] });
    const node = new Redis({ port: server.port });
    servers.push(server);
    nodes.push(node);
    await node.call('CLUSTER', 'ADDSLOTSRANGE', ...share.split(' '));
    await nodes[0]?.call('CLUSTER', 'MEET', '127.0.0.1', String(server.port), busPort);
  }
  const isReady = async (node: Redis) => {
    const info = (await node.call('CLUSTER', 'INFO')) as string;
    return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
  };
  for (const node of nodes) while (!(await isReady(node)));
}

const clusters: Record<string, (port: number) => Promise<{ client: RedisClient; end(): void }>> = {
  'ioredis 6': async (port) => {
    const client = new Cluster6([{ host: '127.0.0.1', port }]);
    return { client, end: () => client.disconnect() };
  },
  'ioredis 5': async (port) => {
    const client = new Cluster5([{ host: '127.0.0.1', port }]);
    return { client, end: () => client.disconnect() };
  },
  'redis 6': async (port) => {
    const client = createCluster6({ rootNodes: [{ socket: { host: '127.0.0.1', port } }] });
    await client.connect();
    return { client, end: () => client.destroy() };
  },
  'redis 5': async (port) => {
    const client = createCluster5({ rootNodes: [{ socket: { host: '127.0.0.1', port } }] });
    await client.connect();
    return { client, end: () => client.destroy() };
  },
};

describe.skipIf(missing !== undefined)('the store on a cluster of Redis servers', () => {
  beforeAll(startCluster, 60_000);
  afterAll(async () => {
    for (const node of nodes.splice(0)) node.disconnect();
    for (const server of servers.splice(0)) await server.remove();
  });

  describe.each(Object.keys(clusters))('by %s', (name) => {
    let client: RedisClient;
    let end: () => void;
    let stores = 0;
    beforeEach(async () => {
      const open = await clusters[name]?.(servers[0]?.port ?? 0);
      if (open === undefined) throw new Error(`no cluster client ${name}`);
      ({ client, end } = open);
    });
    afterEach(() => end());

    const create = () => {
      stores += 1;
      return redisStore({ client, prefix: `${name} ${stores}:` });
    };
    for (const { name: law, run } of storeLaws({ create, destroy: (store) => store.close?.() })) test(law, run);

    test('spreads routers over the servers, each with all its keys on one', async () => {
      const store = create();
      const routers = Array.from({ length: 30 }, (_, index) => `router ${index}`);
      for (const router of routers) await store.compareAndSet(router, undefined, recordOf(1, router));
      const counts: number[] = [];
      for (const node of nodes) counts.push((await node.keys(`${name} ${stores}:*`)).length);
      expect(Math.min(...counts)).toBeGreaterThan(0);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(30);
      for (const router of routers) expect(await store.read(router)).toEqual(recordOf(1, router));
    });
  });
});
