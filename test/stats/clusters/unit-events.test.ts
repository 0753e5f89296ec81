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

  it('survives its JSON, which is two letters a bit, and never more than 683', () => {
    const manyBits = fc.uniqueArray(fc.nat(4095), { minLength: 330, maxLength: 900 });
    fc.assert(
      fc.property(fc.oneof(anyBits, manyBits), (bits) => {
        const text = bitmapOf(bits).toJSON();
        expect(text.length).toBe(Math.min(683, 2 * new Set(bits).size));
        const read = UnitEventBitmap.from(text);
        expect(read.toJSON()).toBe(text);
        expect(bits.every((bit) => read.has(bit))).toBe(true);
        expect(read.count).toBe(new Set(bits).size);
      }),
    );
    expect(bitmapOf([9, 0, 4095, 64]).toJSON()).toBe('AAAJBA__');
    expect(bitmapOf([]).toJSON()).toBe('');
    const first = Array.from({ length: 341 }, (_, bit) => bit);
    expect(bitmapOf(first).toJSON()).toHaveLength(682);
    // 57 digits of six set bits are 342.
    expect(bitmapOf([...first, 341]).toJSON()).toBe('_'.repeat(57) + 'A'.repeat(626));
    expect(bitmapOf([...first, 4095]).toJSON()).toBe(`${'_'.repeat(56)}f${'A'.repeat(625)}I`);
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
    ['half a bit', 'AAA'],
    ['other letters', 'A='],
    ['bits out of order', 'ABAA'],
    ['a bit twice', 'AAAA'],
    ['too many letters', 'A'.repeat(684)],
    ['many letters for few bits', 'A'.repeat(683)],
    ['bits beyond the last', `${'_'.repeat(682)}Q`],
    ['two letters after a line break', '\nAA'],
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
