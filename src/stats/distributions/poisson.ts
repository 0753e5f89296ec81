import { need } from '../domain.js';
import { incompleteGamma } from '../special/incomplete-gamma.js';
import { logPoissonMass } from '../special/log-mass.js';
import { endTails, mirrored, type Tails } from '../special/tails.js';
import { countPoint } from './count-point.js';
import { type DiscreteDistribution, discrete } from './distribution.js';

function tails(k: number, lambda: number): Tails {
  if (k < 0) return endTails(true);
  // P(X > k) is the lower incomplete gamma function of k + 1 at lambda.
  return mirrored(incompleteGamma(k + 1, lambda));
}

/** The Poisson distribution with mean `lambda`, 0 to 1e15: beyond that neighbouring counts cannot be told apart. */
export const poisson: DiscreteDistribution<[lambda: number]> = /* @__PURE__ */ discrete({
  name: 'poisson',
  check: (where, lambda) => need(lambda >= 0 && lambda <= 1e15, where, 'lambda', 'a number from 0 to 1e15', lambda),
  tails,
  logPmf: (k, lambda) => (lambda === 0 ? (k === 0 ? 0 : -Infinity) : logPoissonMass(k, lambda)),
  point(logTail, isLower, lambda) {
    if (logTail === -Infinity && !isLower) return lambda === 0 ? 0 : Infinity;
    const z = (Math.sqrt(-2 * logTail) - 0.9) * (isLower ? -1 : 1);
    // Beyond this count the upper tail is below exp(-800): too small for a number.
    const most = Math.ceil(lambda + 40 * Math.sqrt(lambda) + 1000);
    return countPoint(logTail, isLower, 0, most, lambda + z * Math.sqrt(lambda), (k) => tails(k, lambda));
  },
});
