import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/core/context.js';
import { hashBits, hash32 } from '../../../src/core/hash.js';
import type { Evidence } from '../../../src/evidence/evidence.js';
import { mergeEvidence } from '../../../src/evidence/evidence.js';
import { binary, continuous, ratio } from '../../../src/evidence/metric.js';
import type { TokenContent, UnitMarks } from '../../../src/evidence/token.js';
import type { Exposure, Route } from '../../../src/plan/plan.js';
import { Recorder } from '../../../src/runtime/recording/recorder.js';
import { markAt, withMark } from '../../../src/runtime/recording/unit-marks.js';
import { clusterOfMark, unitMarkOf, unitMarks } from '../../../src/stats/clusters/index.js';

const hour = 3_600_000;
const start = 472_222 * hour;
const metrics = {
  clicked: binary(),
  spent: continuous({ per: 'exposure', covariate: 'before' }),
  rate: ratio(),
};
const exposureOf = (parts: Partial<Exposure> = {}): Exposure => ({
  node: 'outer',
  arm: 'b',
  epoch: 1,
  propensity: 0.5,
  unit: 'targetingKey',
  ...parts,
});
const inner = exposureOf({ node: 'inner' });
const routeOf = (...exposures: readonly Exposure[]): Route<string> => ({
  model: 'm',
  fallbacks: [],
  mirrors: [],
  exposures,
  reason: 'split',
});
const recorderOf = (visits?: 'many' | 'one') => {
  const recorder = new Recorder({ metrics, ...(visits && { visits }) });
  const terms = { epoch: 1, salt: 's', shares: { b: 0.5, a: 0.5 }, arms: ['b', 'a'] };
  recorder.adopt([
    { node: 'outer', ...terms },
    { node: 'inner', ...terms },
  ]);
  return recorder;
};
const cellOf = (evidence: Evidence | undefined, node = 'outer', arm = 'b') =>
  evidence?.strata.find((stratum) => stratum.node === node)?.cells[arm];
const markOf = (unit: string) => unitMarkOf(hashBits(unit, hash32('turnout/units')));
const sum = (list: readonly number[] = []) => list.reduce((total, value) => total + value, 0);

describe('where a unit is counted', () => {
  it('is told by its hash alone, and by no other than that of the assignment', () => {
    const recorder = recorderOf();
    const marks = recorder.expose(routeOf(exposureOf()), { targetingKey: 'user-1' }, start);
    expect(marks).toBe(markOf('user-1'));
    expect(marks).toBeGreaterThanOrEqual(0);
    expect(marks).toBeLessThan(unitMarks);
    expect(recorderOf().expose(routeOf(exposureOf({ arm: 'a' })), { targetingKey: 'user-1' }, start + hour)).toBe(
      marks,
    );
  });

  it('is one place for nested nodes, and one for each where they name other units', () => {
    const recorder = recorderOf();
    const context = { targetingKey: 'user-1', tenantId: 'acme' };
    expect(recorder.expose(routeOf(exposureOf(), inner), context, start)).toBe(markOf('user-1'));
    const tenants = exposureOf({ node: 'inner', unit: 'tenantId' });
    expect(recorder.expose(routeOf(exposureOf(), tenants), context, start)).toEqual([markOf('user-1'), markOf('acme')]);
    const cell = cellOf(recorder.takeDelta(start), 'inner');
    expect(cell?.clusters?.exposed?.[clusterOfMark(markOf('acme'))]).toBe(1);
    expect(cell?.clusters?.exposed?.[clusterOfMark(markOf('user-1'))]).toBe(1);
  });

  it('is nowhere by the word that each unit makes one request', () => {
    const recorder = recorderOf('one');
    const marks = recorder.expose(routeOf(exposureOf()), { targetingKey: 'user-1' }, start);
    recorder.settle([exposureOf()], start, start, { error: true, latencyMs: 3 }, marks);
    expect(marks).toBe(-1);
    const cell = cellOf(recorder.takeDelta(start));
    expect([cell?.clusters, cell?.unitEvents, cell?.errors]).toEqual([undefined, undefined, 1]);
  });

  it('is somewhere by chance where a request has no unit, among others that have one', () => {
    const recorder = recorderOf();
    recorder.expose(routeOf(exposureOf()), { targetingKey: 'user-1' }, start);
    const places = new Set<UnitMarks>();
    for (let request = 0; request < 640; request += 1) places.add(recorder.expose(routeOf(exposureOf()), {}, start));
    expect(places.size).toBeGreaterThan(630);
    const exposed = cellOf(recorder.takeDelta(start))?.clusters?.exposed ?? [];
    expect(sum(exposed)).toBe(641);
    // 10 to a cluster: the places of a sequence are even rather than random.
    expect(Math.max(...exposed)).toBeLessThan(20);
    expect(Math.min(...exposed)).toBeGreaterThan(2);
  });

  it('is not asked where no request has a unit: each is a draw of its own', () => {
    const recorder = recorderOf();
    for (let request = 0; request < 9; request += 1) {
      const marks = recorder.expose(routeOf(exposureOf()), {}, start);
      recorder.settle([exposureOf()], start, start, { error: true, latencyMs: 3 }, marks);
    }
    const cell = cellOf(recorder.takeDelta(start));
    expect([cell?.exposed, cell?.errors, cell?.clusters, cell?.unitEvents]).toEqual([9, 9, undefined, undefined]);
  });

  it('is nowhere for what is pinned or suppressed', () => {
    const recorder = recorderOf();
    recorder.expose(routeOf(exposureOf({ pinned: true }), inner), { targetingKey: 'user-1' }, start);
    expect(cellOf(recorder.takeDelta(start))?.clusters).toBeUndefined();
    recorder.suppress(true);
    expect(recorder.expose(routeOf(exposureOf()), { targetingKey: 'user-1' }, start)).toBe(-1);
  });
});

describe('what comes of a unit', () => {
  it('is counted in its cluster, and its first event as its bit', () => {
    const recorder = recorderOf();
    const marks = recorder.expose(routeOf(exposureOf()), { targetingKey: 'user-1' }, start);
    recorder.settle([exposureOf()], start, start, { error: true, latencyMs: 3 }, marks);
    recorder.settle([exposureOf()], start, start, { error: true, latencyMs: 3 }, marks);
    const { clusters, unitEvents } = cellOf(recorder.takeDelta(start)) ?? {};
    const cluster = clusterOfMark(marks as number);
    expect([clusters?.exposed?.[cluster], clusters?.outcomes?.[cluster], clusters?.sum['error']?.[cluster]]).toEqual([
      1, 2, 2,
    ]);
    expect(clusters?.sum['latency']?.[cluster]).toBeCloseTo(2 * Math.log(4), 12);
    expect(Object.keys(unitEvents ?? {})).toEqual(['error']);
    expect(unitEvents?.['error']).toHaveLength(2);
  });

  it('is found again by the decision or its token, each exposure in its own place', () => {
    const recorder = recorderOf();
    const exposures = [exposureOf(), exposureOf({ node: 'inner', unit: 'tenantId' })];
    const context = { targetingKey: 'user-1', tenantId: 'acme', before: 40 };
    const covariates = recorder.covariatesOf(context);
    const marks = recorder.expose(routeOf(...exposures), context, start, covariates);
    const content: TokenContent = { router: 'r', id: 'one', at: start, model: 'm', exposures, marks };
    const outcome = { clicked: true, spent: 9, rate: { numerator: 2, denominator: 5 }, error: true, latencyMs: 7 };
    expect(recorder.report({ ...content, ...(covariates && { covariates }) }, outcome, start).reasons).toEqual([]);
    const delta = recorder.takeDelta(start);
    for (const [node, unit] of [
      ['outer', 'user-1'],
      ['inner', 'acme'],
    ] as const) {
      const { clusters, metrics: counted, unitEvents } = cellOf(delta, node) ?? {};
      const cluster = clusterOfMark(markOf(unit));
      const at = (list: readonly number[] | undefined) => list?.[cluster];
      expect([at(clusters?.sum['clicked']), at(clusters?.sum['spent']), at(clusters?.sum['rate'])]).toEqual([1, 9, 2]);
      expect([at(clusters?.n['rate']), at(clusters?.sum['error']), at(clusters?.outcomes)]).toEqual([5, 1, 1]);
      expect(at(clusters?.covariate?.['spent'])).toBe(40);
      expect(counted?.['spent']).toMatchObject({ n: 1, sum: 9, paired: { sum: 40, sumSq: 1600, product: 360 } });
      expect(Object.keys(unitEvents ?? {}).sort()).toEqual(['clicked', 'error']);
    }
  });

  it('is counted without a place where the token has none', () => {
    const recorder = recorderOf();
    const content: TokenContent = { router: 'r', id: 'one', at: start, model: 'm', exposures: [exposureOf()] };
    recorder.expose(routeOf(exposureOf()), { targetingKey: 'user-1' }, start);
    recorder.report(content, { clicked: true, spent: 9 }, start);
    const cell = cellOf(recorder.takeDelta(start));
    expect([cell?.metrics['clicked']?.sum, cell?.clusters?.sum['clicked']]).toEqual([1, undefined]);
    // A covariate that is not known is 0, as it is in a context that does not have it.
    expect(cell?.metrics['spent']?.paired).toEqual({ sum: 0, sumSq: 0, product: 0 });
  });
});

describe('covariates', () => {
  it.each<[string, unknown, number]>([
    ['a number', 3.5, 3.5],
    ['a negative number', -3, -3],
    ['the greatest number', 1e12, 1e12],
    ['a greater one', 1.1e12, 0],
    ['a text', '3', 0],
    ['nothing', undefined, 0],
    ['no number', Number.NaN, 0],
  ])('read %s from the context', (_what, before, expected) => {
    expect(recorderOf().covariatesOf({ before } as Context)).toEqual({ spent: expected });
  });

  it('are not looked for where no metric has one', () => {
    expect(new Recorder({ metrics: { clicked: binary() } }).covariatesOf({ before: 3 })).toBeUndefined();
  });

  it('count with every exposure of a metric per exposure, reported or not', () => {
    const recorder = recorderOf();
    for (const before of [1, 2]) {
      const context = { targetingKey: `user-${before}`, before };
      recorder.expose(routeOf(exposureOf()), context, start, recorder.covariatesOf(context));
    }
    expect(cellOf(recorder.takeDelta(start))?.metrics['spent']).toMatchObject({
      n: 0,
      paired: { sum: 3, sumSq: 5, product: 0 },
    });
  });
});

describe('units that come back', () => {
  it('are noticed in a sample, whether or not units are told apart', () => {
    for (const visits of ['many', 'one'] as const) {
      const recorder = recorderOf(visits);
      for (const round of [1, 2]) {
        for (let unit = 0; unit < 4000; unit += 1) {
          recorder.expose(routeOf(exposureOf()), { targetingKey: `user-${unit}` }, start + round);
        }
      }
      const { sampled = 0, returned = 0, units } = cellOf(recorder.takeDelta(start)) ?? {};
      // 4000 / 64 = 62.5, twice.
      expect(sampled).toBeGreaterThan(80);
      expect(sampled).toBeLessThan(180);
      expect(returned).toBe(sampled / 2);
      expect(units).toBeLessThanOrEqual(4000);
    }
  });
});

describe('replicas', () => {
  it('together count what one would have counted, in any order of their deltas', () => {
    const [alone, ...replicas] = Array.from({ length: 4 }, () => recorderOf()) as [Recorder, ...Recorder[]];
    const serve = (recorder: Recorder, unit: number) => {
      const exposure = exposureOf({ arm: (unit % 50) % 3 === 0 ? 'b' : 'a' });
      const marks = recorder.expose(routeOf(exposure), { targetingKey: `user-${unit % 50}` }, start);
      recorder.settle([exposure], start, start, { error: unit % 7 === 0, latencyMs: 0 }, marks);
    };
    for (let unit = 0; unit < 600; unit += 1) {
      serve(alone, unit);
      serve(replicas[(unit * 7 + (unit >> 4)) % 3] as Recorder, unit);
    }
    const deltas = replicas.map((recorder) => recorder.takeDelta(start) as Evidence);
    const inOrder = deltas.reduce(mergeEvidence);
    expect([...deltas].reverse().reduce(mergeEvidence)).toEqual(inOrder);
    const whole = alone.takeDelta(start);
    for (const arm of ['a', 'b']) {
      const [one, many] = [cellOf(whole, 'outer', arm), cellOf(inOrder, 'outer', arm)];
      expect(many?.clusters).toEqual(one?.clusters);
      expect(many?.outcomes).toBe(one?.outcomes);
      // A unit's first event is one bit, whichever replica saw it first.
      expect(many?.unitEvents).toEqual(one?.unitEvents);
    }
  });
});

describe('marks', () => {
  it('are one number while they are alike, and one for each exposure otherwise', () => {
    const all = (list: readonly number[]) => list.reduce((marks: UnitMarks, mark, at) => withMark(marks, at, mark), -1);
    expect(all([5])).toBe(5);
    expect(all([5, 5, 5])).toBe(5);
    expect(all([5, 5, 6])).toEqual([5, 5, 6]);
    expect(all([5, 6, 6, 5])).toEqual([5, 6, 6, 5]);
    expect(all([-1, 4])).toEqual([-1, 4]);
  });

  it('are read by the place of the exposure', () => {
    expect([markAt(5, 0), markAt(5, 9), markAt([5, 6], 1), markAt([5, 6], 2)]).toEqual([5, 5, 6, -1]);
  });
});
