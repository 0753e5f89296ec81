import { describe, expect, test } from 'vitest';
import { rampCuts } from '../../src/plan/cuts.js';
import { apportion, cutsCheck, widthsOf } from '../../src/plan/weights.js';

const space = 2 ** 32;

describe('apportion', () => {
  test('rounds to whole hashes that sum to 2^32, by largest remainder', () => {
    // A tenth is 429 496 729.6 hashes, seven tenths are 3 006 477 107.2 and a fifth 858 993 459.2.
    expect(apportion([0.7, 0.1, 0.2], [0, 0, 0])).toEqual([3_006_477_107, 429_496_730, 858_993_459]);
  });

  test('prefers an arm that has the hash already, and the first of equals', () => {
    const third = 1_431_655_765;
    expect(apportion([1 / 3, 1 / 3, 1 / 3], [0, 0, 0])).toEqual([third + 1, third, third]);
    expect(apportion([1 / 3, 1 / 3, 1 / 3], [third, third + 1, third])).toEqual([third, third + 1, third]);
    expect(apportion([1 / 3, 1 / 3, 1 / 3], [0, 0, space])).toEqual([third, third, third + 1]);
  });

  test('never gives a hash to an arm that weighs nothing, however wide it was', () => {
    expect(apportion([0, 1 / 3, 2 / 3], [space, 0, 0])[0]).toBe(0);
  });
});

test('widths are whole numbers of hashes', () => {
  expect(widthsOf(rampCuts(0.25), 3)).toEqual([2 ** 30, 3 * 2 ** 30, 0]);
});

describe('cutsCheck', () => {
  const accepts = (value: unknown): boolean => {
    const issues: { path: string; message: string }[] = [];
    cutsCheck(value, 'state.cuts', issues);
    return issues.length === 0;
  };

  test('takes cuts that rise to 2^32', () => {
    expect(accepts(rampCuts(0.3))).toBe(true);
    expect(accepts([{ below: space, arm: 0 }])).toBe(true);
  });

  test.each([
    [undefined],
    [{}],
    [[]],
    [[null]],
    [[{ below: space }]],
    [[{ below: space, arm: -1 }]],
    [[{ below: space, arm: 0.5 }]],
    [[{ below: space - 1, arm: 0 }]],
    [[{ below: space + 1, arm: 0 }]],
    [
      [
        { below: 0, arm: 0 },
        { below: space, arm: 1 },
      ],
    ],
    [
      [
        { below: 0.5, arm: 0 },
        { below: space, arm: 1 },
      ],
    ],
    [
      [
        { below: 9, arm: 0 },
        { below: 9, arm: 1 },
        { below: space, arm: 1 },
      ],
    ],
    [
      [
        { below: 9, arm: 0 },
        { below: 8, arm: 1 },
        { below: space, arm: 1 },
      ],
    ],
  ])('refuses %j', (value) => {
    expect(accepts(value)).toBe(false);
  });

  test('refuses more than 65 536 cuts', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ below: index === count - 1 ? space : index + 1, arm: 0 }));
    expect([accepts(many(65_536)), accepts(many(65_537))]).toEqual([true, false]);
  });
});
