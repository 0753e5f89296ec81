import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  between,
  clockText,
  count,
  dayText,
  durationText,
  inUnit,
  momentText,
  short,
  shortened,
  spentText,
  thinned,
  wrapped,
} from '../../src/report/words.js';

describe('numbers in words', () => {
  test.each([
    [0, '0'],
    [0.0123456, '0.0123'],
    [-3.456, '−3.46'],
    [1234.6, '1,230'],
    [999.9, '1,000'],
    [1e6, '1,000,000'],
    [0.00001234, '1.23e-5'.replace('-', '−')],
    [1e-4, '0.0001'],
    [1e15, '1e+15'],
    [2.5, '2.5'],
    [Number.NaN, '–'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('%d is %s', (value, text) => {
    expect(short(value)).toBe(text);
  });

  test('three digits are within half a percent of the value', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e12, noNaN: true }), (value) => {
        const read = Number(short(value).replaceAll(',', ''));
        expect(Math.abs(read - value)).toBeLessThanOrEqual(0.005 * value);
      }),
    );
  });

  test('a value has its unit', () => {
    expect(inUnit(0.0321, 'fraction')).toBe('3.21 %');
    expect(inUnit(-0.015, 'points')).toBe('−1.5 points');
    expect([inUnit(-0.01, 'points'), inUnit(0.01, 'points'), inUnit(0, 'points')]).toEqual([
      '−1 point',
      '1 point',
      '0 points',
    ]);
    expect(inUnit(12_345, 'count')).toBe('12,345');
    expect(inUnit(99.94, 'count')).toBe('99.9');
    expect(inUnit(12.5, 'ms')).toBe('12.5 ms');
    expect(inUnit(3, '')).toBe('3');
    for (const nothing of [null, undefined, Number.NaN]) expect(inUnit(nothing, '€')).toBe('–');
    expect(between([-0.01, 0.02], 'points')).toBe('−1 to 2 points');
    expect(between([0.1, 0.2], 'fraction')).toBe('10 to 20 %');
    expect(between([1, 2], '€')).toBe('1 to 2 €');
    expect(between([1, 2], 'count')).toBe('1 to 2');
    expect(between([1, 2], '')).toBe('1 to 2');
    expect(between(null, '€')).toBe('–');
    expect(count(1999.6)).toBe('2,000');
  });

  test('what is next to nothing of alpha is not told in powers of ten', () => {
    expect([undefined, 0, 9.9e-5, 1e-4, 0.25, 1, 40].map(spentText)).toEqual([
      '–',
      '< 0.01 %',
      '< 0.01 %',
      '0.01 %',
      '25 %',
      '100 %',
      '100 %',
    ]);
  });
});

describe('times in words', () => {
  test.each([
    [0, '0 ms'],
    [499, '499 ms'],
    [999.6, '1 s'],
    [1000, '1 s'],
    [59_999, '1 min'],
    [90_000, '1 min 30 s'],
    [7_800_000, '2 h 10 min'],
    [86_400_000, '1 d'],
    [90_000_000, '1 d 1 h'],
    [-5, '0 ms'],
    [Number.NaN, '–'],
  ])('%d ms are %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  test('moments are UTC, or since the start', () => {
    const at = Date.UTC(2026, 0, 5, 14, 5, 9);
    expect(dayText(at)).toBe('5 Jan 2026');
    expect([clockText(at), clockText(at, true)]).toEqual(['14:05', '14:05:09']);
    expect(momentText(at, 'utc')).toBe('5 Jan 2026 14:05');
    expect([momentText(0, 'since-start'), momentText(60_000, 'since-start')]).toEqual(['start', '1 min']);
    for (const none of [Number.NaN, 1e17])
      expect([dayText(none), clockText(none), momentText(none, 'utc')]).toEqual(['–', '–', '–']);
  });
});

describe('texts that have to fit', () => {
  test('lines hold all words in their order and are no longer than they may be', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 1, max: 30 }), (text, width) => {
        const lines = wrapped(text, width);
        for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(/\s+/g, '')).toBe(text.replaceAll(/\s+/g, ''));
      }),
    );
    expect(wrapped('the quick brown fox', 9)).toEqual(['the quick', 'brown fox']);
    expect(wrapped('abcdefgh ij', 5)).toEqual(['abcde', 'fgh', 'ij']);
    expect(wrapped('', 9)).toEqual([]);
  });

  test('a long name keeps both ends', () => {
    expect(shortened('abcdefghij', 10)).toBe('abcdefghij');
    expect(shortened('abcdefghij', 6)).toBe('abc…ij');
    expect([shortened('abc', 1), shortened('abc', 0)]).toEqual(['…', '']);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, most) => {
        expect(Array.from(shortened(text, most)).length).toBeLessThanOrEqual(most);
      }),
    );
  });

  test('a thinned list keeps its ends and its order', () => {
    const items = Array.from({ length: 100 }, (_, index) => index);
    expect(thinned(items, 5)).toEqual([0, 25, 50, 74, 99]);
    expect(thinned(items, 100)).toBe(items);
    expect(thinned(items, 1)).toEqual([99]);
  });
});
