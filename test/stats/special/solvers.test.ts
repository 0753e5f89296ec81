import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zeroBetween } from '../../../src/stats/special/brent.js';
import { betaPoint } from '../../../src/stats/special/beta-quantile.js';
import { logChiMean } from '../../../src/stats/special/chi-mixture.js';
import { gammaPoint } from '../../../src/stats/special/gamma-quantile.js';
import { gaussLegendre } from '../../../src/stats/special/gauss-legendre.js';
import { incompleteBeta } from '../../../src/stats/special/incomplete-beta.js';
import { incompleteGamma } from '../../../src/stats/special/incomplete-gamma.js';
import { zeroBelow } from '../../../src/stats/special/newton.js';
import { oddsMoments } from '../../../src/stats/special/odds-hypergeometric.js';
import { relative } from '../near.js';

describe('gaussLegendre', () => {
  it.each([1, 2, 5, 14, 40, 101])('with %i nodes is exact for polynomials of degree 2n - 1', (count) => {
    const { nodes, weights } = gaussLegendre(count);
    for (const degree of [0, 1, 2 * count - 2, 2 * count - 1]) {
      let sum = 0;
      nodes.forEach((node, i) => {
        sum += (weights[i] as number) * node ** degree;
      });
      expect(sum).toBeCloseTo(degree % 2 === 1 ? 0 : 2 / (degree + 1), 13);
    }
  });

  it('has ascending nodes that mirror each other', () => {
    const { nodes, weights } = gaussLegendre(7);
    expect([...nodes]).toEqual([...nodes].sort((a, b) => a - b));
    expect(nodes[0]).toBe(-(nodes[6] as number));
    expect(nodes[3]).toBeCloseTo(0, 15);
    expect(weights[1]).toBe(weights[5]);
  });
});

describe('zeroBetween', () => {
  it('finds the zero of any monotone function, whichever way it runs', () => {
    fc.assert(
      fc.property(fc.double({ min: -5, max: 5, noNaN: true }), fc.constantFrom(1, -1), (zero, sign) => {
        const found = zeroBetween(-10, 10, (x) => sign * (Math.expm1((x - zero) / 2) + (x - zero) ** 3));
        expect(Math.abs(found - zero)).toBeLessThan(1e-9);
      }),
    );
  });

  it('answers with an end that is a zero, and with the nearer end when signs are equal', () => {
    expect(zeroBetween(2, 5, (x) => x - 2)).toBe(2);
    expect(zeroBetween(2, 5, (x) => x - 5)).toBe(5);
    expect(zeroBetween(2, 5, (x) => x - 1)).toBe(2);
    expect(zeroBetween(2, 5, (x) => x - 9)).toBe(5);
  });

  it('stops at the tolerance that it was given, as R does', () => {
    // R 4.2.2: uniroot(function(x) x/(1+x) - .025, c(0, 1))$root
    expect(zeroBetween(0, 1, (x) => x / (1 + x) - 0.025, 2 ** -13)).toBeCloseTo(0.0256406640625, 15);
    expect(zeroBetween(0, 1, (x) => x / (1 + x) - 0.025)).toBeCloseTo(0.025 / 0.975, 16);
  });

  it('is quick on smooth functions and never hangs on steps', () => {
    let calls = 0;
    zeroBetween(0, 10, (x) => {
      calls += 1;
      return Math.cos(x / 8) - 0.7;
    });
    expect(calls).toBeLessThan(15);
    calls = 0;
    const found = zeroBetween(-1, 1, (x) => {
      calls += 1;
      return x > 0.3 ? 1e300 : -1e-300;
    });
    expect(Math.abs(found - 0.3)).toBeLessThan(1e-12);
    expect(calls).toBeLessThan(1001);
  });
});

describe('zeroBelow', () => {
  it('finds a zero from a start on the wrong side, and one that Newton alone would overshoot', () => {
    const curve = (u: number) => ({ value: Math.atan(u + 40), slope: 1 / (1 + (u + 40) ** 2) });
    expect(zeroBelow(100, 90, true, curve)).toBeCloseTo(-40, 9);
    expect(zeroBelow(0, 50, true, curve)).toBeCloseTo(-40, 9);
  });

  it('finds the zero of a falling function', () => {
    const line = (u: number) => ({ value: -Math.exp(u) + 3, slope: -Math.exp(u) });
    expect(zeroBelow(10, -20, false, line)).toBeCloseTo(Math.log(3), 13);
  });

  it('gives up where there is nothing to find instead of hanging', () => {
    let calls = 0;
    const flat = zeroBelow(1, 0, true, () => {
      calls += 1;
      return { value: 1, slope: 0 };
    });
    expect(calls).toBeLessThanOrEqual(200);
    expect(Number.isNaN(flat)).toBe(false);
  });
});

const logTail = fc.double({ min: -600, max: -Math.LN2, noNaN: true });
const parameter = fc.double({ min: -1, max: 8, noNaN: true }).map((power) => 10 ** power);

describe('quantiles of the kernels', () => {
  it('give back the tail they were asked for: gamma', () => {
    fc.assert(
      fc.property(parameter, logTail, fc.boolean(), (a, log, isLower) => {
        const x = gammaPoint(a, log, isLower);
        fc.pre(x > 1e-300);
        const tails = incompleteGamma(a, x);
        expect(Math.abs((isLower ? tails.logLower : tails.logUpper) - log)).toBeLessThan(
          1e-9 + 1e-14 * Math.sqrt(a) * -log,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('give back the tail they were asked for: beta', () => {
    fc.assert(
      fc.property(parameter, parameter, logTail, fc.boolean(), (a, b, log, isLower) => {
        const { x, y } = betaPoint(a, b, log, isLower);
        fc.pre(Math.min(x, y) > 1e-300);
        const tails = incompleteBeta(a, b, x, y);
        expect(Math.abs((isLower ? tails.logLower : tails.logUpper) - log)).toBeLessThan(1e-7);
        expect(Math.abs(x + y - 1)).toBeLessThan(1e-15);
      }),
      { numRuns: 300 },
    );
  });

  it('end at the ends of the support', () => {
    expect([gammaPoint(2, -Infinity, true), gammaPoint(2, -Infinity, false)]).toEqual([0, Infinity]);
    expect(betaPoint(2, 3, -Infinity, true)).toEqual({ x: 0, y: 1 });
    expect(betaPoint(2, 3, -Infinity, false)).toEqual({ x: 1, y: 0 });
  });
});

describe('logChiMean', () => {
  it('gives the moments of a chi distribution over its degrees of freedom', () => {
    for (const df of [0.5, 1, 2, 7, 100, 1e4, 1e8]) {
      const allowed = df < 1 ? 1e-9 : 1e-12;
      expect(Math.abs(logChiMean(df, () => 0))).toBeLessThan(allowed);
      expect(Math.abs(logChiMean(df, (s) => 2 * Math.log(s)))).toBeLessThan(allowed);
      // E s^4 = 1 + 2/df.
      expect(logChiMean(df, (s) => 4 * Math.log(s))).toBeCloseTo(Math.log1p(2 / df), 9);
    }
  });

  it('is of nothing when the value is nowhere over 0', () => {
    expect(logChiMean(5, () => -Infinity)).toBe(-Infinity);
  });
});

describe('oddsMoments', () => {
  /** By adding up every table. */
  function brute({ N, K, n }: { N: number; K: number; n: number }, odds: number, k: number) {
    const choose = (m: number, j: number): number => (j === 0 ? 1 : (choose(m, j - 1) * (m - j + 1)) / j);
    let [total, mean, atMost, atLeast] = [0, 0, 0, 0];
    for (let j = Math.max(0, n - (N - K)); j <= Math.min(K, n); j += 1) {
      const mass = choose(K, j) * choose(N - K, n - j) * odds ** j;
      total += mass;
      mean += j * mass;
      if (j <= k) atMost += mass;
      if (j >= k) atLeast += mass;
    }
    return { mean: mean / total, atMost: atMost / total, atLeast: atLeast / total };
  }

  it('agrees with the sum over all tables', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.nat(100),
        fc.nat(100),
        fc.nat(100),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (N, a, b, c, log) => {
          const margins = { N, K: a % (N + 1), n: b % (N + 1) };
          const [odds, k] = [Math.exp(log), c % (N + 1)];
          const [ours, truth] = [oddsMoments(margins, odds, k), brute(margins, odds, k)];
          expect(ours.mean).toBeCloseTo(truth.mean, 10);
          expect(ours.atMost).toBeCloseTo(truth.atMost, 12);
          expect(ours.atLeast).toBeCloseTo(truth.atLeast, 12);
        },
      ),
    );
  });

  it('takes odds of 0 and huge odds to the ends of the support', () => {
    const margins = { N: 100, K: 30, n: 80 };
    expect(oddsMoments(margins, 0, 10).mean).toBe(10);
    expect(oddsMoments(margins, 1e15, 30).mean).toBeCloseTo(30, 9);
    expect(relative(oddsMoments(margins, 1e15, 30).atLeast, 1)).toBeLessThan(1e-9);
  });
});
