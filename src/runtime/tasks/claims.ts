import { isObject, own } from '../../core/json.js';
import type { Json } from '../../core/json.js';
import type { Task } from '../../strategies/strategy.js';
import { type RolloutRecord, type StateStore, recordFormat } from '../control/store.js';

/** Who runs a task, until when, and how often it was claimed: the fencing counter. */
type Claim = { readonly by: string; readonly until: number; readonly fence: number };

const claimsMax = 1000;
const triesMax = 3;
/** A claim outlives its task's time limit by this, so that a slow settle is not run twice. */
const graceMs = 10_000;

/**
 * Lets one replica of many run a `fleet` task: a claim with an expiry, in a value beside the record. A replica that dies in the middle
 * loses its claim by time, and another runs the task again, which tasks must bear.
 */
export async function claimTask(
  store: StateStore,
  router: string,
  replica: string,
  task: Task,
  now: number,
): Promise<boolean> {
  const key = `${router}/claims`;
  for (let attempt = 0; attempt < triesMax; attempt += 1) {
    const record = await store.read(key);
    const stored = record === 'unchanged' ? undefined : record;
    const claims = claimsOf(stored);
    const held = own(claims, task.id);
    if (held !== undefined && held.until > now && held.by !== replica) return false;
    const claim: Claim = { by: replica, until: now + task.timeoutMs + graceMs, fence: (held?.fence ?? 0) + 1 };
    const live = Object.entries(claims).filter(([id, { until }]) => id !== task.id && until > now);
    const state: Json = Object.fromEntries([...live.slice(-claimsMax), [task.id, claim]]);
    const base = { format: recordFormat, nodes: {}, history: [], updatedAt: now, updatedBy: replica };
    const next = { ...base, revision: (stored?.revision ?? 0) + 1, state };
    const written = await store.compareAndSet(key, stored?.revision, next);
    if (written.ok) return true;
  }
  return false;
}

function claimsOf(record: RolloutRecord | undefined): Readonly<Record<string, Claim>> {
  if (!isObject(record?.state)) return {};
  const entries = Object.entries(record.state as Readonly<Record<string, Json>>);
  return Object.fromEntries(entries.filter((entry): entry is [string, Claim] => isClaim(entry[1])));
}

function isClaim(json: Json): json is Claim {
  if (!isObject(json)) return false;
  const { by, until, fence } = json as Readonly<Record<string, Json>>;
  return typeof by === 'string' && typeof until === 'number' && typeof fence === 'number';
}
