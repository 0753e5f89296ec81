import { messageOf, TurnoutError } from '../core/errors.js';
import { show } from '../core/options.js';

/** The JSON in a stored text; throws `state-unreadable`, which says where the text is. */
export function parseStored(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new TurnoutError(
      'state-unreadable',
      `${where}: expected JSON (was ${show(text)}). It is damaged, or was written by another program.`,
      { cause: messageOf(error) },
    );
  }
}
