import type { RolloutRecord, StateStore } from '../../runtime/control/store.js';
import type { Run } from './connection.js';
import { channel } from './listen.js';
import { type TableOptions, columnText, payloadOf, tablesOf } from './names.js';

type Records = Pick<StateStore, 'read' | 'compareAndSet'>;
type Written = Awaited<ReturnType<StateStore['compareAndSet']>>;

/** The records of routers: one row each, which only compare-and-set changes. */
export function recordsOf(run: Run, options: TableOptions): Records {
  const { record } = tablesOf(options);
  const insert = `INSERT INTO ${record} (router, revision, record)
VALUES ($1::text, $2::text::bigint, $3::text::json) ON CONFLICT (router) DO NOTHING RETURNING 1`;
  const update = `UPDATE ${record} SET revision = $2::text::bigint, record = $3::text::json
WHERE router = $1::text AND revision = $5::text::bigint RETURNING 1`;
  // One statement writes, tells the listeners when it is committed, and otherwise shows what is there: as the statement began, so a
  // record that still has the expected revision is left out, because another writer has replaced it in the meantime.
  const statement = (write: string, other: string) => `WITH written AS (${write})
SELECT (SELECT count(*)::text FROM (SELECT pg_notify('${channel}', $4::text) FROM written) AS told) AS written,
(SELECT record::text FROM ${record} WHERE router = $1::text${other}) AS current`;
  const create = statement(insert, '');
  const replace = statement(update, ' AND revision <> $5::text::bigint');
  const select = `SELECT CASE WHEN revision::text = $2::text THEN NULL ELSE record::text END AS record
FROM ${record} WHERE router = $1::text`;

  const read: StateStore['read'] = async (key, knownRevision) => {
    const [row] = await run(`read of '${key}'`, select, [columnText(key), String(knownRevision)]);
    if (row === undefined) return undefined;
    return typeof row[0] === 'string' ? parse(row[0]) : 'unchanged';
  };

  const compareAndSet: StateStore['compareAndSet'] = async (key, expectedRevision, next): Promise<Written> => {
    const what = `compareAndSet of '${key}'`;
    const values = [columnText(key), String(next.revision), JSON.stringify(next), payloadOf(options, key)];
    const rows =
      expectedRevision === undefined
        ? await run(what, create, values)
        : await run(what, replace, [...values, String(expectedRevision)]);
    const [written, current] = rows[0] ?? [];
    if (written === '1') return { ok: true };
    if (typeof current === 'string') return { ok: false, current: parse(current) };
    // It came or went while the statement ran: only a new look can tell. Without a known revision it is never 'unchanged'.
    return { ok: false, current: (await read(key)) as RolloutRecord | undefined };
  };

  return { read, compareAndSet };
}

function parse(text: string): RolloutRecord {
  // Whatever it is: the control loop parses a record before it believes it.
  return JSON.parse(text) as RolloutRecord;
}
