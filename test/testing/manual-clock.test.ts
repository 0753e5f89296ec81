import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/testing/manual-clock.js';

describe('ManualClock', () => {
  it('stands still until it is told to move', () => {
    const clock = new ManualClock(1000);
    expect([clock.now(), clock.elapsed()]).toEqual([1000, 0]);
    clock.advance(250);
    expect([clock.now(), clock.elapsed()]).toEqual([1250, 250]);
    clock.advance(50);
    expect([clock.now(), clock.elapsed()]).toEqual([1300, 300]);
  });

  it('starts wall time at zero unless told otherwise', () => {
    expect(new ManualClock().now()).toBe(0);
  });

  it('runs timers in the order of their times, and those of one time in the order they were set', () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    clock.setTimer(() => ran.push('late'), 20);
    clock.setTimer(() => ran.push('first of two'), 10);
    clock.setTimer(() => ran.push('second of two'), 10);
    clock.setTimer(() => ran.push('at once'), 0);
    clock.advance(20);
    expect(ran).toEqual(['at once', 'first of two', 'second of two', 'late']);
  });

  it('shows each timer its own time', () => {
    const clock = new ManualClock(5);
    const seen: number[] = [];
    clock.setTimer(() => seen.push(clock.now(), clock.elapsed()), 7);
    clock.advance(100);
    expect(seen).toEqual([12, 7]);
    expect(clock.elapsed()).toBe(100);
  });

  it('runs a timer at its very time and not before', () => {
    const clock = new ManualClock();
    let ran = 0;
    clock.setTimer(() => (ran += 1), 10);
    clock.advance(9);
    expect(ran).toBe(0);
    clock.advance(1);
    expect(ran).toBe(1);
    clock.advance(100);
    expect(ran).toBe(1);
  });

  it('runs timers that a timer sets, if they come due on the way', () => {
    const clock = new ManualClock();
    const ran: number[] = [];
    const again = () => {
      ran.push(clock.elapsed());
      clock.setTimer(again, 10);
    };
    clock.setTimer(again, 10);
    clock.advance(35);
    expect(ran).toEqual([10, 20, 30]);
    expect(clock.pending).toBe(1);
  });

  it('forgets a timer that was cleared', () => {
    const clock = new ManualClock();
    let ran = 0;
    const timer = clock.setTimer(() => (ran += 1), 10);
    expect(clock.pending).toBe(1);
    clock.clearTimer(timer);
    clock.advance(10);
    expect([ran, clock.pending]).toEqual([0, 0]);
  });

  it('takes a delay that is negative or not a number for none', () => {
    const clock = new ManualClock();
    let ran = 0;
    clock.advance(10);
    clock.setTimer(() => (ran += 1), -5);
    clock.setTimer(() => (ran += 1), Number.NaN);
    clock.advance(0);
    expect(ran).toBe(2);
    expect([clock.now(), clock.elapsed()]).toEqual([10, 10]);
  });

  it('lets promises settle between timers', async () => {
    const clock = new ManualClock();
    const told: string[] = [];
    const wait = (ms: number) => new Promise<void>((resolve) => void clock.setTimer(resolve, ms));
    const work = async () => {
      for (const name of ['a', 'b', 'c']) {
        await wait(10);
        told.push(`${name} at ${clock.elapsed()}`);
      }
    };
    void work();
    await clock.advanceAsync(30);
    expect(told).toEqual(['a at 10', 'b at 20', 'c at 30']);
  });

  it('lets what was settled before it moves be seen at the old time', async () => {
    const clock = new ManualClock();
    const seen: number[] = [];
    void Promise.resolve().then(() => seen.push(clock.elapsed()));
    await clock.advanceAsync(10);
    expect(seen).toEqual([0]);
  });

  it('lets the platform own queues run, too', async () => {
    const clock = new ManualClock();
    const items: unknown[] = [];
    void (async () => {
      for await (const item of Readable.from(['a', 'b'])) items.push(item);
    })();
    await clock.advanceAsync(0);
    expect(items).toEqual(['a', 'b']);
  });

  it('moves wall time alone when it jumps, either way, and runs nothing', () => {
    const clock = new ManualClock(1000);
    let ran = 0;
    clock.setTimer(() => (ran += 1), 10);
    clock.jump(500);
    expect([clock.now(), clock.elapsed(), ran]).toEqual([1500, 0, 0]);
    clock.jump(-800);
    expect(clock.now()).toBe(700);
    clock.advance(10);
    expect([clock.now(), ran]).toEqual([710, 1]);
  });
});
