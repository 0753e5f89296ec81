import type { Clock } from 'turnout';
import type { List, Recommender, Recommenders } from './recommenders.js';
import type { Request } from './ranking.js';

type Name = keyof Recommenders;

interface Server {
  serves: Name;
  isUpdating: boolean;
  answers: number;
}

const updateMs = 5 * 60_000;

/** What an update is told of: as the strategy gives it. */
interface Order {
  readonly instance: string;
  readonly model: Name;
}

/**
 * The machines that the recommender runs on, each with one model at a time. Here they are objects; a shop would send requests to
 * them. One that is asked while it is being updated, or for what it does not serve, fails.
 */
export class Fleet {
  readonly names: readonly string[];
  readonly #servers: ReadonlyMap<string, Server>;
  readonly #recommenders: Recommenders;
  readonly #clock: Clock;

  constructor(names: readonly string[], first: Name, recommenders: Recommenders, clock: Clock) {
    this.names = names;
    this.#servers = new Map(names.map((name) => [name, { serves: first, isUpdating: false, answers: 0 }]));
    this.#recommenders = recommenders;
    this.#clock = clock;
  }

  /** The recommender of a name, on the server that the router chose, or beside the servers where it chose none. */
  model(name: Name): (request: Request, call: { readonly instance?: string }) => List {
    const recommend: Recommender = this.#recommenders[name];
    return (request, { instance }) => {
      if (instance === undefined) return recommend(request);
      const server = this.#server(instance);
      if (server.isUpdating || server.serves !== name) throw new Error(`${instance} does not serve ${name} now`);
      server.answers += 1;
      return recommend(request);
    };
  }

  /** Takes five minutes, in which the server answers nobody. */
  async update({ instance, model }: Order): Promise<void> {
    const server = this.#server(instance);
    server.isUpdating = true;
    await new Promise<void>((resolve) => {
      this.#clock.setTimer?.(resolve, updateMs);
    });
    server.serves = model;
    server.isUpdating = false;
  }

  /** Asks an updated server for the list of a shopper who has bought the first item of the shop. */
  check({ instance, model }: Order): List {
    return this.model(model)({ bought: [0] }, { instance });
  }

  #server(instance: string): Server {
    const server = this.#servers.get(instance);
    if (server === undefined) throw new Error(`there is no server '${instance}'`);
    return server;
  }
}
