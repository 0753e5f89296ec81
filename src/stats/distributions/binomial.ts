import { needCount, needProbability } from '../domain.js';
import { incompleteBeta } from '../special/incomplete-beta.js';
import { logBinomialMass } from '../special/log-mass.js';
import { endTails, mirrored, type Tails } from '../special/tails.js';
import { countPoint } from './count-point.js';
import { type DiscreteDistribution, discrete } from './distribution.js';

/** Both tails of the number of successes: P(X > k) is I_p(k + 1, n - k). */
export function binomialTails(k: number, n: number, p: number): Tails {
  if (k < 0) return endTails(true);
  if (k >= n) return endTails(false);
  return mirrored(incompleteBeta(k + 1, n - k, p, 1 - p));
}

/** The binomial distribution of successes among `n` trials (a whole number) of probability `p`. */
export const binomial: DiscreteDistribution<[n: number, p: number]> = /* @__PURE__ */ discrete({
  name: 'binomial',
  check(where, n, p) {
    needCount(where, 'n', n);
    needProbability(where, 'p', p);
  },
  tails: binomialTails,
  logPmf: (k, n, p) => logBinomialMass(k, n, p, 1 - p),
  point(logTail, isLower, n, p) {
    const z = (Math.sqrt(-2 * logTail) - 0.9) * (isLower ? -1 : 1);
    const guess = n * p + z * Math.sqrt(n * p * (1 - p));
    return countPoint(logTail, isLower, 0, n, guess, (k) => binomialTails(k, n, p));
  },
});
