import { describe, expect, it } from 'vitest';
import { maxErrorRate } from '../../src/analysis/max-error-rate.js';
import { maxMismatchRate } from '../../src/analysis/max-mismatch-rate.js';
import { judgedOf } from './judged.js';

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
