import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { betterThan } from '../../src/analysis/better-than.js';
import { boundedEvidence, yesOrNo } from '../../src/analysis/bounded-evidence.js';
import { equivalent } from '../../src/analysis/equivalent.js';
import { nonInferior } from '../../src/analysis/non-inferior.js';
import { plannedBound } from '../../src/analysis/planned-size.js';
import type { Gate, Judged } from '../../src/analysis/verdict.js';
import { normal } from '../../src/stats/distributions/normal.js';
import { judgedOf, minute, sumsOf, yes } from './judged.js';

const quiet = { forecast: false } as const;
const clicked = (n: number, events: number) => ({ exposed: n, metrics: { clicked: yes(events, events, 'exposure') } });
const look = (b: readonly [number, number], a: readonly [number, number], more: Partial<Judged> = {}) =>
  judgedOf([{ cells: { a: clicked(...a), b: clicked(...b) } }], { ...quiet, ...more });
const errors = (b: readonly [number, number], a: readonly [number, number]) =>
  judgedOf([{ cells: { a: { outcomes: a[0], errors: a[1] }, b: { outcomes: b[0], errors: b[1] } } }], quiet);

/** The least number for which `passes`, by trying all. */
const first = (passes: (events: number) => boolean, from = 0) => {
  let events = from;
  while (!passes(events)) events += 1;
  return events;
};

describe('nonInferior', () => {
  it('passes at an e-value of 1/alpha, and not just below', () => {
    const gate = nonInferior('clicked', { margin: 0.02 });
    const least = first((events) => gate.judge(look([5000, events], [5000, 500])).outcome === 'pass', 300);
    const logE = (events: number) =>
      boundedEvidence(
        [{ share: 0.5, candidate: yesOrNo({ n: 5000, sum: events }), control: yesOrNo({ n: 5000, sum: 500 }) }],
        { side: 'above', factor: 1, margin: -0.02 },
      );
    expect(logE(least)).toBeGreaterThanOrEqual(Math.log(20));
    expect(logE(least - 1)).toBeLessThan(Math.log(20));
    const verdict = gate.judge(look([5000, least], [5000, 500]));
    expect(verdict).toMatchObject({
      rule: 'nonInferior(clicked, margin 0.02)',
      outcome: 'pass',
      n: 5000,
      test: 'inverse-propensity betting',
      alpha: 0.05,
    });
    expect(verdict.eValue).toBeCloseTo(Math.exp(logE(least)), 6);
    expect(verdict.estimate).toBeCloseTo((least - 500) / 5000, 12);
    expect(verdict.reason).toMatch(/^clicked .* of 5000 exposures: worse by less than 2 % \(e-value .*, 20 decides\)$/);
    expect(gate.judge(look([5000, least - 1], [5000, 500])).reason).toContain('not shown to be worse by less than 2 %');
  });

  it('turns round for a metric of which less is better, and takes relative margins of either', () => {
    expect(nonInferior('error', { margin: 0.01 }).judge(errors([5000, 50], [5000, 50])).outcome).toBe('pass');
    expect(nonInferior('error', { margin: 0.01 }).judge(errors([5000, 100], [5000, 50])).outcome).toBe('inconclusive');
    expect(nonInferior('error', { relativeMargin: 1 }).judge(errors([9000, 90], [9000, 90])).outcome).toBe('pass');
    expect(nonInferior('error', { relativeMargin: 1 }).judge(errors([9000, 180], [9000, 90])).outcome).toBe(
      'inconclusive',
    );
    const loose = nonInferior('clicked', { relativeMargin: 0.3 });
    expect(loose.judge(look([5000, 500], [5000, 500])).outcome).toBe('pass');
    expect(loose.judge(look([5000, 350], [5000, 500])).outcome).toBe('inconclusive');
    expect(loose.judge(look([5000, 500], [5000, 500])).reason).toContain('worse by less than 30 % of the control (');
    expect(() => nonInferior('clicked', { relativeMargin: 1 }).judge(look([9, 1], [9, 1]))).toThrow('must be under 1');
    expect(nonInferior('clicked', { relativeMargin: 0.999 }).judge(look([9, 1], [9, 1])).outcome).toBe('inconclusive');
  });

  it('reads capped, uncapped and latency metrics by their own methods', () => {
    const values = (scale: number) => Array.from({ length: 2000 }, (_, at) => scale * (20 + (at % 41)));
    const of = (metric: string, b: number, cap?: number) => {
      const cell = (scale: number) => ({ exposed: 2000, metrics: { [metric]: sumsOf(values(scale), cap) } });
      return judgedOf([{ cells: { a: cell(1), b: cell(b) } }], quiet);
    };
    const revenue = nonInferior('revenue', { relativeMargin: 0.2 });
    expect(revenue.judge(of('revenue', 1, 100))).toMatchObject({ outcome: 'pass', test: 'inverse-propensity betting' });
    expect(revenue.judge(of('revenue', 0.8, 100)).outcome).toBe('inconclusive');
    // In the metric's unit: the mean is 40.
    expect(nonInferior('revenue', { margin: 8 }).judge(of('revenue', 1, 100)).outcome).toBe('pass');
    expect(nonInferior('revenue', { margin: 8 }).judge(of('revenue', 0.8, 100)).outcome).toBe('inconclusive');
    const rating = nonInferior('rating', { margin: 2 });
    expect(rating.judge(of('rating', 1))).toMatchObject({ outcome: 'pass', test: 'score mixture (asymptotic)' });
    expect(rating.judge(of('rating', 0.95)).outcome).toBe('inconclusive');
    expect(nonInferior('waste', { relativeMargin: 0.05 }).judge(of('waste', 1)).outcome).toBe('pass');
    expect(nonInferior('waste', { relativeMargin: 0.05 }).judge(of('waste', 1.05)).outcome).toBe('inconclusive');
    const slow = (b: number) =>
      judgedOf([{ cells: { a: { latenciesMs: values(1) }, b: { latenciesMs: values(b) } } }], quiet);
    const latency = nonInferior('latency', { relativeMargin: 0.3, quantile: 0.9 });
    expect(latency.judge(slow(1))).toMatchObject({ outcome: 'pass', test: 'event-binomial on slow calls' });
    expect(latency.judge(slow(1.3)).outcome).toBe('inconclusive');
    expect(latency.judge(slow(0.5)).outcome).toBe('pass');
  });

  it('never takes more of a latency away than its margin: a bucket of 2 % is more than 1.8 %', () => {
    const values = Array.from({ length: 5000 }, (_, at) => 100 * 1.0005 ** at);
    const same = judgedOf([{ cells: { a: { latenciesMs: values }, b: { latenciesMs: values } } }], quiet);
    const { eValue } = nonInferior('latency', { relativeMargin: 0.018 }).judge(same);
    expect(eValue).toBeCloseTo(betterThan('latency').judge(same).eValue as number, 12);
    expect(nonInferior('latency', { relativeMargin: 0.03 }).judge(same).eValue).toBeGreaterThan(eValue as number);
  });

  it('leaves out exposures whose window is open', () => {
    const cells = { a: clicked(5000, 500), b: clicked(5000, 500) };
    const gate = nonInferior('clicked', { margin: 0.05 });
    const at = (now: number) => gate.judge(judgedOf([{ from: 0, to: minute, cells }], { now, ...quiet }));
    expect(at(11 * minute - 1)).toMatchObject({ outcome: 'insufficient-data', n: 0 });
    expect(at(11 * minute).outcome).toBe('pass');
  });

  it('refuses what is no margin, or two, or none', () => {
    expect(() => nonInferior('clicked', {})).toThrow('options: must have either margin or relativeMargin');
    expect(() => nonInferior('clicked', { margin: 0.1, relativeMargin: 0.1 })).toThrow(
      'either margin or relativeMargin',
    );
    expect(() => nonInferior('clicked', { margin: 0 })).toThrow('options.margin: must be a number over 0 (was 0)');
    expect(() => nonInferior('latency', { margin: 5 })).toThrow("must be left out for 'latency'");
    expect(() => nonInferior('clicked', { margin: 0.1, quantile: 0.9 })).toThrow("all metrics but 'latency'");
    expect(() => nonInferior('clicked', { margin: 0.1, plannedEffect: -1 })).toThrow('options.plannedEffect');
    expect(() => nonInferior('', { margin: 0.1 })).toThrow('metric: must be a text');
    // @ts-expect-error - the margin is missing
    expect(() => nonInferior('clicked')).toThrow('options: must have either');
    expectTypeOf(nonInferior('clicked', { margin: 0.1 })).toEqualTypeOf<Gate<'clicked'>>();
  });
});

describe('equivalent', () => {
  const gate = equivalent('clicked', { margin: 0.03 });

  it('passes only when both sides are shown, and reports the weaker one', () => {
    const pass = (events: number) => gate.judge(look([5000, events], [5000, 500])).outcome === 'pass';
    const least = first(pass, 300);
    const most = first((events) => !pass(events), least) - 1;
    expect(least).toBeLessThan(500);
    expect(most).toBeGreaterThan(500);
    const side = (events: number, which: 'above' | 'below') =>
      Math.exp(
        boundedEvidence(
          [{ share: 0.5, candidate: yesOrNo({ n: 5000, sum: events }), control: yesOrNo({ n: 5000, sum: 500 }) }],
          { side: which, factor: 1, margin: which === 'above' ? -0.03 : 0.03 },
        ),
      );
    for (const events of [least - 1, least, 500, most, most + 1]) {
      const { eValue, outcome } = gate.judge(look([5000, events], [5000, 500]));
      expect(eValue).toBeCloseTo(Math.min(side(events, 'above'), side(events, 'below')), 6);
      expect(outcome).toBe((eValue as number) >= 20 ? 'pass' : 'inconclusive');
    }
    expect(gate.judge(look([5000, 500], [5000, 500])).reason).toContain('exposures: within 3 % (');
  });

  it('says the same when the arms change places, with an absolute margin', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 0, max: 3000 }),
        fc.integer({ min: 0, max: 3000 }),
        (n, some, other) => {
          const [b, a] = [Math.min(some, n), Math.min(other, n)];
          const there = gate.judge(look([n, b], [n, a]));
          const back = gate.judge(look([n, b], [n, a], { arm: 'a', control: 'b' }));
          expect(there.outcome).toBe(back.outcome);
          expect(there.eValue).toBeCloseTo(back.eValue as number, 6);
        },
      ),
    );
  });

  it('takes relative margins under 1, and latencies', () => {
    const values = Array.from({ length: 4000 }, (_, at) => 50 + (at % 100));
    const at = (factor: number) =>
      equivalent('latency', { relativeMargin: 0.2, quantile: 0.8 }).judge(
        judgedOf(
          [{ cells: { a: { latenciesMs: values }, b: { latenciesMs: values.map((ms) => ms * factor) } } }],
          quiet,
        ),
      ).outcome;
    expect([at(0.8), at(1), at(1.2)]).toEqual(['inconclusive', 'pass', 'inconclusive']);
    expect(() => equivalent('clicked', { relativeMargin: 1 })).toThrow(
      'options.relativeMargin: must be a fraction in (0, 1)',
    );
    expect(equivalent('clicked', { relativeMargin: 0.5 }).judge(look([5000, 500], [5000, 500])).reason).toContain(
      'within 50 % of the control',
    );
    // @ts-expect-error - nothing is planned to differ
    expect(() => equivalent('clicked', { margin: 0.1, plannedEffect: 0.1 })).toThrow(
      'options.plannedEffect: is not an option',
    );
    expect(() => equivalent('', { margin: 0.1 })).toThrow('metric: must be a text');
  });
});

describe('the test of a gate', () => {
  it('group-sequential: passes where z reaches the bound at the fraction of the plan, and not just below', () => {
    const gate = betterThan('clicked', { test: 'group-sequential', plannedOutcomes: 4000 });
    // Two arms of 2000 have half of the information of two arms of 4000.
    const bound = plannedBound(0.05, 0.5);
    const z = (events: number) => {
      const rate = (events + 200) / 4000;
      return (events - 200) / 2000 / Math.sqrt(((rate * (1 - rate) * 2) / 2000) * (4000 / 3999));
    };
    const least = first((events) => z(events) >= bound, 200);
    expect(gate.judge(look([2000, least - 1], [2000, 200])).outcome).toBe('inconclusive');
    const verdict = gate.judge(look([2000, least], [2000, 200]));
    expect(verdict).toMatchObject({ outcome: 'pass', alpha: 0.05, test: "O'Brien-Fleming bounds (asymptotic)" });
    expect('eValue' in verdict).toBe(false);
    expect(verdict.reason).toMatch(/: better \(z 2\.9\d*, 2\.93 decides at 50 % of the planned size\)$/);
    const [low, high] = verdict.interval as readonly [number, number];
    expect((low + high) / 2).toBeCloseTo((least - 200) / 2000, 9);
    const se = (least - 200) / 2000 / z(least);
    expect((high - low) / 2).toBeCloseTo(plannedBound(0.025, 0.5) * se, 9);
  });

  it('bayes: passes at the probability, is labelled, and has neither alpha nor an e-value to be counted by', () => {
    const gate = betterThan('clicked', { test: 'bayes', alpha: 0.1 });
    const probability = (events: number) => {
      const rate = (events + 200) / 4000;
      return normal.cdf((events - 200) / 2000 / Math.sqrt(((rate * (1 - rate) * 2) / 2000) * (4000 / 3999)));
    };
    const least = first((events) => probability(events) >= 0.9, 200);
    expect(gate.judge(look([2000, least - 1], [2000, 200])).outcome).toBe('inconclusive');
    const verdict = gate.judge(look([2000, least], [2000, 200]));
    expect(verdict).toMatchObject({ outcome: 'pass', test: 'posterior probability (no error guarantee)' });
    expect('alpha' in verdict || 'eValue' in verdict).toBe(false);
    expect(verdict.reason).toMatch(/\(probability 90\S* %, 90 % decides; no error guarantee\)$/);
    const [low, high] = verdict.interval as readonly [number, number];
    const se = (least - 200) / 2000 / normal.quantile(probability(least));
    expect((high - low) / 2).toBeCloseTo(normal.isf(0.05) * se, 6);
  });

  it('takes the control to vary as much as its factor makes it, where that is over 1', () => {
    const probability = (relativeMargin: number, n: number) => {
      const { reason } = nonInferior('error', { relativeMargin, test: 'bayes' }).judge(
        errors([n, n / 20], [n, n / 20]),
      );
      return Number(/probability (\S+) %/.exec(reason)?.[1]) / 100;
    };
    // Both 5 % of 400: half of 400 counts, and the variance is that of a rate of 5 % over all.
    const se = Math.sqrt((0.05 * 0.95 * 2 * (800 / 799)) / 400);
    expect(probability(0.5, 400)).toBeCloseTo(normal.cdf((0.5 * 0.05) / (1.5 * se)), 3);
    const fewer = nonInferior('clicked', { relativeMargin: 0.2, test: 'bayes' }).judge(
      look([400, 20], [400, 20]),
    ).reason;
    expect(Number(/probability (\S+) %/.exec(fewer)?.[1]) / 100).toBeCloseTo(normal.cdf((0.2 * 0.05) / se), 3);
  });

  it('says nothing while nothing varies', () => {
    for (const options of [{ test: 'bayes' }, { test: 'group-sequential', plannedOutcomes: 10 }] as const) {
      const verdict = betterThan('clicked', options).judge(look([50, 0], [50, 0]));
      expect(verdict.outcome).toBe('inconclusive');
      expect(verdict.reason).toContain('(nothing varies yet)');
      expect(betterThan('clicked', options).judge(look([0, 0], [50, 0])).outcome).toBe('insufficient-data');
    }
  });

  it('takes margins: the claim must be shown with each test, on both sides of what it needs', () => {
    for (const options of [{ test: 'bayes' }, { test: 'group-sequential', plannedOutcomes: 5000 }] as const) {
      const gate = nonInferior('clicked', { margin: 0.02, ...options });
      expect(gate.judge(look([5000, 500], [5000, 500])).outcome).toBe('pass');
      expect(gate.judge(look([5000, 430], [5000, 500])).outcome).toBe('inconclusive');
      const relative = nonInferior('clicked', { relativeMargin: 0.2, ...options });
      expect(relative.judge(look([5000, 500], [5000, 500])).outcome).toBe('pass');
      expect(relative.judge(look([5000, 430], [5000, 500])).outcome).toBe('inconclusive');
      const same = equivalent('clicked', { margin: 0.02, ...options });
      expect(same.judge(look([5000, 500], [5000, 500])).outcome).toBe('pass');
      expect(same.judge(look([5000, 430], [5000, 500])).outcome).toBe('inconclusive');
      expect(same.judge(look([5000, 575], [5000, 500])).outcome).toBe('inconclusive');
      const better = betterThan('error', options);
      expect(better.judge(errors([5000, 50], [5000, 150])).outcome).toBe('pass');
      expect(better.judge(errors([5000, 150], [5000, 50])).outcome).toBe('inconclusive');
    }
  });

  it('is one of three, and only the planned one has a planned size', () => {
    expect(() => betterThan('clicked', { test: 'group-sequential' })).toThrow('options.plannedOutcomes: must be given');
    expect(() => betterThan('clicked', { plannedOutcomes: 5 })).toThrow('options.plannedOutcomes: must be left out');
    expect(() => betterThan('clicked', { test: 'fixed' as 'bayes' })).toThrow(
      "options.test: must be 'sequential' or 'group-sequential' or 'bayes'",
    );
    expect(betterThan('clicked', { test: 'sequential' }).judge(look([500, 90], [500, 50]))).toEqual(
      betterThan('clicked').judge(look([500, 90], [500, 50])),
    );
  });

  it('waits for a control, for common traffic and for a known metric', () => {
    const gate = nonInferior('clicked', { margin: 0.1 });
    const { control: _, ...alone } = look([9, 1], [9, 1]);
    expect(gate.judge(alone)).toMatchObject({
      outcome: 'insufficient-data',
      reason: 'there is no control arm to compare with',
    });
    expect(gate.judge(judgedOf([])).reason).toBe("'b' and 'a' never had traffic together");
    expect(gate.judge(look([9, 1], [0, 0])).reason).toBe("no exposures of 'a'");
    expect(nonInferior('typo', { margin: 0.1 }).judge(look([9, 1], [9, 1])).outcome).toBe('error');
  });
});
