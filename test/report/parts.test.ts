import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { datedEpochs, exposuresOf, isBegunUnknown, sharesOf } from '../../src/report/epochs.js';
import { regretOf } from '../../src/report/regret.js';
import { differenceUnit, marginOf, ruleNameOf, sharesIn, spentOf, verdictsIn } from '../../src/report/rules.js';
import type { NodeReport } from '../../src/runtime/reporting/rollout-report.js';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { maxErrorRate } from '../../src/analysis/max-error-rate.js';

describe('what a rule says in its name', () => {
  test('is read as the rules write it', () => {
    expect(ruleNameOf(noWorseThan('clicked', { margin: 0.01 }).name)).toEqual({ metric: 'clicked', margin: 0.01 });
    expect(ruleNameOf(noWorseThan('a (b), c', { relativeMargin: 1e-7 }).name)).toEqual({
      metric: 'a (b), c',
      relativeMargin: 1e-7,
    });
    expect(ruleNameOf(noWorseThan('clicked').name)).toEqual({ metric: 'clicked' });
    expect(ruleNameOf('a rule of my own')).toBeUndefined();
  });

  test('gives a margin on the side of what is worse', () => {
    const rules = [
      maxErrorRate(0.05).name,
      noWorseThan('a', { margin: 2 }).name,
      noWorseThan('b', { relativeMargin: 0.1 }).name,
    ].map((rule) => ({ rule }));
    expect(marginOf(rules, 'a', 'higher', null)).toBe(-2);
    expect(marginOf(rules, 'a', 'lower', null)).toBe(2);
    expect(marginOf(rules, 'b', 'higher', -5)).toBe(-0.5);
    expect(marginOf(rules, 'b', 'higher', null)).toBeUndefined();
    expect(marginOf(rules, 'c', 'higher', 1)).toBeUndefined();
    expect(marginOf([{ rule: 'noWorseThan(a)' }, ...rules], 'a', 'lower', 1)).toBe(2);
  });

  test('rates differ by points, latencies by the fraction of slow calls, amounts by their unit', () => {
    expect(
      ['clicked', 'latency', 'error', 'mismatch'].map((metric) => differenceUnit(metric, metric === 'clicked', {})),
    ).toEqual(Array(4).fill('points'));
    expect(differenceUnit('revenue', false, { revenue: '€' })).toBe('€');
    expect(differenceUnit('revenue', false, {})).toBe('');
  });
});

test('alpha is spent by what was judged: alpha times e-value', () => {
  expect(spentOf({ outcome: 'inconclusive', alpha: 0.01, eValue: 25 })).toBe(0.25);
  expect(spentOf({ outcome: 'insufficient-data', alpha: 0.01, eValue: 25 })).toBe(0);
  expect(spentOf({ outcome: 'fail', alpha: 0.01 })).toBeUndefined();
  expect(spentOf({ outcome: 'fail', eValue: 3 })).toBeUndefined();
});

test('facts of other shapes hold neither verdicts nor shares', () => {
  const verdict = { rule: 'r', outcome: 'fail', reason: 'x', n: 1 };
  expect(verdictsIn({ verdicts: [verdict, null, 3, { rule: 'r' }] })).toEqual([verdict]);
  for (const verdicts of [null, 'x', {}]) expect(verdictsIn({ verdicts })).toEqual([]);
  expect(sharesIn({ shares: { a: 0.5, b: 'x' } })).toEqual({ a: 0.5 });
  for (const shares of [null, [1], {}, 'x']) expect(sharesIn({ shares })).toBeUndefined();
  expect(sharesIn({})).toBeUndefined();
});

describe('regret', () => {
  test('is what each request lost to the best arm, added up one by one', () => {
    const means = { a: 0.1, b: 0.3, c: 0.2 };
    const arm = fc.constantFrom<keyof typeof means>('a', 'b', 'c');
    fc.assert(
      fc.property(
        fc.array(arm, { maxLength: 40 }),
        fc.constantFrom<'higher' | 'lower'>('higher', 'lower'),
        (pulled, better) => {
          const best = better === 'higher' ? 0.3 : 0.1;
          const lost = pulled.reduce((sum, name) => sum + Math.abs(best - means[name]), 0);
          const exposed = Object.fromEntries(
            Object.keys(means).map((name) => [name, pulled.filter((other) => other === name).length]),
          );
          const [point] = regretOf([{ at: 7, exposed }], means, better);
          expect(point?.at).toBe(7);
          expect(point?.regret).toBeCloseTo(lost, 9);
          // Equal shares lose the mean of the gaps at each request.
          expect(point?.even).toBeCloseTo((pulled.length * (better === 'higher' ? 0.3 : 0.3)) / 3, 9);
        },
      ),
    );
  });

  test('counts an arm that was never given as nothing', () => {
    expect(regretOf([{ at: 0, exposed: { a: 10 } }], { a: 1, b: 2 })).toEqual([{ at: 0, regret: 10, even: 5 }]);
  });
});

describe('epochs', () => {
  const entry = (revision: number, at: number) => ({
    revision,
    at,
    replica: 'r',
    node: 'n',
    from: 'a',
    to: 'b',
    why: 'c',
    facts: {},
  });
  const epoch = (number: number, from: number | null, to: number, a: number) => ({
    epoch: number,
    from,
    to,
    shares: { a: 0.5, b: 0.5 },
    exposed: { a, b: 1 },
  });
  const node = (epochs: NodeReport['epochs'], history: NodeReport['history'] = []) =>
    ({ epochs, history, comparisons: [] }) as unknown as NodeReport;

  test('begin with the decision that opened them, else with their first bucket, else where the one before ended', () => {
    const began = (of: NodeReport) => datedEpochs(of).map((dated) => dated.began);
    expect(began(node([epoch(1, 0, 50, 1), epoch(2, 40, 90, 1)], [entry(1, 3), entry(2, 44)]))).toEqual([3, 44]);
    expect(began(node([epoch(1, 0, 50, 1), epoch(2, 40, 90, 1)]))).toEqual([0, 40]);
    expect(began(node([epoch(1, 0, 50, 1), epoch(2, null, 90, 1)]))).toEqual([0, 50]);
    // A clock that went back does not take the picture back.
    expect(began(node([epoch(1, 10, 50, 1), epoch(2, 5, 90, 1)]))).toEqual([10, 10]);
  });

  test('of which the first is folded begin a piece before what is known', () => {
    const folded = node([epoch(1, null, 100, 1), epoch(2, 100, 200, 1)]);
    expect(isBegunUnknown(folded)).toBe(true);
    expect(isBegunUnknown(node([epoch(1, null, 100, 1)], [entry(1, 50)]))).toBe(false);
    expect(isBegunUnknown(node([epoch(1, 5, 100, 1)]))).toBe(false);
    expect(isBegunUnknown(node([]))).toBe(false);
    expect(datedEpochs(folded)[0]?.began).toBe(100 - 0.08 * 100);
  });

  test('add their exposures up', () => {
    const dated = datedEpochs(node([epoch(1, 0, 50, 10), epoch(2, 50, 90, 5)]));
    expect(exposuresOf(dated, ['a', 'b'], 95).points).toEqual([
      { at: 0, counts: { a: 0, b: 0 } },
      { at: 50, counts: { a: 10, b: 1 } },
      { at: 95, counts: { a: 15, b: 2 } },
    ]);
    expect(exposuresOf([], ['a'], 95).points).toEqual([]);
    expect(sharesOf(dated, node([]), 95).points.map(({ at }) => at)).toEqual([0, 50]);
  });

  test('of a node that counts nothing itself are its moves from arm to arm', () => {
    const moves = [
      { ...entry(1, 100), from: 'a', to: 'b' },
      { ...entry(2, 150), from: 'b', to: 'b' },
      { ...entry(3, 180), from: 'b', to: 'gone' },
    ];
    const pipeline = { ...node([], moves), shares: { a: 0, b: 1 } };
    expect(sharesOf([], pipeline, 200).points).toEqual([
      { at: 92, shares: { a: 1, b: 0 } },
      { at: 100, shares: { a: 0, b: 1 } },
    ]);
    expect(sharesOf([], { ...pipeline, history: [] }, 200).points).toEqual([]);
  });
});
