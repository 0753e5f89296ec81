import { describe, expect, it } from 'vitest';
import { holm } from '../../../src/strategies/ab-test/arm-test.js';
import { normal } from '../../../src/stats/distributions/normal.js';
import {
  ab,
  abc,
  after,
  type AnyTest,
  better,
  clicks,
  type Facts,
  minute,
  promote,
  scopeAt,
  tick,
  viewOf,
  worse,
} from './cases.js';

const look = (test: AnyTest, strata: readonly Facts[], now?: number) =>
  test.reduce(test.init(0, scopeAt()), tick, viewOf(strata, now), scopeAt(2)).verdicts?.[0];

describe('the verdict on a primary metric', () => {
  it('carries its figures, and no more than there are', () => {
    const [verdict] = look(ab(), better)?.verdicts ?? [];
    expect(verdict).toEqual({
      rule: 'clicked of b',
      outcome: 'pass',
      reason: expect.stringMatching(/^clicked 14 % against 10 % of 5000 exposures \(e-value \d+, 20 decides\)$/),
      n: 5000,
      estimate: expect.closeTo(0.04, 9),
      interval: [expect.any(Number), expect.any(Number)],
      test: 'event-binomial, on events and non-events',
      eValue: expect.any(Number),
      alpha: 0.05,
    });
    const open = look(ab(), [{ from: 0, to: minute, cells: { b: clicks(500, 60), a: clicks(500, 50) } }], minute);
    expect(Object.keys(open?.verdicts[0] ?? {})).toEqual(['rule', 'outcome', 'reason', 'n', 'test', 'eValue', 'alpha']);
    expect(open?.verdicts[0]).toMatchObject({
      outcome: 'inconclusive',
      reason: expect.stringMatching(/: not decided$/),
    });
  });

  it('never fails: who is worse on it ends the test, and rolls nothing back', () => {
    expect(look(ab(), worse)?.verdicts[0]).toMatchObject({
      outcome: 'inconclusive',
      reason: expect.not.stringContaining('not decided'),
    });
  });

  it('gives a p-value instead of an e-value in a fixed test', () => {
    const [verdict] = look(ab({ test: 'fixed', plannedUnits: 10_000 }), better)?.verdicts ?? [];
    expect(verdict).not.toHaveProperty('eValue');
    expect(verdict?.reason).toMatch(/\(p \d.*e-\d+, 0.05 decides\)$/);
  });

  it('is never a finding while one arm has no observations, whatever the other has', () => {
    const none = { exposed: 0, units: 0 };
    const some = { ...clicks(5000, 500), units: 0 };
    for (const cells of [
      { b: none, a: some },
      { b: some, a: none },
    ]) {
      const state = after(ab(), [[tick, viewOf([{ cells }])]]);
      expect(state.own).toMatchObject({ result: 'undecided', beaten: [], mismatch: '' });
      expect(look(ab(), [{ cells }])?.verdicts[0]).toEqual({
        rule: 'clicked of b',
        outcome: 'insufficient-data',
        reason: 'no exposures of both arms yet',
        n: cells.b.exposed,
      });
    }
  });

  it('decides at a p-value that equals alpha', () => {
    const view = viewOf([{ cells: { b: clicks(5000, 600), a: clicks(5000, 500) } }]);
    const { pValue } = ab().report(ab().init(0, scopeAt()), view, scopeAt()).comparisons[0] as { pValue: number };
    expect(after(ab({ alpha: pValue }), [[tick, view]]).own).toMatchObject({ result: 'winner', beaten: [] });
  });

  it('prefers the clearer finding while there are no estimates', () => {
    const cells = { b: clicks(5000, 700), c: clicks(5000, 900), a: clicks(5000, 500) };
    const view = viewOf([{ from: 0, to: minute, cells }], minute);
    expect(after(abc(), [[tick, view]]).own).toMatchObject({ result: 'winner', leader: 'c' });
  });
});

describe('the planned size and futility', () => {
  it('count units with open windows in a sequential test', () => {
    const strata = [{ from: 0, to: minute, cells: { b: clicks(5000, 500), a: clicks(5000, 500) } }];
    const test = ab({ plannedUnits: 10_000 });
    expect(after(test, [[tick, viewOf(strata, minute)]]).own.result).toBe('planned-size');
    const none = ab({ primary: undefined, plannedUnits: 10_001 });
    expect(look(none, strata)?.waitingFor).toEqual(['1 more units']);
  });

  it('is not futile while one of the arms can still be better, or none is known', () => {
    const many = (c: number) => [
      {
        shares: { b: 900 / 1809, c: 9 / 1809, a: 900 / 1809 },
        cells: { b: clicks(90_000, 9000), c: clicks(900, c), a: clicks(90_000, 9000) },
      },
    ];
    const test = abc({ minEffect: 0.02 });
    expect(after(test, [[tick, viewOf(many(90))]]).own.result).toBe('undecided');
    expect(after(ab({ primary: 'unheard', minEffect: 0.02 }), [[tick, viewOf(better)]]).own.result).toBe('undecided');
  });

  it('looks at the good end of the interval', () => {
    for (const [primary, b, a] of [
      ['clicked', clicks(90_000, 9100), clicks(90_000, 9000)],
      ['complained', clicks(90_000, 0, 8900), clicks(90_000, 0, 9000)],
    ] as const) {
      const view = viewOf([{ cells: { b, a } }]);
      const { interval } = ab({ primary }).report(ab().init(0, scopeAt()), view, scopeAt()).comparisons[0] as {
        interval: readonly [number, number];
      };
      const most = Math.max(Math.abs(interval[0]), Math.abs(interval[1]));
      expect(Math.abs(interval[0])).not.toBeCloseTo(Math.abs(interval[1]), 3);
      expect(after(ab({ primary, minEffect: most * 1.0001 }), [[tick, view]]).own.result).toBe('futile');
      expect(after(ab({ primary, minEffect: most * 0.9999 }), [[tick, view]]).own.result).toBe('undecided');
    }
  });
});

describe('the leading arm', () => {
  const leads = (test: AnyTest, strata: readonly Facts[], now?: number) =>
    test.reduce(test.init(0, scopeAt()), promote(), viewOf(strata, now), scopeAt(2));

  it('is the one with the best estimate in the good direction', () => {
    const cells = { b: clicks(500, 51, 40), c: clicks(500, 55, 45), a: clicks(500, 50, 50) };
    expect(leads(abc(), [{ cells }]).state.own.leader).toBe('c');
    expect(leads(abc({ primary: 'complained' }), [{ cells }]).state.own.leader).toBe('b');
  });

  it('is the control where nobody is ahead of it, and nobody while no window has closed', () => {
    const cells = { b: clicks(500, 50), a: clicks(500, 50) };
    expect(leads(ab(), [{ cells }]).state.own.leader).toBe('a');
    expect(leads(ab(), [{ from: 0, to: minute, cells }], minute).refused).toContain('there is no estimate');
  });

  it('is the winner of a stopped test, who can then be promoted by name as well', () => {
    const test = ab();
    const stopped = after(test, [[tick, viewOf(better)]]);
    for (const command of [promote(), promote('b')]) {
      expect(test.reduce(stopped, command, viewOf(worse), scopeAt(3)).state.own).toMatchObject({
        phase: 'promoted',
        leader: 'b',
      });
    }
  });
});

describe('a fixed test', () => {
  const fixed = (more: object = {}) => ab({ test: 'fixed', plannedUnits: 1000, ...more });
  const rowOf = (test: ReturnType<typeof ab>, strata: readonly Facts[]) =>
    test.report(after(test, [[tick, viewOf(strata)]]), viewOf(strata), scopeAt()).comparisons[0];

  it('gives the interval of one look', () => {
    const row = rowOf(fixed(), better);
    const variance = (2500 * 0.12 * 0.88 * 10_000) / 9999;
    const half = (normal.isf(0.025) * Math.sqrt(variance)) / 2500;
    expect(row?.interval?.[0]).toBeCloseTo(0.04 - half, 12);
    expect(row?.interval?.[1]).toBeCloseTo(0.04 + half, 12);
  });

  it('takes from the metric what is better', () => {
    const strata = (b: number) => [{ cells: { b: clicks(5000, 0, b), a: clicks(5000, 0, 500) } }];
    const test = fixed({ primary: 'complained' });
    expect(after(test, [[tick, viewOf(strata(300))]]).own).toMatchObject({ result: 'winner', leader: 'b' });
    expect(after(test, [[tick, viewOf(strata(700))]]).own).toMatchObject({ result: 'no-winner', beaten: ['b'] });
  });

  it('compares means by their own variances, and has no interval where nothing varies', () => {
    const ratings = (n: number, sum: number, sumSq: number) => ({
      exposed: n,
      metrics: { rating: { n, sum, sumSq, late: 0 } },
    });
    const test = fixed({ primary: 'rating' });
    const row = rowOf(test, [{ cells: { b: ratings(500, 2000, 8500), a: ratings(500, 1500, 5000) } }]);
    expect(row).toMatchObject({ test: 'stratified score test of means', verdict: 'better', eValue: null });
    // Welch: variances (8500 - 500 4^2) / 499 and (5000 - 500 3^2) / 499, each over 500.
    const error = Math.sqrt((500 / 499) * (1 / 500 + 1 / 500));
    expect(row?.interval?.[1]).toBeCloseTo(1 + normal.isf(0.025) * error, 9);
    const constant = rowOf(test, [{ cells: { b: ratings(500, 1500, 4500), a: ratings(500, 1500, 4500) } }]);
    expect(constant).toMatchObject({ interval: null, pValue: 1, difference: 0, verdict: 'inconclusive' });
  });
});

describe('holm', () => {
  it('steps down from the least p-value, in any order, and never above 1', () => {
    expect(holm([0.04, 0.01, 0.03])).toEqual([0.06, 0.03, 0.06].map((p) => expect.closeTo(p, 12)));
    expect(holm([0.01, 0.02, 0.9])).toEqual([0.03, 0.04, 0.9].map((p) => expect.closeTo(p, 12)));
    expect(holm([0.9, 0.6])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});
