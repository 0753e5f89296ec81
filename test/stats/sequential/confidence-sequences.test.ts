import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asymptoticConfidenceSequence,
  proportionConfidenceSequence,
  scoreConfidenceSequence,
} from '../../../src/stats/sequential/confidence-sequences.js';
import { scoreMixture } from '../../../src/stats/sequential/score-mixture.js';
import { allowance, oracleCases } from '../oracles/load.js';

const file = 'confidence-sequences.json';

describe('proportionConfidenceSequence', () => {
  for (const end of ['lo', 'hi'] as const) {
    for (const one of oracleCases<{ args: [number, number, number, number] }, number>(
      file,
      `confseq.bernoulli_confidence_interval.${end}`,
    )) {
      it(one.name, () => {
        const [events, n, alpha, nBest] = one.inputs.args;
        const { lower, upper } = proportionConfidenceSequence({ n, events }, { alpha, nBest });
        const found = end === 'lo' ? lower : upper;
        expect(Math.abs(found - one.expected)).toBeLessThanOrEqual(allowance(one, one.expected));
      });
    }
  }
  for (const one of oracleCases<{ args: [number, number, number, number] }, [number, number]>(
    file,
    'confseqLiteral.bernoulli_ci',
  )) {
    it(one.name, () => {
      const [events, n, alpha, nBest] = one.inputs.args;
      const { lower, upper } = proportionConfidenceSequence({ n, events }, { alpha, nBest });
      expect(Math.abs(lower - one.expected[0])).toBeLessThanOrEqual(one.tolerance);
      expect(Math.abs(upper - one.expected[1])).toBeLessThanOrEqual(one.tolerance);
    });
  }

  it('holds the observed rate, mirrors when events and the others are swapped, and is wider for smaller alpha', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, part) => {
        const events = Math.round(part * n);
        const { lower, upper } = proportionConfidenceSequence({ n, events }, { alpha: 0.05 });
        const mirrored = proportionConfidenceSequence({ n, events: n - events }, { alpha: 0.05 });
        const wide = proportionConfidenceSequence({ n, events }, { alpha: 0.001 });
        expect(lower).toBeLessThanOrEqual(events / n);
        expect(upper).toBeGreaterThanOrEqual(events / n);
        expect(mirrored.lower).toBeCloseTo(1 - upper, 9);
        expect(mirrored.upper).toBeCloseTo(1 - lower, 9);
        expect(wide.lower).toBeLessThanOrEqual(lower + 1e-12);
        expect(wide.upper).toBeGreaterThanOrEqual(upper - 1e-12);
      }),
    );
  });

  it('is everything without observations, and is tightest at 1000 observations unless told otherwise', () => {
    expect(proportionConfidenceSequence({ n: 0, events: 0 }, { alpha: 0.05 })).toEqual({ lower: 0, upper: 1 });
    const observed = { n: 300, events: 100 };
    const standard = proportionConfidenceSequence(observed, { alpha: 0.05 });
    expect(standard).toEqual(proportionConfidenceSequence(observed, { alpha: 0.05, nBest: 1000 }));
  });

  it('misses the true rate within 300 observations with probability at most alpha, by exact recursion', () => {
    const [alpha, rate] = [0.1, 0.2];
    let alive = [1];
    let missed = 0;
    for (let n = 1; n <= 300; n += 1) {
      const next = Array<number>(n + 1).fill(0);
      alive.forEach((chance, events) => {
        next[events] = (next[events] as number) + chance * (1 - rate);
        next[events + 1] = (next[events + 1] as number) + chance * rate;
      });
      alive = next.map((chance, events) => {
        if (chance < 1e-9 || n % 10 !== 0) return chance;
        const { lower, upper } = proportionConfidenceSequence({ n, events }, { alpha, nBest: 100 });
        if (rate >= lower && rate <= upper) return chance;
        missed += chance;
        return 0;
      });
    }
    expect(missed).toBeLessThanOrEqual(alpha);
    expect(missed).toBeGreaterThan(0.01);
  });

  it('refuses what is no count, no alpha and no sample size', () => {
    const options = { alpha: 0.05, nBest: 10 };
    expect(() => proportionConfidenceSequence({ n: 1, events: 2 }, options)).toThrow('observed.events must be');
    expect(() => proportionConfidenceSequence({ n: 1, events: 1 }, { ...options, alpha: 1 })).toThrow('alpha must be');
    expect(() => proportionConfidenceSequence({ n: 1, events: 1 }, { ...options, nBest: 0 })).toThrow('nBest must be');
  });
});

describe('asymptoticConfidenceSequence', () => {
  for (const one of oracleCases<
    { alpha: number; tuningN: number; n: number; sigma2: number },
    { rho: number; halfwidth: number }
  >('sequential.json', 'asympCs')) {
    it(one.name, () => {
      const { alpha, tuningN, n, sigma2 } = one.inputs;
      const { lower, upper, estimate } = asymptoticConfidenceSequence({
        estimate: 3,
        deviation: Math.sqrt(sigma2),
        n,
        alpha,
        nBest: tuningN,
      });
      // Adding the estimate costs a digit or two of the half-width.
      expect(Math.abs((upper - lower) / 2 - one.expected.halfwidth)).toBeLessThanOrEqual(
        1e-14 + allowance(one, one.expected.halfwidth),
      );
      expect((upper + lower) / 2).toBeCloseTo(3, 12);
      expect(estimate).toBe(3);
    });
  }

  it('gives the sequential interval of a relative lift that another library publishes', () => {
    // Control 3000 with 1396.87 and 52 377.9767 (sum of squares), treatment 3461 with 2422.7 and 134 698.29; N* = 1000.
    const moments = (n: number, sum: number, sumSq: number) => ({
      mean: sum / n,
      variance: (sumSq - (sum * sum) / n) / (n - 1),
      n,
    });
    const [c, t] = [moments(3000, 1396.87, 52_377.9767), moments(3461, 2422.7, 134_698.29)];
    const variance = t.variance / t.n / c.mean ** 2 + (t.mean ** 2 * c.variance) / c.n / c.mean ** 4;
    const n = c.n + t.n;
    const { lower, upper } = asymptoticConfidenceSequence({
      estimate: (t.mean - c.mean) / c.mean,
      deviation: Math.sqrt(variance * n),
      n,
      alpha: 0.05,
      nBest: 1000,
    });
    expect(lower).toBeCloseTo(-0.5584405051077315, 9);
    expect(upper).toBeCloseTo(1.5651626768202032, 9);
  });

  it('scales with the unit of measure, and is the whole line without observations', () => {
    const observed = { estimate: 2, deviation: 5, n: 400, alpha: 0.01, nBest: 300 };
    const [one, scaled] = [
      asymptoticConfidenceSequence(observed),
      asymptoticConfidenceSequence({ ...observed, estimate: 2000, deviation: 5000 }),
    ];
    expect(scaled.lower).toBeCloseTo(1000 * one.lower, 9);
    expect(scaled.upper).toBeCloseTo(1000 * one.upper, 9);
    expect(one.asymptotic).toBe(true);
    expect(asymptoticConfidenceSequence({ ...observed, n: 0 })).toEqual({
      estimate: 2,
      lower: -Infinity,
      upper: Infinity,
      asymptotic: true,
    });
    expect(asymptoticConfidenceSequence({ ...observed, deviation: 0 })).toMatchObject({ lower: 2, upper: 2 });
  });

  it.each([
    ['estimate', { estimate: Number.NaN }],
    ['deviation', { deviation: -1 }],
    ['n', { n: -1 }],
    ['alpha', { alpha: 0 }],
    ['nBest', { nBest: 0 }],
  ])('refuses a %s outside its domain', (what, broken) => {
    const sound = { estimate: 1, deviation: 1, n: 1, alpha: 0.05, nBest: 1 };
    expect(() => asymptoticConfidenceSequence({ ...sound, ...broken })).toThrow(
      `asymptoticConfidenceSequence: ${what} must be`,
    );
  });
});

describe('scoreConfidenceSequence', () => {
  it('ends where the score mixture of what is left of the score reaches 1 / alpha', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -500, max: 500, noNaN: true }),
        fc.double({ min: 1, max: 1e5, noNaN: true }),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        (score, variance, weight) => {
          const { lower, upper, estimate } = scoreConfidenceSequence(
            { score, variance, weight },
            { alpha: 0.05, rho: 10 },
          );
          expect(estimate).toBe(score / weight);
          for (const end of [lower, upper]) {
            const { logE } = scoreMixture({ score: score - end * weight, variance }, { rho: 10 });
            expect(Math.abs(logE - Math.log(20))).toBeLessThan(1e-6);
          }
          expect(lower).toBeLessThan(upper);
        },
      ),
    );
  });

  it('knows nothing without data or variance', () => {
    const all = { lower: -Infinity, upper: Infinity, asymptotic: true };
    const options = { alpha: 0.05, rho: 5 };
    expect(scoreConfidenceSequence({ score: 0, variance: 0, weight: 0 }, options)).toEqual({ ...all, estimate: 0 });
    expect(scoreConfidenceSequence({ score: 6, variance: 0, weight: 3 }, options)).toEqual({ ...all, estimate: 2 });
  });

  it.each([
    ['score', { score: Infinity }, {}],
    ['variance', { variance: -1 }, {}],
    ['weight', { weight: -1 }, {}],
    ['alpha', {}, { alpha: 1 }],
    ['rho', {}, { rho: 0 }],
  ])('refuses a %s outside its domain', (what, sums, options) => {
    expect(() =>
      scoreConfidenceSequence({ score: 1, variance: 1, weight: 1, ...sums }, { alpha: 0.05, rho: 5, ...options }),
    ).toThrow(`scoreConfidenceSequence: ${what} must be`);
  });
});
