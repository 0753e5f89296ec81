import type { Issue } from '../../core/errors.js';
import { isObject } from '../../core/json.js';
import {
  type Check,
  all,
  callable,
  duration,
  either,
  listOf,
  must,
  object,
  oneOf,
  optional,
  positive,
  positiveCount,
  text,
} from '../../core/options.js';
import { branchCheck } from '../children.js';
import { type GuardOptions, guardKeys } from '../guarding.js';
import type { ModelsOf } from '../strategy.js';
import { type InstanceCount, instanceCountCheck } from './fenceposts.js';
import type { Version } from './state.js';

/** A model server that the router calls, by the name that models get as `call.instance`. */
export type InstanceOption = string | { readonly name: string; readonly zone?: string };

/** What an update and a check are told. */
export interface InstanceCall<M extends string> {
  readonly instance: string;
  /** The model that the instance shall serve; of a strategy in its place, the stable one. */
  readonly model: M;
  /** Which side of the roll-out that is. */
  readonly version: Version;
  /** Aborts at the deadline, and when the work is not wanted any more. */
  readonly signal: AbortSignal;
}

/** Options of a rolling update. */
export interface RollingOptions<B, C, G> extends GuardOptions<G> {
  /** What the instances serve when the roll-out starts. */
  readonly from: B;
  /** What they shall serve. */
  readonly to: C;
  /** The model servers that this router calls. Without them, every replica with a `createRouter({ instance })` is one. */
  readonly instances?: readonly InstanceOption[];
  /** How many may be missing at a time. Default `'25%'`, rounded down; 1 where nothing could move otherwise. */
  readonly maxUnavailable?: InstanceCount;
  /** How many of `spares` may work at a time. Default: all. Percentages of the instances are rounded up. */
  readonly maxSurge?: InstanceCount;
  /** Further model servers, idle but for the time of the roll-out: `update` starts them, `stop` ends them. */
  readonly spares?: readonly string[];
  /** Makes an instance serve a model, while no request comes to it. Safe to run again. Must for `instances`. */
  readonly update?: (call: InstanceCall<ModelsOf<B | C>>) => unknown;
  /** Tries an instance before requests come back to it. Fails by throwing, by rejecting, or by giving `false`. */
  readonly check?: (call: InstanceCall<ModelsOf<B | C>>) => unknown;
  /** Ends a spare that is not needed any more, after its last request. */
  readonly stop?: (call: { readonly instance: string; readonly signal: AbortSignal }) => unknown;
  /** For how long no request may have come before an update: longer than a load balancer takes to notice. Default 0 with `instances`, else 10 000. */
  readonly quietMs?: number;
  /** How long an updated instance must have been ready before it counts for the next batch. Default 0. */
  readonly minReadyMs?: number;
  /** How long an instance may take from its drain until it is ready. Default 600 000, ten minutes. */
  readonly deadlineMs?: number;
  /** What a failed check or a passed deadline leads to. Default `'pause'`. */
  readonly onFailure?: 'pause' | 'reverse';
  /** The order of the zones, one after another; those not named come last. Default: as they come. */
  readonly zones?: readonly string[];
  /** The zone of a replica; must say the same in all of them. Default: one zone. */
  readonly zoneOf?: (instance: string) => string;
  /** How many replicas there are meant to be: the roll-out waits for them. Default: those that have joined when none has for a minute. */
  readonly replicas?: number;
  /** The attribute that names the unit. Default `targetingKey`. */
  readonly unit?: string;
  /** What units are hashed with. Default: the node's path. */
  readonly salt?: string;
}

const instancesMax = 500;

const nameCheck = must(
  'a name of 1 to 200 characters',
  (value) => typeof value === 'string' && value !== '' && value.length <= 200,
);
const instanceCheck = either(
  'a name of 1 to 200 characters, or { name, zone }',
  nameCheck,
  object({ name: nameCheck, zone: optional(text) }),
);

const shape = object({
  from: branchCheck,
  to: branchCheck,
  instances: optional(listOf(instanceCheck, { min: 1, max: instancesMax })),
  maxUnavailable: optional(instanceCountCheck),
  maxSurge: optional(instanceCountCheck),
  spares: optional(listOf(nameCheck, { max: instancesMax })),
  update: optional(callable),
  check: optional(callable),
  stop: optional(callable),
  quietMs: optional(duration),
  minReadyMs: optional(duration),
  deadlineMs: optional(positive),
  onFailure: optional(oneOf('pause', 'reverse')),
  zones: optional(listOf(text)),
  zoneOf: optional(callable),
  replicas: optional(positiveCount),
  ...guardKeys,
  unit: optional(text),
  salt: optional(text),
});

type Given = Partial<RollingOptions<unknown, unknown, unknown>>;

const namesIn = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value.map((item: unknown) => (isObject(item) ? item['name'] : item)) : [];

/** What holds between the keys: what belongs to model servers, and what to replicas. */
const belongTogether: Check = (value, path, issues: Issue[]) => {
  if (!isObject(value)) return;
  const { instances, spares, maxSurge, quietMs = 0, deadlineMs, ...given } = value as Given;
  const add = (key: string, message: string) => void issues.push({ path: `${path}.${key}`, message });
  const names = [...namesIn(instances), ...namesIn(spares)];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) add('instances', `must differ, also from the spares ('${String(twice)}' comes twice).`);
  if (instances === undefined) {
    if (spares !== undefined) add('spares', 'needs `instances`: who starts replicas is not this library.');
  } else {
    if (given.update === undefined)
      add('update', 'must be given with `instances`: nobody else can update a model server.');
    if (given.zoneOf !== undefined) add('zoneOf', 'is for replicas. Give `instances` as { name, zone }.');
    if (given.replicas !== undefined) add('replicas', 'is for replicas: `instances` says how many there are.');
  }
  const hasSpares = Array.isArray(spares) && spares.length > 0;
  if (maxSurge !== undefined && maxSurge !== 0 && maxSurge !== '0%' && !hasSpares)
    add('maxSurge', 'needs `spares`: instances that can be started for the time of the roll-out.');
  if (given.stop !== undefined && !hasSpares) add('stop', 'is for `spares`, of which there are none.');
  if (deadlineMs !== undefined && quietMs >= deadlineMs)
    add('quietMs', `must be shorter than deadlineMs, ${deadlineMs} (was ${quietMs}).`);
};

/** What `new Rolling` takes. */
export const rollingCheck: Check = all(shape, belongTogether);
