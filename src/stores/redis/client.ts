import { messageOf, TurnoutError } from '../../core/errors.js';
import { show } from '../../core/options.js';

/** What is used of `ioredis` 5 or 6, a `Redis` or a `Cluster`. */
export interface IoredisClient {
  evalsha(sha: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
  duplicate?(): IoredisSubscriber;
}

/** What is used of a connection of `ioredis` that listens. */
export interface IoredisSubscriber {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: 'message', listener: (channel: string) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  disconnect(): void;
}

/** What is used of `redis` (node-redis) 5 or 6, made by `createClient`, `createCluster` or `createSentinel`, and connected. */
export interface NodeRedisClient {
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  duplicate?(): NodeRedisSubscriber;
}

/** What is used of a connection of `redis` that listens. */
export interface NodeRedisSubscriber {
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: () => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  destroy(): void;
}

/** A client that you made, with the address, password and timeouts that you chose. */
export type RedisClient = IoredisClient | NodeRedisClient;
/** A second connection, since one that listens can do nothing else. */
export type RedisSubscriber = IoredisSubscriber | NodeRedisSubscriber;

/** Runs a script; what it answers is a list of texts, which is the same in every client and protocol version. */
export type RunScript = (
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<readonly string[]>;

const shas = new Map<string, Promise<string>>();

function shaOf(script: string): Promise<string> {
  let sha = shas.get(script);
  if (sha === undefined) shas.set(script, (sha = sha1(script)));
  return sha;
}

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Runs scripts by their digest, and in full where the server does not know them (it forgets them when it restarts). */
export function scriptsOf(client: RedisClient): RunScript {
  return async (script, keys, args) => {
    const texts = args.map(String);
    const sha = await shaOf(script);
    try {
      return textsOf(await call(client, 'digest', sha, keys, texts));
    } catch (error) {
      // Not run at all, so it is safe to run now. Everything else may have taken effect.
      if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
    }
    return textsOf(await call(client, 'text', script, keys, texts));
  };
}

function call(
  client: RedisClient,
  by: 'digest' | 'text',
  script: string,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  if ('evalSha' in client) {
    const options = { keys: [...keys], arguments: [...args] };
    return by === 'digest' ? client.evalSha(script, options) : client.eval(script, options);
  }
  return by === 'digest'
    ? client.evalsha(script, keys.length, ...keys, ...args)
    : client.eval(script, keys.length, ...keys, ...args);
}

function textsOf(answer: unknown): readonly string[] {
  if (!Array.isArray(answer)) {
    throw new TurnoutError('store-failed', `Redis: expected a list as the answer of a script (was ${show(answer)}).`);
  }
  // A client that was told to give buffers gives them here, too.
  return answer.map(String);
}
