const encoder = new TextEncoder();
// UTF-8 needs at most three bytes for each UTF-16 code unit, so keys up to 1365 units never outgrow this buffer.
const shared = new Uint8Array(4096);

function mix(block: number): number {
  const product = Math.imul(block, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

function murmur3(bytes: Uint8Array, length: number, seed: number): number {
  const tail = length & ~3;
  let hash = seed | 0;
  for (let i = 0; i < tail; i += 4) {
    const block =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    hash ^= mix(block);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let i = length - 1; i >= tail; i -= 1) rest = (rest << 8) | (bytes[i] as number);
  if (length > tail) hash ^= mix(rest);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/**
 * The same 32 bits as `hash32`, as a signed integer: engines keep those in registers, where a number over 2^31 is boxed whenever
 * it is handed from one function to another, which would be the only thing that a look-up allocates.
 */
export function hashBits(key: string, seed: number): number {
  // A larger key gets a buffer of its own, which is not kept: one hostile key must not hold memory for ever.
  const bytes = key.length * 3 <= shared.length ? shared : new Uint8Array(key.length * 3);
  return murmur3(bytes, encoder.encodeInto(key, bytes).written, seed);
}

/**
 * MurmurHash3 x86_32 (Austin Appleby, public domain) over the UTF-8 bytes of `key`: an integer in [0, 2^32).
 *
 * A node buckets a unit by `hash32(unit, hash32(salt))`, which is all it takes to reproduce an assignment elsewhere. A
 * lone surrogate is hashed as U+FFFD, as TextEncoder does. `seed` is taken modulo 2^32 and defaults to 0.
 */
export function hash32(key: string, seed = 0): number {
  return hashBits(key, seed) >>> 0;
}
