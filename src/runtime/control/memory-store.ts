import { type Evidence, emptyEvidence, mergeEvidence } from '../../evidence/evidence.js';
import type { HistoryEntry, RolloutRecord, StateStore } from './store.js';

interface Kept {
  readonly evidence: Evidence;
  readonly lastSeqs: ReadonlyMap<string, { readonly seq: number; readonly at: number }>;
}

const silenceMaxMs = 86_400_000;
const historyMax = 10_000;

/**
 * A store in this process: for tests, for a single process that may forget, and as the example of what a store must do. `now` (ms
 * since 1970) decides when a silent writer is forgotten; without it writers are remembered for ever.
 */
export function memoryStore(now: () => number = () => 0): StateStore & {
  /** The last 10 000 history entries of a router, oldest first. */
  history(key: string): readonly HistoryEntry[];
} {
  const records = new Map<string, RolloutRecord>();
  const kept = new Map<string, Kept>();
  const histories = new Map<string, HistoryEntry[]>();
  const listeners = new Map<string, Set<() => void>>();
  const keptOf = (key: string): Kept => kept.get(key) ?? { evidence: emptyEvidence, lastSeqs: new Map() };
  return {
    read: (key, knownRevision) => {
      const record = records.get(key);
      return Promise.resolve(record !== undefined && record.revision === knownRevision ? 'unchanged' : copy(record));
    },
    compareAndSet: (key, expectedRevision, next) => {
      const current = records.get(key);
      if (current?.revision !== expectedRevision) return Promise.resolve({ ok: false, current: copy(current) });
      records.set(key, copy(next));
      for (const listener of listeners.get(key) ?? []) queueMicrotask(listener);
      return Promise.resolve({ ok: true });
    },
    addEvidence: (key, replica, seq, delta) => {
      const { evidence, lastSeqs } = keptOf(key);
      const last = lastSeqs.get(replica);
      // A writer that was forgotten, or one that skipped a seq, cannot be told from one that repeats itself.
      if (last === undefined ? seq !== 1 : seq > last.seq + 1) return Promise.resolve('refused');
      if (last !== undefined && seq <= last.seq) return Promise.resolve('duplicate');
      const at = now();
      const remembered = [...lastSeqs].filter(([, entry]) => at - entry.at <= silenceMaxMs);
      kept.set(key, {
        evidence: mergeEvidence(evidence, copy(delta)),
        lastSeqs: new Map([...remembered, [replica, { seq, at }]]),
      });
      return Promise.resolve('added');
    },
    readEvidence: (key, replica) => {
      const { evidence, lastSeqs } = keptOf(key);
      return Promise.resolve({ evidence, lastSeq: lastSeqs.get(replica)?.seq ?? 0 });
    },
    subscribe: (key, onChange) => {
      const known = listeners.get(key) ?? new Set();
      // A listener of its own, so that one function may subscribe twice and leave once.
      const listener = () => onChange();
      listeners.set(key, known.add(listener));
      return () => known.delete(listener);
    },
    appendHistory: (key, entry) => {
      histories.set(key, [...(histories.get(key) ?? []), copy(entry)].slice(-historyMax));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
    history: (key) => histories.get(key) ?? [],
  };
}

/** What any other store would give back: nothing that a caller changes later can reach in. */
function copy<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
