import { type Calendar, calendarCheck } from '../core/calendar.js';
import {
  type Check,
  count,
  duration,
  flag,
  fraction,
  object,
  oneOf,
  openFraction,
  optional,
  positive,
  positiveCount,
  text,
} from '../core/options.js';
import { type Attempt, stateCheck } from './attempt.js';
import { approvedBefore } from './guard.js';
import { type GuardOptions, guardKeys } from './guarding.js';

const phases = ['ramping', 'paused', 'kept', 'watching', 'promoted', 'rolled-back'] as const;

export type RampPhase = (typeof phases)[number];

/** The own part of the state of a strategy whose share grows by stages. */
export type RampState = Attempt & {
  readonly phase: RampPhase;
  readonly stage: string;
  readonly share: number;
  /** The machine rolled back, not a person: only then a retry starts by itself. */
  readonly byMachine: boolean;
  readonly why: string;
};

/** What a stored own part must look like. */
export const rampStateCheck: Check = stateCheck({
  phase: oneOf(...phases),
  stage: text,
  share: fraction,
  byMachine: flag,
  why: text,
  ...approvedBefore,
});

/** New attempts after a rollback by a guardrail, so many times, so long after it. */
export interface Retry {
  readonly times: number;
  readonly afterMs: number;
  /** The units of the failed attempt stay where they were. Default false: they are spread anew. */
  readonly sameUnits?: boolean;
  /** None begins while the machine has rolled back, stepped back or tried again so often within an hour. Default: no limit. */
  readonly maxFlipsPerHour?: number;
}

/** After a promotion by the machine: so long a small share keeps the old model, and guardrails roll back. */
export interface Watch {
  readonly forMs: number;
  /** The share that is held back, a fraction in (0, 1). */
  readonly share: number;
}

/** What a canary and a dark launch have in common. */
export interface RampOptions<G> extends GuardOptions<G> {
  /** After the last stage: `'promote'` to everybody (default), or `'keep'` its share until `promote()`. */
  readonly then?: 'promote' | 'keep';
  /** When shares may grow. Rollbacks never wait for it. */
  readonly calendar?: Calendar;
  /** New attempts after a rollback by the machine, so many times, so long after it. Default: none. */
  readonly retry?: Retry;
  /** Default: none, the promotion is the end. */
  readonly watch?: Watch;
  /** How long after a rollback or a step back nothing grows by itself. Default 0. */
  readonly coolDownMs?: number;
  /** The attribute that must keep seeing the same model. Default `targetingKey`. */
  readonly unit?: string;
  /** What units are hashed with. Default: the node's path. */
  readonly salt?: string;
}

/** The checks of these options. */
export const rampKeys = {
  ...guardKeys,
  // The word of the contract: its value is never a function, and the object is never awaited.
  then: optional(oneOf('promote', 'keep')),
  calendar: optional(calendarCheck),
  retry: optional(
    object({ times: count, afterMs: duration, sameUnits: optional(flag), maxFlipsPerHour: optional(positiveCount) }),
  ),
  watch: optional(object({ forMs: positive, share: openFraction })),
  coolDownMs: optional(duration),
  unit: optional(text),
  salt: optional(text),
} satisfies Readonly<Record<keyof RampOptions<never>, Check>>;

/** What the phases are to everybody else. */
export const statusPhases = {
  ramping: 'running',
  paused: 'paused',
  kept: 'waiting',
  watching: 'running',
  promoted: 'settled',
  'rolled-back': 'settled',
} as const;
