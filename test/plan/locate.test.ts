import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { locator } from '../../src/plan/locate.js';

const space = 2 ** 32;

const cutsArbitrary = fc
  .uniqueArray(fc.oneof(fc.integer({ min: 1, max: space - 1 }), fc.integer({ min: 1, max: 70 })), { maxLength: 60 })
  .chain((ends) => {
    const borders = [...ends.sort((a, b) => a - b), space];
    return fc
      .array(fc.nat({ max: 5 }), { minLength: borders.length, maxLength: borders.length })
      .map((arms) => borders.map((below, index) => ({ below, arm: arms[index] as number })));
  });

describe('a locator', () => {
  test('finds what a search from the first cut finds, at every border and between', () => {
    fc.assert(
      fc.property(cutsArbitrary, fc.array(fc.nat({ max: space - 1 })), (cuts, hashes) => {
        const locate = locator(cuts, 5);
        const borders = cuts.flatMap(({ below }) => [below - 1, below]).filter((hash) => hash < space);
        for (const hash of [0, ...borders, ...hashes])
          expect(locate(hash)).toBe(cuts.find(({ below }) => hash < below)?.arm);
      }),
      { numRuns: 300 },
    );
  });

  test('lets whatever lies in no cut fall to the last arm, whichever arm has the last cut', () => {
    const cuts = [
      { below: 10, arm: 0 },
      { below: 2 ** 31, arm: 2 },
      { below: space, arm: 1 },
    ];
    const nothing = undefined as unknown as number;
    for (const hash of [Number.NaN, nothing, space, space + 10]) {
      expect(locator(cuts)(hash)).toBe(2);
      expect(locator(cuts, 3)(hash)).toBe(3);
    }
  });

  test('lets cuts of arms that do not exist fall to the last arm', () => {
    const cuts = [
      { below: 2 ** 30, arm: 7 },
      { below: 2 ** 31, arm: -1 },
      { below: 3 * 2 ** 30, arm: 0 },
      { below: space, arm: 1 },
    ];
    expect([0, 2 ** 30, 2 ** 31, 3 * 2 ** 30].map(locator(cuts, 1))).toEqual([1, 1, 0, 1]);
    expect(locator([], 4)(5)).toBe(4);
  });
});
