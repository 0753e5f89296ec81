import type { Cut } from './plan.js';

/** Two guide entries for each cut leave about half a step of scanning for an average look-up. */
const entriesPerCut = 2;

/**
 * A look-up of the arm that a hash falls to, which allocates nothing: a guide table over the top bits of the hash, then
 * a short scan forward (Chen and Asau, 1974: the method of guide tables for discrete distributions).
 *
 * Whatever lies in no cut (NaN, undefined, 2^32) falls to arm `last`, by default the highest that has a cut.
 */
export function locator(
  cuts: readonly Cut[],
  last = cuts.reduce((highest, { arm }) => Math.max(highest, arm), 0),
): (hash: number) => number {
  const count = cuts.length;
  const ends = Float64Array.from(cuts, ({ below }) => below);
  // One place more than there are cuts: where the scan ends that found none.
  const arms = Int32Array.from([...cuts.map(({ arm }) => (arm >= 0 && arm <= last ? arm : last)), last]);
  const bits = Math.ceil(Math.log2(Math.max(2, count * entriesPerCut)));
  const shift = 32 - bits;
  const guide = new Int32Array(2 ** bits);
  let first = 0;
  for (let entry = 0; entry < guide.length; entry += 1) {
    while (first < count && !(entry * 2 ** shift < (ends[first] as number))) first += 1;
    guide[entry] = first;
  }
  return (hash) => {
    let index = guide[hash >>> shift] as number;
    while (index < count && !(hash < (ends[index] as number))) index += 1;
    return arms[index] as number;
  };
}
