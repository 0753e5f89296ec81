// A process of a fleet: does its share of work on the store, and says each thing that the store has acknowledged, as a line of its own.
import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'pg';
import type { RolloutRecord } from '../../../src/runtime/control/store.js';
import { postgresStore } from '../../../src/stores/postgres.js';
import { deltaOf, recordOf } from './fixtures.js';

const [connectionString = '', prefix = '', name = '', deltas = '0', wins = '0'] = process.argv.slice(2);
const pool = new Pool({ connectionString, max: 2 });
pool.on('error', () => {});
const store = postgresStore({ client: pool, prefix, sumUpEvery: 16 });
const say = (line: string) => process.stdout.write(`${line}\n`);

/** As the control loop does: what was not answered is sent again unchanged, until it is. */
async function untilAnswered<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await wait(10);
    }
  }
}

async function addAll(): Promise<void> {
  for (let seq = 1; seq <= Number(deltas); seq += 1) {
    const send = () => untilAnswered(() => store.addEvidence('ranker', name, seq, deltaOf(10)));
    // Every third is sent twice at once.
    const answers = await Promise.all(seq % 3 === 0 ? [send(), send()] : [send()]);
    if (answers.includes('refused')) say(`refused ${seq}`);
    say(`acknowledged ${seq}`);
    if (seq % 5 === 0) await untilAnswered(() => store.readEvidence('ranker', name));
  }
}

async function winAll(): Promise<void> {
  for (let won = 0; won < Number(wins); ) {
    const record = (await untilAnswered(() => store.read('ranker'))) as RolloutRecord;
    const state = record.state as { readonly [name: string]: number };
    const next = recordOf(record.revision + 1, { ...state, [name]: (state[name] ?? 0) + 1 });
    try {
      const written = await store.compareAndSet('ranker', record.revision, next);
      if (!written.ok && written.current?.revision === record.revision) say('stale');
      if (!written.ok) continue;
      won += 1;
      say('won');
    } catch {
      // Nobody knows: the next reading tells.
      await wait(10);
    }
  }
}

say('ready');
await new Promise((resolve) => process.stdin.once('data', resolve));
await Promise.all([addAll(), winAll()]);
say('done');
await pool.end();
process.stdin.destroy();
