import { TurnoutError, messageOf } from '../../core/errors.js';
import type { Query, Row } from './client.js';

/** A serialisation failure and a deadlock: the statement did nothing, and may do it at another try. */
const transient: ReadonlySet<unknown> = new Set(['40001', '40P01']);
/** Each try that fails means that another writer went through, so this many writers can meet. */
const triesMax = 20;

const advice: Readonly<Record<string, string>> = {
  '42P01': ' Create the tables first, with `await store.migrate()` or by the SQL of postgresSchema().',
  '42501': ' The store needs SELECT, INSERT, UPDATE and DELETE on its tables, and migrate() the right to create them.',
};

/** Runs one statement; rejects with `store-failed`, which says what was to be done, and has the client's error as its cause. */
export type Run = (what: string, text: string, values: readonly string[]) => Promise<readonly Row[]>;

export function runnerOf(query: Query): Run {
  return async (what, text, values) => {
    try {
      return await retried(query, text, values);
    } catch (error) {
      const hint = advice[String(codeOf(error))] ?? '';
      throw new TurnoutError('store-failed', `postgresStore: ${what} failed: ${messageOf(error)}.${hint}`, {
        cause: error,
      });
    }
  };
}

async function retried(query: Query, text: string, values: readonly string[]): Promise<readonly Row[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await query(text, values);
    } catch (error) {
      // Nothing else is tried again here: after a lost connection nobody knows whether the statement took effect, and the caller minds.
      if (!(tries < triesMax && transient.has(codeOf(error)))) throw error;
    }
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? (error as { readonly code?: unknown }).code : undefined;
}
