import { describe, expect, it } from 'vitest';
import { bandit, hour, Run, yes } from './cases.js';
import { sole } from '../sole.js';

const seen = { a: yes(1000, 100), b: yes(1000, 200), c: yes(1000, 300) };
const learnt = () => {
  const run = new Run(bandit());
  run.see(seen);
  run.tick();
  return run;
};

describe('the commands of a bandit', () => {
  it('promote freezes the named arm, or the one that leads', () => {
    const run = learnt();
    const { epoch } = run.own;
    expect(run.order('promote')).toBeUndefined();
    expect(run.own).toMatchObject({ phase: 'promoted', leader: 'c' });
    expect(run.own.epoch).toBeGreaterThan(epoch);
    expect(run.shares()).toEqual({ c: 1, a: 0 });
    expect(run.order('promote')).toContain('frozen already');
    expect(run.order('promote', 'c')).toContain('frozen already');
    expect(run.order('promote', 'b')).toBeUndefined();
    expect(run.shares()).toEqual({ b: 1, a: 0 });
    expect(run.order('promote', 'd')).toContain('the arms are b, c, a');
    expect(run.order('promote', 'a')).toBeUndefined();
    expect(run.plan()).toEqual(sole('bandit', 'a', 'v1'));
    expect(run.strategy.status(run.state, run.scope)).toMatchObject({
      settled: 'promoted',
      stable: 'v1',
      shares: { a: 1 },
    });
  });

  it('promote needs a name while there is no reward, and after a rollback', () => {
    const run = new Run(bandit());
    expect(run.order('promote')).toContain('no reward yet');
    expect(run.order('promote', 'b')).toBeUndefined();
    run.rollBack();
    expect(run.order('promote')).toContain('rolled back');
    expect(run.order('promote', 'c')).toBeUndefined();
    expect(run.own).toMatchObject({ phase: 'promoted', leader: 'c' });
  });

  it('rollback leads everybody to the baseline, once', () => {
    const run = learnt();
    expect(run.rollBack()).toBeUndefined();
    expect(run.plan()).toEqual(sole('bandit', 'a', 'v1'));
    expect(run.own.why).toBe('enough (ann)');
    expect(run.rollBack()).toContain('already');
    const { state } = run;
    run.tick(100 * hour);
    expect(run.state).toBe(state);
    run.order('promote', 'c');
    expect(run.rollBack()).toBeUndefined();
    expect(run.own).toMatchObject({ phase: 'rolled-back', leader: '' });
  });

  it('pause keeps the shares, and resume goes on with all that came meanwhile', () => {
    const run = new Run(bandit());
    run.see(seen);
    expect(run.order('pause')).toBeUndefined();
    expect(run.order('pause')).toContain('the bandit is paused');
    run.tick();
    expect(run.own).toMatchObject({ phase: 'paused', epoch: 1 });
    expect(run.last.verdicts?.[0]?.verdicts).toHaveLength(3);
    expect(run.strategy.status(run.state, run.scope)).toMatchObject({ phase: 'paused', waitingFor: ['resume()'] });
    expect(run.order('resume')).toBeUndefined();
    expect(run.order('resume')).toContain('nothing is paused');
    run.tick();
    expect(run.shares()['c']).toBeGreaterThan(0.9);
  });

  it('resume after a freeze explores on with what was known', () => {
    const run = learnt();
    const shares = run.shares();
    run.order('promote', 'b');
    expect(run.order('resume')).toBeUndefined();
    // The frozen epoch counts too: evidence is kept of so many.
    expect(run.own).toMatchObject({ phase: 'running', leader: '', attempt: 1, epochs: 4 });
    expect(run.shares()).toEqual(shares);
    expect(run.report().arms.map(({ rewards }) => rewards)).toEqual([1000, 1000, 1000]);
  });

  it('resume after a rollback, and reset, begin anew: equal shares, another salt, no evidence', () => {
    for (const order of ['resume', 'reset'] as const) {
      const run = learnt();
      if (order === 'resume') run.rollBack();
      expect(run.order(order)).toBeUndefined();
      expect(run.own).toMatchObject({ attempt: 2, phase: 'running', epochs: 1, armsEver: 3 });
      expect(run.plan()).toMatchObject({ salt: 'bandit#2', epoch: run.own.epoch });
      expect(run.shares()['c']).toBeCloseTo(1 / 3, 9);
      expect(run.report().arms.map(({ rewards }) => rewards)).toEqual([0, 0, 0]);
    }
  });

  it('approve and reject answer nothing, since nothing asks', () => {
    const run = learnt();
    expect(run.order('approve')).toContain('no approval');
    expect(run.order('reject')).toContain('no approval');
  });
});
