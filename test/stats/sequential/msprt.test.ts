import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mixtureSprt, mixtureSprtProportions } from '../../../src/stats/sequential/msprt.js';
import { scoreMixture } from '../../../src/stats/sequential/score-mixture.js';
import { allowance, oracleCases } from '../oracles/load.js';

interface Expected {
  logLambda: number;
  alwaysValidP: number;
}

describe('mixtureSprt', () => {
  for (const one of oracleCases<{ p1: number; p2: number; nPerArm: number; tau2: number }, Expected>(
    'sequential.json',
    'msprtBernoulli',
  )) {
    it(one.name, () => {
      const { p1, p2, nPerArm, tau2 } = one.inputs;
      const { logE, pValue } = mixtureSprtProportions({ treatment: p2, control: p1, n: nPerArm, tauSquared: tau2 });
      expect(Math.abs(logE - one.expected.logLambda)).toBeLessThanOrEqual(allowance(one, one.expected.logLambda));
      expect(Math.abs(pValue - one.expected.alwaysValidP)).toBeLessThanOrEqual(
        allowance(one, one.expected.alwaysValidP),
      );
    });
  }
  for (const one of oracleCases<
    { mean1: number; mean2: number; nPerArm: number; tau2: number; sigma2: number },
    Expected
  >('sequential.json', 'msprtNormal')) {
    it(one.name, () => {
      const { mean1, mean2, nPerArm, tau2, sigma2 } = one.inputs;
      const { logE, pValue } = mixtureSprt({
        difference: mean2 - mean1,
        variance: 2 * sigma2,
        n: nPerArm,
        tauSquared: tau2,
      });
      expect(Math.abs(logE - one.expected.logLambda)).toBeLessThanOrEqual(allowance(one, one.expected.logLambda));
      expect(Math.abs(pValue - one.expected.alwaysValidP)).toBeLessThanOrEqual(
        allowance(one, one.expected.alwaysValidP),
      );
    });
  }

  it('is the two-sided score mixture of a single stratum in other words', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.double({ min: 0.01, max: 10, noNaN: true }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 1e-5, max: 1, noNaN: true }),
        (difference, variance, n, tauSquared) => {
          // In units of the estimate's information: V = n / variance, U = V difference, rho = 1 / tau^2.
          const information = n / variance;
          const expected = scoreMixture(
            { score: information * difference, variance: information },
            { rho: 1 / tauSquared },
          ).logE;
          const { logE } = mixtureSprt({ difference, variance, n, tauSquared });
          expect(Math.abs(logE - expected)).toBeLessThan(1e-9 * (1 + Math.abs(expected)));
        },
      ),
    );
  });

  it('does not care which arm is which', () => {
    const shared = { variance: 0.5, n: 300, tauSquared: 0.01 };
    expect(mixtureSprt({ ...shared, difference: 0.1 })).toEqual(mixtureSprt({ ...shared, difference: -0.1 }));
  });

  it('says nothing without observations or variance', () => {
    const nothing = { logE: 0, pValue: 1, asymptotic: true };
    expect(mixtureSprt({ difference: 1, variance: 1, n: 0, tauSquared: 1 })).toEqual(nothing);
    expect(mixtureSprt({ difference: 1, variance: 0, n: 9, tauSquared: 1 })).toEqual(nothing);
    expect(mixtureSprtProportions({ treatment: 1, control: 0, n: 9, tauSquared: 1 })).toEqual(nothing);
    expect(mixtureSprt({ difference: 1, variance: 1e-99, n: 9, tauSquared: 1 }).pValue).toBe(0);
    expect(mixtureSprt({ difference: 1, variance: 1, n: 1, tauSquared: 1 }).asymptotic).toBe(true);
    expect(mixtureSprt({ difference: 0, variance: 1, n: 1, tauSquared: 1 }).logE).toBeCloseTo(-Math.log(2) / 2, 12);
  });

  it.each([
    ['difference', { difference: Number.NaN, variance: 1, n: 1, tauSquared: 1 }],
    ['variance', { difference: 0, variance: -1, n: 1, tauSquared: 1 }],
    ['n', { difference: 0, variance: 1, n: 1.5, tauSquared: 1 }],
    ['n', { difference: 0, variance: 1, n: -1, tauSquared: 1 }],
    ['tauSquared', { difference: 0, variance: 1, n: 1, tauSquared: 0 }],
  ])('refuses a %s outside its domain', (what, observed) => {
    expect(() => mixtureSprt(observed)).toThrow(
      expect.objectContaining({ code: 'domain', message: expect.stringContaining(`mixtureSprt: ${what} must be`) }),
    );
  });

  it('refuses proportions that are none', () => {
    for (const broken of [-0.1, 1.1, Number.NaN]) {
      expect(() => mixtureSprtProportions({ treatment: broken, control: 0, n: 1, tauSquared: 1 })).toThrow(
        'treatment must be',
      );
      expect(() => mixtureSprtProportions({ treatment: 0, control: broken, n: 1, tauSquared: 1 })).toThrow(
        'control must be',
      );
    }
  });
});
