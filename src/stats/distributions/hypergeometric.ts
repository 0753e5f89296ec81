import { need, needCount } from '../domain.js';
import { logHypergeometricMass } from '../special/log-mass.js';
import { endTails, type Tails, tailsFrom } from '../special/tails.js';
import { countPoint } from './count-point.js';
import { type DiscreteDistribution, discrete } from './distribution.js';

const populationMax = 1e12;

/** The sum of P(k), P(k - 1), ... (or P(k), P(k + 1), ...) over P(k), away from the mode, where terms fall. */
function sumOutward(k: number, N: number, K: number, n: number, direction: 1 | -1): number {
  let sum = 1;
  let term = 1;
  for (let j = k; term > 1e-17 * sum; j += direction) {
    term *=
      direction < 0
        ? (j / (K - j + 1)) * ((N - K - n + j) / (n - j + 1))
        : ((K - j) / (j + 1)) * ((n - j) / (N - K - n + j + 1));
    sum += term;
  }
  return sum;
}

/** Both tails; the one beyond the mode is summed term by term, some ten standard deviations of them at most. */
export function hypergeometricTails(k: number, N: number, K: number, n: number): Tails {
  if (k < Math.max(0, n - (N - K))) return endTails(true);
  if (k >= Math.min(K, n)) return endTails(false);
  if (k < (n / N) * K) return tailsFrom(logHypergeometricMass(k, N, K, n) + Math.log(sumOutward(k, N, K, n, -1)), true);
  return tailsFrom(logHypergeometricMass(k + 1, N, K, n) + Math.log(sumOutward(k + 1, N, K, n, 1)), false);
}

/** The hypergeometric distribution of successes among `n` draws without return from `N` (up to 1e12) of which `K` are. */
export const hypergeometric: DiscreteDistribution<[N: number, K: number, n: number]> = /* @__PURE__ */ discrete({
  name: 'hypergeometric',
  check(where, N, K, n) {
    needCount(where, 'N', N);
    need(N <= populationMax, where, 'N', 'at most 1e12, to keep the sum short', N);
    needCount(where, 'K', K);
    need(K <= N, where, 'K', `at most N = ${N}`, K);
    needCount(where, 'n', n);
    need(n <= N, where, 'n', `at most N = ${N}`, n);
  },
  tails: hypergeometricTails,
  logPmf(k, N, K, n) {
    if (k < Math.max(0, n - (N - K)) || k > Math.min(K, n)) return -Infinity;
    return N === 0 ? 0 : logHypergeometricMass(k, N, K, n);
  },
  point(logTail, isLower, N, K, n) {
    const mean = N === 0 ? 0 : (n / N) * K;
    const sd = N < 2 ? 0 : Math.sqrt((mean * (1 - K / N) * (N - n)) / (N - 1));
    const z = (Math.sqrt(-2 * logTail) - 0.9) * (isLower ? -1 : 1);
    const [least, most] = [Math.max(0, n - (N - K)), Math.min(K, n)];
    return countPoint(logTail, isLower, least, most, mean + z * sd, (k) => hypergeometricTails(k, N, K, n));
  },
});
