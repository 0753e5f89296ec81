import { describe, expect, test } from 'vitest';
import type { Clock } from '../../../src/core/clock.js';
import { Ticker } from '../../../src/runtime/control/ticker.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const rngOf = (value: number) => ({ next: () => value });

function make(
  everyMs: number | false,
  chance = 0.5,
  withTimers = true,
  duringTick?: (hint: () => void) => Promise<void> | void,
) {
  const manual = new ManualClock(0);
  const clock: Clock = withTimers ? manual : { now: () => manual.now(), elapsed: () => manual.elapsed() };
  let ticks = 0;
  const listeners = new Set<() => void>();
  const ticker = new Ticker({
    clock,
    rng: rngOf(chance),
    everyMs,
    tick: async () => {
      ticks += 1;
      await duringTick?.(() => hint());
    },
    listen: (onHint) => {
      listeners.add(onHint);
      return () => listeners.delete(onHint);
    },
  });
  const hint = () => {
    for (const listener of listeners) listener();
  };
  return { manual, ticker, hint, listeners, ticks: () => ticks };
}

describe('the ticker', () => {
  test('ticks from the first touch on, in its rhythm', async () => {
    const { manual, ticker, ticks } = make(1000);
    await manual.advanceAsync(5000);
    expect(ticks()).toBe(0);
    ticker.touch();
    await manual.advanceAsync(999);
    expect(ticks()).toBe(0);
    await manual.advanceAsync(1);
    expect(ticks()).toBe(1);
    ticker.touch();
    await manual.advanceAsync(3000);
    expect(ticks()).toBe(4);
  });

  test.each([
    [0, 900],
    [0.5, 1000],
    [1, 1100],
  ])('is off by a tenth at most (chance %d)', async (chance, dueAt) => {
    const { manual, ticker, ticks } = make(1000, chance);
    ticker.touch();
    await manual.advanceAsync(dueAt - 1);
    expect(ticks()).toBe(0);
    await manual.advanceAsync(1);
    expect(ticks()).toBe(1);
  });

  test('leaves ticks to the caller when it is told to', async () => {
    const { manual, ticker, ticks } = make(false);
    ticker.touch();
    await manual.advanceAsync(100_000);
    expect([ticks(), manual.pending]).toEqual([0, 0]);
  });

  test('ends with close, and a touch does not wake it', async () => {
    const { manual, ticker, ticks } = make(1000);
    ticker.touch();
    ticker.close();
    ticker.touch();
    await manual.advanceAsync(5000);
    expect([ticks(), manual.pending]).toEqual([0, 0]);
  });

  test('closed before it began it never begins', async () => {
    const { manual, ticker, ticks } = make(1000);
    ticker.close();
    ticker.touch();
    await manual.advanceAsync(5000);
    expect(ticks()).toBe(0);
  });

  test('closed while it ticks it schedules no more', async () => {
    const manual = new ManualClock(0);
    const ticker: Ticker = new Ticker({
      clock: manual,
      rng: rngOf(0.5),
      everyMs: 1000,
      tick: async () => ticker.close(),
    });
    ticker.touch();
    await manual.advanceAsync(5000);
    expect(manual.pending).toBe(0);
  });

  test('waits for a tick to end before it schedules the next', async () => {
    const manual = new ManualClock(0);
    let ticks = 0;
    const ticker = new Ticker({
      clock: manual,
      rng: rngOf(0.5),
      everyMs: 1000,
      tick: () => {
        ticks += 1;
        return new Promise(() => {});
      },
    });
    ticker.touch();
    await manual.advanceAsync(10_000);
    expect(ticks).toBe(1);
  });

  test('without timers a touch that finds a tick overdue starts it', async () => {
    const { manual, ticker, ticks } = make(1000, 0.5, false);
    ticker.touch();
    manual.advance(999);
    ticker.touch();
    expect(ticks()).toBe(0);
    manual.advance(1);
    ticker.touch();
    ticker.touch();
    expect(ticks()).toBe(1);
    manual.advance(1000);
    ticker.touch();
    expect(ticks()).toBe(2);
    ticker.close();
    manual.advance(1000);
    ticker.touch();
    expect(ticks()).toBe(2);
  });

  test('a hint brings the next tick forward, spread over a fifth of a second', async () => {
    const { manual, ticker, hint, ticks } = make(10_000, 0.5);
    ticker.touch();
    await manual.advanceAsync(3000);
    hint();
    await manual.advanceAsync(99);
    expect(ticks()).toBe(0);
    await manual.advanceAsync(1);
    expect(ticks()).toBe(1);
    await manual.advanceAsync(9999);
    expect(ticks()).toBe(1);
    await manual.advanceAsync(1);
    expect(ticks()).toBe(2);
  });

  test('a hint puts nothing off', async () => {
    const { manual, ticker, hint, ticks } = make(1000, 1);
    ticker.touch();
    await manual.advanceAsync(1099);
    hint();
    await manual.advanceAsync(1);
    expect(ticks()).toBe(1);
  });

  test('however many hints come, a second lies between two ticks', async () => {
    const { manual, ticker, hint, ticks } = make(10_000, 0);
    ticker.touch();
    hint();
    await manual.advanceAsync(0);
    expect(ticks()).toBe(1);
    for (let at = 0; at < 99; at += 1) {
      hint();
      await manual.advanceAsync(10);
    }
    expect(ticks()).toBe(1);
    await manual.advanceAsync(10);
    expect(ticks()).toBe(2);
  });

  test('a hint that comes during a tick leads to one more', async () => {
    let hints = 1;
    const { manual, ticker, ticks } = make(10_000, 0, true, (hint) => {
      hints -= 1;
      if (hints >= 0) hint();
    });
    ticker.touch();
    await manual.advanceAsync(9000);
    expect(ticks()).toBe(1);
    await manual.advanceAsync(1000);
    expect(ticks()).toBe(2);
    await manual.advanceAsync(8999);
    expect(ticks()).toBe(2);
  });

  test('listens from its first touch until it is closed', async () => {
    const { manual, ticker, hint, listeners, ticks } = make(1000);
    expect(listeners.size).toBe(0);
    ticker.touch();
    const [late] = listeners;
    ticker.close();
    expect(listeners.size).toBe(0);
    late?.();
    hint();
    await manual.advanceAsync(5000);
    expect([ticks(), manual.pending]).toEqual([0, 0]);
  });
});
