import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash32 } from '../../../src/core/hash.js';
import { emptyEvidence, type Evidence, mergeEvidence } from '../../../src/evidence/evidence.js';
import { binary, continuous } from '../../../src/evidence/metric.js';
import { parseEvidence } from '../../../src/evidence/parse-evidence.js';
import type { TokenContent } from '../../../src/evidence/token.js';
import type { Exposure, Route } from '../../../src/plan/plan.js';
import { type NodeEpoch, Recorder } from '../../../src/runtime/recording/recorder.js';
import { cellOf, evidenceOf, sketchOf, sumsOf, throughJson } from '../../evidence/strata.js';

const minute = 60_000;
const hour = 60 * minute;
/** A Tuesday, on the hour. */
const start = 472_222 * hour;

const metrics = {
  clicked: binary(),
  bought: binary({ windowMs: 2 * hour }),
  revenue: continuous({ cap: 100 }),
};
const nodeEpoch = (parts: Partial<NodeEpoch> = {}): NodeEpoch => ({
  node: 'ranker',
  epoch: 1,
  salt: 'ranker',
  shares: { candidate: 0.1, baseline: 0.9 },
  arms: ['candidate', 'baseline'],
  ...parts,
});
const exposure = (parts: Partial<Exposure> = {}): Exposure => ({
  node: 'ranker',
  arm: 'candidate',
  epoch: 1,
  propensity: 0.1,
  unit: 'targetingKey',
  ...parts,
});
const routeOf = (...exposures: readonly Exposure[]): Route<string> => ({
  model: 'v2',
  fallbacks: [],
  mirrors: [],
  exposures,
  reason: 'split',
});
const contentOf = (parts: Partial<TokenContent> = {}): TokenContent => ({
  router: 'ranker',
  id: 'one',
  at: start,
  model: 'v2',
  exposures: [exposure()],
  ...parts,
});
const recorderOf = (options: Partial<ConstructorParameters<typeof Recorder>[0]> = {}) => {
  const recorder = new Recorder({ metrics: {}, ...options });
  recorder.adopt([nodeEpoch(), nodeEpoch({ node: 'ranker/inner', arms: ['a', 'b'], shares: { a: 0.5, b: 0.5 } })]);
  return recorder;
};
const ok = { error: false, latencyMs: 12 };
const nothingLost = {
  ahead: 0,
  duplicates: 0,
  late: 0,
  unknown: 0,
  ignored: 0,
  suppressed: 0,
  dropped: 0,
  forgotten: 0,
};
const cellsOf = (evidence: Evidence | undefined, index = 0) => evidence?.strata[index]?.cells;

describe('Recorder', () => {
  it('counts an exposure and its outcome in the stratum of the exposure', () => {
    const recorder = recorderOf({ visits: 'one' });
    recorder.expose(routeOf(exposure()), { targetingKey: 'u1' }, start + hour - 1);
    recorder.settle([exposure()], start + hour - 1, start + hour + 5, {
      error: true,
      latencyMs: 6,
      firstItemMs: 2,
      fellBack: true,
    });
    expect(recorder.takeDelta(start + hour + 10)).toEqual({
      foldBefore: start - hour,
      dropped: emptyEvidence.dropped,
      strata: [
        {
          ...nodeEpoch(),
          from: start,
          to: start + hour,
          cells: {
            candidate: cellOf({
              exposed: 1,
              units: 1,
              outcomes: 1,
              errors: 1,
              fellBack: 1,
              latency: sketchOf(6),
              firstItem: sketchOf(2),
            }),
          },
        },
      ],
    });
    expect(recorder.takeDelta(start + hour + 10)).toBeUndefined();
    expect(recorder.counters()).toEqual(nothingLost);
  });

  it('counts every node of a route, each arm for itself', () => {
    const recorder = recorderOf({ visits: 'one' });
    const inner = exposure({ node: 'ranker/inner', arm: 'b' });
    recorder.expose(routeOf(exposure(), inner), { targetingKey: 'u1' }, start);
    recorder.expose(routeOf(exposure({ arm: 'baseline' })), { targetingKey: 'u2' }, start);
    recorder.settle([exposure(), inner], start, start, ok);
    const counted = cellOf({ exposed: 1, units: 1, outcomes: 1, latency: sketchOf(12) });
    const delta = recorder.takeDelta(start);
    expect(cellsOf(delta)).toEqual({ candidate: counted, baseline: cellOf({ exposed: 1, units: 1 }) });
    expect(cellsOf(delta, 1)).toEqual({ b: counted });
  });

  it('leaves out what an outcome does not say', () => {
    const recorder = recorderOf();
    recorder.settle([exposure()], start, start, { ...ok, fellBack: false });
    expect(cellsOf(recorder.takeDelta(start))).toEqual({ candidate: cellOf({ outcomes: 1, latency: sketchOf(12) }) });
  });

  it('counts a unit once per node and salt, by the attribute that the exposure names', () => {
    const recorder = recorderOf();
    recorder.adopt([nodeEpoch({ epoch: 2 }), nodeEpoch({ epoch: 3, salt: 'again' })]);
    const see = (context: Record<string, unknown>, ...exposures: readonly Exposure[]) =>
      recorder.expose(routeOf(...exposures), context, start);
    const inner = exposure({ node: 'ranker/inner', arm: 'a', unit: 'tenantId' });
    see({ targetingKey: 'u1', tenantId: 7 }, exposure(), inner);
    see({ targetingKey: 'u2', tenantId: 7 }, exposure(), inner);
    see({ targetingKey: 'u1', tenantId: 8 }, exposure({ epoch: 2 }), inner);
    see({ targetingKey: 'u1' }, exposure({ epoch: 3 }), inner);
    see({}, exposure());
    see({ targetingKey: '' }, exposure());
    const { strata = [] } = recorder.takeDelta(start) ?? {};
    const units = strata.map(({ node, epoch, cells }) => {
      const [cell] = Object.values(cells);
      return [node, epoch, cell?.exposed, cell?.units];
    });
    expect(units).toEqual([
      ['ranker', 1, 4, 2],
      ['ranker', 2, 1, 0],
      ['ranker', 3, 1, 1],
      ['ranker/inner', 1, 4, 2],
    ]);
  });

  it('finds units by a hash that says nothing about their arm', () => {
    const recorder = recorderOf();
    // Units of one per cent of one assignment: were it the same hash, no more than 656 bits could be found for them.
    const units: string[] = [];
    for (let i = 0; units.length < 2000; i += 1) {
      if (hash32(`user-${i}`, hash32('ranker')) < 2 ** 32 / 100) units.push(`user-${i}`);
    }
    for (const targetingKey of units) recorder.expose(routeOf(exposure()), { targetingKey }, start);
    const found = cellsOf(recorder.takeDelta(start))?.['candidate']?.units ?? 0;
    // 65 536 urns and 2 000 balls: 1 970 are occupied on average, with a standard deviation of 5.
    expect(Math.abs(found - 1970)).toBeLessThan(25);
  });

  it('only counts that an arm was pinned', () => {
    const recorder = recorderOf({ metrics });
    const pinned = exposure({ pinned: true });
    recorder.expose(routeOf(pinned), { targetingKey: 'u1' }, start);
    recorder.settle([pinned], start, start, ok);
    expect(recorder.report(contentOf({ exposures: [pinned] }), { clicked: true }, start)).toEqual({
      accepted: false,
      reasons: ['nothing is counted: the decision was not drawn'],
    });
    expect(cellsOf(recorder.takeDelta(start))).toEqual({ candidate: cellOf({ pinned: 1 }) });
    expect(recorder.counters()).toEqual(nothingLost);
  });

  it('goes on to the other nodes after a pinned or an unknown one', () => {
    const recorder = recorderOf({ metrics });
    const others = [exposure({ pinned: true }), exposure({ epoch: 9 }), exposure({ node: 'ranker/inner', arm: 'a' })];
    recorder.expose(routeOf(...others), { targetingKey: 'u1' }, start);
    recorder.settle(others, start, start, ok);
    expect(recorder.report(contentOf({ exposures: others }), { clicked: true }, start).accepted).toBe(true);
    expect(cellsOf(recorder.takeDelta(start), 1)?.['a']).toMatchObject({
      exposed: 1,
      units: 1,
      outcomes: 1,
      metrics: { clicked: { n: 1 } },
    });
    expect(recorder.counters()).toEqual({ ...nothingLost, unknown: 3 });
  });

  it('takes times that are none for what they are', () => {
    const recorder = recorderOf();
    for (const latencyMs of [Number.NaN, -1]) recorder.settle([exposure()], start, start, { error: false, latencyMs });
    for (const firstItemMs of [Number.NaN, -1]) recorder.settle([exposure()], start, start, { ...ok, firstItemMs });
    recorder.settle([exposure()], start, start, { error: false, latencyMs: 0, firstItemMs: 0 });
    expect(cellsOf(recorder.takeDelta(start))?.['candidate']).toEqual(
      cellOf({ outcomes: 5, latency: sketchOf(12, 12, 0), firstItem: sketchOf(0) }),
    );
    expect(recorder.counters()).toEqual({ ...nothingLost, ignored: 4 });
  });

  it('closes a bucket when the longest window and one more bucket have passed since its end', () => {
    const recorder = recorderOf({ metrics });
    // Bought may be reported for two hours, so the bucket that ends at start + 1 h is open until start + 4 h.
    recorder.settle([exposure()], start + 5, start + 4 * hour - 1, ok);
    recorder.settle([exposure()], start + 5, start + 4 * hour, ok);
    recorder.settle([exposure()], start + hour, start + 4 * hour, ok);
    recorder.expose(routeOf(exposure()), {}, Number.NaN);
    recorder.settle([exposure()], Number.NaN, start, ok);
    recorder.settle([exposure()], start, Number.NaN, ok);
    expect(recorder.counters()).toEqual({ ...nothingLost, late: 4 });
    const delta = recorder.takeDelta(start + 4 * hour);
    expect(delta?.foldBefore).toBe(start + hour);
    expect(delta?.strata.map(({ from, cells }) => [from, cells['candidate']?.outcomes])).toEqual([
      [-1, 1],
      [start + hour, 1],
    ]);
  });

  it('closes nothing before there was anything', () => {
    const recorder = recorderOf();
    recorder.settle([exposure()], 0, 5, ok);
    expect(recorder.takeDelta(5)).toMatchObject({ foldBefore: 0, strata: [{ from: 0, to: hour }] });
  });

  it('recovers when the clock leaps ahead and comes back', () => {
    const recorder = recorderOf();
    recorder.expose(routeOf(exposure()), {}, start + 9999 * hour);
    recorder.takeDelta(start + 9999 * hour);
    recorder.expose(routeOf(exposure()), {}, start);
    expect(recorder.takeDelta(start)).toMatchObject({ foldBefore: start - 2 * hour, strata: [{ from: start }] });
    expect(recorder.counters()).toEqual(nothingLost);
  });

  it('counts an outcome of an earlier epoch under that epoch', () => {
    const recorder = recorderOf();
    recorder.adopt([nodeEpoch({ epoch: 2, shares: { candidate: 0.5, baseline: 0.5 } })]);
    recorder.settle([exposure()], start, start, ok);
    expect(recorder.takeDelta(start)?.strata).toMatchObject([{ epoch: 1, shares: { candidate: 0.1 } }]);
  });

  it('counts and drops what it does not know', () => {
    const recorder = recorderOf({ metrics });
    const strange = [exposure({ node: 'other' }), exposure({ epoch: 7 }), exposure({ arm: '__proto__' })];
    recorder.expose(routeOf(...strange), { targetingKey: 'u1' }, start);
    recorder.settle(strange, start, start, ok);
    expect(recorder.report(contentOf({ exposures: strange }), { clicked: true }, start)).toEqual({
      accepted: false,
      reasons: ['nothing is counted: its nodes or epochs are not known here'],
    });
    expect(recorder.takeDelta(start)).toBeUndefined();
    expect(recorder.counters()).toEqual({ ...nothingLost, unknown: 9 });
  });

  it('drops what finds no place, and counts that, not as unknown', () => {
    const recorder = recorderOf({ metrics, maxCells: 2 });
    recorder.expose(routeOf(exposure()), {}, start);
    recorder.expose(routeOf(exposure({ node: 'ranker/inner', arm: 'a' })), {}, start);
    expect(recorder.report(contentOf({ at: start - 1 }), { clicked: true }, start)).toEqual({
      accepted: false,
      reasons: ['clicked: found no place, too many strata are open'],
    });
    expect(recorder.takeDelta(start)?.strata).toHaveLength(1);
    expect(recorder.counters()).toEqual({ ...nothingLost, dropped: 2 });
  });

  it('refuses limits that are none', () => {
    expect(() => recorderOf({ bucketMs: 0 })).toThrow(/options\.bucketMs: must be a number over 0/);
    expect(() => recorderOf({ maxCells: 0 })).toThrow(/options\.maxCells: must be a whole number over 0/);
    expect(() => recorderOf({ dedupe: 0.5 })).toThrow(/options\.dedupe: must be a whole number over 0/);
  });

  it('remembers as many reports as it is told to', () => {
    const recorder = recorderOf({ metrics, dedupe: 2 });
    for (const id of ['a', 'b', 'c']) recorder.report(contentOf({ id }), { clicked: true }, start);
    expect(recorder.counters()).toEqual({ ...nothingLost, forgotten: 1 });
  });
});

describe('mirrored', () => {
  const mirror = { node: 'ranker', arm: 'candidate', epoch: 1 };
  const pair = {
    primary: { error: false, latencyMs: 5 },
    shadow: { error: true, latencyMs: 9 },
    compared: true,
    mismatch: true,
  };

  it('counts both outcomes of a pair, and what the comparison found', () => {
    const recorder = recorderOf();
    recorder.mirrored(mirror, 'baseline', start, pair);
    recorder.mirrored(mirror, 'baseline', start, { ...pair, mismatch: false });
    recorder.mirrored(mirror, 'baseline', start, { ...pair, compared: false });
    expect(cellsOf(recorder.takeDelta(start))).toEqual({
      candidate: cellOf({ outcomes: 3, errors: 3, compared: 2, mismatches: 1, latency: sketchOf(9, 9, 9) }),
      baseline: cellOf({ outcomes: 3, latency: sketchOf(5, 5, 5) }),
    });
  });

  it('counts no half of a pair', () => {
    const recorder = recorderOf();
    recorder.mirrored(mirror, 'other', start, pair);
    recorder.mirrored({ ...mirror, arm: 'other' }, 'baseline', start, pair);
    expect(recorder.takeDelta(start)).toBeUndefined();
    expect(recorder.counters()).toEqual({ ...nothingLost, unknown: 2 });
  });

  it('counts none of a suppressed moment', () => {
    const recorder = recorderOf();
    recorder.suppress(true);
    recorder.expose(routeOf(exposure()), {}, start);
    recorder.mirrored(mirror, 'baseline', start, pair);
    expect(recorder.takeDelta(start)).toBeUndefined();
  });
});

describe('suppress', () => {
  it('counts requests, and takes neither exposures nor what comes of them', () => {
    const recorder = recorderOf({ metrics });
    recorder.expose(routeOf(exposure()), {}, start);
    recorder.suppress(true);
    recorder.expose(routeOf(exposure()), {}, start + 10);
    recorder.expose(routeOf(exposure()), {}, start + 20);
    recorder.suppress(false);
    recorder.settle([exposure()], start, start + 30, ok);
    recorder.settle([exposure()], start + 10, start + 30, ok);
    expect(recorder.report(contentOf({ at: start + 20 }), { clicked: true }, start + 30)).toEqual({
      accepted: false,
      reasons: ['nothing is counted: the decision was made under a rollback not yet stored'],
    });
    expect(cellsOf(recorder.takeDelta(start + 30))?.['candidate']).toMatchObject({ exposed: 1, outcomes: 1 });
    expect(recorder.counters()).toEqual({ ...nothingLost, suppressed: 2 });
  });

  it('remembers a suppressed moment for as long as its bucket is open', () => {
    const recorder = recorderOf();
    const suppressAt = (now: number) => {
      recorder.suppress(true);
      recorder.expose(routeOf(exposure()), {}, now);
      recorder.suppress(false);
    };
    suppressAt(start);
    const last = start + 2.5 * hour - 1;
    suppressAt(last);
    recorder.settle([exposure()], start, last, ok);
    expect(recorder.takeDelta(last)).toBeUndefined();
    expect(recorder.counters()).toEqual({ ...nothingLost, suppressed: 2 });
  });
});

describe('the law of deltas', () => {
  const step = fc.record({
    what: fc.constantFrom('expose', 'settle', 'report', 'mirrored', 'take', 'take', 'adopt'),
    node: fc.constantFrom('ranker', 'ranker/inner'),
    arm: fc.constantFrom('candidate', 'baseline'),
    epoch: fc.constantFrom(1, 2),
    waitMs: fc.nat(40 * minute),
    ageMs: fc.nat(3 * hour),
    value: fc.nat(120),
    user: fc.nat(3),
  });
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

  const play = (steps: readonly Step[], takes: boolean) => {
    const recorder = new Recorder({ metrics });
    let [sum, now] = [emptyEvidence, start];
    const take = () => {
      const delta = recorder.takeDelta(now);
      if (delta !== undefined) sum = mergeEvidence(sum, parseEvidence(throughJson(delta)));
    };
    const adopt = (epoch: number) =>
      recorder.adopt([nodeEpoch({ epoch }), nodeEpoch({ node: 'ranker/inner', salt: 'inner', epoch })]);
    adopt(1);
    for (const [index, { what, node, arm, epoch, waitMs, ageMs, value, user }] of steps.entries()) {
      now += waitMs;
      const at = now - ageMs;
      const exposures = [exposure({ node, arm, epoch })];
      if (what === 'adopt') adopt(2);
      if (what === 'expose') recorder.expose(routeOf(...exposures), { targetingKey: `u${user}` }, now);
      if (what === 'settle')
        recorder.settle(exposures, at, now, { error: value > 60, latencyMs: value, firstItemMs: user });
      if (what === 'report') {
        const content = contentOf({ id: `${index % 5}`, at, exposures });
        recorder.report(content, { clicked: value > 60, revenue: value, bought: true, error: user > 1 }, now);
      }
      if (what === 'mirrored') {
        const pair = {
          primary: ok,
          shadow: { error: user > 1, latencyMs: value },
          compared: user > 0,
          mismatch: user > 2,
        };
        recorder.mirrored({ node, arm, epoch }, arm === 'candidate' ? 'baseline' : 'candidate', now, pair);
      }
      if (what === 'take' && takes) take();
    }
    take();
    // The last delta may be from before the last closing.
    const closed = Math.max(0, Math.floor((now - 3 * hour) / hour) * hour);
    return { evidence: mergeEvidence(sum, evidenceOf([], closed)), counters: recorder.counters() };
  };

  it('however often deltas are taken, they add up to the same evidence, to the last score', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [often, once] = [play(steps, true), play(steps, false)];
        expect(often.evidence).toEqual(once.evidence);
        expect(often.counters).toEqual(once.counters);
      }),
      { numRuns: 200 },
    );
  });

  it('everything is counted once: in the evidence, or as dropped', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { evidence, counters } = play(
          steps.filter(({ what }) => what === 'settle' || what === 'take'),
          true,
        );
        const cells = evidence.strata.flatMap((stratum) => Object.values(stratum.cells));
        const outcomes = cells.reduce((sum, cell) => sum + cell.outcomes, 0);
        const settled = steps.filter(({ what }) => what === 'settle').length;
        expect(outcomes + (counters['late'] ?? 0) + (counters['unknown'] ?? 0)).toBe(settled);
      }),
    );
  });
});

describe('memory', () => {
  it('is constant in the number of requests and of units', () => {
    const recorder = recorderOf({ metrics });
    const route = routeOf(exposure(), exposure({ node: 'ranker/inner', arm: 'a' }));
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const context = { targetingKey: '' };
    const outcome = { error: false, latencyMs: 0 };
    const play = (n: number, first: number) => {
      for (let i = 0; i < n; i += 1) {
        const now = start + Math.floor(i / 100);
        context.targetingKey = `user-${first + i}`;
        outcome.latencyMs = 1 + (i % 1000);
        recorder.expose(route, context, now);
        recorder.settle(route.exposures, now, now, outcome);
      }
    };
    play(200_000, 0);
    collect();
    const before = process.memoryUsage().heapUsed;
    play(1_000_000, 200_000);
    collect();
    const grown = process.memoryUsage().heapUsed - before;
    const cell = cellsOf(recorder.takeDelta(start + minute))?.['candidate'];
    expect(cell).toMatchObject({ exposed: 1_200_000, outcomes: 1_200_000 });
    expect(cell?.metrics).toEqual({ clicked: sumsOf({ per: 'exposure' }), bought: sumsOf({ per: 'exposure' }) });
    expect(grown).toBeLessThan(1e6);
  });
});
