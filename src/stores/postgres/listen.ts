import {
  type PgConnection,
  type PgNotification,
  type PgPool,
  type PostgresClient,
  type Query,
  queryOf,
} from './client.js';

/** The channel of `NOTIFY`, one for all stores of a database: what changed is in the payload. */
export const channel = 'turnout';

/** What a listening connection tells. */
export interface Listener {
  onPayload(payload: string): void;
  /** It was broken and listens again: what changed in between is not known. */
  onAgain(): void;
  /** It is gone, and will not come back by itself. */
  onLost(): void;
}

/** Stops listening. */
export type Stop = () => Promise<unknown>;

/** Begins to listen, on a connection of its own where the client has several; `query` is the way to the client's only one. */
export async function listenWith(client: PostgresClient, query: Query, listener: Listener): Promise<Stop> {
  if ('unsafe' in client) {
    // This client connects again by itself, and says so by the same call as at first.
    let begun = false;
    const request = await client.listen(channel, listener.onPayload, () => {
      if (begun) listener.onAgain();
      begun = true;
    });
    return async () => request.unlisten();
  }
  if ('listen' in client) {
    const unlisten = await client.listen(channel, listener.onPayload);
    return async () => unlisten();
  }
  return 'totalCount' in client ? listenOnPool(client, listener) : listenOn(client, query, listener);
}

/** A pool of one would have no connection left to work with. */
export function canListen(client: PostgresClient): boolean {
  return !('totalCount' in client && client.options?.max === 1);
}

async function listenOnPool(pool: PgPool, listener: Listener): Promise<Stop> {
  const connection = await pool.connect();
  let isLent = true;
  // Closed, not given back: nobody else should get a connection that listens.
  const giveUp = () => {
    if (isLent) connection.release?.(true);
    isLent = false;
  };
  const onLost = () => {
    giveUp();
    listener.onLost();
  };
  try {
    await listenOn(connection, queryOf(connection), { ...listener, onLost });
  } catch (error) {
    giveUp();
    throw error;
  }
  return async () => giveUp();
}

async function listenOn(connection: PgConnection, query: Query, { onPayload, onLost }: Listener): Promise<Stop> {
  const onMessage = (message: PgNotification) => {
    if (message.channel === channel) onPayload(message.payload ?? '');
  };
  connection.on('notification', onMessage);
  // An `error` that nobody listens to would end the process. So these two stay when the connection is closed behind us.
  connection.on('error', onLost);
  connection.on('end', onLost);
  await query(`LISTEN ${channel}`, []);
  return async () => {
    // Without its types, `removeListener` of an emitter takes a listener of no arguments.
    for (const [event, own] of [
      ['notification', onMessage as () => void],
      ['error', onLost],
      ['end', onLost],
    ] as const)
      connection.removeListener(event, own);
    await query(`UNLISTEN ${channel}`, []);
  };
}
