import { indexPolicy } from './index-policy.js';
import type { Policy } from './evidence.js';

/** The mean plus sqrt(2 ln t / n): UCB1 of Auer, Cesa-Bianchi and Fischer (2002). It explores a lot. */
export function ucb1(): Policy {
  return indexPolicy('ucb1', ({ mean, n }, t) => mean + Math.sqrt((2 * Math.log(Math.max(1, t))) / n));
}

/**
 * UCB1 with the variance that was seen in place of the greatest one: UCB1-tuned of Auer, Cesa-Bianchi and Fischer (2002), which explores
 * arms of low rewards much less.
 */
export function ucb1Tuned(): Policy {
  return indexPolicy('ucb1-tuned', ({ mean, variance, n }, t) => {
    const perPull = Math.log(Math.max(1, t)) / n;
    return mean + Math.sqrt(perPull * Math.min(0.25, variance + Math.sqrt(2 * perPull)));
  });
}
