import { halfLogTwoPi } from './constants.js';
import { logRatioMinus } from './log1p-minus.js';
import { logGammaRise, stirlingError } from './log-gamma.js';
import { tailIntegral } from './tail-integral.js';
import { endTails, type Tails, tailsFrom } from './tails.js';

const integralFrom = 500;
const splitter = 2 ** 27 + 1;

/** What rounding took from the product of two numbers (T. J. Dekker, 1971). */
function productError(p: number, q: number, product: number): number {
  const pBig = p * splitter;
  const pHigh = pBig - (pBig - p);
  const qBig = q * splitter;
  const qHigh = qBig - (qBig - q);
  const pLow = p - pHigh;
  const qLow = q - qHigh;
  return pLow * qLow - (product - pHigh * qHigh - pLow * qHigh - pHigh * qLow);
}

/**
 * a - (a + b) x to full relative accuracy: how far x lies below the mean, times a + b. It is all the exponent depends on,
 * and at a = b = 1e9 plain arithmetic would leave it five digits.
 */
export function distanceBelowMean(a: number, b: number, x: number, y: number): number {
  if (x > y) return -distanceBelowMean(b, a, y, x);
  const sum = a + b;
  const sumError = a > b ? a - sum + b : b - sum + a;
  const product = sum * x;
  return a - product - productError(sum, x, product) - sumError * x;
}

/** ln(x^a y^b / B(a, b)) for x + y = 1, by the saddle point: no difference of large logarithms. */
export function logBetaPrefix(a: number, b: number, x: number, y: number): number {
  const sum = a + b;
  const distance = distanceBelowMean(a, b, x, y);
  const exponent = a * logRatioMinus(sum * x, a, -distance) + b * logRatioMinus(sum * y, b, distance);
  const correction = stirlingError(sum) - stirlingError(a) - stirlingError(b);
  return exponent + correction + 0.5 * Math.log((a / sum) * b) - halfLogTwoPi;
}

/**
 * The continued fraction of I_x(a, b) over its prefix, by the modified Lentz method: the even part of NIST DLMF 8.17.22,
 * written in the distance below the mean, so that nothing cancels when a is in the billions and x is nearly 1.
 */
function fraction(a: number, b: number, x: number, distance: number): number {
  let value = (a * (distance + 1)) / (a + 1);
  let c = value;
  let d = 0;
  for (let n = 1; n < 5000; n += 1) {
    const odd = a + 2 * n - 1;
    const rest = n * (b - n) * x;
    const numerator = ((a + n - 1) / odd) * ((a + b + n - 1) / odd) * x * rest;
    const denominator = n + rest / odd + ((a + n) * (distance + 1 + n * (2 - x))) / (odd + 2);
    d = 1 / (denominator + numerator * d);
    c = denominator + numerator / c;
    const factor = c * d;
    value *= factor;
    if (Math.abs(factor - 1) < 2e-16) break;
  }
  return 1 / value;
}

/** ln I_x(a, b) on the side of the mean where the fraction converges fast. */
function logLower(a: number, b: number, x: number, y: number, distance: number): number {
  const share = fraction(a, b, x, distance);
  if (a >= 0.1) return logBetaPrefix(a, b, x, y) + Math.log(share);
  // I is nearly 1 for small a; its logarithm must be right relative to itself, for the complement is what is left.
  const logY = x < 0.5 ? Math.log1p(-x) : Math.log(y);
  return a * Math.log(x) + b * logY - logGammaRise(1, a) + logGammaRise(b, a) + Math.log(a * share);
}

/** `incompleteBeta` by the continued fraction alone: fast unless both parameters are large, and small to download. */
export function fractionBeta(a: number, b: number, x: number, y: number): Tails {
  if (!(x > 0)) return endTails(true);
  if (!(y > 0)) return endTails(false);
  const distance = distanceBelowMean(a, b, x, y);
  // The side of (a + 1) / (a + b + 2) on which the fraction converges fast.
  return distance + 1 > 2 * x
    ? tailsFrom(logLower(a, b, x, y, distance), true)
    : tailsFrom(logLower(b, a, y, x, -distance), false);
}

/**
 * The regularised incomplete beta function I_x(a, b) (lower) and its complement (upper), for a, b > 0.
 *
 * `y` is 1 - x, passed separately: a caller who knows it to more digits than the subtraction would keep (as t and F do)
 * gets them back in the result.
 */
export function incompleteBeta(a: number, b: number, x: number, y: number): Tails {
  if (!(a >= integralFrom && b >= integralFrom && x > 0 && y > 0)) return fractionBeta(a, b, x, y);
  const prefix = logBetaPrefix(a, b, x, y);
  const distance = distanceBelowMean(a, b, x, y);
  return distance > 0
    ? tailsFrom(prefix - Math.log(y) + Math.log(tailIntegral(-1, distance / y, a, b, x / y)), true)
    : tailsFrom(prefix - Math.log(x) + Math.log(tailIntegral(-1, -distance / x, b, a, y / x)), false);
}
