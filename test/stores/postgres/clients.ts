import { Client, Pool } from 'pg';
import postgres from 'postgres';
import type { PostgresClient } from '../../../src/stores/postgres.js';

/** A client and its end. Every client goes into the store as it is, which the compiler holds, too. */
export interface OpenClient {
  readonly client: PostgresClient;
  end(): Promise<void>;
}

const ignore = (): void => {};

/** The clients that the store is for, each opened at an address with so many connections. */
export const clients = {
  'a pool of pg': (connectionString: string, max: number): Promise<OpenClient> => {
    const client = new Pool({ connectionString, max });
    client.on('error', ignore);
    return Promise.resolve({ client, end: () => client.end() });
  },
  'one connection of pg': async (connectionString: string): Promise<OpenClient> => {
    const client = new Client({ connectionString });
    client.on('error', ignore);
    await client.connect();
    return { client, end: () => client.end() };
  },
  postgres: (url: string, max: number): Promise<OpenClient> => {
    const client = postgres(url, { max });
    return Promise.resolve({ client, end: () => client.end({ timeout: 1 }) });
  },
};

export type ClientName = keyof typeof clients;
export const clientNames = Object.keys(clients) as readonly ClientName[];
