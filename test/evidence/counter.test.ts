import { describe, expect, it } from 'vitest';
import { CellCounter } from '../../src/evidence/counter.js';
import { binary, continuous } from '../../src/evidence/metric.js';
import { KnownUnits } from '../../src/evidence/known-units.js';
import { cellOf, sketchOf, sumsOf } from './strata.js';

const counter = () => new CellCounter(new KnownUnits());

describe('CellCounter', () => {
  it('gives nothing when nothing was counted', () => {
    expect(counter().take(['clicked'])).toBeUndefined();
  });

  it('gives each of its counts, and then counts from 0 again', () => {
    const cell = counter();
    cell.exposed = 1;
    cell.units = 2;
    cell.pinned = 3;
    cell.outcomes = 4;
    cell.errors = 5;
    cell.fellBack = 6;
    cell.compared = 7;
    cell.mismatches = 8;
    cell.addLatency(5, -1);
    cell.addLatency(7, -1);
    cell.addFirstItem(2);
    expect(cell.take([])).toEqual(
      cellOf({
        exposed: 1,
        units: 2,
        pinned: 3,
        outcomes: 4,
        errors: 5,
        fellBack: 6,
        compared: 7,
        mismatches: 8,
        latency: sketchOf(5, 7),
        firstItem: sketchOf(2),
      }),
    );
    expect(cell.take([])).toBeUndefined();
    cell.exposed = 1;
    expect(cell.take([])).toEqual(cellOf({ exposed: 1 }));
  });

  it.each(['exposed', 'pinned', 'outcomes', 'compared'] as const)('has counted something when only %s was', (count) => {
    const cell = counter();
    cell[count] = 1;
    expect(cell.take([])).toEqual(cellOf({ [count]: 1 }));
  });

  it('has counted something when only a time was', () => {
    const cell = counter();
    cell.addLatency(1, -1);
    expect(cell.take([])).toEqual(cellOf({ latency: sketchOf(1) }));
    cell.addFirstItem(1);
    expect(cell.take([])).toEqual(cellOf({ firstItem: sketchOf(1) }));
  });

  it('sums reports and their squares, and counts late ones apart', () => {
    const cell = counter();
    const mood = continuous();
    cell.addReport('mood', mood, { value: 3 }, -1);
    cell.addReport('mood', mood, { value: -5 }, -1);
    cell.addLate('mood', mood);
    expect(cell.take([])).toEqual(cellOf({ metrics: { mood: { n: 2, sum: -2, sumSq: 34, late: 1 } } }));
    expect(cell.take([])).toBeUndefined();
    cell.addLate('mood', mood);
    expect(cell.take([])).toEqual(cellOf({ metrics: { mood: sumsOf({ late: 1 }) } }));
  });

  it('counts values over the cap as the cap, and keeps their distribution', () => {
    const cell = counter();
    for (const value of [3, 10, 99]) cell.addReport('revenue', continuous({ cap: 10 }), { value: value }, -1);
    expect(cell.take([])?.metrics).toEqual({
      revenue: { n: 3, sum: 23, sumSq: 209, late: 0, sketch: sketchOf(3, 10, 10) },
    });
  });

  it('names metrics per exposure wherever there are exposures, since silence is their zero', () => {
    const cell = counter();
    const clicked = binary();
    cell.exposed = 4;
    const zeros = sumsOf({ per: 'exposure' });
    expect(cell.take(['clicked', 'bought'])?.metrics).toEqual({ clicked: zeros, bought: zeros });
    cell.exposed = 4;
    cell.addReport('clicked', clicked, { value: 1 }, -1);
    const one = { n: 1, sum: 1, sumSq: 1, late: 0, per: 'exposure' };
    expect(cell.take(['clicked', 'bought'])?.metrics).toEqual({ clicked: one, bought: zeros });
    cell.outcomes = 4;
    cell.addReport('clicked', clicked, { value: 1 }, -1);
    expect(cell.take(['clicked', 'bought'])?.metrics).toEqual({ clicked: one });
  });
});
