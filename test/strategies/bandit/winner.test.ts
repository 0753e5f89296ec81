import { describe, expect, it } from 'vitest';
import { bandit, hour, minute, Run, values, yes } from './cases.js';
import { falsePromotions } from '../../../bench/regret/identical-arms.js';

const two = (more: object = {}) => bandit({ arms: { a: 'v1', b: 'v2' }, freeze: 'winner', floor: 0.1, ...more });

describe('a bandit that freezes its winner', () => {
  it('does so once it was shown to be better than every other arm', () => {
    const run = new Run(bandit({ freeze: 'winner' }));
    run.see({ a: yes(2000, 200), b: yes(2000, 400), c: yes(2000, 390) });
    run.tick(30 * minute);
    expect(run.own.phase).toBe('running');
    expect(run.last.verdicts?.[0]?.verdicts[0]).toMatchObject({ rule: 'clicked of b', outcome: 'inconclusive' });
    expect(run.last.verdicts?.[0]?.verdicts[0]?.reason).toContain('not yet shown to be better than c');
    run.see({ a: yes(2000, 200), b: yes(2000, 400), c: yes(2000, 200) });
    run.see({ a: yes(2000, 200), b: yes(2000, 400), c: yes(2000, 200) });
    run.tick(30 * minute);
    expect(run.own).toMatchObject({ phase: 'promoted', leader: 'b' });
    expect(run.own.why).toContain('b is the winner');
    expect(run.shares()).toEqual({ b: 1, a: 0 });
    expect(run.plan()).toMatchObject({ op: 'split', epoch: run.own.epoch, fallback: 'v1' });
    expect(run.last.notices[0]?.data).toMatchObject({
      from: 'running',
      to: 'promoted',
      verdicts: [{ outcome: 'pass' }, {}, {}],
    });
    expect(run.strategy.status(run.state, run.scope)).toMatchObject({
      phase: 'settled',
      settled: 'promoted',
      stable: 'v2',
    });
    const { state } = run;
    run.tick(100 * hour);
    expect(run.state).toBe(state);
  });

  it('needs an e-value of arms / alpha, no less', () => {
    const run = new Run(two());
    run.see({ a: yes(2000, 200), b: yes(2000, 265) });
    run.now += hour;
    const { eValue, decides } = run.report();
    expect(decides).toBe(40);
    const at = (alpha: number) => {
      const other = new Run(two({ alpha }));
      other.strata = run.strata;
      other.tick();
      return other.own.phase;
    };
    expect(eValue).toBeGreaterThan(5);
    expect(at((2 / (eValue as number)) * 1.001)).toBe('promoted');
    expect(at((2 / (eValue as number)) * 0.999)).toBe('running');
  });

  it('never does where a person shall, but says that it could', () => {
    const run = new Run(bandit());
    run.see({ a: yes(20_000, 2000), b: yes(20_000, 4000), c: yes(20_000, 2000) });
    run.tick();
    expect(run.own.phase).toBe('running');
    expect(run.last.verdicts?.[0]?.verdicts[0]).toMatchObject({ outcome: 'pass' });
    expect(run.report().winner).toBe('b');
  });

  it('compares only within epochs: a ramp over good days wins nothing', () => {
    const run = new Run(two());
    // Both arms earn 5 % on most days and 50 % on the day on which b had most of the traffic.
    run.strata.push(
      { epoch: 1, cells: { b: yes(1000, 50), a: yes(9000, 450) }, from: 0, to: minute, shares: { b: 0.1, a: 0.9 } },
      { epoch: 2, cells: { b: yes(9000, 4500), a: yes(1000, 500) }, from: 0, to: minute, shares: { b: 0.9, a: 0.1 } },
    );
    run.tick();
    expect(run.own.phase).toBe('running');
    expect(run.report().eValue).toBeLessThan(2);
  });

  it('wins by lower values where those are better, capped or not', () => {
    for (const [reward, cells] of [
      ['complained', { a: yes(3000, 600, 'complained'), b: yes(3000, 300, 'complained') }],
      ['cost', { a: values(3000, 5, 4, 'cost'), b: values(3000, 4, 4, 'cost') }],
      ['rating', { a: values(3000, 3, 1), b: values(3000, 3.4, 1) }],
    ] as const) {
      const run = new Run(two({ reward }));
      run.see(cells);
      run.tick();
      expect(run.own).toMatchObject({ phase: 'promoted', leader: 'b' });
    }
  });

  it('has no winner where evidence was forgotten, or where the best arm may change', () => {
    const run = new Run(two());
    run.see({ a: yes(20_000, 2000), b: yes(20_000, 4000) });
    run.state = { ...run.state, own: { ...run.own, epochs: 61 } };
    run.tick(11 * minute);
    expect(run.own.phase).toBe('running');
    run.state = { ...run.state, own: { ...run.own, epochs: 60 } };
    run.tick(minute);
    expect(run.own.phase).toBe('promoted');
    const fading = new Run(bandit({ halfLifeMs: 1e12 }));
    fading.see({ a: yes(20_000, 2000), b: yes(20_000, 4000), c: yes(20_000, 2000) });
    fading.tick();
    expect(fading.report().winner).toBeNull();
    expect(fading.last.verdicts?.[0]?.verdicts[0]?.outcome).toBe('inconclusive');
  });

  it('errs in at most alpha of the runs of identical arms, whatever the days do', () => {
    for (const cycle of [false, true]) {
      const { rate, runs } = falsePromotions({ runs: 200, batches: 40, batchSize: 500, cycle, seed: 3 });
      expect(rate).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
    }
  });
});
