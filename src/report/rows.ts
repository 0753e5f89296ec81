import { type Axis, type Plot, axisBelow } from './axes.js';
import { type Drawing, textAt, textWidth } from './drawing.js';
import { cleaned, element } from './markup.js';

/** One thing with its figures, and a track below on which they are drawn. */
export interface Row {
  readonly name: string;
  /** Its figures, at the right. */
  readonly value: string;
  /** Marks at this height. */
  draw(y: number, axis: Axis): readonly string[];
}

export interface RowChart {
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly axis: (range: readonly [number, number]) => Axis;
  readonly rows: readonly Row[];
  /** Places on the axis that all rows are held against. */
  readonly limits?: readonly number[];
}

const rowHeight = 36;
/** Figures come before names: of these there are at least so many pixels. */
const leastName = 76;
const rowsMax = 24;
const belowPlot = 38;

/** Rows above one axis. More than 24 would be no picture: the rest is counted. */
export function rowChartOf({ title, description, width, axis, rows, limits = [] }: RowChart): Drawing {
  const shown = rows.slice(0, rowsMax);
  const rest = rows.length - shown.length;
  const plot: Plot = {
    left: 10,
    right: width - 14,
    top: 4,
    bottom: 4 + shown.length * rowHeight + (rest > 0 ? 18 : 0),
  };
  const scale = axis([plot.left, plot.right]);
  const marks = [
    ...scale.ticks.flatMap(({ at }) => shown.map((_, index) => trackTick(at, plot.top + index * rowHeight + 25))),
    ...shown.flatMap((row, index) => rowMarks(row, plot.top + index * rowHeight, plot, scale, width, limits)),
    ...(rest > 0 ? [textAt(2, plot.bottom - 8, `and ${rest} more`, { kind: 'quiet' })] : []),
    ...axisBelow(plot, scale, width),
  ];
  return { title, description, width, height: plot.bottom + belowPlot, marks };
}

const trackTick = (at: number, y: number) => element('line', { class: 'grid', x1: at, x2: at, y1: y - 5, y2: y + 5 });

function rowMarks(
  { name, value, draw }: Row,
  top: number,
  { left, right }: Plot,
  axis: Axis,
  width: number,
  limits: readonly number[],
): readonly string[] {
  const y = top + 25;
  const forValue = Math.min(textWidth(cleaned(value)), width - leastName);
  return [
    textAt(2, top + 13, name, { kind: 'strong', room: (width - forValue - 16) / 1.06 }),
    textAt(width - 2, top + 13, value, { anchor: 'end', kind: 'quiet', room: forValue + 1 }),
    element('line', { class: 'grid', x1: left, x2: right, y1: y, y2: y }),
    ...limits.map((limit) => {
      const at = axis.place(limit);
      return element('line', { class: 'limit', x1: at, x2: at, y1: y - 8, y2: y + 8 });
    }),
    ...draw(y, axis),
  ];
}

/** A dot on a track. */
export function dot(axis: Axis, value: number, y: number, tone: string, r = 4): string {
  return element('circle', { class: `fill-${tone}`, cx: axis.place(value), cy: y, r });
}

/** A line on a track. */
export function bar(axis: Axis, from: number, to: number, y: number, tone: string): string {
  return element('line', { class: `line-${tone}`, x1: axis.place(from), x2: axis.place(to), y1: y, y2: y });
}

/** A part of a track that is filled. */
export function block(axis: Axis, from: number, to: number, y: number, kind: string): string {
  const [x, end] = [axis.place(from), axis.place(to)];
  return element('rect', { class: kind, x, y: y - 5, width: Math.max(0, end - x), height: 10 });
}
