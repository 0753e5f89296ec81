import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as stats from '../../../src/stats/index.js';
import { relative } from '../near.js';

const belief = fc
  .record({ a: fc.double({ min: -0.3, max: 5, noNaN: true }), b: fc.double({ min: -0.3, max: 5, noNaN: true }) })
  .map(({ a, b }) => ({ alpha: 10 ** a, beta: 10 ** b }));
const normal = fc.record({
  mean: fc.double({ min: -3, max: 3, noNaN: true }),
  sd: fc.double({ min: 0.05, max: 2, noNaN: true }),
});

/** P(B > A) for whole parameters, by E. Miller's sum. */
function sumOfTerms(a: stats.BetaBelief, b: stats.BetaBelief): number {
  const logBeta = (p: number, q: number) => {
    const log = (n: number) => Array.from({ length: n - 1 }, (_, i) => Math.log(i + 1)).reduce((sum, x) => sum + x, 0);
    return log(p) + log(q) - log(p + q);
  };
  let sum = 0;
  for (let i = 0; i < b.alpha; i += 1) {
    sum += Math.exp(
      logBeta(a.alpha + i, a.beta + b.beta) - Math.log(b.beta + i) - logBeta(1 + i, b.beta) - logBeta(a.alpha, a.beta),
    );
  }
  return sum;
}

describe('probBGreaterA', () => {
  it('is the exact sum for whole parameters', () => {
    const whole = fc.record({ alpha: fc.integer({ min: 1, max: 40 }), beta: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        expect(relative(stats.probBGreaterA(a, b), sumOfTerms(a, b))).toBeLessThan(1e-9);
      }),
      { numRuns: 60 },
    );
  });

  it('is right where it is tiny', () => {
    const [a, b] = [
      { alpha: 300, beta: 100 },
      { alpha: 100, beta: 300 },
    ];
    const p = stats.probBGreaterA(a, b);
    expect(p).toBeLessThan(1e-40);
    expect(relative(p, sumOfTerms(a, b))).toBeLessThan(1e-8);
  });

  it('sums to one over both directions', () => {
    fc.assert(
      fc.property(fc.oneof(fc.tuple(belief, belief), fc.tuple(normal, normal)), ([a, b]) => {
        expect(Math.abs(stats.probBGreaterA(a, b) + stats.probBGreaterA(b, a) - 1)).toBeLessThan(1e-8);
      }),
      { numRuns: 60 },
    );
  });

  it('has a closed form for normal beliefs', () => {
    fc.assert(
      fc.property(normal, normal, (a, b) => {
        const z = (b.mean - a.mean) / Math.hypot(a.sd, b.sd);
        expect(Math.abs(stats.probBGreaterA(a, b) - stats.normal.cdf(z))).toBeLessThan(1e-9);
      }),
    );
  });
});

describe('probBest', () => {
  it('sums to one, follows the arms when they are reordered, and mirrors when lower is better', () => {
    fc.assert(
      fc.property(fc.array(belief, { minLength: 2, maxLength: 5 }), (arms) => {
        const best = stats.probBest(arms);
        expect(Math.abs(best.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-7);
        const reversed = stats.probBest([...arms].reverse()).reverse();
        best.forEach((p, i) => expect(Math.abs(p - (reversed[i] as number))).toBeLessThan(1e-9));
        const failures = arms.map(({ alpha, beta }) => ({ alpha: beta, beta: alpha }));
        const least = stats.probBest(failures, { lowerIsBetter: true });
        best.forEach((p, i) => expect(Math.abs(p - (least[i] as number))).toBeLessThan(1e-9));
      }),
      { numRuns: 30 },
    );
  });

  it('sums to one at the least certain beliefs that are allowed', () => {
    const best = stats.probBest([
      { alpha: 0.05, beta: 0.05 },
      { alpha: 0.05, beta: 0.05 },
      { alpha: 1e15, beta: 1e15 },
    ]);
    expect(best.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 8);
    expect(best[0]).toBeCloseTo(best[1] as number, 10);
  });

  it('is even among arms that are alike, whatever their number', () => {
    for (const count of [1, 2, 7]) {
      for (const arm of [
        { alpha: 1, beta: 1 },
        { alpha: 200, beta: 1800 },
      ]) {
        const best = stats.probBest(Array.from({ length: count }, () => arm));
        for (const p of best) expect(p).toBeCloseTo(1 / count, 10);
      }
    }
    expect(
      stats.probBest([
        { mean: 0, sd: 1 },
        { mean: 0, sd: 1 },
      ])[0],
    ).toBeCloseTo(0.5, 12);
  });

  it('knows arms whose level is large against their differences', () => {
    const [, better] = stats.probBest([
      { mean: 1e12, sd: 1e-3 },
      { mean: 1e12 + 2 ** -10, sd: 1e-3 },
    ]) as [number, number];
    expect(better).toBeCloseTo(stats.normal.cdf(2 ** -10 / Math.hypot(1e-3, 1e-3)), 9);
  });

  it('learns with two arms, and with arms of very different certainty', () => {
    const [worse, better] = stats.probBest([
      { alpha: 10_001, beta: 90_001 },
      { alpha: 20_001, beta: 80_001 },
    ]) as [number, number];
    expect(worse).toBeLessThan(1e-300);
    expect(better).toBeCloseTo(1, 10);
    // A broad arm beside a sharp one: P(X > 1/2) of the uniform, nearly.
    const [broad] = stats.probBest([
      { alpha: 1, beta: 1 },
      { alpha: 5e7, beta: 5e7 },
    ]) as [number, number];
    expect(broad).toBeCloseTo(0.5, 8);
  });
});

describe('expectedLoss', () => {
  it('differs between the arms by the difference of their means', () => {
    fc.assert(
      fc.property(belief, belief, (a, b) => {
        const { chooseA, chooseB } = stats.expectedLoss(a, b);
        const mean = ({ alpha, beta }: stats.BetaBelief) => alpha / (alpha + beta);
        expect(Math.abs(chooseA - chooseB - (mean(b) - mean(a)))).toBeLessThan(1e-8);
        expect(chooseA).toBeGreaterThanOrEqual(0);
        expect(chooseB).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 60 },
    );
  });

  it('has a closed form for normal beliefs', () => {
    const [a, b] = [
      { mean: 0.2, sd: 0.3 },
      { mean: 0.5, sd: 0.4 },
    ];
    const { lossOfTreatment, lossOfControl, probPositive } = stats.normalEffect({ mean: 0.3, sd: 0.5 });
    const loss = stats.expectedLoss(a, b);
    expect(loss.chooseB).toBeCloseTo(lossOfTreatment, 10);
    expect(loss.chooseA).toBeCloseTo(lossOfControl, 10);
    expect(stats.probBGreaterA(a, b)).toBeCloseTo(probPositive, 10);
    const turned = stats.normalEffect({ mean: -0.3, sd: 0.5 });
    expect([turned.lossOfTreatment, turned.lossOfControl]).toEqual([lossOfControl, lossOfTreatment]);
    expect(stats.normalEffect({ mean: 40, sd: 1 }).lossOfTreatment).toBeGreaterThanOrEqual(0);
  });
});

describe('posteriors', () => {
  it('count successes and failures onto the prior', () => {
    expect(stats.betaPosterior({ x: 3, n: 10 })).toEqual({ alpha: 4, beta: 8 });
    expect(stats.betaPosterior({ x: 3, n: 10, prior: { alpha: 0.5, beta: 2 } })).toEqual({ alpha: 3.5, beta: 9 });
  });

  it('weigh a normal prior by its precision', () => {
    const { mean, sd } = stats.normalPosterior({ estimate: 2, standardError: 1, prior: { mean: 0, sd: 1 } });
    expect([mean, sd]).toEqual([1, Math.sqrt(0.5)]);
    expect(stats.normalPosterior({ estimate: 2, standardError: 1 })).toEqual({ mean: 2, sd: 1 });
  });

  it('have central intervals and regions that are their quantiles and tails', () => {
    fc.assert(
      fc.property(fc.oneof(belief, normal), fc.double({ min: 0.5, max: 0.99, noNaN: true }), (given, level) => {
        const { lower, upper } = stats.credibleInterval(given, level);
        fc.pre(upper > lower && lower > 1e-290);
        const { below, inside, above } = stats.regionProbabilities(given, { lower, upper });
        const tail = (1 - level) / 2;
        const lost = 'alpha' in given ? 1e-14 / Math.max(1 - upper, 1e-16) : 0;
        fc.pre(lost < 1e-6);
        expect(Math.abs(below - tail)).toBeLessThan(1e-6);
        expect(Math.abs(above - tail)).toBeLessThan(1e-6);
        expect(Math.abs(inside - level)).toBeLessThan(2e-6);
      }),
      { numRuns: 60 },
    );
    const outside = stats.regionProbabilities({ alpha: 2, beta: 2 }, { lower: -1, upper: 2 });
    expect(outside).toEqual({ below: 0, inside: 1, above: 0 });
    expect(stats.regionProbabilities({ mean: 0, sd: 1 }, { lower: -1, upper: 2 }).inside).toBeCloseTo(0.8185946, 6);
  });

  it.each<readonly [string, () => unknown]>([
    ['betaPosterior: x must be at most n', () => stats.betaPosterior({ x: 3, n: 2 })],
    ['betaPosterior: prior.alpha must be', () => stats.betaPosterior({ x: 1, n: 2, prior: { alpha: 0, beta: 1 } })],
    [
      'betaPosterior: prior.beta must be',
      () => stats.betaPosterior({ x: 1, n: 2, prior: { alpha: 1, beta: Number.NaN } }),
    ],
    ['normalPosterior: standardError must be', () => stats.normalPosterior({ estimate: 1, standardError: 0 })],
    ['normalPosterior: estimate must be', () => stats.normalPosterior({ estimate: Number.NaN, standardError: 1 })],
    [
      'normalPosterior: prior.sd must be',
      () => stats.normalPosterior({ estimate: 1, standardError: 1, prior: { mean: 0, sd: -1 } }),
    ],
    ['credibleInterval: level must be', () => stats.credibleInterval({ mean: 0, sd: 1 }, 1)],
    ['credibleInterval: belief.mean must be', () => stats.credibleInterval({ mean: Infinity, sd: 1 })],
    [
      'regionProbabilities: region.lower must be',
      () => stats.regionProbabilities({ mean: 0, sd: 1 }, { lower: Number.NaN, upper: 1 }),
    ],
    [
      'regionProbabilities: region must be',
      () => stats.regionProbabilities({ mean: 0, sd: 1 }, { lower: 2, upper: 1 }),
    ],
    ['probBest: arms must be a list of 1 to 100', () => stats.probBest([])],
    [
      'probBest: arms must be a list of 1 to 100',
      () => stats.probBest(Array.from({ length: 101 }, () => ({ mean: 0, sd: 1 }))),
    ],
    [
      'probBest: arms[1] must be of the same kind',
      () =>
        stats.probBest([
          { mean: 0, sd: 1 },
          { alpha: 1, beta: 1 },
        ]),
    ],
    ['probBest: arms[0].sd must be', () => stats.probBest([{ mean: 0, sd: 0 }])],
    [
      'probBest: arms must be normal with an sd of at least',
      () =>
        stats.probBest([
          { mean: 0, sd: 1 },
          { mean: 1e9, sd: 1e-9 },
        ]),
    ],
    ['probBest: arms[0].alpha must be a number from .05', () => stats.probBest([{ alpha: 0.049, beta: 1 }])],
    ['probBest: arms[0].beta must be a number from .05', () => stats.probBest([{ alpha: 1, beta: 1e16 }])],
    ['expectedLoss: arms[1].alpha must be', () => stats.expectedLoss({ alpha: 1, beta: 1 }, { alpha: -1, beta: 1 })],
    ['probBGreaterA: arms[0].beta must be', () => stats.probBGreaterA({ alpha: 1, beta: 0 }, { alpha: 1, beta: 1 })],
  ])('%s', (message, call) => {
    expect(call).toThrow(message);
  });
});
