import { describe, expect, it } from 'vitest';
import type { Split } from '../../../src/plan/plan.js';
import { ABTest } from '../../../src/strategies/ab-test.js';
import {
  type Facts,
  minute,
  scopeAt,
  viewOf,
  tick,
  promote,
  clicks,
  even,
  better,
  worse,
  ab,
  abc,
  after,
  walk,
  shareOf,
  planOf,
} from './cases.js';
import { sole } from '../sole.js';

describe('a sequential A/B test', () => {
  it('goes on while nothing is shown', () => {
    const test = ab();
    const state = test.init(0, scopeAt());
    const { state: next, notices, verdicts } = test.reduce(state, tick, viewOf(even), scopeAt(2));
    expect(next).toBe(state);
    expect(notices).toEqual([]);
    expect(verdicts?.[0]).toMatchObject({ node: 'ab', waitingFor: ['a decision on clicked'] });
    expect(verdicts?.[0]?.verdicts).toMatchObject([{ rule: 'clicked of b', outcome: 'inconclusive', n: 5000 }]);
  });

  it('stops for the winner, tells why, and leaves the shares as they are', () => {
    const test = ab();
    const before = test.init(0, scopeAt());
    const { state, notices, urgent } = test.reduce(before, tick, viewOf(better), scopeAt(2));
    expect(state.own).toMatchObject({ phase: 'stopped', result: 'winner', leader: 'b', epoch: 1 });
    expect(state.own.why).toMatch(
      /^b is the winner: clicked 14 % against 10 % of 5000 exposures \(e-value .*, 20 decides\)$/,
    );
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatchObject({
      type: 'transition',
      data: { from: 'running', to: 'stopped', result: 'winner', arm: 'b' },
    });
    expect(urgent).toBeUndefined();
    expect(test.plan(state, scopeAt())).toEqual(test.plan(before, scopeAt()));
    expect(test.status(state, scopeAt())).toMatchObject({ phase: 'waiting', stable: 'v1', waitingFor: ['promote()'] });
  });

  it('waits for nothing more once it has decided, which the look says', () => {
    const test = ab();
    const { verdicts } = test.reduce(test.init(0, scopeAt()), tick, viewOf(better), scopeAt(2));
    expect(verdicts).toHaveLength(1);
    expect(verdicts?.[0]).toMatchObject({ node: 'ab', verdicts: [{ rule: 'clicked of b', outcome: 'pass', n: 5000 }] });
    expect(verdicts?.[0]?.waitingFor).toBeUndefined();
  });

  it('may decide before any window has closed, and then gives counts for reasons', () => {
    const strata = [{ from: 0, to: minute, cells: { b: clicks(5000, 700), a: clicks(5000, 500) } }];
    const { state } = ab().reduce(ab().init(0, scopeAt()), tick, viewOf(strata, minute), scopeAt(2));
    expect(state.own.why).toContain('clicked 700 in 5000 against 500 in 5000 exposures so far');
    expect(state.own).toMatchObject({ result: 'winner', leader: 'b' });
  });

  it('keeps its decision when later evidence speaks against it', () => {
    const test = ab();
    const state = after(test, [
      [tick, viewOf(better)],
      [tick, viewOf(worse)],
    ]);
    expect(state.own).toMatchObject({ phase: 'stopped', result: 'winner', leader: 'b' });
    expect(test.reduce(state, tick, viewOf(worse), scopeAt(4)).state).toBe(state);
  });

  it('stops without a winner once every arm is shown to be worse', () => {
    const state = after(ab(), [[tick, viewOf(worse)]]);
    expect(state.own).toMatchObject({ phase: 'stopped', result: 'no-winner', leader: '', beaten: ['b'] });
    expect(state.own.why).toBe('every arm is worse than a on clicked');
    expect(ab().status(state, scopeAt()).waitingFor).toEqual(['promote() of an arm', 'rollback()']);
  });

  it('takes from the metric what is better', () => {
    const strata = [{ cells: { b: clicks(5000, 500, 300), a: clicks(5000, 500, 600) } }];
    expect(after(ab({ primary: 'complained' }), [[tick, viewOf(strata)]]).own).toMatchObject({
      result: 'winner',
      leader: 'b',
    });
  });

  it('decides at a p-value of alpha per arm, and not just above', () => {
    const view = viewOf([{ cells: { b: clicks(5000, 600), a: clicks(5000, 500) } }]);
    const test = ab({ alpha: 0.5 });
    const { pValue } = test.report(test.init(0, scopeAt()), view, scopeAt()).comparisons[0] as { pValue: number };
    expect(pValue).toBeGreaterThan(0);
    expect(after(ab({ alpha: pValue * 1.000001 }), [[tick, view]]).own.result).toBe('winner');
    expect(after(ab({ alpha: pValue * 0.999999 }), [[tick, view]]).own.result).toBe('undecided');
    // Two treatments share alpha, whatever the other one does.
    const three = [{ cells: { b: clicks(5000, 600), c: clicks(5000, 500), a: clicks(5000, 500) } }];
    expect(after(abc({ alpha: 2 * pValue * 1.000001 }), [[tick, viewOf(three)]]).own.result).toBe('winner');
    expect(after(abc({ alpha: 2 * pValue * 0.999999 }), [[tick, viewOf(three)]]).own.result).toBe('undecided');
  });

  it('chooses the best of several winners', () => {
    const strata = [{ cells: { b: clicks(5000, 700), c: clicks(5000, 800), a: clicks(5000, 500) } }];
    expect(after(abc(), [[tick, viewOf(strata)]]).own).toMatchObject({ result: 'winner', leader: 'c' });
  });

  it('remembers a beaten arm while others are open, and never makes it the winner', () => {
    const first = [{ cells: { b: clicks(5000, 350), c: clicks(5000, 505), a: clicks(5000, 500) } }];
    const then = [{ cells: { b: clicks(5000, 900), c: clicks(5000, 505), a: clicks(5000, 500) } }];
    const test = abc();
    const beaten = after(test, [[tick, viewOf(first)]]);
    expect(beaten.own).toMatchObject({ phase: 'running', beaten: ['b'], result: 'undecided' });
    expect(test.reduce(beaten, tick, viewOf(first), scopeAt(3)).state).toBe(beaten);
    expect(test.reduce(beaten, tick, viewOf(then), scopeAt(3)).state.own.result).toBe('undecided');
    const last = [{ cells: { b: clicks(5000, 900), c: clicks(5000, 350), a: clicks(5000, 500) } }];
    expect(test.reduce(beaten, tick, viewOf(last), scopeAt(3)).state.own).toMatchObject({
      result: 'no-winner',
      beaten: ['b', 'c'],
    });
  });

  it('stops at its planned size without a decision, not a unit before', () => {
    const test = ab({ plannedUnits: 10_000 });
    const short = viewOf([{ cells: { b: clicks(5000, 500), a: clicks(4999, 500) } }]);
    const open = test.reduce(test.init(0, scopeAt()), tick, short, scopeAt(2));
    expect(open.state.own.phase).toBe('running');
    expect(open.verdicts?.[0]?.waitingFor).toEqual(['a decision on clicked', '1 more units']);
    expect(after(test, [[tick, viewOf(even)]]).own).toMatchObject({
      phase: 'stopped',
      result: 'planned-size',
      why: 'the planned size of 10000 units was reached without a decision',
    });
    expect(after(test, [[tick, viewOf(better)]]).own.result).toBe('winner');
  });

  it('stops as futile once no arm can be better by the least effect of interest', () => {
    const many = [{ cells: { b: clicks(90_000, 9000), a: clicks(90_000, 9000) } }];
    const test = ab({ minEffect: 0.02 });
    expect(after(test, [[tick, viewOf(many)]]).own).toMatchObject({ phase: 'stopped', result: 'futile' });
    // Half the interval: the boundary of the two-sided normal mixture at rho = 10, over a weight of 2500.
    const variance = 2500 * 0.1 * 0.9 * (10_000 / 9999) + 10;
    const half = Math.sqrt(variance * Math.log(variance / (10 * 0.05 ** 2))) / 2500;
    expect(after(ab({ minEffect: half * 0.9999 }), [[tick, viewOf(even)]]).own.result).toBe('undecided');
    expect(after(ab({ minEffect: half * 1.0001 }), [[tick, viewOf(even)]]).own.result).toBe('futile');
    expect(after(ab({ minEffect: 0.0001 }), [[tick, viewOf(many)]]).own.result).toBe('undecided');
    const fewer = ab({ primary: 'complained', minEffect: 0.02 });
    const lower = [{ cells: { b: clicks(90_000, 0, 9000), a: clicks(90_000, 0, 9000) } }];
    expect(after(fewer, [[tick, viewOf(lower)]]).own.result).toBe('futile');
    expect(after(test, [[tick, viewOf([])]]).own.result).toBe('undecided');
  });

  it('only shares units where no metric decides', () => {
    const test = new ABTest({ arms: { a: 'v1', b: 'v2' } });
    expect(after(test, [[tick, viewOf(better)]]).own.phase).toBe('running');
    expect(test.status(test.init(0, scopeAt()), scopeAt()).waitingFor).toEqual(['promote() of an arm']);
    const planned = new ABTest({ arms: { a: 'v1', b: 'v2' }, plannedUnits: 10_000 });
    expect(after(planned, [[tick, viewOf(better)]]).own.result).toBe('planned-size');
  });
});

describe('a fixed A/B test', () => {
  const fixed = (more: object = {}) => ab({ test: 'fixed', plannedUnits: 10_000, ...more });

  it('judges once, at its planned size of matured units, and says before how much is missing', () => {
    const strata = [{ from: 0, to: minute, cells: { b: clicks(5000, 700), a: clicks(5000, 500) } }];
    const short = [{ ...strata[0], cells: { b: clicks(5000, 700), a: clicks(4990, 500) } }] as readonly Facts[];
    const test = fixed();
    const early = test.reduce(test.init(0, scopeAt()), tick, viewOf(short), scopeAt(2));
    expect(early.state.own.result).toBe('undecided');
    expect(early.verdicts?.[0]).toMatchObject({ verdicts: [], waitingFor: ['10 more units'] });
    // The window of a click is ten minutes: until the eleventh nobody has failed to click.
    expect(after(test, [[tick, viewOf(strata, 11 * minute - 1)]]).own.result).toBe('undecided');
    expect(after(test, [[tick, viewOf(strata, 11 * minute)]]).own).toMatchObject({ result: 'winner', leader: 'b' });
  });

  it('decides by the Cochran-Mantel-Haenszel test at alpha', () => {
    // Without strata: z = (p2 - p1) / sqrt(p (1 - p) (1/n1 + 1/n2)), but for the factor (n - 1) / n of the variance.
    const z = (0.112 - 0.1) / Math.sqrt((0.106 * 0.894 * 2) / 5000) / Math.sqrt(10_000 / 9999);
    const view = viewOf([{ cells: { b: clicks(5000, 560), a: clicks(5000, 500) } }]);
    const state = after(fixed(), [[tick, view]]);
    const [row] = fixed().report(state, view, scopeAt()).comparisons;
    expect(z).toBeGreaterThan(1.94);
    expect(z).toBeLessThan(1.96);
    expect(row?.pValue).toBeGreaterThan(0.05);
    expect(row?.pValue).toBeLessThan(0.0525);
    expect(row?.test).toBe('Cochran-Mantel-Haenszel test');
    expect(state.own).toMatchObject({ result: 'no-winner', why: expect.stringContaining('no arm differs from a') });
    expect(after(fixed({ alpha: 0.053 }), [[tick, view]]).own.result).toBe('winner');
  });

  it('finds the control to be the best, too', () => {
    expect(after(fixed(), [[tick, viewOf(worse)]]).own).toMatchObject({ result: 'no-winner', beaten: ['b'] });
  });

  it('hides intervals and p-values until then, since they would hold for one look only', () => {
    const test = fixed({ plannedUnits: 20_000 });
    const [row] = test.report(test.init(0, scopeAt()), viewOf(better), scopeAt()).comparisons;
    expect(row).toMatchObject({ verdict: 'waiting', interval: null, pValue: null, adjustedPValue: null, eValue: null });
    expect(row?.difference).toBeCloseTo(0.04, 12);
  });
});

describe('what follows a decision', () => {
  it('is the promotion of the winner where the rule says so', () => {
    const test = ab({ then: 'promote' });
    const state = after(test, [[tick, viewOf(better)]]);
    expect(state.own).toMatchObject({ phase: 'promoted', leader: 'b', epoch: 2 });
    expect(shareOf(planOf(test, state), 'v2')).toBe(1);
    expect(walk(planOf(test, state), undefined).model).toBe('v2');
    expect(test.status(state, scopeAt())).toMatchObject({
      phase: 'settled',
      settled: 'promoted',
      stable: 'v2',
      shares: { b: 1, a: 0 },
      waitingFor: [],
    });
  });

  it('is the control where there is no winner', () => {
    const test = ab({ then: 'promote' });
    const state = after(test, [[tick, viewOf(worse)]]);
    expect(state.own).toMatchObject({ phase: 'rolled-back', result: 'no-winner', epoch: 2 });
    expect(planOf(test, state)).toEqual(sole('ab', 'a', 'v1'));
  });

  it('keeps control in the plan of a promotion without a share, loaded for the way back', () => {
    const test = ab();
    const plan = planOf(test, after(test, [[promote('b')]])) as Split<string>;
    expect(plan).toMatchObject({ missing: 'draw', counts: true, fallback: 'v1', cuts: [{ below: 2 ** 32, arm: 0 }] });
    expect(plan.arms.map(({ arm, share }) => [arm, share])).toEqual([
      ['b', 1],
      ['a', 0],
    ]);
  });
});
