import { type Check, all, either, listOf, must } from '../core/options.js';

/**
 * A number that may change while a simulation runs: constant, or `[ms since the start, value]` in ascending order,
 * joined by straight lines, and level before the first and after the last. Two points of one time are a jump.
 */
export type Level = number | readonly (readonly [atMs: number, value: number])[];

/** The value of a level at a moment, ms since the start. */
export type LevelAt = (atMs: number) => number;

export function levelAt(level: Level): LevelAt {
  if (typeof level === 'number') return () => level;
  const [first = [0, 0] as const] = level;
  return (atMs) => {
    let [fromMs, from] = first;
    if (!(atMs >= fromMs)) return from;
    for (const [toMs, to] of level) {
      if (atMs < toMs) return from + ((to - from) * (atMs - fromMs)) / (toMs - fromMs);
      [fromMs, from] = [toMs, to];
    }
    return from;
  };
}

/** A level and something that changes it: both constant gives a constant, so that the usual case stays cheap. */
export function mapLevel(level: Level, change: (value: number) => number): Level {
  return typeof level === 'number' ? change(level) : level.map(([atMs, value]) => [atMs, change(value)] as const);
}

const time = (value: unknown) => typeof value === 'number' && value >= 0 && value < Infinity;

const isAscending = (points: readonly (readonly [number, number])[]) =>
  points.every(([atMs], index) => index === 0 || atMs >= (points[index - 1] as readonly [number, number])[0]);

/** The check of a level whose values pass `value`; `be` says what they must be. */
export function levelCheck(be: string, value: (value: unknown) => boolean): Check {
  const one = must('', value);
  const point = must('', (pair) => Array.isArray(pair) && pair.length === 2 && time(pair[0]) && value(pair[1]));
  const points = all(
    listOf(point, { min: 1, max: 1000 }),
    must('', (list) => Array.isArray(list) && isAscending(list as readonly [number, number][])),
  );
  return either(`${be}, or 1 to 1000 pairs of [ms since the start, ${be}], the earlier first`, one, points);
}

/** A chance. */
export const chance: Check = levelCheck(
  'a fraction in [0, 1]',
  (value) => typeof value === 'number' && value >= 0 && value <= 1,
);
/** A time, or a size. */
export const amount: Check = levelCheck(
  'a number, 0 or more',
  (value) => typeof value === 'number' && value >= 0 && value < Infinity,
);
/** Any number. */
export const quantity: Check = levelCheck(
  'a number',
  (value) => typeof value === 'number' && Math.abs(value) < Infinity,
);
