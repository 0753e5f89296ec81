import { scaleLinear } from 'd3-scale';
import { apart } from '../chart.js';
import { type PictureOptions, emptyDrawing, fontSize, svgOf, textAt, widthOf } from '../drawing.js';
import { element } from '../markup.js';
import { type TimeKind, momentText, wrapped } from '../words.js';

/** Something that the router told. */
export interface TimelineEvent {
  readonly at: number;
  readonly node: string;
  /** Both are empty in an alert. */
  readonly from: string;
  readonly to: string;
  readonly why: string;
  readonly isAlert?: boolean;
}

export interface TimelineData {
  readonly time: TimeKind;
  readonly events: readonly TimelineEvent[];
  readonly from: number;
  readonly until: number;
}

const lineHeight = 14;
const eventsMax = 12;
/** Lines of a reason: the table has the whole of it. */
const linesMax = 5;
const left = 12;
const text = 44;

interface Entry {
  readonly event: TimelineEvent;
  readonly lines: readonly string[];
}

/** Transitions and alerts with their reasons, beside a line of time that runs down. At most twelve: the first and the last ones. */
export function timelinePicture({ time, events, from, until }: TimelineData, options: PictureOptions = {}): string {
  const width = widthOf(options);
  const title = 'What happened, and why';
  const known = events.filter(({ at }) => Number.isFinite(at)).sort((a, b) => a.at - b.at);
  if (known.length === 0) return svgOf(emptyDrawing(title, 'Nothing has happened yet.', width), options);
  const isOne = new Set(known.map(({ node }) => node)).size === 1;
  const entries = chosen(known).map((event): Entry => ({ event, lines: reasonOf(event.why, width) }));
  const heights = entries.map(({ lines }) => (lines.length + 1) * lineHeight + 8);
  const needed = heights.reduce((sum, height) => sum + height, 0);
  const height = Math.max(120, needed + 26);
  const domain = [Math.min(from, known[0]?.at ?? from), Math.max(until, known.at(-1)?.at ?? until)];
  const scale = scaleLinear(domain, [14, height - 16]).clamp(true);
  const tops = placed(
    entries.map(({ event }) => scale(event.at)),
    heights,
    height - 8,
  );
  const marks = [
    element('line', { class: 'axis', x1: left, x2: left, y1: 8, y2: height - 8 }),
    ...entries.flatMap((entry, index) =>
      entryMarks(entry, scale(entry.event.at), tops[index] as number, { time, width, isOne }),
    ),
  ];
  const hidden = known.length - entries.length;
  const description = `${entries.map(({ event }) => `${momentText(event.at, time)}: ${headOf(event, isOne)}, because ${event.why}.`).join(' ')}${hidden > 0 ? ` ${hidden} more in between.` : ''}`;
  return svgOf({ title, description, width, height, marks }, options);
}

function chosen(events: readonly TimelineEvent[]): readonly TimelineEvent[] {
  if (events.length <= eventsMax) return events;
  return [...events.slice(0, eventsMax / 2), ...events.slice(-eventsMax / 2)];
}

/** The node is named where there are several. */
const headOf = ({ node, from, to, isAlert }: TimelineEvent, isOne: boolean) => {
  const what = isAlert === true ? 'alert' : from === to ? 'new shares' : `${from} → ${to}`;
  return isOne ? what : `${node}: ${what}`;
};

function reasonOf(why: string, width: number): readonly string[] {
  const lines = wrapped(why, Math.floor((width - text - 4) / (fontSize * 0.62)));
  return lines.length <= linesMax ? lines : [...lines.slice(0, linesMax - 1), `${lines[linesMax - 1]} …`];
}

/** Entries of different heights, none upon another: each is as near to its time as those around it let it be. */
function placed(wanted: readonly number[], heights: readonly number[], bottom: number): readonly number[] {
  // Without what stands above each they are heights of one size, which is what can be moved apart.
  const before = heights.map((_, index) => heights.slice(0, index).reduce((sum, height) => sum + height, 0));
  const total = (before.at(-1) ?? 0) + (heights.at(-1) ?? 0);
  const loose = wanted.map((at, index) => at - 14 - (before[index] as number));
  const moved = apart(loose, 0, 2, Math.max(2, bottom - total));
  return moved.map((at, index) => at + (before[index] as number));
}

function entryMarks(
  { event, lines }: Entry,
  at: number,
  top: number,
  { time, width, isOne }: { readonly time: TimeKind; readonly width: number; readonly isOne: boolean },
): readonly string[] {
  const y = top + 14;
  const tone = event.isAlert === true ? 'tone-1' : 'tone-0';
  const when = momentText(event.at, time);
  return [
    element('path', {
      class: 'axis',
      fill: 'none',
      d: `M${left},${Math.round(at)}L${left + 10},${Math.round(at)}L${text - 10},${Math.round(y - 4)}L${text - 4},${Math.round(y - 4)}`,
    }),
    element('circle', { class: `fill-${tone}`, cx: left, cy: at, r: 4 }),
    textAt(text, y, `${when} · ${headOf(event, isOne)}`, {
      kind: `strong fill-${tone}`,
      room: (width - text - 4) / 1.06,
    }),
    ...lines.map((line, index) =>
      textAt(text, y + (index + 1) * lineHeight, line, { kind: 'quiet', room: width - text - 2 }),
    ),
  ];
}
