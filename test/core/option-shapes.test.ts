import { describe, expect, it } from 'vitest';
import type { Issue } from '../../src/core/errors.js';
import * as options from '../../src/core/options.js';

function issuesOf(check: options.Check, value: unknown, path = 'x'): readonly Issue[] {
  const issues: Issue[] = [];
  check(value, path, issues);
  return issues;
}

const messages = (check: options.Check, value: unknown) =>
  issuesOf(check, value).map(({ path, message }) => `${path}: ${message}`);
const passes = (check: options.Check, value: unknown) => issuesOf(check, value).length === 0;
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
