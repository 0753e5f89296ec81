import { type Check, listOf, must, object, oneOf, optional, show, text } from './options.js';
import { instantsOf, isTimeZone, offsetAt, offsetChange } from './zone.js';

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export type Weekday = (typeof weekdays)[number];

/** `HH:MM` on the clocks of the calendar's zone, from `00:00` to `24:00`, the end of the day. */
export type TimeOfDay = `${number}:${number}`;

/** Open from `from` up to, not including, `to`. One that passes midnight belongs to the day on which it starts. */
export interface PromotionWindow {
  /** Default: every day. */
  readonly days?: readonly Weekday[];
  readonly from: TimeOfDay;
  readonly to: TimeOfDay;
}

/**
 * No promotions from `from` up to `to`: a date (`2026-12-24`; as `to`, that whole day too) or a date and time
 * (`2026-12-24T18:00`), which are read in the calendar's zone unless they end in `Z` or an offset such as `+02:00`.
 */
export interface PromotionFreeze {
  readonly from: string;
  readonly to: string;
  readonly why?: string;
}

/** When promotions may happen: in any window (default: always), and in none of the freezes. Rollbacks never ask. */
export interface Calendar {
  /** IANA name, such as `Europe/Berlin`. Default `UTC`. */
  readonly timeZone?: string;
  readonly windows?: readonly PromotionWindow[];
  readonly freezes?: readonly PromotionFreeze[];
}

export interface PromotionAnswer {
  readonly allowed: boolean;
  /** Why not. */
  readonly why?: string;
  /** When the answer changes, in ms since 1970; absent if not within the next 400 edges of windows and freezes. */
  readonly nextChange?: number;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
const maxSteps = 400;

interface Span {
  readonly start: number;
  readonly end: number;
  readonly days: readonly Weekday[];
}

interface Freeze {
  readonly start: number;
  readonly end: number;
  readonly why: string;
}

function timeOfDay(time: string): number {
  const [hours = Number.NaN, minutes = Number.NaN] = time.split(':').map(Number);
  return (hours * 60 + minutes) * minuteMs;
}

const isTime = (value: unknown) => typeof value === 'string' && /^(?:(?:[01]?\d|2[0-3]):[0-5]\d|24:00)$/.test(value);

interface Moment {
  /** The figures as written, read as UTC. */
  readonly wall: number;
  readonly instant: number | undefined;
  readonly wholeDay: boolean;
}

function momentOf(value: unknown): Moment | undefined {
  const pattern = /^(\d{4}-\d\d-\d\d)(?:(T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/;
  const [whole, date, time, offset] = (typeof value === 'string' && pattern.exec(value)) || [];
  if (whole === undefined) return undefined;
  const wall = Date.parse(`${date}${time ?? 'T00:00'}Z`);
  // Some platforms take the 30th of February for the 2nd of March.
  if (Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 10) !== date) return undefined;
  const instant = offset === undefined ? undefined : Date.parse(whole);
  return Number.isNaN(instant) ? undefined : { wall, instant, wholeDay: time === undefined };
}

/** Where a reading is ambiguous, the freeze is the longer one. */
function freezeOf({ from, to, why }: PromotionFreeze, timeZone: string): Freeze {
  const [first, last] = [momentOf(from), momentOf(to)];
  const start = first?.instant ?? instantsOf(timeZone, first?.wall ?? Number.NaN).first;
  const end = last?.instant ?? instantsOf(timeZone, (last?.wall ?? Number.NaN) + (last?.wholeDay ? dayMs : 0)).last;
  return { start, end, why: `frozen from ${from} to ${to}${why === undefined ? '' : `: ${why}`}` };
}

function isOpen(spans: readonly Span[], wall: number): boolean {
  const day = Math.floor(wall / dayMs);
  const time = wall - day * dayMs;
  // The 1st of January 1970 was a Thursday, the fourth day of the week.
  const isOn = ({ days }: Span, date: number) => days.includes(weekdays[(((date + 3) % 7) + 7) % 7] as Weekday);
  return spans.some((span) =>
    span.start < span.end
      ? isOn(span, day) && time >= span.start && time < span.end
      : (isOn(span, day) && time >= span.start) || (isOn(span, day - 1) && time < span.end),
  );
}

/** The next instant at which clocks show an edge of a window, or at which they are put forward or back. */
function nextEdge(spans: readonly Span[], timeZone: string, at: number): number {
  const offset = offsetAt(timeZone, at);
  const edges = spans.flatMap(({ start, end }) => [start, end]);
  const waits = edges.map((edge) => (((edge - at - offset) % dayMs) + dayMs) % dayMs || dayMs);
  const next = at + Math.min(...waits);
  return offsetAt(timeZone, next) === offset ? next : offsetChange(timeZone, at, next);
}

/**
 * Whether a promotion may happen at `now` (ms since 1970), a pure function of the two.
 *
 * Windows are read off a clock on the wall of the zone: one that the clocks skip in spring does not open that day, and
 * one that they show twice in autumn is open twice. Expects a calendar that passed `calendarCheck`.
 */
export function promotionAllowed(calendar: Calendar, now: number): PromotionAnswer {
  if (!(Math.abs(now) <= 8e15)) return { allowed: false, why: 'the time is not known' };
  const { timeZone = 'UTC', windows } = calendar;
  const freezes = (calendar.freezes ?? []).map((freeze) => freezeOf(freeze, timeZone));
  const spans = windows?.map(({ days = weekdays, from, to }) => ({ days, start: timeOfDay(from), end: timeOfDay(to) }));

  const freezeAt = (at: number) => freezes.find(({ start, end }) => at >= start && at < end);
  const whyNotAt = (at: number): string | undefined => {
    const freeze = freezeAt(at);
    if (freeze !== undefined) return freeze.why;
    const open = spans === undefined || isOpen(spans, at + offsetAt(timeZone, at));
    return open ? undefined : `outside the windows for promotions (${timeZone})`;
  };
  const nextAfter = (at: number): number => {
    const starts = freezes.map(({ start }) => start).filter((start) => start > at);
    const edge = spans === undefined ? Number.POSITIVE_INFINITY : nextEdge(spans, timeZone, at);
    return freezeAt(at)?.end ?? Math.min(edge, ...starts);
  };

  let at = Math.floor(now);
  const why = whyNotAt(at);
  const answer = why === undefined ? { allowed: true } : { allowed: false, why };
  for (let step = 0; step < maxSteps; step += 1) {
    at = nextAfter(at);
    if (at === Number.POSITIVE_INFINITY) break;
    if ((whyNotAt(at) === undefined) !== answer.allowed) return { ...answer, nextChange: at };
  }
  return answer;
}

const isMoment = (value: unknown) => momentOf(value) !== undefined;
const moment = must('a date such as 2026-12-24, or a date and time such as 2026-12-24T18:00', isMoment);

const shape = object({
  timeZone: optional(
    must('an IANA time zone such as Europe/Berlin', (value) => typeof value === 'string' && isTimeZone(value)),
  ),
  windows: optional(
    listOf(
      object({
        days: optional(listOf(oneOf(...weekdays), { min: 1, max: 7 })),
        from: must('a time of day such as 09:00', (value) => isTime(value) && value !== '24:00'),
        to: must('a time of day such as 17:00', isTime),
      }),
      { min: 1, max: 50 },
    ),
  ),
  freezes: optional(listOf(object({ from: moment, to: moment, why: optional(text) }), { max: 200 })),
});

/** A calendar of a known zone, with at most 50 windows and 200 freezes, each of some length. */
export const calendarCheck: Check = (value, path, issues) => {
  const before = issues.length;
  shape(value, path, issues);
  if (issues.length > before) return;
  const { timeZone = 'UTC', windows = [], freezes = [] } = value as Calendar;
  windows.forEach(({ from, to }, index) => {
    if (timeOfDay(from) !== timeOfDay(to)) return;
    issues.push({
      path: `${path}.windows[${index}].to`,
      message: 'must not equal from. A whole day is 00:00 to 24:00.',
    });
  });
  freezes.forEach((freeze, index) => {
    const { start, end } = freezeOf(freeze, timeZone);
    if (start < end) return;
    issues.push({ path: `${path}.freezes[${index}].to`, message: `must be after from (was ${show(freeze.to)}).` });
  });
};
