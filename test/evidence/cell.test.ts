import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { addCells, emptyCell, parseCell } from '../../src/evidence/cell.js';
import { joinRecords } from '../../src/evidence/records.js';
import { anyCell, cellOf, sketchOf, sumsOf, throughJson } from './strata.js';

const refusal = (json: unknown): string => {
  try {
    parseCell('cell', json);
  } catch (error) {
    if (isTurnoutError(error, 'state-unreadable')) return error.message;
  }
  return 'not refused';
};

describe('addCells', () => {
  it('adds every count', () => {
    const parts = { exposed: 1, units: 2, pinned: 3, outcomes: 4, errors: 5, fellBack: 6, compared: 7, mismatches: 8 };
    const doubled = {
      exposed: 2,
      units: 4,
      pinned: 6,
      outcomes: 8,
      errors: 10,
      fellBack: 12,
      compared: 14,
      mismatches: 16,
    };
    expect(addCells(cellOf(parts), cellOf(parts))).toEqual(cellOf(doubled));
  });

  it('merges sketches and metrics, those of one side too', () => {
    const a = cellOf({
      latency: sketchOf(1, 5),
      firstItem: sketchOf(2),
      metrics: { clicked: sumsOf({ n: 2, sum: 1, sumSq: 1, late: 1, per: 'exposure' }), left: sumsOf({ n: 1 }) },
    });
    const b = cellOf({
      latency: sketchOf(9),
      firstItem: sketchOf(3),
      metrics: { clicked: sumsOf({ n: 5, sum: 4, sumSq: 6, late: 2 }), right: sumsOf({ n: 1, sketch: sketchOf(4) }) },
    });
    const sum = addCells(a, b);
    expect([sum.latency, sum.firstItem]).toEqual([sketchOf(1, 5, 9), sketchOf(2, 3)]);
    expect(sum.metrics).toEqual({
      clicked: { n: 7, sum: 5, sumSq: 7, late: 3, per: 'exposure' },
      left: sumsOf({ n: 1 }),
      right: sumsOf({ n: 1, sketch: sketchOf(4) }),
    });
    expect(Object.keys(sum.metrics)).toEqual(['clicked', 'left', 'right']);
  });

  it('merges the sketches of a metric, whichever side has one', () => {
    const metrics = (...values: number[]) => ({
      revenue: sumsOf({ n: 1, ...(values.length ? { sketch: sketchOf(...values) } : {}) }),
    });
    const sum = (a: number[], b: number[]) =>
      addCells(cellOf({ metrics: metrics(...a) }), cellOf({ metrics: metrics(...b) })).metrics['revenue'];
    expect(sum([1], [2])).toEqual(sumsOf({ n: 2, sketch: sketchOf(1, 2) }));
    expect(sum([1], [])).toEqual(sumsOf({ n: 2, sketch: sketchOf(1) }));
    expect(sum([], [2])).toEqual(sumsOf({ n: 2, sketch: sketchOf(2) }));
    expect(sum([], [])).toEqual(sumsOf({ n: 2 }));
  });

  it('is a commutative monoid', () => {
    fc.assert(
      fc.property(anyCell, anyCell, anyCell, (a, b, c) => {
        expect(addCells(a, b)).toEqual(addCells(b, a));
        expect(addCells(addCells(a, b), c)).toEqual(addCells(a, addCells(b, c)));
        expect(addCells(a, emptyCell)).toEqual(a);
      }),
    );
  });
});

describe('joinRecords', () => {
  it('writes keys in one order, whichever side has them', () => {
    const joined = joinRecords({ b: 1, c: 2 }, { a: 3, b: 4 }, (left, right) => left * 10 + right);
    expect(Object.entries(joined)).toEqual([
      ['a', 3],
      ['b', 14],
      ['c', 2],
    ]);
  });

  it('takes any name for a key', () => {
    const hostile = JSON.parse('{"__proto__":1,"constructor":2}') as Record<string, number>;
    expect(Object.entries(joinRecords(hostile, {}, Math.max))).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
    expect(Object.entries(joinRecords(hostile, hostile, (a, b) => a + b))).toEqual([
      ['__proto__', 2],
      ['constructor', 4],
    ]);
  });
});

describe('parseCell', () => {
  it('reads what was written', () => {
    fc.assert(fc.property(anyCell, (cell) => void expect(parseCell('cell', throughJson(cell))).toEqual(cell)));
  });

  it('leaves out what it does not know', () => {
    expect(parseCell('cell', { ...emptyCell, more: 1 })).toEqual(emptyCell);
  });

  it.each(['exposed', 'units', 'pinned', 'outcomes', 'errors', 'fellBack', 'compared', 'mismatches'])(
    'refuses a wrong %s, and says where and what to expect',
    (count) => {
      for (const bad of [-1, 1.5, '3', null, undefined, 2 ** 53]) {
        expect(refusal({ ...emptyCell, [count]: bad })).toMatch(
          new RegExp(`^cell.${count}: expected a whole number, 0 or more \\(was .*\\)\\. The evidence is damaged`),
        );
      }
    },
  );

  it('refuses damaged sketches, metrics and things that are no cells', () => {
    expect(refusal(null)).toMatch(/^cell: expected an object \(was null\)/);
    expect(refusal([])).toMatch(/^cell: expected an object/);
    for (const key of ['latency', 'firstItem', 'metrics'])
      expect(refusal({ ...emptyCell, [key]: 3 })).not.toBe('not refused');
    const metric = (parts: object) => refusal({ ...emptyCell, metrics: { m: { ...sumsOf({ n: 2 }), ...parts } } });
    expect(metric({})).toBe('not refused');
    expect(metric({ n: -1 })).toMatch(/^cell\.metrics\.m\.n: /);
    expect(metric({ late: 0.5 })).toMatch(/^cell\.metrics\.m\.late: /);
    expect(metric({ per: 'report' })).toMatch(/^cell\.metrics\.m\.per: expected 'exposure' or nothing/);
    expect(metric({ sketch: {} })).not.toBe('not refused');
    expect(metric({ sum: 2e12 })).toBe('not refused');
    expect(metric({ sum: -2e12 })).toBe('not refused');
    expect(metric({ sum: 2.003e12 })).toMatch(
      /^cell\.metrics\.m\.sum: expected a number from -200199999\d+\.?\d* to 200199999/,
    );
    expect(metric({ sum: -2.003e12 })).toMatch(/^cell\.metrics\.m\.sum: /);
    expect(metric({ sum: null })).toMatch(/^cell\.metrics\.m\.sum: /);
    expect(metric({ sum: '1' })).toMatch(/^cell\.metrics\.m\.sum: /);
    expect(metric({ sumSq: 2e24 })).toBe('not refused');
    expect(metric({ sumSq: 2.003e24 })).toMatch(/^cell\.metrics\.m\.sumSq: /);
    expect(metric({ sumSq: -1e-9 })).toMatch(/^cell\.metrics\.m\.sumSq: /);
  });

  it('refuses metrics without a name, with too long a one, and more than 256', () => {
    const metrics = (names: readonly string[]) =>
      refusal({ ...emptyCell, metrics: Object.fromEntries(names.map((name) => [name, sumsOf({})])) });
    const many = (n: number) => Array.from({ length: n }, (_, i) => `m${i}`);
    expect(metrics(many(256))).toBe('not refused');
    expect(metrics(many(257))).toMatch(/^cell\.metrics: expected at most 256 keys/);
    expect(metrics([''])).toMatch(/^cell\.metrics, a key: expected a text of 1 to 4096 characters/);
    expect(metrics(['x'.repeat(4096)])).toBe('not refused');
    expect(metrics(['x'.repeat(4097)])).toMatch(/^cell\.metrics, a key: /);
  });
});
