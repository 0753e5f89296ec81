import type { Stratum } from '../../src/evidence/stratum.js';
import type { Json } from '../../src/core/json.js';

/** What a worker is told, as JSON in its first argument. */
export interface WorkerOrder {
  readonly worker: number;
  readonly port: number;
  readonly log: string;
  readonly tickEveryMs: number;
}

/** What a running worker can be asked. */
export type Order =
  | 'approve'
  | 'roll back'
  | 'reset'
  | 'pause'
  | 'resume'
  | 'turn bad'
  | 'turn good'
  | 'tick'
  | 'status';

export interface OrderAnswer {
  readonly accepted: boolean;
  readonly reason: string;
  readonly shareAtOnce: number;
  readonly share: number;
  readonly stale: boolean;
  readonly revision: number;
  readonly unstored: number;
  readonly phase: string;
  readonly counters: Readonly<Record<string, number>>;
}

type Delta = { readonly writer: string; readonly seq: number; readonly reports: number };
type Write = { readonly revision: number; readonly share: number; readonly by: string };

/** A line of a worker's log; `at` is in ms, on a clock that all processes share. */
export type LogLine = { readonly at?: number } & (
  | { readonly kind: 'started' }
  /** Reports that were counted. */
  | { readonly kind: 'served'; readonly reports: number }
  /** Another plan is served than before. */
  | { readonly kind: 'serves'; readonly share: number; readonly revision: number; readonly unstored: number }
  | ({ readonly kind: 'sent' } & Delta)
  | ({ readonly kind: 'taken'; readonly answer: string } & Delta)
  | { readonly kind: 'read'; readonly began: number }
  | ({ readonly kind: 'write' } & Write)
  | ({ readonly kind: 'written'; readonly ok: boolean } & Write)
  /** A history entry that this worker told the world. */
  | { readonly kind: 'told'; readonly revision: number; readonly replica: string; readonly what: string }
  | { readonly kind: 'alert'; readonly id: string }
  | { readonly kind: 'closed'; readonly counters: Readonly<Record<string, number>> }
);

/** How many reports of a metric there are in all strata. */
export function reportsIn(strata: readonly Stratum[], metric: string): number {
  const cells = strata.flatMap((stratum) => Object.values(stratum.cells));
  return cells.reduce((sum, { metrics }) => sum + (metrics[metric]?.n ?? 0), 0);
}

/** The candidate's share in the stored state of a canary. */
export const shareIn = (state: Json): number => (state as { own: { share: number } }).own.share;
