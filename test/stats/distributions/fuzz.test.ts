import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { domainError } from '../near.js';
import { continuous, discrete } from './entries.js';

const wild = fc.oneof(
  fc.constantFrom(0, -0, 1, 0.5, -1, 2, 3, 1e-300, 5e-324, 1e-9, 1e9, 1e15, 1e300, Infinity, -Infinity, Number.NaN),
  fc.double({ min: -1e3, max: 1e3 }),
  fc.double(),
  fc.nat(1000),
);

describe.each([...continuous, ...discrete].map((entry) => [entry.name, entry] as const))('%s', (name, entry) => {
  const distribution = entry.distribution as unknown as Record<string, (...args: number[]) => number>;
  const methods = ['cdf', 'sf', 'logCdf', 'logSf', 'quantile', 'isf', 'pmf' in distribution ? 'pmf' : 'pdf'];
  const count = Math.max(...entry.parameters.map((parameters) => parameters.length));
  const numRuns = name === 'studentizedRange' ? 20 : name === 'noncentralT' ? 60 : 400;

  it.each(methods)('.%s gives a number or a domain error for anything, and never hangs', (method) => {
    fc.assert(
      fc.property(fc.array(wild, { minLength: count + 1, maxLength: count + 1 }), (args) => {
        try {
          const value = distribution[method]?.(...args) as number;
          expect(Number.isNaN(value)).toBe(false);
          if (method === 'cdf' || method === 'sf') expect(value >= 0 && value <= 1).toBe(true);
          if (method.startsWith('log')) expect(value).toBeLessThanOrEqual(0);
          if (method.startsWith('p')) expect(value).toBeGreaterThanOrEqual(0);
        } catch (error) {
          if (!(error instanceof Error) || error.name !== 'TurnoutError') throw error;
          expect(error).toMatchObject(domainError);
        }
      }),
      { numRuns, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true },
    );
  });
});
