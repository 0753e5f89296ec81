import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** A program of this folder, bundled once, and the processes that run it. */
export class Program {
  readonly #folder = mkdtempSync(join(tmpdir(), 'turnout-rolling-'));
  readonly #file = join(this.#folder, 'program.mjs');
  readonly #source: string;
  readonly #children = new Set<ChildProcess>();

  constructor(source: string) {
    this.#source = source;
  }

  async prepare(): Promise<void> {
    await build({
      entryPoints: [fileURLToPath(new URL(this.#source, import.meta.url))],
      outfile: this.#file,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      logLevel: 'error',
    });
  }

  /** Starts a process and waits for its first message, which tells its port. */
  async start(args: readonly string[], onMessage?: (child: ChildProcess, message: unknown) => void) {
    // Advanced, since JSON would make null of what is undefined.
    const child = fork(this.#file, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced' });
    this.#children.add(child);
    const listening = new Promise<number>((resolve) => {
      child.on('message', (message: unknown) => {
        if (typeof message === 'object' && message !== null && 'port' in message) resolve(Number(message.port));
        else onMessage?.(child, message);
      });
    });
    const exited = once(child, 'exit').then(() =>
      Promise.reject(new Error(`${this.#source} ended before it listened`)),
    );
    exited.catch(() => {});
    return { child, port: await Promise.race([listening, exited]) };
  }

  /** As `kill -9` does. */
  async kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async remove(): Promise<void> {
    await Promise.all([...this.#children].map((child) => this.kill(child)));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Looks again and again, until something holds; for what another process does in its own time. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what}: not so after ${limitMs} ms`);
    await wait(10);
  }
}

/** Requests that never pause: so many at a time, of so many users. */
export class Load {
  readonly failures: string[] = [];
  answered = 0;
  #isOver = false;
  readonly #workers: Promise<void>[];

  constructor(request: (user: string) => Promise<void>, { workers = 8, users = 60 } = {}) {
    this.#workers = Array.from({ length: workers }, async (_, worker) => {
      for (let index = worker; !this.#isOver; index += 1) {
        try {
          await request(`user-${index % users}`);
          this.answered += 1;
        } catch (error) {
          this.failures.push(String(error));
        }
      }
    });
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#workers);
  }
}
