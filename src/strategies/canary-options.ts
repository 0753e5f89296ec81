import { type Calendar, calendarCheck } from '../core/calendar.js';
import { type Check, count, duration, flag, fraction, listOf, object, oneOf, optional, text } from '../core/options.js';
import { type Attempt, stateCheck } from './attempt.js';
import { branchCheck } from './children.js';
import { guardrailCheck } from './judging.js';
import { type Stage, stagesCheck } from './stages.js';

/** Options of a canary. */
export interface CanaryOptions<B, C, G, H> {
  readonly baseline: B;
  readonly candidate: C;
  /** Default: 1 %, 5 %, 25 %, 50 %, each for at least 10 minutes and 100 outcomes. See `linear` and `exponential`. */
  readonly stages?: readonly Stage<H>[];
  /** Judged at every tick while the candidate has a share; one that fails rolls back at once. */
  readonly guardrails?: readonly G[];
  /** After the last stage: `'promote'` to 100 % (default), or `'keep'` its share until `promote()`. */
  readonly then?: 'promote' | 'keep';
  /** When shares may grow. Rollbacks never wait for it. */
  readonly calendar?: Calendar;
  /** New attempts after a rollback by a guardrail, so many times, so long after it. Default: none. */
  readonly retry?: { readonly times: number; readonly afterMs: number; readonly sameUnits?: boolean };
  /** The attribute that must keep seeing the same model. Default `targetingKey`. */
  readonly unit?: string;
  /** What units are hashed with. Default: the node's path. */
  readonly salt?: string;
}

export type CanaryPhase = 'ramping' | 'paused' | 'kept' | 'promoted' | 'rolled-back';

/** The own part of a canary's state. */
export type CanaryState = Attempt & {
  readonly phase: CanaryPhase;
  readonly stage: string;
  readonly share: number;
  readonly approved: boolean;
  /** A guardrail rolled back, not a person: only then a retry starts by itself. */
  readonly byMachine: boolean;
  readonly why: string;
};

const minute = 60_000;

/** The ramp of a canary that names none. */
export const defaultStages = [0.01, 0.05, 0.25, 0.5].map((share) => ({
  share,
  minAgeMs: 10 * minute,
  minOutcomes: 100,
}));

/** What `new Canary` takes. */
export const canaryCheck: Check = object({
  baseline: branchCheck,
  candidate: branchCheck,
  stages: optional(stagesCheck),
  guardrails: optional(listOf(guardrailCheck)),
  then: optional(oneOf('promote', 'keep')),
  calendar: optional(calendarCheck),
  retry: optional(object({ times: count, afterMs: duration, sameUnits: optional(flag) })),
  unit: optional(text),
  salt: optional(text),
});

/** What a stored own part must look like. */
export const canaryStateCheck: Check = stateCheck({
  phase: oneOf('ramping', 'paused', 'kept', 'promoted', 'rolled-back'),
  stage: text,
  share: fraction,
  approved: flag,
  byMachine: flag,
  why: text,
});

/** What the phases are to everybody else. */
export const statusPhases = {
  ramping: 'running',
  paused: 'paused',
  kept: 'waiting',
  promoted: 'settled',
  'rolled-back': 'settled',
} as const;
