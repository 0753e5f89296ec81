import type { Gate } from '../analysis/verdict.js';
import {
  type Check,
  callable,
  count,
  duration,
  flag,
  fraction,
  listOf,
  must,
  object,
  oneOf,
  optional,
  positive,
  text,
} from '../core/options.js';
import type { ComparedPair } from '../plan/comparison.js';
import { type Attempt, stateCheck } from './attempt.js';
import { branchCheck } from './children.js';
import type { Comparator } from './comparators.js';
import { type GuardOptions, guardKeys } from './guarding.js';
import { gateCheck } from './judging.js';

/** The arm of the primary in a shadow's evidence. */
export const primaryArm = 'primary';
/** The arm of the primary's second call, which shows how much it differs from itself. */
export const noiseFloorArm = 'noise-floor';

/** When a shadow has seen enough. All that is given must hold, for every shadow. */
export interface ShadowUntil<H> {
  /** Since the mirroring began or was resumed. */
  readonly minAgeMs?: number;
  /** Settled calls of each shadow in this attempt. */
  readonly minOutcomes?: number;
  readonly gates?: readonly H[];
  /** How long an approval that a gate waits for counts. Default: until the mirroring is complete. */
  readonly approvalExpiresMs?: number;
}

/** Options of a shadow. */
export interface ShadowOptions<P, S, G, H> extends GuardOptions<G> {
  /** What answers. Its output, its time and its errors are never touched. */
  readonly primary: P;
  /** The models that get a copy of the request; each is an arm of its name. */
  readonly shadow: S | readonly S[];
  /** The fraction of the requests that are copied, or of the units where `unit` is given. Default 1. */
  readonly share?: number;
  /** Mirror always the same units, by this attribute. Default: each request is drawn. */
  readonly unit?: string;
  /** What requests or units are drawn with. Default: the node's path. */
  readonly salt?: string;
  /** Whether two outputs agree. Default `exact()`; see `withinTolerance`, `setOverlap`, `rankOverlap`. */
  readonly compare?: Comparator;
  /** True for pairs that must not be judged. */
  readonly ignore?: (pair: ComparedPair) => boolean;
  /** What is kept of an output in the sample of differences. Default: all of it. */
  readonly clean?: (output: unknown) => unknown;
  /** Mirror the primary to itself as the arm `noise-floor`, which costs another call. Default false. */
  readonly noiseFloor?: boolean;
  /** When the mirroring is complete and stops by itself. Default: never. */
  readonly until?: ShadowUntil<H>;
}

const phases = ['mirroring', 'paused', 'complete', 'rolled-back'] as const;

export type ShadowPhase = (typeof phases)[number];

/** The own part of a shadow's state. */
export type ShadowState = Attempt & { readonly phase: ShadowPhase; readonly why: string };

export const shadowStateCheck: Check = stateCheck({ phase: oneOf(...phases), why: text });

/** The shadows as a list, whichever way they were given. */
export function shadowsOf<S>(shadow: S | readonly S[]): readonly S[] {
  return Array.isArray(shadow) ? (shadow as readonly S[]) : [shadow as S];
}

const shadowName = must(
  `a model's name other than '${primaryArm}' and '${noiseFloorArm}', which are arms already`,
  (value) => typeof value === 'string' && value !== '' && value !== primaryArm && value !== noiseFloorArm,
);

const shadowNames = listOf(shadowName, { min: 1, max: 8 });

const shadowsDiffer: Check = (value, path, issues) => {
  const { primary, shadow } = value as Partial<ShadowOptions<unknown, unknown, never, Gate>>;
  const shadows = shadowsOf(shadow);
  shadows.forEach((name, index) => {
    const at = Array.isArray(shadow) ? `${path}.shadow[${index}]` : `${path}.shadow`;
    if (shadows.indexOf(name) < index) {
      issues.push({ path: at, message: `must differ from the shadows before (was '${String(name)}').` });
    }
    if (typeof name === 'string' && name === primary) {
      issues.push({ path: at, message: 'must not be the primary. Use `noiseFloor: true` to mirror it to itself.' });
    }
  });
};

const saysWhen = must('an object with minAgeMs, minOutcomes, gates or more of them', (value) =>
  Object.values(value as object).some((limit) => limit !== undefined),
);
const untilShape = object({
  minAgeMs: optional(duration),
  minOutcomes: optional(count),
  gates: optional(listOf(gateCheck)),
  approvalExpiresMs: optional(positive),
});
const untilCheck: Check = (value, path, issues) => {
  const before = issues.length;
  untilShape(value, path, issues);
  if (issues.length === before) saysWhen(value, path, issues);
};

const shape = object({
  primary: branchCheck,
  shadow: (value, path, issues) => (Array.isArray(value) ? shadowNames : shadowName)(value, path, issues),
  share: optional(fraction),
  unit: optional(text),
  salt: optional(text),
  compare: optional(callable),
  ignore: optional(callable),
  clean: optional(callable),
  noiseFloor: optional(flag),
  ...guardKeys,
  until: optional(untilCheck),
});

export const shadowCheck: Check = (value, path, issues) => {
  const before = issues.length;
  shape(value, path, issues);
  if (issues.length === before) shadowsDiffer(value, path, issues);
};
