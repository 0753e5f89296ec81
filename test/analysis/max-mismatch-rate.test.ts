import { describe, expect, it } from 'vitest';
import { maxErrorRate } from '../../src/analysis/max-error-rate.js';
import { maxMismatchRate } from '../../src/analysis/max-mismatch-rate.js';
import { seededRng } from '../../src/core/rng.js';
import { inversePropensityBetting } from '../../src/stats/sequential/inverse-propensity.js';
import { judgedOf, metrics } from './judged.js';
import { binomial } from './simulate.js';

describe('maxMismatchRate', () => {
  it('judges the compared pairs of a shadow as maxErrorRate judges calls', () => {
    for (const [n, events] of [
      [100, 2],
      [100, 9],
      [100, 10],
      [1000, 60],
    ] as const) {
      const shadow = judgedOf([{ cells: { b: { outcomes: 7, errors: 7, compared: n, mismatches: events } } }]);
      const calls = judgedOf([{ cells: { b: { outcomes: n, errors: events } } }]);
      const { rule, reason, ...verdict } = maxMismatchRate(0.02).judge(shadow);
      expect(verdict).toEqual({
        ...maxErrorRate(0.02).judge(calls),
        rule: undefined,
        reason: undefined,
      });
      expect(rule).toBe('maxMismatchRate(0.02)');
      expect(reason).toContain(`of ${n} pairs`);
    }
  });

  it('waits for its minimum of compared pairs', () => {
    const verdict = maxMismatchRate(0.02, { minOutcomes: 50 }).judge(
      judgedOf([{ cells: { b: { outcomes: 900, compared: 49, mismatches: 49 } } }]),
    );
    expect(verdict).toMatchObject({ outcome: 'insufficient-data', reason: '49 of 50 pairs', n: 49 });
    expect(maxMismatchRate(0.02).judge(judgedOf([])).outcome).toBe('insufficient-data');
  });

  it('refuses what is no fraction', () => {
    expect(() => maxMismatchRate(5)).toThrow('limit: must be a fraction in [0, 1] (was 5). Did you mean 0.05?');
    expect(() => maxMismatchRate(0.1, { alpha: 0 })).toThrow('options.alpha');
  });
});

describe('maxMismatchRate above a noise floor', () => {
  const pairs = (compared: number, mismatches: number) => ({ compared, mismatches });
  const look = (shadow: readonly [number, number], floor: readonly [number, number], more = {}) =>
    judgedOf([
      {
        shares: { b: 0.2, 'noise-floor': 0.2, primary: 1 },
        cells: { b: pairs(...shadow), 'noise-floor': pairs(...floor), primary: {}, ...more },
      },
    ]);
  const rule = maxMismatchRate(0.02, { noiseFloor: true });

  it('fails when the shadow is shown to differ by more than the limit above the floor, at 1/alpha and not below', () => {
    const logE = (events: number) =>
      inversePropensityBetting([{ share: 0.5, treatment: { n: 2000, events }, control: { n: 2000, events: 100 } }], {
        margin: 0.02,
        harm: 'more',
      }).logE;
    let events = 100;
    while (logE(events) < Math.log(100)) events += 1;
    expect(rule.judge(look([2000, events - 1], [2000, 100])).outcome).toBe('inconclusive');
    const verdict = rule.judge(look([2000, events], [2000, 100]));
    expect(verdict).toMatchObject({
      rule: 'maxMismatchRate(0.02, above noise-floor)',
      outcome: 'fail',
      n: 2000,
      alpha: 0.01,
      test: 'inverse-propensity betting',
    });
    expect(verdict.eValue).toBeCloseTo(Math.exp(logE(events)), 6);
    expect(verdict.estimate).toBeCloseTo((events - 100) / 2000, 12);
    expect(verdict.reason).toMatch(/^mismatch .* against 5 % of 2000 pairs: worse by more than 2 % \(e-value/);
  });

  it('puts up with a shadow that differs as much as the primary from itself, where a bare limit does not', () => {
    const judged = look([2000, 600], [2000, 600]);
    expect(maxMismatchRate(0.02).judge(judged).outcome).toBe('fail');
    expect(rule.judge(judged).outcome).toBe('inconclusive');
    expect(maxMismatchRate(0.02, { noiseFloor: 'noise-floor' }).judge(judged)).toEqual(rule.judge(judged));
  });

  it('is not misled by a floor of which half the pairs were dropped', () => {
    const dropped = look([4000, 1200], [2000, 600]);
    expect(rule.judge(dropped).outcome).toBe('inconclusive');
    expect(rule.judge(dropped).eValue).toBeLessThan(1);
    expect(rule.judge(look([4000, 1600], [2000, 600])).outcome).toBe('fail');
  });

  it('judges by the built-in mismatch alone, and names the floor that is not there', () => {
    const judged = look([2000, 600], [2000, 100]);
    expect(rule.judge({ ...judged, metrics: { mismatch: metrics.revenue } }).outcome).toBe('fail');
    const { 'noise-floor': _, ...cells } = judged.strata[0]?.cells ?? {};
    const without = { ...judged, strata: judged.strata.map((stratum) => ({ ...stratum, cells })) };
    expect(rule.judge(without)).toMatchObject({
      outcome: 'insufficient-data',
      reason: "'b' and 'noise-floor' never had traffic together",
    });
    expect(maxMismatchRate(0.02, { noiseFloor: 'primary' }).judge(judged).outcome).toBe('insufficient-data');
    expect(maxMismatchRate(0.02, { noiseFloor: true, minOutcomes: 2001 }).judge(judged).reason).toBe(
      '2000 of 2001 pairs',
    );
  });

  it('alarms at most as often as alpha at the limit, whichever pairs are late or lost', () => {
    const rng = seededRng(3);
    let alarms = 0;
    const runs = 300;
    for (let run = 0; run < runs; run += 1) {
      const counts = { b: [0, 0] as [number, number], floor: [0, 0] as [number, number] };
      for (let at = 0; at < 40; at += 1) {
        // The shadow differs by as much more as is allowed; a fifth of the floor's calls are lost.
        const [mine, theirs] = [50, binomial(rng, 50, 0.8)];
        counts.b = [counts.b[0] + mine, counts.b[1] + binomial(rng, mine, 0.12)];
        counts.floor = [counts.floor[0] + theirs, counts.floor[1] + binomial(rng, theirs, 0.1)];
        const strict = maxMismatchRate(0.02, { noiseFloor: true, alpha: 0.05 });
        if (strict.judge(look(counts.b, counts.floor)).outcome !== 'fail') continue;
        alarms += 1;
        break;
      }
    }
    expect(alarms / runs).toBeLessThanOrEqual(0.05);
  });

  it('refuses what is neither true nor a name', () => {
    expect(() => maxMismatchRate(0.1, { noiseFloor: '' })).toThrow(
      'options.noiseFloor: must be true or the name of an arm',
    );
    expect(() => maxMismatchRate(0.1, { noiseFloor: false as true })).toThrow('options.noiseFloor');
  });
});
