import type { Clock } from '../../core/clock.js';
import { TurnoutError } from '../../core/errors.js';
import { type Json, isObject, own } from '../../core/json.js';
import { type RolloutRecord, type StateStore, recordFormat } from '../control/store.js';

/** The sign of life of an instance: a number that rises while it lives, and whose process writes it. */
type Beat = { readonly by: string; readonly beat: number };

export interface PresenceOptions {
  readonly store: StateStore;
  readonly router: string;
  readonly instance: string;
  /** Unlike any other process's, so that a restarted one is told from the one before. */
  readonly replica: string;
  readonly clock: Clock;
  /** After how long without a new beat an instance counts as gone. */
  readonly silenceMs: number;
  /** Puts a time limit on a call of the store. */
  limited<T>(work: Promise<T>): Promise<T>;
}

const triesMax = 3;
const instancesMax = 1000;
/** Silent ones are remembered for so many times the silence, so that each replica has the time to tell. */
const silencesKept = 20;

/**
 * Says who is there among the replicas of a router: each raises a number of its own, in a value beside the record, and is gone
 * when the others have seen no new one for a time. By whose clock is no question: everybody measures the silence by their own.
 */
export class Presence {
  readonly #options: PresenceOptions;
  /** What was last seen of each instance, and when (monotonic). */
  readonly #seen = new Map<string, { readonly mark: string; readonly at: number }>();
  #beat = 0;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Gives a sign of life; resolves to the instances that have given none for too long. Rejects as the store does. */
  async beat(): Promise<readonly string[]> {
    const { instance, clock, silenceMs, replica } = this.#options;
    this.#beat += 1;
    const mine: Beat = { by: replica, beat: this.#beat };
    const others = await this.#write((beats) => {
      const now = clock.elapsed();
      const known = Object.entries(beats).filter(([name]) => name !== instance && !this.#isForgotten(name, now));
      return Object.fromEntries([...known.slice(-instancesMax), [instance, mine]]);
    });
    const now = clock.elapsed();
    for (const name of this.#seen.keys()) if (own(others, name) === undefined) this.#seen.delete(name);
    const silent: string[] = [];
    for (const [name, { by, beat }] of Object.entries(others)) {
      const mark = `${by} ${beat}`;
      const seen = this.#seen.get(name);
      if (seen?.mark !== mark) this.#seen.set(name, { mark, at: now });
      else if (name !== instance && now - seen.at >= silenceMs) silent.push(name);
    }
    return silent;
  }

  /** Says that this instance goes. Rejects as the store does. */
  async leave(): Promise<void> {
    const { instance } = this.#options;
    await this.#write((beats) => Object.fromEntries(Object.entries(beats).filter(([name]) => name !== instance)));
  }

  #isForgotten(name: string, now: number): boolean {
    const seen = this.#seen.get(name);
    return seen !== undefined && now - seen.at >= silencesKept * this.#options.silenceMs;
  }

  /** A value that others changed in between is read again, so that no sign of life is lost; the next beat is another try. */
  async #write(change: (beats: Readonly<Record<string, Beat>>) => Record<string, Beat>): Promise<Record<string, Beat>> {
    const { store, router, replica, clock, limited } = this.#options;
    const key = `${router}/instances`;
    const read = await limited(store.read(key));
    let stored = read === 'unchanged' ? undefined : read;
    for (let attempt = 0; ; attempt += 1) {
      refuseLater(stored);
      const state = change(beatsOf(stored));
      const base = { format: recordFormat, nodes: {}, history: [], updatedAt: clock.now(), updatedBy: replica };
      const next: RolloutRecord = { ...base, revision: (stored?.revision ?? 0) + 1, state };
      const written = await limited(store.compareAndSet(key, stored?.revision, next));
      if (written.ok || attempt === triesMax) return state;
      stored = written.current;
    }
  }
}

/** What a later version wrote in another layout must not be written over. */
function refuseLater(record: RolloutRecord | undefined): void {
  if (record === undefined || record.format === recordFormat) return;
  throw new TurnoutError(
    'state-format',
    `The signs of life have format ${String(record.format)}, and this version of turnout writes ${recordFormat}.`,
  );
}

function beatsOf(record: RolloutRecord | undefined): Readonly<Record<string, Beat>> {
  if (!isObject(record?.state)) return {};
  const entries = Object.entries(record.state as Readonly<Record<string, Json>>);
  return Object.fromEntries(entries.filter((entry): entry is [string, Beat] => isBeat(entry[1])));
}

function isBeat(json: Json): json is Beat {
  if (!isObject(json)) return false;
  const { by, beat } = json as Readonly<Record<string, Json>>;
  return typeof by === 'string' && typeof beat === 'number';
}
