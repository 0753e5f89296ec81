import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bestRho,
  betaBinomialBoundary,
  doubleStitching,
  empiricalProcessBound,
  gammaExponentialBoundary,
  gammaPoissonBoundary,
  normalBoundary,
  polynomialStitching,
} from '../../../../src/stats/sequential/boundaries/index.js';
import { allowance, oracleCases } from '../../oracles/load.js';

/**
 * The functions of the reference implementation, in its order of arguments: (value or variance, alpha, best variance,
 * ...).
 */
const rho = (variance: number, alpha: number, sides: 1 | 2) => bestRho({ variance, alpha, sides });
const reference: Record<string, (...args: number[]) => number> = {
  two_sided_normal_best_rho: (v = 0, alpha = 0) => rho(v, alpha, 2),
  two_sided_normal_mixture_bound: (v = 0, alpha = 0, best = 0, alphaBest = 0) =>
    normalBoundary({ rho: rho(best, alphaBest, 2), sides: 2 }).bound(v, alpha),
  two_sided_normal_log_mixture: (s = 0, v = 0, best = 0, alphaBest = 0) =>
    normalBoundary({ rho: rho(best, alphaBest, 2), sides: 2 }).logE(s, v),
  one_sided_normal_mixture_bound: (v = 0, alpha = 0, best = 0, alphaBest = 0) =>
    normalBoundary({ rho: rho(best, alphaBest, 1), sides: 1 }).bound(v, alpha),
  one_sided_normal_log_mixture: (s = 0, v = 0, best = 0, alphaBest = 0) =>
    normalBoundary({ rho: rho(best, alphaBest, 1), sides: 1 }).logE(s, v),
  gamma_exponential_mixture_bound: (v = 0, alpha = 0, best = 0, scale = 0, alphaBest = 0) =>
    gammaExponentialBoundary({ rho: rho(best, alphaBest, 1), scale }).bound(v, alpha),
  gamma_poisson_mixture_bound: (v = 0, alpha = 0, best = 0, scale = 0, alphaBest = 0) =>
    gammaPoissonBoundary({ rho: rho(best, alphaBest, 1), scale }).bound(v, alpha),
  two_sided_beta_binomial_mixture_bound: (v = 0, alpha = 0, best = 0, below = 0, above = 0, alphaBest = 0) =>
    betaBinomialBoundary({ rho: rho(best, alphaBest, 2), below, above, sides: 2 }).bound(v, alpha),
  one_sided_beta_binomial_mixture_bound: (v = 0, alpha = 0, best = 0, below = 0, above = 0, alphaBest = 0) =>
    betaBinomialBoundary({ rho: rho(best, alphaBest, 1), below, above, sides: 1 }).bound(v, alpha),
  poly_stitching_bound: (variance = 0, alpha = 0, varianceMin = 0, scale = 0) =>
    polynomialStitching({ variance, alpha, varianceMin, scale }),
  double_stitching_bound: (p = 0, n = 0, alpha = 0, nMin = 0) => doubleStitching({ p, n, alpha, nMin }),
  empirical_process_lil_bound: (n = 0, alpha = 0, nMin = 0, slope = 0) =>
    empiricalProcessBound({ n, alpha, nMin, slope }),
};

describe('the boundaries of the reference implementation', () => {
  for (const [name, evaluate] of Object.entries(reference)) {
    for (const one of oracleCases<{ args: number[] }, number>('confidence-sequences.json', `confseq.${name}`)) {
      it(one.name, () => {
        const found = evaluate(...one.inputs.args);
        expect(Math.abs(found - one.expected)).toBeLessThanOrEqual(allowance(one, one.expected) / 10);
      });
    }
  }

  const literal = (name: string, evaluate: (args: number[], which: string) => number) => {
    for (const one of oracleCases<{ args: number[]; which: string }, number>(
      'confidence-sequences.json',
      `confseqLiteral.${name}`,
    )) {
      it(one.name, () => {
        expect(Math.abs(evaluate(one.inputs.args, one.inputs.which) - one.expected)).toBeLessThanOrEqual(
          allowance(one, one.expected),
        );
      });
    }
  };
  const at = (which: string) => (which.includes('two-sided') ? 2 : 1);
  literal('normal_best_rho', ([v = 0, alpha = 0]) => rho(v, alpha, 2));
  literal('normal_log_mixture', ([s = 0, v = 0, best = 0, alpha = 0.05], which) =>
    normalBoundary({ rho: rho(best, alpha, at(which)), sides: at(which) }).logE(s, v),
  );
  literal('normal_mixture_bound', ([v = 0, alpha = 0, best = 0, alphaBest = 0.05], which) =>
    normalBoundary({ rho: rho(best, alphaBest, at(which)), sides: at(which) }).bound(v, alpha),
  );
  literal('gamma_exponential_log_mixture', ([s = 0, v = 0, best = 0, scale = 0]) =>
    gammaExponentialBoundary({ rho: rho(best, 0.05, 1), scale }).logE(s, v),
  );
  literal('gamma_exponential_mixture_bound', ([v = 0, alpha = 0, best = 0, scale = 0]) =>
    gammaExponentialBoundary({ rho: rho(best, 0.05, 1), scale }).bound(v, alpha),
  );
  literal('gamma_poisson_log_mixture', ([s = 0, v = 0, best = 0, scale = 0]) =>
    gammaPoissonBoundary({ rho: rho(best, 0.05, 1), scale }).logE(s, v),
  );
  literal('gamma_poisson_mixture_bound', ([v = 0, alpha = 0, best = 0, scale = 0]) =>
    gammaPoissonBoundary({ rho: rho(best, 0.05, 1), scale }).bound(v, alpha),
  );
  literal('beta_binomial_mixture_bound', ([v = 0, alpha = 0, best = 0, below = 0, above = 0]) =>
    betaBinomialBoundary({ rho: rho(best, 0.05, 2), below, above, sides: 2 }).bound(v, alpha),
  );
  literal('poly_stitching_bound', ([variance = 0, alpha = 0, varianceMin = 0, scale = 0]) =>
    polynomialStitching({ variance, alpha, varianceMin, scale }),
  );
  literal('double_stitching_bound', ([p = 0, n = 0, alpha = 0, nMin = 0]) => doubleStitching({ p, n, alpha, nMin }));
  literal('empirical_process_lil_bound', ([n = 0, alpha = 0, nMin = 0, slope = 0]) =>
    empiricalProcessBound({ n, alpha, nMin, slope }),
  );
});

describe('mixture boundaries', () => {
  const made = [
    normalBoundary({ rho: 20, sides: 1 }),
    normalBoundary({ rho: 20, sides: 2 }),
    gammaExponentialBoundary({ rho: 20, scale: 1 }),
    gammaPoissonBoundary({ rho: 20, scale: 1 }),
    betaBinomialBoundary({ rho: 20, below: 0.3, above: 0.7, sides: 1 }),
    betaBinomialBoundary({ rho: 20, below: 0.3, above: 0.7, sides: 2 }),
  ];

  it('are where the evidence is 1 / alpha', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 20, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-6, max: 0.3, noNaN: true }),
        fc.constantFrom(...made),
        (variance, alpha, { bound, logE }) => {
          const at = bound(variance, alpha);
          expect(at).toBeGreaterThan(0);
          expect(Math.abs(logE(at, variance) + Math.log(alpha))).toBeLessThan(1e-7);
        },
      ),
    );
  });

  it('have no evidence before the first observation', () => {
    for (const { logE } of made) expect(logE(0, 0)).toBeCloseTo(0, 12);
  });

  it('are of the two-sided kind alike for either sign, and fall in the other direction when one-sided', () => {
    const two = normalBoundary({ rho: 5, sides: 2 });
    expect(two.logE(-30, 40)).toBe(two.logE(30, 40));
    for (const one of [made[0], made[2], made[3], made[4]] as typeof made) {
      expect(one.logE(-20, 100)).toBeLessThan(one.logE(0, 100));
      expect(one.logE(20, 100)).toBeGreaterThan(one.logE(0, 100));
    }
  });

  it('have an expectation of 1 over Bernoulli observations for the beta-binomial mixtures', () => {
    const [n, p] = [12, 0.3];
    for (const sides of [1, 2] as const) {
      const { logE } = betaBinomialBoundary({ rho: 3, below: p, above: 1 - p, sides });
      let [total, ways] = [0, 1];
      for (let events = 0; events <= n; events += 1) {
        total += ways * p ** events * (1 - p) ** (n - events) * Math.exp(logE(events - n * p, n * p * (1 - p)));
        ways = (ways * (n - events)) / (events + 1);
      }
      expect(total).toBeCloseTo(1, 10);
    }
  });

  it('have an expectation of 1 over centred Poisson counts for the gamma-Poisson', () => {
    // A Poisson count with mean v minus v meets Bennett's condition with scale 1 exactly.
    const variance = 6;
    const { logE } = gammaPoissonBoundary({ rho: 4, scale: 1 });
    let [total, chance] = [0, Math.exp(-variance)];
    for (let count = 0; count <= 120; count += 1) {
      total += chance * Math.exp(logE(count - variance, variance));
      chance *= variance / (count + 1);
    }
    expect(total).toBeCloseTo(1, 10);
  });

  it('call sums impossible that no observations can have', () => {
    const { logE } = betaBinomialBoundary({ rho: 1, below: 0.3, above: 0.7, sides: 2 });
    expect(logE(1000, 10)).toBe(Infinity);
    expect(logE(-1000, 10)).toBe(Infinity);
    const one = betaBinomialBoundary({ rho: 1, below: 0.3, above: 0.7, sides: 1 });
    expect(one.logE(1000, 10)).toBe(Infinity);
    expect(one.logE(-1000, 10)).toBe(-Infinity);
    expect(gammaExponentialBoundary({ rho: 1, scale: 1 }).logE(-1000, 10)).toBe(-Infinity);
    expect(gammaPoissonBoundary({ rho: 1, scale: 1 }).logE(-1000, 10)).toBe(-Infinity);
  });

  it('end at the largest sum that can occur while even that is not evidence enough', () => {
    expect(betaBinomialBoundary({ rho: 20, below: 0.5, above: 0.5, sides: 2 }).bound(0.5, 0.001)).toBe(1);
    expect(normalBoundary({ rho: 20, sides: 2 }).bound(0, 0.05)).toBeCloseTo(Math.sqrt(40 * Math.log(20)), 9);
  });

  it('refuse what is outside their domain', () => {
    const domain = (what: string) =>
      expect.objectContaining({ code: 'domain', message: expect.stringContaining(what) });
    for (const { logE, bound } of made) {
      expect(() => logE(Number.NaN, 1)).toThrow(domain('sum must be'));
      expect(() => logE(0, -1)).toThrow(domain('variance must be'));
      expect(() => bound(-1, 0.05)).toThrow(domain('variance must be'));
      expect(() => bound(1, 0)).toThrow(domain('alpha must be'));
      expect(() => bound(1, 1)).toThrow(domain('alpha must be'));
    }
    expect(() => normalBoundary({ rho: 0, sides: 1 })).toThrow(domain('rho must be'));
    expect(() => gammaExponentialBoundary({ rho: 0, scale: 1 })).toThrow(domain('rho must be'));
    expect(() => gammaExponentialBoundary({ rho: 1, scale: 0 })).toThrow(domain('scale must be'));
    expect(() => gammaPoissonBoundary({ rho: -1, scale: 1 })).toThrow(domain('rho must be'));
    expect(() => gammaPoissonBoundary({ rho: 1, scale: -1 })).toThrow(domain('scale must be'));
    expect(() => betaBinomialBoundary({ rho: 0, below: 1, above: 1, sides: 1 })).toThrow(domain('rho must be'));
    expect(() => betaBinomialBoundary({ rho: 1, below: 0, above: 1, sides: 1 })).toThrow(domain('below must be'));
    expect(() => betaBinomialBoundary({ rho: 1, below: 1, above: 0, sides: 1 })).toThrow(domain('above must be'));
    expect(() => bestRho({ variance: 0, alpha: 0.05, sides: 2 })).toThrow(domain('variance must be'));
    expect(() => bestRho({ variance: 1, alpha: 1, sides: 2 })).toThrow(domain('alpha must be'));
    expect(() => bestRho({ variance: 1, alpha: 0.5, sides: 1 })).toThrow(domain('2 alpha must be'));
  });
});

describe('stitched boundaries', () => {
  it('have defaults, and are constant before they start', () => {
    const options = { variance: 50, alpha: 0.05, varianceMin: 50 };
    expect(polynomialStitching(options)).toBe(polynomialStitching({ ...options, scale: 0 }));
    expect(polynomialStitching({ ...options, variance: 0 })).toBe(polynomialStitching(options));
    expect(polynomialStitching({ ...options, variance: 51 })).toBeGreaterThan(polynomialStitching(options));
    expect(doubleStitching({ p: 0.4, n: 3, alpha: 0.05, nMin: 10 })).toBe(
      doubleStitching({ p: 0.4, n: 10, alpha: 0.05, nMin: 10 }),
    );
    expect(empiricalProcessBound({ n: 99, alpha: 0.05, nMin: 100 })).toBe(Infinity);
    expect(empiricalProcessBound({ n: 1000, alpha: 0.05, nMin: 100 })).toBeCloseTo(0.08204779, 7);
  });

  it('grow more slowly than any mixture in the very long run', () => {
    const alpha = 0.05;
    const ratio = (variance: number) =>
      polynomialStitching({ variance, alpha, varianceMin: 1 }) /
      normalBoundary({ rho: 1, sides: 1 }).bound(variance, alpha);
    expect(ratio(1e30)).toBeLessThan(ratio(1e10));
    expect(ratio(1e10)).toBeLessThan(ratio(1e3));
  });

  it('get wider as alpha shrinks', () => {
    const at = (alpha: number) => empiricalProcessBound({ n: 1000, alpha, nMin: 10 });
    expect(at(0.001)).toBeGreaterThan(at(0.05));
    expect(at(0.05)).toBeGreaterThan(at(0.5));
  });

  it('refuse what is outside their domain', () => {
    const poly = { variance: 1, alpha: 0.05, varianceMin: 1 };
    expect(() => polynomialStitching({ ...poly, variance: -1 })).toThrow('variance must be');
    expect(() => polynomialStitching({ ...poly, alpha: 0 })).toThrow('alpha must be');
    expect(() => polynomialStitching({ ...poly, varianceMin: 0 })).toThrow('varianceMin must be');
    expect(() => polynomialStitching({ ...poly, scale: Number.NaN })).toThrow('scale must be');
    const double = { p: 0.5, n: 1, alpha: 0.05, nMin: 1 };
    expect(doubleStitching(double)).toBeGreaterThan(0);
    expect(() => doubleStitching({ ...double, p: 0 })).toThrow('p must be');
    expect(() => doubleStitching({ ...double, n: -1 })).toThrow('n must be');
    expect(() => doubleStitching({ ...double, alpha: 1 })).toThrow('alpha must be');
    expect(() => doubleStitching({ ...double, nMin: 0.9 })).toThrow('nMin must be');
    expect(() => doubleStitching({ ...double, nMin: Infinity })).toThrow('nMin must be');
    const process = { n: 1, alpha: 0.05, nMin: 1 };
    expect(empiricalProcessBound(process)).toBeGreaterThan(0);
    expect(() => empiricalProcessBound({ ...process, n: -1 })).toThrow('n must be');
    expect(() => empiricalProcessBound({ ...process, n: Infinity })).toThrow('n must be');
    expect(() => empiricalProcessBound({ ...process, alpha: 0 })).toThrow('alpha must be');
    expect(() => empiricalProcessBound({ ...process, nMin: 0.5 })).toThrow('nMin must be');
    expect(() => empiricalProcessBound({ ...process, nMin: Infinity })).toThrow('nMin must be');
    for (const slope of [0.7, 100, Number.NaN]) {
      expect(() => empiricalProcessBound({ ...process, slope })).toThrow('slope must be');
    }
  });
});
