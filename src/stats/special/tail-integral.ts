import { gaussLegendre } from './gauss-legendre.js';
import { log1pMinus } from './log1p-minus.js';

const rule = /* @__PURE__ */ gaussLegendre(40);
// exp(-45) is what a tail may lose where it is cut off.
const cutoff = 45;

/**
 * The tail of a gamma or beta density beyond a point, divided by the density there (with respect to dt/t).
 *
 * The integral over d from 0 to the end of the tail of exp(-slope |d| + a g(d) + b g(-r d)) / ((1 + d)(1 - r d)), where
 * g(d) = ln(1 + d) - d, t = x (1 + d), and r = x/y for the beta, 0 for the gamma density. Forty Gauss-Legendre nodes give
 * full accuracy once a is 500 or more, whatever its size, where a continued fraction needs ever more terms.
 */
export function tailIntegral(side: 1 | -1, slope: number, a: number, b: number, r: number): number {
  const curvature = a + b * r * r;
  // The positive root of slope d + curvature d^2 / 2 = cutoff, in the form that does not cancel.
  const length = (2 * cutoff) / (slope + Math.sqrt(slope * slope + 2 * cutoff * curvature));
  let sum = 0;
  for (let i = 0; i < rule.nodes.length; i += 1) {
    const distance = (length * (1 + (rule.nodes[i] as number))) / 2;
    const d = side * distance;
    const exponent = a * log1pMinus(d) + (b === 0 ? 0 : b * log1pMinus(-r * d)) - slope * distance;
    sum += ((rule.weights[i] as number) * Math.exp(exponent)) / ((1 + d) * (1 - r * d));
  }
  return (sum * length) / 2;
}
