import { describe, expect, expectTypeOf, it } from 'vitest';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import type { Guardrail } from '../../src/analysis/verdict.js';
import { eventBinomial } from '../../src/stats/sequential/event-binomial.js';
import { inversePropensityBetting } from '../../src/stats/sequential/inverse-propensity.js';
import { judgedOf, minute, sumsOf, yes } from './judged.js';

const clicks = (exposed: number, clicked: number) => ({ exposed, metrics: { clicked: yes(clicked) } });
const logOf = (verdict: { eValue?: number }) => Math.log(verdict.eValue as number);

describe('noWorseThan a binary metric', () => {
  it('judges clicks by the event-binomial martingale, stratum by stratum with the shares that were in force', () => {
    const judged = judgedOf([
      { epoch: 1, shares: { b: 0.05, a: 0.95 }, cells: { a: clicks(950, 95), b: clicks(50, 1) } },
      { epoch: 2, shares: { b: 0.5, a: 0.5 }, cells: { a: clicks(500, 80), b: clicks(500, 20) } },
    ]);
    const clicked = eventBinomial(
      [
        { share: 0.05, treatment: 1, control: 95 },
        { share: 0.5, treatment: 20, control: 80 },
      ],
      { harm: 'fewer' },
    );
    const not = eventBinomial(
      [
        { share: 0.05, treatment: 49, control: 855 },
        { share: 0.5, treatment: 480, control: 420 },
      ],
      { harm: 'more' },
    );
    const verdict = noWorseThan('clicked').judge(judged);
    expect(logOf(verdict)).toBeCloseTo(Math.log(0.75 * Math.exp(clicked.logE) + 0.25 * Math.exp(not.logE)), 9);
    expect(verdict).toMatchObject({ rule: 'noWorseThan(clicked)', outcome: 'fail', n: 550, alpha: 0.01 });
    expect(verdict.test).toBe('event-binomial, on events and non-events');
    expect(verdict.reason).toMatch(
      /^clicked 3.\d+ % against 1\d.?\d? % of 550 exposures: worse \(e-value .*, 100 decides\)$/,
    );
  });

  it('fails at an e-value of 1/alpha, not just below', () => {
    const judged = judgedOf([{ cells: { a: clicks(500, 60), b: clicks(500, 30) } }]);
    const { eValue = 0 } = noWorseThan('clicked').judge(judged);
    expect(eValue).toBeGreaterThan(1);
    expect(noWorseThan('clicked', { alpha: (1 / eValue) * 1.000001 }).judge(judged).outcome).toBe('fail');
    expect(noWorseThan('clicked', { alpha: (1 / eValue) * 0.999999 }).judge(judged).outcome).toBe('inconclusive');
  });

  it('takes from the metric what is worse', () => {
    const look = (metric: string, b: number) =>
      judgedOf([
        {
          cells: {
            a: { exposed: 1000, metrics: { [metric]: yes(100) } },
            b: { exposed: 1000, metrics: { [metric]: yes(b) } },
          },
        },
      ]);
    expect(noWorseThan('clicked').judge(look('clicked', 30)).outcome).toBe('fail');
    expect(noWorseThan('clicked').judge(look('clicked', 300)).outcome).toBe('inconclusive');
    expect(noWorseThan('complained').judge(look('complained', 300)).outcome).toBe('fail');
    expect(noWorseThan('complained').judge(look('complained', 30)).outcome).toBe('inconclusive');
  });

  it('knows errors without their being declared, and counts them per call', () => {
    const judged = judgedOf(
      [
        {
          cells: { a: { exposed: 5000, outcomes: 1000, errors: 10 }, b: { exposed: 5000, outcomes: 1000, errors: 60 } },
        },
      ],
      { metrics: {} },
    );
    const verdict = noWorseThan('error').judge(judged);
    expect(verdict).toMatchObject({ outcome: 'fail', n: 1000 });
    expect(verdict.estimate).toBeCloseTo(0.05, 12);
    expect(verdict.reason).toMatch(/^error 6 % against 1 % of 1000 calls: worse/);
  });

  it('puts up with a relative margin, in the direction of harm', () => {
    const judged = judgedOf([{ cells: { a: clicks(5000, 1000), b: clicks(5000, 700) } }]);
    const verdict = noWorseThan('clicked', { relativeMargin: 0.3 }).judge(judged);
    expect(verdict.rule).toBe('noWorseThan(clicked, relativeMargin 0.3)');
    expect(verdict.outcome).toBe('inconclusive');
    expect(verdict.reason).toContain('not shown to be worse by more than 30 % of the control');
    expect(logOf(verdict)).toBeCloseTo(
      eventBinomial([{ share: 0.5, treatment: 700, control: 1000 }], { margin: 0.3, harm: 'fewer' }).logE,
      9,
    );
    expect(noWorseThan('clicked', { relativeMargin: 0.1 }).judge(judged).outcome).toBe('fail');
  });

  it('puts up with an absolute margin, by inverse-propensity betting on matured exposures', () => {
    const strata = [
      { from: 0, to: minute, cells: { a: clicks(3000, 600), b: clicks(3000, 300) } },
      { from: minute, to: 2 * minute, cells: { a: clicks(500, 10), b: clicks(500, 0) } },
    ];
    const betting = (margin: number) =>
      inversePropensityBetting(
        [{ share: 0.5, treatment: { n: 3000, events: 300 }, control: { n: 3000, events: 600 } }],
        { margin, harm: 'fewer' },
      ).logE;
    // The second stratum's window closes at 12 minutes.
    const judged = judgedOf(strata, { now: 12 * minute - 1 });
    const verdict = noWorseThan('clicked', { margin: 0.02 }).judge(judged);
    expect(verdict).toMatchObject({ outcome: 'fail', n: 3000, test: 'inverse-propensity betting' });
    expect(verdict.reason).toContain('worse by more than 2 %');
    expect(logOf(verdict)).toBeCloseTo(betting(0.02), 9);
    expect(noWorseThan('clicked', { margin: 0.12 }).judge(judged).outcome).toBe('inconclusive');
    expect(noWorseThan('clicked', { margin: 0.02 }).judge({ ...judged, now: 12 * minute }).n).toBe(3500);
    // A margin of nothing is none: all events count, matured or not.
    expect(noWorseThan('clicked', { margin: 0 }).judge(judged)).toMatchObject({
      n: 3500,
      test: 'event-binomial, on events and non-events',
    });
  });

  it('counts reports over reports where a metric is per report', () => {
    const liked = (sum: number, n: number) => ({ exposed: 9000, metrics: { liked: yes(sum, n) } });
    const judged = judgedOf([{ from: 0, to: minute, cells: { a: liked(80, 100), b: liked(20, 100) } }], {
      now: minute,
    });
    const verdict = noWorseThan('liked', { margin: 0.1 }).judge(judged);
    expect(verdict).toMatchObject({ outcome: 'fail', n: 100 });
    expect(verdict.estimate).toBeCloseTo(-0.6, 12);
    expect(verdict.reason).toContain('liked 20 % against 80 % of 100 reports');
  });
});

describe('noWorseThan a continuous metric', () => {
  const spread = (n: number, mean: number) => Array.from({ length: n }, (_, index) => mean * (0.5 + (index % 11) / 10));
  const look = (metric: string, a: readonly number[], b: readonly number[], cap?: number) =>
    judgedOf([
      {
        cells: {
          a: { exposed: 2000, metrics: { [metric]: sumsOf(a, cap) } },
          b: { exposed: 2000, metrics: { [metric]: sumsOf(b, cap) } },
        },
      },
    ]);

  it('bets on the capped values, with a zero for every exposure that bought nothing', () => {
    const verdict = noWorseThan('revenue').judge(look('revenue', spread(600, 60), spread(200, 60), 100));
    expect(verdict).toMatchObject({ outcome: 'fail', n: 2000, test: 'inverse-propensity betting' });
    // Equal means of those who bought, but fewer who did: the mean per exposure is 6 against 18.
    expect(verdict.estimate).toBeCloseTo(6 - 18, 0);
    const same = noWorseThan('revenue').judge(look('revenue', spread(600, 60), spread(600, 60), 100));
    expect(same.outcome).toBe('inconclusive');
  });

  it('scales the control by a relative margin', () => {
    const judged = look('revenue', spread(2000, 60), spread(2000, 48), 100);
    expect(noWorseThan('revenue', { relativeMargin: 0.05 }).judge(judged).outcome).toBe('fail');
    expect(noWorseThan('revenue', { relativeMargin: 0.25 }).judge(judged).outcome).toBe('inconclusive');
    const waste = look('tokens', spread(1500, 500), spread(1500, 700), 1000);
    expect(noWorseThan('tokens', { relativeMargin: 0.1 }).judge(waste).outcome).toBe('fail');
    expect(noWorseThan('tokens', { relativeMargin: 0.5 }).judge(waste).outcome).toBe('inconclusive');
  });

  it('labels what it says about values without a cap as asymptotic', () => {
    const worse = noWorseThan('rating').judge(look('rating', spread(500, 4), spread(500, 3.6)));
    expect(worse).toMatchObject({ outcome: 'fail', test: 'score mixture (asymptotic)', n: 500 });
    expect(worse.estimate).toBeCloseTo(-0.4, 1);
    expect(noWorseThan('rating').judge(look('rating', spread(500, 3.6), spread(500, 4))).outcome).toBe('inconclusive');
    expect(noWorseThan('waste').judge(look('waste', spread(500, 3.6), spread(500, 4))).outcome).toBe('fail');
    expect(noWorseThan('waste').judge(look('waste', spread(500, 4), spread(500, 3.6))).outcome).toBe('inconclusive');
  });

  it('puts up with margins in the unit of the metric, or relative to the control', () => {
    const judged = look('rating', spread(5000, 4), spread(5000, 3.6));
    expect(noWorseThan('rating', { margin: 0.1 }).judge(judged).outcome).toBe('fail');
    expect(noWorseThan('rating', { margin: 0.6 }).judge(judged).outcome).toBe('inconclusive');
    expect(noWorseThan('rating', { relativeMargin: 0.05 }).judge(judged).outcome).toBe('fail');
    expect(noWorseThan('rating', { relativeMargin: 0.2 }).judge(judged).outcome).toBe('inconclusive');
    const waste = look('waste', spread(5000, 3.6), spread(5000, 4));
    expect(noWorseThan('waste', { relativeMargin: 0.05 }).judge(waste).outcome).toBe('fail');
    expect(noWorseThan('waste', { relativeMargin: 0.2 }).judge(waste).outcome).toBe('inconclusive');
  });

  it('finds nothing where nothing varies', () => {
    const constant = Array.from({ length: 50 }, () => 3);
    const verdict = noWorseThan('rating').judge(look('rating', constant, constant));
    expect(verdict).toMatchObject({ outcome: 'inconclusive', eValue: 1, estimate: 0 });
    expect(verdict.interval).toBeUndefined();
  });
});

describe('noWorseThan latency', () => {
  const latencies = (n: number, scale: number) => Array.from({ length: n }, (_, index) => scale * (50 + (index % 100)));
  const look = (b: number, n = 2000) =>
    judgedOf([{ cells: { a: { latenciesMs: latencies(n, 1) }, b: { latenciesMs: latencies(n, b) } } }], {
      metrics: {},
    });

  it('fails for a candidate that is slower at the quantile', () => {
    const verdict = noWorseThan('latency').judge(look(1.3));
    expect(verdict).toMatchObject({ outcome: 'fail', n: 2000, test: 'event-binomial on slow calls' });
    expect(verdict.reason).toMatch(/^\d+.?\d* % against 0 % of 2000 calls took over 1\d\d ms: worse/);
    expect(noWorseThan('latency').judge(look(1)).outcome).toBe('inconclusive');
    expect(noWorseThan('latency').judge(look(0.7)).outcome).toBe('inconclusive');
  });

  it('puts up with a relative margin', () => {
    expect(noWorseThan('latency', { relativeMargin: 0.1 }).judge(look(1.3)).outcome).toBe('fail');
    expect(noWorseThan('latency', { relativeMargin: 0.3 }).judge(look(1.3)).outcome).toBe('inconclusive');
  });

  it('looks at the quantile that is asked for', () => {
    // The slowest twentieth is slower, the rest is not.
    const tail = latencies(2000, 1).map((ms, index) => (index % 100 >= 95 ? ms * 2 : ms));
    const judged = judgedOf([{ cells: { a: { latenciesMs: latencies(2000, 1) }, b: { latenciesMs: tail } } }]);
    expect(noWorseThan('latency', { quantile: 0.97 }).judge(judged).outcome).toBe('fail');
    expect(noWorseThan('latency', { quantile: 0.5 }).judge(judged).outcome).toBe('inconclusive');
  });
});

describe('noWorseThan without what it needs', () => {
  const judged = judgedOf([{ cells: { a: clicks(5000, 1000), b: clicks(99, 0) } }]);

  it('has insufficient data without a control, without common traffic, and without enough of its own', () => {
    const { control: _, ...alone } = judged;
    expect(noWorseThan('clicked').judge(alone)).toMatchObject({
      outcome: 'insufficient-data',
      reason: 'there is no control arm to compare with',
    });
    const apart = judgedOf([{ shares: { a: 1, b: 0 }, cells: { a: clicks(9, 9), b: clicks(9, 0) } }]);
    expect(noWorseThan('clicked').judge(apart).reason).toBe("'b' and 'a' never had traffic together");
    expect(noWorseThan('clicked').judge(judgedOf([])).outcome).toBe('insufficient-data');
    expect(noWorseThan('clicked', { minOutcomes: 100 }).judge(judged)).toEqual({
      rule: 'noWorseThan(clicked)',
      outcome: 'insufficient-data',
      reason: '99 of 100 exposures',
      n: 99,
    });
    expect(noWorseThan('clicked', { minOutcomes: 99 }).judge(judged).outcome).toBe('fail');
    const lonely = judgedOf([{ cells: { a: clicks(0, 0), b: clicks(9, 0) } }]);
    expect(noWorseThan('clicked').judge(lonely).reason).toBe("no exposures of 'a'");
    expect(noWorseThan('clicked').judge(judgedOf([{ shares: { a: 0.5, b: 0.5 }, cells: {} }])).reason).toBe(
      '0 of 1 exposures',
    );
  });

  it('leaves pinned requests out', () => {
    const pinned = judgedOf([{ cells: { a: { ...clicks(0, 0), pinned: 500 }, b: { ...clicks(0, 0), pinned: 500 } } }]);
    expect(noWorseThan('clicked').judge(pinned)).toMatchObject({ outcome: 'insufficient-data', n: 0 });
  });

  it('gives counts for reasons while no window has closed', () => {
    const fresh = { from: 0, to: minute, cells: { a: clicks(500, 60), b: clicks(400, 1) } };
    const later = { from: minute, to: 2 * minute, cells: { a: clicks(10, 3), b: clicks(20, 1) } };
    const verdict = noWorseThan('clicked').judge(judgedOf([fresh, later], { now: 2 * minute }));
    expect(verdict.outcome).toBe('fail');
    expect(verdict.reason).toMatch(/^clicked 2 in 420 against 63 in 510 exposures so far: worse \(e-value/);
    expect('estimate' in verdict || 'interval' in verdict).toBe(false);
  });

  it('gives an error for a metric that nobody declared', () => {
    expect(noWorseThan('typo').judge(judged)).toMatchObject({
      outcome: 'error',
      reason: "there is no metric 'typo'",
    });
    expect(noWorseThan('__proto__').judge(judged).outcome).toBe('error');
  });

  it('judges a metric without any report yet as no events', () => {
    const silent = judgedOf([{ cells: { a: { exposed: 100 }, b: { exposed: 100 } } }]);
    const verdict = noWorseThan('clicked').judge(silent);
    expect(verdict).toMatchObject({ outcome: 'inconclusive', estimate: 0 });
    // Nothing to bet on among the clicks (e-value 1); the hundred who did not click on either side speak for "as good".
    expect(verdict.eValue).toBeGreaterThan(0.75);
    expect(verdict.eValue).toBeLessThan(1);
  });

  it('cannot be told to put up with all of it where less is worse', () => {
    expect(() => noWorseThan('clicked', { relativeMargin: 1 }).judge(judged)).toThrow('relativeMargin must be under 1');
    expect(noWorseThan('complained', { relativeMargin: 1 }).judge(judged).outcome).toBe('inconclusive');
  });
});

describe('the options of noWorseThan', () => {
  it('are checked, all at once', () => {
    expect(() => noWorseThan('')).toThrow('metric: must be a text');
    expect(() => noWorseThan('clicked', { margin: -1 })).toThrow('options.margin: must be a number, 0 or more');
    expect(() => noWorseThan('clicked', { relativeMargin: Number.NaN })).toThrow('options.relativeMargin');
    expect(() => noWorseThan('clicked', { margin: Infinity })).toThrow('options.margin');
    expect(() => noWorseThan('clicked', { margin: 0.1, relativeMargin: 0.1 })).toThrow('choose one');
    expect(() => noWorseThan('latency', { margin: 10 })).toThrow('use relativeMargin');
    expect(() => noWorseThan('clicked', { quantile: 0.9 })).toThrow("all metrics but 'latency'");
    expect(() => noWorseThan('latency', { quantile: 1 })).toThrow('options.quantile: must be a fraction in (0, 1)');
    expect(() => noWorseThan('clicked', { alpha: 0 })).toThrow('options.alpha');
    // @ts-expect-error - the option is misspelt
    expect(() => noWorseThan('clicked', { magrin: 1 })).toThrow('Did you mean margin?');
  });

  it('leave the defaults in force where they are undefined', () => {
    const options: Record<string, undefined> = { alpha: undefined, minOutcomes: undefined };
    const judged = judgedOf([{ cells: { a: clicks(500, 50), b: clicks(500, 50) } }]);
    expect(noWorseThan('clicked', options as {}).judge(judged).alpha).toBe(0.01);
  });

  it('give a frozen rule that carries the name of its metric in its type', () => {
    const rule = noWorseThan('clicked', { margin: 0.01 });
    expectTypeOf(rule).toEqualTypeOf<Guardrail<'clicked'>>();
    expect(rule.metrics).toEqual(['clicked']);
    expect(Object.isFrozen(rule) && Object.isFrozen(rule.metrics)).toBe(true);
    expect('gate' in rule).toBe(false);
    expect(rule.name).toBe('noWorseThan(clicked, margin 0.01)');
  });
});
