import { roomToAdd, roomToTakeDown } from './fenceposts.js';
import { type Fleet, originals, postsOf, sparesOf, totalOf } from './fleet.js';
import { begin, enter, workAgain } from './member-moves.js';
import { type Member, type Members, type RollingState, type Version, targetOf, withMember } from './state.js';

type Named = readonly [string, Member];

/** How long no replica may have joined before those that are there are taken for all, where nobody says how many there are. */
export const joinPauseMs = 60_000;

/** What moved, for people: the instances that were begun, and where the roll-out went. */
export interface Advance {
  readonly own: RollingState;
  readonly begun: readonly string[];
}

const isDone =
  (version: Version) =>
  ([, member]: Named) =>
    member.version === version && member.phase === 'serving';

const isAtWork = ([, { phase, present }]: Named) => present && phase === 'serving';

/** Instances that are late keep others from being begun: one that does not come back must not be followed by more. */
export function lateOnes({ members }: RollingState): readonly string[] {
  return Object.entries(members).flatMap(([name, { late }]) => (late ? [name] : []));
}

/** Begins what may begin now, within the limits, and ends the roll-out when all is done. */
export function advance(fleet: Fleet, own: RollingState, now: number): Advance {
  // A guardrail that holds keeps the roll-out from going on, never from going back.
  const isHeld = own.phase === 'rolling' && own.guard?.held !== undefined;
  if (own.halted !== 'no' || isHeld) return { own, begun: [] };
  if (own.phase === 'waiting') {
    return hasAll(fleet, own, now)
      ? advance(fleet, { ...own, phase: 'rolling', why: 'all replicas are there' }, now)
      : { own, begun: [] };
  }
  if (own.phase !== 'rolling' && own.phase !== 'reversing') return { own, begun: [] };
  const target = targetOf(own);
  const all = originals(fleet, own.members);
  const pending = all.filter((named) => !isDone(target)(named));
  // A promotion before the first replica has joined is a word for those that come.
  if (all.length === 0 && target === 'to') return { own, begun: [] };
  if (pending.length === 0) return { own: finish(fleet, own, now), begun: [] };
  // What is lost must not be followed by more; but it must not keep the others from the way back either.
  if (target === 'to' && lateOnes(own).length > 0) return { own, begun: [] };
  const starts = [
    ...sparesToStart(fleet, own.members, pending.length),
    ...toTakeDown(fleet, own.members, pending, target),
  ];
  let { members } = own;
  for (const [name, member] of starts) members = withMember(members, name, started(fleet, member, target, now));
  return { own: starts.length === 0 ? own : { ...own, members }, begun: starts.map(([name]) => name) };
}

/** A spare has nothing to be drained of; one that works on the old version is not worth an update. */
function started(fleet: Fleet, member: Member, target: Version, now: number): Member {
  if (member.phase === 'off') return { ...workAgain(fleet, member, target, now), late: false, why: '' };
  return begin(member, now);
}

function hasAll(fleet: Fleet, { members, joinedAt }: RollingState, now: number): boolean {
  const there = Object.values(members).filter(({ present }) => present).length;
  return fleet.replicas === undefined ? there > 0 && now - joinedAt >= joinPauseMs : there >= fleet.replicas;
}

/** Spares that may still be added, as many as there are instances left to update. */
function sparesToStart(fleet: Fleet, members: Members, pending: number): readonly Named[] {
  const spares = sparesOf(fleet, members);
  const active = spares.filter(([, { phase }]) => phase !== 'off').length;
  const total = totalOf(fleet, members);
  const room = Math.min(roomToAdd(postsOf(fleet, total), total, total + active), pending - active);
  return spares.filter(([, { phase }]) => phase === 'off').slice(0, Math.max(0, room));
}

/**
 * Instances whose turn it is: in the first zone that is not done, as many as may be missing. On the way back those that are lost are
 * not counted as missing, nor is their zone waited for: one dead instance must not keep all others on what is being rolled back.
 */
function toTakeDown(fleet: Fleet, members: Members, pending: readonly Named[], target: Version): readonly Named[] {
  const all = originals(fleet, members);
  const spares = sparesOf(fleet, members);
  const total = totalOf(fleet, members);
  const isLost = ([, { present, late }]: Named) => target === 'from' && (!present || late);
  const meant = target === 'from' ? all.filter((named) => !isLost(named)).length : total;
  const available = [...all, ...spares].filter(isAtWork).length;
  const room = roomToTakeDown(postsOf(fleet, total), meant, available);
  const zone = pending.filter((named) => !isLost(named)).map(([name]) => fleet.zoneOf(name))[0];
  const inTurn = pending.filter((named) => isAtWork(named) && fleet.zoneOf(named[0]) === zone);
  // After a turn of direction: a spare on the wrong side is updated like the others.
  const astray = spares.filter((named) => isAtWork(named) && named[1].version !== target);
  return [...inTurn, ...astray].slice(0, room);
}

/** All instances are done: the spares end, and then the roll-out. */
function finish(fleet: Fleet, own: RollingState, now: number): RollingState {
  const active = sparesOf(fleet, own.members).filter(([, { phase }]) => phase !== 'off');
  if (active.length === 0) {
    const phase = own.phase === 'rolling' ? 'promoted' : 'rolled-back';
    const why = phase === 'promoted' ? 'every instance is updated' : 'every instance is back';
    return { ...own, phase, hurried: false, why: phase === 'promoted' ? why : `${own.why}: ${why}` };
  }
  const ending = active.filter(([, { phase }]) => phase !== 'retiring');
  if (ending.length === 0) return own;
  let { members } = own;
  for (const [name, member] of ending)
    members = withMember(members, name, { ...enter(member, 'retiring', now), late: false });
  return { ...own, members };
}
