import { logUpperTail } from '../distributions/normal.js';
import { gaussLegendre, type Rule } from '../special/gauss-legendre.js';

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);
const nodesMax = 1024;
const nodesPerBell = 3;
/** Nine standard deviations from the middle of a bell there is 1e-18 of it. */
const farOff = 9;
/** Beyond 38 no number can tell a density from 0, and below -9 a one-sided path has 1e-19 of the probability. */
const farthest = 38;
const lowest = -9;
/**
 * Where looks follow each other so closely that the nodes would not do, paths beyond 8 (1e-15 of them) are given up.
 */
const reachMin = 8;

/** The density of the paths that have not stopped, at the nodes of a quadrature: mass_i = weight_i density(z_i). */
interface Alive {
  readonly information: number;
  readonly z: Float64Array;
  readonly mass: Float64Array;
}

/** ln P(stop at this look beyond c) and its derivative in c. */
interface Exit {
  readonly log: number;
  readonly slope: number;
}

/** The chance to pass a boundary for the first time at the next look, as a function of the boundary. */
export type ExitAt = (bound: number) => Exit;

/**
 * The distribution of a z statistic over looks, by the recursion of Armitage, McPherson and Rowe (1969) for a Brownian
 * motion observed at given amounts of information, with Gauss-Legendre quadrature over the region of continuation.
 */
export class ExitRecursion {
  readonly #sides: 1 | 2;
  readonly #rules = new Map<number, Rule>();
  #alive: Alive | undefined;

  constructor(sides: 1 | 2) {
    this.#sides = sides;
  }

  /**
   * ln of the probability to stop at a look with this information, by its boundary. One-sided: above; two-sided:
   * outside.
   */
  exitAt(information: number): ExitAt {
    const alive = this.#alive;
    const logSides = Math.log(this.#sides);
    if (alive === undefined) {
      return (bound) => {
        const log = logUpperTail(bound);
        return { log: log + logSides, slope: -Math.exp(-(bound * bound) / 2 - halfLogTwoPi - log) };
      };
    }
    const spread = Math.sqrt(information - alive.information);
    const [now, before] = [Math.sqrt(information) / spread, Math.sqrt(alive.information) / spread];
    const logs = new Float64Array(alive.z.length);
    return (bound) => {
      let top = -Infinity;
      alive.z.forEach((z, at) => {
        const log = Math.log(alive.mass[at] as number) + logUpperTail(bound * now - z * before);
        logs[at] = log;
        if (log > top) top = log;
      });
      let total = 0;
      let density = 0;
      alive.z.forEach((z, at) => {
        const gap = bound * now - z * before;
        total += Math.exp((logs[at] as number) - top);
        density += (alive.mass[at] as number) * Math.exp(-(gap * gap) / 2 - halfLogTwoPi - top);
      });
      return { log: top + Math.log(total) + logSides, slope: (-now * density) / total };
    };
  }

  /**
   * Goes on with the paths that stayed within the boundary at this look. `next` is the information of the look after
   * it.
   */
  stay(information: number, bound: number, next: number): void {
    const alive = this.#alive;
    const spread = Math.sqrt(information - (alive?.information ?? 0));
    const scale = Math.min(1, spread / Math.sqrt(information), Math.sqrt((next - information) / information));
    const reach = Math.min(farthest, Math.max(reachMin, (nodesMax * scale) / 4));
    const high = Math.min(bound, reach);
    const low = this.#sides === 2 ? -high : Math.max(lowest, -reach);
    const { nodes, weights } = this.#rule((high - low) / scale);
    const half = (high - low) / 2;
    const z = nodes.map((node) => low + half * (node + 1));
    const [now, before] = [Math.sqrt(information) / spread, Math.sqrt(alive?.information ?? 0) / spread];
    // Where a path at u then is at z, gap standard deviations from u, the chances of both are a bell around `centre`.
    const centre = now / (1 + before * before);
    let start = 0;
    const mass = z.map((at, index) => {
      let density = 0;
      if (alive === undefined) density = Math.exp(-(at * at) / 2 - halfLogTwoPi);
      else {
        const from = at * now;
        while (start < alive.z.length && from - (alive.z[start] as number) * before > at * centre + farOff) start += 1;
        for (let i = start; i < alive.z.length; i += 1) {
          const gap = from - (alive.z[i] as number) * before;
          if (gap < at * centre - farOff) break;
          density += (alive.mass[i] as number) * Math.exp(-(gap * gap) / 2 - halfLogTwoPi) * now;
        }
      }
      return (weights[index] as number) * half * density;
    });
    this.#alive = { information, z, mass };
  }

  /** A rule for an interval of so many times the narrowest bell: three nodes for each leave less than 1e-10. */
  #rule(bells: number): Rule {
    const count = Math.min(nodesMax, 32 * Math.ceil((32 + nodesPerBell * bells) / 32));
    const rule = this.#rules.get(count) ?? gaussLegendre(count);
    this.#rules.set(count, rule);
    return rule;
  }
}

/**
 * The boundary that is passed with probability exp(logChance). The chance is at most the normal tail, whose bound
 * exp(-c^2 / 2) / 2 gives a start to the right of the zero; ln of it is concave, so Newton's steps never overshoot.
 */
export function boundFor(exitAt: ExitAt, logChance: number, sides: 1 | 2): number {
  if (logChance === -Infinity) return Infinity;
  let bound = Math.sqrt(Math.max(0, -2 * (logChance + Math.LN2 - Math.log(sides))));
  for (let count = 0; count < 100; count += 1) {
    const { log, slope } = exitAt(bound);
    const step = (logChance - log) / slope;
    bound += step;
    if (!(Math.abs(step) > 1e-12 * (1 + Math.abs(bound)))) break;
  }
  return bound;
}
