import { need } from '../stats/domain.js';
import type { Policy } from './evidence.js';
import { indexPolicy } from './index-policy.js';

/**
 * The mean plus sqrt(ln+(t / (K n)) / n): MOSS of Audibert and Bubeck (2009), whose worst regret is least. `horizon` is the number of
 * decisions that there will be, if it is known; without it `t` is the number so far (the anytime form).
 */
export function moss(options: { readonly horizon?: number } = {}): Policy {
  const { horizon } = options;
  if (horizon !== undefined)
    need(horizon >= 1 && horizon < Infinity, 'moss', 'horizon', 'a number, 1 or more', horizon);
  return indexPolicy('moss', ({ mean, n }, t, arms) => {
    const log = Math.log((horizon ?? t) / (arms * n));
    return mean + Math.sqrt(Math.max(0, log) / n);
  });
}
