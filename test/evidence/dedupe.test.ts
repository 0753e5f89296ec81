import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeenReports } from '../../src/evidence/dedupe.js';

describe('SeenReports', () => {
  it('knows a report again by decision and metric together', () => {
    const seen = new SeenReports();
    expect(seen.first('a', 'clicked')).toBe(true);
    expect(seen.first('a', 'clicked')).toBe(false);
    expect(seen.first('a', 'revenue')).toBe(true);
    expect(seen.first('b', 'clicked')).toBe(true);
    expect(seen.size).toBe(3);
  });

  it('never takes two reports for one because their names run together', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(fc.string(), fc.string()), { selector: String, maxLength: 20 }), (pairs) => {
        const seen = new SeenReports();
        const unique = new Set(pairs.map((pair) => JSON.stringify(pair)));
        expect(pairs.filter(([id, metric]) => seen.first(id, metric))).toHaveLength(unique.size);
      }),
    );
    const seen = new SeenReports();
    expect(['1 a', ' ', '11', '1 11'].map((id) => seen.first(id, '1 a'))).toEqual([true, true, true, true]);
    expect(seen.first('ab', 'c')).toBe(true);
    expect(seen.first('a', 'bc')).toBe(true);
  });

  it('holds no more than its limit, and counts what it forgot', () => {
    const seen = new SeenReports(10);
    for (let i = 0; i < 10; i += 1) seen.first(`${i}`, 'm');
    expect([seen.size, seen.forgotten]).toEqual([10, 0]);
    seen.first('10', 'm');
    expect([seen.size, seen.forgotten]).toEqual([6, 5]);
    for (let i = 11; i < 1000; i += 1) {
      seen.first(`${i}`, 'm');
      expect(seen.size).toBeLessThanOrEqual(10);
      expect(seen.size + seen.forgotten).toBe(i + 1);
    }
  });

  it('never forgets a report before half its limit of newer ones came', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.nat(60), (limit, before) => {
        const seen = new SeenReports(limit);
        for (let i = 0; i < before; i += 1) seen.first(`${i}`, 'm');
        seen.first('mine', 'm');
        for (let i = 1; i < Math.floor(limit / 2); i += 1) seen.first(`later ${i}`, 'm');
        expect(seen.first('mine', 'm')).toBe(false);
      }),
    );
  });

  it('holds 65 536 reports by default', () => {
    const seen = new SeenReports();
    for (let i = 0; i < 65_536; i += 1) seen.first(`${i}`, 'm');
    expect([seen.size, seen.forgotten]).toEqual([65_536, 0]);
    expect(seen.first('0', 'm')).toBe(false);
    seen.first('one more', 'm');
    expect([seen.size, seen.forgotten]).toEqual([32_769, 32_768]);
  });

  it('works with a limit of one, and refuses limits that are none', () => {
    const seen = new SeenReports(1);
    expect([seen.first('a', 'm'), seen.first('a', 'm')]).toEqual([true, false]);
    for (const limit of [0, -1, 1.5, Number.NaN, Infinity]) {
      expect(() => new SeenReports(limit)).toThrow(/dedupe: must be a whole number over 0/);
    }
  });
});
