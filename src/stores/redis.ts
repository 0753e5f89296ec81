import { must, object, optional, positiveCount, verify } from '../core/options.js';
import type { HistoryEntry, RolloutRecord, StateStore } from '../runtime/control/store.js';
import { parseStored, storeCall } from './call.js';
import { Hints } from './hints.js';
import { type RedisClient, type RedisSubscriber, scriptsOf } from './redis/client.js';
import { EvidenceLog } from './redis/evidence-log.js';
import { keysOf } from './redis/keys.js';
import { appendEntry, compareAndSetRecord, readEntries, readRecord, readTime } from './redis/scripts.js';
import { connectSubscriber } from './redis/subscriber.js';

export type {
  IoredisClient,
  IoredisSubscriber,
  NodeRedisClient,
  NodeRedisSubscriber,
  RedisClient,
  RedisSubscriber,
} from './redis/client.js';

export interface RedisStoreOptions {
  /** Of `ioredis` or `redis`, version 5 or 6, connected or connecting. The store never closes it. */
  readonly client: RedisClient;
  /** What the names of all keys begin with. Default 'turnout:'. Without braces, which mark the slot in a cluster. */
  readonly prefix?: string;
  /**
   * A second connection that hears of changes at once. Default: `client.duplicate()`, made at the first subscription and closed with
   * the store; one that is given stays yours. `false`: no connection, changes are found by polling alone.
   */
  readonly subscriber?: RedisSubscriber | false;
  /** How many deltas of evidence are kept one by one before they are summed up. Default 256. */
  readonly sumUpEvery?: number;
  /** The silence after which what a writer sends is refused; for thirty times as long it is known as sent. Default a day. */
  readonly forgetWritersAfterMs?: number;
  /** The history entries of a router that are kept. Default 10 000. */
  readonly historyMax?: number;
}

const routersMax = 1000;

const has = (value: unknown, ...methods: readonly string[]) =>
  typeof value === 'object' && value !== null && methods.every((method) => method in value);

const optionsCheck = object({
  client: must(
    'a client of ioredis or redis',
    (value) => has(value, 'eval', 'evalsha') || has(value, 'eval', 'evalSha'),
  ),
  prefix: optional(must('a text without braces', (value) => typeof value === 'string' && !/[{}]/.test(value))),
  subscriber: optional(
    must(
      'a client of ioredis or redis, or false',
      (value) => value === false || has(value, 'subscribe', 'unsubscribe'),
    ),
  ),
  sumUpEvery: optional(positiveCount),
  forgetWritersAfterMs: optional(positiveCount),
  historyMax: optional(positiveCount),
});

/** A store on Redis, and what only this one can do. */
export interface RedisStore extends StateStore {
  now(): Promise<number>;
  appendHistory(key: string, entry: HistoryEntry): Promise<void>;
  /** All history entries that are kept of a router, oldest first. */
  history(key: string): Promise<readonly HistoryEntry[]>;
  /** Ends the subscriptions, and the connection that the store made for them. */
  close(): Promise<void>;
}

/**
 * A store on Redis 6 or later, or Valkey, for any number of processes: one server, Sentinel or Cluster. Every call is one script, which
 * the server runs as one. Throws ConfigError; calls reject with `store-failed` when the server does, and with `state-unreadable`
 * when what is stored was not written by turnout.
 */
export function redisStore(options: RedisStoreOptions): RedisStore {
  verify('redisStore', 'options', options, optionsCheck);
  const { client, prefix = 'turnout:', subscriber, historyMax = 10_000 } = options;
  const { sumUpEvery = 256, forgetWritersAfterMs = 86_400_000 } = options;
  const run = scriptsOf(client);
  const hints = subscriber === false ? undefined : new Hints((tell) => connectSubscriber(client, subscriber, tell));
  const logs = new Map<string, EvidenceLog>();
  const logOf = (key: string): EvidenceLog => {
    let log = logs.get(key);
    if (log === undefined) {
      log = new EvidenceLog(run, keysOf(prefix, key), { sumUpEvery, forgetWritersAfterMs });
      const [oldest] = logs.keys();
      // It is only that its evidence is read from the start again.
      if (logs.size >= routersMax && oldest !== undefined) logs.delete(oldest);
      logs.set(key, log);
    }
    return log;
  };
  return {
    read: (key, knownRevision) =>
      storeCall(`redisStore: read of '${key}'`, async () => {
        const { record } = keysOf(prefix, key);
        hints?.retry(record);
        const [answer, text = ''] = await run(readRecord, [record], [knownRevision ?? '']);
        if (answer === undefined) return undefined;
        return answer === 'unchanged' ? answer : parseRecordText(text, record);
      }),
    compareAndSet: (key, expectedRevision, next) =>
      storeCall(`redisStore: compareAndSet of '${key}'`, async () => {
        const { record } = keysOf(prefix, key);
        const args = [expectedRevision ?? '', next.revision, JSON.stringify(next), record];
        const [answer, text] = await run(compareAndSetRecord, [record], args);
        if (answer === 'ok') return { ok: true };
        return { ok: false, current: text === undefined ? undefined : parseRecordText(text, record) };
      }),
    addEvidence: (key, replica, seq, delta) =>
      storeCall(`redisStore: addEvidence of '${key}'`, () => logOf(key).add(replica, seq, delta)),
    readEvidence: (key, replica) => storeCall(`redisStore: readEvidence of '${key}'`, () => logOf(key).read(replica)),
    now: () =>
      storeCall('redisStore: now', async () => {
        const [seconds, micros] = await run(readTime, [prefix], []);
        return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
      }),
    ...(hints && { subscribe: (key, onChange) => hints.listen(keysOf(prefix, key).record, onChange) }),
    appendHistory: (key, entry) =>
      storeCall(`redisStore: appendHistory of '${key}'`, async () => {
        await run(appendEntry, [keysOf(prefix, key).history], [JSON.stringify(entry), historyMax]);
      }),
    history: (key) =>
      storeCall(`redisStore: history of '${key}'`, async () => {
        const { history } = keysOf(prefix, key);
        const entries = await run(readEntries, [history], []);
        return entries.map((entry) => parseStored(entry, `Redis: '${history}'`) as HistoryEntry);
      }),
    close: () => Promise.resolve(hints?.close()),
  };
}

/** The record as JSON: whether it is one, and of which format, is checked by those who use it. */
function parseRecordText(text: string, key: string): RolloutRecord {
  return parseStored(text, `Redis: '${key}'`) as RolloutRecord;
}
