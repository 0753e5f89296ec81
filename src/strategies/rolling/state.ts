import { own as ownValue } from '../../core/json.js';
import { type Check, count, flag, must, object, oneOf, recordOf, text } from '../../core/options.js';
import { type Attempt, stateCheck } from '../attempt.js';

/** The two sides of a roll-out. */
export type Version = 'to' | 'from';

const memberPhases = ['serving', 'draining', 'updating', 'checking', 'settling', 'failed', 'off', 'retiring'] as const;

/**
 * Where an instance is. `serving`: at work. `draining`: routed away from. `updating`, `checking`: being worked on. `settling`: at work,
 * but not for `minReadyMs` yet. `failed`: its check failed. `off`, `retiring`: a spare that is not needed, and one that ends.
 */
export type MemberPhase = (typeof memberPhases)[number];

/** What is known of an instance. */
export type Member = {
  /** What it serves; in an update, what it served last. */
  readonly version: Version;
  readonly phase: MemberPhase;
  /** When the phase began, ms since 1970. */
  readonly since: number;
  /** When its update began: what the deadline is counted from. */
  readonly startedAt: number;
  /** Counts its tasks, so that the end of an old one is not taken for the present one's. */
  readonly run: number;
  /** A replica that has left, or that gives no sign of life, is not. */
  readonly present: boolean;
  /** It has passed the deadline, and is tried again. */
  readonly late: boolean;
  /** Its last task failed, and runs again with the next tick. */
  readonly retry: boolean;
  /** What failed last; '' if nothing. */
  readonly why: string;
};

export type Members = { readonly [instance: string]: Member };

const phases = ['waiting', 'rolling', 'reversing', 'promoted', 'rolled-back'] as const;

/** `waiting`: for replicas to join. */
export type RollingPhase = (typeof phases)[number];

/** The own part of a rolling update's state. */
export type RollingState = Attempt & {
  readonly phase: RollingPhase;
  /** Why no instance is begun: by a person's `pause`, or since one has failed. */
  readonly halted: 'no' | 'paused' | 'failed';
  /** A person has promoted: nothing is waited for but what is needed. */
  readonly hurried: boolean;
  /** When a replica last joined or left. */
  readonly joinedAt: number;
  readonly members: Members;
  readonly why: string;
};

const memberCheck = object({
  version: oneOf('to', 'from'),
  phase: oneOf(...memberPhases),
  since: count,
  startedAt: count,
  run: count,
  present: flag,
  late: flag,
  retry: flag,
  why: must('a text', (value) => typeof value === 'string'),
});

export const rollingStateCheck: Check = stateCheck({
  phase: oneOf(...phases),
  halted: oneOf('no', 'paused', 'failed'),
  hurried: flag,
  joinedAt: count,
  members: recordOf(memberCheck, { max: 2000 }),
  why: text,
});

/** The version that instances are brought to now. */
export function targetOf({ phase }: Pick<RollingState, 'phase'>): Version {
  return phase === 'reversing' || phase === 'rolled-back' ? 'from' : 'to';
}

/** The version that is fallen back to: also what an instance has that nobody has updated. */
export function stableOf({ phase }: Pick<RollingState, 'phase'>): Version {
  return phase === 'promoted' ? 'to' : 'from';
}

/** Requests may come to it. */
export function takesRequests({ phase, present }: Member): boolean {
  return present && (phase === 'serving' || phase === 'settling');
}

/** It is being worked on, and has a deadline. */
export function isUnderWay({ phase }: Member): boolean {
  return phase === 'draining' || phase === 'updating' || phase === 'checking';
}

export function memberOf(members: Members, instance: string): Member | undefined {
  return ownValue(members, instance);
}

/** An instance that nothing was done to yet. */
export function newMember(version: Version, phase: 'serving' | 'off', now: number): Member {
  const at = Math.floor(now);
  return { version, phase, since: at, startedAt: at, run: 0, present: true, late: false, retry: false, why: '' };
}

/** The members with one changed, in its place, or added at the end. */
export function withMember(members: Members, instance: string, member: Member): Members {
  // Not by a spread and a computed key: `__proto__` would be no key then.
  const entries = Object.entries(members).map(([name, known]) => [name, name === instance ? member : known] as const);
  return Object.fromEntries(Object.hasOwn(members, instance) ? entries : [...entries, [instance, member]]);
}

/** The instances that requests may come to, in the order of their names, so that all replicas plan alike. */
export function readyInstances(members: Members): readonly (readonly [string, Member])[] {
  return Object.entries(members)
    .filter(([, member]) => takesRequests(member))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether requests go elsewhere now than before: an epoch ends with that. */
export function servesAlike(a: Members, b: Members): boolean {
  if (a === b) return true;
  const text = (members: Members) =>
    JSON.stringify(readyInstances(members).map(([name, { version }]) => [name, version]));
  return text(a) === text(b);
}
