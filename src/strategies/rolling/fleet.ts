import { type InstanceCount, fenceposts, type Fenceposts } from './fenceposts.js';
import type { InstanceOption, RollingOptions } from './options.js';
import { type Member, type Members, type RollingState, type Version, memberOf, newMember, stableOf } from './state.js';

/** What a fleet is made of, with the defaults filled in. */
export interface Fleet {
  /** The model servers, in their order; undefined where replicas join by themselves. */
  readonly instances: readonly string[] | undefined;
  readonly spares: readonly string[];
  readonly replicas: number | undefined;
  readonly maxUnavailable: InstanceCount;
  readonly maxSurge: InstanceCount;
  readonly quietMs: number;
  readonly minReadyMs: number;
  readonly deadlineMs: number;
  readonly hasUpdate: boolean;
  readonly hasCheck: boolean;
  zoneOf(instance: string): string;
  readonly zones: readonly string[];
}

/** What of the options tells of the fleet. The callbacks count only as being there. */
type Settings = Omit<RollingOptions<unknown, unknown, unknown>, 'update' | 'check'> & {
  readonly update?: unknown;
  readonly check?: unknown;
};

const nameOf = (option: InstanceOption) => (typeof option === 'string' ? option : option.name);

/** The fleet of a strategy's options. */
export function fleetOf(options: Settings): Fleet {
  const { instances, spares = [], zoneOf = () => '' } = options;
  const zones = new Map(
    (instances ?? []).map((option) => [nameOf(option), typeof option === 'string' ? '' : (option.zone ?? '')]),
  );
  return {
    instances: instances?.map(nameOf),
    spares,
    replicas: options.replicas,
    maxUnavailable: options.maxUnavailable ?? '25%',
    maxSurge: options.maxSurge ?? spares.length,
    quietMs: options.quietMs ?? (instances === undefined ? 10_000 : 0),
    minReadyMs: options.minReadyMs ?? 0,
    deadlineMs: options.deadlineMs ?? 600_000,
    hasUpdate: options.update !== undefined,
    // A replica is asked in any case whether it serves: its models are loaded by then.
    hasCheck: options.check !== undefined || instances === undefined,
    zoneOf: instances === undefined ? zoneOf : (instance) => zones.get(instance) ?? '',
    zones: options.zones ?? [],
  };
}

/** Those that are no spares, in the order in which they are updated: by zone, then as declared or by name. */
export function originals(fleet: Fleet, members: Members): readonly (readonly [string, Member])[] {
  const names = fleet.instances ?? Object.keys(members).sort();
  const known = names.flatMap((name) => {
    const member = memberOf(members, name);
    return member === undefined ? [] : [[name, member] as const];
  });
  const seen = [...new Set([...fleet.zones, ...known.map(([name]) => fleet.zoneOf(name))])];
  const rank = ([name]: readonly [string, Member]) => seen.indexOf(fleet.zoneOf(name));
  return known.toSorted((a, b) => rank(a) - rank(b));
}

/** The spares with what is known of them. */
export function sparesOf({ spares }: Fleet, members: Members): readonly (readonly [string, Member])[] {
  return spares.flatMap((name) => {
    const member = memberOf(members, name);
    return member === undefined ? [] : [[name, member] as const];
  });
}

/** How many instances there are meant to be. */
export function totalOf(fleet: Fleet, members: Members): number {
  return fleet.instances?.length ?? Math.max(fleet.replicas ?? 0, Object.keys(members).length);
}

/** The limits for so many instances: surge is no more than there are spares, and counts as 0 without any. */
export function postsOf({ maxSurge, maxUnavailable, spares }: Fleet, total: number): Fenceposts {
  const { surge } = fenceposts(maxSurge, maxUnavailable, total);
  return fenceposts(Math.min(surge, spares.length), maxUnavailable, total);
}

/** The members of a first state: model servers are known, replicas join. */
export function firstMembers({ instances = [], spares }: Fleet, version: Version, now: number): Members {
  return Object.fromEntries([
    ...instances.map((name) => [name, newMember(version, 'serving', now)] as const),
    ...spares.map((name) => [name, newMember(version, 'off', now)] as const),
  ]);
}

/**
 * The state with the model servers as the program names them now: those that were added serve what nobody has updated, those that were
 * taken out are forgotten. The same reference where nothing was edited, and for replicas.
 */
export function withEdits(fleet: Fleet, own: RollingState, now: number): RollingState {
  if (fleet.instances === undefined) return own;
  const wanted = firstMembers(fleet, stableOf(own), now);
  const names = Object.keys(wanted);
  const isSame =
    names.length === Object.keys(own.members).length && names.every((name) => Object.hasOwn(own.members, name));
  if (isSame) return own;
  const members = names.map((name) => [name, memberOf(own.members, name) ?? (wanted[name] as Member)] as const);
  return { ...own, members: Object.fromEntries(members) };
}

/** Replicas that have been away for longer than the deadline, and were not being worked on, were taken out by somebody. */
export function withoutGone({ instances, deadlineMs }: Fleet, own: RollingState, now: number): RollingState {
  if (instances !== undefined) return own;
  const isGone = ({ present, phase, since }: RollingState['members'][string]) =>
    !present && (phase === 'serving' || phase === 'settling') && now - since >= deadlineMs;
  const entries = Object.entries(own.members);
  const left = entries.filter(([, member]) => !isGone(member));
  return left.length === entries.length ? own : { ...own, members: Object.fromEntries(left) };
}
