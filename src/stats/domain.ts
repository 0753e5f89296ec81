import { TurnoutError } from '../core/errors.js';

/** A value as a message shows it. Long texts and lists are cut, and an object without text does not throw. */
function shown(value: unknown): string {
  return typeof value === 'object' ? 'an object' : String(value).slice(0, 40);
}

/**
 * Throws unless `holds`. Write the condition positively, as in `sd > 0`: every comparison with NaN is false, so NaN ends
 * here and never in a result. The message is put together only when it is thrown.
 */
export function need(holds: boolean, where: string, name: string, expected: string, value: unknown): asserts holds {
  if (holds) return;
  throw new TurnoutError('domain', `${where}: ${name} must be ${expected} (was ${shown(value)}).`);
}

/** Any number but NaN; the infinities are fine as arguments of a distribution function. */
export function needNumber(where: string, name: string, value: number): void {
  need(typeof value === 'number' && value === value, where, name, 'a number', value);
}

export function needFinite(where: string, name: string, value: number): void {
  need(Number.isFinite(value), where, name, 'a finite number', value);
}

export function needPositive(where: string, name: string, value: number): void {
  need(typeof value === 'number' && value > 0 && value < Infinity, where, name, 'a finite number over 0', value);
}

/** A probability in [0, 1]. */
export function needProbability(where: string, name: string, value: number): void {
  need(typeof value === 'number' && value >= 0 && value <= 1, where, name, 'a number in [0, 1]', value);
}

/** A level or power strictly between 0 and 1. */
export function needOpenProbability(where: string, name: string, value: number): void {
  need(typeof value === 'number' && value > 0 && value < 1, where, name, 'a number in (0, 1)', value);
}

/** A whole number from 0 to 2^53 - 1: beyond that a count is no longer exact. */
export function needCount(where: string, name: string, value: number): void {
  need(Number.isSafeInteger(value) && value >= 0, where, name, 'a whole number from 0 to 2^53 - 1', value);
}

/** A value or sum whose square, and the sum of ten million squares, is still a number. */
export function needValue(where: string, name: string, value: number): void {
  need(Math.abs(value) <= 1e150, where, name, 'a number from -1e150 to 1e150', value);
}

/** A measure over 0 that can be divided by, and its square too. */
export function needMeasure(where: string, name: string, value: number): void {
  need(value >= 1e-150 && value <= 1e150, where, name, 'a number from 1e-150 to 1e150', value);
}

/** Degrees of freedom and shapes: beyond these limits neighbouring numbers can no longer be told apart by a tail. */
export function needShape(where: string, name: string, value: number): void {
  need(value >= 1e-8 && value <= 1e15, where, name, 'a number from 1e-8 to 1e15', value);
}
