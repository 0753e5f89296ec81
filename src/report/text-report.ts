import { must, object, optional, verify } from '../core/options.js';
import type { ReportInput } from './input.js';
import { type Page, type ReportOptions, type Table, reportChecks } from './page.js';
import { pageOf } from './page-of.js';
import { shortened, wrapped } from './words.js';

/** How a report is written for a terminal. */
export interface TextReportOptions extends ReportOptions {
  /** In characters, from 40 to 400; default 80. */
  readonly columns?: number;
}

const columnsCheck = must('a whole number from 40 to 400', (value) => {
  return Number.isSafeInteger(value) && (value as number) >= 40 && (value as number) <= 400;
});

/** The same as tables of text, no line of them longer than `columns`. Throws a ConfigError for what is no report. */
export function textReport(input: ReportInput, options: TextReportOptions = {}): string {
  verify('textReport', 'options', options, object({ ...reportChecks, columns: optional(columnsCheck) }));
  const { columns = 80 } = options;
  return textOf(pageOf(input, options), columns);
}

function textOf({ title, sentences, sections }: Page, width: number): string {
  const paragraphs = (texts: readonly string[]) => texts.flatMap((text) => wrapped(visible(text), width));
  const lines = [
    ...wrapped(visible(title), width),
    '='.repeat(Math.min(width, Math.max(1, Array.from(visible(title)).length))),
    ...paragraphs(sentences),
    ...sections.flatMap((section) => [
      '',
      ...wrapped(visible(section.title), width),
      '-'.repeat(Math.min(width, Math.max(1, Array.from(visible(section.title)).length))),
      ...paragraphs(section.sentences),
      ...section.figures.flatMap(({ title: name, table }) => [
        '',
        ...wrapped(visible(name), width),
        ...tableLines(table, width),
      ]),
    ]),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Without what a terminal would take for an order: names come from anywhere. */
const visible = (text: string) => text.replaceAll(/\p{Cc}|\p{Cf}|\p{Surrogate}/gu, ' ');

const indent = '  ';
const gap = 2;
const leastColumn = 6;

/**
 * Columns as wide as their widest cell. Where that is too much, a last column of words is wrapped below its row, and the widest columns
 * are shortened.
 */
function tableLines({ columns, rows, empty }: Table, width: number): readonly string[] {
  if (rows.length === 0) return [`${indent}${empty}`];
  const clean = rows.map((row) => row.map(visible));
  const last = columns.at(-1);
  const isWords = last !== undefined && last.align === 'left' && columns.length > 1;
  const inLine = isWords ? columns.length - 1 : columns.length;
  const room = width - indent.length;
  const heads = columns.map(({ name }) => visible(name));
  const wanted = Array.from({ length: inLine }, (_, index) => {
    return Math.max(...[heads, ...clean].map((row) => Array.from(row[index] ?? '').length));
  });
  const widths = narrowed(wanted, room - gap * (inLine - 1));
  const lineOf = (row: readonly string[]) =>
    indent +
    widths
      .map((size, index) => {
        const text = shortened(row[index] ?? '', size);
        const blank = ' '.repeat(size - Array.from(text).length);
        return columns[index]?.align === 'right' ? blank + text : text + blank;
      })
      .join(' '.repeat(gap));
  const words = (row: readonly string[]) =>
    isWords ? wrapped(row[inLine] ?? '', room - 4).map((line) => `${indent}    ${line}`) : [];
  return [lineOf(heads), ...clean.flatMap((row) => [lineOf(row), ...words(row)])];
}

/** Takes from the widest until all fit. */
function narrowed(wanted: readonly number[], room: number): readonly number[] {
  const widths = [...wanted];
  let sum = widths.reduce((all, size) => all + size, 0);
  while (sum > room) {
    const widest = widths.indexOf(Math.max(...widths));
    if (!((widths[widest] as number) > leastColumn)) break;
    widths[widest] = (widths[widest] as number) - 1;
    sum -= 1;
  }
  return widths;
}
