import { describe, expect, expectTypeOf, it } from 'vitest';
import { betterThan } from '../../src/analysis/better-than.js';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import type { Gate } from '../../src/analysis/verdict.js';
import { eventBinomial } from '../../src/stats/sequential/event-binomial.js';
import { judgedOf, yes } from './judged.js';

const look = (metric: string, a: number, b: number) =>
  judgedOf([
    {
      cells: {
        a: { exposed: 1000, metrics: { [metric]: yes(a) } },
        b: { exposed: 1000, metrics: { [metric]: yes(b) } },
      },
    },
  ]);

describe('betterThan', () => {
  it('passes on evidence against "not better", at 1/alpha and not just below', () => {
    const judged = look('clicked', 100, 150);
    const { eValue = 0, ...verdict } = betterThan('clicked').judge(judged);
    const clicked = eventBinomial([{ share: 0.5, treatment: 150, control: 100 }], { harm: 'more' });
    const not = eventBinomial([{ share: 0.5, treatment: 850, control: 900 }], { harm: 'fewer' });
    expect(eValue).toBeCloseTo(0.75 * Math.exp(clicked.logE) + 0.25 * Math.exp(not.logE), 9);
    expect(verdict).toMatchObject({ rule: 'betterThan(clicked)', outcome: 'pass', n: 1000, alpha: 0.05 });
    expect(verdict.reason).toMatch(/^clicked 15 % against 10 % of 1000 exposures: better \(e-value .*, 20 decides\)$/);
    expect(betterThan('clicked', { alpha: (1 / eValue) * 1.000001 }).judge(judged).outcome).toBe('pass');
    expect(betterThan('clicked', { alpha: (1 / eValue) * 0.999999 }).judge(judged).outcome).toBe('inconclusive');
  });

  it('never fails, and never passes what is not better', () => {
    const worse = betterThan('clicked').judge(look('clicked', 300, 10));
    expect(worse.outcome).toBe('inconclusive');
    expect(worse.reason).toContain(': not shown to be better (');
    expect(betterThan('clicked').judge(look('clicked', 100, 100)).outcome).toBe('inconclusive');
  });

  it('takes from the metric what is better', () => {
    expect(betterThan('complained').judge(look('complained', 150, 100)).outcome).toBe('pass');
    expect(betterThan('complained').judge(look('complained', 100, 150)).outcome).toBe('inconclusive');
    const errors = judgedOf([{ cells: { a: { outcomes: 1000, errors: 150 }, b: { outcomes: 1000, errors: 90 } } }]);
    expect(betterThan('error').judge(errors).outcome).toBe('pass');
  });

  it('compares a quantile of the latency that it is told', () => {
    const latencies = (scale: number) => Array.from({ length: 2000 }, (_, index) => scale * (50 + (index % 100)));
    const judged = judgedOf([{ cells: { a: { latenciesMs: latencies(1) }, b: { latenciesMs: latencies(0.8) } } }]);
    expect(betterThan('latency').judge(judged).outcome).toBe('pass');
    expect(betterThan('latency', { quantile: 0.5 }).judge(judged).outcome).toBe('pass');
    expect(betterThan('latency').judge({ ...judged, arm: 'a', control: 'b' }).outcome).toBe('inconclusive');
  });

  it('has insufficient data where noWorseThan has', () => {
    const judged = look('clicked', 10, 300);
    expect(betterThan('clicked', { minOutcomes: 1001 }).judge(judged)).toMatchObject({
      outcome: 'insufficient-data',
      reason: '1000 of 1001 exposures',
    });
    const { control: _, ...alone } = judged;
    expect(betterThan('clicked').judge(alone).reason).toBe(noWorseThan('clicked').judge(alone).reason);
    expect(betterThan('typo').judge(judged).outcome).toBe('error');
  });

  it('is a frozen gate that carries the name of its metric in its type', () => {
    const gate = betterThan('clicked');
    expectTypeOf(gate).toEqualTypeOf<Gate<'clicked'>>();
    expect(gate.gate).toBe(true);
    expect(Object.isFrozen(gate)).toBe(true);
    expect(() => betterThan('')).toThrow('metric: must be a text');
    expect(() => betterThan('clicked', { alpha: 5 })).toThrow('options.alpha: must be a fraction in (0, 1)');
    expect(() => betterThan('latency', { quantile: 0 })).toThrow('options.quantile');
    // @ts-expect-error - a gate has no margin
    expect(() => betterThan('clicked', { margin: 1 })).toThrow('is not an option');
  });
});
