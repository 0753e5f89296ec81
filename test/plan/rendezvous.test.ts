import { describe, expect, test } from 'vitest';
import { hash32 } from '../../src/core/hash.js';
import { rendezvous } from '../../src/plan/rendezvous.js';
import { oracleHash } from './plans.js';

const names = (count: number) => Array.from({ length: count }, (_, index) => `instance-${index}`);
const hashes = (count: number) => Array.from({ length: count }, (_, index) => hash32(`user-${index}`, 77));

/** The last step of MurmurHash3 in whole numbers without limits, masked to 32 bits, as its author wrote it down. */
function finalised(value: number): number {
  const mask = 0xffff_ffffn;
  let bits = BigInt(value >>> 0);
  bits ^= bits >> 16n;
  bits = (bits * 0x85ebca6bn) & mask;
  bits ^= bits >> 13n;
  bits = (bits * 0xc2b2ae35n) & mask;
  bits ^= bits >> 16n;
  return Number(BigInt.asIntN(32, bits));
}

describe('rendezvous hashing', () => {
  test('gives a unit to the instance that scores it highest, as a slow computation of the scores does', () => {
    const list = names(7);
    const locate = rendezvous(list, 5);
    for (const hash of hashes(500)) {
      const scores = list.map((name) => finalised(hash ^ oracleHash(name, 5)));
      expect(locate(hash)).toBe(scores.indexOf(Math.max(...scores)));
    }
  });

  test('shares units equally: chi square of 100 instances stays below its 99.9 % quantile', () => {
    const counts = Array.from({ length: 100 }, () => 0);
    const locate = rendezvous(names(100), 3);
    for (const hash of hashes(100_000)) counts[locate(hash)] = (counts[locate(hash)] as number) + 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // R: qchisq(0.999, 99) = 148.23; and below qchisq(0.001, 99) = 60.3 it would be too even for chance.
    expect(chiSquare).toBeLessThan(148.2);
    expect(chiSquare).toBeGreaterThan(60.3);
  });

  test('moves only the units of an instance that leaves, and gives back just those when it returns', () => {
    const all = names(10);
    const without = all.filter((name) => name !== 'instance-4');
    const [before, after] = [rendezvous(all, 1), rendezvous(without, 1)];
    const heirs = new Set<string>();
    for (const hash of hashes(2000)) {
      const owner = all[before(hash)];
      const heir = without[after(hash)] as string;
      if (owner === 'instance-4') heirs.add(heir);
      else expect(heir).toBe(owner);
    }
    expect(heirs.size).toBe(9);
  });

  test('does not depend on the order of the names', () => {
    const list = names(9);
    const turned = list.toReversed();
    const [one, other] = [rendezvous(list, 2), rendezvous(turned, 2)];
    for (const hash of hashes(300)) expect(list[one(hash)]).toBe(turned[other(hash)]);
  });

  test('takes a hash as signed bits or as a whole number, and places what is neither', () => {
    const locate = rendezvous(names(5), 2);
    for (const hash of hashes(200)) expect(locate(hash | 0)).toBe(locate(hash));
    expect(locate(Number.NaN)).toBe(locate(0));
  });

  test('looks among the allowed only, by the same scores', () => {
    const list = names(6);
    const some = rendezvous(list, 2, [1, 4, 5]);
    const named = rendezvous(['instance-1', 'instance-4', 'instance-5'], 2);
    for (const hash of hashes(300)) expect(some(hash)).toBe([1, 4, 5][named(hash)]);
    expect(rendezvous(list, 2, [3])(9)).toBe(3);
  });

  test('gives both of two names with one hash their share', () => {
    const seen = new Map<number, string>();
    let pair: readonly string[] = [];
    for (let index = 0; pair.length === 0; index += 1) {
      const hash = hash32(`n${index}`, 8);
      const twin = seen.get(hash);
      if (twin !== undefined) pair = [twin, `n${index}`];
      seen.set(hash, `n${index}`);
    }
    const locate = rendezvous(pair, 8);
    const first = hashes(1000).filter((hash) => locate(hash) === 0).length;
    expect(Math.abs(first - 500)).toBeLessThan(80);
    const turned = rendezvous(pair.toReversed(), 8);
    for (const hash of hashes(200)) expect(turned(hash)).toBe(1 - locate(hash));
  });
});
