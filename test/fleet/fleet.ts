import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type RedisServer, startRedis } from '../stores/redis-server.js';
import type { LogLine, Order, OrderAnswer, WorkerOrder } from './fleet-log.js';
import { Network } from './network.js';

export const tickEveryMs = 800;
const limitMs = 60_000;

/** Monotonic, in ms, and the same for all processes of the machine. */
export const time = () => Number(process.hrtime.bigint() / 1000n) / 1000;

/** Waits for a condition, and says which one when it does not come. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`after ${limitMs} ms still not: ${what}`);
    await wait(5);
  }
}

/** One run of one process. A worker that was killed is started again as another one, with a log of its own. */
class Run {
  readonly worker: number;
  readonly log: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #answers = new Map<number, (answer: OrderAnswer) => void>();
  #asked = 0;
  #read = 0;
  #text = '';
  readonly #lines: LogLine[] = [];
  wasKilled = false;

  constructor(program: string, order: WorkerOrder) {
    this.worker = order.worker;
    this.log = order.log;
    this.#child = fork(program, [JSON.stringify(order)]);
    this.#exited = once(this.#child, 'exit');
    this.#child.on('message', (answer: OrderAnswer & { readonly id: number }) => {
      this.#answers.get(answer.id)?.(answer);
      this.#answers.delete(answer.id);
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  ask(order: Order | 'close'): Promise<OrderAnswer> {
    this.#asked += 1;
    const id = this.#asked;
    const answer = new Promise<OrderAnswer>((resolve) => this.#answers.set(id, resolve));
    this.#child.send({ id, order });
    return answer;
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    this.wasKilled = true;
    if (this.isRunning) this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async close(): Promise<void> {
    await this.ask('close');
    await this.#exited;
  }

  /** What it noted so far. A line that is being written is not one yet. */
  get lines(): readonly LogLine[] {
    if (!existsSync(this.log)) return [];
    const all = readFileSync(this.log, 'utf8');
    const whole = all.lastIndexOf('\n') + 1;
    this.#text = all.slice(this.#read, whole);
    this.#read = Math.max(this.#read, whole);
    for (const line of this.#text.split('\n')) if (line !== '') this.#lines.push(JSON.parse(line) as LogLine);
    return this.#lines;
  }
}

export type { Run };

/** Routers in processes of their own that meet on one Redis, each over a network of its own. */
export class Fleet {
  readonly server: RedisServer;
  readonly networks: readonly Network[];
  /** All runs there ever were. */
  readonly runs: Run[] = [];
  readonly #folder: string;
  readonly #program: string;

  private constructor(server: RedisServer, networks: readonly Network[], folder: string) {
    this.server = server;
    this.networks = networks;
    this.#folder = folder;
    this.#program = join(folder, 'worker.mjs');
  }

  static async start(size: number, server: { readonly disk: boolean }): Promise<Fleet> {
    const redis = await startRedis(server);
    const networks = await Promise.all(Array.from({ length: size }, () => Network.to(redis.port)));
    const fleet = new Fleet(redis, networks, mkdtempSync(join(tmpdir(), 'turnout-fleet-')));
    await build({
      entryPoints: [fileURLToPath(new URL('fleet-worker.ts', import.meta.url))],
      outfile: fleet.#program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      logLevel: 'error',
    });
    for (const worker of networks.keys()) fleet.run(worker);
    await fleet.inStep();
    return fleet;
  }

  get size(): number {
    return this.networks.length;
  }

  /** The running process of each worker. */
  get live(): readonly Run[] {
    return this.runs.filter(({ isRunning }) => isRunning);
  }

  /** The run of a worker that is now. */
  now(worker: number): Run {
    return this.runs.findLast((run) => run.worker === worker) as Run;
  }

  run(worker: number): void {
    const log = join(this.#folder, `run ${this.runs.length}.log`);
    const port = this.networks[worker]?.port ?? 0;
    this.runs.push(new Run(this.#program, { worker, port, log, tickEveryMs }));
  }

  /** When this run has counted, or noted, so much more than it has now. */
  async goesOn(run: Run, lines: number): Promise<void> {
    const before = run.lines.length;
    await until(`worker ${run.worker} goes on`, () => run.lines.length >= before + lines || !run.isRunning);
  }

  /** The network and the server are well again, every worker runs, and no replica spares the store any more. */
  async heal(): Promise<void> {
    for (const network of this.networks) network.become('flowing');
    for (const worker of this.networks.keys()) if (!this.now(worker).isRunning) this.run(worker);
    await until('all replicas reach the store', async () => {
      const answers = await Promise.all(this.live.map((run) => run.ask('tick')));
      return answers.every(({ stale }) => !stale);
    });
    await this.inStep();
  }

  /** When all have read the store lately, know the same record, and serve by it. */
  async inStep(): Promise<void> {
    await until('all replicas are in step', async () => {
      const answers = await Promise.all(this.live.map((run) => run.ask('status')));
      const [first] = answers;
      return answers.every(
        ({ stale, revision, unstored, share }) =>
          !stale && unstored === 0 && revision > 0 && revision === first?.revision && share === first.share,
      );
    });
  }

  /** Ends every process as it should end: what it counted is in the store then. */
  async close(): Promise<void> {
    await Promise.all(this.live.map((run) => run.close()));
  }

  async remove(): Promise<void> {
    await Promise.all(this.live.map((run) => run.kill()));
    await Promise.all(this.networks.map((network) => network.close()));
    await this.server.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
