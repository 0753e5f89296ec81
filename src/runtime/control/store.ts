import type { Json } from '../../core/json.js';
import type { Evidence } from '../../evidence/evidence.js';

/** How loud an alert is: to know, to look at in the morning, to wake somebody. */
export type AlertSeverity = 'info' | 'warning' | 'critical';

/** What marks a history entry as an alert. */
export type AlertMark = {
  /** The same wherever it is told, so that a receiver can tell a repeat: node, revision, kind and rule. */
  readonly id: string;
  readonly kind: string;
  readonly severity: AlertSeverity;
};

/** A change of a roll-out, or an alert, as it was stored: when, by whom, from where to where, and why. */
export type HistoryEntry = {
  /** The revision that it was stored as. */
  readonly revision: number;
  readonly at: number;
  readonly replica: string;
  readonly node: string;
  /** Both are empty in an alert, which goes nowhere. */
  readonly from: string;
  readonly to: string;
  readonly why: string;
  readonly alert?: AlertMark;
  /** More about it: shares, and the verdicts it was judged by. */
  readonly facts: { readonly [fact: string]: Json };
};

/** Everything that is stored of a router, as one JSON value that only compare-and-set changes. */
export type RolloutRecord = {
  /** The version of this layout. A record of another format is refused, never guessed at. */
  readonly format: number;
  /** Counts the changes, from 1. */
  readonly revision: number;
  /** The shape of every node, by path: a state is given back only to a node of the same shape. */
  readonly nodes: { readonly [path: string]: string };
  readonly state: Json;
  /** The last transitions and alerts, oldest first; bounded in number and bytes. */
  readonly history: readonly HistoryEntry[];
  readonly updatedAt: number;
  readonly updatedBy: string;
};

/**
 * The layout of records and evidence that this version reads and writes. Keys may be added to it, which the version before leaves
 * unread; whatever it would misread takes the next number, by which it goes on with what it knew and touches nothing.
 */
export const recordFormat = 1;

/**
 * Where replicas meet. Every promise may reject, and a rejected write may have taken effect: the control loop assumes nothing
 * else. `storeLaws` of `turnout/testing` says in tests what a store must do.
 */
export interface StateStore {
  /** The record; `'unchanged'` if its revision is `knownRevision`; undefined if there is none. */
  read(key: string, knownRevision?: number): Promise<RolloutRecord | 'unchanged' | undefined>;
  /** Writes `next` if the stored revision is `expectedRevision` (undefined: if there is no record); else gives what is there. */
  compareAndSet(
    key: string,
    expectedRevision: number | undefined,
    next: RolloutRecord,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly current: RolloutRecord | undefined }>;
  /** Adds a delta exactly once per (replica, seq): a seq that was added is a duplicate, one too old to know is refused. */
  addEvidence(key: string, replica: string, seq: number, delta: Evidence): Promise<'added' | 'duplicate' | 'refused'>;
  /** The sum of all deltas (`mergeEvidence`; a store that keeps text reads it by `parseEvidence`), and the last seq of `replica` that is in it (0 if none). */
  readEvidence(key: string, replica: string): Promise<{ readonly evidence: Evidence; readonly lastSeq: number }>;
  /** The store's time, ms since 1970, where replicas' clocks are not to be trusted. */
  now?(): Promise<number>;
  /** Calls back when the record may have changed: a hint, reading is the truth. Returns the way to stop it. */
  subscribe?(key: string, onChange: () => void): () => void;
  /** Keeps every history entry, where the record keeps only the last. */
  appendHistory?(key: string, entry: HistoryEntry): Promise<void>;
  close?(): Promise<void>;
}
