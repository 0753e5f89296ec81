import { describe, expect, it } from 'vitest';
import { SeenReports } from '../../../src/evidence/dedupe.js';
import { Ledger } from '../../../src/evidence/ledger.js';
import { binary, continuous } from '../../../src/evidence/metric.js';
import type { TokenContent } from '../../../src/evidence/token.js';
import type { Exposure } from '../../../src/plan/plan.js';
import { Reports } from '../../../src/runtime/recording/reports.js';
import { cellOf, sketchOf, sumsOf } from '../../evidence/strata.js';

const minute = 60_000;
const hour = 60 * minute;
const start = 472_222 * hour;
const metrics = { clicked: binary(), revenue: continuous({ cap: 100, windowMs: 2 * hour }) };
const exposure: Exposure = { node: 'ranker', arm: 'candidate', epoch: 1, propensity: 0.1, unit: 'targetingKey' };
const contentOf = (parts: Partial<TokenContent> = {}): TokenContent => ({
  router: 'ranker',
  id: 'one',
  at: start,
  model: 'v2',
  exposures: [exposure],
  ...parts,
});
const nothing = { late: 0, ahead: 0, unknown: 0, duplicates: 0, ignored: 0 };

const reportsOf = (closedBefore = 0) => {
  const ledger = new Ledger({ bucketMs: hour, maxCells: 100 });
  const terms = { epoch: 1, salt: 's', shares: { candidate: 0.1, baseline: 0.9 }, arms: ['candidate', 'baseline'] };
  ledger.adopt([
    { node: 'ranker', ...terms },
    { node: 'inner', ...terms },
  ]);
  const reports = new Reports(ledger, metrics, new SeenReports(), () => closedBefore);
  const cell = () => ledger.take([])[0]?.cells['candidate'];
  return { reports, ledger, cell };
};
const accepted = { accepted: true, reasons: [] };
const refused = (...reasons: readonly string[]) => ({ accepted: false, reasons });

describe('Reports', () => {
  it('counts each value in every stratum that the decision was drawn in', () => {
    const { reports, ledger } = reportsOf();
    const both = contentOf({ exposures: [exposure, { ...exposure, node: 'inner', arm: 'baseline' }] });
    expect(reports.add(both, { clicked: true, revenue: 250 }, start + 5)).toEqual(accepted);
    const counted = cellOf({
      metrics: {
        clicked: sumsOf({ n: 1, sum: 1, sumSq: 1, per: 'exposure' }),
        revenue: sumsOf({ n: 1, sum: 100, sumSq: 10_000, sketch: sketchOf(100) }),
      },
    });
    expect(ledger.take([]).map(({ node, from, cells }) => [node, from, cells])).toEqual([
      ['ranker', start, { candidate: counted }],
      ['inner', start, { baseline: counted }],
    ]);
    expect(reports.counters).toEqual(nothing);
  });

  it('counts a value once, and the metrics of a decision apart', () => {
    const { reports, cell } = reportsOf();
    expect(reports.add(contentOf(), { clicked: true }, start)).toEqual(accepted);
    expect(reports.add(contentOf(), { clicked: true }, start)).toEqual(refused('clicked: was reported before'));
    expect(reports.add(contentOf(), { clicked: false, revenue: 3 }, start)).toEqual({
      accepted: true,
      reasons: ['clicked: was reported before'],
    });
    expect(reports.add(contentOf({ id: 'two' }), { clicked: true }, start)).toEqual(accepted);
    expect(cell()?.metrics).toMatchObject({ clicked: { n: 2, sum: 2 }, revenue: { n: 1, sum: 3 } });
    expect(reports.counters).toEqual({ ...nothing, duplicates: 2 });
  });

  it('lets the rest of a report stand when some of it is wrong', () => {
    const { reports, cell } = reportsOf();
    expect(reports.add(contentOf(), { clicked: 3, revenue: 3, weather: 'x' }, start)).toEqual({
      accepted: true,
      reasons: ['clicked: must be true or false (was 3)', 'weather: is not a metric.'],
    });
    expect(cell()?.metrics).toEqual({ revenue: sumsOf({ n: 1, sum: 3, sumSq: 9, sketch: sketchOf(3) }) });
    expect(reports.add(contentOf(), 'nonsense', start)).toEqual(
      refused("the outcome must be an object (was 'nonsense')"),
    );
    expect(reports.counters).toEqual({ ...nothing, ignored: 3 });
  });

  it('has counted nothing when nothing was reported', () => {
    const { reports, cell } = reportsOf();
    expect(reports.add(contentOf(), {}, start)).toEqual(refused());
    expect(cell()).toBeUndefined();
  });

  it('may be told again what was wrong the first time', () => {
    const { reports } = reportsOf();
    reports.add(contentOf(), { clicked: 1 }, start);
    expect(reports.add(contentOf(), { clicked: true }, start)).toEqual(accepted);
  });

  it('takes each value until its own window has closed', () => {
    const { reports, ledger } = reportsOf();
    const at = (id: string, age: number) => reports.add(contentOf({ id }), { clicked: true, revenue: 1 }, start + age);
    expect(at('a', 30 * minute)).toEqual(accepted);
    expect(at('b', 30 * minute + 1)).toEqual({
      accepted: true,
      reasons: ['clicked: came after its window had closed'],
    });
    expect(at('c', 2 * hour)).toMatchObject({ accepted: true });
    expect(at('d', 2 * hour + 1)).toEqual(
      refused('clicked: came after its window had closed', 'revenue: came after its window had closed'),
    );
    expect(at('d', 2 * hour + 1)).toEqual(refused('clicked: was reported before', 'revenue: was reported before'));
    expect(ledger.take([]).map(({ from, cells }) => [from, cells['candidate']?.metrics])).toMatchObject([
      [start, { clicked: { n: 1, late: 0 }, revenue: { n: 3, late: 0 } }],
      [-1, { clicked: { n: 0, late: 3 }, revenue: { n: 0, late: 1 } }],
    ]);
    expect(reports.counters).toEqual({ ...nothing, late: 4, duplicates: 2 });
  });

  it('refuses decisions from the future, but for the skew of clocks', () => {
    const { reports } = reportsOf();
    expect(reports.add(contentOf({ at: start + minute }), { clicked: true }, start)).toEqual(accepted);
    for (const at of [start + minute + 1, Number.NaN]) {
      expect(reports.add(contentOf({ id: 'two', at }), { clicked: true }, start)).toEqual(
        refused('the decision is dated in the future'),
      );
    }
    expect(reports.add(contentOf({ id: 'two' }), { clicked: true }, start)).toEqual(accepted);
    expect(reports.counters).toEqual({ ...nothing, ahead: 2 });
  });

  it('says when a decision was not drawn, and when it is of an unknown epoch', () => {
    const { reports, cell } = reportsOf();
    const unknown = { ...exposure, epoch: 7 };
    const pinned = { ...exposure, pinned: true } as const;
    const add = (...exposures: readonly Exposure[]) =>
      reports.add(contentOf({ exposures }), { clicked: true, x: 1 }, start);
    expect(add()).toEqual(refused('x: is not a metric.', 'nothing is counted: the decision was not drawn'));
    expect(add(pinned).reasons[1]).toBe('nothing is counted: the decision was not drawn');
    expect(add(unknown, pinned).reasons[1]).toBe('nothing is counted: its nodes or epochs are not known here');
    expect(add({ ...exposure, node: 'x' }, { ...exposure, arm: 'x' }).accepted).toBe(false);
    expect(cell()).toBeUndefined();
    expect(reports.counters).toEqual({ ...nothing, unknown: 3, ignored: 4 });
    expect(add(unknown, pinned, exposure).accepted).toBe(true);
    expect(cell()?.metrics).toMatchObject({ clicked: { n: 1 } });
    expect(reports.counters).toEqual({ ...nothing, unknown: 4, ignored: 5 });
  });
});

describe('a reported error and latency', () => {
  it('are an outcome, once, together or apart', () => {
    const { reports, cell } = reportsOf();
    expect(reports.add(contentOf(), { error: true, latencyMs: 7 }, start)).toEqual(accepted);
    expect(cell()).toEqual(cellOf({ outcomes: 1, errors: 1, latency: sketchOf(7) }));
    expect(reports.add(contentOf({ id: 'two' }), { latencyMs: 9 }, start)).toEqual(accepted);
    expect(cell()).toEqual(cellOf({ outcomes: 1, latency: sketchOf(9) }));
    expect(reports.add(contentOf({ id: 'two' }), { error: false }, start)).toEqual(accepted);
    expect(cell()).toBeUndefined();
    expect(reports.add(contentOf({ id: 'three' }), { error: false }, start)).toEqual(accepted);
    expect(cell()).toEqual(cellOf({ outcomes: 1 }));
    expect(reports.counters).toEqual(nothing);
  });

  it('are an outcome in every stratum of the decision', () => {
    const { reports, ledger } = reportsOf();
    const both = contentOf({ exposures: [exposure, { ...exposure, node: 'inner' }] });
    reports.add(both, { error: true, latencyMs: 7 }, start);
    const counted = { candidate: cellOf({ outcomes: 1, errors: 1, latency: sketchOf(7) }) };
    expect(ledger.take([]).map(({ cells }) => cells)).toEqual([counted, counted]);
  });

  it('count once', () => {
    const { reports, cell } = reportsOf();
    reports.add(contentOf(), { error: true, latencyMs: 7 }, start);
    expect(reports.add(contentOf(), { error: true, latencyMs: 7 }, start)).toEqual(
      refused('error: was reported before', 'latencyMs: was reported before'),
    );
    expect(cell()).toEqual(cellOf({ outcomes: 1, errors: 1, latency: sketchOf(7) }));
    expect(reports.counters).toEqual({ ...nothing, duplicates: 2 });
  });

  it('are late when the bucket of their exposure has closed', () => {
    const { reports, cell } = reportsOf(start);
    expect(reports.add(contentOf({ at: start - 1 }), { error: true, latencyMs: 7 }, start)).toEqual(
      refused(
        'error: came after the time bucket of its exposure had closed',
        'latencyMs: came after the time bucket of its exposure had closed',
      ),
    );
    expect(cell()).toBeUndefined();
    expect(reports.counters).toEqual({ ...nothing, late: 2 });
    expect(reports.add(contentOf({ id: 'two' }), { error: true }, start)).toEqual(accepted);
  });

  it('are not taken where the router measured them itself', () => {
    const { reports, cell } = reportsOf();
    expect(reports.add(contentOf({ measured: true }), { error: true, latencyMs: 7, clicked: true }, start)).toEqual({
      accepted: true,
      reasons: [
        'error: was measured by the router that called the model',
        'latencyMs: was measured by the router that called the model',
      ],
    });
    expect(cell()).toMatchObject({ outcomes: 0, errors: 0, metrics: { clicked: { n: 1 } } });
    expect(reports.counters).toEqual({ ...nothing, ignored: 2 });
  });
});
