/** A message of `NOTIFY`, as `pg` hands it on. */
export interface PgNotification {
  readonly channel: string;
  readonly payload?: string | undefined;
}

/** One connection: a connected `Client` of `pg`, or one that its pool has lent. */
export interface PgConnection {
  query(text: string, values?: string[]): PromiseLike<{ readonly rows: readonly object[] }>;
  on(event: 'notification', listener: (message: PgNotification) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  removeListener(event: string, listener: () => void): unknown;
  /** Only of a connection that was lent: true closes it instead of giving it back. */
  release?(destroy?: boolean): void;
}

/** A `Pool` of `pg`. */
export interface PgPool {
  query(text: string, values?: string[]): PromiseLike<{ readonly rows: readonly object[] }>;
  connect(): PromiseLike<PgConnection>;
  readonly totalCount: number;
  readonly options?: { readonly max?: number };
}

/** What `postgres()` returns. */
export interface PostgresJs {
  unsafe(text: string, values?: string[], options?: { prepare?: boolean }): PromiseLike<readonly object[]>;
  listen(
    channel: string,
    onPayload: (payload: string) => void,
    onListening?: () => void,
  ): PromiseLike<{ unlisten(): PromiseLike<void> }>;
}

/** A `PGlite` database. */
export interface PGliteDatabase {
  query(text: string, values?: string[]): PromiseLike<{ readonly rows: readonly object[] }>;
  listen(channel: string, onPayload: (payload: string) => void): PromiseLike<() => PromiseLike<void>>;
}

/** A client that the program made and keeps: it is never connected, configured or ended here. */
export type PostgresClient = PgPool | PgConnection | PostgresJs | PGliteDatabase;

/** The columns of a row, in their order. */
export type Row = readonly (string | null)[];

/** Runs one statement in one round trip. */
export type Query = (text: string, values: readonly string[]) => Promise<readonly Row[]>;

/**
 * What all clients have in common. Values go out and come back as text, cast in the statement: clients differ in what they make of a
 * bigint or of JSON, and their users may change it. Rows are read by position, since a client may be set up to rename columns.
 */
export function queryOf(client: PostgresClient): Query {
  if ('unsafe' in client) {
    // Prepared, since this client asks for the types of parameters in a round trip of its own otherwise. Its own `prepare: false` wins.
    return async (text, values) => (await client.unsafe(text, [...values], { prepare: values.length > 0 })).map(rowOf);
  }
  const query: Query = async (text, values) => (await client.query(text, [...values])).rows.map(rowOf);
  return 'listen' in client || 'totalCount' in client ? query : inTurn(query);
}

/** A connection of `pg` has one statement at work at a time, and will not queue others for long: its version 9 refuses them. */
function inTurn(query: Query): Query {
  let last: Promise<unknown> = Promise.resolve();
  return (text, values) => {
    const turn = last.then(() => query(text, values));
    last = turn.catch(() => {});
    return turn;
  };
}

function rowOf(row: object): Row {
  return Object.values(row).map((value: unknown) => (typeof value === 'string' ? value : null));
}
