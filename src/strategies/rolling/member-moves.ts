import type { Fleet } from './fleet.js';
import { type Member, type MemberPhase, type Members, type Version, isUnderWay } from './state.js';

const whyMax = 500;

/** Into another phase, whose tasks are new ones. */
export function enter(member: Member, phase: MemberPhase, now: number): Member {
  return { ...member, phase, since: Math.floor(now), run: member.run + 1, retry: false };
}

/** An instance whose turn it is: routed away from first. */
export function begin(member: Member, now: number): Member {
  return { ...enter(member, 'draining', now), startedAt: Math.floor(now), late: false, why: '' };
}

/** Work on an instance that no request comes to: its update, or where there is none to call, the way to serve the version. */
export function work({ hasUpdate }: Fleet, member: Member, version: Version, now: number): Member {
  if (hasUpdate) return enter(member, 'updating', now);
  return { ...enter(member, 'checking', now), version };
}

/** The same from the start, with the whole of the deadline before it. */
export function workAgain(fleet: Fleet, member: Member, version: Version, now: number): Member {
  return { ...work(fleet, member, version, now), startedAt: Math.floor(now) };
}

/** An instance that is well again, or for the first time. */
export function ready({ minReadyMs }: Fleet, member: Member, now: number, hurried: boolean): Member {
  const phase = minReadyMs > 0 && !hurried ? 'settling' : 'serving';
  return { ...enter(member, phase, now), late: false, why: '' };
}

/** What follows the end of the task of a phase, when it went well. */
export function succeeded(fleet: Fleet, member: Member, version: Version, now: number, hurried: boolean): Member {
  switch (member.phase) {
    case 'draining':
      return work(fleet, member, version, now);
    case 'updating': {
      const updated = { ...member, version };
      return fleet.hasCheck ? enter(updated, 'checking', now) : ready(fleet, updated, now, hurried);
    }
    case 'checking':
      return ready(fleet, member, now, hurried);
    case 'retiring':
      return { ...enter(member, 'off', now), why: '' };
    default:
      return member;
  }
}

/** What follows when it did not: a check has judged; what only did not work is tried again until the deadline. */
export function failed(member: Member, detail: string, now: number): Member {
  const why = detail.slice(0, whyMax);
  if (member.phase === 'checking') return { ...enter(member, 'failed', now), why };
  // Nothing depends on how a spare ends that gets no requests any more.
  if (member.phase === 'retiring') return { ...enter(member, 'off', now), why };
  return { ...member, retry: true, why };
}

/** Every instance on its way to the other version: what was taken down must come up again with that. */
export function turned(fleet: Fleet, members: Members, version: Version, now: number): Members {
  return mapped(members, (member) => {
    if (member.phase === 'draining' && member.version === version) {
      return { ...enter(member, 'serving', now), late: false, why: '' };
    }
    const isDown = member.phase === 'updating' || member.phase === 'checking' || member.phase === 'failed';
    // One that is late stays that, so that it does not keep the others waiting once more.
    return isDown ? { ...workAgain(fleet, member, version, now), why: member.late ? member.why : '' } : member;
  });
}

/** What time alone does: instances have been ready for long enough, failed tasks run again, deadlines pass. */
export function aged(fleet: Fleet, members: Members, version: Version, now: number, hurried: boolean): Members {
  return mapped(members, (member) => {
    if (member.phase === 'settling') {
      return hurried || now - member.since >= fleet.minReadyMs ? enter(member, 'serving', now) : member;
    }
    if (!isUnderWay(member)) return member;
    if (now - member.startedAt >= fleet.deadlineMs) return overdue(fleet, member, version, now);
    return member.retry ? { ...member, run: member.run + 1, retry: false } : member;
  });
}

/** It is tried again from the start, though nobody waits for it; a replica that is away does that when it returns. */
function overdue(fleet: Fleet, member: Member, version: Version, now: number): Member {
  if (!member.present) return member.late ? member : { ...member, late: true, why: member.why || awayWords };
  const why = member.why || `${member.phase} took more than ${fleet.deadlineMs} ms`;
  if (member.phase === 'draining')
    return { ...enter(member, 'draining', now), startedAt: Math.floor(now), late: true, why };
  return { ...workAgain(fleet, member, version, now), late: true, why };
}

const awayWords = 'it gives no sign of life';

/** A replica that is there, for the first time or again. What it was in the middle of begins anew: the process may be another. */
export function joined(fleet: Fleet, member: Member, version: Version, now: number): Member {
  if (member.present) return member;
  const back = { ...member, present: true };
  if (!isUnderWay(member)) return back;
  if (member.phase === 'draining') return { ...enter(back, 'draining', now), startedAt: Math.floor(now) };
  return workAgain(fleet, back, version, now);
}

/** The same reference where no member changed. */
function mapped(members: Members, change: (member: Member) => Member): Members {
  const entries = Object.entries(members).map(([name, member]) => [name, change(member)] as const);
  return entries.every(([name, member]) => member === members[name]) ? members : Object.fromEntries(entries);
}
