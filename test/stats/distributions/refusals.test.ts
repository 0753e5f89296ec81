import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import { domainError } from '../near.js';
import { continuous, discrete } from './entries.js';

describe.each([...continuous, ...discrete].map((entry) => [entry.name, entry] as const))(
  '%s refuses',
  (_name, entry) => {
    const distribution = entry.distribution as unknown as Record<string, (...args: unknown[]) => number>;
    const [parameters] = entry.parameters.slice(-1) as [readonly number[]];
    const isDiscrete = 'pmf' in distribution;
    const functions = ['cdf', 'sf', 'logCdf', 'logSf', isDiscrete ? 'pmf' : 'pdf'];

    it('NaN as its first argument, everywhere', () => {
      for (const method of [...functions, 'quantile', 'isf']) {
        const call = () => distribution[method]?.(Number.NaN, ...parameters);
        expect(call, method).toThrow(expect.objectContaining(domainError));
        expect(call, method).toThrow(`${entry.name}.${method}: `);
      }
      if (isDiscrete) {
        for (const method of functions) {
          expect(() => distribution[method]?.(1.5, ...parameters)).toThrow('k must be a whole number (was 1.5)');
        }
      }
      for (const p of [-0.01, 1.01]) {
        expect(() => distribution['quantile']?.(p, ...parameters)).toThrow('p must be a number in [0, 1]');
        expect(() => distribution['isf']?.(p, ...parameters)).toThrow('p must be a number in [0, 1]');
      }
    });

    it.each(entry.refused.map((refused) => [refused.join(', '), refused] as const))(
      'the parameters %s',
      (_text, refused) => {
        for (const method of [...functions, 'quantile', 'isf']) {
          expect(() => distribution[method]?.(isDiscrete ? 1 : 0.5, ...refused), method).toThrow(
            expect.objectContaining(domainError),
          );
        }
        expect(() => distribution['sample']?.(seededRng(1), ...refused)).toThrow(expect.objectContaining(domainError));
      },
    );

    it('a generator that leaves [0, 1)', () => {
      expect(() => distribution['sample']?.({ next: () => 1 }, ...parameters)).toThrow('rng.next() must be');
      expect(() => distribution['sample']?.({ next: () => Number.NaN }, ...parameters)).toThrow('rng.next() must be');
    });
  },
);
