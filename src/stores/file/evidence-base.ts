import { TurnoutError } from '../../core/errors.js';
import { isObject } from '../../core/json.js';
import { emptyEvidence, type Evidence } from '../../evidence/evidence.js';
import { parseStored, storedEvidence } from '../call.js';
import type { Latest } from './slots.js';

/** The last delta of a writer, and when it came, ms since 1970. */
export interface Last {
  readonly seq: number;
  readonly at: number;
}

/** Deltas that were summed up: their sum, and which ones they were. */
export interface EvidenceBase {
  readonly evidence: Evidence;
  readonly writers: ReadonlyMap<string, Last>;
}

const format = 1;
const nothing: EvidenceBase = { evidence: emptyEvidence, writers: new Map() };
const advice = ' Restore it from a backup, or move it away to go on from the file before it, or from none.';

export function formatBase({ evidence, writers }: EvidenceBase): string {
  return JSON.stringify({ format, writers: Object.fromEntries(writers), evidence });
}

/** Throws `state-unreadable` for what `formatBase` did not write, and `state-format` for what another version wrote. */
export function parseBase({ slot, text, path }: Pick<Latest, 'slot' | 'text' | 'path'>): EvidenceBase {
  if (slot === 0 && text === '') return nothing;
  const json = parseStored(text, path, advice);
  if (!isObject(json) || !isObject(json['writers'])) throw unreadable(path);
  if (json['format'] !== format) {
    throw new TurnoutError(
      'state-format',
      `${path}: has format ${String(json['format'])}, and this version of turnout reads ${format}. Run the version that wrote it.`,
    );
  }
  const writers = Object.entries(json['writers']).map(([writer, last]) => [writer, parseLast(last, path)] as const);
  return { evidence: storedEvidence(json['evidence'], path, advice), writers: new Map(writers) };
}

function parseLast(json: unknown, path: string): Last {
  const { seq, at } = isObject(json) ? json : {};
  if (!(Number.isSafeInteger(seq) && (seq as number) > 0 && typeof at === 'number')) throw unreadable(path);
  return { seq: seq as number, at };
}

function unreadable(path: string): TurnoutError {
  return new TurnoutError('state-unreadable', `${path}: expected evidence and its writers. It is damaged.${advice}`);
}
