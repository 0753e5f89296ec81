import { upperTail } from '../distributions/normal.js';
import { gaussLegendre } from '../special/gauss-legendre.js';
import { incompleteBeta, logBetaPrefix } from '../special/incomplete-beta.js';
import type { Belief } from './posterior.js';

/** A belief on a line where it looks like a bell: the logit of a proportion, or the value itself. */
interface Bell {
  readonly centre: number;
  readonly spread: number;
  /** How far it reaches before its density is below 1e-17 of the largest. */
  readonly left: number;
  readonly right: number;
  at(u: number): { density: number; below: number; above: number };
}

/** A node of the quadrature: its place, its weight, and each belief's density and tails there. */
export interface Node {
  readonly weight: number;
  /** The value, and for a proportion its derivative by the logit. */
  readonly slope: number;
  readonly arms: readonly { readonly density: number; readonly below: number; readonly above: number }[];
}

const rule = /* @__PURE__ */ gaussLegendre(14);
// Panel edges on either side of every centre, in spreads; then doubling until the bell has ended.
const offsets = [0, 1, 2.5, 4, 6, 9];

function bell(belief: Belief, origin: number): Bell {
  if ('mean' in belief) {
    const { sd } = belief;
    const mean = belief.mean - origin;
    return {
      centre: mean,
      spread: sd,
      left: 9 * sd,
      right: 9 * sd,
      at(u) {
        const z = (u - mean) / sd;
        const density = Math.exp(-(z * z) / 2) / (sd * Math.sqrt(2 * Math.PI));
        return { density, below: upperTail(-z), above: upperTail(z) };
      },
    };
  }
  const { alpha, beta } = belief;
  return {
    centre: Math.log(alpha / beta),
    spread: Math.sqrt(1 / alpha + 1 / beta),
    // Far from its centre the density falls like exp(-alpha |u|) on the left and exp(-beta u) on the right.
    left: 40 / alpha,
    right: 40 / beta,
    at(u) {
      const [x, y] = [1 / (1 + Math.exp(-u)), 1 / (1 + Math.exp(u))];
      const { lower, upper } = incompleteBeta(alpha, beta, x, y);
      return { density: Math.exp(logBetaPrefix(alpha, beta, x, y)), below: lower, above: upper };
    },
  };
}

/** The edges of panels short enough for every bell, without those that lie too close to their neighbours to help. */
function edgesOf(bells: readonly Bell[]): number[] {
  const edges: number[] = [];
  for (const { centre, spread, left, right } of bells) {
    for (const offset of offsets) edges.push(centre - offset * spread, centre + offset * spread);
    for (let reach = 18 * spread; reach < 2 * left; reach *= 2) edges.push(centre - reach);
    for (let reach = 18 * spread; reach < 2 * right; reach *= 2) edges.push(centre + reach);
  }
  const gap = 0.25 * Math.min(...bells.map(({ spread }) => spread));
  edges.sort((a, b) => a - b);
  const kept: number[] = [];
  for (const edge of edges) if (kept.length === 0 || edge - (kept[kept.length - 1] as number) > gap) kept.push(edge);
  return kept;
}

/**
 * Nodes at which integrals over several beliefs of one kind are sums: Gauss-Legendre panels fitted to every belief at once,
 * without any chance, so the same evidence gives the same weights on every replica.
 */
export function quadrature(beliefs: readonly Belief[]): Node[] {
  // Measured from the first mean, so that a large common level takes no digits from the differences.
  const [first] = beliefs;
  const origin = first !== undefined && 'mean' in first ? first.mean : 0;
  const bells = beliefs.map((belief) => bell(belief, origin));
  const edges = edgesOf(bells);
  const onLogit = beliefs.some((belief) => 'alpha' in belief);
  const nodes: Node[] = [];
  for (let panel = 1; panel < edges.length; panel += 1) {
    const from = edges[panel - 1] as number;
    const length = (edges[panel] as number) - from;
    for (let i = 0; i < rule.nodes.length; i += 1) {
      const u = from + (length * (1 + (rule.nodes[i] as number))) / 2;
      const slope = onLogit ? 1 / (2 + Math.exp(u) + Math.exp(-u)) : 1;
      nodes.push({ weight: ((rule.weights[i] as number) * length) / 2, slope, arms: bells.map(({ at }) => at(u)) });
    }
  }
  return nodes;
}
