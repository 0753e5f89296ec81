import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goLedger, stopAlpha, stopLedger } from '../../src/stats/alpha-ledger.js';

const alpha = 0.05;
const anyEvidence = fc.array(
  fc.record({
    name: fc.constantFrom('errors', 'latency', 'clicks', 'revenue'),
    logE: fc.double({ min: -20, max: 20, noNaN: true }),
    weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
  }),
  { minLength: 1, maxLength: 8 },
);

describe('stopLedger', () => {
  it('is the weighted mean of the e-values', () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const total = evidence.reduce((sum, { weight }) => sum + weight, 0);
        const mean = evidence.reduce((sum, { weight, logE }) => sum + (weight / total) * Math.exp(logE), 0);
        const { logE, stop, threshold } = stopLedger(evidence, { alpha });
        expect(logE).toBeCloseTo(Math.log(mean), 9);
        expect(threshold).toBeCloseTo(Math.log(20), 12);
        if (Math.abs(logE - threshold) > 1e-9) expect(stop).toBe(mean >= 20);
      }),
    );
  });

  it('stops no later than each guardrail at its share of alpha would', () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const total = evidence.reduce((sum, { weight }) => sum + weight, 0);
        const bonferroni = evidence.some(({ weight, logE }) => logE - 1e-9 >= Math.log(total / weight / alpha));
        if (bonferroni) expect(stopLedger(evidence, { alpha }).stop).toBe(true);
      }),
    );
  });

  it('reaches its threshold exactly at 1 / alpha', () => {
    const at = (logE: number) => stopLedger([{ name: 'errors', logE }], { alpha }).stop;
    expect(at(-Math.log(alpha))).toBe(true);
    expect(at(-Math.log(alpha) - 1e-9)).toBe(false);
  });

  it('gives equal weights unless told otherwise, and names what leads', () => {
    const two = [
      { name: 'errors', logE: 1 },
      { name: 'latency', logE: 3 },
    ];
    const sevens = two.map((one) => ({ ...one, weight: 7 }));
    expect(stopLedger(sevens, { alpha }).logE).toBeCloseTo(stopLedger(two, { alpha }).logE, 12);
    expect(stopLedger(two, { alpha }).leading).toBe('latency');
    expect(stopLedger([...two].reverse(), { alpha }).leading).toBe('latency');
    expect(
      stopLedger(
        [
          { name: 'errors', logE: 1, weight: 100 },
          { name: 'latency', logE: 3 },
        ],
        { alpha },
      ).leading,
    ).toBe('errors');
  });

  it('copes with e-values that no number holds', () => {
    const certain = [
      { name: 'errors', logE: 5000 },
      { name: 'latency', logE: -5000 },
    ];
    expect(stopLedger(certain, { alpha }).logE).toBeCloseTo(5000 - Math.log(2), 9);
    const impossible = [
      { name: 'errors', logE: Infinity },
      { name: 'latency', logE: 0 },
    ];
    expect(stopLedger(impossible, { alpha })).toMatchObject({ stop: true, logE: Infinity, leading: 'errors' });
    const ruled = stopLedger([{ name: 'errors', logE: -Infinity }], { alpha });
    expect(ruled).toMatchObject({ stop: false, logE: -Infinity, leading: 'errors' });
  });

  it('does not stop without guardrails', () => {
    expect(stopLedger([], { alpha })).toEqual({ stop: false, logE: 0, threshold: -Math.log(alpha) });
  });

  it('refuses what is no evidence, no weight and no alpha', () => {
    const domain = (what: string) =>
      expect.objectContaining({ code: 'domain', message: expect.stringContaining(`${what} must be`) });
    expect(() => stopLedger([{ name: 'errors', logE: Number.NaN }], { alpha })).toThrow(domain('errors.logE'));
    expect(() => stopLedger([{ name: 'errors', logE: 0, weight: 0 }], { alpha })).toThrow(domain('errors.weight'));
    expect(() => stopLedger([], { alpha: 1 })).toThrow(domain('alpha'));
  });
});

describe('stopAlpha', () => {
  it('divides all of alpha and no more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (arms, replicas, reserved) => {
          const { together, cutOff } = stopAlpha({ alpha, arms, replicas, reserved });
          expect(arms * (together + replicas * cutOff)).toBeCloseTo(alpha, 12);
          expect(together / (together + replicas * cutOff)).toBeCloseTo(1 - reserved, 9);
        },
      ),
    );
  });

  it('reserves a tenth for one replica and one arm unless told otherwise', () => {
    const { together, cutOff } = stopAlpha({ alpha });
    expect(together).toBeCloseTo(0.045, 12);
    expect(cutOff).toBeCloseTo(0.005, 12);
    expect(stopAlpha({ alpha, reserved: 0 }).cutOff).toBe(0);
  });

  it.each([
    ['alpha', { alpha: 0 }],
    ['arms', { alpha, arms: 0 }],
    ['arms', { alpha, arms: 1.5 }],
    ['replicas', { alpha, replicas: 0 }],
    ['replicas', { alpha, replicas: Number.NaN }],
    ['reserved', { alpha, reserved: -0.1 }],
    ['reserved', { alpha, reserved: 1 }],
  ])('refuses a number of %s that cannot be', (what, options) => {
    expect(() => stopAlpha(options)).toThrow(`stopAlpha: ${what} must be`);
  });
});

describe('goLedger', () => {
  it('goes when every gate passes at the full alpha, and names those that do not', () => {
    const gates = [
      { name: 'clicks', pValue: 0.05 },
      { name: 'revenue', pValue: 0.01 },
    ];
    expect(goLedger(gates, { alpha })).toEqual({ go: true, pValue: 0.05, failing: [] });
    expect(goLedger([...gates, { name: 'errors', pValue: 0.0501 }], { alpha })).toEqual({
      go: false,
      pValue: 0.0501,
      failing: ['errors'],
    });
    expect(goLedger(gates, { alpha: 0.001 }).failing).toEqual(['clicks', 'revenue']);
  });

  it('takes p-values of exactly 0 and 1', () => {
    const ends = [
      { name: 'clicks', pValue: 0 },
      { name: 'revenue', pValue: 1 },
    ];
    expect(goLedger(ends, { alpha })).toEqual({ go: false, pValue: 1, failing: ['revenue'] });
  });

  it('has nothing to hold it back without gates', () => {
    expect(goLedger([], { alpha })).toEqual({ go: true, pValue: 0, failing: [] });
  });

  it('refuses what is no p-value and no alpha', () => {
    for (const pValue of [-0.1, 1.1, Number.NaN]) {
      expect(() => goLedger([{ name: 'clicks', pValue }], { alpha })).toThrow('goLedger: clicks.pValue must be');
    }
    expect(() => goLedger([], { alpha: 0 })).toThrow('goLedger: alpha must be');
  });
});
