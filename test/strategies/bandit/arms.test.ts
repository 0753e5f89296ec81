import { describe, expect, it } from 'vitest';
import { Bandit } from '../../../src/strategies/bandit.js';
import { bandit, Run, yes } from './cases.js';

const seen = { a: yes(1000, 100), b: yes(1000, 200), c: yes(1000, 150) };
const learnt = () => {
  const run = new Run(bandit());
  run.see(seen);
  run.tick();
  return run;
};
const models = (run: Run) => {
  const plan = run.plan();
  return plan.op === 'split' ? plan.arms.map(({ arm, plan: leaf }) => [arm, leaf.op === 'serve' && leaf.model]) : plan;
};

describe('the arms of a bandit, edited in a later deployment', () => {
  it('do not make it another node, so that its state is kept', () => {
    const { shape } = bandit();
    expect(bandit({ arms: { a: 'v1', b: 'v2' } }).shape).toEqual(shape);
    expect(bandit({ baseline: 'b' }).shape).not.toEqual(shape);
  });

  it('are added with an equal share, and the others keep their evidence', () => {
    const old = learnt();
    const run = new Run(bandit({ arms: { a: 'v1', b: 'v2', c: 'v3', d: 'v4' } }), old);
    expect(models(run)).toEqual([
      ['b', 'v2'],
      ['c', 'v3'],
      ['a', 'v1'],
    ]);
    expect(run.order('promote', 'd')).toContain('from the next tick on');
    run.tick(1000);
    expect(run.own.arms.map(({ name }) => name)).toEqual(['b', 'c', 'd', 'a']);
    expect(run.own).toMatchObject({ armsEver: 4, epochs: old.own.epochs + 1 });
    expect(run.own.epoch).toBeGreaterThan(old.own.epoch);
    // A quarter of what the floor leaves, and the floor.
    expect(run.shares()['d']).toBeCloseTo(0.01 + 0.96 * 0.25, 4);
    expect(run.shares()['b']).toBeGreaterThan(0.6);
    expect(run.report().arms.map(({ rewards }) => rewards)).toEqual([1000, 1000, 0, 1000]);
  });

  it('are removed: their units go to the baseline at once, and are shared out at the next tick', () => {
    const run = new Run(bandit({ arms: { a: 'v1', c: 'v3' } }), learnt());
    expect(models(run)).toEqual([
      ['b', 'v1'],
      ['c', 'v3'],
      ['a', 'v1'],
    ]);
    run.tick(1000);
    expect(models(run)).toEqual([
      ['c', 'v3'],
      ['a', 'v1'],
    ]);
    expect(run.shares()['c']).toBeGreaterThan(0.9);
    expect(run.report().arms.map(({ rewards }) => rewards)).toEqual([1000, 1000]);
    expect(run.own.armsEver).toBe(3);
  });

  it('begin without evidence where they lead to another model, or come back', () => {
    const run = new Run(bandit({ arms: { a: 'v1', b: 'v9', c: 'v3' } }), learnt());
    run.tick(1000);
    expect(run.own.armsEver).toBe(4);
    expect(run.report().arms.map(({ arm, rewards }) => [arm, rewards])).toEqual([
      ['b', 0],
      ['c', 1000],
      ['a', 1000],
    ]);
    const cells = Object.entries(run.shares()).map(([arm, share]) => {
      return [arm, yes(Math.round(6000 * share), Math.round(600 * share))] as const;
    });
    run.see(Object.fromEntries(cells));
    run.tick();
  });

  it('are judged against the others by the epochs in which they are what they are', () => {
    const old = new Run(bandit());
    old.see({ a: yes(1000, 100), b: yes(1000, 400), c: yes(1000, 100) });
    old.tick();
    const run = new Run(bandit({ arms: { a: 'v1', b: 'v9', c: 'v3' } }), old);
    run.tick(1000);
    // The new b is hardly better, and leads; what the old one earned is not its own.
    const rates: Record<string, number> = { a: 0.1, b: 0.11, c: 0.1 };
    const cells = Object.entries(run.shares()).map(([arm, share]) => {
      return [arm, yes(Math.round(600 * share), Math.round(600 * share * (rates[arm] ?? 0)))] as const;
    });
    run.see(Object.fromEntries(cells));
    run.tick();
    expect(run.report().leader).toBe('b');
    expect(run.report().eValue).toBeLessThan(3);
  });

  it('come in any order of the program without anything happening', () => {
    const old = learnt();
    const run = new Run(bandit({ arms: { b: 'v2', a: 'v1', c: 'v3' } }), old);
    run.tick(1000);
    expect(run.state).toEqual(old.state);
    expect(run.last.notices).toEqual([]);
  });

  it('are adopted after a pause, not in it', () => {
    const old = learnt();
    old.order('pause');
    const run = new Run(bandit({ arms: { a: 'v1', b: 'v2' } }), old);
    run.tick();
    expect(run.own.arms).toHaveLength(3);
    run.order('resume');
    run.tick(1000);
    expect(run.own.arms).toHaveLength(2);
  });

  it('may be the frozen one: then everybody gets the baseline', () => {
    const old = learnt();
    old.order('promote', 'b');
    for (const arms of [
      { a: 'v1', c: 'v3' },
      { a: 'v1', b: 'v9', c: 'v3' },
    ]) {
      const run = new Run(bandit({ arms }), old);
      if (!('b' in arms))
        expect(models(run)).toEqual([
          ['b', 'v1'],
          ['a', 'v1'],
        ]);
      run.tick(1000);
      expect(run.own).toMatchObject({ phase: 'rolled-back', leader: '' });
      expect(run.own.why).toContain("'b' was removed or leads elsewhere");
    }
    const kept = new Run(bandit({ arms: { a: 'v1', b: 'v2' } }), old);
    kept.tick(1000);
    expect(kept.own).toMatchObject({ phase: 'promoted', leader: 'b' });
  });
});

describe('the options of a bandit', () => {
  const of = (more: object) => () => bandit(more);

  it.each([
    [{ arms: { a: 'v1' } }, 'strategy.arms'],
    [
      { arms: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`a${i}`, 'v1'])), baseline: 'a0' },
      'strategy.arms',
    ],
    [{ arms: { a: 'v1', 'b/c': 'v2' } }, "strategy.arms.b/c: must be a name of 1 to 64 characters without '/'"],
    [{ baseline: 'd' }, 'strategy.baseline: must be one of the arms a, b, c (was d)'],
    [{ reward: '' }, 'strategy.reward'],
    [{ floor: 0.34 }, 'strategy.floor: must be at most 1 / 3'],
    [{ floor: 10 }, 'Did you mean 0.1?'],
    [{ batchMs: 0 }, 'strategy.batchMs'],
    [{ minExploration: -1 }, 'strategy.minExploration'],
    [{ halfLifeMs: 1, windowMs: 1 }, 'strategy.windowMs: must be left out with halfLifeMs'],
    [{ halfLifeMs: 1, freeze: 'winner' }, 'strategy.freeze'],
    [{ windowMs: 1, freeze: 'winner' }, 'strategy.freeze'],
    [{ alpha: 0.05 }, 'strategy.alpha: must be left out'],
    [{ alpha: 0, freeze: 'winner' }, 'strategy.alpha: must be a fraction in (0, 1)'],
    [{ policy: {} }, 'strategy.policy: must be a policy'],
    [{ contextual: {} }, 'strategy.contextual.policy: must be a contextual policy'],
    [{ polcy: 1 }, 'Did you mean policy?'],
  ] as const)('%j is refused', (more, message) => {
    expect(of(more)).toThrow(message);
  });

  it('takes a floor that leaves nothing to share, and alpha with a winner', () => {
    expect(of({ floor: 1 / 3 })).not.toThrow();
    expect(of({ alpha: 0.01, freeze: 'winner' })).not.toThrow();
  });

  it('names the models and metrics of the arms and of the reward', () => {
    const { models: reached, metrics } = new Bandit({ arms: { a: 'v1', b: 'v2' }, reward: 'clicked', baseline: 'a' });
    expect(reached).toEqual(['v2', 'v1']);
    expect(metrics).toEqual(['clicked']);
  });
});

describe('a stored state of a bandit', () => {
  const stored = () => structuredClone(learnt().state) as unknown as { own: Record<string, unknown> };
  const restore = (change: Record<string, unknown>) => () => {
    const state = stored();
    Object.assign(state.own, change);
    return bandit().restore(state as never);
  };

  it.each([
    [{ phase: 'frozen' }],
    [{ arms: [] }],
    [{ arms: ['b', 'a'] }],
    [{ arms: ['b', 'b', 'a'].map((name) => ({ name, leads: 'model v1', firstEpoch: 1 })) }],
    [{ arms: ['a', 'b'].map((name) => ({ name, leads: 'model v1', firstEpoch: 1 })) }],
    [
      {
        arms: ['b', 'a'].map((name) => ({ name, leads: 'model v1', firstEpoch: 1 })),
        cuts: [{ below: 2 ** 32, arm: 2 }],
      },
    ],
    [{ cuts: [] }],
    [{ leader: 'b' }],
    [{ phase: 'promoted', leader: '' }],
    [{ phase: 'promoted', leader: 'z' }],
    [{ fit: { sums: [], seed: 1 } }],
    [{ startedAt: -1 }],
    [{ epochs: 1.5 }],
    [{ why: '' }],
  ])('is refused with %j', (change) => {
    expect(restore(change)).toThrow('refused');
  });

  it('is taken as it was written', () => {
    expect(restore({})()).toEqual(learnt().state);
    expect(restore({ phase: 'promoted', leader: 'b' })).not.toThrow();
  });
});
