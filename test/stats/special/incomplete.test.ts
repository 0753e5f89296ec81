import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fractionBeta, incompleteBeta, logBetaPrefix } from '../../../src/stats/special/incomplete-beta.js';
import { incompleteGamma, logGammaPrefix } from '../../../src/stats/special/incomplete-gamma.js';
import { tailIntegral } from '../../../src/stats/special/tail-integral.js';
import { relative } from '../near.js';

// Reference values are of mpmath 1.3.0 with 60 digits.

describe('incompleteGamma', () => {
  it.each([
    [0.001, 1e-20, -0.04547530826159755, -3.113237264692663],
    [0.5, 0.2, -0.7488486120296323, -0.6403853769155964],
    [0.5, 1.49, -0.08806568428894683, -2.4733820450523893],
    [0.5, 1.51, -0.08582313720433778, -2.4980713314391325],
    [3, 9, -0.006251696300014949, -5.078026663718686],
    [499, 450, -4.416549354362923, -0.012149335074369631],
    [499, 560, -0.004134841030688788, -5.490373104204972],
    [500, 450, -4.535901797272455, -0.010775081338570533],
    [501, 570, -0.0015082447065474223, -6.497562777884643],
    [2000, 1500, -78.70318315911051, -6.601488113486901e-35],
    [2000, 2600, -6.02815543620747e-35, -78.79403725768879],
  ])('at a = %d, x = %d has the logarithms %d and %d', (a, x, lower, upper) => {
    const tails = incompleteGamma(a, x);
    expect(Math.abs(tails.logLower - lower)).toBeLessThan(Math.max(1e-12, 1e-13 * Math.abs(lower)));
    expect(Math.abs(tails.logUpper - upper)).toBeLessThan(Math.max(1e-12, 1e-13 * Math.abs(upper)));
    expect(tails.lower).toBeCloseTo(Math.exp(lower), 12);
    expect(tails.upper).toBeCloseTo(Math.exp(upper), 12);
  });

  it('has no jump where the integral takes over from series and fraction', () => {
    for (let z = -8; z <= 8; z += 0.25) {
      const x = 500 + z * Math.sqrt(500);
      const [below, above] = [incompleteGamma(500 * (1 - 1e-14), x), incompleteGamma(500, x)];
      expect(relative(below.lower, above.lower), `x = ${x}`).toBeLessThan(1e-11);
      expect(relative(below.upper, above.upper), `x = ${x}`).toBeLessThan(1e-11);
    }
  });

  it('has no jump where the fraction takes over from the series', () => {
    for (const a of [0.01, 0.3, 0.999, 1, 5, 60, 499]) {
      const [below, above] = [incompleteGamma(a, (a + 1) * (1 - 1e-15)), incompleteGamma(a, a + 1)];
      expect(relative(below.upper, above.upper), `a = ${a}`).toBeLessThan(3e-13);
      expect(relative(below.lower, above.lower), `a = ${a}`).toBeLessThan(3e-13);
    }
  });

  it('is certain at the ends of its range', () => {
    expect(incompleteGamma(3, 0)).toMatchObject({ lower: 0, upper: 1 });
    expect(incompleteGamma(3, -1)).toMatchObject({ lower: 0, upper: 1 });
    expect(incompleteGamma(3, Infinity)).toMatchObject({ lower: 1, upper: 0 });
  });
});

describe('incompleteBeta', () => {
  it.each([
    [0.05, 3, 0.001, -0.2720002054274101, -1.434871787172925],
    [0.1, 0.1, 0.75, -0.6014030856423146, -0.7941663475756138],
    [2, 3, 0.25, -1.3404848250885963, -0.3034304294199201],
    [30, 0.5, 0.9, -4.399583986899709, -0.012358501153908038],
    [499, 800, 0.35, -5.244062193555932, -0.00529275177056964],
    [500, 500, 0.45, -7.177363093343598, -0.0007639706908335141],
    [501, 800, 0.43, -0.0004970475970186223, -7.6070732813085264],
    [700, 600, 0.6, -3.4851187894789363e-6, -12.56701017095789],
    [1500, 499, 0.77, -0.020085591763373836, -3.917778534967112],
  ])('at a = %d, b = %d, x = %d has the logarithms %d and %d', (a, b, x, lower, upper) => {
    const tails = incompleteBeta(a, b, x, 1 - x);
    expect(Math.abs(tails.logLower - lower)).toBeLessThan(Math.max(5e-13, 1e-12 * Math.abs(lower)));
    expect(Math.abs(tails.logUpper - upper)).toBeLessThan(Math.max(5e-13, 1e-12 * Math.abs(upper)));
  });

  it('is the same by the integral and by the fraction, wherever both apply', () => {
    const large = fc.double({ min: 500, max: 20_000, noNaN: true });
    fc.assert(
      fc.property(large, large, fc.double({ min: -12, max: 12, noNaN: true }), (a, b, z) => {
        const mean = a / (a + b);
        const x = mean + z * Math.sqrt((mean * (1 - mean)) / (a + b));
        fc.pre(x > 0 && x < 1);
        const [integral, fraction] = [incompleteBeta(a, b, x, 1 - x), fractionBeta(a, b, x, 1 - x)];
        expect(Math.abs(integral.logLower - fraction.logLower)).toBeLessThan(2e-12);
        expect(Math.abs(integral.logUpper - fraction.logUpper)).toBeLessThan(2e-12);
      }),
      { numRuns: 400 },
    );
  });

  it('uses the integral only where both parameters are large', () => {
    const exact = (a: number, b: number) => {
      const [x, y] = [a / (a + b), b / (a + b)];
      return incompleteBeta(a, b, x, y).lower === fractionBeta(a, b, x, y).lower;
    };
    expect([exact(499, 900), exact(900, 499), exact(3, 1e6)]).toEqual([true, true, true]);
  });

  it('has no jump where the form for small parameters takes over', () => {
    for (const b of [0.05, 0.5, 3, 1000]) {
      for (const x of [1e-30, 1e-4, 0.02, 0.4]) {
        const [below, above] = [incompleteBeta(0.1 - 1e-16, b, x, 1 - x), incompleteBeta(0.1, b, x, 1 - x)];
        expect(relative(below.upper, above.upper)).toBeLessThan(1e-12);
        expect(relative(below.lower, above.lower)).toBeLessThan(1e-12);
      }
    }
  });

  it('mirrors: I_x(a, b) is the upper tail of I_{1-x}(b, a)', () => {
    const parameter = fc.double({ min: -3, max: 7, noNaN: true }).map((power) => 10 ** power);
    fc.assert(
      fc.property(parameter, parameter, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, x) => {
        const [one, other] = [incompleteBeta(a, b, x, 1 - x), incompleteBeta(b, a, 1 - x, x)];
        expect(Math.abs(one.lower - other.upper)).toBeLessThan(1e-10);
        expect(one.lower + one.upper).toBeCloseTo(1, 12);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the digits of a complement that is passed to it', () => {
    // I with b = 1 is x^a: with x = 1 - 1e-18 a subtraction would have lost all of it.
    const { upper } = incompleteBeta(3, 1, 1, 1e-18);
    expect(relative(upper, 3e-18)).toBeLessThan(1e-13);
  });

  it('has a prefix that is the density times x (1 - x)', () => {
    // Beta(2, 3) has the density 12 x (1 - x)^2.
    expect(relative(Math.exp(logBetaPrefix(2, 3, 0.3, 0.7)), 12 * 0.3 ** 2 * 0.7 ** 3)).toBeLessThan(1e-14);
    expect(relative(Math.exp(logGammaPrefix(3, 2)), (8 * Math.exp(-2)) / 2)).toBeLessThan(1e-14);
  });
});

describe('tailIntegral', () => {
  it('integrates a tail of pure slope exactly', () => {
    // With slope s, a = 1000 and r = 0 the integral is Q(a, a + s) over the density at that point.
    const exact = Math.exp(incompleteGamma(499.99999, 540).logUpper - logGammaPrefix(499.99999, 540));
    expect(relative(tailIntegral(1, 540 - 499.99999, 499.99999, 0, 0), exact)).toBeLessThan(1e-12);
  });
});
