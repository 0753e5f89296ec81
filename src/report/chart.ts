import { area, curveLinear, curveStepAfter, line } from 'd3-shape';
import { type Axis, type Plot, type Range, axisBelow, axisLeft, timeAxis } from './axes.js';
import { type Drawing, fontSize, textAt, textWidth } from './drawing.js';
import { cleaned, element } from './markup.js';
import type { TimeKind } from './words.js';

/** A point of a line: where, and how much. */
export type Point = readonly [at: number, value: number];

/** A line with its name at its end. */
export interface Curve {
  readonly name: string;
  /** Stands behind the name. */
  readonly value?: string;
  /** A tone of the style. */
  readonly tone: string;
  readonly points: readonly Point[];
  /** What lies below and above it. */
  readonly band?: readonly (readonly [at: number, low: number, high: number])[];
  readonly isStepped?: boolean;
  readonly isDashed?: boolean;
  /** Its name stands here instead of at the last point. */
  readonly labelAt?: number;
}

/** A height that something is held against, with its name. */
export interface Level {
  readonly name: string;
  readonly value: number;
  readonly kind: 'axis' | 'limit';
}

export interface Chart {
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height?: number;
  /** Of the time axis, or an axis made by the caller. */
  readonly below: { readonly time: TimeKind; readonly domain: Range } | ((range: Range) => Axis);
  readonly left: (range: Range) => Axis;
  readonly curves: readonly Curve[];
  readonly levels?: readonly Level[];
}

const lineHeight = 14;
const top = 28;
const belowPlot = 38;

interface Label {
  readonly y: number;
  readonly text: string;
  readonly kind: string;
}

/** Lines over an axis, each with its name beside its end: a legend would have to be looked up. */
export function chartOf(chart: Chart): Drawing {
  const { width, height = 210, curves, levels = [] } = chart;
  const texts = [...curves.map(textOf), ...levels.map(({ name }) => name)];
  const room = Math.min(width * 0.36, Math.max(0, ...texts.map(textWidth)) + 10);
  const plot: Plot = { left: 46, right: width - room - 2, top, bottom: height - belowPlot };
  const across: Range = [plot.left, plot.right];
  const x =
    typeof chart.below === 'function' ? chart.below(across) : timeAxis(chart.below.time, chart.below.domain, across);
  const y = chart.left([plot.bottom, plot.top]);
  const labels = [
    ...levels.map(({ name, value }): Label => ({ y: y.place(value), text: name, kind: 'quiet' })),
    ...curves.map((curve): Label => {
      const at = curve.labelAt ?? curve.points.at(-1)?.[1] ?? 0;
      return { y: y.place(at), text: textOf(curve), kind: `fill-${curve.tone}` };
    }),
  ];
  const marks = [
    ...axisLeft(plot, y, width),
    ...axisBelow(plot, x, width),
    ...levels.map(({ value, kind }) => {
      const at = y.place(value);
      return element('line', { class: kind, x1: plot.left, x2: plot.right, y1: at, y2: at });
    }),
    ...curves.flatMap((curve) => curveMarks(curve, x, y)),
    ...labelMarks(labels, plot, width),
  ];
  return { title: chart.title, description: chart.description, width, height, marks };
}

const textOf = ({ name, value }: Curve) => cleaned(value === undefined ? name : `${name} ${value}`);

function curveMarks({ points, band, tone, isStepped, isDashed }: Curve, x: Axis, y: Axis): readonly string[] {
  const shape = isStepped === true ? curveStepAfter : curveLinear;
  const under = area<readonly [number, number, number]>(
    ([at]) => x.place(at),
    ([, low]) => y.place(low),
    ([, , high]) => y.place(high),
  ).curve(shape);
  const path = line<Point>(
    ([at]) => x.place(at),
    ([, value]) => y.place(value),
  ).curve(shape);
  const shadow = band === undefined ? null : under.digits(2)(band);
  const stroke = path.digits(2)(points);
  const [only] = points;
  return [
    ...(shadow === null ? [] : [element('path', { class: `tint-${tone}`, d: shadow })]),
    ...(stroke === null
      ? []
      : [element('path', { class: `line-${tone}${isDashed === true ? ' dashed' : ''}`, d: stroke })]),
    // A line of one point cannot be seen.
    ...(points.length === 1 && only !== undefined
      ? [element('circle', { class: `fill-${tone}`, cx: x.place(only[0]), cy: y.place(only[1]), r: 3 })]
      : []),
  ];
}

/** Names at the right, moved apart; those for which there is no room are counted. */
function labelMarks(labels: readonly Label[], { right, top, bottom }: Plot, width: number): readonly string[] {
  const most = Math.max(1, Math.floor((bottom - top) / lineHeight) + 1);
  const kept = labels.length > most ? labels.slice(0, most - 1) : labels;
  const left = labels.length - kept.length;
  const shown = left > 0 ? [...kept, { y: bottom, text: `${left} more`, kind: 'quiet' }] : kept;
  const sorted = [...shown].sort((a, b) => a.y - b.y);
  const places = apart(
    sorted.map(({ y }) => y),
    lineHeight,
    top,
    bottom,
  );
  return sorted.map(({ text, kind }, at) =>
    textAt(right + 6, (places[at] as number) + fontSize / 2 - 1.5, text, { kind, room: width - right - 8 }),
  );
}

/** Moves sorted heights apart by at least `gap`, as little as can be, inside the range as far as they fit. */
export function apart(wanted: readonly number[], gap: number, from: number, to: number): readonly number[] {
  const places: number[] = [];
  for (const want of wanted) places.push(Math.max(want, (places.at(-1) ?? from - gap) + gap));
  let most = to;
  for (let at = places.length - 1; at >= 0 && (places[at] as number) > most; at -= 1) {
    places[at] = most;
    most -= gap;
  }
  return places;
}
