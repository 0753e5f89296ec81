import { need } from '../../stats/domain.js';
import { dot, leverage } from './linear-sums.js';
import { type ContextualPolicy, greatestOf, type LinearOptions, linearPolicy } from './policy.js';

/**
 * The arm that might be best here: x theta + alpha sqrt(x' A^-1 x), LinUCB with disjoint models (Li, Chu, Langford and Schapire 2010).
 * `alpha` (default 1) is in units of a reward. The choice is certain, given the context: only a floor gives it propensities.
 */
export function linUcb(options: LinearOptions & { readonly alpha?: number } = {}): ContextualPolicy {
  const { alpha = 1, ridge = 1 } = options;
  need(alpha >= 0 && alpha < Infinity, 'linUcb', 'alpha', 'a number, 0 or more', alpha);
  return linearPolicy('lin-ucb', ridge, (fits) => {
    const scores = new Float64Array(fits.length);
    return (x, out) => {
      fits.forEach((fit, arm) => (scores[arm] = dot(fit.theta, x) + alpha * leverage(fit, x)));
      greatestOf(scores, out);
    };
  });
}
