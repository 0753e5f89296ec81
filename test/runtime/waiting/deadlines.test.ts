import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import { type Deadline, Deadlines } from '../../../src/runtime/waiting/deadlines.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const setUp = () => {
  const clock = new ManualClock();
  return { clock, deadlines: new Deadlines(clock) };
};

describe('Deadlines', () => {
  it('calls back at the time and not before', () => {
    const { clock, deadlines } = setUp();
    let called = 0;
    deadlines.start(100, () => (called += 1));
    clock.advance(99);
    expect(called).toBe(0);
    clock.advance(1);
    expect(called).toBe(1);
    clock.advance(1000);
    expect(called).toBe(1);
  });

  it('does not call back what was cancelled, however often', () => {
    const { clock, deadlines } = setUp();
    let called = 0;
    const deadline = deadlines.start(100, () => (called += 1));
    deadline.cancel();
    deadline.cancel();
    clock.advance(200);
    expect(called).toBe(0);
  });

  it('does nothing when a limit that is over is cancelled', () => {
    const { clock, deadlines } = setUp();
    const deadline = deadlines.start(10, () => {});
    clock.advance(10);
    expect(() => deadline.cancel()).not.toThrow();
    expect(deadlines.size).toBe(0);
  });

  it('keeps one timer for any number of limits', () => {
    const { clock, deadlines } = setUp();
    for (let ms = 1000; ms > 0; ms -= 1) deadlines.start(ms, () => {});
    expect(clock.pending).toBe(1);
    clock.advance(500);
    expect(clock.pending).toBe(1);
    clock.advance(500);
    expect(clock.pending).toBe(0);
  });

  it('does not touch the timer for a limit that comes after another', () => {
    let set = 0;
    const inner = new ManualClock();
    const deadlines = new Deadlines({
      now: () => inner.now(),
      elapsed: () => inner.elapsed(),
      setTimer: (callback, ms) => {
        set += 1;
        return inner.setTimer(callback, ms);
      },
      clearTimer: (timer) => inner.clearTimer(timer),
    });
    deadlines.start(100, () => {});
    deadlines.start(100, () => {});
    deadlines.start(200, () => {});
    expect(set).toBe(1);
    deadlines.start(99, () => {});
    expect(set).toBe(2);
  });

  it('leaves the timer as it is when its limit is cancelled, and uses it for the next', () => {
    const { clock, deadlines } = setUp();
    const called: number[] = [];
    deadlines.start(100, () => called.push(1)).cancel();
    deadlines.start(150, () => called.push(clock.elapsed()));
    clock.advance(300);
    expect(called).toEqual([150]);
  });

  it('calls back later when the timer of the platform fires early', () => {
    const early: { callback?: () => void } = {};
    let now = 0;
    let delay = 0;
    const deadlines = new Deadlines({
      now: () => 0,
      elapsed: () => now,
      setTimer: (callback, ms) => {
        early.callback = callback;
        delay = ms;
        return 1;
      },
      clearTimer: () => {},
    });
    let called = 0;
    deadlines.start(10, () => (called += 1));
    now = 9.5;
    early.callback?.();
    expect([called, delay]).toEqual([0, 1]);
    now = 10;
    early.callback?.();
    expect(called).toBe(1);
  });

  it('never asks the platform for a delay that it cannot hold', () => {
    const { clock, deadlines } = setUp();
    const longest = 0x7fffffff;
    let called = 0;
    const delays: number[] = [];
    const watched = new Deadlines({
      now: () => 0,
      elapsed: () => clock.elapsed(),
      setTimer: (callback, ms) => {
        delays.push(ms);
        return clock.setTimer(callback, ms);
      },
      clearTimer: (timer) => clock.clearTimer(timer),
    });
    watched.start(longest + 1000, () => (called += 1));
    clock.advance(longest);
    expect([called, delays]).toEqual([0, [longest, 1000]]);
    clock.advance(1000);
    expect(called).toBe(1);
    expect(deadlines.size).toBe(0);
  });

  it('takes a delay that is not finite for no limit, and a negative one for none left', () => {
    const { clock, deadlines } = setUp();
    let called = 0;
    deadlines.start(Infinity, () => (called += 1)).cancel();
    deadlines.start(Number.NaN, () => (called += 1));
    expect([clock.pending, deadlines.size]).toEqual([0, 0]);
    deadlines.start(-5, () => (called += 10));
    clock.advance(0);
    expect(called).toBe(10);
  });

  it('never times out where the platform has no timers', () => {
    const deadlines = new Deadlines({ now: () => 0, elapsed: () => 0 });
    const deadline = deadlines.start(0, () => expect.unreachable());
    expect(() => deadline.cancel()).not.toThrow();
    expect(deadlines.size).toBe(0);
    deadlines.close();
  });

  it('calls the others back when one callback throws', () => {
    const { clock, deadlines } = setUp();
    const called: string[] = [];
    deadlines.start(10, () => {
      throw new Error('mine');
    });
    deadlines.start(10, () => called.push('other'));
    expect(() => clock.advance(10)).toThrow('mine');
    clock.advance(0);
    expect(called).toEqual(['other']);
  });

  it('serves limits that are started by a callback', () => {
    const { clock, deadlines } = setUp();
    const called: number[] = [];
    deadlines.start(10, () => {
      deadlines.start(5, () => called.push(clock.elapsed()));
      deadlines.start(50, () => called.push(clock.elapsed()));
    });
    deadlines.start(30, () => called.push(clock.elapsed()));
    clock.advance(100);
    expect(called).toEqual([15, 30, 60]);
  });

  it('calls nothing back once it is closed', () => {
    const { clock, deadlines } = setUp();
    deadlines.start(10, () => expect.unreachable());
    deadlines.close();
    deadlines.start(10, () => expect.unreachable());
    clock.advance(20);
    expect([clock.pending, deadlines.size]).toEqual([0, 0]);
  });

  it('holds at most 64 dead entries, or as many as live ones', () => {
    const { deadlines } = setUp();
    for (let started = 0; started < 100_000; started += 1) deadlines.start(1000, () => {}).cancel();
    expect(deadlines.size).toBeLessThanOrEqual(65);
    const live = Array.from({ length: 1000 }, () => deadlines.start(1000, () => {}));
    const dead = Array.from({ length: 5000 }, () => deadlines.start(500, () => {}));
    for (const deadline of dead) deadline.cancel();
    expect(deadlines.size).toBeLessThanOrEqual(2 * live.length);
    expect(deadlines.size).toBeGreaterThanOrEqual(live.length);
  });

  it('keeps its order when it forgets dead entries, and counts them right', () => {
    const { clock, deadlines } = setUp();
    const due: number[] = [];
    const late: number[] = [];
    const chance = seededRng(5);
    for (let round = 0; round < 20; round += 1) {
      const limits = Array.from({ length: 300 }, () => Math.floor(chance.next() * 1000));
      const started = limits.map((ms) => deadlines.start(ms, () => late.push(clock.elapsed())));
      const kept = started.map(() => chance.next() < 0.3);
      kept.forEach((keep, index) => {
        if (keep) due.push(clock.elapsed() + (limits[index] ?? 0));
        else started[index]?.cancel();
      });
      clock.advance(100);
    }
    clock.advance(1000);
    expect(late).toEqual(due.sort((a, b) => a - b));
    expect([deadlines.size, clock.pending]).toEqual([0, 0]);
    // Nothing dead is left over in the count: the next 64 stay where they are.
    for (let index = 0; index < 64; index += 1) deadlines.start(10, () => {}).cancel();
    expect(deadlines.size).toBe(64);
    deadlines.start(10, () => {}).cancel();
    expect(deadlines.size).toBe(0);
  });

  it('calls back exactly what was not cancelled in time, in order, under any interleaving', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('start' as const), ms: fc.integer({ min: 0, max: 50 }) }),
      fc.record({ do: fc.constant('cancel' as const), which: fc.nat(300) }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 20 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const { clock, deadlines } = setUp();
        const limits: { readonly deadline: Deadline; readonly due: number; state: 'live' | 'cancelled' | number }[] =
          [];
        for (const { ...action } of steps) {
          if (action.do === 'start') {
            const index = limits.length;
            const due = clock.elapsed() + action.ms;
            const deadline = deadlines.start(action.ms, () => {
              const limit = limits[index];
              if (limit?.state !== 'live') throw new Error('called back a limit that was not live');
              limit.state = clock.elapsed();
            });
            limits.push({ deadline, due, state: 'live' });
          } else if (action.do === 'cancel') {
            const limit = limits[action.which % Math.max(1, limits.length)];
            limit?.deadline.cancel();
            if (limit?.state === 'live') limit.state = 'cancelled';
          } else clock.advance(action.ms);
          for (const { due, state } of limits) {
            if (state === 'live') expect(due).toBeGreaterThanOrEqual(clock.elapsed());
          }
        }
        clock.advance(100);
        for (const { due, state } of limits) if (state !== 'cancelled') expect(state).toBe(due);
        expect(deadlines.size).toBe(0);
      }),
    );
  });
});
