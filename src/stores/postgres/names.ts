import { hash32 } from '../../core/hash.js';

/** Where the tables are. */
export interface TableOptions {
  /** The schema that holds the tables. Default: the first of the connection's `search_path`. */
  readonly schema?: string;
  /** What the names of the tables begin with. Default `turnout_`. */
  readonly prefix?: string;
}

/** The names of the tables, quoted, with their schema. */
export interface Tables {
  readonly record: string;
  readonly evidence: string;
  readonly delta: string;
  readonly writer: string;
  readonly history: string;
}

export function tablesOf({ schema, prefix = 'turnout_' }: TableOptions): Tables {
  const place = schema === undefined ? '' : `"${schema}".`;
  const table = (name: string) => `${place}"${prefix}${name}"`;
  return {
    record: table('record'),
    evidence: table('evidence'),
    delta: table('delta'),
    writer: table('writer'),
    history: table('history'),
  };
}

/** A key as a text column can hold it. What no UTF-8 text has, NUL and halves of surrogate pairs, is escaped, so that keys stay apart. */
export function columnText(key: string): string {
  return key.replace(/[\0\\\p{Surrogate}]/gu, (unit) => `\\${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What `NOTIFY` says of a change: a number that is small whatever the key, and good enough for a hint. */
export function payloadOf({ schema = '', prefix = '' }: TableOptions, key: string): string {
  return String(hash32(`${schema}\n${prefix}\n${key}`));
}
