import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** The program that is tested against: `REDIS_SERVER=valkey-server` takes another. */
export const redisProgram = process.env['REDIS_SERVER'] ?? 'redis-server';

/** Why there is no Redis here, or undefined if there is one. In CI there has to be one. */
export function redisMissing(program = redisProgram, isCI = Boolean(process.env['CI'])): string | undefined {
  if (spawnSync(program, ['--version']).status === 0) return undefined;
  const message = `no ${program} on this machine, so everything that needs a Redis server is left out`;
  if (isCI) throw new Error(`CI: ${message}. Install the package redis-server.`);
  console.warn(message);
  return message;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

export interface RedisServer {
  readonly port: number;
  /** As `kill -9` does: nothing is flushed, nobody is told. */
  kill(): Promise<void>;
  /** On the same port and folder. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

/** A server of our own, on a free port of this machine, with a folder of its own. `disk`: every write is on the disk when it is answered. */
export async function startRedis({ disk = false, args = [] as readonly string[] } = {}): Promise<RedisServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'turnout-redis-'));
  const durable = disk ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  let running: ChildProcess | undefined;
  const kill = async () => {
    const child = running;
    running = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const start = async () => {
    running = spawn(redisProgram, [...where, ...durable, ...args], { stdio: 'ignore' });
    running.unref();
    await answers(port);
  };
  await start();
  return {
    port,
    kill,
    start,
    remove: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until the server says PONG. */
async function answers(port: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (await pong(port)) return;
    await wait(20);
  }
  throw new Error(`${redisProgram} on port ${port} did not answer for 10 s`);
}

async function pong(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString().startsWith('+PONG');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
