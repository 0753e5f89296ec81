import { describe, expect, it } from 'vitest';
import { betterThan } from '../../src/analysis/better-than.js';
import { nonInferior } from '../../src/analysis/non-inferior.js';
import { equivalent } from '../../src/analysis/equivalent.js';
import { minOutcomes } from '../../src/analysis/min-outcomes.js';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { maxErrorRate } from '../../src/analysis/max-error-rate.js';
import { seededRng } from '../../src/core/rng.js';
import type { Guardrail, Judged } from '../../src/analysis/verdict.js';
import { foldAll, judgedOf, minute, sumsOf, yes } from './judged.js';
import { binomial } from './simulate.js';

const clicked = (n: number, events: number) => ({ exposed: n, metrics: { clicked: yes(events, events, 'exposure') } });
const look = (b: readonly [number, number], a: readonly [number, number], more: Partial<Judged> = {}) =>
  judgedOf([{ cells: { a: clicked(...a), b: clicked(...b) } }], more);

/** The number of the arm's outcomes at which the middle one of many runs decides, looking at every `step`. */
function medianToDecide(rule: Guardrail, rates: readonly [b: number, a: number], step: number, seed: number): number {
  const rng = seededRng(seed);
  const needed = Array.from({ length: 41 }, () => {
    const counts = { b: 0, a: 0 };
    for (let n = step; n < 1000 * step; n += step) {
      counts.b += binomial(rng, step, rates[0]);
      counts.a += binomial(rng, step, rates[1]);
      const { outcome } = rule.judge(look([n, counts.b], [n, counts.a], { forecast: false }));
      if (outcome === 'pass' || outcome === 'fail') return n;
    }
    return Infinity;
  });
  return needed.sort((x, y) => x - y)[20] as number;
}

describe('the forecast of a gate', () => {
  it.each([
    ['better', betterThan('clicked', { plannedEffect: 0.3 }), 0.13],
    [
      'better, by a plan',
      betterThan('clicked', { plannedEffect: 0.3, test: 'group-sequential', plannedOutcomes: 3000 }),
      0.13,
    ],
    ['not inferior', nonInferior('clicked', { margin: 0.02 }), 0.1],
    ['not inferior, though better', nonInferior('clicked', { relativeMargin: 0.2, plannedEffect: 0.1 }), 0.11],
    ['equivalent', equivalent('clicked', { margin: 0.03 }), 0.1],
    ['worse', noWorseThan('clicked', { plannedEffect: 0.3 }), 0.07],
  ] as const)('is what the middle run of a simulation needs, within a factor of two: %s', (_, rule, rate) => {
    const { forecast } = rule.judge(look([100, 10], [100, 10]));
    const needed = 100 + (forecast?.outcomes ?? 0);
    const median = medianToDecide(rule, [rate, 0.1], 50, 4);
    expect(needed / median).toBeGreaterThan(0.5);
    expect(needed / median).toBeLessThan(2);
  });

  it('is the number at which expected counts decide, by trying all', () => {
    const gate = nonInferior('clicked', { margin: 0.03 });
    const at = (n: number) =>
      gate.judge(look([1000 + n, 100 + Math.round(n / 10)], [1000 + n, 100 + Math.round(n / 10)], { forecast: false }));
    let least = 0;
    while (at(least).outcome !== 'pass') least += 1;
    const { forecast } = gate.judge(look([1000, 100], [1000, 100]));
    expect(forecast?.outcomes).toBeGreaterThanOrEqual(least * 0.99);
    expect(forecast?.outcomes).toBeLessThanOrEqual(least * 1.06);
  });

  it('comes in words, with two digits of the number and the time at the present rate', () => {
    // 100 exposures of the arm in 50 minutes, and half an hour until they count: windows of ten minutes.
    const judged = look([100, 10], [100, 10], { now: 50 * minute });
    const { forecast } = nonInferior('clicked', { margin: 0.02 }).judge(judged);
    const { outcomes = 0, ms = 0, words } = forecast ?? {};
    expect(ms).toBeCloseTo(outcomes * 0.5 * minute + 10 * minute, 3);
    const count = String(Number(outcomes.toPrecision(2))).replace(/(\d)(\d{3})$/, '$1,$2');
    expect(words).toMatch(
      new RegExp(`^if the true effect is the one planned for: about ${count} more outcomes, \\d+ d( \\d+ h)?$`),
    );
  });

  it('needs no window where reports count, and has no time where nothing came of late', () => {
    const calls = (n: number) => ({ outcomes: n, errors: n / 10 });
    const judged = judgedOf([{ cells: { a: calls(100), b: calls(100) } }], { now: 50 * minute });
    const { forecast } = nonInferior('error', { margin: 0.02 }).judge(judged);
    expect(forecast?.ms).toBeCloseTo((forecast?.outcomes ?? 0) * 0.5 * minute, 3);
    const folded = nonInferior('error', { margin: 0.02 }).judge({ ...judged, strata: foldAll(judged.strata) });
    expect(folded.forecast?.outcomes).toBe(forecast?.outcomes);
    expect(folded.forecast).not.toHaveProperty('ms');
    expect(folded.forecast?.words).toMatch(/more outcomes$/);
  });

  it('takes the rate and the shares of the last epoch', () => {
    const at = (share: number, epoch: number, n: number) => ({
      epoch,
      from: epoch * 10 * minute,
      to: (epoch + 1) * 10 * minute,
      shares: { b: share, a: 1 - share },
      cells: {
        a: { outcomes: Math.round((n * (1 - share)) / share), errors: Math.round((n * (1 - share)) / share / 10) },
        b: { outcomes: n, errors: n / 10 },
      },
    });
    const judge = (strata: readonly ReturnType<typeof at>[]) =>
      nonInferior('error', { margin: 0.02 }).judge(judgedOf(strata, { now: 30 * minute })).forecast;
    const even = judge([at(0.5, 1, 20), at(0.5, 2, 100)]);
    const uneven = judge([at(0.5, 1, 20), at(0.9, 2, 90)]);
    expect(even?.ms).toBeCloseTo(((even?.outcomes ?? 0) / 100) * 10 * minute, 3);
    // At 90 % the control brings little, and what the arm brings is worth less.
    expect(uneven?.outcomes).toBeGreaterThan(2 * (even?.outcomes ?? 0));
  });

  it('is there while the data are too few, and counts the minimum in', () => {
    const gate = nonInferior('clicked', { margin: 0.1, minOutcomes: 5000 });
    const verdict = gate.judge(look([1000, 100], [1000, 100]));
    expect(verdict.outcome).toBe('insufficient-data');
    expect(verdict.forecast?.outcomes).toBeGreaterThanOrEqual(4000);
    expect(verdict.forecast?.outcomes).toBeLessThanOrEqual(4000 * 1.05);
  });

  it('is shorter for a larger effect, longer for a smaller margin, and not there once it is decided', () => {
    const judged = look([500, 50], [500, 50]);
    const outcomes = (rule: Guardrail) => rule.judge(judged).forecast?.outcomes ?? 0;
    expect(outcomes(betterThan('clicked', { plannedEffect: 0.5 }))).toBeLessThan(outcomes(betterThan('clicked')) / 5);
    const ratio =
      outcomes(nonInferior('clicked', { margin: 0.01 })) / outcomes(nonInferior('clicked', { margin: 0.02 }));
    expect(ratio).toBeGreaterThan(3);
    expect(ratio).toBeLessThan(6);
    const decided = nonInferior('clicked', { margin: 0.5 }).judge(look([5000, 500], [5000, 500]));
    expect(decided.outcome).toBe('pass');
    expect(decided).not.toHaveProperty('forecast');
    expect(maxErrorRate(0.1).judge(judged)).not.toHaveProperty('forecast');
    expect(noWorseThan('clicked').judge(judged)).not.toHaveProperty('forecast');
  });

  it('is left out where nobody asks, where nothing is known of the control, and where it would take for ever', () => {
    const gate = nonInferior('clicked', { margin: 0.02 });
    expect(gate.judge(look([100, 10], [100, 10], { forecast: false }))).not.toHaveProperty('forecast');
    expect(gate.judge(look([100, 10], [0, 0]))).not.toHaveProperty('forecast');
    expect(gate.judge(judgedOf([]))).not.toHaveProperty('forecast');
    expect(nonInferior('typo', { margin: 0.02 }).judge(look([1, 0], [1, 0]))).not.toHaveProperty('forecast');
    const never = nonInferior('clicked', { margin: 0.02, plannedEffect: -0.5 }).judge(look([100, 10], [100, 10]));
    expect(never.outcome).toBe('inconclusive');
    expect(never).not.toHaveProperty('forecast');
    // As many errors less as there are leave no errors to be found.
    expect(
      betterThan('error', { plannedEffect: 1 }).judge(
        judgedOf([{ cells: { a: { outcomes: 9, errors: 3 }, b: { outcomes: 9, errors: 3 } } }]),
      ),
    ).not.toHaveProperty('forecast');
  });

  it('is made for values and latencies, too, and for many strata as for few', () => {
    const values = Array.from({ length: 400 }, (_, at) => 20 + (at % 41));
    const cell = (metric: string, cap?: number) => ({
      exposed: 400,
      latenciesMs: values,
      metrics: { [metric]: sumsOf(values, cap) },
    });
    for (const [metric, cap] of [
      ['revenue', 100],
      ['rating', undefined],
      ['waste', undefined],
    ] as const) {
      const one = { cells: { a: cell(metric, cap), b: cell(metric, cap) } };
      const { forecast } = betterThan(metric, { plannedEffect: 0.05 }).judge(judgedOf([one]));
      expect(forecast?.outcomes).toBeGreaterThan(100);
      expect(forecast?.outcomes).toBeLessThan(50_000);
    }
    const slow = betterThan('latency', { plannedEffect: 0.2 }).judge(
      judgedOf([{ cells: { a: cell('rating'), b: cell('rating') } }]),
    );
    expect(slow.forecast?.outcomes).toBeGreaterThan(50);
    expect(slow.forecast?.outcomes).toBeLessThan(5000);
    const buckets = (count: number) =>
      Array.from({ length: count }, (_, at) => ({
        from: at * minute,
        to: (at + 1) * minute,
        cells: { a: clicked(1700 / count, 170 / count), b: clicked(1700 / count, 170 / count) },
      }));
    const outcomes = (count: number) =>
      nonInferior('clicked', { margin: 0.01 }).judge(judgedOf(buckets(count))).forecast?.outcomes ?? 0;
    expect(outcomes(17) / outcomes(1)).toBeCloseTo(1, 1);
  });
});

describe('the forecast of a count', () => {
  const strata = (epoch: number) => [{ epoch, from: 0, to: minute, cells: { b: { exposed: 30, outcomes: 30 } } }];

  it('is what is missing at the present rate', () => {
    const { forecast } = minOutcomes(130).judge(judgedOf(strata(1), { now: 10 * minute }));
    expect(forecast).toEqual({
      outcomes: 100,
      ms: expect.closeTo((100 / 3) * minute, 3),
      words: '100 more outcomes, about 33 min 20 s',
    });
    const open = minOutcomes(130, 'clicked').judge(judgedOf(strata(1), { now: 30 * minute })).forecast;
    expect(open?.ms).toBeCloseTo(110 * minute, 3);
    expect(minOutcomes(5).judge(judgedOf([])).forecast).toEqual({ outcomes: 5, words: '5 more outcomes' });
    // The stage began within the bucket.
    const young = minOutcomes(130).judge(judgedOf(strata(1), { now: 10 * minute, since: 9 * minute })).forecast;
    expect(young?.ms).toBeCloseTo((100 / 30) * minute, 3);
    expect(minOutcomes(130).judge(judgedOf(strata(1), { now: 10 * minute, since: -minute })).forecast).toEqual(
      forecast,
    );
    expect(minOutcomes(30).judge(judgedOf(strata(1)))).not.toHaveProperty('forecast');
  });
});
