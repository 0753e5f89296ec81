import { needProbability } from '../domain.js';
import { needEventCount } from './event-count.js';
import { type Harm, oddsMixture } from './odds-mixture.js';

/**
 * Evidence that a rate is beyond an absolute limit: a one-sided mixture of likelihood ratios, an e-process in logs.
 *
 * The null is rate <= `limit` when harm is more events, rate >= `limit` when it is fewer. The alternatives have 1.1,
 * 1.2, 1.4, 1.7, 2, 3, 5 and 10 times the odds of the limit (more), or .98, .95, .9, .8, .7, .5, .3 and .1 times
 * (fewer). The expected factor of every observation is at most 1 for each rate on the null's side, so E reaches 1/alpha
 * with probability at most alpha at every sample size. It is Wald's sequential likelihood ratio (1945), averaged over
 * alternatives (Ville 1939).
 *
 * For a latency's quantile q against a limit, count the outcomes above the limit as events against a rate of 1 - q. A
 * limit that allows no event (0, or 1 when harm is fewer) is refuted by the first: `logE` is Infinity. Throws `domain`
 * unless 0 <= events <= n are whole numbers and the limit is a fraction in [0, 1].
 */
export function bernoulliMixture(observed: {
  readonly events: number;
  readonly n: number;
  readonly limit: number;
  readonly harm: Harm;
}): { readonly logE: number } {
  const { events, n, limit, harm } = observed;
  needEventCount('bernoulliMixture', 'observed', observed);
  needProbability('bernoulliMixture', 'limit', limit);
  const impossible = harm === 'more' ? limit === 0 && events > 0 : limit === 1 && events < n;
  return { logE: impossible ? Infinity : oddsMixture(events, [{ trials: n, chance: limit }], harm) };
}
