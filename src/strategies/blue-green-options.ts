import { type Calendar, calendarCheck } from '../core/calendar.js';
import { type Condition, conditionCheck } from '../core/conditions.js';
import {
  type Check,
  all,
  callable,
  count,
  duration,
  flag,
  listOf,
  must,
  object,
  oneOf,
  optional,
  positive,
  recordOf,
  text,
} from '../core/options.js';
import { type Attempt, stateCheck } from './attempt.js';
import { branchCheck } from './children.js';
import { approvedBefore } from './guard.js';
import { type GuardOptions, guardKeys } from './guarding.js';
import { gateCheck } from './judging.js';

/** A trial of green before the switch. It fails by throwing, by rejecting, or by giving `false`. */
export interface ReadinessCheck {
  readonly name: string;
  readonly run: (signal: AbortSignal) => unknown;
  /** Default 60 000. */
  readonly timeoutMs?: number;
}

/** How long blue stays loaded after the bake: until all that is given here has passed. */
export interface KeepWarm {
  readonly ms?: number;
  /** Requests that green has answered since the bake. */
  readonly requests?: number;
}

/** Options of a blue-green switch. */
export interface BlueGreenOptions<B, C, G, H = never> extends GuardOptions<G> {
  /** What serves now. */
  readonly blue: B;
  /** What shall serve. */
  readonly green: C;
  /** Who reaches the idle side: green before the switch, blue while it is kept warm after it. Default: nobody. */
  readonly testers?: Condition;
  /** Run in every replica before the checks: fill caches, send a few requests. Fails as a check does. */
  readonly warm?: (signal: AbortSignal) => unknown;
  /** Run once in the whole fleet, side by side, after `warm`. All must pass before the switch. */
  readonly checks?: readonly ReadinessCheck[];
  /** Must all pass before the switch. There is no traffic to judge yet: `validated`, `approved` or your own. */
  readonly gates?: readonly H[];
  /** Whether the switch waits for `approve()`. Default `'automatic'`. */
  readonly switch?: 'automatic' | 'approved';
  /** How long an approval counts: then it is waited for again. Default: for ever. */
  readonly approvalExpiresMs?: number;
  /** When the switch may happen. Rollbacks never wait for it. */
  readonly calendar?: Calendar;
  /** How long green is judged after the switch before it counts as live. Default 600 000, ten minutes. */
  readonly bakeMs?: number;
  /** Settled calls of green before the bake ends. Default 0. */
  readonly minOutcomes?: number;
  /** How long blue stays loaded after the bake, for an instant way back. Default `{ ms: 86_400_000 }`, a day. */
  readonly keepWarm?: KeepWarm | 'forever';
  /** When `warm` or a check fails: keep green idle until a person decides, or give the attempt up. Default `'hold'`. */
  readonly onCheckFailure?: 'hold' | 'rollback';
  /** The attribute that names the unit of an exposure. Default `targetingKey`. */
  readonly unit?: string;
  /** What units are hashed with. Default: the node's path. */
  readonly salt?: string;
}

const phases = ['preparing', 'ready', 'baking', 'live', 'retired', 'rolled-back'] as const;

export type BlueGreenPhase = (typeof phases)[number];

/** The own part of a blue-green state. */
export type BlueGreenState = Attempt & {
  readonly phase: BlueGreenPhase;
  readonly paused: boolean;
  /** What `warm` and the checks came to in this attempt, by task name. A failure stays. */
  readonly results: { readonly [task: string]: { readonly ok: boolean; readonly detail: string } };
  readonly why: string;
};

export const blueGreenStateCheck: Check = stateCheck({
  phase: oneOf(...phases),
  paused: flag,
  ...approvedBefore,
  results: recordOf(object({ ok: flag, detail: must('a text', (value) => typeof value === 'string') })),
  why: text,
});

const hasLimit = must(
  'an object with ms, requests or both',
  (value) => Object.values(value as object).some((limit) => limit !== undefined),
  () => "Or 'forever'.",
);
const limits = all(object({ ms: optional(duration), requests: optional(count) }), hasLimit);

const keepWarmCheck: Check = (value, path, issues) => {
  if (typeof value === 'object' && value !== null) limits(value, path, issues);
  else oneOf('forever')(value, path, issues);
};

const namesDiffer: Check = (value, path, issues) => {
  const names = Array.isArray(value) ? (value as readonly { name?: unknown }[]).map((check) => check?.name) : [];
  names.forEach((name, index) => {
    if (names.indexOf(name) === index) return;
    issues.push({
      path: `${path}[${index}].name`,
      message: `must differ from the names before (was '${String(name)}').`,
    });
  });
};

const readinessCheck = object({
  name: text,
  run: callable,
  timeoutMs: optional(positive),
});

export const blueGreenCheck: Check = object({
  blue: branchCheck,
  green: branchCheck,
  testers: optional(conditionCheck),
  warm: optional(callable),
  checks: optional(all(listOf(readinessCheck, { max: 50 }), namesDiffer)),
  switch: optional(oneOf('automatic', 'approved')),
  calendar: optional(calendarCheck),
  bakeMs: optional(duration),
  minOutcomes: optional(count),
  ...guardKeys,
  gates: optional(listOf(gateCheck)),
  approvalExpiresMs: optional(positive),
  keepWarm: optional(keepWarmCheck),
  onCheckFailure: optional(oneOf('hold', 'rollback')),
  unit: optional(text),
  salt: optional(text),
});
