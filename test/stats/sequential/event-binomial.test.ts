import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventStratum, eventBinomial } from '../../../src/stats/sequential/event-binomial.js';

const ratios = {
  more: [1.1, 1.2, 1.4, 1.7, 2, 3, 5, 10],
  fewer: [0.98, 0.95, 0.9, 0.8, 0.7, 0.5, 0.3, 0.1],
} as const;
type Harm = keyof typeof ratios;
/** How the stake is divided: evenly, and mostly on small losses. */
const stakes = {
  more: [1, 1, 1, 1, 1, 1, 1, 1],
  fewer: [2, 4, 5, 4, 2, 1, 0.6, 0.4],
} as const;
const weighted = (products: readonly number[], harm: Harm) => {
  const all = stakes[harm].reduce((sum: number, stake) => sum + stake, 0);
  return products.reduce((sum, product, at) => sum + (product * (stakes[harm][at] as number)) / all, 0);
};
const factorOf = (margin: number, harm: Harm) => (harm === 'more' ? 1 + margin : 1 - margin);
const chanceAt = (share: number, rateRatio: number) => (share * rateRatio) / (share * rateRatio + 1 - share);

/** The definition, literally: the weighted mean over alternatives of the product of likelihood ratios, one event at a time. */
function byDefinition(strata: readonly EventStratum[], margin: number, harm: Harm): number {
  const boundary = factorOf(margin, harm);
  const products = ratios[harm].map((ratio) => {
    let product = 1;
    for (const { share, treatment, control } of strata) {
      const [q0, q] = [chanceAt(share, boundary), chanceAt(share, boundary * ratio)];
      for (let i = 0; i < treatment; i += 1) product *= q / q0;
      for (let i = 0; i < control; i += 1) product *= (1 - q) / (1 - q0);
    }
    return product;
  });
  return weighted(products, harm);
}

const anyHarm = fc.constantFrom<Harm>('more', 'fewer');
const anyMargin = fc.double({ min: 0, max: 0.9, noNaN: true });
const anyShare = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const anyStratum = fc.record({ share: anyShare, treatment: fc.nat(40), control: fc.nat(40) });

describe('eventBinomial', () => {
  it('is the weighted mean over rate ratios of the product of likelihood ratios of all events', () => {
    fc.assert(
      fc.property(fc.array(anyStratum, { maxLength: 6 }), anyMargin, anyHarm, (strata, margin, harm) => {
        const { logE, events } = eventBinomial(strata, { margin, harm });
        const expected = Math.log(byDefinition(strata, margin, harm));
        expect(Math.abs(logE - expected)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(expected)));
        expect(events).toBe(strata.reduce((sum, { treatment, control }) => sum + treatment + control, 0));
      }),
    );
  });

  it('has an expectation of 1 on the boundary of the null and at most 1 inside it, over all paths of a ramp', () => {
    const shares = [0.01, 0.05, 0.05, 0.25, 0.25, 0.5, 0.5, 0.9];
    for (const harm of ['more', 'fewer'] as const) {
      for (const margin of [0, 0.1, 0.5]) {
        for (const inside of [1, 0.9, 0.5, 0]) {
          const factor = factorOf(margin, harm);
          const rateRatio = harm === 'more' ? factor * inside : factor / Math.max(inside, 1e-3);
          let expectation = 0;
          for (let path = 0; path < 2 ** shares.length; path += 1) {
            let probability = 1;
            const strata = shares.map((share, at) => {
              const hit = (path >> at) & 1;
              probability *= hit === 1 ? chanceAt(share, rateRatio) : 1 - chanceAt(share, rateRatio);
              return { share, treatment: hit, control: 1 - hit };
            });
            expectation += probability * Math.exp(eventBinomial(strata, { margin, harm }).logE);
          }
          if (inside === 1) expect(expectation).toBeCloseTo(1, 12);
          else expect(expectation).toBeLessThan(1);
        }
      }
    }
  });

  it('crosses 1/alpha within 240 events with probability at most alpha, by exact recursion at every look', () => {
    const alpha = 0.05;
    for (const harm of ['more', 'fewer'] as const) {
      // alive[x]: the chance of x events of the treatment with no crossing so far.
      let alive = new Map([[0, 1]]);
      let crossed = 0;
      for (let n = 1; n <= 240; n += 1) {
        const share = n <= 120 ? 0.05 : 0.5;
        const next = new Map<number, number>();
        for (const [path, chance] of alive) {
          for (const hit of [0, 1]) {
            // The path is two counts in one number: hits in the first and in the second half.
            const moved = path + (n <= 120 ? hit : 1000 * hit);
            const [first, second] = [moved % 1000, Math.floor(moved / 1000)];
            const part = chance * (hit === 1 ? share : 1 - share);
            const strata = [
              { share: 0.05, treatment: first, control: Math.min(n, 120) - first },
              { share: 0.5, treatment: second, control: Math.max(n - 120, 0) - second },
            ];
            if (part < 1e-9) continue;
            if (eventBinomial(strata, { harm }).logE >= Math.log(1 / alpha)) crossed += part;
            else next.set(moved, (next.get(moved) ?? 0) + part);
          }
        }
        alive = next;
      }
      expect(crossed).toBeLessThanOrEqual(alpha);
      expect(crossed).toBeGreaterThan(0.003);
    }
  });

  it('grows with harm and shrinks with the margin', () => {
    const strata = (treatment: number) => [{ share: 0.5, treatment, control: 100 }];
    const logE = (treatment: number, harm: Harm, margin = 0) => eventBinomial(strata(treatment), { harm, margin }).logE;
    expect(logE(160, 'more')).toBeGreaterThan(Math.log(100));
    expect(logE(40, 'fewer')).toBeGreaterThan(Math.log(100));
    expect(logE(40, 'more')).toBeLessThan(0);
    expect(logE(160, 'fewer')).toBeLessThan(0);
    expect(logE(160, 'more', 0.2)).toBeLessThan(logE(160, 'more', 0.1));
    expect(logE(40, 'fewer', 0.2)).toBeLessThan(logE(40, 'fewer', 0.1));
  });

  it('takes a margin of 0 when none is given', () => {
    const strata = [{ share: 0.2, treatment: 30, control: 90 }];
    for (const harm of ['more', 'fewer'] as const) {
      expect(eventBinomial(strata, { harm })).toEqual(eventBinomial(strata, { harm, margin: 0 }));
    }
  });

  it('does not care in which order strata come, or whether one stratum is told in parts', () => {
    fc.assert(
      fc.property(fc.array(anyStratum, { maxLength: 8 }), anyHarm, (strata, harm) => {
        const { logE } = eventBinomial(strata, { harm });
        const parts = strata.flatMap(({ share, treatment, control }) => [
          { share, treatment, control: 0 },
          { share, treatment: 0, control },
        ]);
        expect(eventBinomial([...strata].reverse(), { harm }).logE).toBeCloseTo(logE, 9);
        expect(eventBinomial(parts, { harm }).logE).toBeCloseTo(logE, 9);
      }),
    );
  });

  it('says nothing without events, and leaves out strata in which one arm had no share', () => {
    const nothing = { logE: 0, events: 0 };
    expect(eventBinomial([], { harm: 'more' })).toEqual(nothing);
    expect(eventBinomial([{ share: 0.5, treatment: 0, control: 0 }], { harm: 'fewer' })).toEqual(nothing);
    for (const share of [0, 1]) {
      expect(eventBinomial([{ share, treatment: 50, control: 50 }], { harm: 'more' })).toEqual(nothing);
    }
  });

  it('stays finite for counts of thousands of millions', () => {
    const strata = [{ share: 0.5, treatment: 3e9, control: 1e9 }];
    // The best of the eight bets is a rate ratio of 3: likelihood ratio (3/4 : 1/2)^3e9 (1/4 : 1/2)^1e9, an eighth of
    // the mean.
    const best = 3e9 * Math.log(1.5) + 1e9 * Math.log(0.5) - Math.log(8);
    expect(eventBinomial(strata, { harm: 'more' }).logE / best).toBeCloseTo(1, 12);
    expect(eventBinomial(strata, { harm: 'fewer' }).logE).toBeLessThan(-1e7);
    expect(Number.isFinite(eventBinomial(strata, { harm: 'fewer', margin: 0.999_999 }).logE)).toBe(true);
  });

  const sound: EventStratum = { share: 0.5, treatment: 1, control: 1 };
  it.each<[string, EventStratum]>([
    ['share', { ...sound, share: -0.1 }],
    ['share', { ...sound, share: 1.1 }],
    ['share', { ...sound, share: Number.NaN }],
    ['treatment', { ...sound, treatment: -1 }],
    ['treatment', { ...sound, treatment: 0.5 }],
    ['treatment', { ...sound, treatment: Infinity }],
    ['control', { ...sound, control: Number.NaN }],
    ['control', { ...sound, control: -1 }],
  ])('refuses a %s that cannot be one, and says where', (what, broken) => {
    expect(() => eventBinomial([sound, broken], { harm: 'more' })).toThrow(
      expect.objectContaining({
        code: 'domain',
        message: expect.stringContaining(`eventBinomial: strata[1].${what} must be`),
      }),
    );
  });

  it('refuses margins that leave no null', () => {
    const refused = expect.objectContaining({ code: 'domain', message: expect.stringContaining('margin') });
    for (const margin of [-0.1, Infinity, Number.NaN]) {
      expect(() => eventBinomial([sound], { harm: 'more', margin })).toThrow(refused);
      expect(() => eventBinomial([sound], { harm: 'fewer', margin })).toThrow(refused);
    }
    expect(() => eventBinomial([sound], { harm: 'fewer', margin: 1 })).toThrow(refused);
    expect(eventBinomial([sound], { harm: 'more', margin: 1 }).events).toBe(2);
  });
});
