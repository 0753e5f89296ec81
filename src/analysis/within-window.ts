import { type Calendar, calendarCheck, promotionAllowed } from '../core/calendar.js';
import { verify } from '../core/options.js';
import { gateOf } from './rule.js';
import type { Gate } from './verdict.js';
import { durationOf } from './words.js';

/**
 * Passes inside the windows of a calendar and outside of its freezes, for one stage; a strategy's own `calendar` is for all of them.
 * Time zones and clock changes are read as `Calendar` says. Throws ConfigError.
 */
export function withinWindow(calendar: Calendar): Gate<never> {
  verify('withinWindow', 'calendar', calendar, calendarCheck);
  const name = 'withinWindow';
  return gateOf(name, [], ({ now }) => {
    const { allowed, why = 'not in a window', nextChange } = promotionAllowed(calendar, now);
    if (allowed) return { rule: name, outcome: 'pass', reason: 'in a window', n: 0 };
    const verdict = { rule: name, outcome: 'inconclusive', reason: why, n: 0 } as const;
    if (nextChange === undefined) return verdict;
    const ms = nextChange - now;
    return { ...verdict, forecast: { outcomes: 0, ms, words: durationOf(ms) } };
  });
}
