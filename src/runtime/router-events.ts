import type { Decision } from './decision.js';
import type { Json } from '../core/json.js';
import type { AlertMark, HistoryEntry } from './control/store.js';

/** What listeners are told, by event. */
export interface RouterEvents<M extends string> {
  /** A state changed and was stored; told by the replica that stored it. */
  readonly transition: Pick<HistoryEntry, 'node' | 'from' | 'to' | 'why' | 'facts'>;
  readonly decision: Decision<M>;
  /** A counted assignment: one event per request, with the exposures of all its nodes. */
  readonly exposure: Pick<Decision<M>, 'exposures' | 'model'>;
  readonly outcome: OutcomeEvent<M>;
  /** A shadow's output differed from the primary's. */
  readonly mismatch: { readonly node: string; readonly arm: string };
  /** Something that a person should know. */
  readonly alert: Alert;
  /** A model has no request in flight any more and no plan reaches it. */
  readonly drained: { readonly model: string };
  /** Trouble that no request felt: of the store, a listener, a mirror, a condition, a load. */
  readonly error: { readonly operation: string; readonly error: unknown };
}

/** Something that a person should know: told once in the fleet where a node's state changed with it, else by each replica. */
export interface Alert extends AlertMark {
  /** Absent where it is the router's. */
  readonly node?: string;
  readonly why: string;
  readonly at: number;
  /** The rule, the attempt, and what else it is about. */
  readonly facts: { readonly [fact: string]: Json };
}

/** How a request ended. */
export interface OutcomeEvent<M extends string> {
  readonly decision: Decision<M>;
  readonly ok: boolean;
  readonly latencyMs: number;
  readonly firstItemMs?: number;
  readonly error?: unknown;
  /** The consumer of a stream left before its end: neither right nor wrong. */
  readonly cancelled?: boolean;
  /** The assigned model, `decision.model`, failed, and a fallback answered. */
  readonly fellBack?: boolean;
}

export const eventNames = [
  'transition',
  'decision',
  'exposure',
  'outcome',
  'mismatch',
  'alert',
  'drained',
  'error',
] as const;
