import type { Measure } from './measure.js';

/** Three digits are what a person compares; more would claim a precision that is not there. */
const short = (value: number, digits: number): string => String(Number(value.toPrecision(digits)));

/** A fraction as `2.13 %`. */
export function percent(fraction: number): string {
  return `${short(fraction * 100, 3)} %`;
}

/** A time as `312 ms`. */
export function milliseconds(ms: number): string {
  return `${short(ms, 3)} ms`;
}

/** A mean of this measure: rates as percentages, the rest in the metric's own unit. */
export function meanOf({ type }: Measure, mean: number): string {
  return type === 'continuous' ? short(mean, 4) : percent(mean);
}

/** How strong the evidence is, and how strong it would have to be. */
export function evidenceOf(eValue: number, alpha: number): string {
  return `e-value ${eValue < 1e6 ? short(eValue, 3) : 'over a million'}, ${short(1 / alpha, 6)} decides`;
}

/** What a measure counts, in the plural. */
export function unitsOf({ per }: Measure): string {
  return `${per}s`;
}

/** A whole number with commas between thousands: `3,100`. */
export function countOf(n: number): string {
  return String(Math.round(n)).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** A time in its two greatest units, as people say it: `2 h 10 min`, `45 s`. */
export function durationOf(ms: number): string {
  if (!(ms >= 1000)) return milliseconds(Math.max(0, ms));
  const at = units.findIndex(([, size]) => ms >= size);
  const [name, size] = units[at] as (typeof units)[number];
  const [nextName, nextSize] = units[at + 1] ?? ['ms', 1];
  const rest = Math.floor((ms % size) / nextSize);
  return `${Math.floor(ms / size)} ${name}${rest > 0 && nextName !== 'ms' ? ` ${rest} ${nextName}` : ''}`;
}
