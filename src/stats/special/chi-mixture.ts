import { gaussLegendre } from './gauss-legendre.js';
import { log1pMinus } from './log1p-minus.js';
import { stirlingError } from './log-gamma.js';

const rule = /* @__PURE__ */ gaussLegendre(32);
// Terms below exp(-50) of the largest are left out.
const cutoff = 50;

/**
 * ln of the mean of exp(logValue(s)) over s = sqrt(chi-square / df): what a statistic divided by an estimated standard
 * deviation comes to. The integral runs over ln s, where the density falls faster than exponentially; repeated
 * scans close in on where the product matters, and four panels of 32 Gauss-Legendre nodes around its peak measure it. `scans`
 * is the number of points per scan.
 */
export function logChiMean(df: number, logValue: (s: number) => number, scans = 32): number {
  const half = df / 2;
  // ln of the density of ln s, largest at 0.
  const atMode = 0.5 * Math.log((2 * half) / Math.PI) - stirlingError(half);
  const logDensity = (u: number): number => {
    const rise = Math.expm1(2 * u);
    return u > -0.3 ? half * log1pMinus(rise) : df * u - half * rise;
  };
  const logIntegrand = (u: number): number => logDensity(u) + logValue(Math.exp(u));
  // Where the density itself has fallen to exp(-750), too small for a number, on either side.
  const fall = 1500 / df;
  let [low, high] = [-fall - Math.sqrt(fall), 0.5 * Math.log1p(fall + Math.sqrt(fall * fall + 2 * fall))];
  let [peak, largest] = [0, 0];
  for (let pass = 0; pass < 8; pass += 1) {
    const before = high - low;
    const spacing = before / scans;
    const values = Array.from({ length: scans + 1 }, (_, i) => logIntegrand(low + i * spacing));
    largest = Math.max(...values);
    if (largest === -Infinity) return -Infinity;
    peak = low + values.indexOf(largest) * spacing;
    const first = values.findIndex((value) => value > largest - cutoff);
    const last = values.findLastIndex((value) => value > largest - cutoff);
    [low, high] = [low + Math.max(first - 1, 0) * spacing, low + Math.min(last + 1, scans) * spacing];
    if (high - low > 0.7 * before) break;
  }
  const edges = [low, peak - (peak - low) / 4, peak, peak + (high - peak) / 2, high];
  let sum = 0;
  for (let panel = 0; panel < 4; panel += 1) {
    const from = edges[panel] as number;
    const length = (edges[panel + 1] as number) - from;
    for (let i = 0; i < rule.nodes.length; i += 1) {
      const u = from + (length * (1 + (rule.nodes[i] as number))) / 2;
      sum += ((rule.weights[i] as number) * length * Math.exp(logIntegrand(u) - largest)) / 2;
    }
  }
  return largest + atMode + Math.log(sum);
}
