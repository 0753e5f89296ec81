import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normal } from '../../../src/stats/distributions/normal.js';
import { classicalBounds } from '../../../src/stats/sequential/classical-bounds.js';
import { groupSequentialBounds } from '../../../src/stats/sequential/group-sequential.js';
import type { Spending } from '../../../src/stats/sequential/spending.js';
import { allowance, oracleCases } from '../oracles/load.js';

interface Inputs {
  type: 'asOF' | 'asP' | 'asKD' | 'asHSD' | 'OF' | 'P';
  param: number | null;
  alpha: number;
  sided: 1 | 2;
  info: number[];
}

function boundsOf({ type, param, alpha, sided, info }: Inputs) {
  const looks = { alpha, sides: sided, information: info };
  if (type === 'OF' || type === 'P')
    return classicalBounds({ ...looks, shape: type === 'P' ? 'pocock' : 'obrien-fleming' });
  const spending: Record<'asOF' | 'asP' | 'asKD' | 'asHSD', Spending> = {
    asOF: 'obrien-fleming',
    asP: 'pocock',
    asKD: { power: param ?? 1 },
    asHSD: { hwangShihDeCani: param ?? 0 },
  };
  return groupSequentialBounds({ ...looks, spending: spending[type] });
}

const equalLooks = (count: number) => Array.from({ length: count }, (_, look) => (look + 1) / count);
const anySpending = fc.oneof(
  fc.constantFrom<Spending>('obrien-fleming', 'pocock'),
  fc.double({ min: 0.5, max: 4, noNaN: true }).map((power) => ({ power })),
  fc.double({ min: -4, max: 4, noNaN: true }).map((hwangShihDeCani) => ({ hwangShihDeCani })),
);
const anyLooks = fc
  .array(fc.double({ min: 0.02, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 })
  .map((steps) => {
    const total = steps.reduce((a, b) => a + b, 0);
    let at = 0;
    return steps.map((step) => (at += step / total));
  });

describe('groupSequentialBounds', () => {
  for (const one of oracleCases<Inputs, { z: number[] }>('group-sequential.json', 'groupSequentialBounds')) {
    it(one.name, () => {
      const { z } = boundsOf(one.inputs);
      expect(z).toHaveLength(one.expected.z.length);
      z.forEach((bound, look) => {
        const expected = one.expected.z[look] as number;
        expect(Math.abs(bound - expected)).toBeLessThanOrEqual(allowance(one, expected));
      });
    });
  }

  it('gives the figures of the textbooks: Pocock 2.413 and 2.040 for O’Brien and Fleming at five looks', () => {
    const looks = { alpha: 0.05, information: equalLooks(5) };
    expect(classicalBounds({ ...looks, shape: 'pocock' }).z.map((z) => z.toFixed(3))).toEqual(Array(5).fill('2.413'));
    expect(
      classicalBounds({ ...looks, shape: 'obrien-fleming' })
        .z.at(-1)
        ?.toFixed(3),
    ).toBe('2.040');
  });

  it('spends at a second look exactly what an integral over the first says, however uneven the looks', () => {
    for (const [first, second, sides] of [
      [0.5, 1, 2],
      [0.5, 1, 1],
      [0.05, 1, 2],
      [0.6, 0.61, 1],
      [0.999, 1, 2],
      [0.02, 0.021, 1],
    ] as const) {
      const { z, spent } = groupSequentialBounds({
        alpha: 0.05,
        sides,
        information: [first, second],
        spending: 'pocock',
      });
      const [c1, c2] = z as [number, number];
      const spread = Math.sqrt(second - first);
      const low = sides === 2 ? -c1 : -10;
      const steps = 40_000;
      let exit = 0;
      for (let i = 0; i <= steps; i += 1) {
        const u = low + ((c1 - low) * i) / steps;
        const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
        const tail = normal.sf((c2 * Math.sqrt(second) - u * Math.sqrt(first)) / spread);
        const other = sides === 2 ? normal.cdf((-c2 * Math.sqrt(second) - u * Math.sqrt(first)) / spread) : 0;
        exit += (weight * normal.pdf(u) * (tail + other) * (c1 - low)) / steps / 3;
      }
      expect(exit / ((spent[1] as number) - (spent[0] as number))).toBeCloseTo(1, 8);
    }
  });

  it('spends what the published functions say', () => {
    const spent = (spending: Spending, sides: 1 | 2 = 2) =>
      groupSequentialBounds({ alpha: 0.05, sides, information: [0.25, 0.5, 1], spending }).spent;
    const closeTo = (actual: readonly number[], expected: readonly number[]) =>
      actual.forEach((value, at) => expect(value).toBeCloseTo(expected[at] as number, 12));
    closeTo(
      spent('pocock'),
      [0.25, 0.5, 1].map((t) => 0.05 * Math.log(1 + (Math.E - 1) * t)),
    );
    closeTo(spent({ power: 2 }), [0.05 / 16, 0.05 / 4, 0.05]);
    for (const nearly of [0, 5e-324, -1e-13, 1e-11]) closeTo(spent({ hwangShihDeCani: nearly }), [0.0125, 0.025, 0.05]);
    closeTo(
      spent({ hwangShihDeCani: -4 }),
      [0.25, 0.5, 1].map((t) => (0.05 * (1 - Math.exp(4 * t))) / (1 - Math.exp(4))),
    );
    const obrienFleming = (side: number) =>
      [0.25, 0.5, 1].map((t) => 2 * normal.sf(normal.isf(side / 2) / Math.sqrt(t)));
    closeTo(spent('obrien-fleming', 1), obrienFleming(0.05));
    closeTo(
      spent('obrien-fleming', 2),
      obrienFleming(0.025).map((side) => 2 * side),
    );
  });

  it('does not change earlier bounds when a look is added', () => {
    fc.assert(
      fc.property(anyLooks, anySpending, fc.constantFrom<1 | 2>(1, 2), (information, spending, sides) => {
        const all = groupSequentialBounds({ alpha: 0.05, sides, information, spending });
        const part = groupSequentialBounds({
          alpha: 0.05,
          sides,
          information: information.slice(0, -1).concat(2),
          spending,
        });
        all.z.slice(0, -1).forEach((bound, look) => expect(part.z[look]).toBeCloseTo(bound, 9));
      }),
      { numRuns: 30 },
    );
  });

  it('asks for more than a single look would, and for more still when alpha is smaller', () => {
    fc.assert(
      fc.property(anyLooks, anySpending, (information, spending) => {
        const bounds = (alpha: number) => groupSequentialBounds({ alpha, information, spending }).z;
        const [loose, strict] = [bounds(0.05), bounds(0.01)];
        loose.forEach((bound, look) => {
          expect(bound).toBeGreaterThanOrEqual(normal.isf(0.025) - 1e-9);
          expect(strict[look] as number).toBeGreaterThan(bound);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('is the fixed test at a single look with all information, two-sided unless told otherwise', () => {
    const one = { alpha: 0.05, information: [1] };
    for (const spending of ['obrien-fleming', 'pocock', { power: 3 }] as const) {
      expect(groupSequentialBounds({ ...one, spending }).z[0]).toBeCloseTo(normal.isf(0.025), 10);
      expect(groupSequentialBounds({ ...one, sides: 1, spending }).z[0]).toBeCloseTo(normal.isf(0.05), 10);
    }
    expect(classicalBounds({ ...one, sides: 1, shape: 'pocock' }).z[0]).toBeCloseTo(normal.isf(0.05), 9);
    expect(classicalBounds({ ...one, shape: 'obrien-fleming' }).z[0]).toBeCloseTo(normal.isf(0.025), 9);
    const looks = { alpha: 0.05, information: [0.4, 1] };
    expect(classicalBounds({ ...looks, shape: 'pocock' }).z).toEqual(
      classicalBounds({ ...looks, sides: 2, shape: 'pocock' }).z,
    );
  });

  it('agrees to 12 digits with an integral in 40-digit arithmetic (mpmath) at the second of 20 looks', () => {
    const { z } = groupSequentialBounds({ alpha: 0.01, information: equalLooks(20), spending: 'obrien-fleming' });
    expect(z[0]).toBeCloseTo(12.498445862292, 11);
    expect(z[1]).toBeCloseTo(8.79915895436528, 11);
  });

  it('keeps its digits where a look may spend next to nothing', () => {
    const { z, spent } = groupSequentialBounds({
      alpha: 0.05,
      information: [0.001, 0.01, 0.5, 1],
      spending: 'obrien-fleming',
    });
    const logSide = (t: number) => Math.LN2 + normal.logSf(normal.isf(0.0125) / Math.sqrt(t));
    expect(normal.logSf(z[0] as number) / logSide(0.001)).toBeCloseTo(1, 12);
    expect(normal.logSf(z[1] as number) / logSide(0.01)).toBeCloseTo(1, 9);
    expect(spent[0]).toBeLessThan(1e-300);
    expect(z[3]).toBeCloseTo(1.968596, 6);
  });

  it('spends the rest of alpha on a look past the plan, and nothing after it', () => {
    const { z, spent } = groupSequentialBounds({ alpha: 0.05, information: [0.5, 1.2, 1.5], spending: 'pocock' });
    expect(spent[1]).toBeCloseTo(0.05, 12);
    expect(spent[2]).toBeCloseTo(0.05, 12);
    expect(z[1]).toBeLessThan(2.4);
    expect(z[2]).toBe(Infinity);
  });

  it('keeps alpha over 60 looks a thousandth apart', () => {
    const information = Array.from({ length: 60 }, (_, look) => 0.9 * 1.001 ** look);
    const { z } = groupSequentialBounds({ alpha: 0.05, information, spending: { power: 1 } });
    expect(z.every((bound) => bound > 1.9 && bound < 4.5)).toBe(true);
    // With all but one look left out of the same plan the last bound can only be lower.
    const few = groupSequentialBounds({
      alpha: 0.05,
      information: [0.9, information[59] as number],
      spending: { power: 1 },
    });
    expect(few.z[0]).toBe(z[0]);
    expect(few.z[1] as number).toBeLessThan(z[59] as number);
  });

  it.each<[string, Partial<Inputs>]>([
    ['alpha', { alpha: 0 }],
    ['alpha', { alpha: 1 }],
    ['alpha', { alpha: Number.NaN }],
    ['sides', { sided: 3 as 2 }],
    ['information must be a list of 1 to 200', { info: [] }],
    ['information must be a list of 1 to 200', { info: Array.from({ length: 201 }, (_, i) => i + 1) }],
    ['information[0]', { info: [0, 1] }],
    ['information[0]', { info: [-1, 1] }],
    ['information[1]', { info: [0.5, 0.5] }],
    ['information[1]', { info: [0.5, 0.5004] }],
    ['information[1]', { info: [0.5, Infinity] }],
    ['information[1]', { info: [0.5, Number.NaN] }],
    ['spending.power', { type: 'asKD', param: 0 }],
    ['spending.power', { type: 'asKD', param: 51 }],
    ['spending.power', { type: 'asKD', param: Number.NaN }],
    ['spending.hwangShihDeCani', { type: 'asHSD', param: 51 }],
    ['spending.hwangShihDeCani', { type: 'asHSD', param: -51 }],
    ['spending.hwangShihDeCani', { type: 'asHSD', param: Number.NaN }],
  ])('refuses %s outside its domain', (what, broken) => {
    const sound: Inputs = { type: 'asOF', param: null, alpha: 0.05, sided: 2, info: [0.5, 1] };
    expect(() => boundsOf({ ...sound, ...broken })).toThrow(
      expect.objectContaining({ code: 'domain', message: expect.stringContaining(`groupSequentialBounds: ${what}`) }),
    );
  });

  it('takes parameters and looks at the ends of their ranges', () => {
    for (const spending of [{ power: 50 }, { hwangShihDeCani: 50 }, { hwangShihDeCani: -50 }] as const) {
      const { z } = groupSequentialBounds({ alpha: 0.05, information: [0.5, 0.5005, 1], spending });
      expect(z.every((bound) => bound > 1.9)).toBe(true);
    }
    expect(() => classicalBounds({ alpha: 0.05, information: [], shape: 'pocock' })).toThrow(
      'classicalBounds: information',
    );
  });
});
