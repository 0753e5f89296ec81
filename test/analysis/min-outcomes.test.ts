import { describe, expect, expectTypeOf, it } from 'vitest';
import { minOutcomes } from '../../src/analysis/min-outcomes.js';
import type { Gate } from '../../src/analysis/verdict.js';
import { foldAll, judgedOf, minute, yes } from './judged.js';

const strata = [
  {
    epoch: 1,
    from: 0,
    to: minute,
    cells: {
      a: { outcomes: 900 },
      b: { exposed: 60, outcomes: 40, latenciesMs: [1, 2, 3], metrics: { liked: yes(1, 7) } },
    },
  },
  { epoch: 2, from: minute, to: 2 * minute, cells: { b: { exposed: 30, outcomes: 10, latenciesMs: [4] } } },
];

describe('minOutcomes', () => {
  it('passes at n settled calls of the arm, over all strata', () => {
    const judged = judgedOf(strata);
    expect(minOutcomes(50).judge(judged)).toEqual({
      rule: 'minOutcomes(50)',
      outcome: 'pass',
      reason: '50 of 50 calls',
      n: 50,
    });
    expect(minOutcomes(51).judge(judged)).toEqual({
      rule: 'minOutcomes(51)',
      outcome: 'insufficient-data',
      reason: '50 of 51 calls',
      n: 50,
      // Ten calls of the last epoch since its bucket began, long ago.
      forecast: { outcomes: 1, ms: (1e9 - minute) / 10, words: '1 more outcome, about 1 d 3 h' },
    });
    expect(minOutcomes(1).judge(judgedOf([])).outcome).toBe('insufficient-data');
    expect(minOutcomes(50).judge({ ...judged, strata: foldAll(judged.strata) }).outcome).toBe('pass');
  });

  it('counts what a named metric counts: matured exposures, reports, latencies', () => {
    // Clicks have ten minutes: the second stratum closes at twelve.
    expect(minOutcomes(90, 'clicked').judge(judgedOf(strata, { now: 12 * minute }))).toMatchObject({
      n: 90,
      outcome: 'pass',
    });
    expect(minOutcomes(90, 'clicked').judge(judgedOf(strata, { now: 12 * minute - 1 }))).toMatchObject({
      n: 60,
      outcome: 'insufficient-data',
      reason: '60 of 90 exposures',
    });
    expect(minOutcomes(8, 'liked').judge(judgedOf(strata, { now: 0 }))).toMatchObject({
      n: 7,
      reason: '7 of 8 reports',
    });
    expect(minOutcomes(4, 'latency').judge(judgedOf(strata, { now: 0 }))).toMatchObject({ n: 4, outcome: 'pass' });
    expect(minOutcomes(50, 'error').judge(judgedOf(strata, { now: 0 })).outcome).toBe('pass');
    expect(minOutcomes(1, 'typo').judge(judgedOf(strata))).toMatchObject({ outcome: 'error' });
  });

  it('is a gate that names no metric unless it is given one', () => {
    expectTypeOf(minOutcomes(5)).toEqualTypeOf<Gate<never>>();
    expectTypeOf(minOutcomes(5, 'clicked')).toEqualTypeOf<Gate<'clicked'>>();
    expect(minOutcomes(5).metrics).toEqual([]);
    expect(minOutcomes(5, 'clicked')).toMatchObject({
      gate: true,
      name: 'minOutcomes(5, clicked)',
      metrics: ['clicked'],
    });
    expect(() => minOutcomes(0)).toThrow('n: must be a whole number over 0');
    expect(() => minOutcomes(5, '')).toThrow('metric: must be a text');
  });
});
