import type { Stratum } from '../../evidence/stratum.js';
import type { HistoryEntry, StateStore } from './store.js';

/** Keeps every history entry with the evidence of its node at that time. It may be asynchronous; a failure is an `error` event. */
export type HistorySink = (entry: HistoryEntry, evidence: readonly Stratum[]) => unknown;

interface Waiting {
  readonly entry: HistoryEntry;
  readonly evidence: readonly Stratum[];
}

export interface ArchiveOptions {
  readonly router: string;
  readonly store: Pick<StateStore, 'appendHistory'>;
  readonly sink?: HistorySink | undefined;
  limited<T>(work: Promise<T>): Promise<T>;
  onError(error: unknown, operation: string): void;
}

const waitingMax = 1000;

/**
 * Hands the history on to whoever keeps all of it. An entry that the store did not take is offered again with the next; beyond 1000
 * the oldest are dropped and counted. The record itself never waits for this.
 */
export class Archive {
  readonly #options: ArchiveOptions;
  #waiting: readonly Waiting[] = [];
  #dropped = 0;

  constructor(options: ArchiveOptions) {
    this.#options = options;
  }

  /** Entries that were never taken. */
  get dropped(): number {
    return this.#dropped;
  }

  add(entries: readonly HistoryEntry[], strata: readonly Stratum[]): void {
    const { sink, store, onError } = this.#options;
    const news = entries.map((entry) => ({ entry, evidence: strata.filter(({ node }) => node === entry.node) }));
    for (const { entry, evidence } of sink === undefined ? [] : news) {
      // A sink is told once: whether it took the entry is its own business.
      Promise.resolve()
        .then(() => sink?.(entry, evidence))
        .catch((error: unknown) => onError(error, 'history'));
    }
    if (store.appendHistory === undefined) return;
    const waiting = [...this.#waiting, ...news];
    this.#dropped += Math.max(0, waiting.length - waitingMax);
    this.#waiting = waiting.slice(-waitingMax);
  }

  /** Offers what waits to the store, oldest first, until it refuses. Never rejects. */
  async flush(): Promise<void> {
    const { router, store, limited, onError } = this.#options;
    for (const waiting of this.#waiting) {
      try {
        await limited(store.appendHistory?.(router, waiting.entry) ?? Promise.resolve());
      } catch (error) {
        onError(error, 'history');
        return;
      }
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
    }
  }
}
