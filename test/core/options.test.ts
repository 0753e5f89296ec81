import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, type Issue } from '../../src/core/errors.js';
import * as options from '../../src/core/options.js';

function issuesOf(check: options.Check, value: unknown, path = 'x'): readonly Issue[] {
  const issues: Issue[] = [];
  check(value, path, issues);
  return issues;
}

const messages = (check: options.Check, value: unknown) =>
  issuesOf(check, value).map(({ path, message }) => `${path}: ${message}`);
const passes = (check: options.Check, value: unknown) => issuesOf(check, value).length === 0;

describe('verify', () => {
  const stages = options.object({ stages: options.listOf(options.object({ share: options.fraction })) });

  it('throws every issue at once, with its path and advice', () => {
    const build = () =>
      options.verify('Canary', 'strategy', { stages: [{ share: 5 }, { shaer: 0.1 }], unti: 1 }, stages);
    expect(build).toThrow(ConfigError);
    expect(build).toThrow(
      [
        'Canary:',
        '  strategy.unti: is not an option. Known are stages.',
        '  strategy.stages[0].share: must be a fraction in [0, 1] (was 5). Did you mean 0.05?',
        '  strategy.stages[1].shaer: is not an option. Did you mean share?',
        '  strategy.stages[1].share: must be a fraction in [0, 1] (was undefined).',
      ].join('\n'),
    );
  });

  it('returns where there is nothing to say', () => {
    expect(options.verify('Canary', 'strategy', { stages: [{ share: 0.05 }] }, stages)).toBeUndefined();
  });
});

describe('show', () => {
  it.each([
    ['v1', "'v1'"],
    ['', "''"],
    ['x'.repeat(40), `'${'x'.repeat(40)}'`],
    ['x'.repeat(41), `'${'x'.repeat(40)}…'`],
    ['a\nb\u001b[31m"c"', '\'a\\nb\\u001b[31m\\"c\\"\''],
    ['\ud800', "'\\ud800'"],
    [5, '5'],
    [Number.NaN, 'NaN'],
    [7n, '7'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('s'), 'Symbol(s)'],
    [() => 1, 'a function'],
    [Map, 'a function'],
    [[1, 2], 'a list of 2'],
    [{ a: 1 }, 'an object'],
    [Object.create(null), 'an object'],
  ])('shows %o as %s', (value, shown) => {
    expect(options.show(value)).toBe(shown);
  });

  it('is short and on one line, whatever comes', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const shown = options.show(value);
        expect(shown.includes('\n')).toBe(false);
        expect(shown.length).toBeLessThan(350);
      }),
    );
  });
});

describe('the checks of one value', () => {
  const far = Number.MAX_VALUE;
  const inf = Number.POSITIVE_INFINITY;
  const nan = Number.NaN;
  it.each<[name: string, check: options.Check, be: string, good: unknown[], bad: unknown[]]>([
    ['text', options.text, 'a text that is not empty', ['a', ' '], ['', 1, null, undefined, ['a']]],
    ['flag', options.flag, 'true or false', [true, false], [0, 1, 'true', null, undefined]],
    ['callable', options.callable, 'a function', [() => 1, Map], [{}, 'f', null, undefined]],
    ['fraction', options.fraction, 'a fraction in [0, 1]', [0, 1, 0.5], [-1e-9, nan, inf, '0.5', null, undefined]],
    [
      'openFraction',
      options.openFraction,
      'a fraction in (0, 1)',
      [1e-9, 0.999],
      [0, 1, -0.5, nan, inf, '0.5', undefined],
    ],
    ['positive', options.positive, 'a number over 0', [1e-9, far], [0, -1, inf, nan, '1', undefined]],
    ['duration', options.duration, 'a time in milliseconds, 0 or more', [0, 0.5, far], [-1, inf, nan, '1', undefined]],
    [
      'count',
      options.count,
      'a whole number, 0 or more',
      [0, 1, 2 ** 53 - 1],
      [-1, 0.5, 2 ** 53, nan, inf, '1', undefined],
    ],
    [
      'positiveCount',
      options.positiveCount,
      'a whole number over 0',
      [1, 2 ** 53 - 1],
      [0, -1, 1.5, 2 ** 53, nan, '1'],
    ],
    ['oneOf', options.oneOf('on', 2, true), "'on' or 2 or true", ['on', 2, true], ['off', '2', 'true', undefined]],
  ])('%s', (_name, check, be, good, bad) => {
    for (const value of good) expect(messages(check, value)).toEqual([]);
    for (const value of bad) expect(messages(check, value)).toEqual([`x: must be ${be} (was ${options.show(value)}).`]);
  });

  it('lets anything pass', () => {
    for (const value of [undefined, null, Number.NaN, {}]) expect(passes(options.anything, value)).toBe(true);
  });

  it('advises a percentage to become a fraction, but only one that would pass', () => {
    expect(messages(options.fraction, 5)).toEqual(['x: must be a fraction in [0, 1] (was 5). Did you mean 0.05?']);
    expect(messages(options.fraction, 100)).toEqual(['x: must be a fraction in [0, 1] (was 100). Did you mean 1?']);
    expect(messages(options.fraction, 101)).toEqual(['x: must be a fraction in [0, 1] (was 101).']);
    expect(messages(options.openFraction, 99)).toEqual([
      'x: must be a fraction in (0, 1) (was 99). Did you mean 0.99?',
    ]);
    expect(messages(options.openFraction, 100)).toEqual(['x: must be a fraction in (0, 1) (was 100).']);
    expect(messages(options.openFraction, 1)).toEqual(['x: must be a fraction in (0, 1) (was 1).']);
  });

  it('adds the advice of a check of one’s own only where it has some', () => {
    const even = options.must(
      'even',
      (value) => value === 2,
      (value) => (value === 3 ? 'Take 2.' : undefined),
    );
    expect(messages(even, 2)).toEqual([]);
    expect(messages(even, 3)).toEqual(['x: must be even (was 3). Take 2.']);
    expect(messages(even, 5)).toEqual(['x: must be even (was 5).']);
  });
});

describe('either', () => {
  const countOrPercent = options.either('a count or a text', options.count, options.text);

  it('passes if any check does, and reports in its own words otherwise', () => {
    expect(passes(countOrPercent, 3)).toBe(true);
    expect(passes(countOrPercent, '3%')).toBe(true);
    expect(messages(countOrPercent, -1)).toEqual(['x: must be a count or a text (was -1).']);
  });
});

describe('listOf', () => {
  it('checks every item and names its place', () => {
    const check = options.listOf(options.count);
    expect(messages(check, [])).toEqual([]);
    expect(messages(check, [1, -1, 2, 'a'])).toEqual([
      'x[1]: must be a whole number, 0 or more (was -1).',
      "x[3]: must be a whole number, 0 or more (was 'a').",
    ]);
  });

  it('steps over no hole', () => {
    const holed = [1, 2, 3];
    delete holed[1];
    expect(messages(options.listOf(options.count), holed)).toEqual([
      'x[1]: must be a whole number, 0 or more (was undefined).',
    ]);
  });

  it('keeps to its limits and looks no further outside of them', () => {
    const check = options.listOf(options.count, { min: 1, max: 2 });
    expect(messages(check, [1])).toEqual([]);
    expect(messages(check, [1, 2])).toEqual([]);
    expect(messages(check, [])).toEqual(['x: must be a list of 1 to 2 items (was a list of 0).']);
    expect(messages(check, [-1, -1, -1])).toEqual(['x: must be a list of 1 to 2 items (was a list of 3).']);
    expect(messages(check, { length: 1 })).toEqual(['x: must be a list of 1 to 2 items (was an object).']);
    expect(
      passes(
        options.listOf(options.count),
        Array.from({ length: 1000 }, () => 0),
      ),
    ).toBe(true);
    expect(
      passes(
        options.listOf(options.count),
        Array.from({ length: 1001 }, () => 0),
      ),
    ).toBe(false);
  });
});

describe('recordOf', () => {
  it('checks every value and names its key', () => {
    const check = options.recordOf(options.count);
    expect(messages(check, {})).toEqual([]);
    expect(messages(check, { a: 1, b: -1 })).toEqual(['x.b: must be a whole number, 0 or more (was -1).']);
    expect(messages(check, JSON.parse('{"__proto__": -1}'))).toEqual([
      'x.__proto__: must be a whole number, 0 or more (was -1).',
    ]);
  });

  it('keeps to its limits and takes only objects', () => {
    const check = options.recordOf(options.count, { min: 1, max: 2 });
    expect(messages(check, { a: 1 })).toEqual([]);
    expect(messages(check, { a: 1, b: 2 })).toEqual([]);
    expect(messages(check, {})).toEqual(['x: must be an object with 1 to 2 keys (was an object).']);
    expect(messages(check, { a: -1, b: 2, c: 3 })).toEqual(['x: must be an object with 1 to 2 keys (was an object).']);
    expect(messages(check, [1])).toEqual(['x: must be an object with 1 to 2 keys (was a list of 1).']);
    expect(messages(options.recordOf(options.count), null)).toEqual([
      'x: must be an object with 0 to 1000 keys (was null).',
    ]);
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 0]));
    expect(passes(options.recordOf(options.count), many(1000))).toBe(true);
    expect(passes(options.recordOf(options.count), many(1001))).toBe(false);
  });
});

describe('optional', () => {
  it('lets undefined pass and nothing else that the check refuses', () => {
    expect(passes(options.optional(options.count), undefined)).toBe(true);
    expect(passes(options.optional(options.count), 1)).toBe(true);
    expect(passes(options.optional(options.count), null)).toBe(false);
  });
});

describe('object', () => {
  const check = options.object({ share: options.fraction, minAgeMs: options.optional(options.duration) });

  it('checks every key, those left out too', () => {
    expect(messages(check, { share: 0.5 })).toEqual([]);
    expect(messages(check, { share: 0.5, minAgeMs: undefined })).toEqual([]);
    expect(messages(check, {})).toEqual(['x.share: must be a fraction in [0, 1] (was undefined).']);
  });

  it('refuses unknown keys, with the nearest known one as advice', () => {
    expect(messages(check, { share: 0.5, minAge: 5 })).toEqual(['x.minAge: is not an option. Did you mean minAgeMs?']);
    expect(messages(check, { share: 0.5, colour: 5 })).toEqual([
      'x.colour: is not an option. Known are share, minAgeMs.',
    ]);
  });

  it('takes hostile names for unknown keys', () => {
    const hostile = JSON.parse('{"share": 0.5, "__proto__": {"share": 1}, "constructor": 1, "toString": 2}');
    expect(issuesOf(check, hostile).map(({ path }) => path)).toEqual(['x.__proto__', 'x.constructor', 'x.toString']);
  });

  it.each([[null], [undefined], [[]], ['a'], [() => 1]])('refuses %o', (value) => {
    expect(messages(check, value)).toEqual([`x: must be an object (was ${options.show(value)}).`]);
  });
});

describe('all', () => {
  it('runs every check, after a mistake too', () => {
    const check = options.all(
      options.count,
      options.must('over 5', (value) => Number(value) > 5),
    );
    expect(passes(check, 6)).toBe(true);
    expect(messages(check, -1)).toEqual([
      'x: must be a whole number, 0 or more (was -1).',
      'x: must be over 5 (was -1).',
    ]);
  });
});

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
    expect(options.nearest(word, known)).toBe(meant);
  });

  it('has no advice for a word that is far from all', () => {
    for (const word of ['colour', 'x', '', 'z'.repeat(1_000_000)]) expect(options.nearest(word, known)).toBeUndefined();
    expect(options.nearest('unit', [])).toBeUndefined();
  });

  it('allows two slips in a short word and a third of a long one', () => {
    expect(options.nearest('abxy', ['abcd'])).toBe('abcd');
    expect(options.nearest('axyz', ['abcd'])).toBeUndefined();
    expect(options.nearest('abcdefgxyz', ['abcdefg'])).toBe('abcdefg');
    expect(options.nearest('abcdefgvwxyz', ['abcdefg'])).toBeUndefined();
    expect(options.nearest('abcdefghijkl', ['abcdefghwxyz'])).toBe('abcdefghwxyz');
    expect(options.nearest('abcdefghijkl', ['abcdefgvwxyz'])).toBeUndefined();
  });

  it('has no advice that shares not one letter with the word', () => {
    expect(options.nearest('>', ['eq'])).toBeUndefined();
    expect(options.nearest('xy', ['eq'])).toBeUndefined();
    expect(options.nearest('eg', ['eq'])).toBe('eq');
  });

  it('prefers the closest, and the first of equals', () => {
    expect(options.nearest('cat', ['cart', 'cat', 'car'])).toBe('cat');
    expect(options.nearest('neq', ['ne', 'eq'])).toBe('ne');
    expect(options.nearest('neq', ['eq', 'ne'])).toBe('eq');
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
        expect(options.nearest(word, [candidate])).toBe(near ? candidate : undefined);
      }),
    );
  });
});
