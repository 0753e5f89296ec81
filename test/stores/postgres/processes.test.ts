import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RolloutRecord } from '../../../src/runtime/control/store.js';
import { type PostgresStore, postgresStore } from '../../../src/stores/postgres.js';
import { exposedIn, recordOf } from './fixtures.js';
import { type PostgresServer, postgresMissing, startPostgres } from './server.js';

const isOwn = process.env['TURNOUT_POSTGRES_URL'] === undefined;
const missing = isOwn ? postgresMissing() : 'the server of TURNOUT_POSTGRES_URL is not ours to kill';
if (missing !== undefined) test.skip(missing, () => {});

interface Worker {
  readonly name: string;
  readonly child: ChildProcess;
  /** The last delta that the store has acknowledged. */
  acknowledged: number;
  won: number;
  readonly complaints: string[];
  readonly exited: Promise<unknown>;
}

const workers = 8;
const script = fileURLToPath(new URL('worker.ts', import.meta.url));

describe.skipIf(missing !== undefined)('eight processes on one PostgreSQL server', { timeout: 180_000 }, () => {
  let server: Required<PostgresServer>;
  let pool: Pool;
  let running: readonly Worker[] = [];
  let total = 0;
  let onProgress = () => {};

  beforeAll(async () => {
    server = await startPostgres();
    pool = new Pool({ connectionString: server.url, max: 2 });
    pool.on('error', () => {});
  }, 60_000);
  afterAll(async () => {
    for (const { child } of running) child.kill('SIGKILL');
    await pool.end();
    await server.remove();
  });

  async function startAll(prefix: string, deltas: number, wins: number): Promise<PostgresStore> {
    const store = postgresStore({ client: pool, prefix });
    await store.migrate();
    await store.compareAndSet('ranker', undefined, recordOf(1, {}));
    total = 0;
    const ready: Promise<unknown>[] = [];
    running = Array.from({ length: workers }, (_, index): Worker => {
      const name = `w${index}`;
      const args = ['--import', 'tsx', script, server.url, prefix, name, String(deltas), String(wins)];
      const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      const worker: Worker = { name, child, acknowledged: 0, won: 0, complaints: [], exited: once(child, 'close') };
      ready.push(
        new Promise((resolve) => {
          createInterface(child.stdout).on('line', (line) => {
            if (line === 'ready') resolve(line);
            else if (line === 'won') worker.won += 1;
            else if (line.startsWith('acknowledged')) worker.acknowledged = Number(line.split(' ')[1]);
            else if (line !== 'done') worker.complaints.push(line);
            total += 1;
            onProgress();
          });
        }),
      );
      return worker;
    });
    await Promise.all(ready);
    for (const { child } of running) child.stdin?.write('go\n');
    return store;
  }

  const reached = (lines: number) =>
    new Promise<void>((resolve) => {
      onProgress = () => total >= lines && resolve();
      onProgress();
    });

  const seqsIn = async (prefix: string) => {
    const { rows } = await pool.query(`SELECT replica, seq::int FROM "${prefix}writer" WHERE router = 'ranker'`);
    return Object.fromEntries(rows.map(({ replica, seq }) => [replica, seq])) as Record<string, number>;
  };

  test('each win once per revision, and count every delta once', async () => {
    const [deltas, wins] = [45, 20];
    const store = await startAll('race_', deltas, wins);
    await Promise.all(running.map(({ exited }) => exited));
    expect(running.map(({ complaints }) => complaints)).toEqual(running.map(() => []));
    const { revision, state } = (await store.read('ranker')) as RolloutRecord;
    expect(revision).toBe(1 + workers * wins);
    expect(state).toEqual(Object.fromEntries(running.map(({ name }) => [name, wins])));
    const { evidence, lastSeq } = await store.readEvidence('ranker', 'w0');
    expect(exposedIn(evidence)).toBe(workers * deltas * 10);
    expect(lastSeq).toBe(deltas);
  });

  test('lose and double nothing when they are killed in the middle of it', async () => {
    const store = await startAll('killed_', 100_000, 100_000);
    for (const [index, { child, exited }] of running.entries()) {
      await reached(100 * (index + 1));
      child.kill('SIGKILL');
      await exited;
    }
    // What they had sent, the server may still be at.
    const busy =
      "SELECT 1 FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state <> 'idle' AND backend_type = 'client backend'";
    while ((await pool.query(busy)).rows.length > 0);
    const seqs = await seqsIn('killed_');
    for (const { name, acknowledged } of running) {
      expect(acknowledged).toBeGreaterThan(0);
      // One delta of each may have been under way.
      expect([acknowledged, acknowledged + 1]).toContain(seqs[name]);
    }
    const { evidence } = await store.readEvidence('ranker', 'nobody');
    expect(exposedIn(evidence)).toBe(10 * Object.values(seqs).reduce((sum, seq) => sum + seq, 0));
    const { revision, state } = (await store.read('ranker')) as RolloutRecord;
    const counts = state as { readonly [name: string]: number };
    expect(revision).toBe(1 + Object.values(counts).reduce((sum, count) => sum + count, 0));
    for (const { name, won } of running) expect([won, won + 1]).toContain(counts[name]);
  });

  test('go on where they were when the server is killed and comes back', async () => {
    const [deltas, wins] = [60, 15];
    const store = await startAll('restart_', deltas, wins);
    for (const lines of [100, 300]) {
      await reached(lines);
      await server.kill();
      await server.start();
    }
    await Promise.all(running.map(({ exited }) => exited));
    expect(running.map(({ complaints }) => complaints)).toEqual(running.map(() => []));
    const { evidence } = await store.readEvidence('ranker', 'w0');
    expect(exposedIn(evidence)).toBe(workers * deltas * 10);
    expect(await seqsIn('restart_')).toEqual(Object.fromEntries(running.map(({ name }) => [name, deltas])));
    const { revision, state } = (await store.read('ranker')) as RolloutRecord;
    const counts = state as { readonly [name: string]: number };
    expect(revision).toBe(1 + Object.values(counts).reduce((sum, count) => sum + count, 0));
    // A write that was not answered may have counted.
    for (const { name } of running) expect(counts[name]).toBeGreaterThanOrEqual(wins);
  });
});
