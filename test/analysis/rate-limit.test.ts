import { describe, expect, expectTypeOf, it } from 'vitest';
import { maxErrorRate } from '../../src/analysis/max-error-rate.js';
import { maxRate } from '../../src/analysis/max-rate.js';
import { minRate } from '../../src/analysis/min-rate.js';
import type { Guardrail } from '../../src/analysis/verdict.js';
import { foldAll, judgedOf, minute, yes } from './judged.js';

const cells = (n: number, events: number) => ({
  b: { exposed: n, metrics: { complained: yes(events, events, 'exposure') } },
});
const clicks = (n: number, events: number) => ({
  b: { exposed: n, metrics: { clicked: yes(events, events, 'exposure') } },
});

/** The mean over odds ratios of the likelihood ratio, by its definition. */
function eValue(events: number, n: number, limit: number, ratios: readonly number[]): number {
  const products = ratios.map((ratio) => {
    const rate = (ratio * limit) / (1 - limit + ratio * limit);
    return (rate / limit) ** events * ((1 - rate) / (1 - limit)) ** (n - events);
  });
  // Most of the stake on small losses; on excess evenly.
  const stakes = ratios === fewer ? [2, 4, 5, 4, 2, 1, 0.6, 0.4] : ratios.map(() => 1);
  const all = stakes.reduce((sum, stake) => sum + stake, 0);
  return products.reduce((sum, product, at) => sum + (product * (stakes[at] as number)) / all, 0);
}
const more = [1.1, 1.2, 1.4, 1.7, 2, 3, 5, 10];
const fewer = [0.98, 0.95, 0.9, 0.8, 0.7, 0.5, 0.3, 0.1];

describe('maxRate', () => {
  it('fails with the first event that brings the e-value to 1/alpha, and not with the one before', () => {
    let events = 0;
    while (eValue(events, 300, 0.05, more) < 100) events += 1;
    const rule = maxRate('complained', 0.05);
    expect(rule.judge(judgedOf([{ cells: cells(300, events - 1) }])).outcome).toBe('inconclusive');
    const verdict = rule.judge(judgedOf([{ cells: cells(300, events) }]));
    expect(verdict).toMatchObject({
      outcome: 'fail',
      n: 300,
      estimate: events / 300,
      alpha: 0.01,
      test: 'Bernoulli mixture',
    });
    expect(verdict.eValue).toBeCloseTo(eValue(events, 300, 0.05, more), 6);
    expect(verdict.reason).toMatch(/^complained .* % of 300 exposures is over the limit of 5 % \(e-value/);
  });

  it('judges calls as maxErrorRate does', () => {
    const judged = judgedOf([{ cells: { b: { outcomes: 200, errors: 14 } } }]);
    const { rule: _, reason: __, ...verdict } = maxRate('error', 0.02).judge(judged);
    expect(maxErrorRate(0.02).judge(judged)).toMatchObject(verdict);
  });

  it('leaves out exposures whose window is open, on both sides of its end', () => {
    const judged = judgedOf([{ from: 0, to: minute, cells: cells(100, 90) }]);
    const rule = maxRate('complained', 0.05);
    expect(rule.judge({ ...judged, now: 11 * minute - 1 })).toMatchObject({ outcome: 'insufficient-data', n: 0 });
    expect(rule.judge({ ...judged, now: 11 * minute })).toMatchObject({ outcome: 'fail', n: 100 });
  });

  it('counts reports of a metric per report, and no other arm', () => {
    const judged = judgedOf([
      { cells: { a: { metrics: { liked: yes(9, 9) } }, b: { exposed: 900, metrics: { liked: yes(30, 40) } } } },
    ]);
    expect(maxRate('liked', 0.5).judge(judged)).toMatchObject({ n: 40, estimate: 0.75 });
    expect(maxRate('liked', 0.5).judge({ ...judged, strata: foldAll(judged.strata) })).toMatchObject({ n: 40 });
  });

  it('has no rate of what is not binary, or not there', () => {
    const judged = judgedOf([{ cells: cells(9, 1) }]);
    expect(maxRate('revenue', 0.5).judge(judged)).toMatchObject({
      outcome: 'error',
      reason: "'revenue' is not binary, so it has no rate",
    });
    expect(minRate('latency', 0.5).judge(judged).outcome).toBe('error');
    expect(maxRate('typo', 0.5).judge(judged)).toMatchObject({ outcome: 'error', reason: "there is no metric 'typo'" });
  });
});

describe('minRate', () => {
  it('fails with the first missing event that brings the e-value to 1/alpha, and not with the one before', () => {
    let events = 300;
    while (eValue(events, 300, 0.2, fewer) < 100) events -= 1;
    const rule = minRate('clicked', 0.2);
    expect(rule.judge(judgedOf([{ cells: clicks(300, events + 1) }])).outcome).toBe('inconclusive');
    const verdict = rule.judge(judgedOf([{ cells: clicks(300, events) }]));
    expect(verdict.outcome).toBe('fail');
    expect(verdict.reason).toMatch(/is under the limit of 20 % \(e-value/);
    expect(rule.judge(judgedOf([{ cells: clicks(300, 300) }])).reason).toMatch(/is not shown to be under the limit/);
  });

  it('is broken by the first failure where everything must succeed', () => {
    expect(minRate('clicked', 1).judge(judgedOf([{ cells: clicks(3, 3) }])).outcome).toBe('inconclusive');
    expect(minRate('clicked', 1).judge(judgedOf([{ cells: clicks(3, 2) }])).outcome).toBe('fail');
    expect(maxRate('complained', 0).judge(judgedOf([{ cells: cells(3, 1) }])).outcome).toBe('fail');
  });

  it('names its metric in its type and refuses what is no limit', () => {
    expectTypeOf(minRate('clicked', 0.1)).toEqualTypeOf<Guardrail<'clicked'>>();
    expect(minRate('clicked', 0.1)).toMatchObject({ name: 'minRate(clicked, 0.1)', metrics: ['clicked'] });
    expect(maxRate('clicked', 0.1).name).toBe('maxRate(clicked, 0.1)');
    expect(() => minRate('clicked', 5)).toThrow(
      'minRate:\n  limit: must be a fraction in [0, 1] (was 5). Did you mean 0.05?',
    );
    expect(() => maxRate('', 0.1)).toThrow('maxRate:\n  metric: must be a text');
  });
});
