import type { Rng } from '../../core/rng.js';
import { need, needFinite, needNumber, needPositive, needProbability } from '../domain.js';
import { rootTwoPi } from '../special/constants.js';
import { erfc, erfcx, erfSmall } from '../special/erfc.js';

const root2 = Math.SQRT2;
const logTwo = Math.LN2;

/** P(Z > z) of the standard normal. */
export function upperTail(z: number): number {
  return 0.5 * erfc(z / root2);
}

/** ln P(Z > z) of the standard normal; finite for every finite |z| up to 1e154. */
export function logUpperTail(z: number): number {
  if (z < 0) return Math.log1p(-upperTail(-z));
  return z === Infinity ? -Infinity : Math.log(erfcx(z / root2)) - logTwo - (z * z) / 2;
}

/** The z with P(Z > z) = exp(logP), for logP <= ln 1/4: Newton steps on the logarithm, which is nearly a parabola. */
function upperPoint(logP: number): number {
  if (logP === -Infinity) return Infinity;
  // Start of the expansion for far tails: z^2 = -2 ln p - ln(2 pi z^2).
  const first = Math.sqrt(-2 * logP);
  let z = first > 2.6 ? Math.sqrt(-2 * logP - Math.log(2 * Math.PI * (first * first - 2))) : first - 0.9;
  for (let count = 0; count < 12; count += 1) {
    const logTail = logUpperTail(z);
    const hazard = Math.exp(-(z * z) / 2 - logTail) / rootTwoPi;
    const excess = logTail - logP;
    // The second derivative of ln P is -hazard (hazard - z): one step of Halley's method.
    const change = excess / hazard / (1 - (excess * (hazard - z)) / (2 * hazard));
    z += change;
    if (Math.abs(change) <= 1e-15 * Math.abs(z)) break;
  }
  return z;
}

/** The z with P(Z < z) = 1/2 + offset, for |offset| <= 1/4. */
function centralPoint(offset: number): number {
  let z = offset * rootTwoPi;
  for (let count = 0; count < 12; count += 1) {
    const excess = 0.5 * erfSmall(z / root2) - offset;
    const newton = excess * rootTwoPi * Math.exp((z * z) / 2);
    const change = newton / (1 + (newton * z) / 2);
    z -= change;
    if (Math.abs(change) <= 1e-16 * Math.abs(z)) break;
  }
  return z;
}

/** The standard normal quantile of a probability in [0, 1], without checks. */
export function standardQuantile(p: number): number {
  if (p > 0.25 && p < 0.75) return centralPoint(p - 0.5);
  return p < 0.5 ? -upperPoint(Math.log(p)) : upperPoint(p > 0.9 ? Math.log1p(-p) : Math.log(1 - p));
}

function standardise(where: string, x: number, mean: number, sd: number): number {
  needNumber(where, 'x', x);
  needFinite(where, 'mean', mean);
  needPositive(where, 'sd', sd);
  return (x - mean) / sd;
}

function point(where: string, p: number, mean: number, sd: number): number {
  needProbability(where, 'p', p);
  needFinite(where, 'mean', mean);
  needPositive(where, 'sd', sd);
  return standardQuantile(p);
}

/** The normal distribution; `mean` defaults to 0 and `sd` (standard deviation, over 0) to 1. */
export const normal = {
  pdf(x: number, mean = 0, sd = 1): number {
    const z = standardise('normal.pdf', x, mean, sd);
    return Math.exp(-(z * z) / 2) / (rootTwoPi * sd);
  },
  cdf(x: number, mean = 0, sd = 1): number {
    return upperTail(-standardise('normal.cdf', x, mean, sd));
  },
  sf(x: number, mean = 0, sd = 1): number {
    return upperTail(standardise('normal.sf', x, mean, sd));
  },
  logCdf(x: number, mean = 0, sd = 1): number {
    return logUpperTail(-standardise('normal.logCdf', x, mean, sd));
  },
  logSf(x: number, mean = 0, sd = 1): number {
    return logUpperTail(standardise('normal.logSf', x, mean, sd));
  },
  quantile(p: number, mean = 0, sd = 1): number {
    return mean + sd * point('normal.quantile', p, mean, sd);
  },
  isf(p: number, mean = 0, sd = 1): number {
    return mean - sd * point('normal.isf', p, mean, sd);
  },
  /** One draw by inversion: one number of `rng` per draw, so that a stream stays in step whatever is drawn from it. */
  sample(rng: Rng, mean = 0, sd = 1): number {
    const uniform = rng.next();
    need(uniform >= 0 && uniform < 1, 'normal.sample', 'rng.next()', 'a number in [0, 1)', uniform);
    // A generator may give 0, whose quantile is infinite; half its smallest step stands for it.
    return mean + sd * point('normal.sample', Math.max(uniform, 2 ** -54), mean, sd);
  },
} as const;
