import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.js';

describe('systemClock', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('reads the wall clock in ms, as it is at the call', () => {
    vi.useFakeTimers({ now: 1_700_000_000_000 });
    expect(systemClock.now()).toBe(1_700_000_000_000);
    vi.setSystemTime(1_600_000_000_000);
    expect(systemClock.now()).toBe(1_600_000_000_000);
  });

  it('measures elapsed time that the wall clock cannot move', () => {
    vi.useFakeTimers();
    const before = systemClock.elapsed();
    vi.setSystemTime(0);
    expect(systemClock.elapsed()).toBe(before);
    vi.advanceTimersByTime(250);
    expect(systemClock.elapsed() - before).toBe(250);
  });

  it('calls back once, after the delay and not before', () => {
    vi.useFakeTimers();
    const callback = vi.fn();
    systemClock.setTimer?.(callback, 100);
    vi.advanceTimersByTime(99);
    expect(callback).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1000);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('never calls back after it was cleared', () => {
    vi.useFakeTimers();
    const callback = vi.fn();
    systemClock.clearTimer?.(systemClock.setTimer?.(callback, 100));
    vi.advanceTimersByTime(1000);
    expect(callback).not.toHaveBeenCalled();
  });

  it('keeps no process alive', () => {
    const timer = systemClock.setTimer?.(() => {}, 60_000) as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(false);
    systemClock.clearTimer?.(timer);
  });

  it('works where a timer is a number, as in browsers', () => {
    vi.stubGlobal('setTimeout', () => 7);
    expect(systemClock.setTimer?.(() => {}, 1)).toBe(7);
    vi.stubGlobal('setTimeout', () => null);
    expect(systemClock.setTimer?.(() => {}, 1)).toBeNull();
    vi.stubGlobal('setTimeout', () => ({}));
    expect(systemClock.setTimer?.(() => {}, 1)).toEqual({});
  });

  it('asks for no delay that platforms would take for none', () => {
    const delays: number[] = [];
    vi.stubGlobal('setTimeout', (_: unknown, delay: number) => delays.push(delay));
    for (const delay of [5, 2 ** 31 - 1, 2 ** 31, 30 * 86_400_000]) systemClock.setTimer?.(() => {}, delay);
    expect(delays).toEqual([5, 2147483647, 2147483647, 2147483647]);
  });
});
