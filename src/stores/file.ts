import { TurnoutError } from '../core/errors.js';
import { systemClock } from '../core/clock.js';
import { isObject } from '../core/json.js';
import { callable, object, optional, positiveCount, text, verify } from '../core/options.js';
import { emptyEvidence } from '../evidence/evidence.js';
import type { HistoryEntry, RolloutRecord, StateStore } from '../runtime/control/store.js';
import { parseStored, storeCall } from './call.js';
import { DeltaFiles } from './file/delta-files.js';
import { HistoryFiles } from './file/history-files.js';
import { RouterFolder } from './file/router-folder.js';
import { type Latest, Slots } from './file/slots.js';
import { watchRecords } from './file/watch.js';
import { Hints } from './hints.js';

export interface FileStoreOptions {
  /** A folder on a local disk of this machine, the same for all its processes; it is made if it is not there. */
  readonly directory: string;
  /** How many deltas of evidence are kept one by one before they are summed up. Default 256. */
  readonly sumUpEvery?: number;
  /** The silence after which what a writer sends is refused; for thirty times as long it is known as sent. Default a day. */
  readonly forgetWritersAfterMs?: number;
  /** The size at which a new file of history is begun; the last two are kept. Default 4 MB. */
  readonly historyBytesMax?: number;
  /** The time that silence is measured by, ms since 1970. Default the system's. */
  readonly now?: () => number;
}

/** A store in files, and what only this one can do. */
export interface FileStore extends StateStore {
  subscribe(key: string, onChange: () => void): () => void;
  appendHistory(key: string, entry: HistoryEntry): Promise<void>;
  /** All history entries that are kept of a router, oldest first. */
  history(key: string): Promise<readonly HistoryEntry[]>;
  /** Ends the subscriptions. */
  close(): Promise<void>;
}

const optionsCheck = object({
  directory: text,
  sumUpEvery: optional(positiveCount),
  forgetWritersAfterMs: optional(positiveCount),
  historyBytesMax: optional(positiveCount),
  now: optional(callable),
});

const routersMax = 1000;
const writesMax = 100;

/** All that is kept of one router. */
interface Router {
  readonly folder: RouterFolder;
  readonly record: Slots;
  readonly deltas: DeltaFiles;
  readonly history: HistoryFiles;
}

/**
 * A store in files, for the processes of one machine: durable, and without a lock that a killed process could leave behind. What is
 * written is on the disk when the promise resolves. Not for network file systems. Throws ConfigError; calls reject with `store-failed`
 * when the system does, and with `state-unreadable` where a file is not what turnout wrote; such a file is never touched.
 */
export function fileStore(options: FileStoreOptions): FileStore {
  verify('fileStore', 'options', options, optionsCheck);
  const routerOf = routersOf(options);
  const hints = new Hints((tell) => watchRecords((key) => routerOf(key).folder, tell));
  return {
    read: (key, knownRevision) =>
      storeCall(`fileStore: read of '${key}'`, async () => {
        const { folder, record } = routerOf(key);
        hints.retry(key);
        if (!(await folder.exists())) return undefined;
        const stored = await record.withLatest(async (latest) => recordIn(latest));
        return stored !== undefined && stored.revision === knownRevision ? 'unchanged' : stored;
      }),
    compareAndSet: (key, expectedRevision, next) =>
      storeCall(`fileStore: compareAndSet of '${key}'`, async () => {
        const { folder, record } = routerOf(key);
        await folder.ensure();
        for (let write = 0; write < writesMax; write += 1) {
          const answer = await record.withLatest(async (latest) => {
            const current = recordIn(latest);
            if (current?.revision !== expectedRevision) return { ok: false, current } as const;
            return (await latest.follow(JSON.stringify(next))) ? ({ ok: true } as const) : undefined;
          });
          if (answer !== undefined) return answer;
        }
        throw new TurnoutError(
          'store-failed',
          `${folder.path}: other processes were faster ${writesMax} times in a row.`,
        );
      }),
    addEvidence: (key, replica, seq, delta) =>
      storeCall(`fileStore: addEvidence of '${key}'`, async () => {
        const { folder, deltas } = routerOf(key);
        await folder.ensure();
        return deltas.add(replica, seq, delta);
      }),
    readEvidence: (key, replica) =>
      storeCall(`fileStore: readEvidence of '${key}'`, async () => {
        const { folder, deltas } = routerOf(key);
        return (await folder.exists()) ? deltas.read(replica) : { evidence: emptyEvidence, lastSeq: 0 };
      }),
    subscribe: (key, onChange) => hints.listen(key, onChange),
    appendHistory: (key, entry) =>
      storeCall(`fileStore: appendHistory of '${key}'`, async () => {
        const { folder, history } = routerOf(key);
        await folder.ensure();
        await history.append(entry);
      }),
    history: (key) => storeCall(`fileStore: history of '${key}'`, () => routerOf(key).history.read()),
    close: () => Promise.resolve(hints.close()),
  };
}

/** Finds the parts of a router by its name. */
function routersOf(options: FileStoreOptions): (key: string) => Router {
  const { sumUpEvery = 256, forgetWritersAfterMs = 86_400_000, historyBytesMax = 4_000_000 } = options;
  const { directory, now = systemClock.now } = options;
  const routers = new Map<string, Router>();
  return (key) => {
    const known = routers.get(key);
    if (known !== undefined) return known;
    const folder = new RouterFolder(directory, key);
    const router: Router = {
      folder,
      record: new Slots(folder.part('record'), folder.part('unfinished')),
      deltas: new DeltaFiles(folder, { sumUpEvery, forgetWritersAfterMs, now }),
      history: new HistoryFiles(folder.part('history'), historyBytesMax),
    };
    const [oldest] = routers.keys();
    // It is only that its evidence is read from the start again.
    if (routers.size >= routersMax && oldest !== undefined) routers.delete(oldest);
    routers.set(key, router);
    return router;
  };
}

/** The record in a file; whether all of it is right, and of which format, is checked by those who use it. */
function recordIn({ slot, text: stored, path }: Latest): RolloutRecord | undefined {
  if (slot === 0 && stored === '') return undefined;
  const advice =
    ' Restore it from a backup, or move it away to go on from the file with the number before it, as the roll-out then was.';
  const json = parseStored(stored, path, advice);
  if (isObject(json) && Number.isSafeInteger(json['revision'])) return json as RolloutRecord;
  throw new TurnoutError('state-unreadable', `${path}: expected the record of a router. It is damaged.${advice}`);
}
