import { TurnoutError } from '../../core/errors.js';
import { show } from '../../core/options.js';

/** Throws `domain`: `eventBinomial: strata[2].share must be a fraction in [0, 1] (was 3).` */
export function refuse(where: string, expected: string, came: unknown): never {
  throw new TurnoutError('domain', `${where} must be ${expected} (was ${show(came)}).`);
}

export function requireCount(where: string, value: number): void {
  if (!(Number.isSafeInteger(value) && value >= 0)) refuse(where, 'a whole number, 0 or more', value);
}

export function requireFraction(where: string, value: number): void {
  if (!(value >= 0 && value <= 1)) refuse(where, 'a fraction in [0, 1]', value);
}

export function requireOpenFraction(where: string, value: number): void {
  if (!(value > 0 && value < 1)) refuse(where, 'a fraction in (0, 1)', value);
}

export function requirePositive(where: string, value: number): void {
  if (!(value > 0 && value < Infinity)) refuse(where, 'a number over 0', value);
}

export function requireNonNegative(where: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) refuse(where, 'a number, 0 or more', value);
}

export function requireFinite(where: string, value: number): void {
  if (!Number.isFinite(value)) refuse(where, 'a finite number', value);
}

/** How many observations there were, and how many of them were events. */
export interface EventCount {
  readonly n: number;
  readonly events: number;
}

export function requireEventCount(where: string, { n, events }: EventCount): void {
  requireCount(`${where}.n`, n);
  if (!(Number.isSafeInteger(events) && events >= 0 && events <= n)) {
    refuse(`${where}.events`, `a whole number from 0 to n = ${n}`, events);
  }
}
