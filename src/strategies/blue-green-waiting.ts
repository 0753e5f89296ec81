import { type Gate, type Judged, type Verdict, judge } from '../analysis/verdict.js';
import { promotionAllowed } from '../core/calendar.js';
import { epochStrataOf } from './attempt.js';
import type { BlueGreenOptions, BlueGreenState, KeepWarm } from './blue-green-options.js';
import { missingOf } from './blue-green-readiness.js';
import { heldWords } from './guarding.js';
import { gateJudged, judgedIn, validApprovals } from './judging.js';
import type { View } from './strategy.js';

/** The options that say what is waited for. */
export type Waits = Omit<BlueGreenOptions<unknown, unknown, unknown, Gate>, 'blue' | 'green' | 'guardrails'>;

/** How long the bake takes unless the options say otherwise. */
const defaultBakeMs = 600_000;
/** How long blue is kept warm unless the options say otherwise. */
const defaultKeepWarm: KeepWarm = { ms: 86_400_000 };

/** True while something can still happen by itself. */
export function movesByItself({ keepWarm }: Waits, { phase }: BlueGreenState): boolean {
  return phase === 'live' ? keepWarm !== 'forever' : phase !== 'retired' && phase !== 'rolled-back';
}

/** What the gates of the switch are asked with. */
export function switchJudged({ approvalExpiresMs }: Waits, own: BlueGreenState, view: View): Judged {
  return gateJudged(judgedIn(view, own, 'green'), own, own.since, approvalExpiresMs);
}

/** What the gates say; nothing but before the switch. */
export function switchVerdicts(options: Waits, own: BlueGreenState, view: View): readonly Verdict[] {
  const { gates = [] } = options;
  if (own.phase !== 'ready') return [];
  const judged = switchJudged(options, own, view);
  return gates.map((gate) => judge(gate, judged));
}

/** What must come before the node moves on; with the figures of a look, and what its gates said, where there is one. */
export function waitingOf(
  options: Waits,
  own: BlueGreenState,
  view?: View,
  verdicts?: readonly Verdict[],
): readonly string[] {
  if (own.paused) return ['resume()'];
  if (!movesByItself(options, own)) return [];
  return [...phaseWaits(options, own, view, verdicts), ...heldWords(own)];
}

function phaseWaits(
  options: Waits,
  own: BlueGreenState,
  view: View | undefined,
  verdicts: readonly Verdict[] | undefined,
): readonly string[] {
  if (own.phase === 'preparing') return missingOf(options, own);
  if (own.phase === 'ready') return switchWaits(options, own, view, verdicts);
  if (own.phase === 'baking') {
    const { bakeMs = defaultBakeMs, minOutcomes = 0 } = options;
    return [...untilAge('bake', bakeMs, own, view), ...untilCount('outcomes', minOutcomes, own, view)];
  }
  const { ms = 0, requests = 0 } = options.keepWarm === 'forever' ? {} : (options.keepWarm ?? defaultKeepWarm);
  return [...untilAge('keep blue warm', ms, own, view), ...untilCount('exposed', requests, own, view)];
}

function switchWaits(
  { gates = [], approvalExpiresMs, calendar = {}, ...options }: Waits,
  own: BlueGreenState,
  view: View | undefined,
  verdicts: readonly Verdict[] | undefined,
): readonly string[] {
  const open =
    verdicts === undefined
      ? gates.map(({ name }) => name)
      : verdicts.filter(({ outcome }) => outcome !== 'pass').map(({ rule, reason }) => `${rule}: ${reason}`);
  const now = view?.now ?? own.since;
  const isApproved = validApprovals(own.guard?.approvals, now, approvalExpiresMs).length > 0;
  const waits = [...open, ...(options.switch === 'approved' && !isApproved ? ['approval'] : [])];
  if (waits.length > 0 || view === undefined) return waits;
  const { allowed, why = 'the calendar' } = promotionAllowed(calendar, now);
  return allowed ? [] : [why];
}

function untilAge(what: string, ms: number, { since }: BlueGreenState, view: View | undefined): readonly string[] {
  if (view === undefined) return ms > 0 ? [`${what} for ${ms} ms`] : [];
  const age = view.now - since;
  return age >= ms ? [] : [`${what} for ${ms} ms (now ${Math.max(0, Math.floor(age))})`];
}

const words = { outcomes: 'outcomes', exposed: 'requests' } as const;

function untilCount(
  what: keyof typeof words,
  least: number,
  own: BlueGreenState,
  view: View | undefined,
): readonly string[] {
  if (view === undefined) return least > 0 ? [`${least} ${words[what]}`] : [];
  const have = epochStrataOf(view, own).reduce((sum, { cells }) => sum + (cells['green']?.[what] ?? 0), 0);
  return have >= least ? [] : [`${least - have} more ${words[what]}`];
}
