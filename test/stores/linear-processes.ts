import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { build } from 'esbuild';
import type { Evidence } from '../../src/evidence/evidence.js';
import { isLinearizable, type Operation } from './linear.js';
import type { LogLine, WorkerOrder } from './linear-worker.js';

/** Real processes that work on one store, and what they noted. */
export class Workers {
  readonly folder = mkdtempSync(join(tmpdir(), 'turnout-workers-'));
  readonly #program = join(this.folder, 'worker.mjs');
  readonly #running: { readonly child: ChildProcess; readonly exited: Promise<unknown>; readonly log: string }[] = [];

  /** Bundles the worker, so that each starts at once. */
  async prepare(): Promise<void> {
    await build({
      entryPoints: [fileURLToPath(new URL('linear-worker.ts', import.meta.url))],
      outfile: this.#program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      logLevel: 'error',
    });
  }

  start(orders: readonly Omit<WorkerOrder, 'log' | 'worker'>[]): void {
    for (const order of orders) {
      const worker = this.#running.length;
      const log = join(this.folder, `worker ${worker}.log`);
      const argument = JSON.stringify({ ...order, worker, log } satisfies WorkerOrder);
      const child = spawn(process.execPath, [this.#program, argument], { stdio: ['ignore', 'ignore', 'inherit'] });
      this.#running.push({ child, exited: once(child, 'exit'), log });
    }
  }

  /** When this worker has noted so many lines. */
  async reaches(worker: number, lines: number): Promise<void> {
    while (this.#linesOf(worker).length < lines && this.#running[worker]?.child.exitCode === null) await wait(1);
  }

  /** As `kill -9` does. */
  async kill(worker: number): Promise<void> {
    const running = this.#running[worker];
    if (running?.child.kill('SIGKILL')) await running.exited;
  }

  /** When all have ended. */
  async done(): Promise<void> {
    await Promise.all(this.#running.map(({ exited }) => exited));
  }

  async remove(): Promise<void> {
    for (const worker of this.#running.keys())
      if (this.#running[worker]?.child.exitCode === null) await this.kill(worker);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** How each process ended: 0 when it did all its rounds. */
  get exitCodes(): readonly (number | null)[] {
    return this.#running.map(({ child }) => child.exitCode);
  }

  get lines(): readonly (readonly LogLine[])[] {
    return this.#running.map((_, worker) => this.#linesOf(worker));
  }

  #linesOf(worker: number): readonly LogLine[] {
    const log = this.#running[worker]?.log ?? '';
    if (!existsSync(log)) return [];
    // A line that is being written is not one yet.
    const whole = readFileSync(log, 'utf8').split('\n').slice(0, -1);
    return whole.map((line) => JSON.parse(line) as LogLine);
  }
}

/** The record as the checker knows it: its revision and who wrote it. */
interface Shared {
  readonly revision: number;
  readonly token: string;
}

const nothing: Shared = { revision: 0, token: 'none' };

/** Reads and writes of the record in these logs, with those that were never answered. */
function operationsIn(logs: readonly (readonly LogLine[])[]): readonly Operation<Shared>[] {
  return logs.flatMap((lines) => {
    const calls = new Map<number, LogLine>();
    // The line after the call takes the place of the one before it.
    for (const line of lines) if (line.kind !== 'add') calls.set(line.call, line);
    return [...calls.values()].map(operationOf);
  });
}

function operationOf({ kind, start, end, expected = 0, token = '', seen, ok }: LogLine): Operation<Shared> {
  if (kind === 'read') return { start, end, step: (state) => (state.token === seen ? { state } : undefined) };
  const written = { revision: expected + 1, token };
  if (ok === false) {
    return {
      start,
      end,
      step: (state) => (state.revision !== expected && state.token === seen ? { state } : undefined),
    };
  }
  return { start, end, step: (state) => (state.revision === expected ? { state: written } : undefined) };
}

/** Whether what the processes were told of the record is what one process could have seen. */
export const recordIsLinearizable = (logs: readonly (readonly LogLine[])[]): boolean =>
  isLinearizable(operationsIn(logs), nothing);

/** How many writes were never answered. */
export function operationsWithoutAnswer(logs: readonly (readonly LogLine[])[]): number {
  return operationsIn(logs).filter(({ end }) => end === undefined).length;
}

/** The revisions whose write was acknowledged, ascending. */
export function revisionsWritten(logs: readonly (readonly LogLine[])[]): readonly number[] {
  const won = logs.flat().filter(({ kind, ok }) => kind === 'write' && ok === true);
  return won.map(({ expected = 0 }) => expected + 1).sort((a, b) => a - b);
}

/** Of each worker: the deltas that were acknowledged to it, that it sent, and that are in the evidence. */
export function deltasOf(logs: readonly (readonly LogLine[])[], evidence: Evidence) {
  return logs.map((lines, worker) => {
    const adds = lines.filter(({ kind }) => kind === 'add');
    const cells = evidence.strata.map(({ cells }) => cells[`worker ${worker}`]).filter((cell) => cell !== undefined);
    return {
      acknowledged: adds.filter(({ end }) => end !== undefined).length,
      sent: adds.filter(({ end }) => end === undefined).length,
      stored: cells.reduce((sum, { exposed }) => sum + exposed, 0),
      money: cells.reduce((sum, { metrics }) => sum + (metrics['revenue']?.sum ?? 0), 0),
    };
  });
}
