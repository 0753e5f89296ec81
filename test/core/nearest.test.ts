import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/core/options.js';

describe('nearest', () => {
  const known = ['baseline', 'candidate', 'stages', 'guardrails', 'unit'];

  it.each([
    ['baselin', 'baseline'],
    ['canditate', 'candidate'],
    ['Stages', 'stages'],
    ['gardrail', 'guardrails'],
    ['nuit', 'unit'],
    ['unit', 'unit'],
  ])('takes %s for %s', (word, meant) => {
    expect(nearest(word, known)).toBe(meant);
  });

  it('has no advice for a word that is far from all', () => {
    for (const word of ['colour', 'x', '', 'z'.repeat(1_000_000)]) expect(nearest(word, known)).toBeUndefined();
    expect(nearest('unit', [])).toBeUndefined();
  });

  it('allows two slips in a short word and a third of a long one', () => {
    expect(nearest('abxy', ['abcd'])).toBe('abcd');
    expect(nearest('axyz', ['abcd'])).toBeUndefined();
    expect(nearest('abcdefgxyz', ['abcdefg'])).toBe('abcdefg');
    expect(nearest('abcdefgvwxyz', ['abcdefg'])).toBeUndefined();
    expect(nearest('abcdefghijkl', ['abcdefghwxyz'])).toBe('abcdefghwxyz');
    expect(nearest('abcdefghijkl', ['abcdefgvwxyz'])).toBeUndefined();
  });

  it('has no advice that shares not one letter with the word', () => {
    expect(nearest('>', ['eq'])).toBeUndefined();
    expect(nearest('xy', ['eq'])).toBeUndefined();
    expect(nearest('eg', ['eq'])).toBe('eq');
  });

  it('prefers the closest, and the first of equals', () => {
    expect(nearest('cat', ['cart', 'cat', 'car'])).toBe('cat');
    expect(nearest('neq', ['ne', 'eq'])).toBe('ne');
    expect(nearest('neq', ['eq', 'ne'])).toBe('eq');
  });

  it('counts slips as the definition of the edit distance does', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
    const distance = (a: string, b: string): number => {
      if (a === '' || b === '') return a.length + b.length;
      const replaced = distance(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1);
      return Math.min(replaced, distance(a.slice(1), b) + 1, distance(a, b.slice(1)) + 1);
    };
    fc.assert(
      fc.property(letters, letters, (word, candidate) => {
        const near =
          distance(word, candidate) <= 2 && distance(word, candidate) < Math.max(word.length, candidate.length);
        expect(nearest(word, [candidate])).toBe(near ? candidate : undefined);
      }),
    );
  });
});
