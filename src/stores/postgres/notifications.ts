import type { HintConnection } from '../hints.js';
import type { PostgresClient, Query } from './client.js';
import { type Stop, listenWith } from './listen.js';

const ignore = (): void => {};

/** One `LISTEN` for all routers that somebody wants to hear of; it ends with the last of them. */
export class Notifications implements HintConnection {
  readonly #client: PostgresClient;
  readonly #query: Query;
  readonly #tell: (payload: string) => void;
  readonly #wanted = new Set<string>();
  #listening: Promise<Stop> | undefined;

  constructor(client: PostgresClient, query: Query, tell: (payload: string) => void) {
    this.#client = client;
    this.#query = query;
    this.#tell = tell;
  }

  async subscribe(payload: string): Promise<void> {
    this.#wanted.add(payload);
    try {
      await (this.#listening ?? this.#begin());
    } catch (error) {
      this.#wanted.delete(payload);
      throw error;
    }
  }

  async unsubscribe(payload: string): Promise<void> {
    this.#wanted.delete(payload);
    if (this.#wanted.size === 0) this.close();
  }

  /** Listens again where the connection was lost. */
  revive(): void {
    if (this.#listening === undefined && this.#wanted.size > 0) this.#begin().then(() => this.#tellAll(), ignore);
  }

  close(): void {
    this.#wanted.clear();
    // One that is not there any more cannot be stopped, and need not be.
    this.#listening?.then((stop) => stop()).catch(ignore);
    this.#listening = undefined;
  }

  #begin(): Promise<Stop> {
    const end = () => {
      if (this.#listening === listening) this.#listening = undefined;
    };
    const listening = listenWith(this.#client, this.#query, {
      onPayload: (payload) => this.#tell(payload),
      onAgain: () => this.#tellAll(),
      onLost: end,
    });
    this.#listening = listening;
    listening.catch(end);
    return listening;
  }

  #tellAll(): void {
    for (const payload of this.#wanted) this.#tell(payload);
  }
}
