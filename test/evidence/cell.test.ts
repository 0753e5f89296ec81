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

describe('what a cell keeps of units', () => {
  const list = (value: number) => Array.from({ length: 64 }, (_, index) => (index === 3 ? value : 0));
  const cell = (bits: string) =>
    cellOf({
      clusters: { exposed: list(2), n: {}, sum: { error: list(1) } },
      unitEvents: { error: bits },
      sampled: 3,
      returned: 2,
      metrics: { rate: sumsOf({ n: 1, ratio: true, paired: { sum: 1, sumSq: 2, product: 3 } }) },
    });

  it('adds up; bits are joined', () => {
    expect(addCells(cell('AJ'), cell('AABA'))).toEqual({
      ...cell('AAAJBA'),
      clusters: { exposed: list(4), n: {}, sum: { error: list(2) } },
      sampled: 6,
      returned: 4,
      metrics: { rate: sumsOf({ n: 2, ratio: true, paired: { sum: 2, sumSq: 4, product: 6 } }) },
    });
  });

  it('is taken as it is where only one side has it, and stays away where neither does', () => {
    expect(addCells(cell('AJ'), emptyCell)).toEqual(cell('AJ'));
    expect(addCells(emptyCell, cell('AJ'))).toEqual(cell('AJ'));
    expect(Object.keys(addCells(emptyCell, emptyCell))).toEqual(Object.keys(emptyCell));
    const other = { ...cell('AJ'), unitEvents: { clicked: 'BA' } };
    expect(addCells(cell('AJ'), other).unitEvents).toEqual({ clicked: 'BA', error: 'AJ' });
  });

  it('is read as it was written, and refused when it was damaged', () => {
    expect(parseCell('cell', throughJson(cell('AJ')))).toEqual(cell('AJ'));
    const damaged = (parts: object) => refusal({ ...cell('AJ'), ...parts });
    expect(damaged({ clusters: 3 })).toMatch(/^cell\.clusters: expected an object/);
    expect(damaged({ unitEvents: { error: 'BAAA' } })).toMatch(/^unit events: /);
    expect(damaged({ unitEvents: { error: 3 } })).toMatch(/^cell\.unitEvents\.error: expected a bitmap of units/);
    const events = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, index) => [`m${index}`, '']));
    expect(damaged({ unitEvents: events(257) })).toBe('not refused');
    expect(damaged({ unitEvents: events(258) })).toMatch(/^cell\.unitEvents: expected at most 257 keys/);
    expect(damaged({ sampled: -1 })).toMatch(/^cell\.sampled: /);
    expect(damaged({ returned: 0.5 })).toMatch(/^cell\.returned: /);
    const rate = (parts: object) => damaged({ metrics: { rate: { ...sumsOf({ n: 1 }), ...parts } } });
    expect(rate({ ratio: false })).toMatch(/^cell\.metrics\.rate\.ratio: expected true or nothing/);
    expect(rate({ paired: { sum: 1, sumSq: -1, product: 1 } })).toMatch(/^cell\.metrics\.rate\.paired\.sumSq: /);
    expect(rate({ paired: { sum: 2e40, sumSq: 1, product: 1 } })).toMatch(/^cell\.metrics\.rate\.paired\.sum: /);
    expect(rate({ paired: { sum: -1, sumSq: 1, product: -2e40 } })).toMatch(/^cell\.metrics\.rate\.paired\.product: /);
    expect(rate({ paired: { sum: -1, sumSq: 1, product: -1 } })).toBe('not refused');
    expect(rate({ paired: 1 })).toMatch(/^cell\.metrics\.rate\.paired: expected an object/);
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
