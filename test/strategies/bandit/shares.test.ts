import { describe, expect, it } from 'vitest';
import { type BanditEvidence, epsilonGreedy, ucb1 } from '../../../src/bandits/index.js';
import { hash32 } from '../../../src/core/hash.js';
import type { Plan, Split } from '../../../src/plan/plan.js';
import { bandit, hour, minute, Run, values, yes } from './cases.js';

const units = Array.from({ length: 4000 }, (_, index) => `u${index}`);
const splitOf = (plan: Plan<string>): Split<string> => {
  if (plan.op !== 'split') throw new Error(`no split but ${plan.op}`);
  return plan;
};
/** Where each unit goes, by the definition of hashing and cuts. */
const armsOf = (plan: Plan<string>) => {
  const split = splitOf(plan);
  const seed = hash32(split.salt);
  return units.map((unit) => {
    const hash = hash32(unit, seed);
    return split.arms[split.cuts.find(({ below }) => hash < below)?.arm ?? -1]?.arm;
  });
};
const sum = (shares: Record<string, number>) => Object.values(shares).reduce((total, share) => total + share, 0);

describe('a bandit', () => {
  it('starts with equal shares, the baseline last, and draws for who has no unit', () => {
    const run = new Run(bandit());
    expect(run.plan()).toMatchObject({
      op: 'split',
      epoch: 1,
      salt: 'bandit',
      missing: 'draw',
      counts: true,
      fallback: 'v1',
    });
    expect(splitOf(run.plan()).arms.map(({ arm, share }) => [arm, share])).toEqual(
      ['b', 'c', 'a'].map((arm) => [arm, expect.closeTo(1 / 3, 9)]),
    );
    expect(run.plan()).not.toHaveProperty('unit');
    expect(new Run(bandit({ unit: 'tenant', salt: 's' })).plan()).toMatchObject({ unit: 'tenant', salt: 's' });
  });

  it('gives more to the arm that earns more, once the batch is over, as an epoch of its own', () => {
    const run = new Run(bandit());
    run.see({ a: yes(1000, 100), b: yes(1000, 200), c: yes(1000, 100) });
    run.tick(59 * minute);
    expect(run.own.epoch).toBe(1);
    run.tick(minute);
    expect(run.own).toMatchObject({ epoch: 2, epochs: 2, since: run.now });
    expect(run.shares()['b']).toBeCloseTo(0.98, 4);
    expect(sum(run.shares())).toBeCloseTo(1, 9);
    expect(run.last.notices).toMatchObject([
      { type: 'transition', data: { from: 'running', to: 'running', shares: run.shares() } },
    ]);
    // Nothing new: nothing changes.
    const before = run.state;
    run.tick();
    expect(run.state).toBe(before);
  });

  it('keeps every arm at its floor, however bad it is', () => {
    const run = new Run(bandit({ floor: 0.1 }));
    run.see({ a: yes(1e6, 1e5), b: yes(1e6, 2e5), c: yes(1e6, 10) });
    run.tick();
    for (const share of Object.values(run.shares())) expect(share).toBeGreaterThanOrEqual(0.1 - 1e-9);
    expect(run.shares()['b']).toBeCloseTo(0.8, 4);
  });

  it('moves only as many units as the shares move', () => {
    const run = new Run(bandit());
    const before = armsOf(run.plan());
    run.see({ a: yes(200, 20), b: yes(200, 30), c: yes(200, 22) });
    run.tick();
    const after = armsOf(run.plan());
    const moved = before.filter((arm, index) => arm !== after[index]).length / units.length;
    const shares = run.shares();
    const least = Object.values(shares).reduce((total, share) => total + Math.max(0, share - 1 / 3), 0);
    expect(least).toBeGreaterThan(0.1);
    expect(Math.abs(moved - least)).toBeLessThan(0.03);
    expect(before.every((arm, index) => arm !== 'b' || after[index] === 'b')).toBe(true);
  });

  it('does not open an epoch for a change that is smaller than a hundredth', () => {
    const near = (epsilon: number) => {
      const run = new Run(
        bandit({ arms: { a: 'v1', b: 'v2' }, policy: epsilonGreedy({ epsilon }), floor: 0, minExploration: 0 }),
      );
      run.see({ a: yes(100, 10), b: yes(100, 20) });
      run.tick();
      return run.own.epoch;
    };
    // The better arm gets 1 - epsilon / 2, from one half.
    expect(near(0.982)).toBe(1);
    expect(near(0.978)).toBe(2);
  });

  it('gives an arm with too few rewards an equal share', () => {
    const run = new Run(bandit({ minExploration: 100, floor: 0 }));
    run.see({ a: yes(1000, 100), b: yes(1000, 300), c: yes(99, 0) });
    run.tick();
    expect(run.shares()['c']).toBeCloseTo(1 / 3, 6);
    expect(run.last.verdicts?.[0]?.waitingFor).toEqual(['1 more exposures of c']);
    const enough = new Run(bandit({ minExploration: 99, floor: 0 }));
    enough.strata = run.strata;
    enough.tick();
    expect(enough.shares()['c']).toBeLessThan(0.01);
  });

  it('waits for the window of a reward to close, and counts a late one in the epoch of its exposure', () => {
    const run = new Run(bandit({ floor: 0 }));
    run.see({ a: yes(1000, 0), b: yes(1000, 0), c: yes(1000, 0) });
    // The windows of ten minutes are open until then.
    run.now += 9 * minute;
    expect(run.report().arms.map(({ rewards }) => rewards)).toEqual([0, 0, 0]);
    run.now += minute;
    expect(run.report().arms.map(({ rewards }) => rewards)).toEqual([1000, 1000, 1000]);
    run.tick();
    const equal = run.own.epoch;
    // Rewards of the first epoch come in while another is in force.
    run.see({ a: yes(0, 10), b: yes(0, 200), c: yes(0, 10) }, 1);
    run.tick();
    expect(run.own.epoch).toBeGreaterThan(equal);
    expect(run.shares()['b']).toBeGreaterThan(0.9);
  });

  it('does not take good days for a good arm', () => {
    const run = new Run(bandit({ arms: { a: 'v1', b: 'v2' }, floor: 0 }));
    run.strata.push(
      {
        epoch: 1,
        cells: { b: yes(10_000, 230), a: yes(990_000, 20_000) },
        from: 0,
        to: minute,
        shares: { b: 0.01, a: 0.99 },
      },
      {
        epoch: 1.5,
        cells: { b: yes(500_000, 6_000), a: yes(500_000, 5_000) },
        from: 0,
        to: minute,
        shares: { b: 0.5, a: 0.5 },
      },
    );
    run.tick();
    expect(run.shares()['b']).toBeGreaterThan(0.99);
  });

  it.each([
    [
      'complained',
      { a: yes(1000, 200, 'complained'), b: yes(1000, 100, 'complained'), c: yes(1000, 220, 'complained') },
    ],
    ['rating', { a: values(1000, 3, 1), b: values(1000, 4, 1), c: values(1000, 3, 1) }],
    ['cost', { a: values(1000, 3, 1, 'cost'), b: values(1000, 2, 1, 'cost'), c: values(1000, 3, 1, 'cost') }],
    [
      'revenue',
      { a: values(1000, 10, 400, 'revenue'), b: values(1000, 20, 400, 'revenue'), c: values(1000, 9, 400, 'revenue') },
    ],
    [
      'error',
      { a: { outcomes: 1000, errors: 100 }, b: { outcomes: 1000, errors: 10 }, c: { outcomes: 1000, errors: 90 } },
    ],
    [
      'latency',
      Object.fromEntries(
        [
          ['a', 200],
          ['b', 100],
          ['c', 210],
        ].map(([arm, ms]) => [
          arm,
          { outcomes: 200, latenciesMs: Array.from({ length: 200 }, (_, i) => (ms as number) * (0.5 + i / 200)) },
        ]),
      ),
    ],
  ])('learns from %s, whichever way is better', (reward, cells) => {
    for (const policy of [undefined, ucb1()]) {
      const run = new Run(bandit({ reward, minExploration: 10, ...(policy && { policy }) }));
      run.see(cells);
      run.tick();
      expect(run.shares()['b']).toBe(Math.max(...Object.values(run.shares())));
      expect(run.shares()['b']).toBeGreaterThan(0.4);
      expect(run.report().leader).toBe('b');
    }
  });

  it('hands its policy rewards in [0, 1], by the cap where there is one, and the size of a batch', () => {
    const seen: BanditEvidence[] = [];
    const policy = {
      name: 'witness',
      weights: (evidence: BanditEvidence) => {
        seen.push(evidence);
        return evidence.arms.map(() => 1 / evidence.arms.length);
      },
      choose: () => 0,
    };
    const run = new Run(bandit({ reward: 'revenue', policy }));
    run.see({
      a: values(1000, 10, 400, 'revenue'),
      b: values(3000, 20, 400, 'revenue'),
      c: values(0, 0, 0, 'revenue'),
    });
    run.tick(2 * hour);
    // In the order b, c, a; 4000 rewards in two hours, and a batch is one.
    expect(seen[0]?.batch).toBeCloseTo(2000, 6);
    expect(seen[0]?.arms.map(({ n, sum }) => [n, sum])).toEqual([
      [3000, expect.closeTo(600, 6)],
      [0, 0],
      [1000, expect.closeTo(100, 6)],
    ]);
    expect(seen[0]?.arms[2]?.sumSq).toBeCloseTo(1000 * (0.04 + 0.01), 6);
  });

  it('lets batches grow with the attempt, so that no epoch is forgotten', () => {
    const run = new Run(bandit({ batchMs: hour }));
    const opened: number[] = [];
    for (let tick = 0; tick < 600; tick += 1) {
      const epoch = run.own.epoch;
      // The better arm changes every time, so that the shares would always move.
      const best = tick % 2 === 0 ? 'b' : 'c';
      run.see({
        a: yes(100 * 3 ** (tick % 5), 10),
        b: yes(1000, best === 'b' ? 900 : 0),
        c: yes(1000, best === 'c' ? 900 : 0),
      });
      if (tick % 40 === 0) run.strata = run.strata.slice(-1);
      run.tick(hour);
      if (run.own.epoch !== epoch) opened.push(tick);
    }
    expect(opened.length).toBeGreaterThan(10);
    expect(opened.length).toBeLessThan(60);
  });

  it('lets rewards fade where it is told to, by new epochs even when no share moves', () => {
    const run = new Run(bandit({ arms: { a: 'v1', b: 'v2' }, halfLifeMs: 8 * hour }));
    run.see({ a: yes(1000, 100), b: yes(1000, 300) });
    run.tick();
    expect(run.shares()['b']).toBeCloseTo(0.99, 3);
    const { epoch } = run.own;
    run.tick(hour);
    expect(run.own.epoch).toBe(epoch);
    run.tick(hour);
    expect(run.own.epoch).toBe(epoch + 1);
    expect(run.own.why).toContain('fade');
    // What was a winner a week ago counts little beside what is seen now.
    run.tick(7 * 24 * hour);
    run.see({ a: yes(1000, 300), b: yes(1000, 100) });
    run.tick(hour);
    expect(run.shares()['a']).toBeCloseTo(0.99, 3);
    const [b] = run.report().arms;
    expect(b).toMatchObject({ arm: 'b', exposed: 2000 });
    expect(b?.rewards).toBeLessThan(1000);
    expect(b?.effectiveRewards).toBeGreaterThanOrEqual(b?.rewards as number);
    expect(run.last.verdicts?.[0]?.verdicts[0]?.reason).toMatch(/of 9\d\d, as good as 1\d\d\d exposures|of \d+/);
  });

  it('leaves out what is older than its window', () => {
    const run = new Run(bandit({ arms: { a: 'v1', b: 'v2' }, windowMs: 8 * hour }));
    run.see({ a: yes(1000, 100), b: yes(1000, 300) });
    run.tick();
    run.tick(7 * hour);
    expect(run.report().arms[0]?.rewards).toBe(0);
    run.see({ a: yes(1000, 300), b: yes(1000, 100) });
    run.tick(hour);
    expect(run.shares()['a']).toBeCloseTo(0.99, 3);
  });

  it('says what is wrong where its metric is not there', () => {
    const run = new Run(bandit({ reward: 'nothing' }));
    run.tick();
    expect(run.own.epoch).toBe(1);
    expect(run.last.verdicts?.[0]?.verdicts).toMatchObject([
      { outcome: 'error', reason: "there is no metric 'nothing'" },
    ]);
    expect(run.order('promote')).toContain('name the arm');
    expect(run.report()).toMatchObject({ leader: null, winner: null, eValue: null });
  });
});
