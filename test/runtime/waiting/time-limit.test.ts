import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../../src/core/errors.js';
import { Deadlines } from '../../../src/runtime/waiting/deadlines.js';
import { withTimeLimit } from '../../../src/runtime/waiting/time-limit.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

describe('a time limit', () => {
  test('lets work through that ends in time, and takes its timer back', async () => {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    expect(await withTimeLimit(Promise.resolve(5), 100, deadlines, 'The store')).toBe(5);
    await expect(withTimeLimit(Promise.reject(new Error('own')), 100, deadlines, 'The store')).rejects.toThrow('own');
    let isLate = false;
    deadlines.start(100, () => {
      isLate = true;
    });
    await clock.advanceAsync(100);
    expect([isLate, clock.pending]).toEqual([true, 0]);
  });

  test('rejects at the limit, and what comes later is nobody’s', async () => {
    const clock = new ManualClock();
    let end = (_: number) => {};
    const work = new Promise<number>((resolve) => (end = resolve));
    const limited = withTimeLimit(work, 100, new Deadlines(clock), 'The store');
    limited.catch(() => {});
    await clock.advanceAsync(99);
    await clock.advanceAsync(1);
    await expect(limited).rejects.toSatisfy((error) => isTurnoutError(error, 'timeout'));
    await expect(limited).rejects.toThrow('The store took more than 100 ms.');
    end(5);
  });

  test('just waits where the platform has no timers', async () => {
    expect(await withTimeLimit(Promise.resolve(5), 0, new Deadlines({ now: () => 0, elapsed: () => 0 }), 'x')).toBe(5);
  });
});
