import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnitEventBitmap, unitEventStrata } from '../../../src/stats/clusters/index.js';

const bitmapOf = (bits: readonly number[]) => {
  const made = new UnitEventBitmap();
  for (const bit of bits) made.set(bit);
  return made;
};
const anyBits = fc.array(fc.nat(4095), { maxLength: 60 });

describe('UnitEventBitmap', () => {
  it('holds what was set, and nothing else', () => {
    fc.assert(
      fc.property(anyBits, fc.nat(4095), (bits, other) => {
        const bitmap = bitmapOf(bits);
        for (const bit of bits) expect(bitmap.has(bit)).toBe(true);
        expect(bitmap.has(other)).toBe(bits.includes(other));
        expect(bitmap.count).toBe(new Set(bits).size);
      }),
    );
  });

  it('merges in any order, twice as well as once', () => {
    fc.assert(
      fc.property(anyBits, anyBits, (a, b) => {
        const whole = bitmapOf([...a, ...b]).toJSON();
        expect(bitmapOf(a).merge(bitmapOf(b)).toJSON()).toBe(whole);
        expect(bitmapOf(b).merge(bitmapOf(a)).merge(bitmapOf(a)).toJSON()).toBe(whole);
      }),
    );
  });

  it('survives its JSON, which is 1024 hexadecimal digits', () => {
    fc.assert(
      fc.property(anyBits, (bits) => {
        const text = bitmapOf(bits).toJSON();
        expect(text).toMatch(/^[0-9a-f]{1024}$/);
        expect(UnitEventBitmap.from(text).toJSON()).toBe(text);
      }),
    );
    expect(bitmapOf([0, 9]).toJSON().slice(0, 6)).toBe('010200');
    expect(bitmapOf([4095]).toJSON().slice(-2)).toBe('80');
  });

  it('ignores bits that it does not have', () => {
    const bitmap = bitmapOf([-1, 4096, 5000, Number.NaN]);
    expect(bitmap.count).toBe(0);
    expect(bitmap.has(4096)).toBe(false);
    expect(bitmap.has(-1)).toBe(false);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a number', 5],
    ['too few digits', '0'.repeat(1023)],
    ['too many digits', '0'.repeat(1025)],
    ['other letters', 'g'.repeat(1024)],
    ['digits after a line break', `\n${'0'.repeat(1023)}`],
  ])('refuses to read %s', (_name, json) => {
    expect(() => UnitEventBitmap.from(json as string)).toThrow(expect.objectContaining({ code: 'state-unreadable' }));
  });
});

describe('unitEventStrata', () => {
  it('counts each bit in the first epoch that has it, and drops it where both arms have it', () => {
    const strata = unitEventStrata([
      { share: 0.1, treatment: bitmapOf([1, 2]), control: bitmapOf([2, 3, 4]) },
      { share: 0.5, treatment: bitmapOf([1, 2, 3, 5, 6]), control: bitmapOf([4, 7]) },
    ]);
    expect(strata).toEqual([
      { share: 0.1, treatment: 1, control: 2 },
      // 2 was dropped before, and does not come back.
      { share: 0.5, treatment: 2, control: 1 },
    ]);
  });

  it('never counts a unit twice, whatever replicas saw', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyBits, anyBits), { maxLength: 5 }), (epochs) => {
        const strata = unitEventStrata(
          epochs.map(([a, b]) => ({ share: 0.5, treatment: bitmapOf(a), control: bitmapOf(b) })),
        );
        const counted = strata.reduce((sum, { treatment, control }) => sum + treatment + control, 0);
        expect(counted).toBeLessThanOrEqual(new Set(epochs.flat(2)).size);
      }),
    );
  });

  it('leaves the bitmaps as they are', () => {
    const [treatment, control] = [bitmapOf([1]), bitmapOf([2])];
    unitEventStrata([{ share: 0.5, treatment, control }]);
    expect([treatment.count, control.count]).toEqual([1, 1]);
  });
});
