import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { emptyEvidence } from '../../src/evidence/evidence.js';
import { redisStore, type RedisStoreOptions } from '../../src/stores/redis.js';
import { recordOf } from './linear-records.js';
import { clientNames, redisClients } from './redis-clients.js';
import { type RedisServer, redisMissing, startRedis } from './redis-server.js';

const missing = redisMissing();
if (missing !== undefined) test.skip(missing, () => {});

let server: RedisServer;
let redis: Redis;
const connect = (options = {}) => {
  const client = new Redis({ port: server.port, retryStrategy: () => 20, ...options });
  client.on('error', () => {});
  return client;
};
const store = (options: Partial<RedisStoreOptions> = {}) => redisStore({ client: redis, ...options });
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (isTurnoutError(error) ? error : undefined),
  );
const key = 'turnout:{r}:record';

describe.skipIf(missing !== undefined)('the record on Redis', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    redis = connect();
    await redis.flushall();
  });
  afterEach(() => redis.disconnect());

  test('is a hash of its revision and its JSON, which a person can read', async () => {
    await store().compareAndSet('r', undefined, recordOf(7, 'x'));
    expect(await redis.hgetall(key)).toEqual({ revision: '7', record: JSON.stringify(recordOf(7, 'x')) });
  });

  test('takes the same write for its own when a client sends it again', async () => {
    const written = recordOf(1, 'x');
    expect(await store().compareAndSet('r', undefined, written)).toEqual({ ok: true });
    expect(await store().compareAndSet('r', undefined, written)).toEqual({ ok: true });
    const other = { ...written, updatedBy: 'other' };
    expect(await store().compareAndSet('r', undefined, other)).toEqual({ ok: false, current: written });
    expect(await store().compareAndSet('r', 1, recordOf(2, 'x'))).toEqual({ ok: true });
    expect(await store().compareAndSet('r', undefined, written)).toEqual({ ok: false, current: recordOf(2, 'x') });
  });

  test.each(clientNames)('survives that the server forgets its scripts: %s', async (name) => {
    const { client, end } = await redisClients[name](server.port);
    const forgotten = redisStore({ client });
    await forgotten.compareAndSet('r', undefined, recordOf(1, 'x'));
    await redis.script('FLUSH');
    expect(await forgotten.read('r')).toEqual(recordOf(1, 'x'));
    await redis.script('FLUSH');
    expect(await forgotten.compareAndSet('r', 1, recordOf(2, 'y'))).toEqual({ ok: true });
    end();
  });

  test('sends a script in full only when the server does not know it', async () => {
    await store().read('r');
    const before = /cmdstat_eval:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1];
    await store().read('r');
    expect(/cmdstat_eval:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1]).toBe(before);
  });

  test('sends nothing a second time after a failure that may have come too late', async () => {
    const sent: string[] = [];
    const client = {
      evalsha: () => Promise.reject(new Error('Connection is closed. NOSCRIPT')),
      eval: (script: string) => Promise.resolve([sent.push(script)]),
    };
    const error = await failure(redisStore({ client }).compareAndSet('r', undefined, recordOf(1, 'x')));
    expect([error?.code, sent.length]).toEqual(['store-failed', 0]);
  });

  test.each([
    ['another kind of key', () => redis.set(key, 'text'), 'store-failed', 'WRONGTYPE'],
    ['no JSON', () => redis.hset(key, 'revision', '1', 'record', '{"form'), 'state-unreadable', key],
  ] as const)('says what is wrong with %s, and leaves it as it is', async (_, damage, code, words) => {
    await damage();
    const dump = await redis.dump(key);
    for (const call of [() => store().read('r'), () => store().compareAndSet('r', undefined, recordOf(1, 'x'))]) {
      const error = await failure(call());
      expect([error?.code, error?.message]).toEqual([code, expect.stringContaining(words)]);
    }
    expect(await redis.dump(key)).toEqual(dump);
  });

  test('says which call it was that the server refused', async () => {
    await redis.set(key, 'text');
    const error = await failure(store().read('r'));
    expect(error?.message).toMatch(/^redisStore: read of 'r' failed: /);
    expect(error?.cause).toBeInstanceOf(Error);
  });

  test('is refused by a client that gives something else than a list', async () => {
    const answers = { evalsha: () => Promise.resolve('OK'), eval: () => Promise.resolve('OK') };
    const error = await failure(redisStore({ client: answers }).read('r'));
    expect([error?.code, error?.message]).toEqual(['store-failed', expect.stringContaining("(was 'OK')")]);
  });

  test('is the same through a client that gives buffers', async () => {
    const client = createClient({ socket: { port: server.port } }).withTypeMapping({ 36: Buffer });
    await client.connect();
    await store().compareAndSet('r', undefined, recordOf(1, 'é'));
    const buffers = redisStore({ client });
    expect(await buffers.read('r')).toEqual(recordOf(1, 'é'));
    expect(await buffers.read('r', 1)).toBe('unchanged');
    expect(await buffers.compareAndSet('r', 1, recordOf(2, 'x'))).toEqual({ ok: true });
    expect(await buffers.addEvidence('r', 'w', 1, emptyEvidence)).toBe('added');
    expect(await buffers.readEvidence('r', 'w')).toEqual({ evidence: emptyEvidence, lastSeq: 1 });
    client.destroy();
  });

  test('has a prefix, and names with braces stay apart and in one slot', async () => {
    const names = ['a', 'a}b', '{a}', 'a%7Db'];
    for (const name of names) await store({ prefix: 'p:' }).compareAndSet(name, undefined, recordOf(1, name));
    for (const name of names) expect(await store({ prefix: 'p:' }).read(name)).toEqual(recordOf(1, name));
    expect(await store().read('a')).toBeUndefined();
    const written = (await redis.keys('*')).toSorted();
    expect(written).toEqual(['p:{%7Ba%7D}:record', 'p:{a%257Db}:record', 'p:{a%7Db}:record', 'p:{a}:record']);
  });

  test('keeps the last entries of the history, oldest first', async () => {
    const entry = { at: 0, replica: 'a', node: 'r', from: 'a', to: 'b', why: 'c', facts: {} };
    const short = store({ historyMax: 2 });
    for (const revision of [1, 2, 3]) await short.appendHistory('r', { ...entry, revision });
    expect((await short.history('r')).map(({ revision }) => revision)).toEqual([2, 3]);
    expect(await short.history('other')).toEqual([]);
  });

  test("tells the server's time in milliseconds", async () => {
    const [seconds = 0, micros = 0] = (await redis.time()).map(Number);
    const now = await store().now();
    expect(now - (seconds * 1000 + micros / 1000)).toBeGreaterThan(-1);
    expect(now - (seconds * 1000 + micros / 1000)).toBeLessThan(5000);
    expect(Number.isInteger(now)).toBe(true);
  });

  test('needs no more rights than the page about stores says', async () => {
    const page = readFileSync(new URL('../../docs/stores.md', import.meta.url), 'utf8');
    const [, words = ''] = /The user needs ([^,]+(?:,[^,]+)*?),\s+on keys/.exec(page) ?? [];
    const commands = [...words.matchAll(/`(\w+)`/g)].map(([, command]) => `+${command}`.toLowerCase());
    await redis.call(
      'ACL',
      'SETUSER',
      'app',
      'on',
      '>secret',
      '~turnout:*',
      'resetchannels',
      '&turnout:*',
      ...commands,
    );
    const client = connect({ username: 'app', password: 'secret', enableReadyCheck: false });
    const allowed = redisStore({ client, sumUpEvery: 1 });
    const heard = new Promise<void>((resolve) => allowed.subscribe?.('r', resolve));
    await allowed.compareAndSet('r', undefined, recordOf(1, 'x'));
    await heard;
    await allowed.addEvidence('r', 'w', 1, emptyEvidence);
    await allowed.readEvidence('r', 'w');
    expect(await redis.exists('turnout:{r}:evidence')).toBe(1);
    expect(await allowed.read('r')).toEqual(recordOf(1, 'x'));
    await allowed.appendHistory('r', {
      revision: 1,
      at: 0,
      replica: 'a',
      node: 'r',
      from: 'a',
      to: 'b',
      why: 'c',
      facts: {},
    });
    expect(await allowed.history('r')).toHaveLength(1);
    expect(await allowed.now()).toBeGreaterThan(0);
    await allowed.close();
    client.disconnect();
  });

  test('is written by a user who may not publish', async () => {
    const acl = ['SETUSER', 'quiet', 'on', '>secret', '~*', '+@all', 'resetchannels'] as const;
    await redis.call('ACL', ...acl);
    const client = connect({ username: 'quiet', password: 'secret' });
    expect(await redisStore({ client }).compareAndSet('r', undefined, recordOf(1, 'x'))).toEqual({ ok: true });
    client.disconnect();
  });
});

describe('redisStore', () => {
  const client = { evalsha: () => Promise.resolve([]), eval: () => Promise.resolve([]) };

  test.each([
    [{}, 'options.client'],
    [{ client: { get: () => {} } }, 'options.client'],
    [{ client: null }, 'options.client'],
    [{ client, prefix: 'a{b' }, 'options.prefix'],
    [{ client, prefix: 'a}b' }, 'options.prefix'],
    [{ client, prefix: 1 }, 'options.prefix'],
    [{ client, subscriber: true }, 'options.subscriber'],
    [{ client, subscriber: {} }, 'options.subscriber'],
    [{ client, sumUpEvery: 0 }, 'options.sumUpEvery'],
    [{ client, forgetWritersAfterMs: 0 }, 'options.forgetWritersAfterMs'],
    [{ client, forgetWritersAfterMs: 0.5 }, 'options.forgetWritersAfterMs'],
    [{ client, historyMax: 0 }, 'options.historyMax'],
    [{ client, keyPrefix: 'a' }, 'Known are client, prefix,'],
  ])('refuses %j', (options, words) => {
    expect(() => redisStore(options as RedisStoreOptions)).toThrow(words);
  });

  test('has no subscription where polling is wanted alone', () => {
    expect(redisStore({ client, subscriber: false }).subscribe).toBeUndefined();
  });

  test('takes the empty prefix', () => {
    expect(redisStore({ client, prefix: '' }).read).toBeTypeOf('function');
  });
});

describe('a run without a Redis server', () => {
  test('says what it leaves out, and fails in CI', () => {
    expect(redisMissing('no-such-server', false)).toMatch(/^no no-such-server on this machine/);
    expect(() => redisMissing('no-such-server', true)).toThrow('CI: no no-such-server');
    expect(redisMissing(process.execPath, true)).toBeUndefined();
  });
});
