import { scaleLinear, scaleLog, scalePoint, scaleUtc } from 'd3-scale';
import { fitted, textAt, textWidth } from './drawing.js';
import { element } from './markup.js';
import { type TimeKind, type Unit, clockText, count, dayText, short } from './words.js';

export type Range = readonly [number, number];

export interface Tick {
  /** In pixels. */
  readonly at: number;
  readonly text: string;
}

/** A scale with its ticks and what it measures, in words. */
export interface Axis {
  place(value: number): number;
  readonly ticks: readonly Tick[];
  readonly title: string;
}

/** A range that has a length, so that a scale can be made of it. */
export function spanned([from, to]: Range, least: number): Range {
  return to - from > 0 ? [from, to] : [from - least / 2, to + least / 2];
}

const units = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1000],
] as const;

/** Time from left to right. */
export function timeAxis(time: TimeKind, domain: Range, range: Range): Axis {
  const [from, to] = spanned(domain, 60_000);
  return time === 'utc' ? utcAxis([from, to], range) : elapsedAxis([from, to], range);
}

function elapsedAxis([from, to]: Range, range: Range): Axis {
  const [name, length] = units.find(([, unit]) => to - from >= 2 * unit) ?? (['milliseconds', 1] as const);
  const scale = scaleLinear([from / length, to / length], [...range]);
  const ticks = fewEnough(range, (wanted) => scale.ticks(wanted).map((at) => ({ at: scale(at), text: short(at) })));
  return { place: (ms) => clamped(scale(ms / length), range), ticks, title: `${name} since the start` };
}

const dayMs = 86_400_000;

function utcAxis([from, to]: Range, range: Range): Axis {
  const scale = scaleUtc([new Date(from), new Date(to)], [...range]);
  const textOf = (tick: Date, step: number) => {
    // Midnight in a longer course is where a day begins.
    const isMidnight = tick.getTime() % dayMs === 0 && to - from >= dayMs;
    if (step >= dayMs || isMidnight) return dayText(tick.getTime()).replace(/ \d+$/, '');
    return clockText(tick.getTime(), step < 60_000);
  };
  const ticks = fewEnough(range, (wanted) => {
    const found = scale.ticks(wanted);
    const step = (found[1]?.getTime() ?? to) - (found[0]?.getTime() ?? from);
    return found.map((tick) => ({ at: scale(tick), text: textOf(tick, step) }));
  });
  const [first, last] = [dayText(from), dayText(to)];
  const days = first === last ? first : `${first} to ${last}`;
  return { place: (ms) => clamped(scale(new Date(ms)), range), ticks, title: `${days}, UTC` };
}

const clamped = (at: number, [a, b]: Range) => Math.min(Math.max(a, b), Math.max(Math.min(a, b), at));

/** The most ticks whose texts do not touch. */
function fewEnough([from, to]: Range, ticksOf: (wanted: number) => readonly Tick[]): readonly Tick[] {
  for (let wanted = Math.min(12, Math.max(2, Math.floor((to - from) / 40))); wanted > 1; wanted -= 1) {
    const ticks = ticksOf(wanted);
    const isClear = ticks.every(({ at, text }, index) => {
      const before = ticks[index - 1];
      return before === undefined || at - before.at >= (textWidth(before.text) + textWidth(text)) / 2 + 6;
    });
    if (isClear) return ticks;
  }
  return ticksOf(1).slice(0, 1);
}

/** Amounts, by default to nice ends. Fractions and points are shown times a hundred. */
export function amountAxis(domain: Range, range: Range, unit: Unit, title: string, isNice = true): Axis {
  const factor = unit === 'fraction' || unit === 'points' ? 100 : 1;
  const [low, high] = spanned(domain, domain[0] === 0 ? 2 : Math.abs(domain[0]));
  const scale = scaleLinear([low * factor, high * factor], [...range]);
  if (isNice) scale.nice(4);
  const isAcross = range[1] > range[0];
  const ticksOf = (wanted: number) => scale.ticks(wanted).map((at) => ({ at: scale(at), text: tickText(at, unit) }));
  const ticks = isAcross ? fewEnough(range, ticksOf) : ticksOf(4);
  return { place: (value) => clamped(scale(value * factor), range), ticks, title };
}

function tickText(value: number, unit: Unit): string {
  if (unit !== 'count') return short(value);
  if (Math.abs(value) >= 1e6) return `${short(value / 1e6)}M`;
  return Math.abs(value) >= 10_000 ? `${short(value / 1000)}k` : Number.isInteger(value) ? count(value) : short(value);
}

/** Amounts over 0 of many sizes, in powers of ten. */
export function logAxis([low, high]: Range, range: Range, textOf: (value: number) => string, title: string): Axis {
  const scale = scaleLog([low, high > low ? high : low * 10], [...range]);
  const all = scale.ticks().filter((value) => Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6));
  // Less than two powers of ten: then the steps between them, too.
  const values = all.length > 1 ? all : scale.ticks(3);
  const ticksOf = (wanted: number) => {
    const every = Math.max(1, Math.ceil(values.length / wanted));
    return values.filter((_, at) => at % every === 0).map((value) => ({ at: scale(value), text: textOf(value) }));
  };
  const ticks = range[1] > range[0] ? fewEnough(range, ticksOf) : ticksOf(6);
  return { place: (value) => clamped(scale(value > 0 ? value : low), range), ticks, title };
}

/** Steps one after another, of which all names are shown that have room. `place` takes the number of the step. */
export function stageAxis(names: readonly string[], range: Range, title: string): Axis {
  const scale = scalePoint(Array.from(names.keys()), [...range]).padding(0.15);
  const placeOf = (index: number) => scale(index) ?? (range[0] + range[1]) / 2;
  const room = names.length > 1 ? scale.step() - 6 : range[1] - range[0];
  const every = Math.max(1, Math.ceil(28 / Math.max(1, room)));
  const ticks = names.flatMap((name, index) =>
    index % every === 0 ? [{ at: placeOf(index), text: fitted(name, room * every) }] : [],
  );
  return { place: placeOf, ticks, title };
}

/** Where the marks of a picture go. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The axis below a plot: its line, ticks and title. */
export function axisBelow({ left, right, bottom }: Plot, { ticks, title }: Axis, width: number): readonly string[] {
  // A text at an end of the axis stays inside the picture.
  const inside = (at: number, text: string) => {
    const half = textWidth(text) / 2;
    return Math.min(width - half - 2, Math.max(half + 2, at));
  };
  return [
    element('line', { class: 'axis', x1: left, x2: right, y1: bottom, y2: bottom }),
    ...ticks.flatMap(({ at, text }) => [
      element('line', { class: 'axis', x1: at, x2: at, y1: bottom, y2: bottom + 4 }),
      textAt(inside(at, text), bottom + 16, text, { anchor: 'middle', kind: 'quiet' }),
    ]),
    textAt(inside((left + right) / 2, fitted(title, width - 8)), bottom + 31, title, {
      anchor: 'middle',
      kind: 'quiet',
      room: width - 8,
    }),
  ];
}

/** The axis left of a plot: lines across it, ticks, and the title above. */
export function axisLeft({ left, right, top }: Plot, { ticks, title }: Axis, width: number): readonly string[] {
  return [
    textAt(2, top - 9, title, { kind: 'quiet', room: width - 4 }),
    ...ticks.flatMap(({ at, text }) => [
      element('line', { class: 'grid', x1: left, x2: right, y1: at, y2: at }),
      textAt(left - 6, at + 4, text, { anchor: 'end', kind: 'quiet', room: left - 6 }),
    ]),
  ];
}
