import { type Check, object, optional } from '../core/options.js';
import { branchCheck } from './children.js';
import { type RampOptions, type RampPhase, type RampState, rampKeys } from './ramp-state.js';
import { type Stage, stagesCheck } from './stages.js';

/** Options of a canary. */
export interface CanaryOptions<B, C, G, Q extends string> extends RampOptions<G> {
  readonly baseline: B;
  readonly candidate: C;
  /** Default: 1 %, 5 %, 25 %, 50 %, each for at least 10 minutes and 100 outcomes. See `linear` and `exponential`. */
  readonly stages?: readonly Stage<Q>[];
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
  ...rampKeys,
});
