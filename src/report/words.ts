/** What a number of a picture is in. Any other text is a unit that stands behind the number: `€`. */
export type Unit = 'fraction' | 'points' | 'count' | 'ms' | (string & {});

/** Times are ms since 1970, shown as UTC, or ms since a start. */
export type TimeKind = 'utc' | 'since-start';

const minus = (text: string) => text.replace('-', '−');

/** At most so many digits that say something, without zeros at the end: `0.0123`, `1,230`. */
export function short(value: number, significant = 3): string {
  if (!Number.isFinite(value)) return '–';
  const rounded = Number(value.toPrecision(significant));
  const size = Math.abs(rounded);
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) return minus(rounded.toExponential());
  const [whole = '0', rest] = size.toFixed(Math.max(0, fractionDigits(size, significant))).split('.');
  const tail = (rest ?? '').replace(/0+$/, '');
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
  return `${rounded < 0 ? '−' : ''}${grouped}${tail === '' ? '' : `.${tail}`}`;
}

function fractionDigits(size: number, significant: number): number {
  return size === 0 ? 0 : significant - 1 - Math.floor(Math.log10(size));
}

/** A whole count with commas: `12,040`. */
export function count(value: number): string {
  return short(Math.round(value), 15);
}

/** A value with its unit: `3.2 %`, `1.5 points`, `120 ms`, `4.2 €`. */
export function inUnit(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (unit === 'fraction') return `${short(value * 100)} %`;
  if (unit === 'points') return `${short(value * 100)} ${short(Math.abs(value) * 100) === '1' ? 'point' : 'points'}`;
  if (unit === 'count') return Math.abs(value) < 100 ? short(value) : count(value);
  return `${short(value)}${unit === '' ? '' : ` ${unit}`}`;
}

/** An interval with its unit, as text. */
export function between(interval: readonly [number, number] | null | undefined, unit: Unit): string {
  if (!interval) return '–';
  const factor = unit === 'fraction' || unit === 'points' ? 100 : 1;
  const [lower, upper] = interval.map((end) => short(end * factor)) as [string, string];
  const behind = { fraction: ' %', points: ' points', count: '' }[unit as string] ?? (unit === '' ? '' : ` ${unit}`);
  return `${lower} to ${upper}${behind}`;
}

const lengths = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** A time in its two greatest units: `2 h 10 min`. */
export function durationText(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  const whole = Math.round(ms / 1000) * 1000;
  if (!(whole >= 1000)) return `${Math.max(0, Math.round(ms))} ms`;
  const at = lengths.findIndex(([, length]) => whole >= length);
  const [name, length] = lengths[at] as (typeof lengths)[number];
  const next = lengths[at + 1];
  const rest = next === undefined ? 0 : Math.floor((whole % length) / next[1]);
  return `${Math.floor(whole / length)} ${name}${rest > 0 && next !== undefined ? ` ${rest} ${next[0]}` : ''}`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
// A Date holds no time beyond this.
const isDate = (ms: number) => Math.abs(ms) <= 8.64e15;

/** `5 Jan 2026` in UTC. */
export function dayText(ms: number): string {
  if (!isDate(ms)) return '–';
  const date = new Date(ms);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** `14:05` in UTC, with seconds if asked for. */
export function clockText(ms: number, withSeconds = false): string {
  return isDate(ms) ? new Date(ms).toISOString().slice(11, withSeconds ? 19 : 16) : '–';
}

/** A fraction of what decides; what is next to nothing is not told in powers of ten. */
export function spentText(spent: number | undefined): string {
  if (spent === undefined || !Number.isFinite(spent)) return '–';
  if (spent < 1e-4) return '< 0.01 %';
  return inUnit(Math.min(1, spent), 'fraction');
}

/** A moment: `5 Jan 2026 14:05`, or `2 h 10 min` after the start. */
export function momentText(ms: number, time: TimeKind): string {
  if (time === 'since-start') return ms === 0 ? 'start' : durationText(ms);
  return isDate(ms) ? `${dayText(ms)} ${clockText(ms)}` : '–';
}

/** Lines of at most so many characters, broken between words and, where a word is longer, within it. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    let rest = Array.from(word);
    if (line !== '' && Array.from(line).length + 1 + rest.length <= width) {
      line = `${line} ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    while (rest.length > width) {
      lines.push(rest.slice(0, width).join(''));
      rest = rest.slice(width);
    }
    line = rest.join('');
  }
  return line === '' ? lines : [...lines, line];
}

/** At most so many characters: what is longer keeps its two ends, since names often differ in either. */
export function shortened(text: string, most: number): string {
  const signs = Array.from(text);
  if (signs.length <= most) return text;
  if (!(most > 1)) return '…'.slice(0, Math.max(0, most));
  const kept = most - 1;
  const head = Math.ceil(kept * 0.6);
  return `${signs.slice(0, head).join('')}…${signs.slice(signs.length - (kept - head)).join('')}`;
}

/** At most so many items, spread evenly, the first and the last among them. */
export function thinned<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  if (most < 2) return items.slice(-1);
  return Array.from({ length: most }, (_, at) => items[Math.round((at * (items.length - 1)) / (most - 1))] as T);
}
