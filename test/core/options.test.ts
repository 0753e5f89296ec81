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
    expect(messages(options.fraction, 1.5)).toEqual(['x: must be a fraction in [0, 1] (was 1.5). Did you mean 0.015?']);
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
