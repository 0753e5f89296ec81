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
 * Gives each arm with fewer than `least` rewards an equal share, so that it is known before it is judged; what is left goes by the
 * weights. `counts` are the rewards of each arm.
 */
export function withMinimum(weights: readonly number[], counts: readonly number[], least: number): number[] {
  const equal = 1 / weights.length;
  const isNew = counts.map((count) => !(count >= least));
  const left = isNew.reduce((rest, is) => rest - (is ? equal : 0), 1);
  return weights.map((weight, arm) => (isNew[arm] === true ? equal : 0) + Math.max(0, left) * weight);
}
