import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { emptyCell } from '../../src/evidence/cell.js';
import { emptyEvidence, type Evidence } from '../../src/evidence/evidence.js';
import { type IoredisClient, redisStore, type RedisStoreOptions } from '../../src/stores/redis.js';
import { type RedisServer, redisMissing, startRedis } from './redis-server.js';

const missing = redisMissing();
if (missing !== undefined) test.skip(missing, () => {});

let server: RedisServer;
let redis: Redis;
beforeEach(async () => {
  server = await startRedis();
  redis = connect();
});
afterEach(async () => {
  redis.disconnect();
  await server.remove();
});

const connect = () => {
  const client = new Redis({ port: server.port, retryStrategy: () => 20 });
  client.on('error', () => {});
  return client;
};
const store = (options: Partial<RedisStoreOptions> = {}) => redisStore({ client: redis, ...options });

const delta = (exposed: number): Evidence => ({
  ...emptyEvidence,
  strata: [
    { node: 'r', epoch: 1, from: 0, to: 60_000, salt: 'r', shares: {}, cells: { a: { ...emptyCell, exposed } } },
  ],
});
const exposedIn = (evidence: Evidence) =>
  evidence.strata.reduce((sum, { cells }) => sum + (cells['a']?.exposed ?? 0), 0);
const exposed = async (of: { readEvidence: ReturnType<typeof store>['readEvidence'] }) =>
  exposedIn((await of.readEvidence('r', 'w')).evidence);

const keys = { record: 'turnout:{r}:record', sums: 'turnout:{r}:evidence', log: 'turnout:{r}:deltas' };
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (isTurnoutError(error) ? error : undefined),
  );

describe.skipIf(missing !== undefined)('evidence on Redis', () => {
  test('is read from where a reader was, in pages', async () => {
    const [writer, reader] = [store({ sumUpEvery: 1000 }), store()];
    let total = 0;
    let seq = 0;
    for (const more of [1, 511, 512, 513, 0, 1]) {
      const deltas = Array.from({ length: more }, () => {
        seq += 1;
        total += seq;
        return writer.addEvidence('r', 'w', seq, delta(seq));
      });
      await Promise.all(deltas);
      expect(await exposed(reader)).toBe(total);
      expect(await exposed(store({ sumUpEvery: 1000 }))).toBe(total);
      expect((await reader.readEvidence('r', 'w')).lastSeq).toBe(seq);
    }
  });

  test('that grows faster than it can be read is an error, not a reader that never ends', async () => {
    const client = { evalsha: () => Promise.resolve(['0', '0', '9', 'more']), eval: () => Promise.resolve([]) };
    const error = await failure(redisStore({ client }).readEvidence('r', 'w'));
    expect([error?.code, error?.message]).toEqual(['store-failed', expect.stringContaining(keys.log)]);
  });

  test('costs a reader only what is new', async () => {
    const [writer, reader] = [store(), store()];
    for (let seq = 1; seq <= 20; seq += 1) await writer.addEvidence('r', 'w', seq, delta(1));
    await exposed(reader);
    const sent = async () => Number(/total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))?.[1]);
    await sent();
    const before = await sent();
    const perInfo = (await sent()) - before;
    await reader.readEvidence('r', 'w');
    // As much as the question about the bytes itself, and the few words that there is nothing new.
    expect((await sent()) - before - 2 * perInfo).toBeLessThan(200);
  });

  test('is summed up by the one that added the last delta of so many, once it reads', async () => {
    const [a, b] = [store({ sumUpEvery: 4 }), store({ sumUpEvery: 4 })];
    for (let seq = 1; seq <= 3; seq += 1) await a.addEvidence('r', 'a', seq, delta(1));
    await exposed(a);
    await b.addEvidence('r', 'b', 1, delta(10));
    expect(await redis.exists(keys.sums)).toBe(0);
    await exposed(a);
    expect(await redis.exists(keys.sums)).toBe(0);
    expect(await exposed(b)).toBe(13);
    expect(await redis.hmget(keys.sums, 'start', 'position')).toEqual(['0', '4']);
    expect(exposedIn(JSON.parse((await redis.hget(keys.sums, 'evidence')) ?? '') as Evidence)).toBe(13);
  });

  test('keeps the deltas between the last two sums, for those who read them one by one, and no more', async () => {
    const [writer, reader] = [store({ sumUpEvery: 4 }), store({ sumUpEvery: 1000 })];
    for (let seq = 1; seq <= 21; seq += 1) {
      await writer.addEvidence('r', 'w', seq, delta(1));
      if (seq % 3 === 0) expect(await exposed(reader)).toBe(seq);
      await writer.readEvidence('r', 'w');
    }
    expect(await redis.hmget(keys.sums, 'start', 'position')).toEqual(['16', '20']);
    expect(await redis.llen(keys.log)).toBe(5);
    expect(await exposed(store())).toBe(21);
  });

  test('is summed up by any reader when nobody did it for four times as many', async () => {
    const writer = store({ sumUpEvery: 4 });
    for (let seq = 1; seq <= 15; seq += 1) await writer.addEvidence('r', 'w', seq, delta(1));
    await exposed(store({ sumUpEvery: 4 }));
    expect(await redis.exists(keys.sums)).toBe(0);
    await writer.addEvidence('r', 'w', 16, delta(1));
    expect(await exposed(store({ sumUpEvery: 4 }))).toBe(16);
    expect(await redis.hget(keys.sums, 'position')).toBe('16');
  });

  /** A client that lets something happen right before it sends the sums. */
  const interrupted = (work: () => Promise<unknown>) => {
    let isPending = true;
    const before = async (script: string) => {
      if (!isPending || !script.includes("'evidence', ARGV")) return;
      isPending = false;
      await work();
    };
    // Scripts go in full, so that they can be told apart.
    const evalsha = () => Promise.reject(new Error('NOSCRIPT'));
    const run: IoredisClient['eval'] = async (script, ...rest) => {
      await before(script);
      return redis.eval(script, ...rest);
    };
    return { evalsha, eval: run };
  };

  test('is summed up once when two do it at once', async () => {
    const writer = store({ sumUpEvery: 1000 });
    for (let seq = 1; seq <= 8; seq += 1) await writer.addEvidence('r', 'w', seq, delta(1));
    const client = interrupted(() => exposed(store({ sumUpEvery: 2 })));
    expect(await exposed(redisStore({ client, sumUpEvery: 2 }))).toBe(8);
    expect(await redis.hmget(keys.sums, 'start', 'position')).toEqual(['0', '8']);
    expect(await redis.llen(keys.log)).toBe(8);
  });

  test('of a past that is gone is not put in the place of what there is', async () => {
    const writer = store({ sumUpEvery: 1000 });
    for (let seq = 1; seq <= 8; seq += 1) await writer.addEvidence('r', 'w', seq, delta(1));
    const client = interrupted(async () => {
      await redis.flushall();
      for (let seq = 1; seq <= 9; seq += 1) await writer.addEvidence('r', 'v', seq, delta(100));
    });
    expect(await exposed(redisStore({ client, sumUpEvery: 2 }))).toBe(8);
    expect(await redis.exists(keys.sums)).toBe(0);
    expect(await exposed(store())).toBe(900);
    const emptied = interrupted(() => redis.flushall());
    expect(await exposed(redisStore({ client: emptied, sumUpEvery: 2 }))).toBe(900);
    expect(await exposed(store())).toBe(0);
  });

  test('is read although the sums of it cannot be stored', async () => {
    const writer = store({ sumUpEvery: 1000 });
    for (let seq = 1; seq <= 8; seq += 1) await writer.addEvidence('r', 'w', seq, delta(1));
    const client = interrupted(() => Promise.reject(new Error('away')));
    expect(await exposed(redisStore({ client, sumUpEvery: 2 }))).toBe(8);
    expect(await redis.exists(keys.sums)).toBe(0);
  });

  test('takes no more when nobody sums it up, and goes on when somebody did', async () => {
    const writer = store({ sumUpEvery: 1 });
    for (let seq = 1; seq <= 64; seq += 1) await writer.addEvidence('r', 'w', seq, delta(1));
    const error = await failure(writer.addEvidence('r', 'w', 65, delta(1)));
    expect([error?.code, error?.message]).toEqual(['store-failed', expect.stringContaining('64 deltas')]);
    expect(await exposed(writer)).toBe(64);
    expect(await writer.addEvidence('r', 'w', 65, delta(1))).toBe('added');
    expect(await exposed(store())).toBe(65);
  });

  test('is read anew when a server comes back as it was before', async () => {
    const [writer, reader] = [store({ sumUpEvery: 1000 }), store()];
    for (let seq = 1; seq <= 3; seq += 1) await writer.addEvidence('r', 'w', seq, delta(1));
    await redis.save();
    for (let seq = 4; seq <= 5; seq += 1) await writer.addEvidence('r', 'w', seq, delta(1));
    expect(await exposed(reader)).toBe(5);
    await server.kill();
    await server.start();
    // The writer was told that 4 and 5 are stored; it goes on with 6, which is refused, so nothing is ever counted twice.
    expect(await writer.addEvidence('r', 'w', 6, delta(1))).toBe('refused');
    for (let seq = 1; seq <= 4; seq += 1) await writer.addEvidence('r', 'v', seq, delta(100));
    // There are more deltas now than the reader has read, but not the same ones.
    expect(await exposed(reader)).toBe(403);
    expect(await exposed(reader)).toBe(await exposed(store()));
  });

  test('is read anew even where the last delta is the same one, but not all before it', async () => {
    const [writer, reader] = [store(), store()];
    for (const [name, first] of [
      ['x', 1],
      ['y', 10],
    ] as const) {
      await redis.flushall();
      await writer.addEvidence('r', name, 1, delta(first));
      await writer.addEvidence('r', 'sent again', 1, delta(100));
      expect(await exposed(reader)).toBe(first + 100);
    }
  });

  test('goes on behind the sums when the log was evicted', async () => {
    const [writer, reader] = [store({ sumUpEvery: 4 }), store()];
    for (let seq = 1; seq <= 4; seq += 1) await writer.addEvidence('r', 'w', seq, delta(1));
    await exposed(writer);
    expect(await exposed(reader)).toBe(4);
    await redis.del(keys.log);
    expect(await writer.addEvidence('r', 'w', 5, delta(10))).toBe('added');
    expect(await exposed(reader)).toBe(14);
    expect(await exposed(writer)).toBe(14);
    expect(await exposed(store())).toBe(14);
  });

  test('keeps numbers as they are, to the last digit', async () => {
    const exact = { n: 3, sum: 0.1 + 0.2, sumSq: 1 / 3, late: 0 };
    const cells = { a: { ...emptyCell, exposed: 2 ** 53 - 1, metrics: { m: exact } } };
    const [stratum] = delta(0).strata;
    const sent = { ...emptyEvidence, strata: stratum === undefined ? [] : [{ ...stratum, cells }] };
    await store({ sumUpEvery: 1 }).addEvidence('r', 'w', 1, sent);
    expect((await store().readEvidence('r', 'w')).evidence).toEqual(sent);
    const summed = store({ sumUpEvery: 1 });
    await summed.addEvidence('r', 'v', 1, emptyEvidence);
    await summed.readEvidence('r', 'v');
    expect(await redis.hget(keys.sums, 'position')).toBe('2');
    expect((await store().readEvidence('r', 'w')).evidence).toEqual(sent);
  });

  const day = 86_400_000;
  const writer = 'turnout:{r}:writer:w';
  /** As if it had been silent for so long. */
  const silentFor = (ms: number) => redis.pexpire(writer, 30 * day - ms);
  const silence = async () => 30 * day - (await redis.pttl(writer));

  test('refuses what a writer sends after a day of silence, and knows a repetition for a month', async () => {
    await store().addEvidence('r', 'w', 1, delta(1));
    await silentFor(day - 10_000);
    expect(await store().addEvidence('r', 'w', 2, delta(1))).toBe('added');
    expect(await silence()).toBeLessThan(10_000);
    await silentFor(day + 1);
    expect(await store().addEvidence('r', 'w', 3, delta(1))).toBe('refused');
    expect(await store().addEvidence('r', 'w', 1, delta(1))).toBe('duplicate');
    expect(await store().addEvidence('r', 'w', 2, delta(1))).toBe('duplicate');
    expect(await exposed(store())).toBe(2);
    await redis.del(writer);
    expect(await store().addEvidence('r', 'w', 3, delta(1))).toBe('refused');
    expect((await store().readEvidence('r', 'w')).lastSeq).toBe(0);
  });

  test('takes another silence for the day where one is asked for', async () => {
    const quick = store({ forgetWritersAfterMs: 1000 });
    await quick.addEvidence('r', 'w', 1, delta(1));
    expect(await redis.pttl(writer)).toBeLessThanOrEqual(30_000);
    await redis.pexpire(writer, 28_500);
    expect(await quick.addEvidence('r', 'w', 2, delta(1))).toBe('refused');
  });

  test('does not take a writer that only reads for silent', async () => {
    await store().addEvidence('r', 'w', 1, delta(1));
    const expected = [
      [day / 2 - 60_000, false],
      [day / 2 + 1000, true],
      [day - 60_000, true],
      [day + 1000, false],
    ] as const;
    for (const [ms, isRemembered] of expected) {
      await silentFor(ms);
      await store().readEvidence('r', 'other');
      expect(await silence()).toBeGreaterThanOrEqual(ms - 1);
      expect((await store().readEvidence('r', 'w')).lastSeq).toBe(1);
      expect((await silence()) < 10_000).toBe(isRemembered);
    }
    await redis.persist(writer);
    expect((await store().readEvidence('r', 'w')).lastSeq).toBe(1);
    expect(await store().addEvidence('r', 'w', 2, delta(1))).toBe('added');
  });

  test('has an end for what is known of writers, and none for everything else', async () => {
    const summing = store({ sumUpEvery: 1 });
    await summing.addEvidence('r', 'w', 1, delta(1));
    await exposed(summing);
    await summing.compareAndSet('r', undefined, {
      format: 1,
      revision: 1,
      nodes: {},
      state: null,
      history: [],
      updatedAt: 0,
      updatedBy: 'a',
    });
    expect((await redis.keys('*')).length).toBe(4);
    for (const key of Object.values(keys)) expect(await redis.pttl(key)).toBe(-1);
    expect(await redis.pttl(writer)).toBeGreaterThan(0);
  });

  test('says where it is when it cannot be read, and changes nothing', async () => {
    await store().addEvidence('r', 'w', 1, delta(1));
    const entry = await redis.lindex(keys.log, 0);
    for (const damage of ['', '{', '"text"', '{"strata":[{}],"foldBefore":0,"dropped":{}}']) {
      await redis.lset(keys.log, 0, (entry ?? '').slice(0, 40) + damage);
      const error = await failure(store().readEvidence('r', 'w'));
      expect([error?.code, error?.message]).toEqual(['state-unreadable', expect.stringContaining(keys.log)]);
    }
    await redis.lset(keys.log, 0, entry ?? '');
    expect(await exposed(store())).toBe(1);
  });
});
