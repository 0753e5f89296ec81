import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { ClusterCounter } from '../../src/evidence/cluster-counter.js';
import { addClusters, clustersOf, parseClusters, type UnitClusters } from '../../src/evidence/unit-clusters.js';
import { throughJson } from './strata.js';

const none = Array<number>(64).fill(0);
const at = (cluster: number, value: number) => none.map((zero, index) => (index === cluster ? value : zero));
const empty: UnitClusters = { n: {}, sum: {} };

const list = fc.array(fc.nat(9), { minLength: 64, maxLength: 64 });
const lists = fc.dictionary(fc.constantFrom('error', 'clicked', '__proto__'), list).map((record) => ({ ...record }));
const anyClusters: fc.Arbitrary<UnitClusters> = fc.record(
  { exposed: list, outcomes: list, n: lists, sum: lists, covariate: lists },
  { requiredKeys: ['n', 'sum'] },
);

describe('ClusterCounter', () => {
  it('gives what was counted, each in its cluster, and nothing of what was not', () => {
    expect(new ClusterCounter().toJSON()).toEqual(empty);
    const counter = new ClusterCounter();
    counter.expose(0);
    counter.expose(63);
    counter.expose(63);
    counter.settle(1);
    counter.fail(2);
    counter.took(3, Math.E - 1);
    counter.report(4, 'revenue', 2.5);
    counter.report(4, 'revenue', 1);
    counter.count(5, 'revenue', 3);
    counter.covariate(6, 'revenue', -7);
    const { exposed, ...others } = counter.toJSON();
    expect([exposed?.[0], exposed?.[63], exposed?.[1], exposed?.length]).toEqual([1, 2, 0, 64]);
    expect(others).toEqual({
      outcomes: at(1, 1),
      n: { revenue: at(5, 3) },
      sum: { error: at(2, 1), latency: at(3, 1), revenue: at(4, 3.5) },
      covariate: { revenue: at(6, -7) },
    });
  });
});

describe('addClusters', () => {
  it('is a commutative monoid', () => {
    fc.assert(
      fc.property(anyClusters, anyClusters, anyClusters, (a, b, c) => {
        expect(addClusters(a, b)).toEqual(addClusters(b, a));
        expect(addClusters(addClusters(a, b), c)).toEqual(addClusters(a, addClusters(b, c)));
        expect(addClusters(a, empty)).toEqual(a);
      }),
    );
  });

  it('adds cluster by cluster', () => {
    const a = {
      exposed: at(1, 2),
      outcomes: at(1, 3),
      n: { m: at(1, 4) },
      sum: { m: at(1, 5) },
      covariate: { m: at(1, 6) },
    };
    const twice = {
      exposed: at(1, 4),
      outcomes: at(1, 6),
      n: { m: at(1, 8) },
      sum: { m: at(1, 10) },
      covariate: { m: at(1, 12) },
    };
    expect(addClusters(a, a)).toEqual(twice);
  });
});

describe('clustersOf', () => {
  const arm: UnitClusters = {
    exposed: at(0, 5),
    outcomes: at(0, 4),
    n: { m: at(0, 3) },
    sum: { m: at(0, 2) },
    covariate: { m: at(0, 1) },
  };

  it('adds both arms up, over what the metric is a mean of', () => {
    for (const [over, n] of [
      ['exposed', 5],
      ['outcomes', 4],
      ['own', 3],
    ] as const) {
      expect(clustersOf([arm, arm], 'm', over)).toEqual({ n: at(0, 2 * n), sum: at(0, 4), covariate: at(0, 2) });
      expect(clustersOf([arm, undefined], 'm', over)).toEqual({ n: at(0, n), sum: at(0, 2), covariate: at(0, 1) });
    }
  });

  it('takes what was not counted for zeros, and no clusters at all for none', () => {
    expect(clustersOf([empty], 'm', 'exposed')).toEqual({ n: none, sum: none, covariate: none });
    expect(clustersOf([arm], 'constructor', 'own')).toEqual({ n: none, sum: none, covariate: none });
    expect(clustersOf([undefined, undefined], 'm', 'own')).toBeUndefined();
    expect(clustersOf([], 'm', 'own')).toBeUndefined();
  });
});

describe('parseClusters', () => {
  const refusal = (json: unknown): string => {
    try {
      parseClusters('cell', json);
    } catch (error) {
      if (isTurnoutError(error, 'state-unreadable')) return error.message;
    }
    return 'not refused';
  };

  it('reads what was written', () => {
    fc.assert(fc.property(anyClusters, (any) => void expect(parseClusters('c', throughJson(any))).toEqual(any)));
  });

  it('refuses what no counter writes, and says where', () => {
    expect(refusal(3)).toMatch(/^cell: expected an object/);
    expect(refusal({ sum: {} })).toMatch(/^cell\.n: expected an object/);
    expect(refusal({ n: {} })).toMatch(/^cell\.sum: expected an object/);
    for (const key of ['exposed', 'outcomes']) {
      expect(refusal({ ...empty, [key]: none.slice(1) })).toMatch(
        new RegExp(`^cell\\.${key}, its length: .* 64 to 64`),
      );
      expect(refusal({ ...empty, [key]: [...none, 0] })).toMatch(
        new RegExp(`^cell\\.${key}: expected a list of at most 64`),
      );
      expect(refusal({ ...empty, [key]: at(7, -1) })).toMatch(
        new RegExp(`^cell\\.${key}\\[7\\]: expected a number from 0`),
      );
    }
    expect(refusal({ ...empty, n: { m: at(2, -1) } })).toMatch(/^cell\.n\.m\[2\]/);
    expect(refusal({ ...empty, sum: { m: at(2, -1) } })).toBe('not refused');
    expect(refusal({ ...empty, covariate: { m: at(2, -1) } })).toBe('not refused');
    expect(refusal({ ...empty, sum: { m: [...none.slice(1), '1'] } })).toMatch(/^cell\.sum\.m\[63\]/);
    expect(refusal({ ...empty, covariate: { m: [...none.slice(1), null] } })).toMatch(/^cell\.covariate\.m\[63\]/);
    const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, index) => [`m${index}`, none]));
    for (const key of ['n', 'sum', 'covariate']) {
      expect(refusal({ ...empty, [key]: many(258) })).toBe('not refused');
      expect(refusal({ ...empty, [key]: many(259) })).toMatch(new RegExp(`^cell\\.${key}: expected at most 258 keys`));
    }
  });
});
