import { Cluster as Cluster6, Redis as Redis6 } from 'ioredis';
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis5';
import {
  createClient as createClient6,
  createCluster as createCluster6,
  createSentinel as createSentinel6,
} from 'redis';
import {
  createClient as createClient5,
  createCluster as createCluster5,
  createSentinel as createSentinel5,
} from 'redis5';
import type { StateStore } from '../../src/index.js';
import { redisStore } from '../../src/stores/redis.js';

// Compiled, never run: the clients of users are taken as they are, without a cast.
const sentinel = { name: 'main', sentinelRootNodes: [] };

export const accepted: readonly StateStore[] = [
  redisStore({ client: new Redis6() }),
  redisStore({ client: new Redis5() }),
  redisStore({ client: new Cluster6([]) }),
  redisStore({ client: new Cluster5([]) }),
  redisStore({ client: createClient6() }),
  redisStore({ client: createClient5() }),
  redisStore({ client: createClient6({ RESP: 2 }) }),
  redisStore({ client: createClient5({ RESP: 3 }) }),
  redisStore({ client: createCluster6({ rootNodes: [] }) }),
  redisStore({ client: createCluster5({ rootNodes: [] }) }),
  redisStore({ client: createSentinel6(sentinel) }),
  redisStore({ client: createSentinel5(sentinel) }),
  redisStore({ client: new Redis6(), subscriber: new Redis6() }),
  redisStore({ client: createClient6(), subscriber: createClient6() }),
  redisStore({ client: createClient6(), subscriber: false }),
];

// @ts-expect-error - a URL is no client: the store takes one that is made, with its passwords and time limits.
redisStore({ client: 'redis://localhost' });
// @ts-expect-error - another word than the option's.
redisStore({ client: new Redis6(), keyPrefix: 'a:' });
