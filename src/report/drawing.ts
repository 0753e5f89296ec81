import { all, must, object, oneOf, optional, text, verify } from '../core/options.js';
import { cleaned, element, escaped } from './markup.js';
import { pictureStyle } from './style.js';
import { shortened } from './words.js';

/** How a picture is drawn. */
export interface PictureOptions {
  /** In pixels, from 240 to 2000; default 340. Text stays at 11 pixels, so draw for the width that it is shown at. */
  readonly width?: number;
  /** What a screen reader calls it. Each picture has a name of its own. */
  readonly title?: string;
  /** `'own'` (the default) makes a file that stands alone; `'inherited'` leaves the style to a page that has `pictureStyle`. */
  readonly style?: 'own' | 'inherited';
}

/** A picture before it is written. */
export interface Drawing {
  readonly title: string;
  /** What it shows, in words, for who cannot see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly marks: readonly string[];
}

export const defaultWidth = 340;
export const fontSize = 11;

const width = must('a number from 240 to 2000', (value) => typeof value === 'number' && value >= 240 && value <= 2000);
const optionsCheck = all(
  object({ width: optional(width), title: optional(text), style: optional(oneOf('own', 'inherited')) }),
);

/** The width to draw at. Throws a ConfigError for options that are none. */
export function widthOf(options: PictureOptions): number {
  verify('picture', 'options', options, optionsCheck);
  return options.width ?? defaultWidth;
}

/** A drawing as an SVG element. */
export function svgOf(drawing: Drawing, { title = drawing.title, style = 'own' }: PictureOptions): string {
  const { description, width, height, marks } = drawing;
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    class: 'turnout',
    role: 'img',
    viewBox: `0 0 ${Math.round(width)} ${Math.round(height)}`,
    width,
    height,
  };
  return element('svg', attributes, [
    element('title', {}, escaped(title)),
    element('desc', {}, escaped(description)),
    ...(style === 'own' ? [element('style', {}, pictureStyle)] : []),
    ...(style === 'own' ? [element('rect', { class: 'page', width, height })] : []),
    ...marks,
  ]);
}

/** A picture of nothing: it says so. */
export function emptyDrawing(title: string, sentence: string, width: number): Drawing {
  const marks = [textAt(width / 2, 34, sentence, { anchor: 'middle', kind: 'quiet', room: width - 16 })];
  return { title, description: sentence, width, height: 60, marks };
}

const narrow = new Set("iIjlftr.,:;|!'()[]/ ");
const broad = new Set('mwMW@%—');

/** How wide a text is at most, in pixels. Fonts differ; this is on the wide side of all that are usual. */
export function textWidth(text: string): number {
  let ems = 0;
  for (const sign of text) {
    if (narrow.has(sign)) ems += 0.42;
    else if (broad.has(sign)) ems += 1;
    else if (/[\u2e80-\u{10ffff}]/u.test(sign)) ems += 1.1;
    else ems += /\p{Lu}/u.test(sign) ? 0.76 : 0.64;
  }
  return ems * fontSize;
}

/** A text that is not wider than `room` pixels. */
export function fitted(text: string, room: number): string {
  let most = Array.from(text).length;
  while (most > 1 && textWidth(shortened(text, most)) > room) most -= 1;
  return shortened(text, most);
}

export interface TextLook {
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Classes of the style. */
  readonly kind?: string;
  /** Pixels; a longer text is shortened, and a title has all of it. */
  readonly room?: number;
}

/** A line of text on its baseline. */
export function textAt(x: number, y: number, text: string, { anchor = 'start', kind, room }: TextLook = {}): string {
  const whole = cleaned(text);
  const seen = room === undefined ? whole : fitted(whole, room);
  const all = seen === whole ? '' : element('title', {}, escaped(text));
  return element(
    'text',
    { x, y, 'text-anchor': anchor === 'start' ? undefined : anchor, class: kind },
    `${escaped(seen)}${all}`,
  );
}
