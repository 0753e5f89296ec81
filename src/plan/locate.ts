import type { Cut } from './plan.js';

/** Two guide entries for each cut leave about half a step of scanning for an average look-up. */
const entriesPerCut = 2;

/**
 * A look-up of the arm that a hash falls to, which allocates nothing: a guide table over the top bits of the hash, then
 * a short scan forward (Chen and Asau, 1974: the method of guide tables for discrete distributions).
 *
 * The hash may come as `hash32` or as `hashBits` gives it: a negative number stands for itself plus 2^32. Whatever lies in no cut
 * (NaN, undefined, 2^32) falls to arm `last`, by default the highest that has a cut.
 */
export function locator(
  cuts: readonly Cut[],
  last = cuts.reduce((highest, { arm }) => Math.max(highest, arm), 0),
): (hash: number) => number {
  const count = cuts.length;
  // Moved down by 2^31, so that a hash is compared as the signed integer that engines keep in a register.
  const ends = Float64Array.from(cuts, ({ below }) => below - 0x80000000);
  // One place more than there are cuts: where the scan ends that found none.
  const arms = Int32Array.from([...cuts.map(({ arm }) => (arm >= 0 && arm <= last ? arm : last)), last]);
  const bits = Math.ceil(Math.log2(Math.max(2, count * entriesPerCut)));
  const shift = 32 - bits;
  const guide = new Int32Array(2 ** bits);
  let first = 0;
  for (let entry = 0; entry < guide.length; entry += 1) {
    while (first < count && !(entry * 2 ** shift - 0x80000000 < (ends[first] as number))) first += 1;
    guide[entry] = first;
  }
  return (hash) => {
    // Written so that NaN and undefined fail it.
    if (!(hash >= -0x80000000 && hash < 0x100000000)) return arms[count] as number;
    const place = hash ^ 0x80000000;
    let index = guide[hash >>> shift] as number;
    while (index < count && !(place < (ends[index] as number))) index += 1;
    return arms[index] as number;
  };
}
