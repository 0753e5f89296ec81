import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type NodeRedisClient, redisStore } from '../../src/stores/redis.js';
import { recordOf } from './linear-records.js';
import { clientNames, redisClients } from './redis-clients.js';
import { freePort, type RedisServer, redisMissing, startRedis } from './redis-server.js';

const missing = redisMissing();
if (missing !== undefined) test.skip(missing, () => {});

let server: RedisServer;
let redis: Redis;
const ends: (() => void)[] = [];
const connect = (options = {}) => {
  const client = new Redis({ port: server.port, retryStrategy: () => 20, ...options });
  client.on('error', () => {});
  ends.push(() => client.disconnect());
  return client;
};
beforeEach(async () => {
  server = await startRedis();
  redis = connect();
});
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await server.remove();
});

/** Counts calls, and resolves at each next one. */
function counter() {
  let calls = 0;
  let wake = () => {};
  let next = new Promise<void>((resolve) => (wake = resolve));
  return {
    get calls() {
      return calls;
    },
    get next() {
      return next;
    },
    onChange: () => {
      calls += 1;
      const called = wake;
      next = new Promise<void>((resolve) => (wake = resolve));
      called();
    },
  };
}

const channels = async () => ((await redis.call('PUBSUB', 'CHANNELS')) as string[]).toSorted();
const connections = async () => ((await redis.call('CLIENT', 'LIST')) as string).trim().split('\n').length;
const until = async (isTrue: () => Promise<boolean>) => {
  while (!(await isTrue()));
};

describe.skipIf(missing !== undefined)('hints on Redis', () => {
  test.each(clientNames)('come from other processes, on a connection of their own: %s', async (name) => {
    const { client, end } = await redisClients[name](server.port);
    ends.push(end);
    const before = await connections();
    const listening = redisStore({ client });
    const count = counter();
    const stands = count.next;
    const leave = listening.subscribe?.('r', count.onChange);
    await stands;
    const changed = count.next;
    await redisStore({ client: redis }).compareAndSet('r', undefined, recordOf(1, 'x'));
    await changed;
    expect(count.calls).toBe(2);
    expect(await connections()).toBe(before + 1);
    leave?.();
    await until(async () => (await channels()).length === 0);
    await redisStore({ client: redis }).compareAndSet('r', 1, recordOf(2, 'x'));
    expect(await listening.read('r')).toEqual(recordOf(2, 'x'));
    expect(count.calls).toBe(2);
    await listening.close();
    await until(async () => (await connections()) === before);
  });

  test('are of the router that was asked for, and each listener leaves alone', async () => {
    const store = redisStore({ client: redis });
    const [first, second, other] = [counter(), counter(), counter()];
    const stands = Promise.all([first.next, second.next, other.next]);
    const leave = store.subscribe?.('r', first.onChange);
    store.subscribe?.('r', second.onChange);
    store.subscribe?.('other', other.onChange);
    await stands;
    const others = other.calls;
    leave?.();
    leave?.();
    const before = first.calls;
    const changed = second.next;
    await store.compareAndSet('r', undefined, recordOf(1, 'x'));
    await changed;
    expect([first.calls, other.calls]).toEqual([before, others]);
    await store.close();
  });

  test('tell one who comes later that it may have missed something', async () => {
    const store = redisStore({ client: redis });
    const [first, second] = [counter(), counter()];
    const stands = first.next;
    store.subscribe?.('r', first.onChange);
    await stands;
    const told = second.next;
    store.subscribe?.('r', second.onChange);
    await told;
    const leave = store.subscribe?.('r', second.onChange);
    leave?.();
    await store.read('r');
    expect(second.calls).toBe(1);
    await store.close();
  });

  test('go over a connection that is given, which stays open', async () => {
    const own = createClient({ socket: { port: server.port } });
    await own.connect();
    const given = connect();
    await given.ping();
    const before = await connections();
    for (const subscriber of [given, own]) {
      const store = redisStore({ client: redis, subscriber });
      const count = counter();
      const stands = count.next;
      store.subscribe?.('r', count.onChange);
      await stands;
      const changed = count.next;
      await store.compareAndSet('r', undefined, recordOf(1, 'x'));
      await redis.del('turnout:{r}:record');
      await changed;
      await store.close();
      await until(async () => (await channels()).length === 0);
    }
    expect(await connections()).toBe(before);
    own.destroy();
  });

  test('pass through the key prefix of a client', async () => {
    const store = redisStore({ client: connect({ keyPrefix: 'app:' }) });
    const count = counter();
    const stands = count.next;
    store.subscribe?.('r', count.onChange);
    await stands;
    const changed = count.next;
    await store.compareAndSet('r', undefined, recordOf(1, 'x'));
    await changed;
    expect(await redis.keys('*')).toEqual(['app:turnout:{r}:record']);
    await store.close();
  });

  test.each(clientNames)('come again after the server was away: %s', async (name) => {
    const { client, end } = await redisClients[name](server.port);
    ends.push(end);
    const store = redisStore({ client });
    const count = counter();
    const stands = count.next;
    store.subscribe?.('r', count.onChange);
    await stands;
    await server.kill();
    await server.start();
    await until(async () => (await channels()).length === 1);
    const changed = count.next;
    await redisStore({ client: redis }).compareAndSet('r', undefined, recordOf(1, 'x'));
    await changed;
    await store.close();
  });

  test('are asked for on a new connection when the first could not be made', async () => {
    const later = await startRedis();
    await later.kill();
    const listening = createClient({ socket: { port: later.port, reconnectStrategy: false } });
    const { client, end } = await redisClients['redis 6'](server.port);
    ends.push(end);
    if (!('evalSha' in client)) throw new Error('not the client that was asked for');
    const halves: NodeRedisClient = {
      evalSha: (sha, options) => client.evalSha(sha, options),
      eval: (script, options) => client.eval(script, options),
      duplicate: () => listening.duplicate(),
    };
    const store = redisStore({ client: halves });
    const count = counter();
    store.subscribe?.('r', count.onChange);
    for (let read = 0; read < 20; read += 1) await store.read('r');
    expect(count.calls).toBe(0);
    await later.start();
    const stands = count.next;
    const [found] = await Promise.all([
      stands.then(() => 'found'),
      until(async () => count.calls > 0 || (await store.read('r')) !== undefined),
    ]);
    expect(found).toBe('found');
    await store.close();
    await later.remove();
  });

  test.each(clientNames)('are asked for again at the next read when the server was away at first: %s', async (name) => {
    const { client, end } = await redisClients[name](server.port);
    ends.push(end);
    const refused = { subscribe: 0 };
    const given = connect();
    const store = redisStore({
      client,
      subscriber: {
        subscribe: (channel: string) => {
          refused.subscribe += 1;
          return refused.subscribe === 1 ? Promise.reject(new Error('away')) : given.subscribe(channel);
        },
        unsubscribe: (channel: string) => given.unsubscribe(channel),
        on: (event: 'message' | 'error', listener: never) => given.on(event, listener),
        disconnect: () => {},
      },
    });
    const count = counter();
    const stands = count.next;
    store.subscribe?.('r', count.onChange);
    await store.read('r');
    expect(count.calls).toBe(0);
    await store.read('r');
    await stands;
    expect(refused.subscribe).toBe(2);
    await store.read('r');
    expect(refused.subscribe).toBe(2);
    await store.close();
  });

  test('are done without where the client cannot be doubled', async () => {
    const client = { evalsha: redis.evalsha.bind(redis), eval: redis.eval.bind(redis) };
    const store = redisStore({ client });
    const leave = store.subscribe?.('r', () => {});
    expect(await store.compareAndSet('r', undefined, recordOf(1, 'x'))).toEqual({ ok: true });
    leave?.();
    await store.close();
  });

  test.each(clientNames)('hurt nobody while there is no server: %s', async (name) => {
    const { client, end } = await redisClients[name](server.port);
    ends.push(end);
    await server.kill();
    const store = redisStore({ client });
    const leave = store.subscribe?.('r', () => {});
    leave?.();
    store.subscribe?.('r', () => {});
    await store.close();
    expect(await freePort()).toBeGreaterThan(0);
  });
});
