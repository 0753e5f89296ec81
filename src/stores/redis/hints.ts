import type { IoredisSubscriber, NodeRedisSubscriber, RedisClient, RedisSubscriber } from './client.js';

/** A connection that listens, the same for every client. */
interface Connection {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  close(): void;
}

const ignore = (): void => {};

function listenOn(subscriber: RedisSubscriber, onMessage: (channel: string) => void, isOwn: boolean): Connection {
  // A client without a listener for errors ends the process when its connection breaks. It connects again by itself.
  if (isOwn) subscriber.on('error', ignore);
  return 'connect' in subscriber && 'destroy' in subscriber
    ? listenOnNodeRedis(subscriber, onMessage, isOwn)
    : listenOnIoredis(subscriber as IoredisSubscriber, onMessage, isOwn);
}

function listenOnIoredis(subscriber: IoredisSubscriber, onMessage: (channel: string) => void, isOwn: boolean) {
  // By the message, not by the channel, which has the client's key prefix.
  subscriber.on('message', (_channel, message) => onMessage(message));
  return {
    subscribe: (channel: string) => subscriber.subscribe(channel),
    unsubscribe: (channel: string) => subscriber.unsubscribe(channel),
    close: () => {
      if (isOwn) subscriber.disconnect();
    },
  };
}

function listenOnNodeRedis(subscriber: NodeRedisSubscriber, onMessage: (channel: string) => void, isOwn: boolean) {
  let connected: Promise<unknown> | undefined;
  return {
    subscribe: async (channel: string) => {
      connected ??= isOwn ? subscriber.connect() : Promise.resolve();
      await connected.catch((error: unknown) => {
        connected = undefined;
        throw error;
      });
      await subscriber.subscribe(channel, onMessage);
    },
    unsubscribe: (channel: string) => subscriber.unsubscribe(channel),
    close: () => {
      if (isOwn) subscriber.destroy();
    },
  };
}

/** Messages that a record may have changed. Whatever goes wrong here only makes a replica wait for its next read. */
export class Hints {
  readonly #client: RedisClient;
  readonly #given: RedisSubscriber | undefined;
  readonly #listeners = new Map<string, Set<() => void>>();
  /** Channels that are subscribed to, or on the way. */
  readonly #subscribed = new Set<string>();
  #connection: Connection | undefined;

  constructor(client: RedisClient, given: RedisSubscriber | undefined) {
    this.#client = client;
    this.#given = given;
  }

  /** Calls back at every message, and once when the subscription stands: what came before that was not heard. */
  listen(channel: string, onChange: () => void): () => void {
    const known = this.#listeners.get(channel) ?? new Set();
    // A listener of its own, so that one function may listen twice and leave once.
    const listener = () => onChange();
    this.#listeners.set(channel, known.add(listener));
    if (this.#subscribed.has(channel)) queueMicrotask(() => known.has(listener) && listener());
    else this.retry(channel);
    return () => {
      known.delete(listener);
      if (known.size === 0) this.#leave(channel);
    };
  }

  /** Subscribes where somebody listens and an earlier try failed. */
  retry(channel: string): void {
    if (!this.#listeners.has(channel) || this.#subscribed.has(channel)) return;
    const connection = (this.#connection ??= this.#connect());
    if (connection === undefined) return;
    this.#subscribed.add(channel);
    connection.subscribe(channel).then(
      () => this.#tell(channel),
      () => this.#subscribed.delete(channel),
    );
  }

  close(): void {
    for (const channel of this.#subscribed) this.#connection?.unsubscribe(channel).catch(ignore);
    this.#connection?.close();
    this.#connection = undefined;
    this.#listeners.clear();
    this.#subscribed.clear();
  }

  #connect(): Connection | undefined {
    const subscriber = this.#given ?? this.#client.duplicate?.();
    return subscriber && listenOn(subscriber, (channel) => this.#tell(channel), this.#given === undefined);
  }

  #tell(channel: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener();
  }

  #leave(channel: string): void {
    if (!this.#listeners.delete(channel) || !this.#subscribed.delete(channel)) return;
    this.#connection?.unsubscribe(channel).catch(ignore);
  }
}
