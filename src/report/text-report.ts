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
const mostName = 32;

const sizeOf = (text: string) => Array.from(text).length;

/**
 * Columns as wide as their widest cell. A last column of words is wrapped below its row; where the others are too many for a line, they
 * are told in several tables, each of which begins with the first column. Figures are never shortened.
 */
function tableLines({ columns, rows, empty }: Table, width: number): readonly string[] {
  if (rows.length === 0) return [`${indent}${empty}`];
  const cells = [columns.map(({ name }) => name), ...rows].map((row) => row.map(visible));
  const hasWords = columns.length > 1 && columns.at(-1)?.align === 'left';
  const inLine = hasWords ? columns.length - 1 : columns.length;
  const room = width - indent.length;
  const widths = Array.from({ length: inLine }, (_, index) => {
    const [head = 0, ...below] = cells.map((row) => sizeOf(row[index] ?? ''));
    const most = Math.min(mostName, room - leastColumn - gap);
    // Names are shortened, figures are not.
    const named =
      columns[index]?.align === 'right' ? [Math.min(head, most), ...below] : [Math.min(most, Math.max(head, ...below))];
    return Math.max(...named);
  });
  const lineOf = (row: readonly string[], shown: readonly number[]) => {
    const padded = shown.map((index) => {
      const size = widths[index] as number;
      const text = shortened(row[index] ?? '', size);
      const blank = ' '.repeat(size - sizeOf(text));
      return columns[index]?.align === 'right' ? blank + text : text + blank;
    });
    return indent + padded.join(' '.repeat(gap));
  };
  const parts = partsOf(widths, room);
  return parts.flatMap((shown, part) => {
    const isLast = part === parts.length - 1;
    const lines = cells.flatMap((row, index) => {
      const words = hasWords && isLast && index > 0 ? wrapped(row[inLine] ?? '', room - 4) : [];
      return [lineOf(row, shown), ...words.map((line) => `${indent}    ${line}`)];
    });
    return part === 0 ? lines : ['', ...lines];
  });
}

/** The columns of each table: as many as there is room for, the first in all of them, which shrinks where it must. */
function partsOf(widths: number[], room: number): readonly (readonly number[])[] {
  const widest = Math.max(0, ...widths.slice(1));
  widths[0] = Math.max(leastColumn, Math.min(widths[0] ?? 0, room - widest - gap));
  const parts: number[][] = [[0]];
  let used = widths[0];
  for (let index = 1; index < widths.length; index += 1) {
    const size = gap + (widths[index] as number);
    if (used + size > room && (parts.at(-1)?.length ?? 0) > 1) {
      parts.push([0]);
      used = widths[0];
    }
    parts.at(-1)?.push(index);
    used += size;
  }
  return parts;
}
