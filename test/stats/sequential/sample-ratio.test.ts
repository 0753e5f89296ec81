import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AssignmentBatch, sampleRatioProcess } from '../../../src/stats/sequential/sample-ratio.js';
import { allowance, oracleCases } from '../oracles/load.js';

const arms = ['a', 'b', 'c', 'd'];
const record = (values: readonly number[]) =>
  Object.fromEntries(values.map((value, index) => [arms[index] as string, value]));
const batch = (shares: readonly number[], counts: readonly number[]): AssignmentBatch => ({
  shares: record(shares),
  counts: record(counts),
});

/**
 * The definition, one unit at a time: units of a batch arrive in any order, with the Polya urn that the Dirichlet prior
 * is.
 */
function byDefinition(batches: readonly AssignmentBatch[], k: number): number {
  let e = 1;
  const got: Record<string, number> = {};
  const due: Record<string, number> = {};
  let seen = 0;
  for (const { shares, counts } of batches) {
    const names = Object.keys(shares).filter((name) => (shares[name] as number) > 0);
    const tilt = (name: string) => {
      const expected = due[name] ?? 0;
      if (expected === 0) return shares[name] as number;
      return (
        ((shares[name] as number) * ((got[name] ?? 0) + (k * expected) / seen)) / (expected + (k * expected) / seen)
      );
    };
    const total = names.reduce((sum, name) => sum + tilt(name), 0);
    const urn = Object.fromEntries(names.map((name) => [name, ((k + seen) * tilt(name)) / total]));
    let size = k + seen;
    let n = 0;
    for (const name of names) {
      for (let i = 0; i < (counts[name] ?? 0); i += 1) {
        e *= (urn[name] as number) / size / (shares[name] as number);
        urn[name] = (urn[name] as number) + 1;
        size += 1;
        n += 1;
      }
    }
    for (const name of names) {
      got[name] = (got[name] ?? 0) + (counts[name] ?? 0);
      due[name] = (due[name] ?? 0) + n * (shares[name] as number);
    }
    seen += n;
  }
  return Math.log(e);
}

const anyBatch = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 }),
    fc.array(fc.nat(12), { minLength: 3, maxLength: 3 }),
  )
  .map(([weights, counts]) => {
    const total = weights.reduce((a, b) => a + b, 0);
    return batch(
      weights.map((weight) => weight / total),
      counts,
    );
  });

describe('sampleRatioProcess', () => {
  for (const one of oracleCases<{ counts: number[]; theta0: number[]; k: number }, { logE: number }>(
    'sequential.json',
    'srmSequential',
  )) {
    it(`is the multinomial test of Lindon and Malek under constant shares, in one batch or many: ${one.name}`, () => {
      const { counts, theta0, k } = one.inputs;
      const { logE, maxLogE } = sampleRatioProcess([batch(theta0, counts)], { k });
      expect(Math.abs(logE - one.expected.logE)).toBeLessThanOrEqual(allowance(one, one.expected.logE));
      expect(maxLogE).toBe(Math.max(0, logE));
      const parts = [0.1, 0.25, 0.65].map((part) => counts.map((count) => Math.round(count * part)));
      const rest = counts.map((count, at) => count - parts.reduce((sum, list) => sum + (list[at] as number), 0));
      const last = (parts[2] as number[]).map((count, at) => count + (rest[at] as number));
      const inParts = sampleRatioProcess(
        [parts[0], parts[1], last].map((list) => batch(theta0, list as number[])),
        { k },
      );
      expect(Math.abs(inParts.logE - one.expected.logE)).toBeLessThanOrEqual(1e-8 * (1 + Math.abs(one.expected.logE)));
    });
  }

  for (const one of oracleCases<
    { batches: { theta: number[]; counts: number[] }[]; k: number },
    { logEPath: number[] }
  >('sequential.json', 'srmSequentialRamp')) {
    it(one.name, () => {
      const batches = one.inputs.batches.map(({ theta, counts }) => batch(theta, counts));
      one.expected.logEPath.forEach((expected, at) => {
        const { logE } = sampleRatioProcess(batches.slice(0, at + 1), { k: one.inputs.k });
        expect(Math.abs(logE - expected)).toBeLessThanOrEqual(allowance(one, expected));
      });
    });
  }

  it('is the product of the predictive chances of all units over their shares', () => {
    fc.assert(
      fc.property(fc.array(anyBatch, { maxLength: 5 }), fc.constantFrom(1, 10, 100), (batches, k) => {
        const expected = byDefinition(batches, k);
        const { logE } = sampleRatioProcess(batches, { k });
        expect(Math.abs(logE - expected)).toBeLessThan(1e-9 * (1 + Math.abs(expected)));
      }),
    );
  });

  it('has an expectation of exactly 1 over all assignments of a ramp', () => {
    const ramp = [
      { shares: [0.95, 0.05], n: 3 },
      { shares: [0.5, 0.5], n: 4 },
      { shares: [0.1, 0.9], n: 3 },
    ];
    const choose = (n: number, j: number): number => (j === 0 ? 1 : (choose(n - 1, j - 1) * n) / j);
    let total = 0;
    for (let x = 0; x <= 3; x += 1) {
      for (let y = 0; y <= 4; y += 1) {
        for (let z = 0; z <= 3; z += 1) {
          const counts = [x, y, z];
          const chance = ramp.reduce((product, { shares: [, share = 0], n }, at) => {
            const got = counts[at] as number;
            return product * choose(n, got) * share ** got * (1 - share) ** (n - got);
          }, 1);
          const batches = ramp.map(({ shares, n }, at) =>
            batch(shares, [n - (counts[at] as number), counts[at] as number]),
          );
          total += chance * Math.exp(sampleRatioProcess(batches, { k: 5 }).logE);
        }
      }
    }
    expect(total).toBeCloseTo(1, 12);
  });

  it('remembers the greatest value it had, since an alarm stays an alarm', () => {
    const alarming = batch([0.5, 0.5], [600, 400]);
    const soothing = batch([0.5, 0.5], [99_400, 99_600]);
    const first = sampleRatioProcess([alarming]);
    const both = sampleRatioProcess([alarming, soothing]);
    expect(first.logE).toBeGreaterThan(Math.log(1000));
    expect(both.logE).toBeLessThan(first.logE);
    expect(both.maxLogE).toBe(first.logE);
  });

  it('uses a prior worth 100 units unless told otherwise', () => {
    const batches = [batch([0.5, 0.5], [60, 40])];
    expect(sampleRatioProcess(batches)).toEqual(sampleRatioProcess(batches, { k: 100 }));
    expect(sampleRatioProcess(batches, { k: 10 }).logE).not.toBe(sampleRatioProcess(batches).logE);
  });

  it('reads shares as ratios, and arms in any order', () => {
    const odd = sampleRatioProcess([{ shares: { x: 0.1, y: 0.3 }, counts: { y: 310, x: 90 } }]).logE;
    expect(odd).toBeCloseTo(sampleRatioProcess([batch([0.75, 0.25], [310, 90])]).logE, 10);
  });

  it('leaves arms of zero share out, and names those that got units', () => {
    const clean = sampleRatioProcess([batch([0.5, 0.5], [5000, 5200])]);
    expect(clean.impossible).toEqual([]);
    expect(sampleRatioProcess([batch([0.5, 0.5, 0], [5000, 5200, 0])])).toEqual(clean);
    const stray = sampleRatioProcess([
      batch([0.5, 0.5, 0], [5000, 5200, 3]),
      { shares: { a: 0.5, b: 0.5 }, counts: { c: 1, toString: 2 } },
    ]);
    expect(stray.impossible).toEqual(['c', 'toString']);
    expect(stray.logE).toBe(clean.logE);
  });

  it('lets arms come and go', () => {
    const batches = [
      batch([0.5, 0.5], [520, 480]),
      batch([0.3, 0.3, 0.4], [300, 290, 410]),
      batch([0.6, 0, 0.4], [590, 0, 410]),
    ];
    expect(sampleRatioProcess(batches).logE).toBeCloseTo(byDefinition(batches, 100), 9);
  });

  it('says nothing about nothing', () => {
    const nothing = { logE: 0, maxLogE: 0, impossible: [] };
    expect(sampleRatioProcess([])).toEqual(nothing);
    expect(sampleRatioProcess([batch([0.5, 0.5], [0, 0]), { shares: {}, counts: {} }])).toEqual(nothing);
    expect(sampleRatioProcess([{ shares: { a: 1 }, counts: { a: 50 } }]).logE).toBeCloseTo(0, 12);
  });

  it('keeps its digits at thousands of millions of units', () => {
    // For large counts the Bayes factor is near (k/n)^(1/2) exp(z^2 / 2) (1/2)^... : both sides of a perfect split are
    // negative
    // and grow like half the logarithm of n.
    const at = (n: number) => sampleRatioProcess([batch([0.5, 0.5], [n, n])]).logE;
    expect(at(1e9) - at(1e7)).toBeCloseTo(-0.5 * Math.log(100), 4);
    expect(at(1e12) - at(1e9)).toBeCloseTo(-0.5 * Math.log(1000), 6);
  });

  it.each<[string, AssignmentBatch]>([
    ['shares.a', { shares: { a: -0.1, b: 1 }, counts: {} }],
    ['shares.a', { shares: { a: Number.NaN, b: 1 }, counts: {} }],
    ['counts.b', { shares: { a: 0.5, b: 0.5 }, counts: { b: -1 } }],
    ['counts.b', { shares: { a: 0.5, b: 0.5 }, counts: { b: 1.5 } }],
  ])('refuses %s outside its domain', (what, broken) => {
    expect(() => sampleRatioProcess([batch([0.5, 0.5], [1, 1]), broken])).toThrow(
      expect.objectContaining({ code: 'domain', message: expect.stringContaining(`batches[1].${what} must be`) }),
    );
  });

  it('refuses a prior without weight', () => {
    for (const k of [0, -1, Number.NaN, Infinity]) {
      expect(() => sampleRatioProcess([], { k })).toThrow(expect.objectContaining({ code: 'domain' }));
    }
  });
});
