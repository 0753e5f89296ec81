import { describe, expect, it } from 'vitest';
import { hashBits } from '../../src/core/hash.js';
import { KnownUnits } from '../../src/evidence/known-units.js';

const hashOf = (unit: number) => hashBits(`unit ${unit}`, 7);

describe('KnownUnits', () => {
  it('knows that units were placed from the first one on', () => {
    const known = new KnownUnits();
    expect(known.placed).toBe(false);
    expect([known.isFirst(5), known.isFirst(5)]).toEqual([true, false]);
    expect(known.placed).toBe(true);
  });

  it('watches one unit of 64 for coming back, and says so of those only', () => {
    const known = new KnownUnits();
    const [inSample, outside] = [64 * 1024 * 1024, 64 * 1024 * 1024 + 1];
    expect([known.hasReturned(inSample), known.hasReturned(inSample), known.hasReturned(inSample)]).toEqual([
      false,
      true,
      true,
    ]);
    for (const hash of [outside, outside, 63, 32]) expect(known.hasReturned(hash)).toBeUndefined();
    expect(known.hasReturned(-64)).toBe(false);
    const watched = Array.from({ length: 20_000 }, (_, unit) => known.hasReturned(hashOf(unit))).filter(
      (answer) => answer !== undefined,
    );
    // 20 000 / 64 = 312.5, with a standard deviation of 17.5.
    expect(Math.abs(watched.length - 312.5)).toBeLessThan(4 * 17.5);
  });

  it('hardly ever takes a new unit for one that came back, and stops before it would', () => {
    const known = new KnownUnits();
    let [asked, returned, lastAsked] = [0, 0, 0];
    for (let unit = 0; unit < 700_000; unit += 1) {
      const answer = known.hasReturned(hashOf(unit));
      if (answer === undefined) continue;
      asked += 1;
      lastAsked = unit;
      if (answer) returned += 1;
    }
    // 8192 bits of 65 536 set at the end: a sixteenth of the watched share a bit with an earlier one.
    expect(asked - returned).toBe(8192);
    expect(returned / asked).toBeLessThan(0.08);
    expect(lastAsked).toBeGreaterThan(500_000);
    expect(lastAsked).toBeLessThan(650_000);
  });

  it('counts a first event by bit and measure', () => {
    const known = new KnownUnits();
    expect(known.isFirstEvent('error', 4095)).toBe(true);
    expect(known.isFirstEvent('error', 4095)).toBe(false);
    expect(known.isFirstEvent('error', 0)).toBe(true);
    expect(known.isFirstEvent('clicked', 4095)).toBe(true);
    expect(known.placed).toBe(false);
  });
});
