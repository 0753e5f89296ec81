import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '../redis-server.js';

const installed = '/usr/lib/postgresql';

/** The folder of the server's programs of the newest version that is installed, where distributions of Linux put them. */
function programs(): string | undefined {
  const versions = existsSync(installed) ? readdirSync(installed) : [];
  return versions
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(installed, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'postgres')) && existsSync(join(folder, 'initdb')));
}

/** Why there is no PostgreSQL server here, or undefined if there is one. In CI there has to be one. */
export function postgresMissing(): string | undefined {
  if (process.env['TURNOUT_POSTGRES_URL'] !== undefined || programs() !== undefined) return undefined;
  const message = `no TURNOUT_POSTGRES_URL and nothing in ${installed}/*/bin`;
  if (process.env['CI']) throw new Error(`CI: ${message}. Install the package postgresql.`);
  return `${message}, so everything that needs a PostgreSQL server is left out`;
}

export interface PostgresServer {
  readonly url: string;
  /** Only of a server of our own. As `kill -9` does: nothing is flushed, nobody is told. */
  kill?(): Promise<void>;
  /** On the same port and folder. */
  start?(): Promise<void>;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

/** The server of `TURNOUT_POSTGRES_URL`, or one of our own: on a free port of this machine, with a folder of its own. */
export async function postgresServer(): Promise<PostgresServer> {
  const url = process.env['TURNOUT_POSTGRES_URL'];
  return url === undefined ? startPostgres() : { url, remove: () => Promise.resolve() };
}

/** A server refuses to run as root, so root runs it as somebody else. */
function somebody(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const name = spawnSync('id', ['postgres']).status === 0 ? 'postgres' : 'nobody';
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export async function startPostgres(): Promise<Required<PostgresServer>> {
  const bin = programs() as string;
  const user = somebody();
  const folder = mkdtempSync(join(tmpdir(), 'turnout-postgres-'));
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const setUp = ['-D', data, '-U', 'turnout', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C'];
  execFileSync(join(bin, 'initdb'), setUp, { stdio: 'ignore', cwd: folder, ...user });
  const port = await freePort();
  const url = `postgres://turnout@127.0.0.1:${port}/postgres`;
  const args = ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1'];
  let running: ChildProcess | undefined;
  const kill = async () => {
    const child = running;
    running = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const start = async () => {
    for (let attempt = 0; attempt < 500; attempt += 1) {
      // After a kill, it refuses to start until the last process of its predecessor is gone.
      if (running === undefined || running.exitCode !== null) {
        running = spawn(join(bin, 'postgres'), args, { stdio: 'ignore', cwd: folder, ...user });
        running.unref();
      }
      if (await answers(url)) return;
      await wait(20);
    }
    throw new Error(`PostgreSQL on port ${port} did not answer for 10 s`);
  };
  await start();
  const remove = async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  return { url, kill, start, remove };
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
