import { incompleteGamma, logGammaPrefix } from './incomplete-gamma.js';
import { logGamma } from './log-gamma.js';
import { zeroBelow } from './newton.js';

/** Where the search begins, as ln x: the first term of the power series, or Wilson and Hilferty's cube (1931). */
function start(a: number, logTail: number, isLower: boolean): number {
  const z = (Math.sqrt(-2 * logTail) - 0.9) * (isLower ? -1 : 1);
  const root = 1 - 1 / (9 * a) + z / (3 * Math.sqrt(a));
  if (root > 0.3) return Math.log(a) + 3 * Math.log(root);
  return ((isLower ? logTail : Math.log(-Math.expm1(logTail))) + logGamma(a + 1)) / a;
}

/** The x with P(a, x) = exp(logTail), or with `isLower` false, with Q(a, x) = exp(logTail). */
export function gammaPoint(a: number, logTail: number, isLower: boolean): number {
  if (logTail === -Infinity) return isLower ? 0 : Infinity;
  // No tail that a number can hold lies beyond this: Q(a, x) < exp(-x/2 + a) for x > 4 a.
  const high = Math.log(4 * a - 4 * logTail + 4);
  const u = zeroBelow(high, start(a, logTail, isLower), isLower, (u) => {
    const x = Math.exp(u);
    const { logLower, logUpper } = incompleteGamma(a, x);
    const log = isLower ? logLower : logUpper;
    const slope = Math.exp(logGammaPrefix(a, x) - log);
    return { value: log - logTail, slope: isLower ? slope : -slope };
  });
  return Math.exp(u);
}
