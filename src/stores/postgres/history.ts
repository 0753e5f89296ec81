import type { HistoryEntry } from '../../runtime/control/store.js';
import type { Run } from './connection.js';
import { type TableOptions, columnText, tablesOf } from './names.js';

/** The history of routers: the newest entries of each, up to a number. */
export function historyOf(run: Run, options: TableOptions, entriesMax: number) {
  const { history } = tablesOf(options);
  // What the statement adds itself does not see, so one less of the others stays.
  const append = `WITH added AS (INSERT INTO ${history} (router, entry) VALUES ($1::text, $2::text::json))
DELETE FROM ${history} WHERE router = $1::text AND id <= (SELECT id FROM ${history}
WHERE router = $1::text ORDER BY id DESC OFFSET $3::text::bigint - 1 LIMIT 1)`;
  const select = `SELECT entry::text AS entry FROM ${history} WHERE router = $1::text ORDER BY id`;
  return {
    appendHistory: async (key: string, entry: HistoryEntry): Promise<void> => {
      const values = [columnText(key), JSON.stringify(entry), String(entriesMax)];
      await run(`appendHistory of '${key}'`, append, values);
    },
    history: async (key: string): Promise<readonly HistoryEntry[]> => {
      const rows = await run(`history of '${key}'`, select, [columnText(key)]);
      return rows.map(([entry]) => JSON.parse(String(entry)) as HistoryEntry);
    },
  };
}
