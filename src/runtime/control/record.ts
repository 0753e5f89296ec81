import { TurnoutError, messageOf } from '../../core/errors.js';
import { type Json, isObject } from '../../core/json.js';
import {
  type Check,
  anything,
  count,
  listOf,
  object,
  oneOf,
  optional,
  recordOf,
  text,
  verify,
} from '../../core/options.js';
import type { Notice } from '../../strategies/strategy.js';
import { type AlertMark, type AlertSeverity, type HistoryEntry, type RolloutRecord, recordFormat } from './store.js';

const entriesMax = 100;
const historyBytesMax = 64 * 1024;

const alertSeverities = ['info', 'warning', 'critical'] as const satisfies readonly AlertSeverity[];
/** What the receivers of alerts take as a key. */
const alertIdMax = 255;

/**
 * An object with these keys. What a later version of turnout has put beside them is not looked at: while a fleet is brought to it, the
 * version before goes on reading. Whatever cannot be read so is a new format.
 */
function withKeys(keys: Readonly<Record<string, Check>>): Check {
  const check = object(keys);
  const known = (value: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(value).filter(([key]) => Object.hasOwn(keys, key)));
  return (value, path, issues) => check(isObject(value) ? known(value) : value, path, issues);
}

const entryCheck = withKeys({
  revision: count,
  at: anything,
  replica: text,
  node: text,
  from: anything,
  to: anything,
  why: anything,
  alert: optional(withKeys({ id: text, kind: text, severity: oneOf(...alertSeverities) })),
  facts: anything,
});

const recordCheck = withKeys({
  format: count,
  revision: count,
  nodes: recordOf(text, { max: 10_000 }),
  state: anything,
  history: listOf(entryCheck, { max: entriesMax }),
  updatedAt: anything,
  updatedBy: text,
});

/** Reads a stored record, or throws: `state-format` for another version of the layout, `state-unreadable` for anything else. */
export function parseRecord(record: RolloutRecord): RolloutRecord {
  if (record?.format !== recordFormat) {
    throw new TurnoutError(
      'state-format',
      `The stored record has format ${String(record?.format)}, and this version of turnout reads ${recordFormat}. ` +
        'Run the version that wrote it, or give the router another name.',
    );
  }
  try {
    verify('The stored record', 'record', record, recordCheck);
  } catch (error) {
    throw new TurnoutError('state-unreadable', messageOf(error), { cause: error });
  }
  return record;
}

/** Notices as history entries. Whoever stores them tells them to the world. */
export function entriesOf(
  notices: readonly Notice[],
  stamp: { readonly revision: number; readonly at: number; readonly replica: string },
): readonly HistoryEntry[] {
  return notices.map(({ type, node, data }) => {
    const { from = '', to = '', why, ...facts } = data;
    if (type === 'transition') return { ...stamp, node, from, to, why, facts };
    const { alert: kind, severity, ...others } = facts;
    const alert = alertMark(`${node}@${stamp.revision}`, kind, severity, others['rule']);
    return { ...stamp, node, from: '', to: '', why, alert, facts: others };
  });
}

/** Marks an alert. `at` is where and when it arose: what is raised again there is the same alert. */
export function alertMark(at: string, kind: Json | undefined, severity: Json | undefined, about?: Json): AlertMark {
  const name = typeof kind === 'string' && kind !== '' ? kind : 'alert';
  return {
    id: [at, name, ...(typeof about === 'string' ? [about] : [])].join(':').slice(0, alertIdMax),
    kind: name,
    severity: alertSeverities.find((known) => known === severity) ?? 'warning',
  };
}

/** The newest entries that fit into the bounds of a record: 100 of them, 64 kB. */
export function boundedHistory(entries: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const kept: HistoryEntry[] = [];
  let bytes = 0;
  for (const entry of entries.slice(-entriesMax).reverse()) {
    bytes += JSON.stringify(entry).length;
    if (bytes > historyBytesMax && kept.length > 0) break;
    kept.push(entry);
  }
  return kept.reverse();
}

/**
 * The record that follows `before`, with its revision and history, and the entries that are new in it. Entries stay as they were
 * written; other keys of a later version are left out, since they were about the state before.
 */
export function nextRecord(
  before: RolloutRecord,
  change: { readonly state: Json; readonly notices: readonly Notice[]; readonly nodes: RolloutRecord['nodes'] },
  at: number,
  replica: string,
): { readonly record: RolloutRecord; readonly entries: readonly HistoryEntry[] } {
  const revision = before.revision + 1;
  const entries = entriesOf(change.notices, { revision, at, replica });
  const record = {
    format: recordFormat,
    revision,
    nodes: change.nodes,
    state: change.state,
    history: boundedHistory([...before.history, ...entries]),
    updatedAt: at,
    updatedBy: replica,
  };
  return { record, entries };
}
