import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betterThan } from '../../src/analysis/better-than.js';
import { equivalent } from '../../src/analysis/equivalent.js';
import { maxErrorRate } from '../../src/analysis/max-error-rate.js';
import { maxLatency } from '../../src/analysis/max-latency.js';
import { maxMismatchRate } from '../../src/analysis/max-mismatch-rate.js';
import { maxRate } from '../../src/analysis/max-rate.js';
import { minRate } from '../../src/analysis/min-rate.js';
import { noWorseThan } from '../../src/analysis/no-worse-than.js';
import { nonInferior } from '../../src/analysis/non-inferior.js';
import type { GuardrailOptions, RuleOptions } from '../../src/analysis/rule.js';
import { sampleRatio } from '../../src/analysis/sample-ratio.js';
import { type Gate, type Guardrail, severities } from '../../src/analysis/verdict.js';
import { judgedOf, yes } from './judged.js';

type Make<O> = (options: O) => Guardrail;
const guardrails: Readonly<Record<string, Make<GuardrailOptions>>> = {
  maxErrorRate: (options) => maxErrorRate(0.02, options),
  maxLatency: (options) => maxLatency({ quantile: 0.9, ms: 100, ...options }),
  maxMismatchRate: (options) => maxMismatchRate(0.1, options),
  maxRate: (options) => maxRate('complained', 0.1, options),
  minRate: (options) => minRate('clicked', 0.1, options),
  noWorseThan: (options) => noWorseThan('clicked', options),
  sampleRatio: (options) => sampleRatio(options),
};
const gates: Readonly<Record<string, Make<RuleOptions>>> = {
  betterThan: (options) => betterThan('clicked', options),
  nonInferior: (options) => nonInferior('clicked', { margin: 0.05, ...options }),
  equivalent: (options) => equivalent('clicked', { relativeMargin: 0.3, ...options }),
};
const all = { ...guardrails, ...gates };

const look = (n: number, clicks: number, bad: number) =>
  judgedOf(
    [
      {
        cells: {
          a: { exposed: 1000, metrics: { clicked: yes(100, 100, 'exposure'), complained: yes(0, 0, 'exposure') } },
          b: {
            exposed: n,
            outcomes: n,
            errors: bad,
            compared: n,
            mismatches: bad,
            latenciesMs: [...Array<number>(bad).fill(200), ...Array<number>(n - bad).fill(10)],
            metrics: { clicked: yes(clicks, clicks, 'exposure'), complained: yes(bad, bad, 'exposure') },
          },
        },
      },
    ],
    { forecast: false },
  );

describe('the options of a rule', () => {
  it.each(Object.entries(all))(
    '%s is judged at its own alpha, else at its part of the strategy, else at the default',
    (name, make) => {
      const judged = look(1000, 100, 20);
      const byDefault = name in gates ? 0.05 : 0.01;
      expect(make({}).judge(judged).alpha).toBe(byDefault);
      expect(make({}).judge({ ...judged, alpha: 0.002 }).alpha).toBe(0.002);
      expect(make({ alpha: 0.2 }).judge({ ...judged, alpha: 0.002 }).alpha).toBe(0.2);
      expect(make({ alpha: 0.2 }).alpha).toBe(0.2);
      expect('alpha' in make({})).toBe(false);
      expect(Object.isFrozen(make({ alpha: 0.2 }))).toBe(true);
    },
  );

  it.each(Object.entries(guardrails))('%s carries its severity where it is named', (_, make) => {
    for (const severity of severities) expect(make({ severity }).severity).toBe(severity);
    expect('severity' in make({})).toBe(false);
    expect(() => make({ severity: 'stop' as 'hold' })).toThrow(
      "options.severity: must be 'hold' or 'shrink' or 'rollback' or 'quarantine' (was 'stop').",
    );
  });

  it.each(Object.entries(gates))('%s has no severity', (_, make) => {
    expect(() => make({ severity: 'hold' } as RuleOptions)).toThrow('options.severity: is not an option');
    expect((make({}) as Gate).gate).toBe(true);
  });

  it.each(Object.entries(all))('%s refuses an alpha that is no chance and a minimum that is no count', (_, make) => {
    expect(() => make({ alpha: 1 })).toThrow('options.alpha: must be a fraction in (0, 1) (was 1).');
    expect(() => make({ minOutcomes: 0 })).toThrow('options.minOutcomes: must be a whole number over 0 (was 0).');
  });

  it.each(Object.entries(all))('%s waits for its minimum and judges at it', (name, make) => {
    // A sample ratio counts the units of both arms.
    const n = name === 'sampleRatio' ? 1050 : 50;
    expect(make({ minOutcomes: n + 1 }).judge(look(50, 5, 1)).outcome).toBe('insufficient-data');
    expect(make({ minOutcomes: n }).judge(look(50, 5, 1)).outcome).not.toBe('insufficient-data');
  });
});

describe('more alpha', () => {
  it.each(Object.entries(all))('never makes the verdict of %s milder on the same evidence', (_, make) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.001, max: 0.5, noNaN: true }),
        fc.double({ min: 1, max: 1.9, noNaN: true }),
        (n, clicked, bad, alpha, times) => {
          const judged = look(n, Math.floor(clicked * n), Math.floor(bad * n));
          const strict = make({ alpha }).judge(judged).outcome;
          const lenient = make({ alpha: alpha * times }).judge(judged).outcome;
          if (strict !== 'inconclusive') expect(lenient).toBe(strict);
        },
      ),
    );
  });
});

describe('more harm', () => {
  it.each(Object.entries(guardrails).filter(([name]) => name !== 'sampleRatio'))(
    'never makes %s milder',
    (name, make) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 500 }),
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.double({ min: 0, max: 1, noNaN: true }),
          (n, some, more) => {
            const [less, harm] = [Math.floor(Math.min(some, more) * n), Math.floor(Math.max(some, more) * n)];
            const isClicks = name === 'minRate' || name === 'noWorseThan';
            const at = (count: number) => make({}).judge(isClicks ? look(n, n - count, 0) : look(n, 0, count));
            expect(at(harm).eValue ?? 0).toBeGreaterThanOrEqual((at(less).eValue ?? 0) * (1 - 1e-9));
          },
        ),
      );
    },
  );

  it.each(Object.entries(gates).filter(([name]) => name !== 'equivalent'))('never makes %s pass sooner', (_, make) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 0, max: 3000 }),
        fc.integer({ min: 0, max: 3000 }),
        (n, a, b) => {
          const [fewer, more] = [Math.min(a, b, n), Math.min(Math.max(a, b), n)];
          const eValue = (clicks: number) => make({}).judge(look(n, clicks, 0)).eValue ?? 0;
          expect(eValue(fewer)).toBeLessThanOrEqual(eValue(more) * (1 + 1e-9));
        },
      ),
    );
  });
});
