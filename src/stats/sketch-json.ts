import { TurnoutError } from '../core/errors.js';
import { isObject } from '../core/json.js';
import { show } from '../core/options.js';

/** How far a quantile of a sketch can be from the exact one, as a fraction of it. */
export const sketchRelativeError = 0.01;

export const logGamma = Math.log1p(sketchRelativeError) - Math.log1p(-sketchRelativeError);
export const perLog = 1 / logGamma;
export const leastMagnitude = 1e-9;
const greatestMagnitude = 1e12;
export const lowestBucket = Math.ceil(Math.log(leastMagnitude) * perLog);
export const highestBucket = Math.ceil(Math.log(greatestMagnitude) * perLog);

/**
 * A bucket `i` holds the magnitudes in (γ^(i-1), γ^i], γ = (1 + error) / (1 - error), and how many of them there were.
 */
export type SketchBucket = readonly [bucket: number, count: number];

/**
 * A sketch as it is stored and sent: buckets in ascending order, none empty, so that equal sketches are equal texts.
 */
export type SketchJson = {
  readonly zero: number;
  readonly positive: readonly SketchBucket[];
  readonly negative: readonly SketchBucket[];
};

/** The bucket of a magnitude of at least 1e-9; those over 1e12 count as 1e12. */
export function bucketOf(magnitude: number): number {
  return Math.ceil(Math.log(Math.min(magnitude, greatestMagnitude)) * perLog);
}

/** The value that stands for all of a bucket: within the relative error of each. */
export function middleOf(bucket: number): number {
  return Math.exp(bucket * logGamma) * (1 - sketchRelativeError);
}

/** The sketch of nothing. */
export const emptySketch: SketchJson = { zero: 0, positive: [], negative: [] };

/** How many values a stored sketch holds. */
export function countOf(json: SketchJson): number {
  const sum = (list: readonly SketchBucket[]) => list.reduce((total, [, count]) => total + count, 0);
  return json.zero + sum(json.positive) + sum(json.negative);
}

/** The sketch of all that `a` and `b` hold, for stored sketches that were parsed before. */
export function mergeSketches(a: SketchJson, b: SketchJson): SketchJson {
  return {
    zero: a.zero + b.zero,
    positive: mergeBuckets(a.positive, b.positive),
    negative: mergeBuckets(a.negative, b.negative),
  };
}

function mergeBuckets(a: readonly SketchBucket[], b: readonly SketchBucket[]): readonly SketchBucket[] {
  const merged: SketchBucket[] = [];
  let j = 0;
  for (const [bucket, count] of a) {
    while ((b[j]?.[0] ?? Infinity) < bucket) merged.push(b[j++] as SketchBucket);
    if (b[j]?.[0] === bucket) merged.push([bucket, count + (b[j++] as SketchBucket)[1]]);
    else merged.push([bucket, count]);
  }
  return [...merged, ...b.slice(j)];
}

function unreadable(where: string, expected: string, came: unknown): never {
  throw new TurnoutError(
    'state-unreadable',
    `${where}: expected ${expected} (was ${show(came)}). The sketch is damaged.`,
  );
}

/** Parses what a store or another replica sent. */
export function parseSketch(json: unknown): SketchJson {
  if (!isObject(json)) return unreadable('sketch', 'an object with zero, positive and negative', json);
  const { zero, positive, negative } = json;
  if (!(Number.isSafeInteger(zero) && (zero as number) >= 0))
    unreadable('sketch.zero', 'a whole number, 0 or more', zero);
  const parsed: SketchJson = {
    zero: zero as number,
    positive: parseBuckets('sketch.positive', positive),
    negative: parseBuckets('sketch.negative', negative),
  };
  if (!Number.isSafeInteger(countOf(parsed))) unreadable('sketch', 'a total count below 2^53', countOf(parsed));
  return parsed;
}

function parseBuckets(where: string, list: unknown): readonly SketchBucket[] {
  if (!Array.isArray(list)) return unreadable(where, 'a list of [bucket, count]', list);
  let previous = lowestBucket - 1;
  // Not `map`, which would step over the holes of a sparse list.
  return Array.from(list, (pair: unknown, index): SketchBucket => {
    const at = `${where}[${index}]`;
    if (!Array.isArray(pair) || pair.length !== 2) return unreadable(at, 'a pair [bucket, count]', pair);
    const [bucket, count]: unknown[] = pair;
    if (!(Number.isSafeInteger(bucket) && (bucket as number) > previous && (bucket as number) <= highestBucket)) {
      unreadable(`${at}[0]`, `a whole number from ${previous + 1} to ${highestBucket}`, bucket);
    }
    if (!(Number.isSafeInteger(count) && (count as number) > 0)) unreadable(`${at}[1]`, 'a whole number over 0', count);
    previous = bucket as number;
    return [bucket as number, count as number];
  });
}
