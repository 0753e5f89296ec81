import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addStrata, armsOf, fold, folded } from '../../src/evidence/fold.js';
import type { Stratum } from '../../src/evidence/stratum.js';
import { scoreResult } from '../../src/stats/sequential/score.js';
import { parseEvidence } from '../../src/evidence/parse-evidence.js';
import { anyCell, cellOf, evidenceOf, hour, sketchOf, stratumOf, sumsOf, throughJson } from './strata.js';

const arm = (n: number, events: number) =>
  cellOf({
    exposed: n,
    outcomes: n,
    errors: events,
    metrics: { clicked: sumsOf({ n: events, sum: events, sumSq: events, per: 'exposure' }) },
  });

/** Sums of the values themselves. */
const values = (...list: readonly number[]) =>
  sumsOf({ n: list.length, sum: list.reduce((a, b) => a + b, 0), sumSq: list.reduce((a, b) => a + b * b, 0) });
const scoreOf = (stratum: Stratum, metric: string, name = 'candidate') => fold(stratum).scores?.[metric]?.[name];

/** The hypergeometric moments of a two by two table, by the formula of Cochran, Mantel and Haenszel. */
const cmh = (nT: number, xT: number, nC: number, xC: number) => {
  const n = nT + nC;
  const x = xT + xC;
  return {
    score: xT - (nT * x) / n,
    variance: (nT * nC * x * (n - x)) / (n * n * (n - 1)),
    weight: (nT * nC) / n,
  };
};
const close = (expected: object) =>
  Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, expect.closeTo(value as number, 9)]));

describe('fold', () => {
  it('takes the score of a ramp by bucket, so that a paradox stays away', () => {
    // Conversions of a ramp on two days, Crook, Frasca, Kohavi and Longbotham (2009): better on both, worse when pooled.
    const friday = stratumOf(0, { candidate: arm(10_000, 230), baseline: arm(990_000, 20_000) });
    const saturday = stratumOf(1, { candidate: arm(500_000, 6_000), baseline: arm(500_000, 5_000) });
    const both = addStrata(fold(friday), fold(saturday));
    for (const metric of ['error', 'clicked']) {
      expect(scoreResult(both.scores?.[metric]?.['candidate'] ?? { score: 0, variance: 0, weight: 0 }).z).toBeCloseTo(
        9.77,
        2,
      );
    }
    expect(both.cells['candidate']).toMatchObject({ outcomes: 510_000, errors: 6_230 });
    expect([both.from, both.to]).toEqual([folded, 2 * hour]);
  });

  it('keeps the moments of Cochran, Mantel and Haenszel for counts', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), fc.nat(50), fc.nat(50), (nT, nC, eventsT, eventsC) => {
        const [xT, xC] = [Math.min(nT, eventsT), Math.min(nC, eventsC)];
        const stratum = stratumOf(0, { candidate: arm(nT, xT), baseline: arm(nC, xC) });
        const expected = nT > 0 && nC > 0 ? close(cmh(nT, xT, nC, xC)) : { score: 0, variance: 0, weight: 0 };
        expect(scoreOf(stratum, 'error')).toEqual(expected);
        if (nT + nC > 0) expect(scoreOf(stratum, 'clicked')).toEqual(expected);
      }),
    );
  });

  it('divides by reports where a metric is per report, by exposures where it is per exposure', () => {
    const metrics = (n: number, sum: number, per?: 'exposure') => ({
      metrics: { clicked: sumsOf({ n, sum, sumSq: sum, ...(per ? { per } : {}) }) },
    });
    const stratum = (per?: 'exposure') =>
      stratumOf(0, {
        candidate: cellOf({ exposed: 40, ...metrics(10, 4, per) }),
        baseline: cellOf({ exposed: 90, ...metrics(20, 6, per) }),
      });
    expect(scoreOf(stratum(), 'clicked')).toEqual(close(cmh(10, 4, 20, 6)));
    expect(scoreOf(stratum('exposure'), 'clicked')).toEqual(close(cmh(40, 4, 90, 6)));
  });

  it('knows a metric per exposure by either arm', () => {
    const clicked = sumsOf({ n: 3, sum: 3, sumSq: 3, per: 'exposure' });
    const one = stratumOf(0, {
      candidate: cellOf({ exposed: 10, metrics: { clicked } }),
      baseline: cellOf({ exposed: 20 }),
    });
    expect(scoreOf(one, 'clicked')).toEqual(close(cmh(10, 3, 20, 0)));
    const other = stratumOf(0, {
      candidate: cellOf({ exposed: 10 }),
      baseline: cellOf({ exposed: 20, metrics: { clicked } }),
    });
    expect(scoreOf(other, 'clicked')).toEqual(close(cmh(10, 0, 20, 3)));
  });

  it('never has more events than what they are divided by, though reports and exposures travel apart', () => {
    const clicked = (n: number) => ({ clicked: sumsOf({ n, sum: n, sumSq: n, per: 'exposure' }) });
    const stratum = stratumOf(0, {
      candidate: cellOf({ exposed: 2, metrics: clicked(5) }),
      baseline: cellOf({ exposed: 20, metrics: clicked(6) }),
    });
    expect(scoreOf(stratum, 'clicked')).toEqual(close(cmh(5, 5, 20, 6)));
  });

  it('takes the variances within each arm for values', () => {
    const candidate = cellOf({ metrics: { revenue: values(1, 2, 6) } });
    const baseline = cellOf({ metrics: { revenue: values(4, 4, 7, 9) } });
    // Means 3 and 6, sample variances 7 and 6, weight 3 × 4 / 7.
    const weight = 12 / 7;
    const expected = { score: weight * (3 - 6), variance: weight ** 2 * (7 / 3 + 6 / 4), weight };
    expect(scoreOf(stratumOf(0, { candidate, baseline }), 'revenue')).toEqual(close(expected));
  });

  it('counts what gave no report as a 0 of a mean per exposure', () => {
    const revenue = (exposed: number, ...list: number[]) =>
      cellOf({ exposed, metrics: { revenue: { ...values(...list), per: 'exposure' } } });
    const zeros = stratumOf(0, { candidate: revenue(3, 1, 2, 6), baseline: revenue(4, 5, 3) });
    const spelt = stratumOf(0, { candidate: revenue(3, 1, 2, 6), baseline: revenue(4, 5, 3, 0, 0) });
    expect(scoreOf(zeros, 'revenue')).toEqual(scoreOf(spelt, 'revenue'));
    expect(scoreOf(zeros, 'revenue')?.weight).toBeCloseTo(12 / 7, 12);
  });

  it('treats values that are counts in one arm only as values', () => {
    const stratum = stratumOf(0, {
      candidate: cellOf({ metrics: { revenue: values(1, 1, 0) } }),
      baseline: cellOf({ metrics: { revenue: values(2, 4, 1) } }),
    });
    const weight = 1.5;
    const expected = { score: weight * (2 / 3 - 7 / 3), variance: weight ** 2 * (1 / 3 / 3 + 7 / 3 / 3), weight };
    expect(scoreOf(stratum, 'revenue')).toEqual(close(expected));
    const swapped = { ...stratum, arms: ['baseline', 'candidate'] };
    expect(scoreOf(swapped, 'revenue', 'baseline')).toEqual(close({ ...expected, score: -expected.score }));
  });

  it.each([
    ['more than the squares allow', sumsOf({ n: 2, sum: 6, sumSq: 1 })],
    ['equal to its squares but not whole', sumsOf({ n: 2, sum: 0.5, sumSq: 0.5 })],
    ['equal to its squares but over n', sumsOf({ n: 2, sum: 3, sumSq: 3 })],
  ])('never fails on a sum that is %s', (_what, damaged) => {
    const stratum = stratumOf(0, {
      candidate: cellOf({ metrics: { m: damaged } }),
      baseline: cellOf({ metrics: { m: values(1, 0, 1) } }),
    });
    const { score, variance, weight } = scoreOf(stratum, 'm') ?? { score: NaN, variance: NaN, weight: NaN };
    expect(weight).toBeCloseTo(6 / 5, 12);
    expect(score).toBeCloseTo((6 / 5) * ((damaged.sum as number) / 2 - 2 / 3), 12);
    expect(variance).toBeGreaterThan(0);
  });

  it('never fails on errors that are more than the outcomes', () => {
    const stratum = stratumOf(0, {
      candidate: cellOf({ outcomes: 4, errors: 9 }),
      baseline: cellOf({ outcomes: 8, errors: 1 }),
    });
    expect(scoreOf(stratum, 'error')).toEqual(close(cmh(4, 4, 8, 1)));
  });

  it('compares every arm with the last in the order of the plan', () => {
    const cells = { a: arm(10, 5), b: arm(20, 4), c: arm(30, 3) };
    const scores = (arms: readonly string[]) => fold(stratumOf(0, cells, { arms })).scores?.['error'];
    expect(scores(['a', 'b', 'c'])).toEqual({ a: close(cmh(10, 5, 30, 3)), b: close(cmh(20, 4, 30, 3)) });
    expect(scores(['c', 'b', 'a'])).toEqual({ c: close(cmh(30, 3, 10, 5)), b: close(cmh(20, 4, 10, 5)) });
    expect(scores([])).toEqual({});
  });

  it('goes by the order of the shares where no order is stored', () => {
    const { arms, ...stratum } = stratumOf(0, { candidate: arm(10, 5), baseline: arm(20, 4) });
    expect(arms).toEqual(['candidate', 'baseline']);
    expect(armsOf(stratum)).toEqual(['candidate', 'baseline']);
    expect(armsOf(stratumOf(0, {}, { arms: ['x'] }))).toEqual(['x']);
    expect(scoreOf(stratum, 'error')).toEqual(close(cmh(10, 5, 20, 4)));
  });

  it('finds nothing to compare where an arm is missing', () => {
    const nothing = { score: 0, variance: 0, weight: 0 };
    expect(scoreOf(stratumOf(0, { candidate: arm(10, 5) }), 'error')).toEqual(nothing);
    expect(scoreOf(stratumOf(0, { baseline: arm(10, 5) }), 'error')).toEqual(nothing);
    expect(scoreOf(stratumOf(0, { baseline: arm(10, 5) }), 'clicked')).toEqual(nothing);
    expect(scoreOf(stratumOf(0, {}), 'error')).toEqual(nothing);
  });

  it('keeps its own errors, whatever name a damaged metric has', () => {
    const bad = cellOf({ outcomes: 10, errors: 5, metrics: { error: sumsOf({ n: 9, sum: 9, sumSq: 9 }) } });
    expect(scoreOf(stratumOf(0, { candidate: bad, baseline: arm(20, 4) }), 'error')).toEqual(close(cmh(10, 5, 20, 4)));
  });

  it('changes nothing but the mark and the scores, and nothing the second time', () => {
    fc.assert(
      fc.property(anyCell, anyCell, (candidate, baseline) => {
        const stratum = stratumOf(3, { candidate, baseline });
        const once = fold(stratum);
        expect({ ...once, from: stratum.from, scores: undefined }).toEqual({ ...stratum, scores: undefined });
        expect(once.from).toBe(-1);
        expect(fold(once)).toBe(once);
      }),
    );
  });
});

describe('addStrata', () => {
  it('adds cells and scores, and ends with the later', () => {
    const early = fold(stratumOf(0, { candidate: arm(10, 5), baseline: arm(20, 4) }));
    const later = fold(stratumOf(4, { candidate: arm(6, 1), baseline: arm(30, 9) }));
    for (const sum of [addStrata(early, later), addStrata(later, early)]) {
      expect(sum.to).toBe(5 * hour);
      expect(sum.cells['candidate']).toMatchObject({ outcomes: 16, errors: 6 });
      const [a, b] = [cmh(10, 5, 20, 4), cmh(6, 1, 30, 9)];
      const both = { score: a.score + b.score, variance: a.variance + b.variance, weight: a.weight + b.weight };
      expect(sum.scores?.['error']).toEqual({ candidate: close(both) });
    }
  });

  it('keeps scores that only one has, and makes none of nothing', () => {
    const plain = stratumOf(0, { candidate: arm(10, 5) });
    const scored = fold(plain);
    expect(addStrata({ ...plain, from: folded }, scored).scores).toEqual(scored.scores);
    expect(addStrata(scored, { ...plain, from: folded }).scores).toEqual(scored.scores);
    expect(addStrata(plain, plain)).not.toHaveProperty('scores');
  });

  it.each([
    ['salt', { salt: 'other' }],
    ['shares', { shares: { candidate: 0.05, baseline: 0.95 } }],
    ['order of arms', { arms: ['baseline', 'candidate'] }],
  ])('settles a dispute about the %s alike from both sides', (_what, parts) => {
    const a = stratumOf(0, {});
    const b = stratumOf(0, {}, parts);
    expect(addStrata(a, b)).toEqual(addStrata(b, a));
    const terms = [a, b].map(({ salt, shares, arms }) => JSON.stringify([salt, Object.entries(shares), arms]));
    const lesser = (terms[0] as string) < (terms[1] as string) ? a : b;
    expect(addStrata(a, b)).toMatchObject({ salt: lesser.salt, shares: lesser.shares, arms: lesser.arms });
  });
});

describe('fold, where units come back', () => {
  const list = (values: Readonly<Record<number, number>>) => Array.from({ length: 64 }, (_, at) => values[at] ?? 0);
  /** An arm with these outcomes and errors by cluster. */
  const clustered = (outcomes: Readonly<Record<number, number>>, errors: Readonly<Record<number, number>>) => {
    const total = (values: Readonly<Record<number, number>>) => Object.values(values).reduce((a, b) => a + b, 0);
    return cellOf({
      outcomes: total(outcomes),
      errors: total(errors),
      latency: sketchOf(...Array<number>(total(outcomes)).fill(10)),
      clusters: { outcomes: list(outcomes), n: {}, sum: { error: list(errors) } },
      unitEvents: { error: 'AJ' },
      sampled: 4,
    });
  };
  const one = stratumOf(0, { candidate: clustered({ 0: 4, 1: 4 }, { 0: 2 }), baseline: clustered({ 1: 8 }, { 1: 2 }) });
  const other = stratumOf(1, { candidate: clustered({ 5: 2 }, { 5: 1 }), baseline: clustered({ 6: 2 }, {}) });

  it('keeps the residuals of both arms together by cluster, each bucket around its own mean', () => {
    const both = addStrata(fold(one), fold(other));
    // 4 errors in 16 calls; 1 in 4.
    expect(both.scores?.['error']?.['candidate']?.residuals).toEqual(list({ 0: 2 - 1, 1: 2 - 3, 5: 1 - 0.5, 6: -0.5 }));
    expect(both.scores?.['error']?.['candidate']?.ownResiduals).toBeUndefined();
  });

  it('leaves the clusters behind, and keeps all else that adds up', () => {
    const { clusters, unitEvents, sampled, outcomes } = fold(one).cells['candidate'] ?? cellOf({});
    expect([clusters, unitEvents, sampled, outcomes]).toEqual([undefined, { error: 'AJ' }, 4, 8]);
    expect(fold(fold(one))).toEqual(fold(one));
  });

  it('keeps a score of latencies only for how alike the calls of a unit are', () => {
    expect(fold(one).scores?.['latency']?.['candidate']?.weight).toBe(4);
    const plain = stratumOf(0, { candidate: arm(5, 1), baseline: arm(5, 1) });
    expect(Object.keys(fold(plain).scores ?? {}).sort()).toEqual(['clicked', 'error']);
  });

  it('keeps each arm around the mean of all where there are three', () => {
    const cells = { b: clustered({ 0: 4 }, { 0: 2 }), c: clustered({ 1: 4 }, { 1: 1 }), a: clustered({ 2: 4 }, {}) };
    const { scores } = fold(stratumOf(0, cells, { shares: { b: 0.3, c: 0.3, a: 0.4 }, arms: ['b', 'c', 'a'] }));
    // 3 errors in 12 calls of all.
    expect(scores?.['error']?.['b']).toMatchObject({ residuals: list({ 0: 1, 2: -1 }), ownResiduals: list({ 0: 1 }) });
    expect(scores?.['error']?.['c']).toMatchObject({ ownResiduals: list({}) });
  });

  it('survives its JSON', () => {
    const evidence = evidenceOf([fold(one), other, { ...one, epoch: 2 }]);
    expect(parseEvidence(throughJson(evidence))).toEqual(evidence);
    const damaged = JSON.stringify(evidence).replace('"residuals":[1,', '"residuals":[');
    expect(() => parseEvidence(JSON.parse(damaged))).toThrow(/scores\.error\.candidate\.residuals, its length/);
  });
});
