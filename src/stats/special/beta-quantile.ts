import { incompleteBeta, logBetaPrefix } from './incomplete-beta.js';
import { logBeta } from './log-gamma.js';
import { zeroBelow } from './newton.js';

/** A point of (0, 1) with its complement, each to full relative accuracy. */
export interface UnitPoint {
  readonly x: number;
  readonly y: number;
}

/** Where the search begins, as ln x: the first term of the power series, or the normal approximation of the logit. */
function start(a: number, b: number, logTail: number, isLower: boolean): number {
  const logP = isLower ? logTail : Math.log(-Math.expm1(logTail));
  if (Math.min(a, b) < 2) return (logP + Math.log(a) + logBeta(a, b)) / a;
  const z = Math.sqrt(-2 * logTail) - 0.9;
  const logit = Math.log(a / b) + (isLower ? -z : z) * Math.sqrt(1 / a + 1 / b);
  return -Math.log1p(Math.exp(-logit));
}

/**
 * The point with I_x(a, b) = exp(logTail), or with `isLower` false, with 1 - I_x(a, b) = exp(logTail).
 *
 * The search runs over ln x left of the mean and over ln(1 - x) right of it, so both ends of the interval are resolved
 * however close to them the answer lies.
 */
export function betaPoint(a: number, b: number, logTail: number, isLower: boolean): UnitPoint {
  if (logTail === -Infinity) return isLower ? { x: 0, y: 1 } : { x: 1, y: 0 };
  const sum = a + b;
  const middle = incompleteBeta(a, b, a / sum, b / sum);
  const leftOfMean = isLower ? middle.logLower >= logTail : middle.logUpper <= logTail;
  if (!leftOfMean) {
    const { x, y } = leftPoint(b, a, logTail, !isLower);
    return { x: y, y: x };
  }
  return leftPoint(a, b, logTail, isLower);
}

function leftPoint(a: number, b: number, logTail: number, isLower: boolean): UnitPoint {
  const high = -Math.log1p(b / a);
  const u = zeroBelow(high, start(a, b, logTail, isLower), isLower, (u) => {
    const [x, y] = [Math.exp(u), -Math.expm1(u)];
    const { logLower, logUpper } = incompleteBeta(a, b, x, y);
    const log = isLower ? logLower : logUpper;
    const slope = Math.exp(logBetaPrefix(a, b, x, y) - log) / y;
    return { value: log - logTail, slope: isLower ? slope : -slope };
  });
  return { x: Math.exp(u), y: -Math.expm1(u) };
}
