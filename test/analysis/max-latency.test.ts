import { describe, expect, it } from 'vitest';
import { maxErrorRate } from '../../src/analysis/max-error-rate.js';
import { maxLatency } from '../../src/analysis/max-latency.js';
import { foldAll, judgedOf } from './judged.js';

const latencies = (fast: number, slow: number) => [
  ...Array.from({ length: fast }, () => 100),
  ...Array.from({ length: slow }, () => 400),
];
const judged = (fast: number, slow: number) => judgedOf([{ cells: { b: { latenciesMs: latencies(fast, slow) } } }]);

describe('maxLatency', () => {
  it('counts calls over the limit against 1 - quantile', () => {
    const rule = maxLatency({ quantile: 0.95, ms: 300 });
    for (const slow of [0, 5, 12, 13, 14, 15, 16, 40]) {
      const verdict = rule.judge(judged(100 - slow, slow));
      const asErrors = maxErrorRate(0.05).judge(judgedOf([{ cells: { b: { outcomes: 100, errors: slow } } }]));
      expect([slow, verdict.outcome]).toEqual([slow, asErrors.outcome]);
      expect(Math.log(verdict.eValue as number)).toBeCloseTo(Math.log(asErrors.eValue as number), 9);
      expect(verdict.n).toBe(100);
    }
  });

  it("gives the sketch's quantile as the estimate, and both figures in words", () => {
    const verdict = maxLatency({ quantile: 0.95, ms: 300 }).judge(judged(60, 40));
    expect(verdict.estimate).toBeGreaterThan(396);
    expect(verdict.estimate).toBeLessThan(404);
    expect(verdict.rule).toBe('maxLatency(p95, 300 ms)');
    expect(verdict.reason).toMatch(
      /^latency p95 (39\d|40\d) ms of 100 calls is over the limit of 300 ms: 40 % took longer, and 5 % may \(e-value/,
    );
  });

  it('leaves calls alone that are within 2.02 % of the limit, and counts those beyond', () => {
    const all = (ms: number) => judgedOf([{ cells: { b: { latenciesMs: Array.from({ length: 200 }, () => ms) } } }]);
    const rule = maxLatency({ quantile: 0.5, ms: 300 });
    expect(rule.judge(all(300)).outcome).toBe('inconclusive');
    expect(rule.judge(all(307)).outcome).toBe('fail');
  });

  it('reads all strata of the arm, folded or not, and no other arm', () => {
    const look = judgedOf([
      { from: 0, to: 60_000, cells: { a: { latenciesMs: latencies(0, 500) }, b: { latenciesMs: latencies(30, 8) } } },
      { from: 60_000, to: 120_000, cells: { a: {}, b: { latenciesMs: latencies(60, 2) } } },
    ]);
    const verdict = maxLatency({ quantile: 0.95, ms: 300 }).judge(look);
    expect(verdict).toEqual(maxLatency({ quantile: 0.95, ms: 300 }).judge(judged(90, 10)));
    expect(maxLatency({ quantile: 0.95, ms: 300 }).judge({ ...look, strata: foldAll(look.strata) })).toEqual(verdict);
  });

  it('has too few data without calls, and below its minimum', () => {
    expect(maxLatency({ quantile: 0.95, ms: 300 }).judge(judged(0, 0))).toMatchObject({
      outcome: 'insufficient-data',
      reason: '0 of 1 calls',
    });
    expect(maxLatency({ quantile: 0.95, ms: 300, minOutcomes: 10 }).judge(judged(0, 9)).outcome).toBe(
      'insufficient-data',
    );
    expect(maxLatency({ quantile: 0.95, ms: 300, minOutcomes: 10 }).judge(judged(0, 10)).outcome).toBe('fail');
  });

  it('refuses what cannot be meant, with advice', () => {
    expect(() => maxLatency({ quantile: 95, ms: 300 })).toThrow('Did you mean 0.95?');
    expect(() => maxLatency({ quantile: 0.95, ms: 0 })).toThrow('options.ms: must be a number over 0');
    expect(() => maxLatency({ quantile: 0.95, ms: 300, alpha: 2 })).toThrow('options.alpha');
    expect(() => maxLatency({ quantile: 0.95, ms: 300, minOutcomes: 1.5 })).toThrow('options.minOutcomes');
    // @ts-expect-error - the limit is missing
    expect(() => maxLatency({ quantile: 0.95 })).toThrow('options.ms');
  });
});
