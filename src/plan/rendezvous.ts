import { hash32 } from '../core/hash.js';

/** Spreads the bits of an integer over all of it: the last step of MurmurHash3, which maps no two integers to one. */
function spread(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/**
 * A look-up of the instance that a hash of a unit falls to, as an index, which allocates nothing: unweighted rendezvous hashing
 * (Thaler and Ravishankar, 1998). Each instance scores every unit, and the highest score has it; so an instance that leaves gives
 * up its own units only, and gets back just those when it returns. `names` may come in any order. With `allowed`, only those
 * indices take part: at least one must.
 *
 * The unit's text is hashed once, and its hash is mixed with each name's: a hundred instances cost a hundred multiplications, not
 * a hundred hashes.
 */
export function rendezvous(
  names: readonly string[],
  seed: number,
  allowed?: readonly number[],
): (hash: number) => number {
  const indices = Int32Array.from(allowed ?? names.keys());
  const salts = Int32Array.from(indices, (index) => hash32(names[index] as string, seed));
  // Were the hashes of two names equal, one of them would never score higher: this decides between them.
  const others = Int32Array.from(indices, (index) => hash32(names[index] as string, seed ^ 0x5bd1e995));
  return (hash) => {
    let best = 0;
    let highest = spread(hash ^ (salts[0] as number));
    for (let place = 1; place < salts.length; place += 1) {
      const score = spread(hash ^ (salts[place] as number));
      if (score < highest) continue;
      if (score === highest && spread(hash ^ (others[place] as number)) < spread(hash ^ (others[best] as number)))
        continue;
      best = place;
      highest = score;
    }
    return indices[best] as number;
  };
}
