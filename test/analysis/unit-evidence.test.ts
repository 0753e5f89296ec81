import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareArms } from '../../src/analysis/compare.js';
import { differenceOf, widened } from '../../src/analysis/difference.js';
import { type Measure, measureOf } from '../../src/analysis/measure.js';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { observe } from '../../src/analysis/observe.js';
import {
  comparablePairs,
  clusterEvidence,
  designEffectIn,
  firstEventEvidence,
} from '../../src/analysis/unit-evidence.js';
import { judge, type Judged } from '../../src/analysis/verdict.js';
import { type Rng, seededRng } from '../../src/core/rng.js';
import { emptyCell } from '../../src/evidence/cell.js';
import { binary, continuous, ratio } from '../../src/evidence/metric.js';
import type { Cell, Stratum } from '../../src/evidence/stratum.js';
import { clusteredEvidence, foldClusters, UnitEventBitmap, widenedScore } from '../../src/stats/clusters/index.js';
import { eventBinomial } from '../../src/stats/sequential/event-binomial.js';
import { scoreMixture } from '../../src/stats/sequential/score-mixture.js';
import { foldAll, judgedOf, minute } from './judged.js';
import { rollOut } from './sticky.js';

const metrics = {
  clicked: binary(),
  spent: continuous({ per: 'exposure' }),
  before: continuous({ covariate: 'x' }),
  rate: ratio(),
};
const measure = (name: string) => measureOf(metrics, name) as Measure;
const list = (values: Readonly<Record<number, number>>) => Array.from({ length: 64 }, (_, at) => values[at] ?? 0);
const bits = (...set: readonly number[]) => {
  const bitmap = new UnitEventBitmap();
  for (const bit of set) bitmap.set(bit);
  return bitmap.toJSON();
};

/** The last look at a ramp of units that come back, through a real recorder. */
function lookAt(options: Partial<Parameters<typeof rollOut>[0]> = {}): Judged {
  const looks = rollOut({
    rng: seededRng(5),
    run: 5,
    metrics,
    units: 200,
    shares: [0.2, 0.5, 0.5],
    requests: () => 3,
    outcome: ({ trait, isCandidate }, rng) => ({
      error: rng.next() < (trait < 0.1 ? 0.6 : 0.02) * (isCandidate ? 1.5 : 1),
      clicked: rng.next() < 0.2,
      spent: 10 * trait + rng.next(),
      before: 10 * trait + rng.next() + (isCandidate ? 0.2 : 0),
      rate: { numerator: Math.floor(9 * trait), denominator: 9 },
    }),
    contextOf: (trait) => ({ x: 10 * trait }),
    ...options,
  });
  return [...looks].at(-1) as Judged;
}

const cellOf = (outcomes: Record<number, number>, errors: Record<number, number>, events?: string): Cell => {
  const total = (values: Record<number, number>) => Object.values(values).reduce((a, b) => a + b, 0);
  return {
    ...emptyCell,
    outcomes: total(outcomes),
    errors: total(errors),
    clusters: { outcomes: list(outcomes), n: {}, sum: { error: list(errors) } },
    ...(events !== undefined && { unitEvents: { error: events } }),
  };
};
const stratumOf = (epoch: number, share: number, b: Cell, a: Cell, more: Partial<Stratum> = {}): Stratum => ({
  node: 'root',
  epoch,
  from: epoch * minute,
  to: (epoch + 1) * minute,
  salt: 's',
  shares: { b: share, a: 1 - share },
  arms: ['b', 'a'],
  cells: { b, a },
  ...more,
});
const bareCells = ({ cells }: Stratum): Stratum['cells'] =>
  Object.fromEntries(
    Object.entries(cells).map(([arm, { clusters: _, unitEvents: __, ...cell }]) => [arm, cell] as const),
  );
const judged = (...strata: readonly Stratum[]): Judged => ({ now: 1e9, strata, metrics, arm: 'b', control: 'a' });

describe('a comparison of units that come back', () => {
  const one = stratumOf(
    1,
    0.2,
    cellOf({ 0: 30, 1: 20 }, { 0: 9, 1: 1 }, bits(1, 2)),
    cellOf({ 2: 100, 3: 90 }, { 2: 10 }, bits(2, 3, 4)),
  );
  const two = stratumOf(
    2,
    0.5,
    cellOf({ 0: 50, 7: 60 }, { 0: 12, 7: 2 }, bits(1, 5, 6)),
    cellOf({ 3: 55, 9: 70 }, { 9: 8 }, bits(4, 7)),
  );

  it('is the mean of the e-values of clusters and of first events, as statistics gives them', () => {
    const clusters = foldClusters(
      [one, two].map(({ epoch, salt, shares, cells }) => {
        const [b, a] = [cells['b'] as Cell, cells['a'] as Cell];
        const both = (of: (cell: Cell) => readonly number[] | undefined) =>
          (of(b) as readonly number[]).map((value, at) => value + ((of(a) as readonly number[])[at] as number));
        return {
          epoch,
          salt,
          share: shares['b'] as number,
          treatment: { n: b.outcomes, events: b.errors },
          control: { n: a.outcomes, events: a.errors },
          clusters: { n: both((cell) => cell.clusters?.outcomes), sum: both((cell) => cell.clusters?.sum['error']) },
        };
      }),
      'binary',
    );
    const unitEvents = [one, two].map(({ shares, cells }) => ({
      share: shares['b'] as number,
      treatment: UnitEventBitmap.from(cells['b']?.unitEvents?.['error'] as string),
      control: UnitEventBitmap.from(cells['a']?.unitEvents?.['error'] as string),
    }));
    const expected = clusteredEvidence({ clusters, unitEvents }, { harm: 'more' });
    const { logE, test, n, controlN, difference } = compareArms(judged(one, two), 'a', measure('error'), {
      direction: 'worse',
    });
    expect(expected.clusters.designEffect).toBeGreaterThan(1);
    expect(logE).toBeCloseTo(expected.logE, 9);
    expect(test).toBe('clusters of units (asymptotic), and their first events');
    expect([n, controlN]).toEqual([160, 315]);
    expect(difference?.score.variance).toBeCloseTo(expected.clusters.variance, 9);
  });

  it('says the same once its buckets were folded, whatever the measure', () => {
    const live = lookAt();
    const closed = { ...live, strata: foldAll(live.strata) };
    expect(closed.strata.every(({ from }) => from === -1)).toBe(true);
    for (const name of ['error', 'clicked', 'spent', 'before', 'rate', 'latency']) {
      for (const direction of ['worse', 'better'] as const) {
        const [before, after] = [live, closed].map((look) => compareArms(look, 'a', measure(name), { direction }));
        expect(after?.test).toBe(before?.test);
        expect(after?.test).toMatch(/^clusters of units/);
        if (name !== 'latency') expect(after?.logE).toBeCloseTo(before?.logE ?? Number.NaN, 6);
        expect(after?.n).toBe(before?.n);
      }
    }
  });

  it('says the opposite of the arms the other way round, live and folded', () => {
    for (const look of [lookAt(), { ...lookAt(), strata: foldAll(lookAt().strata) }]) {
      for (const name of ['spent', 'rate', 'before']) {
        const forth = compareArms(look, 'a', measure(name), { direction: 'worse' });
        const back = compareArms({ ...look, arm: 'a', control: 'b' }, 'b', measure(name), { direction: 'better' });
        expect(back.logE).toBeCloseTo(forth.logE, 6);
        expect(back.difference?.estimate).toBeCloseTo(-(forth.difference?.estimate as number), 6);
      }
    }
  });

  it('compares two arms that are both not the baseline after folding as well', () => {
    const third = cellOf({ 4: 60, 5: 70 }, { 4: 2, 5: 9 });
    const strata = [one, two].map((stratum) => ({
      ...stratum,
      shares: { b: 0.3, c: 0.3, a: 0.4 },
      arms: ['b', 'c', 'a'],
      cells: { ...stratum.cells, c: third },
    }));
    const at = (look: Judged) => observe({ ...look, control: 'c' }, 'c', measure('error')).pairs;
    const [live, closed] = [judged(...strata), judged(...foldAll(strata))].map((look) => designEffectIn(at(look)));
    // Around the mean of all arms rather than of the two: nearly the same.
    expect(closed).toBeGreaterThan(1);
    expect(Math.abs(Math.log((closed as number) / (live as number)))).toBeLessThan(0.3);
    expect(comparablePairs(at(judged(...foldAll(strata))))).toHaveLength(2);
  });

  it('takes what kept no clusters for as alike as what did: old evidence, folded or not, and forecasts', () => {
    const { clusters: _, unitEvents: __, ...b } = two.cells['b'] as Cell;
    const { clusters: ___, unitEvents: ____, ...a } = two.cells['a'] as Cell;
    const old = { ...two, cells: { b, a } };
    const effect = designEffectIn(observe(judged(one), 'a', measure('error')).pairs);
    const plain = compareArms(judged({ ...one, cells: bareCells(one) }, old), 'a', measure('error'), {
      direction: 'worse',
    });
    for (const mixed of [judged(one, old), judged(one, ...foldAll([old]))]) {
      const { difference, n } = compareArms(mixed, 'a', measure('error'), { direction: 'worse' });
      expect(difference?.score.variance).toBeCloseTo(effect * (plain.difference?.score.variance as number), 9);
      expect(difference?.estimate).toBeCloseTo(plain.difference?.estimate as number, 12);
      expect(n).toBe(160);
    }
    // Nothing but old evidence is judged as it always was.
    expect(plain.test).toBe('event-binomial');
  });

  it('compares nothing but first events while no window of clusters has closed', () => {
    const now = 2 * minute;
    const open = { ...judged(one), now, metrics };
    const exposed = (cell: Cell): Cell => ({
      ...cell,
      exposed: cell.outcomes,
      metrics: { clicked: { n: cell.errors, sum: cell.errors, sumSq: cell.errors, late: 0, per: 'exposure' } },
      clusters: {
        exposed: cell.clusters?.outcomes as number[],
        n: {},
        sum: { clicked: cell.clusters?.sum['error'] as number[] },
      },
      unitEvents: { clicked: cell.unitEvents?.['error'] as string },
    });
    const cells = { b: exposed(one.cells['b'] as Cell), a: exposed(one.cells['a'] as Cell) };
    const look = { ...open, strata: [{ ...one, cells }] };
    const { logE, difference } = compareArms(look, 'a', measure('clicked'), { direction: 'better' });
    expect(difference).toBeUndefined();
    const first = firstEventEvidence(observe(look, 'a', measure('clicked')).pairs, 'more', 0);
    expect(Math.exp(logE)).toBeCloseTo((1 + Math.exp(first)) / 2, 12);
    expect(first).not.toBe(0);
  });

  it('judges a margin by the clusters: absolute ones without first events, relative ones with both', () => {
    const options = { direction: 'worse' } as const;
    const at = (claim: object) => compareArms(judged(one, two), 'a', measure('error'), { ...options, ...claim });
    expect(at({ margin: 0.05 }).test).toBe('clusters of units (asymptotic)');
    expect(at({ relativeMargin: 0.5 }).test).toBe('clusters of units (asymptotic), and their first events');
    const logEs = [{}, { margin: 0.02 }, { margin: 0.05 }].map((claim) => at(claim).logE);
    expect(logEs[1]).toBeGreaterThan(logEs[2] as number);
    const relative = [0, 0.2, 0.5, 2].map((relativeMargin) => at({ relativeMargin }).logE);
    expect([...relative].sort((x, y) => y - x)).toEqual(relative);
    // Both means are moved by the margin, in the metric's unit and as a fraction.
    const pairs = comparablePairs(observe(judged(one, two), 'a', measure('error')).pairs);
    const difference = differenceOf({ measure: measure('error'), pairs }) as NonNullable<
      ReturnType<typeof differenceOf>
    >;
    const effect = designEffectIn(pairs);
    const options2 = { harm: 'more', margin: 0.02, type: 'binary' } as const;
    expect(at({ margin: 0.02 }).logE).toBeCloseTo(clusterEvidence(difference, effect, options2), 12);
  });
});

describe('first events', () => {
  const pairsOf = (look: Judged) => observe(look, 'a', measure('error')).pairs;

  it('count once in a roll-out, by epoch and in its order, over all its buckets', () => {
    const one = cellOf({ 0: 9 }, { 0: 3 }, bits(1, 2, 3));
    const late = stratumOf(2, 0.5, cellOf({ 0: 9 }, { 0: 3 }, bits(1, 8)), cellOf({ 1: 9 }, { 1: 1 }, bits(9)));
    const early = stratumOf(1, 0.1, one, cellOf({ 1: 9 }, { 1: 1 }, bits(3)));
    const more = {
      ...early,
      from: 5 * minute,
      to: 6 * minute,
      cells: { ...early.cells, b: cellOf({ 0: 1 }, { 0: 1 }, bits(4)) },
    };
    // Of the first epoch 1, 2 and 4; 3 was in both arms. Of the second 8, against 9.
    const expected = eventBinomial(
      [
        { share: 0.1, treatment: 3, control: 0 },
        { share: 0.5, treatment: 1, control: 1 },
      ],
      { harm: 'more', margin: 0.3 },
    );
    expect(firstEventEvidence(pairsOf(judged(late, early, more)), 'more', 0.3)).toBeCloseTo(expected.logE, 12);
  });

  it('count where only one arm has any, and say nothing where none has', () => {
    const quiet = cellOf({ 1: 9 }, {});
    const look = judged(stratumOf(1, 0.5, cellOf({ 0: 9 }, { 0: 2 }, bits(1, 2)), quiet));
    expect(firstEventEvidence(pairsOf(look), 'more', 0)).toBeGreaterThan(0);
    expect(firstEventEvidence(pairsOf(judged(stratumOf(1, 0.5, quiet, quiet))), 'more', 0)).toBe(0);
  });
});

describe('the variance of units that come back', () => {
  it('widens difference, interval and rho, and leaves the estimate', () => {
    const difference = differenceOf(observe(lookAt(), 'a', measure('spent')));
    const wide = widened(difference as NonNullable<typeof difference>, 4);
    expect(wide.estimate).toBe(difference?.estimate);
    expect(wide.score.estimate).toBe(difference?.estimate);
    expect(wide.score.variance).toBeCloseTo(4 * (difference?.score.variance as number), 9);
    expect(wide.score.z).toBeCloseTo((difference?.score.z as number) / 2, 9);
    expect(wide.rho).toBeCloseTo(16 * (difference?.rho as number), 9);
  });

  it('is that of independent requests where units have nothing in common', () => {
    const alike = lookAt({ outcome: (_, rng) => ({ spent: rng.next(), latencyMs: 10 + rng.next() }) });
    for (const name of ['spent', 'latency']) {
      const pairs = observe(alike, 'a', measure(name)).pairs;
      expect(designEffectIn(pairs)).toBeLessThan(1.6);
    }
    const units = lookAt({ outcome: ({ trait }) => ({ spent: trait, latencyMs: 10 + 100 * trait }) });
    for (const name of ['spent', 'latency']) {
      // Three requests an hour for three hours, all of a unit alike.
      const effect = designEffectIn(observe(units, 'a', measure(name)).pairs);
      expect(effect).toBeGreaterThan(4);
      expect(effect).toBeLessThan(16);
    }
  });

  it('loses what a covariate explains', () => {
    const look = lookAt();
    const all = observe(look, 'a', measure('before'));
    const { theta, score } = differenceOf(all) as NonNullable<ReturnType<typeof differenceOf>>;
    expect(theta).toBeCloseTo(1, 1);
    const without = differenceOf({
      ...all,
      pairs: all.pairs.map((pair) => ({
        ...pair,
        candidateSums: bare(pair.candidateSums),
        controlSums: bare(pair.controlSums),
      })),
    });
    // The trait has a variance of 100 / 12 against 1 / 12 of the rest.
    expect(score.variance).toBeLessThan(0.03 * (without?.score.variance as number));
    expect(designEffectIn(all.pairs, theta)).toBeLessThan(2);
    expect(designEffectIn(all.pairs)).toBeGreaterThan(4);
    const { difference } = compareArms(look, 'a', measure('before'), { direction: 'better' });
    expect(difference?.score.variance).toBeCloseTo(score.variance * designEffectIn(all.pairs, theta), 9);
    // A fifth of a unit is found among ten times as much noise.
    expect(compareArms(look, 'a', measure('before'), { direction: 'better' }).logE).toBeGreaterThan(Math.log(20));
    expect(compareArms(look, 'a', measure('spent'), { direction: 'better' }).logE).toBeLessThan(Math.log(20));
  });
});

describe('the design effect after a covariate', () => {
  it('is that of what the covariate leaves, over the variance that it leaves', () => {
    const [y, x] = [list({ 0: 90, 1: -40, 2: 8 }), list({ 0: 20, 1: -25, 3: 5 })];
    const score = {
      score: 3,
      variance: 100,
      weight: 50,
      residuals: y,
      covariate: { score: 1, variance: 25, covariance: 40, residuals: x },
    };
    const [pair] = observe(judged(stratumOf(1, 0.2, emptyCell, emptyCell)), 'a', measure('error')).pairs;
    const pairs = [{ ...(pair as NonNullable<typeof pair>), units: { epoch: 1, salt: 's', score } }];
    const left = y.map((value, at) => value - 1.6 * (x[at] as number));
    const mean = left.reduce((sum, value) => sum + value, 0) / 64;
    const spread = left.reduce((sum, value) => sum + (value - mean) ** 2, 0) * (64 / 63);
    // 100 - 1.6 (2 x 40 - 1.6 x 25) = 36, and a treatment has the chance 0.2.
    expect(designEffectIn(pairs, 1.6)).toBeCloseTo((0.16 * spread) / 36, 9);
    expect(designEffectIn(pairs, 1.6)).toBeGreaterThan(1);
  });
});

describe('the information at which clusters are judged most sharply', () => {
  it('is 5 events, 20 slow calls, and for means what their own unit makes of 100 pairs', () => {
    const score = { score: 30, variance: 100, weight: 400, z: 3, estimate: 0.075 };
    const difference = { mean: 0.2, controlMean: 0.125, estimate: 0.075, score, rho: 7 };
    for (const [type, rho] of [
      ['binary', 5],
      ['latency', 20],
      ['continuous', 7],
    ] as const) {
      const expected = widenedScore({ score: 22, variance: 100 }, 2, { harm: 'more', rho }).logE;
      expect(clusterEvidence(difference, 2, { harm: 'more', margin: 0.02, type })).toBeCloseTo(expected, 12);
      const other = widenedScore({ score: 38, variance: 100 }, 2, { harm: 'fewer', rho }).logE;
      expect(clusterEvidence(difference, 2, { harm: 'fewer', margin: 0.02, type })).toBeCloseTo(other, 12);
    }
    const same = { ...difference, score: { ...score, reason: 'no-variance' as const } };
    expect(clusterEvidence(same, 2, { harm: 'more', margin: 0, type: 'binary' })).toBe(0);
  });
});

describe('a relative margin', () => {
  it('is an absolute one against a control whose values are that much worse, of ratios and with covariates too', () => {
    const at = (factor: number, name: string, relativeMargin: number) => {
      const outcome = ({ trait, isCandidate }: { trait: number; isCandidate: boolean }, rng: Rng) => {
        const scale = isCandidate ? 0.6 : factor;
        return {
          before: (10 * trait + rng.next()) * scale,
          rate: { numerator: Math.floor(9 * trait * rng.next()) * scale, denominator: 9 + trait },
        };
      };
      const look = lookAt({ outcome, fresh: true, visits: 'one' });
      return compareArms(look, 'a', measure(name), { direction: 'worse', relativeMargin }).logE;
    };
    for (const name of ['before', 'rate']) {
      expect(at(1, name, 0.2)).toBeCloseTo(at(0.8, name, 0), 9);
      expect(at(1, name, 0.2)).toBeGreaterThan(1);
    }
  });
});

describe('latencies of units', () => {
  it('are compared by slow calls, folded or not, although what is folded is a score of their logarithms', () => {
    // One bucket for each epoch, so that folding loses nothing of the counts.
    const look = lookAt({
      shares: [0.3, 0.5],
      outcome: ({ trait }, rng) => ({ latencyMs: 10 + 90 * trait * rng.next() }),
    });
    const [live, closed] = [look, { ...look, strata: foldAll(look.strata) }].map((one) =>
      compareArms(one, 'a', measure('latency'), { direction: 'worse', relativeMargin: 0.05 }),
    );
    expect(live?.test).toBe('clusters of units (asymptotic), on slow calls');
    expect(live?.logE).not.toBe(0);
    expect(closed?.logE).toBeCloseTo(live?.logE as number, 9);
    expect(closed?.difference?.estimate).toBeCloseTo(live?.difference?.estimate as number, 12);
    // Of all calls five in a hundred are slow.
    expect(live?.difference?.controlMean).toBeGreaterThan(0.02);
    expect(live?.difference?.controlMean).toBeLessThan(0.12);
  });
});

const bare = ({ n, sum, sumSq }: { readonly n: number; readonly sum: number; readonly sumSq: number }) => ({
  n,
  sum,
  sumSq,
});

describe('a covariate where each request is one of its own', () => {
  it('joins its score to the exact test, as the mean of two e-values', () => {
    const facts = (events: number) => ({
      exposed: 100,
      metrics: {
        clicked: {
          n: events,
          sum: events,
          sumSq: events,
          late: 0,
          per: 'exposure' as const,
          paired: { sum: 50, sumSq: 60, product: events },
        },
      },
    });
    const look = judgedOf([{ cells: { a: facts(10), b: facts(25) } }], {
      metrics: { clicked: binary({ covariate: 'x' }) },
    });
    const plain = { ...look, metrics: { clicked: binary() } };
    const [with_, without] = [look, plain].map((one) =>
      compareArms(one, 'a', measureOf(one.metrics, 'clicked') as Measure, { direction: 'better' }),
    );
    const { difference } = with_ as NonNullable<typeof with_>;
    const { score, rho } = difference as NonNullable<typeof difference>;
    const adjusted = scoreMixture({ score: score.score, variance: score.variance }, { rho, harm: 'more' }).logE;
    expect(Math.exp(with_?.logE as number)).toBeCloseTo(
      (Math.exp(without?.logE as number) + Math.exp(adjusted)) / 2,
      6,
    );
    expect(with_?.test).toBe('event-binomial, on events and non-events, and CUPED score (asymptotic)');
    expect(without?.test).toBe('event-binomial, on events and non-events');
  });
});

describe('requests that were to be independent', () => {
  const look = (sampled: number, returned: number) =>
    judgedOf([
      {
        cells: {
          a: { outcomes: 900, errors: 9, sampled: 0, returned: 0 },
          b: { outcomes: 900, errors: 300, sampled, returned },
        },
      },
    ]);
  const verdict = (sampled: number, returned: number) => judge(noWorseThan('error'), look(sampled, returned));

  it('are not judged where units come back all the same', () => {
    expect(verdict(100, 26)).toMatchObject({ outcome: 'error', n: 900 });
    expect(verdict(100, 26).reason).toBe(
      "units come back: 26 % of 100 sampled requests were of units seen before, so requests are not independent and a test of them would be wrong. Leave out visits: 'one', so that units are compared",
    );
    expect(compareArms(look(100, 26), 'a', measure('error'), { direction: 'worse' })).toMatchObject({
      logE: 0,
      test: 'none',
    });
  });

  it('are judged while few do, or few were looked at', () => {
    for (const [sampled, returned] of [
      [100, 25],
      [99, 99],
      [0, 0],
      [1000, 100],
    ] as const) {
      expect(verdict(sampled, returned)).toMatchObject({ outcome: 'fail', test: 'event-binomial' });
    }
  });

  it('count the units of both arms under comparison, and of no other', () => {
    const cells = (a: object, b: object, c: object) =>
      judgedOf([
        {
          shares: { b: 0.3, c: 0.3, a: 0.4 },
          cells: { a: { outcomes: 9, ...a }, b: { outcomes: 9, ...b }, c: { outcomes: 9, ...c } },
        },
      ]);
    const back = { sampled: 60, returned: 30 };
    const refusal = (one: Judged) => compareArms(one, 'a', measure('error'), { direction: 'worse' }).refusal;
    expect(refusal(cells(back, back, {}))).toMatch(/^units come back: 50 % of 120/);
    expect(refusal(cells(back, {}, back))).toBeUndefined();
  });

  it('are pairs of a mirror, which are judged whoever made them', () => {
    const cell = { outcomes: 900, compared: 900, sampled: 900, returned: 900 };
    const mirror = judgedOf([{ cells: { a: { ...cell, mismatches: 1 }, b: { ...cell, mismatches: 300 } } }]);
    expect(judge(noWorseThan('mismatch'), mirror)).toMatchObject({ outcome: 'fail' });
  });
});

describe('a ratio', () => {
  it('is that of the sums, whatever each report was, and is compared by clusters or by reports', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), (seed) => {
        for (const visits of ['many', 'one'] as const) {
          const look = lookAt({ rng: seededRng(seed), run: seed, visits });
          const unprobed = {
            ...look,
            strata: look.strata.map((stratum) => ({
              ...stratum,
              cells: Object.fromEntries(
                Object.entries(stratum.cells).map(([arm, { sampled: _, returned: __, ...cell }]) => [arm, cell]),
              ),
            })),
          };
          const { difference, test, n } = compareArms(unprobed, 'a', measure('rate'), { direction: 'worse' });
          expect(test).toBe(visits === 'many' ? 'clusters of units (asymptotic)' : 'score mixture (asymptotic)');
          const [b, a] = ['b', 'a'].map((arm) =>
            look.strata
              .map(({ cells }) => cells[arm]?.metrics['rate'])
              .map((sums) => [sums?.sum ?? 0, sums?.paired?.sum ?? 0, sums?.n ?? 0] as const),
          );
          expect(n).toBe(b?.reduce((sum, [, , reports]) => sum + reports, 0));
          // Strata count by what their denominators can tell, as in a stratified comparison of means.
          let [weights, sum, control] = [0, 0, 0];
          b?.forEach(([x, over], at) => {
            const [y, under] = (a as NonNullable<typeof a>)[at] as readonly [number, number, number];
            if (!(over > 0 && under > 0)) return;
            const weight = (over * under) / (over + under);
            weights += weight;
            sum += weight * (x / over - y / under);
            control += (weight * y) / under;
          });
          expect(difference?.estimate).toBeCloseTo(sum / weights, 9);
          expect(difference?.controlMean).toBeCloseTo(control / weights, 9);
        }
      }),
      { numRuns: 5 },
    );
  });
});
