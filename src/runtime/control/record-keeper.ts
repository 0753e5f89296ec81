import type { Clock } from '../../core/clock.js';
import { TurnoutError } from '../../core/errors.js';
import { type Json, canonicalJson } from '../../core/json.js';
import { rootScope } from '../../strategies/scope.js';
import type { Notice, Strategy } from '../../strategies/strategy.js';
import { type OnPlanEdit, editedNodes, fingerprintsOf, graft } from './plan-edit.js';
import { nextRecord, parseRecord } from './record.js';
import { type HistoryEntry, type RolloutRecord, type StateStore, recordFormat } from './store.js';

/** A record whose state was parsed. */
export interface Stored {
  readonly record: RolloutRecord;
  readonly state: Json;
}

/** A place of this replica's own for the last record, for a start while the store is down. Both may throw. */
export interface LastKnown {
  /** What `save` was given last; undefined if there is nothing. */
  load(): unknown;
  save(record: RolloutRecord): void;
}

export interface RecordKeeperOptions {
  readonly router: string;
  readonly strategy: Strategy;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly replica: string;
  readonly instance?: string;
  readonly onPlanEdit: OnPlanEdit;
  readonly lastKnown?: LastKnown | undefined;
  onError(error: unknown, operation: string): void;
  /** Puts a time limit on a call of the store. */
  limited<T>(work: Promise<T>): Promise<T>;
  /** Another record came into force. */
  onRecord(): void;
  /** What was stored has to be told, once in the fleet: it was this replica that stored it. */
  notify(entries: readonly HistoryEntry[]): void;
}

interface UnsureWrite {
  readonly revision: number;
  readonly entries: readonly HistoryEntry[];
}

const clockJumpMaxMs = 60_000;

/** Reads and writes the one record of a router, and knows what it last was. Its promises reject as the store's do. */
export class RecordKeeper {
  readonly #options: RecordKeeperOptions;
  readonly #nodes: Readonly<Record<string, string>>;
  #stored: Stored | undefined;
  #unsure: readonly UnsureWrite[] = [];
  /** Whether the store was ever read: what was known before may be of another program, and old. */
  #isRead = false;
  #lastNow = 0;
  #clockOffsetMs = 0;

  constructor(options: RecordKeeperOptions) {
    this.#options = options;
    this.#nodes = fingerprintsOf(options.strategy, options.router);
  }

  get stored(): Stored | undefined {
    return this.#stored;
  }

  get isRead(): boolean {
    return this.#isRead;
  }

  /** Takes the first state as stored, before a store was asked: right only where no other replica can exist. */
  startAlone(): void {
    this.#set(this.#first());
  }

  /** Takes the last record that this replica knew as stored, until the store is read. One that does not fit the program is left. */
  recall(): void {
    const { lastKnown, onError } = this.#options;
    try {
      const json = lastKnown?.load();
      if (json === undefined || json === null) return;
      const record = parseRecord(json as RolloutRecord);
      if (editedNodes(record.nodes, this.#nodes).size === 0) this.#set(this.#parse(record));
    } catch (error) {
      onError(error, 'recall');
    }
  }

  /** Reads what is stored. The first replica creates the record; a store that was emptied gets back what is known here. */
  async sync(): Promise<void> {
    const { store, router, clock, limited } = this.#options;
    if (store.now !== undefined) this.#clockOffsetMs = (await limited(store.now())) - clock.now();
    const answer = await limited(store.read(router, this.#isRead ? this.#stored?.record.revision : undefined));
    if (answer === 'unchanged') return;
    if (answer !== undefined) return this.#accept(answer);
    const { record } = this.#stored ?? this.#first();
    const written = await limited(store.compareAndSet(router, undefined, record));
    if (written.ok) this.#take(this.#parse(record));
    else if (written.current !== undefined) await this.#accept(written.current);
  }

  /** Stores a state that was reduced from `from`. After a conflict what is stored now is in `stored`. */
  async write(from: Stored, state: Json, notices: readonly Notice[]): Promise<'stored' | 'conflict'> {
    const change = { state, notices, nodes: this.#nodes };
    const { record: next, entries } = nextRecord(from.record, change, this.now(), this.#options.replica);
    const written = await this.#put(from.record, next, entries);
    if (!written.ok) {
      await (written.current === undefined ? this.sync() : this.#accept(written.current));
      return 'conflict';
    }
    this.#take({ record: next, state });
    this.#options.notify(entries);
    return 'stored';
  }

  /** Writes the record after `from`. What it has to tell is remembered until it is known whether it took effect. */
  async #put(from: RolloutRecord, next: RolloutRecord, entries: readonly HistoryEntry[]) {
    const { store, router, limited } = this.#options;
    const write = { revision: next.revision, entries };
    this.#unsure = [...this.#unsure, write];
    const written = await limited(store.compareAndSet(router, from.revision, next));
    this.#unsure = this.#unsure.filter((unsure) => unsure !== write);
    // This write was the one of its revision, so none before it can have taken effect.
    if (written.ok) this.#unsure = [];
    return written;
  }

  /** Never goes back, follows the other writers' clocks, and refuses a jump of more than a minute made by one of them. */
  now(): number {
    const own = this.#options.clock.now() + this.#clockOffsetMs;
    const written = this.#stored?.record.updatedAt ?? 0;
    const followed = written - own <= clockJumpMaxMs ? written : own;
    this.#lastNow = Math.max(this.#lastNow, own, followed);
    return this.#lastNow;
  }

  /** Takes over a record that another replica, or an earlier run of the program, wrote. */
  async #accept(json: RolloutRecord): Promise<void> {
    const record = parseRecord(json);
    // Also of a record that is then refused: it tells what became of this replica's writes before.
    this.#announceUnsure(record);
    const { router, onPlanEdit } = this.#options;
    const edited = editedNodes(record.nodes, this.#nodes);
    const isFirst = !this.#isRead;
    // Kept, whoever wrote it: while a deployment lasts, programs of before go on writing, and to keep what they wrote undoes nothing.
    if (edited.size === 0 || onPlanEdit === 'keep') return this.#take(this.#parse(record));
    if (onPlanEdit === 'restart' && isFirst) return this.#restart(record, edited);
    // While running, an edit is another program's: restarting here too would make the two undo each other for ever.
    throw new TurnoutError(
      'state-format',
      `The stored roll-out '${router}' has other nodes than this program: ${[...edited].join(', ')} differ. ` +
        'Deploy one program everywhere, or give the new one another router name.',
    );
  }

  async #restart(record: RolloutRecord, edited: ReadonlySet<string>): Promise<void> {
    const { strategy, router, instance, replica, notify } = this.#options;
    const scope = rootScope(router, record.revision + 1, instance);
    const state = graft(record.state, strategy.init(this.now(), scope), strategy, router, edited);
    const notices = [...edited].map((node): Notice => {
      const data = { from: 'another plan', to: 'started', why: 'the plan was edited in the program' };
      return { type: 'transition', node, data };
    });
    const { record: next, entries } = nextRecord(record, { state, notices, nodes: this.#nodes }, this.now(), replica);
    const written = await this.#put(record, next, entries);
    if (!written.ok)
      throw new TurnoutError('store-failed', 'Another replica changed the edited plan at the same time.');
    this.#take(this.#parse(next));
    notify(entries);
  }

  #parse(record: RolloutRecord): Stored {
    return { record, state: this.#options.strategy.restore(record.state) };
  }

  #first(): Stored {
    const { strategy, router, instance, replica } = this.#options;
    const now = this.now();
    const state = strategy.init(now, rootScope(router, 1, instance));
    const base = { format: recordFormat, revision: 1, nodes: this.#nodes, history: [] };
    return { record: { ...base, state, updatedAt: now, updatedBy: replica }, state };
  }

  /** Takes over what the store has. */
  #take(stored: Stored): void {
    this.#isRead = true;
    this.#set(stored);
    this.#remember(stored.record);
  }

  #set(stored: Stored): void {
    const before = this.#stored?.record;
    // A store that was emptied, or a memory of another one, may have the same revision of another history.
    const isNew = before?.revision !== stored.record.revision || before.updatedBy !== stored.record.updatedBy;
    this.#stored = stored;
    this.#announceUnsure(stored.record);
    if (isNew) this.#options.onRecord();
  }

  #remember(record: RolloutRecord): void {
    try {
      this.#options.lastKnown?.save(record);
    } catch (error) {
      this.#options.onError(error, 'remember');
    }
  }

  /** A write that failed may have taken effect: once it is seen in the history, what it had to tell is told, once. */
  #announceUnsure({ revision, history }: RolloutRecord): void {
    const decided = this.#unsure.filter((write) => write.revision <= revision);
    this.#unsure = this.#unsure.filter((write) => write.revision > revision);
    for (const wanted of new Set(decided.map((write) => write.revision))) {
      const stored = history.filter((entry) => entry.revision === wanted && entry.replica === this.#options.replica);
      const ours = decided.find(({ revision: at, entries }) => at === wanted && isSameJson(entries, stored));
      if (ours !== undefined && stored.length > 0) this.#options.notify(ours.entries);
    }
  }
}

/** A store gives back what it was given, perhaps with the keys in another order. */
function isSameJson(a: readonly HistoryEntry[], b: readonly HistoryEntry[]): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
