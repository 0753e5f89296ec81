import type { Clock } from '../../core/clock.js';
import type { Json } from '../../core/json.js';
import type { Rng } from '../../core/rng.js';
import { type Evidence, emptyEvidence } from '../../evidence/evidence.js';
import type { Notice } from '../../strategies/strategy.js';
import type { Deadlines } from '../waiting/deadlines.js';
import { withTimeLimit } from '../waiting/time-limit.js';
import { Archive, type HistorySink } from './archive.js';
import { BackOff } from './back-off.js';
import { Outbox } from './outbox.js';
import { RecordKeeper, type RecordKeeperOptions, type Stored } from './record-keeper.js';
import type { HistoryEntry, StateStore } from './store.js';

export interface StoreLinkOptions extends Omit<RecordKeeperOptions, 'replica' | 'limited' | 'notify'> {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly storeTimeoutMs: number;
  readonly deadlines: Deadlines;
  readonly history?: HistorySink | undefined;
  /** A name for a writer that was never used before. */
  newReplica(): string;
  /** What was counted since the last call. */
  takeDelta(now: number): Evidence | undefined;
  /** Tells the world what this replica stored. */
  notify(entries: readonly HistoryEntry[]): void;
}

/**
 * Everything between one replica and the store: the record, the evidence and the archive, each call with a time limit, and what is known
 * while the store does not answer. No promise of it rejects.
 */
export class StoreLink {
  readonly #options: StoreLinkOptions;
  readonly #keeper: RecordKeeper;
  readonly #outbox: Outbox;
  readonly #archive: Archive;
  readonly #limited: <T>(work: Promise<T>) => Promise<T>;
  readonly #backOff: BackOff;
  #failingSince: number | undefined;
  #isFresh = false;

  constructor(options: StoreLinkOptions) {
    this.#options = options;
    this.#backOff = new BackOff(options.rng);
    this.#limited = (work) => withTimeLimit(work, options.storeTimeoutMs, options.deadlines, 'The store');
    this.#outbox = new Outbox(options.store, options.router, options.newReplica);
    this.#archive = new Archive({ ...options, sink: options.history, limited: this.#limited });
    this.#keeper = new RecordKeeper({
      ...options,
      replica: options.newReplica(),
      limited: this.#limited,
      notify: (entries) => {
        this.#archive.add(entries, this.evidence?.strata ?? []);
        options.notify(entries);
      },
    });
  }

  /** The last record read or written. */
  get stored(): Stored | undefined {
    return this.#keeper.stored;
  }

  /** All evidence known here. */
  get evidence(): Evidence | undefined {
    return this.#outbox.evidence();
  }

  /** Whether the last read succeeded: only then a rollback that changes nothing is known to be needless. */
  get isFresh(): boolean {
    return this.#isFresh;
  }

  /** Whether the store was ever read. */
  get isRead(): boolean {
    return this.#keeper.isRead;
  }

  /** Since when the store has failed, ms since 1970; undefined while it answers. */
  get failingSince(): number | undefined {
    return this.#failingSince;
  }

  counters(): Readonly<Record<string, number>> {
    const { lost, lostExposures, unsentExposures } = this.#outbox;
    const { exposed, foldedEarly } = (this.evidence ?? emptyEvidence).dropped;
    return {
      lostDeltas: lost,
      lostExposures,
      unsentExposures,
      forgottenExposures: exposed,
      foldedEarly,
      droppedHistory: this.#archive.dropped,
    };
  }

  /** Begins with what this replica knew last, until the store is read. */
  recall(): void {
    this.#keeper.recall();
  }

  startAlone(): void {
    this.#keeper.startAlone();
  }

  now(): number {
    return this.#keeper.now();
  }

  /** Reads the record, or creates it. Resolves to false if the store did not let us. */
  async read(): Promise<boolean> {
    this.#isFresh = await this.#attempt('read', () => this.#keeper.sync());
    return this.#isFresh;
  }

  /**
   * Reads the record, and sends and reads evidence. If it is `patient`, a store that has failed is left alone for a while: what is known
   * must do.
   */
  async exchange(patient: boolean): Promise<void> {
    const isDue = !patient || this.#backOff.isDue(this.#options.clock.elapsed());
    const isRead = isDue && (await this.read());
    if (!isDue) this.#isFresh = false;
    const isSent = await this.sendEvidence(isDue);
    if (isRead && isSent) this.#failingSince = undefined;
  }

  /** Takes what was counted and, if `isUp`, sends it and reads that of all replicas. */
  async sendEvidence(isUp: boolean): Promise<boolean> {
    // By the common time: a replica whose own clock is ahead would close everybody's buckets.
    this.#outbox.put(this.#options.takeDelta(this.#keeper.now()));
    if (!isUp) return false;
    return this.#attempt('evidence', async () => {
      await this.#outbox.flush(this.#limited);
      await this.#outbox.read(this.#limited);
    });
  }

  /** Takes what was counted and sends it; where nothing was, the store is not asked. */
  async sendRest(): Promise<void> {
    this.#outbox.put(this.#options.takeDelta(this.#keeper.now()));
    await this.#attempt('evidence', () => this.#outbox.flush(this.#limited));
  }

  /** Stores a state that was reduced from `from`; undefined if the store did not answer. */
  async write(from: Stored, state: Json, notices: readonly Notice[]): Promise<'stored' | 'conflict' | undefined> {
    let outcome: 'stored' | 'conflict' | undefined;
    await this.#attempt('write', async () => {
      outcome = await this.#keeper.write(from, state, notices);
    });
    return outcome;
  }

  /** Hands the history on. */
  archive(): Promise<void> {
    return this.#archive.flush();
  }

  async #attempt(operation: string, work: () => Promise<void>): Promise<boolean> {
    const { clock, onError } = this.#options;
    try {
      await work();
      this.#backOff.succeeded();
      return true;
    } catch (error) {
      this.#failingSince ??= clock.now();
      this.#backOff.failed(clock.elapsed());
      onError(error, operation);
      return false;
    }
  }
}
