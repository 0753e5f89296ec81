import { type Check, count, duration, flag, fraction, object, oneOf, optional, text } from '../core/options.js';
import { type Attempt, stateCheck } from './attempt.js';

export type RampPhase = 'ramping' | 'paused' | 'kept' | 'promoted' | 'rolled-back';

/** The own part of the state of a strategy whose share grows by stages. */
export type RampState = Attempt & {
  readonly phase: RampPhase;
  readonly stage: string;
  readonly share: number;
  readonly approved: boolean;
  /** A guardrail rolled back, not a person: only then a retry starts by itself. */
  readonly byMachine: boolean;
  readonly why: string;
};

/** What a stored own part must look like. */
export const rampStateCheck: Check = stateCheck({
  phase: oneOf('ramping', 'paused', 'kept', 'promoted', 'rolled-back'),
  stage: text,
  share: fraction,
  approved: flag,
  byMachine: flag,
  why: text,
});

/** New attempts after a rollback by a guardrail, so many times, so long after it. */
export interface Retry {
  readonly times: number;
  readonly afterMs: number;
  /** The units of the failed attempt stay where they were. Default false: they are spread anew. */
  readonly sameUnits?: boolean;
}

/** The check of an option that takes a retry. */
export const retryCheck: Check = object({ times: count, afterMs: duration, sameUnits: optional(flag) });

/** What the phases are to everybody else. */
export const statusPhases = {
  ramping: 'running',
  paused: 'paused',
  kept: 'waiting',
  promoted: 'settled',
  'rolled-back': 'settled',
} as const;
