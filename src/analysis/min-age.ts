import { duration, verify } from '../core/options.js';
import { durationOf } from './words.js';
import { gateOf, nameOf, noVerdict } from './rule.js';
import type { Gate } from './verdict.js';

/**
 * Passes once the stage, or the attempt where there are no stages, is `ms` milliseconds old: time for caches to fill, for a night
 * and a day to pass, for slow leaks to show. Throws ConfigError.
 */
export function minAge(ms: number): Gate<never> {
  verify('minAge', 'ms', ms, duration);
  const name = nameOf('minAge', ms);
  return gateOf(name, [], ({ now, since }) => {
    if (since === undefined) return noVerdict(name, 'error', 'nobody said when it began');
    const left = since + ms - now;
    if (!(left > 0)) return { rule: name, outcome: 'pass', reason: `at least ${durationOf(ms)} old`, n: 0 };
    const words = durationOf(left);
    return {
      rule: name,
      // Not insufficient data: what is missing is time, and that is what a deadline is about.
      outcome: 'inconclusive',
      reason: `${words} short of ${durationOf(ms)}`,
      n: 0,
      forecast: { outcomes: 0, ms: left, words },
    };
  });
}
