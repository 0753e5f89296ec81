import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import { binomial } from '../../analysis/simulate.js';
import { type Facts, ab, abc, clicks, minute, scopeAt, tick, viewOf } from './cases.js';

/** How a test of two or three arms ends that is looked at after each of ten buckets, in which the baseline doubles. */
function outcomes(runs: number, lift: number, arms: readonly ['b'] | readonly ['b', 'c'], more: object = {}): string[] {
  const rng = seededRng(7);
  const test = arms.length === 1 ? ab(more) : abc(more);
  return Array.from({ length: runs }, () => {
    let state = test.init(0, scopeAt());
    const strata: Facts[] = [];
    for (let bucket = 0; bucket < 10 && state.own.phase === 'running'; bucket += 1) {
      const rate = 0.05 * (1 + bucket / 9);
      const cell = (factor: number) => clicks(500, binomial(rng, 500, rate * factor));
      const treatments = arms.map((arm) => [arm, cell(lift)] as const);
      const cells = { ...Object.fromEntries(treatments), a: cell(1) };
      strata.push({ from: bucket * minute, to: (bucket + 1) * minute, cells });
      state = test.reduce(state, tick, viewOf(strata), scopeAt(bucket + 2)).state;
    }
    return state.own.result;
  });
}

const rateOf = (results: readonly string[], ...wanted: readonly string[]) =>
  results.filter((result) => wanted.includes(result)).length / results.length;

describe('an A/B test of identical models that is looked at all the time', () => {
  it('finds a difference in at most alpha of the runs, with two arms and with three', () => {
    expect(rateOf(outcomes(600, 1, ['b']), 'winner', 'no-winner')).toBeLessThanOrEqual(0.05);
    expect(rateOf(outcomes(400, 1, ['b', 'c']), 'winner', 'no-winner')).toBeLessThanOrEqual(0.05);
  });

  it('errs no more often with a fixed size, since it judges once', () => {
    const results = outcomes(600, 1, ['b'], { test: 'fixed', plannedUnits: 10_000 });
    // Every run is judged, none before its end; wrongly in 5 %, give or take three standard errors.
    expect(rateOf(results, 'undecided')).toBe(0);
    expect(rateOf(results, 'winner')).toBeLessThanOrEqual(0.025 + 3 * 0.0064);
    expect(rateOf(results, 'winner')).toBeGreaterThan(0.005);
  });
});

describe('an A/B test of different models', () => {
  it('finds the better one, and the worse one', () => {
    expect(rateOf(outcomes(40, 1.5, ['b']), 'winner')).toBeGreaterThan(0.95);
    expect(rateOf(outcomes(40, 1.5, ['b', 'c']), 'winner')).toBeGreaterThan(0.95);
    expect(rateOf(outcomes(40, 0.6, ['b']), 'no-winner')).toBeGreaterThan(0.95);
    expect(rateOf(outcomes(40, 1.5, ['b'], { test: 'fixed', plannedUnits: 10_000 }), 'winner')).toBeGreaterThan(0.95);
  });
});
