import { describe, expect, it } from 'vitest';
import { emptyCell } from '../../src/evidence/cell.js';
import { CellCounter } from '../../src/evidence/counter.js';
import { binary, continuous, ratio } from '../../src/evidence/metric.js';
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

  it.each(['exposed', 'pinned', 'outcomes', 'errors', 'compared'] as const)(
    'has counted something when only %s was',
    (count) => {
      const cell = counter();
      cell[count] = 1;
      expect(cell.take([])).toEqual(cellOf({ [count]: 1 }));
    },
  );

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

  it('counts by cluster of units, once any unit was placed', () => {
    // 5 x 4096 + 9: the fifth cluster, and the ninth bit.
    const mark = 5 * 4096 + 9;
    const cell = counter();
    cell.addExposure(mark);
    cell.addOutcome(mark);
    cell.addError(mark);
    cell.addLatency(Math.E - 1, mark);
    const drawn = cell.take([]);
    expect(drawn).toEqual(cellOf({ exposed: 1, outcomes: 1, errors: 1, latency: sketchOf(Math.E - 1) }));
    cell.seen.isFirst(1);
    cell.addExposure(mark);
    cell.addExposure(-1);
    cell.addOutcome(mark);
    cell.addOutcome(-1);
    cell.addError(mark);
    cell.addError(-1);
    cell.addLatency(Math.E - 1, mark);
    cell.addLatency(5, -1);
    const one = Array.from({ length: 64 }, (_, index) => (index === 5 ? 1 : 0));
    const { clusters, unitEvents, ...others } = cell.take([]) ?? emptyCell;
    expect(others).toEqual(cellOf({ exposed: 2, outcomes: 2, errors: 2, latency: sketchOf(Math.E - 1, 5) }));
    expect(clusters).toEqual({ exposed: one, outcomes: one, n: {}, sum: { error: one, latency: one } });
    // The bit was set before, by an event that is in the roll-out already.
    expect(unitEvents).toBeUndefined();
    expect(cell.take([])).toBeUndefined();
  });

  it('marks the first event of each unit, of errors and of binary metrics that happened', () => {
    const cell = counter();
    cell.seen.isFirst(1);
    cell.addError(9);
    cell.addError(9);
    cell.addError(64);
    cell.addReport('clicked', binary(), { value: 1 }, 9);
    cell.addReport('clicked', binary(), { value: 0 }, 10);
    cell.addReport('mood', continuous(), { value: 1 }, 11);
    cell.addReport('clicked', binary(), { value: 1 }, -1);
    // Two letters for each bit: 9, and 64 = 1 x 64 + 0.
    expect(cell.take([])?.unitEvents).toEqual({ error: 'AJBA', clicked: 'AJ' });
    cell.addError(9);
    cell.addError(65);
    expect(cell.take([])?.unitEvents).toEqual({ error: 'BB' });
  });

  it('sums reports by cluster: their number where the metric is per report, denominators of a ratio', () => {
    const cell = counter();
    cell.seen.isFirst(1);
    cell.addReport('mood', continuous({ cap: 10 }), { value: 30 }, 0);
    cell.addReport('spent', continuous({ per: 'exposure' }), { value: 4 }, 0);
    cell.addReport('rate', ratio(), { value: 3, denominator: 7 }, 0);
    const first = (value: number) => Array.from({ length: 64 }, (_, index) => (index === 0 ? value : 0));
    const { clusters, metrics } = cell.take([]) ?? emptyCell;
    expect(clusters).toEqual({
      n: { mood: first(1), rate: first(7) },
      sum: { mood: first(10), spent: first(4), rate: first(3) },
    });
    expect(metrics['rate']).toEqual({
      n: 1,
      sum: 3,
      sumSq: 9,
      late: 0,
      ratio: true,
      paired: { sum: 7, sumSq: 49, product: 21 },
    });
  });

  it('pairs values with their covariate: per report when it comes, per exposure before', () => {
    const cell = counter();
    cell.seen.isFirst(1);
    const [perReport, perExposure] = [continuous({ covariate: 'x' }), continuous({ per: 'exposure', covariate: 'x' })];
    cell.addReport('mood', perReport, { value: 2, covariate: 5 }, 0);
    cell.addCovariate('spent', perExposure, 3, 0);
    cell.addCovariate('spent', perExposure, 4, -1);
    cell.addReport('spent', perExposure, { value: 10, covariate: 3 }, 0);
    const { clusters, metrics } = cell.take([]) ?? emptyCell;
    expect(metrics['mood']?.paired).toEqual({ sum: 5, sumSq: 25, product: 10 });
    expect(metrics['spent']).toMatchObject({ n: 1, paired: { sum: 7, sumSq: 25, product: 30 } });
    expect([clusters?.covariate?.['mood']?.[0], clusters?.covariate?.['spent']?.[0]]).toEqual([5, 3]);
    expect([clusters?.n['mood']?.[0], clusters?.n['spent']]).toEqual([1, undefined]);
  });

  it('counts the units that were watched, and those that came back', () => {
    const cell = counter();
    cell.exposed = 3;
    cell.sampled = 2;
    cell.returned = 1;
    expect(cell.take([])).toEqual(cellOf({ exposed: 3, sampled: 2, returned: 1 }));
    cell.exposed = 1;
    expect(cell.take([])).toEqual(cellOf({ exposed: 1 }));
  });
});
