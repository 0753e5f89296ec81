import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { exponential, linear } from '../../src/strategies/ramp.js';
import { stagesCheck } from '../../src/strategies/stages.js';

const shares = (stages: readonly { readonly share: number }[]) => stages.map(({ share }) => share);

describe('a linear ramp', () => {
  test('grows by equal steps to 1, without the dust of adding fractions', () => {
    expect(shares(linear({ step: 0.1 }))).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
    expect(linear({ step: 0.01 })).toHaveLength(100);
  });

  test('starts and ends where it is told, and never overshoots', () => {
    expect(shares(linear({ from: 0.05, step: 0.2, to: 0.5 }))).toEqual([0.05, 0.25, 0.45, 0.5]);
    // Flagger's step of 20 towards 50 goes 20, 40, 60.
    expect(shares(linear({ step: 0.2, to: 0.5 }))).toEqual([0.2, 0.4, 0.5]);
    expect(shares(linear({ step: 1 }))).toEqual([1]);
    expect(shares(linear({ step: 0.5, to: 0.2 }))).toEqual([0.2]);
    expect(shares(linear({ from: 0.2, step: 0.1, to: 0.2 }))).toEqual([0.2]);
  });

  test('gives every stage what else it is told, and lets nobody else set the share', () => {
    expect(linear({ step: 0.5, minAgeMs: 7, hold: true })).toEqual([
      { share: 0.5, minAgeMs: 7, hold: true },
      { share: 1, minAgeMs: 7, hold: true },
    ]);
    expect(shares(linear({ step: 0.5, share: 0.3 } as never))).toEqual([0.5, 1]);
  });

  test.each([
    [{ step: 0 }, 'ramp.step: must be over 0 (was 0).'],
    [{ from: 0.1, step: 0 }, 'ramp.step: must be over 0 (was 0).'],
    [{ step: 0.0099 }, 'at most 100 stages (was 101)'],
    [{ from: 0.001, step: 0.01 }, 'at most 100 stages'],
    [{ from: 0.5, step: 0.1, to: 0.4 }, 'over 0 and at most `to`, 0.4 (was 0.5)'],
    [{ from: 0, step: 0.1 }, 'over 0'],
    [{ step: 5 }, 'Did you mean 0.05?'],
    [{ step: Number.NaN }, 'ramp.step'],
    [{ step: 0.1, to: 2 }, 'ramp.to'],
    [{ step: 0.1, to: 0 }, 'over 0'],
  ])('refuses %j', (options, message) => {
    expect(() => linear(options as never)).toThrow(message);
    try {
      linear(options as never);
    } catch (error) {
      expect(isTurnoutError(error, 'config')).toBe(true);
      expect(String(error)).toContain('linear:');
    }
  });
});

describe('an exponential ramp', () => {
  test('grows by a factor to 1', () => {
    expect(shares(exponential({ from: 0.01, factor: 5 }))).toEqual([0.01, 0.05, 0.25, 1]);
    expect(shares(exponential({ from: 0.1, factor: 2, to: 0.4 }))).toEqual([0.1, 0.2, 0.4]);
    expect(shares(exponential({ from: 1, factor: 2 }))).toEqual([1]);
  });

  test('is refused rather than cut short, which would make it jump to its end', () => {
    expect(() => exponential({ from: 1e-6, factor: 1.1 })).toThrow(
      'exponential:\n  ramp: must be one of at most 100 stages (was 101).',
    );
    expect(exponential({ from: 1e-4, factor: 1.1 }).length).toBe(98);
  });

  test.each([
    [{ from: 0.1, factor: 1 }, 'at least 1.1 (was 1)'],
    [{ from: 0.1, factor: 1.0999 }, 'ramp.factor'],
    [{ from: 0.1, factor: Infinity }, 'ramp.factor'],
    [{ from: 0.1, factor: '2' }, 'ramp.factor'],
    [{ from: 0, factor: 2 }, 'over 0'],
    [{ from: 0.5, factor: 2, to: 0.1 }, 'at most `to`, 0.1 (was 0.5)'],
    [{ factor: 2 }, 'ramp.from'],
  ])('refuses %j', (options, message) => {
    expect(() => exponential(options as never)).toThrow(message);
  });

  test('takes a factor of 1.1', () => {
    expect(exponential({ from: 0.5, factor: 1.1 })[1]?.share).toBeCloseTo(0.55, 10);
  });
});

test('every ramp is a list of stages that a canary takes, and ends at `to`', () => {
  const fraction = fc.double({ min: 1e-6, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fraction,
      fraction,
      fraction,
      fc.double({ min: 1.1, max: 100, noNaN: true }),
      (from, to, step, factor) => {
        for (const make of [() => linear({ from, to, step }), () => exponential({ from, to, factor })]) {
          let stages: readonly { readonly share: number }[];
          try {
            stages = make();
          } catch (error) {
            expect(isTurnoutError(error, 'config')).toBe(true);
            continue;
          }
          expect(stages.at(-1)?.share).toBe(to);
          expect(stages[0]?.share).toBeCloseTo(from, 9);
          for (const [index, { share }] of stages.entries()) {
            if (index > 0) expect(share).toBeGreaterThan(stages[index - 1]?.share ?? 0);
          }
        }
      },
    ),
  );
  expect(stagesCheck).toBeTypeOf('function');
});
