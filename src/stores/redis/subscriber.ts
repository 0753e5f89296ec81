import type { HintConnection } from '../hints.js';
import type { IoredisSubscriber, NodeRedisSubscriber, RedisClient, RedisSubscriber } from './client.js';

const ignore = (): void => {};

/** Listens on a second connection: the one that is given, or one that is made like `client` and closed with the store. */
export function connectSubscriber(
  client: RedisClient,
  given: RedisSubscriber | undefined,
  tell: (channel: string) => void,
): HintConnection | undefined {
  const subscriber = given ?? client.duplicate?.();
  if (subscriber === undefined) return undefined;
  const isOwn = given === undefined;
  // A client without a listener for errors ends the process when its connection breaks. It connects again by itself.
  if (isOwn) subscriber.on('error', ignore);
  return isNodeRedis(subscriber) ? ofNodeRedis(subscriber, isOwn, tell) : ofIoredis(subscriber, isOwn, tell);
}

const isNodeRedis = (subscriber: RedisSubscriber): subscriber is NodeRedisSubscriber => 'destroy' in subscriber;

function ofIoredis(subscriber: IoredisSubscriber, isOwn: boolean, tell: (channel: string) => void): HintConnection {
  subscriber.on('message', tell);
  return {
    subscribe: (channel) => subscriber.subscribe(channel),
    unsubscribe: (channel) => subscriber.unsubscribe(channel),
    close: () => {
      if (isOwn) subscriber.disconnect();
    },
  };
}

function ofNodeRedis(subscriber: NodeRedisSubscriber, isOwn: boolean, tell: (channel: string) => void): HintConnection {
  let connected: Promise<unknown> | undefined;
  return {
    subscribe: async (channel) => {
      connected ??= isOwn ? subscriber.connect() : Promise.resolve();
      await connected.catch((error: unknown) => {
        connected = undefined;
        throw error;
      });
      await subscriber.subscribe(channel, () => tell(channel));
    },
    unsubscribe: (channel) => subscriber.unsubscribe(channel),
    close: () => {
      if (isOwn) subscriber.destroy();
    },
  };
}
