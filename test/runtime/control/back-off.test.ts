import { describe, expect, test } from 'vitest';
import { BackOff } from '../../../src/runtime/control/back-off.js';

describe('backing off', () => {
  test.each([
    [0, 0.5],
    [0.5, 1],
    [1, 1.5],
  ])('waits twice as long after each failure, half a minute at most (chance %d)', (chance, factor) => {
    const backOff = new BackOff({ next: () => chance });
    expect(backOff.isDue(0)).toBe(true);
    let now = 7;
    for (const seconds of [1, 2, 4, 8, 16, 30, 30, 30]) {
      backOff.failed(now);
      const waitMs = seconds * 1000 * factor;
      expect([backOff.isDue(now + waitMs - 1), backOff.isDue(now + waitMs)]).toEqual([false, true]);
      now += waitMs;
    }
  });

  test('forgets its failures with the first success', () => {
    const backOff = new BackOff({ next: () => 0.5 });
    for (let n = 0; n < 5; n += 1) backOff.failed(0);
    backOff.succeeded();
    expect(backOff.isDue(0)).toBe(true);
    backOff.failed(0);
    expect([backOff.isDue(999), backOff.isDue(1000)]).toEqual([false, true]);
  });
});
