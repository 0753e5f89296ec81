import { describe, expect, it } from 'vitest';
import { maxErrorRate } from '../../src/analysis/max-error-rate.js';
import { foldAll, judgedOf } from './judged.js';

const cells = (outcomes: number, errors: number) => [{ cells: { b: { outcomes, errors } } }];

/** Ratios of the odds against the limit's, by their definition. */
function eValue(events: number, n: number, limit: number): number {
  const ratios = [1.1, 1.2, 1.4, 1.7, 2, 3, 5, 10];
  const products = ratios.map((ratio) => {
    const rate = (ratio * limit) / (1 - limit + ratio * limit);
    return (rate / limit) ** events * ((1 - rate) / (1 - limit)) ** (n - events);
  });
  return products.reduce((sum, product) => sum + product, 0) / ratios.length;
}

describe('maxErrorRate', () => {
  it('fails with the first error that brings the e-value to 1/alpha, and not with the one before', () => {
    for (const [limit, alpha] of [
      [0.02, 0.01],
      [0.1, 0.05],
    ] as const) {
      const n = 200;
      let events = 0;
      while (eValue(events, n, limit) < 1 / alpha) events += 1;
      const rule = maxErrorRate(limit, { alpha });
      expect(rule.judge(judgedOf(cells(n, events - 1))).outcome).toBe('inconclusive');
      const verdict = rule.judge(judgedOf(cells(n, events)));
      expect(verdict.outcome).toBe('fail');
      expect(verdict.eValue).toBeCloseTo(eValue(events, n, limit), 6);
      expect(verdict).toMatchObject({ n, estimate: events / n, alpha, test: 'Bernoulli mixture' });
    }
  });

  it('finds a candidate that always fails within a handful of calls, and says so in a sentence', () => {
    const verdict = maxErrorRate(0.02).judge(judgedOf(cells(5, 5)));
    expect(verdict.outcome).toBe('fail');
    expect(verdict.rule).toBe('maxErrorRate(0.02)');
    expect(verdict.reason).toMatch(
      /^error rate 100 % of 5 outcomes is over the limit of 2 % \(e-value \d+, 100 decides\)$/,
    );
  });

  it('never passes: a good record is inconclusive, not a proof', () => {
    const verdict = maxErrorRate(0.02).judge(judgedOf(cells(100_000, 10)));
    expect(verdict.outcome).toBe('inconclusive');
    expect(verdict.reason).toMatch(/^error rate 0.01 % of 100000 outcomes is not shown to be over the limit of 2 %/);
  });

  it('says what is missing below its minimum, and judges at it', () => {
    const rule = maxErrorRate(0.02, { minOutcomes: 30 });
    expect(rule.judge(judgedOf(cells(29, 29)))).toEqual({
      rule: 'maxErrorRate(0.02)',
      outcome: 'insufficient-data',
      reason: '29 of 30 outcomes',
      n: 29,
    });
    expect(rule.judge(judgedOf(cells(30, 30))).outcome).toBe('fail');
    expect(maxErrorRate(0.02).judge(judgedOf([])).outcome).toBe('insufficient-data');
    expect(maxErrorRate(0.02).judge(judgedOf(cells(0, 0))).outcome).toBe('insufficient-data');
  });

  it('needs no control, and adds up strata of any shares, folded or not', () => {
    const judged = judgedOf([
      { epoch: 1, from: 0, to: 60_000, cells: { a: { outcomes: 900, errors: 900 }, b: { outcomes: 20, errors: 2 } } },
      { epoch: 1, from: 60_000, to: 120_000, cells: { a: { outcomes: 5 }, b: { outcomes: 30, errors: 3 } } },
      { epoch: 2, cells: { b: { outcomes: 50, errors: 4 } } },
    ]);
    const { control: _, ...alone } = judged;
    const verdict = maxErrorRate(0.02).judge(alone);
    expect(verdict.eValue).toBeCloseTo(eValue(9, 100, 0.02), 8);
    expect(maxErrorRate(0.02).judge({ ...judged, strata: foldAll(judged.strata) })).toEqual(verdict);
  });

  it('is broken by the first error where the limit is 0, with an e-value that JSON can hold', () => {
    const verdict = maxErrorRate(0).judge(judgedOf(cells(1000, 1)));
    expect(verdict.outcome).toBe('fail');
    expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
    expect(verdict.reason).toContain('e-value over a million');
    expect(maxErrorRate(0).judge(judgedOf(cells(1000, 0))).outcome).toBe('inconclusive');
  });

  it('refuses what cannot be meant, with advice', () => {
    expect(() => maxErrorRate(2)).toThrow('limit: must be a fraction in [0, 1] (was 2). Did you mean 0.02?');
    expect(() => maxErrorRate(Number.NaN)).toThrow('limit: must be a fraction');
    expect(() => maxErrorRate(0.1, { alpha: 1 })).toThrow('options.alpha: must be a fraction in (0, 1)');
    expect(() => maxErrorRate(0.1, { minOutcomes: 0 })).toThrow('options.minOutcomes: must be a whole number over 0');
    // @ts-expect-error - the option is misspelt
    expect(() => maxErrorRate(0.1, { minOutcome: 5 })).toThrow('Did you mean minOutcomes?');
  });
});
