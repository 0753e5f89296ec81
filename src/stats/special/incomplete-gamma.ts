import { halfLogTwoPi } from './constants.js';
import { logRatioMinus } from './log1p-minus.js';
import { logGammaRise, stirlingError } from './log-gamma.js';
import { tailIntegral } from './tail-integral.js';
import { endTails, type Tails, tailsFrom } from './tails.js';

const integralFrom = 500;

/** ln(x^a e^-x / Gamma(a)), accurate also where a and x are large and close. */
export function logGammaPrefix(a: number, x: number): number {
  return a * logRatioMinus(x, a, x - a) - stirlingError(a) + 0.5 * Math.log(a) - halfLogTwoPi;
}

/** The power series of P(a, x) over its prefix; its terms fall from the start, since x < a + 1. */
function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < 2000 && term > 1e-17 * sum; n += 1) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/** The continued fraction of Q(a, x) over its prefix (NIST DLMF 8.9.2), by the modified Lentz method. */
function fraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < 2000; n += 1) {
    const numerator = n * (a - n);
    b += 2;
    d = 1 / (b + numerator * d);
    c = b + numerator / c;
    const factor = c * d;
    value *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return value;
}

/** The regularised incomplete gamma functions P(a, x) (lower) and Q(a, x) (upper) for a > 0 and x in [0, Infinity]. */
export function incompleteGamma(a: number, x: number): Tails {
  if (!(x > 0)) return endTails(true);
  if (x === Infinity) return endTails(false);
  const prefix = logGammaPrefix(a, x);
  const isLower = x < a + 1;
  if (a >= integralFrom) {
    const below = x < a;
    return tailsFrom(prefix + Math.log(tailIntegral(below ? -1 : 1, Math.abs(x - a), a, 0, 0)), below);
  }
  if (a < 1 && isLower) {
    // P is nearly 1 for small a; its logarithm must be right relative to itself, for Q is what is left.
    return tailsFrom(a * Math.log(x) - x - logGammaRise(1, a) + Math.log(a * series(a, x)), true);
  }
  return tailsFrom(prefix + Math.log(isLower ? series(a, x) : fraction(a, x)), isLower);
}
