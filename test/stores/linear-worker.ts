import { openSync, writeSync } from 'node:fs';
import { emptyCell } from '../../src/evidence/cell.js';
import { emptyEvidence, type Evidence } from '../../src/evidence/evidence.js';
import type { RolloutRecord, StateStore } from '../../src/runtime/control/store.js';
import { fileStore } from '../../src/stores/file.js';
import { redisStore } from '../../src/stores/redis.js';
import { recordOf } from './linear-records.js';
import { type ClientName, redisClients } from './redis-clients.js';

// A process of its own that reads, writes and counts on a shared store, and notes each call before and after it in a file of its own, so
// that nothing of it is lost when the process is killed.

/** What a worker is told, as JSON in its first argument. */
export interface WorkerOrder {
  readonly worker: number;
  readonly store: { readonly directory: string } | { readonly client: ClientName; readonly port: number };
  readonly rounds: number;
  readonly sumUpEvery: number;
  readonly log: string;
}

/** A line of its log: before a call without `end`, after it with all. `seen` is what it was told. */
export interface LogLine {
  readonly call: number;
  readonly kind: 'read' | 'write' | 'add';
  readonly start: number;
  readonly end?: number;
  readonly expected?: number;
  readonly token?: string;
  readonly seen?: string;
  readonly ok?: boolean;
}

const order = JSON.parse(process.argv[2] as string) as WorkerOrder;
const log = openSync(order.log, 'w');
const note = (line: LogLine) => writeSync(log, `${JSON.stringify(line)}\n`);
// Monotonic, and the same for all processes of the machine.
const time = () => Number(process.hrtime.bigint()) / 1e3;

/** One exposure of this worker's own arm, and half a unit of money: sums that are exact in any order. */
const delta: Evidence = {
  ...emptyEvidence,
  strata: [
    {
      node: 'shared',
      epoch: 1,
      from: 0,
      to: 3_600_000,
      salt: 'shared',
      shares: {},
      cells: {
        [`worker ${order.worker}`]: {
          ...emptyCell,
          exposed: 1,
          metrics: { revenue: { n: 1, sum: 0.5, sumSq: 0.25, late: 0 } },
        },
      },
    },
  ],
};

async function openStore(): Promise<{ store: StateStore; end(): void }> {
  const { store, sumUpEvery } = order;
  if ('directory' in store) return { store: fileStore({ directory: store.directory, sumUpEvery }), end: () => {} };
  const { client, end } = await redisClients[store.client](store.port);
  return { store: redisStore({ client, sumUpEvery }), end };
}

let calls = 0;
let names = 0;
let seq = 0;

/** The record, or what there was instead of an answer. */
async function read(store: StateStore): Promise<RolloutRecord | undefined | 'unknown'> {
  const call = (calls += 1);
  const start = time();
  try {
    const record = (await store.read('shared')) as RolloutRecord | undefined;
    note({ call, kind: 'read', start, end: time(), seen: tokenIn(record) });
    return record;
  } catch {
    return 'unknown';
  }
}

const tokenIn = (record: RolloutRecord | undefined) => (record === undefined ? 'none' : String(record.state));

async function write(store: StateStore, expected: number): Promise<void> {
  const call = (calls += 1);
  const token = `${order.worker}.${call}`;
  const start = time();
  note({ call, kind: 'write', start, expected, token });
  try {
    const before = expected === 0 ? undefined : expected;
    const answer = await store.compareAndSet('shared', before, recordOf(expected + 1, token));
    const seen = answer.ok ? token : tokenIn(answer.current);
    note({ call, kind: 'write', start, end: time(), expected, token, ok: answer.ok, seen });
  } catch {
    // Not answered: the first note says all that is known.
  }
}

async function add(store: StateStore): Promise<void> {
  const call = (calls += 1);
  seq += 1;
  const start = time();
  note({ call, kind: 'add', start });
  for (;;) {
    try {
      const answer = await store.addEvidence('shared', `writer ${order.worker}.${names}`, seq, delta);
      if (answer !== 'refused') return void note({ call, kind: 'add', start, end: time(), ok: true });
      // Forgotten, as by a server that lost its memory: what was under way is lost, and a new name starts anew.
      names += 1;
      seq = 0;
      return;
    } catch {
      // Sent again, with the same seq.
    }
  }
}

const { store, end } = await openStore();
for (let round = 0; round < order.rounds; round += 1) {
  const record = await read(store);
  if (record !== 'unknown') await write(store, record?.revision ?? 0);
  await add(store);
  if (round % 5 === 0) await store.readEvidence('shared', `writer ${order.worker}.${names}`).catch(() => {});
}
await store.close?.();
end();
