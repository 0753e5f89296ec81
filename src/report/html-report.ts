import type { ReportInput } from './input.js';
import { element, escaped } from './markup.js';
import { type Figure, type Page, type ReportOptions, type Section, type Table, verifyOptions } from './page.js';
import { pageOf } from './page-of.js';
import { pageStyle } from './page-style.js';

/** Pictures that are as wide as the page are there twice, and the style shows the one for which there is room. */
const wideWidth = 1020;

/**
 * A page of its own with pictures and tables of a roll-out (`reportOf(router)`), a simulation (`simulate`) or a rehearsal (`rehearse`):
 * one HTML text without scripts or anything from elsewhere, for phones and desks, light and dark, and paper.
 *
 * Everything is escaped, whoever named it. Same input, same text. Throws a ConfigError for what is none of the three.
 */
export function htmlReport(input: ReportInput, options: ReportOptions = {}): string {
  verifyOptions('htmlReport', options);
  return htmlOf(pageOf(input, options));
}

function htmlOf({ title, sentences, sections }: Page): string {
  const head = element('head', {}, [
    element('meta', { charset: 'utf-8' }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', {
      'http-equiv': 'Content-Security-Policy',
      content: "default-src 'none'; style-src 'unsafe-inline'",
    }),
    element('meta', { name: 'color-scheme', content: 'light dark' }),
    element('title', {}, escaped(title)),
    element('style', {}, pageStyle),
  ]);
  const main = element('main', {}, [
    element('header', {}, [element('h1', {}, escaped(title)), ...sentences.map(paragraph)]),
    ...sections.map(sectionHtml),
  ]);
  return `<!doctype html>\n${element('html', { lang: 'en' }, [head, element('body', {}, main)])}\n`;
}

const paragraph = (sentence: string) => element('p', {}, escaped(sentence));

function sectionHtml({ title, sentences, figures }: Section): string {
  return element('section', {}, [
    element('h2', {}, escaped(title)),
    ...sentences.map(paragraph),
    element(
      'div',
      { class: 'figures' },
      figures.map((figure) => figureHtml(figure, title)),
    ),
  ]);
}

function figureHtml({ title, caption, isWide, draw, table }: Figure, section: string): string {
  const words = element('figcaption', {}, [element('h3', {}, escaped(title)), paragraph(caption)]);
  if (draw === undefined) return element('figure', { class: 'wide' }, [words, tableHtml(table, title)]);
  const options = { title: `${section}: ${title}`, style: 'inherited' } as const;
  const pictures =
    isWide === true
      ? [
          element('div', { class: 'for-narrow' }, draw(options)),
          element('div', { class: 'for-wide' }, draw({ ...options, width: wideWidth })),
        ]
      : [draw(options)];
  const details = element('details', {}, [element('summary', {}, 'As a table'), tableHtml(table, title)]);
  return element('figure', { class: isWide === true ? 'wide' : undefined }, [words, ...pictures, details]);
}

/** Wider than a phone it scrolls in a frame of its own, which the keyboard can reach. */
function tableHtml({ columns, rows, empty }: Table, title: string): string {
  if (rows.length === 0) return paragraph(empty);
  const cell = (name: 'td' | 'th', text: string, column: number, scope?: string) =>
    element(name, { scope, class: columns[column]?.align === 'right' ? 'number' : undefined }, escaped(text));
  const head = columns.map(({ name }, index) => cell('th', name, index, 'col'));
  const body = rows.map((row) =>
    element(
      'tr',
      {},
      row.map((text, index) => cell(index === 0 ? 'th' : 'td', text, index, index === 0 ? 'row' : undefined)),
    ),
  );
  const table = element('table', {}, [element('thead', {}, element('tr', {}, head)), element('tbody', {}, body)]);
  return element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `${title}, as a table` }, table);
}
