import { describe, expect, it } from 'vitest';
import { fold } from '../../../src/evidence/fold.js';
import type { View } from '../../../src/strategies/strategy.js';
import { sampleRatioMismatch } from '../../../src/strategies/ab-test/sample-ratio.js';
import { fakeStratum } from '../view.js';
import { type Facts, minute, scopeAt, viewOf, tick, order, promote, clicks, better, ab, after } from './cases.js';

describe('the sample ratio of an A/B test', () => {
  const lossy = [{ cells: { b: clicks(4500, 700), a: clicks(5000, 500) } }];

  it('raises an alert once, keeps it, and blocks every winner', () => {
    const test = ab({ then: 'promote' });
    const first = test.reduce(test.init(0, scopeAt()), tick, viewOf(lossy), scopeAt(2));
    expect(first.notices).toEqual([
      {
        type: 'alert',
        node: 'ab',
        data: {
          alert: 'sample-ratio',
          severity: 'warning',
          attempt: 1,
          why: 'units do not arrive in their shares: 4500 to b where 4750 were due, 5000 to a where 4750 were due',
        },
      },
    ]);
    expect(first.state.own).toMatchObject({ phase: 'running', result: 'undecided' });
    expect(first.urgent).toBeUndefined();
    expect(first.verdicts?.[0]?.waitingFor?.[0]).toContain('a person, since units do not arrive');
    const worse = [{ cells: { b: clicks(4000, 700), a: clicks(5000, 500) } }];
    for (const strata of [better, lossy, worse]) {
      const second = test.reduce(first.state, tick, viewOf(strata), scopeAt(3));
      expect(second.state).toBe(first.state);
      expect(second.notices).toEqual([]);
    }
  });

  it('refuses to promote by estimates then, but not an arm that a person names', () => {
    const test = ab();
    const state = after(test, [[tick, viewOf(lossy)]]);
    expect(test.reduce(state, promote(), viewOf(lossy), scopeAt(3)).refused).toContain('name the arm: estimates');
    expect(test.reduce(state, promote('b'), viewOf(lossy), scopeAt(3)).state.own.phase).toBe('promoted');
  });

  it('stops at the planned size all the same, acts on nothing, and says why', () => {
    const test = ab({ then: 'promote', plannedUnits: 9000 });
    expect(after(test, [[tick, viewOf(lossy)]]).own).toMatchObject({
      phase: 'stopped',
      result: 'planned-size',
      leader: '',
      why: expect.stringContaining('units was reached, but units do not arrive in their shares'),
    });
  });

  it('is found while the test is paused or stopped', () => {
    const test = ab();
    const paused = after(test, [[order('pause')]]);
    expect(test.reduce(paused, tick, viewOf(lossy), scopeAt(3)).notices).toHaveLength(1);
    const stopped = after(test, [[tick, viewOf(better)]]);
    expect(test.reduce(stopped, tick, viewOf(lossy), scopeAt(3)).notices).toHaveLength(1);
  });

  it('leaves an honest ramp alone, by epoch, folded or not', () => {
    const ramp: readonly Facts[] = [
      { epoch: 1, from: 0, to: minute, shares: { b: 0.1, a: 0.9 }, cells: { b: clicks(1000, 1), a: clicks(9000, 9) } },
      {
        epoch: 2,
        from: minute,
        to: 2 * minute,
        shares: { b: 0.5, a: 0.5 },
        cells: { b: clicks(5000, 5), a: clicks(5000, 5) },
      },
    ];
    const test = ab();
    expect(test.reduce(test.init(0, scopeAt()), tick, viewOf(ramp), scopeAt(3)).notices).toEqual([]);
    const view: View = {
      ...viewOf(),
      evidence: () => ramp.map((facts) => fold(fakeStratum({ node: 'ab', ...facts }))),
    };
    expect(test.reduce(test.init(0, scopeAt()), tick, view, scopeAt(3)).notices).toEqual([]);
  });

  it('bets epoch by epoch in their order, in whatever order the strata come', () => {
    const epochs = (b: number): readonly Facts[] => [
      { epoch: 1, shares: { b: 0.1, a: 0.9 }, cells: { b: clicks(130, 0), a: clicks(900, 0) } },
      { epoch: 2, from: minute, to: 2 * minute, cells: { b: clicks(b, 0), a: clicks(500, 0) } },
    ];
    const found = (strata: readonly Facts[]) =>
      sampleRatioMismatch(strata.map((facts) => fakeStratum({ node: 'ab', ...facts }))) !== undefined;
    const counts = Array.from({ length: 200 }, (_, index) => 450 + index * 2);
    const alarms = counts.filter((b) => found(epochs(b)));
    expect(alarms.length).toBeGreaterThan(10);
    expect(alarms.length).toBeLessThan(190);
    expect(counts.filter((b) => found([...epochs(b)].reverse()))).toEqual(alarms);
  });

  it('takes a unit of an arm without a share for broken at once', () => {
    const impossible = [{ shares: { a: 1, b: 0 }, cells: { b: clicks(1, 0), a: clicks(10, 1) } }];
    expect(after(ab(), [[tick, viewOf(impossible)]]).own.mismatch).toBe('units were counted for b, which had no share');
  });

  it('alarms at an e-value of a thousand, and not below', () => {
    // Halves of n units against 1/2: the Dirichlet-multinomial with 50 and 50, as Lindon and Malek (2022) give it.
    const logE = (b: number, a: number) => {
      let log = 0;
      let [x, y] = [0, 0];
      for (let unit = 0; unit < b + a; unit += 1) {
        const isB = unit < b;
        log += Math.log((50 + (isB ? x : y)) / (100 + unit)) - Math.log(0.5);
        if (isB) x += 1;
        else y += 1;
      }
      return log;
    };
    let b = 500;
    while (logE(b, 500) < Math.log(1000)) b -= 1;
    const mismatch = (count: number) =>
      after(ab(), [[tick, viewOf([{ cells: { b: clicks(count, 0), a: clicks(500, 0) } }])]]).own.mismatch;
    expect(mismatch(b)).not.toBe('');
    expect(mismatch(b + 1)).toBe('');
  });
});
