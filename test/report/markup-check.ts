import { expect } from 'vitest';
import { textWidth } from '../../src/report/drawing.js';

const voids = new Set(['meta', '!doctype', 'br']);

/** Every tag is closed in its order, every attribute is quoted, and no number is none. Gives the elements in their order. */
export function wellFormed(markup: string): readonly string[] {
  expect(markup).not.toMatch(/NaN|Infinity|undefined|\[object/);
  const open: string[] = [];
  const all: string[] = [];
  let rest = 0;
  for (const match of markup.matchAll(/<(\/?)([a-z!][\w-]*)((?:\s+[\w:-]+(?:="[^"<>]*")?)*)\s*(\/?)>/gi)) {
    const [tag, closing, name = '', , self] = match;
    expect(markup.slice(rest, match.index), 'text between tags').not.toMatch(/[<>]/);
    rest = match.index + tag.length;
    if (closing === '/') expect(open.pop()).toBe(name);
    else {
      all.push(name);
      if (self !== '/' && !voids.has(name.toLowerCase())) open.push(name);
    }
    // A style holds selectors such as `a>b`.
    if (name === 'style' && closing !== '/') rest = markup.indexOf('</style>', rest);
  }
  expect(open).toEqual([]);
  return all;
}

const numberOf = (attributes: string, name: string) =>
  Number(new RegExp(` ${name}="(-?[\\d.]+)"`).exec(attributes)?.[1]);

export interface SeenText {
  readonly x: number;
  readonly y: number;
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

const plain = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** The texts of a picture with the room that they take at most. */
export function textsOf(svg: string): readonly SeenText[] {
  return Array.from(svg.matchAll(/<text([^>]*)>([^<]*)/g), ([, attributes = '', inside = '']) => {
    const text = plain(inside);
    const [x, y, width] = [numberOf(attributes, 'x'), numberOf(attributes, 'y'), textWidth(text)];
    const [, anchor] = /text-anchor="(\w+)"/.exec(attributes) ?? [];
    const from = anchor === 'end' ? x - width : anchor === 'middle' ? x - width / 2 : x;
    return { x, y, from, to: from + width, text };
  });
}

/** A picture as it must be: a name, a description, and every text inside it and beside all others. */
export function soundPicture(svg: string): void {
  const names = wellFormed(svg);
  expect(names.slice(0, 3)).toEqual(['svg', 'title', 'desc']);
  expect(svg).toMatch(/^<svg [^>]*role="img"/);
  expect(svg).toMatch(/<title>[^<]+<\/title><desc>[^<]+<\/desc>/);
  const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
  const texts = textsOf(svg);
  expect(texts.length).toBeGreaterThan(0);
  for (const { from, to, y, text } of texts) {
    expect(from, text).toBeGreaterThanOrEqual(-0.5);
    expect(to, text).toBeLessThanOrEqual(width + 0.5);
    expect(y, text).toBeGreaterThanOrEqual(8);
    expect(y, text).toBeLessThanOrEqual(height - 2);
  }
  for (const [index, one] of texts.entries()) {
    for (const other of texts.slice(index + 1)) {
      const isApart = Math.abs(one.y - other.y) >= 11 || one.to <= other.from + 0.5 || other.to <= one.from + 0.5;
      expect(isApart, `${one.text} and ${other.text}`).toBe(true);
    }
  }
}
