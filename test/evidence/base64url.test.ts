import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64Url, toAsciiJson, toBase64Url } from '../../src/evidence/base64url.js';

const ascii = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });

describe('base64url', () => {
  it('is what Node writes', () => {
    fc.assert(
      fc.property(ascii, (text) => void expect(toBase64Url(text)).toBe(Buffer.from(text).toString('base64url'))),
    );
    // The letters in which this alphabet differs from that of MIME, and every length of padding.
    expect(['~~?', '~~>', 'a', 'ab', 'abc'].map(toBase64Url)).toEqual(['fn4_', 'fn4-', 'YQ', 'YWI', 'YWJj']);
  });

  it('gives back what it was given', () => {
    fc.assert(
      fc.property(ascii, (text) => void expect(fromBase64Url(toBase64Url(text))).toBe(text === '' ? undefined : text)),
    );
  });

  it.each([
    ['nothing', ''],
    ['padding', 'YQ=='],
    ['a length that no text has', 'YWJjY'],
    ['the alphabet of MIME', 'fn4/'],
    ['set unused bits', 'YR'],
    ['a space before', ' YWJj'],
    ['a line end after', 'YWJj\n'],
    ['a byte over 127', Buffer.from('ä').toString('base64url')],
    ['a control character', Buffer.from('a\u0000b').toString('base64url')],
    ['a deleting character', Buffer.from('a\u007fb').toString('base64url')],
  ])('refuses %s', (_what, encoded) => {
    expect(fromBase64Url(encoded)).toBeUndefined();
  });
});

describe('toAsciiJson', () => {
  it('is JSON of printable ASCII that reads as the same value', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (value) => {
        const json = toAsciiJson(value);
        expect(json).toMatch(/^[\x20-\x7e]*$/);
        expect(JSON.parse(json)).toEqual(value);
      }),
    );
    expect(toAsciiJson(['é', '\u007f', '猫', '~'])).toBe('["\\u00e9","\\u007f","\\u732b","~"]');
  });
});
