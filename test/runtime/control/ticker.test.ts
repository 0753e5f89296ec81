import { describe, expect, test } from 'vitest';
import type { Clock } from '../../../src/core/clock.js';
import { Ticker } from '../../../src/runtime/control/ticker.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const rngOf = (value: number) => ({ next: () => value });

function make(everyMs: number | false, chance = 0.5, withTimers = true) {
  const manual = new ManualClock(0);
  const clock: Clock = withTimers ? manual : { now: () => manual.now(), elapsed: () => manual.elapsed() };
  let ticks = 0;
  const ticker = new Ticker(clock, rngOf(chance), everyMs, async () => {
    ticks += 1;
  });
  return { manual, ticker, ticks: () => ticks };
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
    const ticker: Ticker = new Ticker(manual, rngOf(0.5), 1000, async () => ticker.close());
    ticker.touch();
    await manual.advanceAsync(5000);
    expect(manual.pending).toBe(0);
  });

  test('waits for a tick to end before it schedules the next', async () => {
    const manual = new ManualClock(0);
    let ticks = 0;
    const ticker = new Ticker(manual, rngOf(0.5), 1000, () => {
      ticks += 1;
      return new Promise(() => {});
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
});
