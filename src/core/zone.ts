const dayMs = 86_400_000;

// A formatter is dear to make and to keep; no program has many zones, but one may read them from somewhere.
const formats = new Map<string, Intl.DateTimeFormat>();
const maxFormats = 32;

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const numeric = 'numeric';
    const date = { year: numeric, month: numeric, day: numeric } as const;
    const time = { hour: numeric, minute: numeric, second: numeric, hourCycle: 'h23' } as const;
    format = new Intl.DateTimeFormat('en-US', { timeZone, ...date, ...time });
    if (formats.size >= maxFormats) formats.clear();
    formats.set(timeZone, format);
  }
  return format;
}

/** True for an IANA time zone that this platform knows, such as `Europe/Berlin`. */
export function isTimeZone(timeZone: string): boolean {
  try {
    return formatOf(timeZone) !== undefined;
  } catch {
    return false;
  }
}

/**
 * What the clocks of a zone add to UTC at an instant, in ms. An instant plus this is a `wall` time: what `Date.UTC`
 * gives for the figures that a clock on the wall shows. Throws a RangeError for an unknown zone or instant.
 */
export function offsetAt(timeZone: string, instant: number): number {
  const second = Math.floor(instant / 1000) * 1000;
  // In the order of en-US. Only the digits are read, since the marks between them have changed before.
  const figures = formatOf(timeZone).format(second).match(/\d+/g) ?? [];
  const [month = Number.NaN, day = 1, year = 1970, hour = 0, minute = 0, rest = 0] = figures.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, rest) - second;
}

/** The first instant after `from` at which the offset is no more what it is there, if it is another at `to`. */
export function offsetChange(timeZone: string, from: number, to: number): number {
  const offset = offsetAt(timeZone, from);
  let [before, after] = [from, to];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(timeZone, middle) === offset) before = middle;
    else after = middle;
  }
  return after;
}

/**
 * The first and the last instant at which clocks show `wall`: two where they go back over it, otherwise one. For a time
 * that they skip, the instant at which they skip it.
 */
export function instantsOf(timeZone: string, wall: number): { readonly first: number; readonly last: number } {
  const readings = [wall - dayMs, wall + dayMs].map((near) => wall - offsetAt(timeZone, near));
  const real = readings.filter((instant) => instant + offsetAt(timeZone, instant) === wall);
  if (real.length > 0) return { first: Math.min(...real), last: Math.max(...real) };
  const skip = offsetChange(timeZone, Math.min(...readings), Math.max(...readings));
  return { first: skip, last: skip };
}
