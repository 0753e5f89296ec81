import { describe, expect, test } from 'vitest';
import { InFlight } from '../../../src/runtime/instances/in-flight.js';
import { Deadlines } from '../../../src/runtime/waiting/deadlines.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

function counting() {
  const clock = new ManualClock();
  const inFlight = new InFlight(clock, new Deadlines(clock));
  const done: string[] = [];
  const watch = (instance: string, quietMs: number, name = instance) =>
    void inFlight.drained(instance, quietMs).then(() => done.push(name));
  return { clock, inFlight, done, watch };
}

describe('the requests at an instance', () => {
  test('are counted for each of them', () => {
    const { inFlight } = counting();
    inFlight.enter('a');
    inFlight.enter('a');
    inFlight.enter('b');
    inFlight.leave('a');
    expect([inFlight.at('a'), inFlight.at('b'), inFlight.at('c')]).toEqual([1, 1, 0]);
    inFlight.leave('a');
    expect(inFlight.at('a')).toBe(0);
  });

  test('are drained with the last of them, and at once where there is none', async () => {
    const { clock, inFlight, done, watch } = counting();
    inFlight.enter('a');
    inFlight.enter('a');
    watch('a', 0);
    watch('b', 0);
    await clock.advanceAsync(0);
    expect(done).toEqual(['b']);
    inFlight.leave('a');
    await clock.advanceAsync(0);
    expect(done).toEqual(['b']);
    inFlight.leave('a');
    await clock.advanceAsync(0);
    expect(done).toEqual(['b', 'a']);
  });

  test('are drained only after a pause without any, which each of them begins anew', async () => {
    const { clock, inFlight, done, watch } = counting();
    watch('a', 100);
    await clock.advanceAsync(99);
    inFlight.enter('a');
    await clock.advanceAsync(1000);
    expect(done).toEqual([]);
    inFlight.leave('a');
    await clock.advanceAsync(99);
    expect(done).toEqual([]);
    await clock.advanceAsync(1);
    expect(done).toEqual(['a']);
    inFlight.enter('a');
    inFlight.leave('a');
    await clock.advanceAsync(1000);
    expect(done).toEqual(['a']);
  });

  test('are waited for by several, each with a pause of its own', async () => {
    const { clock, done, watch } = counting();
    watch('a', 200, 'slow');
    watch('a', 100, 'fast');
    await clock.advanceAsync(100);
    expect(done).toEqual(['fast']);
    await clock.advanceAsync(100);
    expect(done).toEqual(['fast', 'slow']);
  });

  test('are drained in the first moment without any where the platform has no timers', async () => {
    const clock = { now: () => 0, elapsed: () => 0 };
    const inFlight = new InFlight(clock, new Deadlines(clock));
    inFlight.enter('a');
    let isDone = false;
    const drained = inFlight.drained('a', 100).then(() => {
      isDone = true;
    });
    await Promise.resolve();
    expect(isDone).toBe(false);
    inFlight.leave('a');
    await drained;
    expect(isDone).toBe(true);
  });
});
