import { describe, expect, test } from 'vitest';
import type { Issue } from '../../src/core/errors.js';
import { amount, chance, levelAt, mapLevel, quantity } from '../../src/simulate/level.js';

const issuesOf = (check: typeof chance, value: unknown) => {
  const issues: Issue[] = [];
  check(value, 'at', issues);
  return issues.length;
};

describe('a level', () => {
  test('that is a number is that number always', () => {
    expect([0, 1e9].map(levelAt(0.3))).toEqual([0.3, 0.3]);
  });

  test('is level outside of its points and straight between them', () => {
    const at = levelAt([
      [100, 1],
      [200, 3],
      [400, 2],
    ]);
    expect([0, 99, 100, 150, 200, 300, 400, 1e9].map(at)).toEqual([1, 1, 1, 2, 3, 2.5, 2, 2]);
  });

  test('jumps between two points of one time, to the later one', () => {
    const at = levelAt([
      [100, 1],
      [100, 5],
    ]);
    expect([99.9, 100, 101].map(at)).toEqual([1, 5, 5]);
  });

  test('is mapped value by value', () => {
    expect(mapLevel(2, (value) => value * 2)).toBe(4);
    expect(mapLevel([[5, 2]], (value) => value * 2)).toEqual([[5, 4]]);
  });

  test.each([
    [chance, 0, 0],
    [chance, 1, 0],
    [chance, 1.01, 1],
    [chance, -0.01, 1],
    [chance, Number.NaN, 1],
    [chance, [[0, 0.5]], 0],
    [chance, [[0, 1.5]], 1],
    [chance, [], 1],
    [
      chance,
      [
        [5, 0.5],
        [4, 0.5],
      ],
      1,
    ],
    [
      chance,
      [
        [5, 0.5],
        [5, 0.6],
      ],
      0,
    ],
    [chance, [[-1, 0.5]], 1],
    [chance, [[0, 0.5, 1]], 1],
    [chance, '0.5', 1],
    [amount, 0, 0],
    [amount, -1, 1],
    [amount, Infinity, 1],
    [quantity, -1, 0],
    [quantity, -Infinity, 1],
    [quantity, Number.NaN, 1],
  ])('is checked: %# ', (check, value, mistakes) => {
    expect(issuesOf(check, value)).toBe(mistakes);
  });
});
