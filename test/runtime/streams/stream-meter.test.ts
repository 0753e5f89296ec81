import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../../src/runtime/waiting/deadlines.js';
import { type StreamEnd, StreamMeter } from '../../../src/runtime/streams/stream-meter.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

function setUp() {
  const clock = new ManualClock();
  clock.advance(100);
  const ends: StreamEnd[] = [];
  const deadlines = new Deadlines(clock);
  // The model took 5 ms until it returned the stream.
  clock.advance(5);
  const meter = new StreamMeter({
    clock,
    deadlines,
    startedAt: 100,
    idleLimitMs: 1000,
    onEnd: (end) => ends.push(end),
  });
  return { clock, meter, ends };
}

describe('StreamMeter', () => {
  it('times the first item and the end from the start of the call', () => {
    const { clock, meter, ends } = setUp();
    meter.asked();
    clock.advance(10);
    meter.item();
    clock.advance(10);
    meter.asked();
    meter.item();
    clock.advance(10);
    meter.asked();
    meter.ended();
    expect(ends).toEqual([
      { ok: true, error: undefined, cancelled: false, idle: false, latencyMs: 35, firstItemMs: 15 },
    ]);
    expect(clock.pending).toBe(1);
    clock.advance(5000);
    expect([ends.length, clock.pending]).toEqual([1, 0]);
  });

  it('has no first item for a stream that gave none', () => {
    const { meter, ends } = setUp();
    meter.asked();
    meter.ended();
    expect(ends).toEqual([
      { ok: true, error: undefined, cancelled: false, idle: false, latencyMs: 5, firstItemMs: undefined },
    ]);
  });

  it('tells the error of a stream that broke', () => {
    const { meter, ends } = setUp();
    meter.broke('why');
    meter.ended();
    meter.broke('again');
    expect(ends).toEqual([
      { ok: false, error: 'why', cancelled: false, idle: false, latencyMs: 5, firstItemMs: undefined },
    ]);
  });

  it.each(['ended', 'broke'] as const)('takes a cancelled stream for no error, however it then %s', (how) => {
    const { clock, meter, ends } = setUp();
    clock.advance(10);
    meter.cancelling();
    clock.advance(10);
    meter.cancelling();
    expect(ends).toEqual([]);
    meter[how]('cleanup failed');
    expect(ends).toEqual([
      { ok: true, error: undefined, cancelled: true, idle: false, latencyMs: 15, firstItemMs: undefined },
    ]);
  });

  it('gives a stream up that nobody reads, as cancelled when it was last read', () => {
    const { clock, meter, ends } = setUp();
    clock.advance(20);
    meter.asked();
    clock.advance(10);
    meter.item();
    clock.advance(999);
    expect(ends).toEqual([]);
    clock.advance(1);
    expect(ends).toEqual([{ ok: true, error: undefined, cancelled: true, idle: true, latencyMs: 35, firstItemMs: 35 }]);
  });

  it('gives a stream up that was never read', () => {
    const { clock, meter, ends } = setUp();
    clock.advance(1000);
    expect(ends).toEqual([
      { ok: true, error: undefined, cancelled: true, idle: true, latencyMs: 5, firstItemMs: undefined },
    ]);
    meter.ended();
    expect(ends).toHaveLength(1);
  });

  it('gives a stream up as timed out that gives nothing while somebody waits', () => {
    const { clock, meter, ends } = setUp();
    clock.advance(500);
    meter.asked();
    clock.advance(999);
    expect(ends).toEqual([]);
    clock.advance(1);
    expect(ends).toMatchObject([
      {
        ok: false,
        error: { code: 'timeout', message: 'the stream gave no item within 1000 ms' },
        cancelled: false,
        idle: true,
        latencyMs: 1505,
      },
    ]);
  });

  it('does not take a reader for waiting who got all he asked for', () => {
    const { clock, meter, ends } = setUp();
    meter.asked();
    meter.asked();
    meter.item();
    meter.item();
    meter.item();
    meter.asked();
    meter.item();
    clock.advance(1000);
    expect(ends).toMatchObject([{ ok: true, cancelled: true }]);
  });

  it('takes a clean-up that hangs after a cancel for cancelled', () => {
    const { clock, meter, ends } = setUp();
    meter.asked();
    meter.cancelling();
    clock.advance(1000);
    expect(ends).toMatchObject([{ ok: true, error: undefined, cancelled: true, idle: true, latencyMs: 5 }]);
  });

  it('lets a slow stream go on for as long as something happens', () => {
    const { clock, meter, ends } = setUp();
    for (let round = 0; round < 50; round += 1) {
      meter.asked();
      clock.advance(900);
      meter.item();
    }
    expect(ends).toEqual([]);
    meter.ended();
    expect(ends).toMatchObject([{ ok: true, cancelled: false, latencyMs: 45_005, firstItemMs: 905 }]);
  });
});
