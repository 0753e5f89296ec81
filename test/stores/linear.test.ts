import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLinearizable, type Operation } from './linear.js';

const read = (start: number, end: number, value: number): Operation<number> => ({
  start,
  end,
  step: (state) => (state === value ? { state } : undefined),
});
const write = (start: number, end: number | undefined, from: number, to: number): Operation<number> => ({
  start,
  end,
  step: (state) => (state === from ? { state: to } : undefined),
});
const refused = (start: number, end: number, from: number): Operation<number> => ({
  start,
  end,
  step: (state) => (state === from ? undefined : { state }),
});

describe('the checker of histories', () => {
  test('takes no operations at all, and operations one after another', () => {
    expect(isLinearizable([], 0)).toBe(true);
    expect(isLinearizable([write(0, 1, 0, 1), read(2, 3, 1), write(4, 5, 1, 2), read(6, 7, 2)], 0)).toBe(true);
  });

  test('takes either value while a write is on its way', () => {
    expect(isLinearizable([write(0, 10, 0, 1), read(1, 2, 0)], 0)).toBe(true);
    expect(isLinearizable([write(0, 10, 0, 1), read(1, 2, 1)], 0)).toBe(true);
  });

  test('refuses a read of what was replaced before it began', () => {
    expect(isLinearizable([write(0, 1, 0, 1), read(2, 3, 0)], 0)).toBe(false);
  });

  test('refuses a new value that is gone again', () => {
    expect(isLinearizable([write(0, 10, 0, 1), read(1, 2, 1), read(3, 4, 0)], 0)).toBe(false);
  });

  test('refuses two winners of one revision, and takes one winner and one that is told so', () => {
    expect(isLinearizable([write(0, 10, 0, 1), write(0, 10, 0, 2)], 0)).toBe(false);
    expect(isLinearizable([write(0, 10, 0, 1), refused(0, 10, 0)], 0)).toBe(true);
  });

  test('refuses a write that is turned away although nobody wrote', () => {
    expect(isLinearizable([refused(0, 1, 0)], 0)).toBe(false);
  });

  test('takes a write without an answer as done, as never done, and as done late, but never as undone', () => {
    const lost = write(0, undefined, 0, 1);
    expect(isLinearizable([lost, read(5, 6, 0)], 0)).toBe(true);
    expect(isLinearizable([lost, read(5, 6, 1)], 0)).toBe(true);
    expect(isLinearizable([lost, read(5, 6, 0), read(7, 8, 1)], 0)).toBe(true);
    expect(isLinearizable([lost, read(5, 6, 1), read(7, 8, 0)], 0)).toBe(false);
  });

  test('agrees with trying every order of few operations', () => {
    const operation = fc
      .record({ start: fc.nat(9), length: fc.nat(4), from: fc.nat(2), to: fc.nat(2), isRead: fc.boolean() })
      .map(({ start, length, from, to, isRead }) =>
        isRead ? read(start, start + length, from) : write(start, start + length, from, to),
      );
    const brute = (left: readonly Operation<number>[], state: number): boolean =>
      left.length === 0 ||
      left.some((first) => {
        const others = left.filter((other) => other !== first);
        const next = first.step(state);
        const isEarly = others.every(({ end = Infinity }) => first.start <= end);
        return next !== undefined && isEarly && brute(others, next.state);
      });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 6 }), (operations) => {
        expect(isLinearizable(operations, 0)).toBe(brute(operations, 0));
      }),
      { numRuns: 500 },
    );
  });
});
