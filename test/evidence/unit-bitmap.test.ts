import { describe, expect, it } from 'vitest';
import { hash32 } from '../../src/core/hash.js';
import { UnitBitmap } from '../../src/evidence/unit-bitmap.js';

describe('UnitBitmap', () => {
  it('sees a unit for the first time once', () => {
    const seen = new UnitBitmap();
    expect([seen.isFirst(0xdeadbeef), seen.isFirst(0xdeadbeef), seen.isFirst(0)]).toEqual([true, false, true]);
  });

  it('has exactly one place for each of the 65 536 values of the upper 16 bits', () => {
    const seen = new UnitBitmap();
    let first = 0;
    for (let upper = 0; upper < 65_536; upper += 1) if (seen.isFirst(((upper << 16) | 0x1234) >>> 0)) first += 1;
    expect(first).toBe(65_536);
    for (let upper = 0; upper < 65_536; upper += 1) if (seen.isFirst((upper << 16) >>> 0)) first += 1;
    expect(first).toBe(65_536);
  });

  it('finds as many new units as throwing balls into 65 536 urns predicts', () => {
    const seen = new UnitBitmap();
    let first = 0;
    for (let i = 0; i < 20_000; i += 1) if (seen.isFirst(hash32(`user-${i}`))) first += 1;
    // Occupied urns: m (1 - (1 - 1/m)^n), with a standard deviation of 43 here.
    const expected = 65_536 * (1 - (1 - 1 / 65_536) ** 20_000);
    expect(Math.abs(first - expected)).toBeLessThan(4 * 43);
  });
});
