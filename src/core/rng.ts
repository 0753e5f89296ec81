/** A source of chance. `next` gives a uniform number in [0, 1). */
export interface Rng {
  next(): number;
}

/**
 * A generator with a 32-bit seed that gives the same numbers everywhere: sfc32, a small fast counting generator with a
 * period of at least 2^32 that passes PractRand.
 */
export function seededRng(seed: number): Rng {
  let a = 0x9e3779b9 | 0;
  let b = seed | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const step = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let warmUp = 0; warmUp < 12; warmUp += 1) step();
  // 53 bits, so that a share of one in a million is met exactly enough.
  return { next: () => ((step() >>> 5) * 0x4000000 + (step() >>> 6)) / 0x20000000000000 };
}

/** Chance of the platform, for what need not be repeated: draws for requests without a unit, jitter, ids. */
export const systemRng: Rng = { next: () => Math.random() };
