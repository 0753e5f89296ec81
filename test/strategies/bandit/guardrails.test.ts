import { describe, expect, it } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import { noWorseThan } from '../../../src/analysis/no-worse-than.js';
import { linUcb } from '../../../src/bandits/index.js';
import type { Choose, Split } from '../../../src/plan/plan.js';
import { sharesOf } from '../../../src/plan/cuts.js';
import { Bandit } from '../../../src/strategies/bandit.js';
import type { Command } from '../../../src/strategies/strategy.js';
import { moments, Run, bandit, hour, values, yes } from './cases.js';

const failing = { exposed: 100, outcomes: 100, errors: 60 };
const fine = { exposed: 100, outcomes: 100 };
const guarded = (more: object = {}) => bandit({ guardrails: [maxErrorRate(0.05)], ...more });
const twoArms = (more: object = {}) => guarded({ arms: { a: 'v1', b: 'v2' }, ...more });

/** Carries out what a tick asks for at once, as the router does. */
function obey(run: Run): readonly Command[] {
  const urgent = run.tick().urgent ?? [];
  for (const command of urgent) run.send(command);
  return urgent;
}

const alertsOf = ({ last }: Run) => last.notices.filter(({ type }) => type === 'alert').map(({ data }) => data);

describe('the guardrails of a bandit', () => {
  it('take a failing arm out: its units go to the baseline, and nobody else moves', () => {
    const run = new Run(guarded());
    run.see({ a: fine, b: failing, c: fine });
    const before = run.plan() as Split<string>;
    expect(obey(run)).toMatchObject([
      { type: 'rollback', node: 'bandit', attempt: 1, arm: 'b', by: 'guardrail maxErrorRate(0.05) of b' },
    ]);
    expect(run.own).toMatchObject({ phase: 'running', epochs: 2, removed: [{ name: 'b', leads: 'model v2' }] });
    expect(run.own.arms.map(({ name }) => name)).toEqual(['c', 'a']);
    expect(run.shares()['c']).toBeCloseTo(1 / 3, 3);
    expect(run.shares()['a']).toBeCloseTo(2 / 3, 3);
    expect(run.shares()).not.toHaveProperty('b');
    const after = run.plan() as Split<string>;
    const armAt = ({ cuts, arms }: Split<string>, hash: number) =>
      arms[cuts.find(({ below }) => hash < below)?.arm ?? -1]?.arm;
    for (let hash = 0; hash < 2 ** 32; hash += 2 ** 22) {
      const had = armAt(before, hash);
      expect(armAt(after, hash)).toBe(had === 'b' ? 'a' : had);
    }
    expect(alertsOf(run)).toMatchObject([{ alert: 'guardrail-failed', severity: 'critical', attempt: 1 }]);
    expect(run.own.why).toMatch(/^b was taken out: error rate .* \(guardrail maxErrorRate\(0\.05\) of b\)$/);
    expect(run.strategy.status(run.state, run.scope).detail).toMatchObject({ removed: ['b'] });
  });

  it('roll the whole bandit back when its last arm beside the baseline fails', () => {
    const run = new Run(twoArms());
    run.see({ a: fine, b: failing });
    obey(run);
    expect(run.own).toMatchObject({ phase: 'rolled-back', leader: '' });
    expect(run.shares()).toEqual({ a: 1 });
    expect(run.own).not.toHaveProperty('removed');
  });

  it('carry out the rollbacks of two arms at one look, and of all of them', () => {
    const four = { a: 'v1', b: 'v2', c: 'v3', d: 'v4' };
    const two = new Run(guarded({ arms: four }));
    two.see({ a: fine, b: failing, c: failing, d: fine });
    expect(obey(two)).toHaveLength(2);
    expect(two.own.arms.map(({ name }) => name)).toEqual(['d', 'a']);
    expect(two.shares()['a']).toBeCloseTo(0.75, 3);
    const all = new Run(guarded({ arms: four }));
    all.see({ a: fine, b: failing, c: failing, d: failing });
    expect(obey(all)).toHaveLength(3);
    expect(all.own.phase).toBe('rolled-back');
  });

  it('never judge the baseline, however badly it does', () => {
    const run = new Run(guarded());
    run.see({ a: failing, b: fine, c: fine });
    expect(obey(run)).toEqual([]);
    const rules = run.last.verdicts?.[0]?.verdicts.map(({ rule }) => rule);
    expect(rules).toEqual([
      'maxErrorRate(0.05) of b',
      'maxErrorRate(0.05) of c',
      'clicked of b',
      'clicked of c',
      'clicked of a',
    ]);
  });

  it('compare each arm with the baseline', () => {
    const run = new Run(bandit({ guardrails: [noWorseThan('error')] }));
    const some = { exposed: 1000, outcomes: 1000, errors: 100 };
    run.see({ a: some, b: some, c: { ...some, errors: 300 } });
    expect(obey(run)).toMatchObject([{ arm: 'c' }]);
  });

  it('leave the other arms all that is known of them, and share as if the arm had never been', () => {
    const learnt = (removes: boolean) => {
      const arms = { a: 'v1', c: 'v3', ...(removes && { b: 'v2' }) };
      const run = new Run(guarded({ arms, floor: 0.1 }));
      const cells = { a: yes(400, 40), c: yes(400, 80) };
      run.see(removes ? { ...cells, b: { ...yes(100, 90), errors: 60 } } : cells);
      if (removes) obey(run);
      run.tick();
      return run;
    };
    const run = learnt(true);
    const report = run.report();
    expect(report.arms.map(({ arm, rewards }) => [arm, rewards])).toEqual([
      ['c', 400],
      ['a', 400],
    ]);
    expect(report.arms[0]?.mean).toBeCloseTo(0.2, 6);
    expect(run.shares()['c']).toBeCloseTo(learnt(false).shares()['c'] as number, 2);
    expect(run.shares()['a']).toBeGreaterThanOrEqual(0.0999);
    expect(sharesOf(run.own.cuts, 2).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    // The level of the winner's test is still that of all arms that ever took part.
    expect(report.decides).toBe(3 / 0.05);
  });

  it('divide their alpha among all arms that ever took part beside the baseline', () => {
    const alphas = (strategy: ConstructorParameters<typeof Run>[0]) => {
      const run = new Run(strategy);
      run.see(Object.fromEntries(run.own.arms.map(({ name }) => [name, fine])));
      const look = run.tick().verdicts?.[0];
      return { each: look?.verdicts[0]?.alpha, stop: look?.stop?.alpha };
    };
    expect(alphas(twoArms()).each).toBeCloseTo(0.01, 12);
    expect(alphas(guarded()).each).toBeCloseTo(0.005, 12);
    expect(alphas(guarded()).stop).toBeCloseTo(0.01, 12);
    expect(alphas(guarded({ guardrailAlpha: 0.04 })).each).toBeCloseTo(0.02, 12);
    expect(alphas(guarded({ freeze: 'winner', alpha: 0.5 })).each).toBeCloseTo(0.005, 12);
    const rules = [maxErrorRate(0.05), maxErrorRate(0.1)];
    expect(alphas(guarded({ guardrails: rules })).each).toBeCloseTo(0.0025, 12);
    const run = new Run(twoArms());
    const more = new Run(guarded(), run);
    more.tick();
    more.see({ a: fine, b: fine, c: fine });
    expect(more.tick().verdicts?.[0]?.verdicts[0]?.alpha).toBeCloseTo(0.005, 12);
  });

  it('act while the bandit is paused, and leave its other shares as they are', () => {
    const run = new Run(guarded());
    run.order('pause');
    run.see({ a: yes(100, 5), b: failing, c: yes(100, 90) });
    obey(run);
    expect(run.own).toMatchObject({ phase: 'paused', removed: [{ name: 'b' }] });
    expect(run.shares()['c']).toBeCloseTo(1 / 3, 3);
  });

  it('are asked no more once an arm is frozen or all is rolled back', () => {
    for (const end of [(run: Run) => run.order('promote', 'b'), (run: Run) => run.rollBack()]) {
      const run = new Run(guarded());
      end(run);
      run.see({ a: fine, b: failing, c: failing });
      const { state } = run;
      expect(obey(run)).toEqual([]);
      expect(run.state).toBe(state);
    }
  });

  it('judge although nobody declared the reward', () => {
    const run = new Run(guarded({ reward: 'nobody' }));
    run.see({ a: fine, b: failing, c: fine });
    expect(obey(run)).toMatchObject([{ arm: 'b' }]);
  });

  it('cut the fit of a contextual bandit to the arms that are left', () => {
    const run = new Run(guarded({ contextual: { policy: linUcb(), moments } }));
    run.see({ a: yes(100, 10), b: yes(100, 20), c: yes(100, 30) });
    run.tick();
    expect(run.own.fit?.sums).toHaveLength(3);
    const [, second, last] = run.own.fit?.sums ?? [];
    run.see({ b: { ...failing, outcomes: 1000, errors: 600 } });
    obey(run);
    expect(run.own.fit?.sums).toEqual([second, last]);
    expect((run.plan() as Choose<string>).arms.map(({ arm }) => arm)).toEqual(['c', 'a']);
    expect(run.strategy.restore(JSON.parse(JSON.stringify(run.state)))).toEqual(run.state);
  });

  it('begin anew after 60 epochs, since what came before is forgotten epoch by epoch', () => {
    const run = new Run(guarded({ halfLifeMs: 8 * hour }));
    const bad = { exposed: 30, outcomes: 30, errors: 8 };
    run.state = { ...run.state, own: { ...run.own, epochs: 59 } };
    run.see({ a: fine, b: bad, c: fine });
    expect(run.tick(0).verdicts?.[0]?.verdicts[0]?.n).toBe(30);
    expect(run.own).not.toHaveProperty('judgedSince');
    const { epoch } = run.own;
    run.state = { ...run.state, own: { ...run.own, epochs: 60, epoch: epoch + 1 } };
    run.see({ a: fine, b: { ...bad, outcomes: 7, errors: 1 }, c: fine });
    expect(run.tick(0).verdicts?.[0]?.verdicts[0]?.n).toBe(7);
    expect(run.own.judgedSince).toEqual({ block: 1, epoch: epoch + 1 });
    const { state } = run;
    run.tick(0);
    expect(run.own.judgedSince).toBe(state.own.judgedSince);
  });
});

describe('an arm of a bandit that was taken out', () => {
  const removed = (more: object = {}) => {
    const run = new Run(guarded(more));
    run.see({ a: fine, b: failing, c: fine });
    obey(run);
    return run;
  };

  it('stays out at later looks, and cannot be promoted', () => {
    const run = removed();
    run.tick();
    expect(run.own.arms.map(({ name }) => name)).toEqual(['c', 'a']);
    expect(run.order('promote', 'b')).toBe("a guardrail took 'b' out: reset() tries it again");
    expect(run.order('promote', 'c')).toBeUndefined();
  });

  it('stays out of an edited program, while another model of its name is a new arm', () => {
    const same = new Run(guarded({ arms: { a: 'v1', b: 'v2', c: 'v3', d: 'v4' } }), removed());
    same.tick();
    expect(same.own.arms.map(({ name }) => name)).toEqual(['c', 'd', 'a']);
    const other = new Run(guarded({ arms: { a: 'v1', b: 'v9', c: 'v3' } }), removed());
    other.tick();
    expect(other.own.arms.map(({ name, leads }) => [name, leads])).toEqual([
      ['b', 'model v9'],
      ['c', 'model v3'],
      ['a', 'model v1'],
    ]);
    // What was seen of the one that failed is not held against it.
    expect(obey(other)).toEqual([]);
    expect(other.order('promote', 'b')).toBeUndefined();
  });

  it('leaves nothing to learn when the program keeps only it and the baseline', () => {
    const run = new Run(twoArms(), removed());
    run.tick();
    expect(run.own).toMatchObject({ phase: 'rolled-back', leader: '' });
    expect(run.own.why).toContain('guardrails took out all that are left');
    expect(run.shares()).toEqual({ a: 1 });
  });

  it('takes part again in a new attempt', () => {
    const run = removed();
    expect(run.order('reset')).toBeUndefined();
    expect(run.own).toMatchObject({ attempt: 2, phase: 'running' });
    expect(run.own.arms).toHaveLength(3);
    expect(run.own).not.toHaveProperty('removed');
    expect(run.own).not.toHaveProperty('guard');
  });

  it('is taken out once, is no other arm, and never the baseline', () => {
    const run = removed();
    const rollback = (arm: string) => run.send({ type: 'rollback', by: 'ann', reason: 'x', arm });
    for (const arm of ['b', 'a', 'z']) {
      expect(rollback(arm).refused).toBe(`'${arm}' is no arm that could be taken out: there are c`);
      expect(run.own.phase).toBe('running');
    }
    expect(rollback('c').refused).toBeUndefined();
    expect(run.own.phase).toBe('rolled-back');
  });

  it('ends a bandit whose winner it is: a late rollback of a frozen arm leads to the baseline', () => {
    const run = new Run(guarded({ freeze: 'winner' }));
    const frozen = { ...run.own, phase: 'promoted', leader: 'b' } as const;
    run.state = { ...run.state, own: frozen };
    run.send({ type: 'rollback', by: 'guardrail', reason: 'x', arm: 'b', attempt: 1, alert: 'guardrail-failed' });
    expect(run.own).toMatchObject({ phase: 'rolled-back', leader: '' });
  });
});

describe('the severity of a guardrail of a bandit', () => {
  const withSeverity = (severity: 'hold' | 'shrink' | 'quarantine', more: object = {}) =>
    new Run(bandit({ guardrails: [maxErrorRate(0.05, { severity })], ...more }));

  it('hold leaves the shares as they are until a person approves, which excuses the guardrail for that arm', () => {
    const run = withSeverity('hold');
    run.see({ a: yes(400, 40), b: { ...yes(400, 300), errors: 200 }, c: yes(400, 40) });
    expect(obey(run)).toEqual([]);
    expect(alertsOf(run)).toMatchObject([{ alert: 'held', severity: 'warning' }]);
    expect(run.shares()['b']).toBeCloseTo(1 / 3, 3);
    const words = /^approval, since guardrail maxErrorRate\(0\.05\) of b holds it/;
    expect(run.last.verdicts?.[0]?.waitingFor?.at(-1)).toMatch(words);
    expect(run.strategy.status(run.state, run.scope).waitingFor.at(-1)).toMatch(words);
    expect(run.order('approve')).toBeUndefined();
    run.tick();
    expect(run.shares()['b']).toBeGreaterThan(0.9);
    expect(run.own.guard?.excused).toEqual(['maxErrorRate(0.05) of b']);
    expect(run.order('approve')).toBe('no approval is waited for');
  });

  it('hold keeps a winner from being frozen by rule', () => {
    const run = withSeverity('hold', { freeze: 'winner' });
    run.see({ a: yes(4000, 400), b: { ...yes(4000, 3000), errors: 2000 }, c: yes(4000, 400) });
    run.tick();
    expect(run.own.phase).toBe('running');
    run.order('approve');
    run.tick();
    expect(run.own).toMatchObject({ phase: 'promoted', leader: 'b' });
  });

  it('hold ends with a rejection of all arms, a promotion, or the arm itself', () => {
    const held = () => {
      const run = withSeverity('hold');
      run.see({ a: fine, b: failing, c: fine });
      run.tick();
      return run;
    };
    const rejected = held();
    rejected.order('reject');
    expect(rejected.own.phase).toBe('rolled-back');
    const promoted = held();
    promoted.order('promote', 'b');
    expect(promoted.own.guard).toEqual({ promotedBy: 'ann' });
    const without = held();
    without.send({ type: 'rollback', by: 'ann', reason: 'x', arm: 'b' });
    expect(without.own.guard?.held).toBeUndefined();
    const others = held();
    others.send({ type: 'rollback', by: 'ann', reason: 'x', arm: 'c' });
    expect(others.own.guard?.held?.rule).toBe('maxErrorRate(0.05) of b');
  });

  it('is forgotten with the model that it was about: an excuse is none for the next one of the name', () => {
    const run = withSeverity('hold');
    run.see({ a: fine, b: failing, c: fine });
    run.tick();
    run.order('approve');
    expect(run.own.guard?.excused).toEqual(['maxErrorRate(0.05) of b']);
    const rules = [maxErrorRate(0.05, { severity: 'hold' })];
    const next = new Run(bandit({ arms: { a: 'v1', b: 'v9', c: 'v3' }, guardrails: rules }), run);
    next.tick();
    expect(next.own.guard?.excused).toBeUndefined();
    next.see({ a: fine, b: failing, c: fine });
    next.tick();
    expect(next.own.guard?.held?.rule).toBe('maxErrorRate(0.05) of b');
    const again = new Run(bandit({ arms: { a: 'v1', b: 'v8', c: 'v3' }, guardrails: rules }), next);
    again.tick();
    expect(again.own.guard?.held).toBeUndefined();
    const kept = new Run(bandit({ arms: { a: 'v1', b: 'v9', c: 'v7' }, guardrails: rules }), next);
    kept.tick();
    expect(kept.own.guard?.held?.rule).toBe('maxErrorRate(0.05) of b');
  });

  it('shrink takes the arm out, since there are no stages', () => {
    const run = withSeverity('shrink');
    run.see({ a: fine, b: failing, c: fine });
    obey(run);
    expect(run.own.removed).toMatchObject([{ name: 'b' }]);
  });

  it('quarantine keeps the bandit from being tried again without an override', () => {
    const run = withSeverity('quarantine', { arms: { a: 'v1', b: 'v2' } });
    run.see({ a: fine, b: failing });
    obey(run);
    expect(alertsOf(run)).toMatchObject([{ alert: 'quarantined' }]);
    for (const type of ['reset', 'resume'] as const) expect(run.order(type)).toMatch(/^it is quarantined: /);
    expect(run.order('promote', 'b')).toMatch(/^it is quarantined: /);
    expect(run.send({ type: 'resume', by: 'ann', override: true }).refused).toBeUndefined();
    expect(run.own).toMatchObject({ phase: 'running', attempt: 2 });
  });
});

describe('a bandit and a person', () => {
  it('no guardrail undoes what a person has promoted, and all of them judge again when it is explored anew', () => {
    const run = new Run(guarded());
    run.order('promote', 'b');
    const late: Command = { type: 'rollback', by: 'guardrail', reason: 'x', node: 'bandit', attempt: 1, arm: 'b' };
    expect(run.send(late).refused).toBe('it was promoted by ann: only a person rolls it back');
    expect(run.own.phase).toBe('promoted');
    run.order('resume');
    run.see({ a: fine, b: failing, c: fine });
    expect(obey(run)).toMatchObject([{ arm: 'b' }]);
    expect(run.own.removed).toMatchObject([{ name: 'b' }]);
  });
});

describe('a bandit that only observes', () => {
  it('judges and learns, tells once what it would have done, and gives nobody another share', () => {
    const run = new Run(guarded({ mode: 'observe' }));
    run.see({ a: yes(400, 40), b: { ...yes(400, 300), errors: 200 }, c: yes(400, 40) });
    expect(obey(run)).toEqual([]);
    expect(alertsOf(run).map(({ alert, wouldHave }) => [alert, wouldHave])).toEqual([
      ['would-have', 'rollback'],
      ['would-have', undefined],
    ]);
    expect(run.shares()['b']).toBeCloseTo(1 / 3, 3);
    expect(run.own.epoch).toBe(1);
    expect(run.report().arms[0]?.mean).toBeCloseTo(0.75, 6);
    expect(run.strategy.status(run.state, run.scope).detail).toMatchObject({
      wouldHave: ['rollback: guardrail maxErrorRate(0.05) of b', 'give other shares'],
    });
    const { state } = run;
    run.tick();
    expect(run.state).toBe(state);
    expect(alertsOf(run)).toEqual([]);
  });

  it('freezes no winner, and obeys people', () => {
    const run = new Run(bandit({ mode: 'observe', freeze: 'winner' }));
    run.see({ a: yes(4000, 400), b: yes(4000, 2000), c: yes(4000, 400) });
    run.tick();
    expect(run.own.phase).toBe('running');
    expect(alertsOf(run)).toMatchObject([{ alert: 'would-have', severity: 'info' }]);
    expect(run.strategy.status(run.state, run.scope).detail).toMatchObject({ wouldHave: ['freeze b'] });
    expect(run.order('promote')).toBeUndefined();
    expect(run.shares()).toEqual({ b: 1, a: 0 });
  });

  it('shares edited arms equally, whatever it knows', () => {
    const run = new Run(bandit({ mode: 'observe' }));
    run.see({ a: yes(4000, 400), b: yes(4000, 2000), c: yes(4000, 400) });
    const more = new Run(bandit({ mode: 'observe', arms: { a: 'v1', b: 'v2', c: 'v3', d: 'v4' } }), run);
    more.tick();
    for (const share of Object.values(more.shares())) expect(share).toBeCloseTo(0.25, 3);
  });
});

describe('a reward that a bandit cannot learn from', () => {
  const look = (run: Run) => run.tick().verdicts?.[0];

  it('is a ratio: it says so at every look and once to everybody, and learns nothing from numerators', () => {
    const run = new Run(bandit({ reward: 'clickRate', freeze: 'winner' }));
    run.see({
      a: values(4000, 0.1, 0.1, 'clickRate'),
      b: values(4000, 5, 0.1, 'clickRate'),
      c: values(4000, 0.1, 0.1, 'clickRate'),
    });
    const first = look(run);
    const reason =
      "'clickRate' is a ratio() metric, and a bandit learns from means: report a binary() or continuous() one, such as clicks per unit";
    expect(first).toEqual({
      node: 'bandit',
      verdicts: [{ rule: 'clickRate', outcome: 'error', reason, n: 0 }],
      waitingFor: [`a reward to learn from: ${reason}`],
    });
    expect(alertsOf(run)).toMatchObject([{ alert: 'rule-error', rule: 'clickRate' }]);
    expect(look(run)?.verdicts[0]?.outcome).toBe('error');
    expect(alertsOf(run)).toEqual([]);
    expect(run.own).toMatchObject({ phase: 'running', epochs: 1 });
    expect(run.order('promote')).toMatch(/^name the arm/);
    expect(run.report()).toMatchObject({ leader: null, eValue: null });
  });
});

describe('options of a guarded bandit', () => {
  it('name the metrics of their guardrails to the router', () => {
    expect(bandit({ guardrails: [noWorseThan('revenue')] }).metrics).toEqual(['clicked', 'revenue']);
  });

  it('are checked', () => {
    const arms = { a: 'v1', b: 'v2' };
    const make = (more: object) => () => new Bandit({ arms, reward: 'clicked', baseline: 'a', ...more });
    expect(make({ guardrails: [1] })).toThrow('strategy.guardrails[0]: must be a guardrail');
    expect(make({ guardrailAlpha: 1 })).toThrow('strategy.guardrailAlpha');
    expect(make({ mode: 'off' })).toThrow('strategy.mode');
    expect(make({ alpha: 0.1, guardrails: [] })).toThrow("strategy.alpha: must be left out without freeze: 'winner'");
  });

  it('leave a state of before there were guardrails as it is', () => {
    const run = new Run(bandit());
    expect(run.strategy.restore(JSON.parse(JSON.stringify(run.state)))).toEqual(run.state);
    const bad = { ...run.state, own: { ...run.own, removed: [{ name: 'b' }] } };
    expect(() => run.strategy.restore(bad)).toThrow('own.removed[0].leads');
    const worse = { ...run.state, own: { ...run.own, judgedSince: { block: -1, epoch: 1 } } };
    expect(() => run.strategy.restore(worse)).toThrow('own.judgedSince.block');
  });
});
