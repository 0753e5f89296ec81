import { type Calendar, calendarCheck } from '../core/calendar.js';
import { type Check, listOf, object, oneOf, optional, text } from '../core/options.js';
import { branchCheck } from './children.js';
import { guardrailCheck } from './judging.js';
import { type RampPhase, type RampState, type Retry, retryCheck } from './ramp-state.js';
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
  readonly retry?: Retry;
  /** The attribute that must keep seeing the same model. Default `targetingKey`. */
  readonly unit?: string;
  /** What units are hashed with. Default: the node's path. */
  readonly salt?: string;
}

export type CanaryPhase = RampPhase;

/** The own part of a canary's state. */
export type CanaryState = RampState;

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
  retry: optional(retryCheck),
  unit: optional(text),
  salt: optional(text),
});
