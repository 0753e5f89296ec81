import { isObject, own } from '../../core/json.js';
import type { Json } from '../../core/json.js';
import type { Task } from '../../strategies/strategy.js';
import { parseRecord } from '../control/record.js';
import { type RolloutRecord, type StateStore, recordFormat } from '../control/store.js';
import type { Deadlines } from '../waiting/deadlines.js';
import { withTimeLimit } from '../waiting/time-limit.js';

/** Who runs a task, until when, and how often it was claimed: the fencing counter. */
type Claim = { readonly by: string; readonly until: number; readonly fence: number };
type ClaimsById = Readonly<Record<string, Claim>>;

const claimsMax = 1000;
const triesMax = 3;
/** A claim outlives its task's time limit by this, so that a slow settle is not run twice. */
const graceMs = 10_000;

export interface ClaimsOptions {
  readonly store: Pick<StateStore, 'read' | 'compareAndSet'>;
  readonly router: string;
  /** Unlike any other process's. */
  readonly replica: string;
  /** The time that all replicas share, ms since 1970: by its own clock one that is ahead would take what others hold. */
  now(): number;
  /** How long a call of the store may take. Default 5000. */
  readonly storeTimeoutMs?: number;
  readonly deadlines: Deadlines;
}

/**
 * Lets one replica of many run a `fleet` task: a claim with an expiry, in a value beside the record. A replica that dies in the middle
 * loses its claim by time, and another runs the task again, which tasks must bear; one that closes gives it up at once.
 */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** False while another replica has the task. Rejects as the store does. */
  claim(task: Task): Promise<boolean> {
    return this.#tracked(
      this.#change((claims, now) => {
        const held = own(claims, task.id);
        if (held !== undefined && held.until > now && held.by !== this.#options.replica) return undefined;
        const until = now + task.timeoutMs + graceMs;
        return { by: this.#options.replica, until, fence: (held?.fence ?? 0) + 1 };
      }, task),
    );
  }

  /** Gives up a claim, if it still is this replica's. It is ended, not removed: whoever comes next counts on from its fence. */
  async release(task: Task): Promise<void> {
    await this.#tracked(
      this.#change((claims) => {
        const held = own(claims, task.id);
        return held?.by === this.#options.replica ? { ...held, until: 0 } : undefined;
      }, task),
    );
  }

  /** Resolves when nothing that was claimed or given up is under way any more. Never rejects. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  #tracked<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    const done = () => this.#underWay.delete(work);
    work.then(done, done);
    return work;
  }

  #limited<T>(work: Promise<T>): Promise<T> {
    const { storeTimeoutMs = 5000, deadlines } = this.#options;
    return withTimeLimit(work, storeTimeoutMs, deadlines, 'The store');
  }

  /** Writes what `change` makes of a claim, or nothing if it makes nothing of it. */
  async #change(change: (claims: ClaimsById, now: number) => Claim | undefined, { id }: Task): Promise<boolean> {
    const { store, router, replica } = this.#options;
    const key = `${router}/claims`;
    for (let attempt = 0; attempt < triesMax; attempt += 1) {
      const record = await this.#limited(store.read(key));
      const stored = record === 'unchanged' || record === undefined ? undefined : parseRecord(record);
      const now = this.#options.now();
      const claims = claimsOf(stored);
      const claim = change(claims, now);
      if (claim === undefined) return false;
      const live = Object.entries(claims).filter(([other, { until }]) => other !== id && until > now);
      const state: Json = Object.fromEntries([...live.slice(-claimsMax), [id, claim]]);
      const base = { format: recordFormat, nodes: {}, history: [], updatedAt: now, updatedBy: replica };
      const next = { ...base, revision: (stored?.revision ?? 0) + 1, state };
      const written = await this.#limited(store.compareAndSet(key, stored?.revision, next));
      if (written.ok) return true;
    }
    return false;
  }
}

function claimsOf(record: RolloutRecord | undefined): ClaimsById {
  if (!isObject(record?.state)) return {};
  const entries = Object.entries(record.state as Readonly<Record<string, Json>>);
  return Object.fromEntries(entries.filter((entry): entry is [string, Claim] => isClaim(entry[1])));
}

function isClaim(json: Json): json is Claim {
  if (!isObject(json)) return false;
  const { by, until, fence } = json as Readonly<Record<string, Json>>;
  return typeof by === 'string' && typeof until === 'number' && typeof fence === 'number';
}
