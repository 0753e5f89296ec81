import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { digits, element, escaped } from '../../src/report/markup.js';
import { wellFormed } from './markup-check.js';

test('no text gets out of where it is put', () => {
  expect(escaped(`<b>"&'</b>`)).toBe('&lt;b&gt;&quot;&amp;&#39;&lt;/b&gt;');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(
        wellFormed(
          element('p', { title: `x ${text}` }, `y ${escaped(text)}`).replaceAll(/NaN|Infinity|undefined/g, ''),
        ),
      ).toEqual(['p']);
    }),
  );
});

test('what no document may hold is replaced: controls, halves of pairs, and signs that turn a text around', () => {
  expect(escaped('a\u0000b\ud800c\ufffed\u202ee\u2066f')).toBe('a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf');
  expect(escaped('a\t\n\r😀é')).toBe('a\t\n\r😀é');
});

test('numbers have two digits, and what is undefined is left out', () => {
  expect(digits(1 / 3)).toBe('0.33');
  expect(element('rect', { x: 0.126, class: undefined })).toBe('<rect x="0.13"/>');
  expect(element('p', {}, ['a', 'b'])).toBe('<p>ab</p>');
  expect(element('p', {})).toBe('<p></p>');
});
