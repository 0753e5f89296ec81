import type { Approval, CheckResult } from '../analysis/verdict.js';
import {
  type Check,
  anything,
  count,
  duration,
  flag,
  listOf,
  must,
  object,
  optional,
  recordOf,
} from '../core/options.js';

/** A guardrail that broke, after which nothing moves forward by itself before `approve()`. */
export type Held = {
  readonly rule: string;
  readonly why: string;
  /** Whether the approval excuses the guardrail for the rest of the attempt. After a step back it does not: it is judged anew. */
  readonly excuses: boolean;
};

/**
 * What guardrails, gates and people have said in an attempt, latched, since sums cannot tell that something happened. All of it may
 * be absent: a state that was stored before there was such a thing is one in which nothing was said.
 */
export type Guard = {
  readonly held?: Held;
  /** Guardrails that a person has excused, by name. */
  readonly excused?: readonly string[];
  /** Why the pair must not be tried again without an override. */
  readonly quarantined?: string;
  /** Who promoted, if it was a person: no guardrail undoes that. */
  readonly promotedBy?: string;
  /** Given since the stage began, the oldest first. */
  readonly approvals?: readonly Approval[];
  /** How the checks that gates asked for have ended, by name. */
  readonly checks?: { readonly [name: string]: CheckResult };
  /** What was told once and is not told again. */
  readonly told?: readonly string[];
  /** When the share last fell, ms since 1970; kept in the next attempt. */
  readonly fellAt?: number;
  /** When the machine last rolled back, stepped back or tried again; kept in the next attempt. */
  readonly flips?: readonly number[];
};

const approvalsMax = 50;
const flipsMax = 100;

/** Who gave an order may be nobody's name, and why may be nothing. */
const anyText = must('a text', (value) => typeof value === 'string');

/** What a stored guard must look like. */
export const guardCheck: Check = object({
  held: optional(object({ rule: anyText, why: anyText, excuses: flag })),
  excused: optional(listOf(anyText)),
  quarantined: optional(anyText),
  promotedBy: optional(anyText),
  approvals: optional(listOf(object({ by: anyText, at: count }), { max: approvalsMax })),
  checks: optional(recordOf(object({ ok: flag, at: count, detail: anything }))),
  told: optional(listOf(anyText)),
  fellAt: optional(duration),
  flips: optional(listOf(count, { max: flipsMax })),
});

type Guarded = { readonly guard?: Guard };

/** The state with a changed guard. A key that is `undefined` is taken out, and a guard that nothing is left of. */
export function withGuard<O extends Guarded>(own: O, change: { readonly [K in keyof Guard]: Guard[K] | undefined }): O {
  const { guard, ...rest } = own;
  const entries = Object.entries({ ...guard, ...change }).filter(([, value]) => value !== undefined);
  return { ...(rest as O), ...(entries.length > 0 && { guard: Object.fromEntries(entries) }) };
}

/** The state without what was said in its attempt. */
export function withoutGuard<O extends Guarded>({ guard: _said, ...own }: O): O {
  return own as unknown as O;
}

/** The state with one more approval. Beyond 50 the oldest are forgotten. */
export function withApproval<O extends Guarded>(own: O, approval: Approval): O {
  return withGuard(own, { approvals: [...(own.guard?.approvals ?? []), approval].slice(-approvalsMax) });
}

/** The state after a fall of the share at `now`; by the machine, it is a flip. */
export function withFall<O extends Guarded>(own: O, now: number, byMachine: boolean): O {
  const fallen = withGuard(own, { fellAt: Math.floor(now), promotedBy: undefined, held: undefined });
  return byMachine ? withFlip(fallen, now) : fallen;
}

/** A new attempt's state with what outlives an attempt. */
export function carried<O extends Guarded>(next: O, { guard }: Guarded): O {
  return withGuard(next, { fellAt: guard?.fellAt, flips: guard?.flips });
}

/** The state after a flip by the machine. */
export function withFlip<O extends Guarded>(own: O, now: number): O {
  return withGuard(own, { flips: [...(own.guard?.flips ?? []), Math.floor(now)].slice(-flipsMax) });
}

/** The key of states that were stored before approvals had names. */
export const approvedBefore = { approved: optional(flag) };

/** Such a state as this version writes it: the approval counts from when its stage began. */
export function namedApproval<O extends Guarded & { readonly since: number }>(own: O): O {
  if (!('approved' in own)) return own;
  const { approved, ...rest } = own;
  const state = rest as unknown as O;
  return approved === true ? withApproval(state, { by: 'a person', at: Math.floor(own.since) }) : state;
}
