import { normal } from '../stats/distributions/normal.js';

/**
 * The c which a Brownian motion B without drift reaches before time 1, or B(t)/t after it, with probability alpha.
 *
 * Given B(1) = x < c the two are independent, and each has the chance exp(-2c(c-x)) by the reflection principle (the second is the
 * first with time turned round), so that the chance is 1 minus the integral of phi(x) (1 - exp(-2c(c-x)))^2 over x < c, which is
 * 3 Phi(-c) - exp(4c^2) Phi(-3c). Its logarithm is concave and its slope -8c exp(4c^2) Phi(-3c), so Newton's steps end at the zero.
 */
function criticalValue(alpha: number): number {
  let c = normal.isf(alpha / 2);
  for (let count = 0; count < 50; count += 1) {
    const both = Math.exp(4 * c * c + normal.logSf(3 * c));
    const chance = 3 * normal.sf(c) - both;
    const step = (Math.log(chance / alpha) * chance) / (8 * c * both);
    c += step;
    if (!(Math.abs(step) > 1e-12 * c)) break;
  }
  return c;
}

/**
 * The one-sided bound of a z statistic at a fraction of the planned information, for looks at any time and as often as one likes.
 *
 * O'Brien and Fleming's bound for looks without a pause, c / sqrt(t): it falls as information grows, which is what Lan and DeMets'
 * spending function of that name leads to as looks get denser. A gate is looked at until the others pass, too, so the bound goes on
 * after the planned size, as c sqrt(t): there the estimate is held against what it had to be at the plan's end. c is such that
 * both together err with probability alpha (2.07 for 0.05, where looks that end with the plan need 1.96).
 */
export function plannedBound(alpha: number, information: number): number {
  const root = Math.sqrt(information);
  return information > 0 ? criticalValue(alpha) * Math.max(root, 1 / root) : Infinity;
}
