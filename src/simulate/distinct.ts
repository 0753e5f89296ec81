const bits = 12;
const registers = 1 << bits;

/** Mixes an integer so that its neighbours have nothing in common: the end of MurmurHash3. */
function mixed(id: number): number {
  let hash = id | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/**
 * How many different units there were, within 1.6 % (one standard error), in 4 kB however many there are: HyperLogLog
 * (Flajolet, Fusy, Gandouet and Meunier 2007), with linear counting while they are few.
 */
export class DistinctUnits {
  #ranks: Uint8Array | undefined;

  /** `id` is an integer; its low 32 bits count. */
  add(id: number): void {
    this.#ranks ??= new Uint8Array(registers);
    const hash = mixed(id);
    const register = hash >>> (32 - bits);
    // The place of the first set bit among the rest of the hash.
    const rank = Math.clz32((hash << bits) | (1 << (bits - 1))) + 1;
    if (rank > (this.#ranks[register] as number)) this.#ranks[register] = rank;
  }

  get count(): number {
    if (this.#ranks === undefined) return 0;
    let sum = 0;
    let empty = 0;
    for (const rank of this.#ranks) {
      sum += 2 ** -rank;
      if (rank === 0) empty += 1;
    }
    const estimate = ((0.7213 / (1 + 1.079 / registers)) * registers ** 2) / sum;
    if (estimate <= 2.5 * registers && empty > 0) return Math.round(registers * Math.log(registers / empty));
    // Hashes of 32 bits begin to meet.
    const space = 2 ** 32;
    return Math.round(estimate <= space / 30 ? estimate : -space * Math.log(1 - estimate / space));
  }
}
