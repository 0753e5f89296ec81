import { flag, must, object, optional, positiveCount, verify } from '../core/options.js';
import type { HistoryEntry, StateStore } from '../runtime/control/store.js';
import { Hints } from './hints.js';
import { type PostgresClient, queryOf } from './postgres/client.js';
import { runnerOf } from './postgres/connection.js';
import { EvidenceLog } from './postgres/evidence-log.js';
import { evidenceStatements } from './postgres/evidence-statements.js';
import { historyOf } from './postgres/history.js';
import { canListen } from './postgres/listen.js';
import { type TableOptions, payloadOf, tablesOf } from './postgres/names.js';
import { Notifications } from './postgres/notifications.js';
import { recordsOf } from './postgres/records.js';
import { migrationOf, tableChecks } from './postgres/schema.js';

export type {
  PGliteDatabase,
  PgConnection,
  PgNotification,
  PgPool,
  PostgresClient,
  PostgresJs,
} from './postgres/client.js';
export type { TableOptions } from './postgres/names.js';
export { postgresSchema } from './postgres/schema.js';

export interface PostgresStoreOptions extends TableOptions {
  /** A `Pool` or a connected `Client` of `pg`, what `postgres()` returned, or a `PGlite` database. The store never ends it. */
  readonly client: PostgresClient;
  /**
   * Whether `subscribe` may `LISTEN`, for which a pool lends one connection and `postgres` opens one. Default true, but never on a pool
   * of one connection. Set it to false behind a pooler that shares connections between transactions.
   */
  readonly listen?: boolean;
  /** How many deltas of evidence are kept one by one before they are summed up. Default 64. */
  readonly sumUpEvery?: number;
  /** The silence after which a writer is forgotten, and what it sends later refused. Default a day. */
  readonly forgetWritersAfterMs?: number;
  /** The history entries of a router that are kept. Default 10 000. */
  readonly historyMax?: number;
}

/** A store on PostgreSQL, and what only this one can do. */
export interface PostgresStore extends StateStore {
  /** The server's clock. */
  now(): Promise<number>;
  appendHistory(key: string, entry: HistoryEntry): Promise<void>;
  /** All history entries that are kept of a router, oldest first. */
  history(key: string): Promise<readonly HistoryEntry[]>;
  /** Creates what is missing of the tables; safe to call at every start, by all processes at once. */
  migrate(): Promise<void>;
  /** Ends the subscriptions, and gives back the connection that they were heard on. */
  close(): Promise<void>;
}

const routersMax = 1000;

const optionsCheck = object({
  ...tableChecks,
  client: must(
    'a Pool or a Client of pg, what postgres() returned, or a PGlite database',
    (value) =>
      ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
      ('query' in value || 'unsafe' in value),
  ),
  listen: optional(flag),
  sumUpEvery: optional(positiveCount),
  forgetWritersAfterMs: optional(positiveCount),
  historyMax: optional(positiveCount),
});

/**
 * A store on PostgreSQL 12 or later, or PGlite, for any number of processes: every operation is one statement, right under READ COMMITTED
 * and, with more tries, under stricter isolation. Its tables must be there: see `migrate` and `postgresSchema`. Throws ConfigError; calls
 * reject with `store-failed` when the server does, and with `state-unreadable` when what is stored was not written by turnout.
 */
export function postgresStore(options: PostgresStoreOptions): PostgresStore {
  verify('postgresStore', 'options', options, optionsCheck);
  const { client, listen = true, historyMax = 10_000 } = options;
  const { sumUpEvery = 64, forgetWritersAfterMs = 86_400_000 } = options;
  const query = queryOf(client);
  const run = runnerOf(query);
  const records = recordsOf(run, options);
  const statements = evidenceStatements(tablesOf(options), forgetWritersAfterMs);
  const logs = new Map<string, EvidenceLog>();
  const logOf = (key: string): EvidenceLog => {
    let log = logs.get(key);
    if (log === undefined) {
      log = new EvidenceLog(run, statements, key, sumUpEvery);
      const [oldest] = logs.keys();
      // It is only that its evidence is read from the start again.
      if (logs.size >= routersMax && oldest !== undefined) logs.delete(oldest);
      logs.set(key, log);
    }
    return log;
  };
  let notifications: Notifications | undefined;
  const hints = new Hints((tell) => (notifications = new Notifications(client, query, tell)));
  return {
    read: (key, knownRevision) => {
      // Whoever polls also minds that what was lost listens again.
      hints.retry(payloadOf(options, key));
      notifications?.revive();
      return records.read(key, knownRevision);
    },
    compareAndSet: records.compareAndSet,
    addEvidence: (key, replica, seq, delta) => logOf(key).add(replica, seq, delta),
    readEvidence: (key, replica) => logOf(key).read(replica),
    now: async () => {
      const time = 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint::text AS now';
      const [row] = await run('now', time, []);
      return Number(row?.[0]);
    },
    ...(listen &&
      canListen(client) && { subscribe: (key, onChange) => hints.listen(payloadOf(options, key), onChange) }),
    ...historyOf(run, options, historyMax),
    migrate: async () => {
      await run('migrate', migrationOf(options), []);
    },
    close: () => Promise.resolve(hints.close()),
  };
}
