import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import { binary, continuous } from '../../../src/evidence/metric.js';
import type { View } from '../../../src/strategies/strategy.js';
import { hour, rollOut } from '../../analysis/sticky.js';
import { ab, after, scopeAt, tick, viewOf } from './cases.js';

const metrics = { clicked: binary({ windowMs: 1000 * hour }), seen: binary(), rating: continuous() };

/** One hour of 2000 units, of which each makes so many requests; whoever has `b` clicks four times as often. */
function seen(requests: number, more: object = {}): View {
  const rng = seededRng(7);
  const [judged] = rollOut({
    rng,
    run: 1,
    metrics,
    units: 2000,
    shares: [0.5],
    requests: () => requests,
    outcome: ({ isCandidate }) => {
      const clicked = rng.next() < (isCandidate ? 0.2 : 0.05);
      return { clicked, seen: clicked, rating: Number(clicked) };
    },
    ...more,
  });
  const strata = (judged?.strata ?? []).map((stratum) => ({ ...stratum, node: 'ab' }));
  return { ...viewOf([], judged?.now), metrics, evidence: () => strata };
}

const decided = (view: View, more: object = {}) => {
  const test = ab(more);
  const transition = test.reduce(test.init(0, scopeAt()), tick, view, scopeAt(2));
  return { test, own: transition.state.own, verdicts: transition.verdicts?.[0]?.verdicts ?? [] };
};

describe('a test whose units come back', () => {
  it('decides by their first events while no window has closed, and names the counts that it decided by', () => {
    const view = seen(2);
    const { own, verdicts } = decided(view, { then: 'promote' });
    expect(own).toMatchObject({ phase: 'promoted', leader: 'b' });
    const counts = /^b is the winner: clicked (\d+) in (\d+) against (\d+) in (\d+) exposures so far \(e-value /;
    const [, ...figures] = counts.exec(own.why) ?? [];
    const cells = view.evidence()[0]?.cells;
    const of = (arm: string) => [cells?.[arm]?.metrics['clicked']?.sum, cells?.[arm]?.exposed];
    expect(figures.map(Number)).toEqual([...of('b'), ...of('a')]);
    expect(figures.every((figure) => Number(figure) > 0)).toBe(true);
    expect(verdicts[0]?.test).toBe('clusters of units (asymptotic), and their first events');
    expect(verdicts[0]).not.toHaveProperty('estimate');
  });

  it('does not call a widened score the test of Cochran, Mantel and Haenszel', () => {
    const methodOf = (primary: string, view: View) =>
      decided(view, { test: 'fixed', plannedUnits: 100, primary }).verdicts[0]?.test;
    expect(methodOf('seen', seen(3))).toBe('stratified score test, over clusters of units');
    expect(methodOf('rating', seen(3))).toBe('stratified score test of means, over clusters of units');
    const oneByOne = seen(1, { visits: 'one' });
    expect(methodOf('seen', oneByOne)).toBe('Cochran-Mantel-Haenszel test');
    expect(methodOf('rating', oneByOne)).toBe('stratified score test of means');
  });

  it('has no finding where units were said not to come back and do, at its planned size neither', () => {
    const view = seen(8, { visits: 'one' });
    const fixed = decided(view, { test: 'fixed', plannedUnits: 100, primary: 'seen' });
    expect(fixed.own).toMatchObject({ result: 'planned-size', leader: '' });
    expect(fixed.own.why).toMatch(/^the planned size of 100 units was reached, but units come back: /);
    expect(fixed.verdicts[0]).toMatchObject({ outcome: 'error', reason: expect.stringMatching(/^units come back/) });
    const sequential = decided(view, { primary: 'seen' });
    expect(sequential.own.result).toBe('undecided');
    expect(sequential.verdicts[0]?.outcome).toBe('error');
    expect(after(ab({ primary: 'seen', plannedUnits: 100 }), [[tick, view]]).own.why).not.toContain('no arm differs');
  });
});

describe('the words of a mismatch of shares', () => {
  it('are those of the guardrail, with the units that were due', () => {
    const cell = (exposed: number) => ({ exposed, outcomes: exposed });
    const view = viewOf([{ cells: { b: cell(700), a: cell(1300) } }]);
    expect(after(ab(), [[tick, view]]).own.mismatch).toBe(
      'units do not arrive in their shares: 700 to b where 1000 were due, 1300 to a where 1000 were due',
    );
  });
});
