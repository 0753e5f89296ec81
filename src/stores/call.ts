import { isTurnoutError, messageOf, TurnoutError } from '../core/errors.js';
import { show } from '../core/options.js';
import type { Evidence } from '../evidence/evidence.js';
import { parseEvidence } from '../evidence/parse-evidence.js';

/** Runs a call of a store and says in its error which one it was; what turnout says itself stays as it is. */
export async function storeCall<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isTurnoutError(error)) throw error;
    throw new TurnoutError('store-failed', `${what} failed: ${messageOf(error)}`, { cause: error });
  }
}

/** The JSON in a stored text. Throws `state-unreadable`, which says where the text is, and `advice`. */
export function parseStored(text: string, where: string, advice = ''): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new TurnoutError(
      'state-unreadable',
      `${where}: expected JSON (was ${show(text)}). It is damaged, or was written by another program.${advice}`,
      { cause: error },
    );
  }
}

/** The evidence in a stored text. Throws `state-unreadable`, as `parseStored` does. */
export function parseStoredEvidence(text: string, where: string, advice = ''): Evidence {
  return storedEvidence(parseStored(text, where, advice), where, advice);
}

/** The evidence in stored JSON. Throws `state-unreadable`, which says where it is, and `advice`. */
export function storedEvidence(json: unknown, where: string, advice = ''): Evidence {
  try {
    return parseEvidence(json);
  } catch (error) {
    throw new TurnoutError('state-unreadable', `${where}: ${messageOf(error)}${advice}`, { cause: error });
  }
}
