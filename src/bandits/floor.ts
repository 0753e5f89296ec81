import { need } from '../stats/domain.js';

/** The least share of an arm by default: enough to notice that it got better, at the cost of a hundredth of the decisions. */
export const defaultFloor = 0.01;

/**
 * Gives each of K arms at least the share `floor` (default 0.01): p = f + (1 - K f) w. Unlike cutting off at the floor it keeps the order
 * and the spacing of the arms, and no propensity is under it, which is what makes rewards comparable later. Throws `domain`
 * unless K f <= 1.
 */
export function withFloor(weights: readonly number[], floor = defaultFloor): number[] {
  const count = weights.length;
  need(floor >= 0 && floor * count <= 1 + 1e-12, 'withFloor', 'floor', `a fraction of at most 1 / ${count}`, floor);
  const rest = Math.max(0, 1 - count * floor);
  return weights.map((weight) => floor + rest * weight);
}

/**
 * Gives each arm with fewer than `least` rewards an equal share, no more and no less, so that it is known before it is judged: of an arm
 * without rewards a policy would hope for the best, and hand it nearly everything. The others share what is left in proportion to their
 * weights. `counts` are the rewards of each arm.
 */
export function withMinimum(weights: ArrayLike<number>, counts: readonly number[], least: number): number[] {
  const equal = 1 / counts.length;
  let known = 0;
  let knownWeight = 0;
  counts.forEach((count, arm) => {
    if (!(count >= least)) return;
    known += 1;
    knownWeight += weights[arm] as number;
  });
  const left = known * equal;
  return counts.map((count, arm) => {
    if (!(count >= least)) return equal;
    return knownWeight > 0 ? left * ((weights[arm] as number) / knownWeight) : left / known;
  });
}
