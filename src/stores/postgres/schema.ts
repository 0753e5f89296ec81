import { must, object, optional, verify } from '../../core/options.js';
import { type TableOptions, tablesOf } from './names.js';

const name = must(
  "a name of 1 to 40 small letters, digits and '_' that does not begin with a digit",
  (value) => typeof value === 'string' && /^[a-z_][a-z0-9_]{0,39}$/.test(value),
);

/** The checks of options that say where the tables are. */
export const tableChecks = { schema: optional(name), prefix: optional(name) };
const check = object(tableChecks);

/**
 * The tables that the store needs, as SQL for a migration tool; running it again changes nothing. PostgreSQL 12 or later, no extension.
 * JSON is kept as it was written (`json`, not `jsonb`, which sorts keys and refuses some texts). Throws ConfigError for a bad name.
 */
export function postgresSchema(options: TableOptions = {}): string {
  verify('postgresSchema', 'options', options, check);
  return definitionsOf(options);
}

function definitionsOf(options: TableOptions): string {
  const { record, evidence, delta, writer, history } = tablesOf(options);
  const schema = options.schema === undefined ? '' : `CREATE SCHEMA IF NOT EXISTS "${options.schema}";\n`;
  return `${schema}CREATE TABLE IF NOT EXISTS ${record} (
  router text PRIMARY KEY,
  revision bigint NOT NULL,
  record json NOT NULL
);
CREATE TABLE IF NOT EXISTS ${evidence} (
  router text PRIMARY KEY,
  position bigint NOT NULL,
  digest text NOT NULL,
  total json,
  total_position bigint NOT NULL DEFAULT 0,
  trimmed bigint NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS ${delta} (
  router text NOT NULL,
  position bigint NOT NULL,
  digest text NOT NULL,
  delta json NOT NULL,
  PRIMARY KEY (router, position)
);
CREATE TABLE IF NOT EXISTS ${writer} (
  router text NOT NULL,
  replica text NOT NULL,
  seq bigint NOT NULL,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (router, replica)
);
CREATE TABLE IF NOT EXISTS ${history} (
  router text NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  entry json NOT NULL,
  PRIMARY KEY (router, id)
);
`;
}

/** Serialises those who create the tables at the same time; any number that others are unlikely to lock. */
const migrationLock = 7_482_301_956;

/**
 * One statement that creates what is missing, whoever else is doing so. Where everything is there it touches nothing, and so needs no
 * right to create. It keeps the notices to itself that `IF NOT EXISTS` would print.
 */
export function migrationOf(options: TableOptions): string {
  const tables = Object.values(tablesOf(options)).map((table) => `to_regclass('${table}') IS NULL`);
  return `DO $turnout$ BEGIN
IF ${tables.join(' OR ')} THEN
PERFORM pg_advisory_xact_lock(${migrationLock}), set_config('client_min_messages', 'warning', true);
${definitionsOf(options)}END IF;
END $turnout$`;
}
