import { TurnoutError } from '../core/errors.js';
import { isObject } from '../core/json.js';
import { show } from '../core/options.js';

/** The longest text that evidence may name something with. */
export const textMax = 4096;
/** The last moment that a Date can hold, ms since 1970. */
export const latestTime = 8.64e15;

/** Stored evidence is never repaired by guessing: the whole of it is refused, with the place that is wrong. */
export function unreadable(where: string, expected: string, came: unknown): never {
  throw new TurnoutError(
    'state-unreadable',
    `${where}: expected ${expected} (was ${show(came)}). The evidence is damaged, or of another version.`,
  );
}

export function parseObject(where: string, json: unknown): Readonly<Record<string, unknown>> {
  return isObject(json) ? json : unreadable(where, 'an object', json);
}

export function parseCount(where: string, json: unknown): number {
  return Number.isSafeInteger(json) && (json as number) >= 0
    ? (json as number)
    : unreadable(where, 'a whole number, 0 or more', json);
}

export function parseNumber(where: string, json: unknown, least: number, greatest: number): number {
  return typeof json === 'number' && json >= least && json <= greatest
    ? json
    : unreadable(where, `a number from ${least} to ${greatest}`, json);
}

export function parseText(where: string, json: unknown): string {
  return typeof json === 'string' && json !== '' && json.length <= textMax
    ? json
    : unreadable(where, `a text of 1 to ${textMax} characters`, json);
}

export function parseList<T>(
  where: string,
  json: unknown,
  max: number,
  item: (where: string, json: unknown) => T,
): T[] {
  if (!(Array.isArray(json) && json.length <= max)) return unreadable(where, `a list of at most ${max}`, json);
  // Not `map`, which would step over the holes of a sparse list.
  return Array.from(json, (element: unknown, index) => item(`${where}[${index}]`, element));
}

/** A record with names for keys. Keys such as `__proto__` are names like any other. */
export function parseRecord<T>(
  where: string,
  json: unknown,
  max: number,
  item: (where: string, json: unknown) => T,
): Readonly<Record<string, T>> {
  const keys = Object.keys(parseObject(where, json));
  if (!(keys.length <= max)) unreadable(where, `at most ${max} keys`, json);
  const record = json as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    keys.map((key) => [parseText(`${where}, a key`, key), item(`${where}.${key}`, record[key])] as const),
  );
}
