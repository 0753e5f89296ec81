import { must, object, optional, recordOf, text, verify } from '../core/options.js';
import type { PictureOptions } from './drawing.js';
import { thinned } from './words.js';

/** What a report can be told that its input does not say. */
export interface ReportOptions {
  /** Default: the name of the roll-out. */
  readonly title?: string;
  /** By metric, for amounts: `{ revenue: '€' }`. Rates need none. */
  readonly units?: Readonly<Record<string, string>>;
  /**
   * By metric, the loss that is put up with, as a number of 0 or more in its unit: drawn where no rule names one. A rule does in its
   * name: `noWorseThan(clicked, margin 0.01)`.
   */
  readonly margins?: Readonly<Record<string, number>>;
}

const margin = must('a number, 0 or more', (value) => typeof value === 'number' && value >= 0 && value < Infinity);

const unit = must("a text such as '€'", (value) => typeof value === 'string');

/** The checks of the options, for those that have more. */
export const reportChecks = {
  title: optional(text),
  units: optional(recordOf(unit)),
  margins: optional(recordOf(margin)),
};

/** Throws a ConfigError with all mistakes. */
export function verifyOptions(what: string, options: ReportOptions): void {
  verify(what, 'options', options, object(reportChecks));
}

/** Figures in rows and columns: the same as a picture, for who cannot see it and for terminals. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** Said instead of rows where there are none. */
  readonly empty: string;
}

export interface Column {
  readonly name: string;
  readonly align: 'left' | 'right';
}

/** A picture with the words and figures that go with it. */
export interface Figure {
  readonly title: string;
  /** How to read it, in a sentence or two. */
  readonly caption: string;
  /** As wide as the page, where there is room. */
  readonly isWide?: boolean;
  /** Absent where figures say more than a picture could. */
  draw?(options: PictureOptions): string;
  readonly table: Table;
}

export interface Section {
  readonly title: string;
  readonly sentences: readonly string[];
  readonly figures: readonly Figure[];
}

/** A report before it is written as HTML or as text. */
export interface Page {
  readonly title: string;
  readonly sentences: readonly string[];
  readonly sections: readonly Section[];
}

/** A table, its columns as texts that begin with `>` where they hold figures. */
export function tableOf(columns: readonly string[], rows: readonly (readonly string[])[], empty: string): Table {
  return {
    columns: columns.map((name) => ({ name: name.replace(/^>/, ''), align: name.startsWith('>') ? 'right' : 'left' })),
    rows,
    empty,
  };
}

const rowsMax = 16;

/** Rows of a course over time: enough to read it, the first and the last among them. */
export function courseRows<T>(
  points: readonly T[],
  rowOf: (point: T) => readonly string[],
): readonly (readonly string[])[] {
  return thinned(points, rowsMax).map(rowOf);
}
