import { promotionAllowed } from '../core/calendar.js';
import { epochStrataOf } from './attempt.js';
import type { BlueGreenOptions, BlueGreenState, KeepWarm } from './blue-green-options.js';
import { missingOf } from './blue-green-readiness.js';
import type { View } from './strategy.js';

type Waits = Omit<BlueGreenOptions<unknown, unknown, unknown>, 'blue' | 'green' | 'guardrails'>;

/** How long the bake takes unless the options say otherwise. */
const defaultBakeMs = 600_000;
/** How long blue is kept warm unless the options say otherwise. */
const defaultKeepWarm: KeepWarm = { ms: 86_400_000 };

/** True while something can still happen by itself. */
export function movesByItself({ keepWarm }: Waits, { phase }: BlueGreenState): boolean {
  return phase === 'live' ? keepWarm !== 'forever' : phase !== 'retired' && phase !== 'rolled-back';
}

/** What must come before the node moves on; with the figures of a look where there is one. */
export function waitingOf(options: Waits, own: BlueGreenState, view?: View): readonly string[] {
  if (own.paused) return ['resume()'];
  if (own.phase === 'preparing') return missingOf(options, own);
  if (own.phase === 'ready') {
    if (options.switch === 'approved' && !own.approved) return ['approval'];
    const { allowed, why = 'the calendar' } = promotionAllowed(options.calendar ?? {}, view?.now ?? own.since);
    return allowed || view === undefined ? [] : [why];
  }
  if (own.phase === 'baking') {
    const { bakeMs = defaultBakeMs, minOutcomes = 0 } = options;
    return [...untilAge('bake', bakeMs, own, view), ...untilCount('outcomes', minOutcomes, own, view)];
  }
  if (own.phase !== 'live' || !movesByItself(options, own)) return [];
  const { ms = 0, requests = 0 } = options.keepWarm === 'forever' ? {} : (options.keepWarm ?? defaultKeepWarm);
  return [...untilAge('keep blue warm', ms, own, view), ...untilCount('exposed', requests, own, view)];
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
