import { Redis as Redis6 } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import { createClient as createClient6 } from 'redis';
import { createClient as createClient5 } from 'redis5';
import type { RedisClient } from '../../src/stores/redis.js';

/** A client of a user, connected, and the way to end it. */
export interface OpenClient {
  readonly client: RedisClient;
  end(): void;
}

export type ClientName = 'ioredis 6' | 'ioredis 5' | 'redis 6' | 'redis 5';

const ignore = () => {};
// What was under way when the connection broke is not sent again behind the store's back. ioredis then never answers it, hence the limit.
const ioredisOptions = { retryStrategy: () => 50, autoResendUnfulfilledCommands: false, commandTimeout: 1000 };

/** How a user makes each of the clients that the store takes. Their types must fit as they are: there is no cast here. */
export const redisClients: Readonly<Record<ClientName, (port: number) => Promise<OpenClient>>> = {
  'ioredis 6': async (port) => {
    const client = new Redis6({ port, ...ioredisOptions });
    client.on('error', ignore);
    return { client, end: () => client.disconnect() };
  },
  'ioredis 5': async (port) => {
    const client = new Redis5({ port, ...ioredisOptions });
    client.on('error', ignore);
    return { client, end: () => client.disconnect() };
  },
  'redis 6': async (port) => {
    const client = createClient6({ socket: { port, reconnectStrategy: () => 50 } });
    client.on('error', ignore);
    await client.connect();
    return { client, end: () => client.destroy() };
  },
  'redis 5': async (port) => {
    const client = createClient5({ socket: { port, reconnectStrategy: () => 50 } });
    client.on('error', ignore);
    await client.connect();
    return { client, end: () => client.destroy() };
  },
};

export const clientNames = Object.keys(redisClients) as readonly ClientName[];
