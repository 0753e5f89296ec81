import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type Rng, seededRng, systemRng } from '../../src/core/rng.js';

const draws = (rng: Rng, count: number) => Array.from({ length: count }, () => rng.next());

/** sfc32 in unbounded integers: no shift, sign or overflow of 32-bit arithmetic to get wrong. */
function* referenceDraws(seed: number): Generator<number, never> {
  const word = (value: bigint) => value % 2n ** 32n;
  const rotated = (value: bigint, by: bigint) => word(value * 2n ** by) + value / 2n ** (32n - by);
  let [a, b, c, counter] = [0x9e3779b9n, word(BigInt(seed)), 0x243f6a88n, 1n];
  const step = () => {
    const sum = word(a + b + counter);
    [a, b, c, counter] = [b ^ (b / 2n ** 9n), word(c * 9n), word(rotated(c, 21n) + sum), word(counter + 1n)];
    return sum;
  };
  for (let warmUp = 0; warmUp < 12; warmUp += 1) step();
  for (;;) {
    const [high, low] = [step() / 32n, step() / 64n];
    yield Number(high * 2n ** 26n + low) / 2 ** 53;
  }
}

describe('seededRng', () => {
  // Made once by an implementation of sfc32 in Python integers.
  it.each([
    [0, [0.8525793275674849, 0.4137223700732814, 0.68591475992772, 0.0669058042013807]],
    [1, [0.24558930465034756, 0.9994672501547696, 0.25304803275454957, 0.7920835235203183]],
    [42, [0.05677435830894351, 0.9476159831970997, 0.8057465865941305, 0.014756655016900377]],
    [0xffffffff, [0.7137798531766767, 0.046656936754905454, 0.4585933472586615, 0.4686686483240855]],
  ])('gives the same numbers for seed %i everywhere and for ever', (seed, golden) => {
    expect(draws(seededRng(seed), 4)).toEqual(golden);
  });

  it('is sfc32 for any seed, over long runs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (seed) => {
        const reference = referenceDraws(seed);
        for (const draw of draws(seededRng(seed), 200)) expect(draw).toBe(reference.next().value);
      }),
      { numRuns: 30 },
    );
  });

  it('stays in [0, 1) and fills it evenly, for neighbouring seeds as for one', () => {
    const oneSeed = draws(seededRng(7), 100_000);
    const manySeeds = Array.from({ length: 100_000 }, (_, seed) => seededRng(seed).next());
    for (const sample of [oneSeed, manySeeds]) {
      const counts = Array.from({ length: 100 }, () => 0);
      for (const draw of sample) counts[Math.floor(draw * 100)]! += 1;
      expect(sample.every((draw) => draw >= 0 && draw < 1)).toBe(true);
      const chiSquare = counts.reduce((sum, observed) => sum + (observed - 1000) ** 2 / 1000, 0);
      // The 0.001 and 0.999 quantiles of chi-square with 99 degrees of freedom.
      expect(chiSquare).toBeGreaterThan(61.1);
      expect(chiSquare).toBeLessThan(148.3);
    }
  });

  it('has no correlation between a draw and the next', () => {
    const sample = draws(seededRng(11), 100_001);
    let sum = 0;
    for (let i = 0; i < 100_000; i += 1) sum += (sample[i]! - 0.5) * (sample[i + 1]! - 0.5);
    // Products of two centred uniforms have mean 0 and standard deviation 1/12: four standard errors.
    expect(Math.abs(sum / 100_000)).toBeLessThan((4 * (1 / 12)) / Math.sqrt(100_000));
  });

  it('uses all 53 bits of a fraction', () => {
    const sample = draws(seededRng(3), 1000);
    expect(sample.some((draw) => (draw * 2 ** 53) % 2 === 1)).toBe(true);
    expect(sample.every((draw) => Number.isInteger(draw * 2 ** 53))).toBe(true);
  });

  it('keeps its own state', () => {
    const [one, other] = [seededRng(5), seededRng(5)];
    const alone = draws(one, 10);
    expect(draws(other, 10)).toEqual(alone);
    expect(draws(one, 10)).not.toEqual(alone);
  });
});

describe('systemRng', () => {
  it('is the chance of the platform, looked up at each draw', () => {
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0.25);
    expect(systemRng.next()).toBe(0.25);
    chance.mockRestore();
    const draw = systemRng.next();
    expect(draw >= 0 && draw < 1).toBe(true);
  });
});
