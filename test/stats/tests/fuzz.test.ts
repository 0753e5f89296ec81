import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as stats from '../../../src/stats/index.js';
import { domainError } from '../near.js';
import { needNumbers } from './need-numbers.js';

describe('fuzzed input', () => {
  const number = fc.oneof(
    fc.constantFrom(0, 1, -1, 0.5, 2, 10, 1e6, 1e12, 2 ** 53, Number.NaN, Infinity, -Infinity, 1e300, 5e-324),
    fc.double(),
    fc.nat(1000),
  );
  const values = fc.array(fc.oneof(fc.nat(5), fc.double({ min: -1e3, max: 1e3, noNaN: true })), { maxLength: 12 });
  const wild = fc.array(number, { maxLength: 6 });
  const anyList = fc.oneof(values, wild);
  const sums = fc.record({ n: number, sum: number, sumSq: number });
  const arm = fc.oneof(
    anyList,
    sums,
    fc.record({ x: number, n: number }),
    fc.record({ n: number, mean: number, sd: number }),
  );
  const pairs = fc.oneof(
    fc.record({ x: anyList, y: anyList, num: anyList, den: anyList }),
    fc.record({ n: number, x: number, y: number, xx: number, yy: number, xy: number }),
  );
  const level = fc.oneof(fc.constant(0.95), number);
  const alternative = fc.constantFrom<stats.Alternative>('two-sided', 'less', 'greater');
  const small = fc.nat(60);
  const input = fc.record({
    x1: fc.oneof(small, number),
    n1: fc.oneof(small, number),
    x2: fc.oneof(small, number),
    n2: fc.oneof(small, number),
    t1: number,
    t2: number,
    table: fc.array(fc.array(fc.oneof(small, number), { minLength: 2, maxLength: 3 }), { minLength: 2, maxLength: 3 }),
    observed: wild,
    expectedProportions: wild,
    a: fc.oneof(anyList, sums),
    b: fc.oneof(anyList, sums),
    control: fc.oneof(arm, pairs),
    treatment: fc.oneof(arm, pairs),
    groups: fc.array(anyList, { maxLength: 4 }),
    strata: fc.array(fc.record({ control: fc.oneof(sums, fc.record({ x: number, n: number })), treatment: sums }), {
      maxLength: 3,
    }),
    kind: fc.constantFrom('binary', 'mean'),
    p0: number,
    margin: number,
    values: anyList,
    q: number,
    alternative,
    level,
  });
  const functions: Record<string, (input: never) => unknown> = {
    twoProportionZTest: stats.twoProportionZTest,
    chiSquareTest: stats.chiSquareTest,
    gTest: stats.gTest,
    fisherExactTest: stats.fisherExactTest,
    poissonRateTest: stats.poissonRateTest,
    welchTTest: stats.welchTTest,
    studentTTest: stats.studentTTest,
    pairedTTest: stats.pairedTTest,
    mannWhitneyUTest: stats.mannWhitneyUTest,
    kolmogorovSmirnovTest: stats.kolmogorovSmirnovTest,
    kruskalWallisTest: stats.kruskalWallisTest,
    mantelHaenszelTest: stats.mantelHaenszelTest,
    stratifiedScoreTest: stats.stratifiedScoreTest,
    nonInferiorityTest: stats.nonInferiorityTest,
    equivalenceTest: stats.equivalenceTest,
    relativeLift: stats.relativeLift,
    ratioMetric: stats.ratioMetric,
    cuped: stats.cuped,
    quantileInterval: stats.quantileInterval,
    proportionDifferenceInterval: stats.proportionDifferenceInterval,
    binomialTest: ({ x1, n1, p0, alternative }: Record<string, number> & { alternative: stats.Alternative }) =>
      stats.binomialTest({ x: x1 ?? 0, n: n1 ?? 0, p0: p0 ?? 0, alternative }),
    fit: ({ observed, expectedProportions }: Record<string, number[]>) =>
      stats.chiSquareTest({ observed: observed ?? [], expectedProportions: expectedProportions ?? [] }),
  };

  it.each(Object.keys(functions))('of %s gives an answer without NaN or a domain error, and never hangs', (name) => {
    fc.assert(
      fc.property(input, (given) => {
        let result: unknown;
        try {
          result = (functions[name] as (input: unknown) => unknown)(given);
        } catch (error) {
          expect(error).toMatchObject(domainError);
          expect((error as Error).message).not.toContain('undefined is not');
          return;
        }
        needNumbers(result, name);
        const p = (result as { pValue?: number }).pValue;
        if (p !== undefined) expect(p >= 0 && p <= 1).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});
