import { TurnoutError } from '../../core/errors.js';
import { show } from '../../core/options.js';
import type { ComparedPair, Comparison } from '../../plan/comparison.js';

/** The callback of a comparison that failed. */
export type ComparisonStep = 'compare' | 'ignore' | 'clean';

/** What a comparison makes of a pair. `error`: a callback threw, so the pair says nothing. */
export type Judgement =
  | { readonly verdict: 'same' | 'different' | 'ignored' }
  | { readonly verdict: 'error'; readonly step: ComparisonStep; readonly error: unknown };

function answer(step: ComparisonStep, ask: () => unknown): boolean | Judgement {
  try {
    const value = ask();
    if (typeof value === 'boolean') return value;
    // A promise is truthy: taken for an answer, it would make all pairs the same.
    const message = `${step} must return true or false (was ${show(value)}). It cannot be asynchronous.`;
    return { verdict: 'error', step, error: new TurnoutError('config', message) };
  } catch (error) {
    return { verdict: 'error', step, error };
  }
}

/** Holds two outputs against each other by the user's own callbacks. Never throws. */
export function judgePair(comparison: Comparison, pair: ComparedPair): Judgement {
  const { ignore } = comparison;
  if (ignore !== undefined) {
    const ignored = answer('ignore', () => ignore(pair));
    if (typeof ignored !== 'boolean') return ignored;
    if (ignored) return { verdict: 'ignored' };
  }
  const same = answer('compare', () => comparison.compare(pair));
  if (typeof same !== 'boolean') return same;
  return { verdict: same ? 'same' : 'different' };
}
