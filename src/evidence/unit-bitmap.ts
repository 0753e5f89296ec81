const bits = 65_536;

/**
 * Which units a node has seen, in 8 kB however many there are: a bit for each of 65 536 values of a hash. Two units may share a bit,
 * and then the second is taken for seen, in every arm alike; once all bits are set, no unit is new.
 */
export class UnitBitmap {
  #bytes: Uint8Array | undefined;

  /** True the first time. `hash` has 32 bits, and must be independent of the one that assigns arms. */
  isFirst(hash: number): boolean {
    this.#bytes ??= new Uint8Array(bits / 8);
    const index = hash >>> 19;
    const bit = 1 << ((hash >>> 16) & 7);
    const byte = this.#bytes[index] as number;
    this.#bytes[index] = byte | bit;
    return (byte & bit) === 0;
  }
}
