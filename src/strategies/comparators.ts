import { TurnoutError } from '../core/errors.js';
import { canonicalJson, isObject, type Json } from '../core/json.js';
import {
  all,
  callable,
  fraction,
  must,
  object,
  openFraction,
  optional,
  positiveCount,
  show,
  verify,
} from '../core/options.js';
import type { ComparedPair } from '../plan/comparison.js';

/** True when the two outputs of a pair agree. One that throws is counted as an error, neither as a match nor as a difference. */
export type Comparator = (pair: ComparedPair) => boolean;

/** What of an output is compared, such as `(output) => output.labels`. Default: all of it. */
export interface Compared {
  readonly by?: (output: never) => unknown;
}

const depthMax = 200;
const valuesMax = 100_000;
const listMax = 10_000;

/**
 * Deep equality of JSON-like values. Lists are compared in order, typed arrays like lists; keys in any order, one that is undefined
 * like one that is missing; 0 equals -0, NaN equals NaN, dates by their time. Throws on more than 200 levels (a cycle, for one)
 * or 100 000 values. Other objects without keys of their own (a Map, a Promise) equal only themselves.
 */
export function exact(options: Compared = {}): Comparator {
  verify('exact', 'options', options, object({ by: optional(callable) }));
  return comparing(options, (primary, shadow) => sameShape(primary, shadow, (a, b) => a === b));
}

/**
 * `exact`, but numbers anywhere in the values may differ by `absolute`, or by `relative` of the larger magnitude, whichever allows
 * more. At least one of the two must be given; neither makes an infinity or NaN near anything but itself.
 */
export function withinTolerance(
  options: Compared & { readonly absolute?: number; readonly relative?: number },
): Comparator {
  const limit = must(
    'a number over 0',
    (value) => value === undefined || (Number.isFinite(value) && Number(value) > 0),
  );
  const given = must(
    'an object with absolute, relative or both',
    (value) => isObject(value) && (value['absolute'] !== undefined || value['relative'] !== undefined),
  );
  verify(
    'withinTolerance',
    'options',
    options,
    all(object({ absolute: limit, relative: limit, by: optional(callable) }), given),
  );
  const { absolute = 0, relative = 0 } = options;
  return comparing(options, (primary, shadow) =>
    sameShape(primary, shadow, (a, b) => {
      if (a === b) return true;
      const allowed = Math.max(absolute, relative * Math.max(Math.abs(a), Math.abs(b)));
      // Infinity is within a fraction of itself of everything: only finite distances count.
      return Number.isFinite(a - b) && Math.abs(a - b) <= allowed;
    }),
  );
}

/**
 * Whether two lists (or Sets) have at least this Jaccard index, |A ∩ B| / |A ∪ B|, as sets: order and repeats do not count. Two
 * empty ones have 1. Throws on what is not a list of at most 10 000 items.
 */
export function setOverlap(options: Compared & { readonly atLeast: number }): Comparator {
  verify('setOverlap', 'options', options, object({ atLeast: fraction, by: optional(callable) }));
  return comparing(options, (primary, shadow) => {
    const [a, b] = [new Set(keysOf(primary)), new Set(keysOf(shadow))];
    let shared = 0;
    for (const key of a) if (b.has(key)) shared += 1;
    const union = a.size + b.size - shared;
    return (union === 0 ? 1 : shared / union) >= options.atLeast;
  });
}

/**
 * Whether two rankings have at least this rank-biased overlap, extrapolated from `depth` ranks (RBO_ext; Webber, Moffat and Zobel,
 * A similarity measure for indefinite rankings, ACM TOIS 2010). 1 is the same order, 0 nothing in common; `persistence`, in
 * (0, 1), says how much the deeper ranks weigh: 0.9 (default) gives the first ten 86 %. A rank that one list lacks agrees with
 * nothing; a repeated item counts at its first rank. Throws on what is not a list of at most 10 000 items.
 */
export function rankOverlap(
  options: Compared & { readonly depth: number; readonly atLeast: number; readonly persistence?: number },
): Comparator {
  verify(
    'rankOverlap',
    'options',
    options,
    object({ depth: positiveCount, atLeast: fraction, persistence: optional(openFraction), by: optional(callable) }),
  );
  const { depth, atLeast, persistence = 0.9 } = options;
  return comparing(options, (primary, shadow) => {
    const overlap = rankBiasedOverlap(keysOf(primary), keysOf(shadow), depth, persistence);
    // The weights sum to 1 but for rounding, and equal rankings must pass a limit of 1.
    return overlap >= atLeast - 1e-12;
  });
}

/** RBO_ext of two rankings: the agreement at each depth, weighted by p^(d-1) (1-p); what lies deeper agrees as the last rank does. */
function rankBiasedOverlap(first: readonly string[], second: readonly string[], depth: number, p: number): number {
  const [a, b] = [[...new Set(first)], [...new Set(second)]];
  const last = Math.min(depth, Math.max(a.length, b.length));
  if (last === 0) return 1;
  const [seenA, seenB] = [new Set<string>(), new Set<string>()];
  let shared = 0;
  let overlap = 0;
  let weight = 1 - p;
  for (let rank = 0; rank < last; rank += 1) {
    const [x, y] = [a[rank], b[rank]];
    if (x !== undefined) seenA.add(x);
    if (y !== undefined) seenB.add(y);
    if (x !== undefined && seenB.has(x)) shared += 1;
    if (y !== undefined && y !== x && seenA.has(y)) shared += 1;
    overlap += weight * (shared / (rank + 1));
    weight *= p;
  }
  return overlap + (shared / last) * p ** last;
}

function comparing({ by }: Compared, agree: (primary: unknown, shadow: unknown) => boolean): Comparator {
  if (by === undefined) return ({ primary, shadow }) => agree(primary, shadow);
  // The selector is written for the output's own type, which the pair does not carry.
  const select = by as (output: unknown) => unknown;
  return ({ primary, shadow }) => agree(select(primary), select(shadow));
}

/** Items as texts that are equal when the items are; the type is in it, so that 1 is not '1'. */
function keysOf(value: unknown): readonly string[] {
  const list = value instanceof Set ? [...(value as Set<unknown>)] : listOf(value);
  if (list === undefined || list.length > listMax) {
    throw new TurnoutError(
      'domain',
      `An overlap needs lists of at most ${listMax} items (was ${show(value)}). Use \`by\`.`,
    );
  }
  return list.map((item) =>
    isObject(item) || Array.isArray(item) ? canonicalJson(item as Json) : `${typeof item} ${String(item)}`,
  );
}

function listOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return ArrayBuffer.isView(value) && !(value instanceof DataView) ? [...(value as Uint8Array)] : undefined;
}

/** Equality of structure, with numbers left to `near`; the walk is bounded, so that a cycle cannot hang it. */
function sameShape(primary: unknown, shadow: unknown, near: (a: number, b: number) => boolean): boolean {
  let left = valuesMax;
  const same = (a: unknown, b: unknown, depth: number): boolean => {
    left -= 1;
    if (left < 0 || depth > depthMax) {
      const limit = `${depthMax} levels or ${valuesMax} values`;
      throw new TurnoutError(
        'domain',
        `Outputs of more than ${limit} cannot be compared. Use \`by\` to choose a part.`,
      );
    }
    if (typeof a === 'number' && typeof b === 'number') return near(a, b) || (Number.isNaN(a) && Number.isNaN(b));
    if (a === b) return true;
    if (a instanceof Date && b instanceof Date) return same(a.getTime(), b.getTime(), depth + 1);
    const [listA, listB] = [listOf(a), listOf(b)];
    if (listA !== undefined && listB !== undefined) {
      return listA.length === listB.length && listA.every((item, index) => same(item, listB[index], depth + 1));
    }
    if (listA !== undefined || listB !== undefined || !isObject(a) || !isObject(b)) return false;
    return sameKeys(a, b, (x, y) => same(x, y, depth + 1));
  };
  return same(primary, shadow, 0);
}

function sameKeys(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
  same: (a: unknown, b: unknown) => boolean,
): boolean {
  const keysA = Object.keys(a).filter((key) => a[key] !== undefined);
  const keysB = Object.keys(b).filter((key) => b[key] !== undefined);
  // What keeps its content elsewhere than in keys would equal every other of its kind.
  if (keysA.length === 0 && keysB.length === 0) return isPlain(a) && isPlain(b);
  return keysA.length === keysB.length && keysA.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
