import { TurnoutError } from '../core/errors.js';
import { show } from '../core/options.js';
import {
  bucketOf,
  countOf,
  highestBucket,
  leastMagnitude,
  logGamma,
  lowestBucket,
  middleOf,
  parseSketch,
  perLog,
  type SketchBucket,
  type SketchJson,
} from './sketch-json.js';

export {
  countOf,
  emptySketch,
  mergeSketches,
  type SketchBucket,
  type SketchJson,
  sketchRelativeError,
} from './sketch-json.js';

/**
 * Counts by bucket: a window of an array that grows as buckets are first met, so that later counts allocate nothing.
 */
class Buckets {
  first = 0;
  counts = new Float64Array(0);

  add(bucket: number, count: number): void {
    if (!(bucket >= this.first && bucket < this.first + this.counts.length)) this.#reach(bucket);
    const at = bucket - this.first;
    this.counts[at] = (this.counts[at] as number) + count;
  }

  *[Symbol.iterator](): Generator<SketchBucket> {
    for (const [at, count] of this.counts.entries()) if (count > 0) yield [this.first + at, count];
  }

  #reach(bucket: number): void {
    const margin = 64;
    const empty = this.counts.length === 0;
    const first = Math.max(lowestBucket, Math.min(empty ? bucket : this.first, bucket - margin));
    const last = Math.min(
      highestBucket,
      Math.max(empty ? bucket : this.first + this.counts.length - 1, bucket + margin),
    );
    const grown = new Float64Array(last - first + 1);
    grown.set(this.counts, empty ? 0 : this.first - first);
    this.first = first;
    this.counts = grown;
  }
}

/**
 * The greatest value that falls into the same bucket as `value` after moving it up by `steps` buckets; `value` over 0.
 */
export function sketchBoundary(value: number, steps = 0): number {
  if (!(value >= leastMagnitude)) {
    throw new TurnoutError('domain', `sketchBoundary: value must be at least ${leastMagnitude} (was ${show(value)}).`);
  }
  // A hair below the edge, so that rounding cannot put the boundary into the next bucket.
  return Math.exp((bucketOf(value) + steps) * logGamma) * (1 - 1e-12);
}

/** How many whole buckets make a value greater by at least the fraction `margin`; none for 0. */
export function sketchSteps(margin: number): number {
  return Math.max(0, Math.ceil(Math.log1p(margin) * perLog - 1e-9));
}

/**
 * The distribution of any number of values in constant memory, with quantiles within 1 % of the exact ones.
 *
 * Magnitudes from 1e-9 to 1e12 keep that error; smaller ones count as 0, greater ones (infinities too) as 1e12. At most
 * 4838 buckets exist; latencies of one service touch some 300. Merging is exact: any order, the same sketch. The method
 * is DDSketch (Masson, Rim and Lee, VLDB 2019) without its collapsing of buckets, which the fixed range makes needless.
 */
export class QuantileSketch {
  #total = 0;
  #zero = 0;
  #ignored = 0;
  readonly #positive = new Buckets();
  readonly #negative = new Buckets();

  /**
   * Parses what a store or another replica sent; throws `state-unreadable` on anything that `toJSON` could not have
   * written.
   */
  static from(json: SketchJson): QuantileSketch {
    return new QuantileSketch().merge(json);
  }

  /** How many values were added. */
  get count(): number {
    return this.#total;
  }

  /**
   * How many values were left out since this object was made: NaN, or with a count that is not a whole number over 0.
   */
  get ignored(): number {
    return this.#ignored;
  }

  /** Adds `value`, `count` times (default 1). It runs on the request path, so it never throws: see `ignored`. */
  add(value: number, count = 1): void {
    if (!(Number.isSafeInteger(count) && count > 0) || !(value <= Infinity)) {
      this.#ignored += 1;
      return;
    }
    this.#total += count;
    if (value >= leastMagnitude) this.#positive.add(bucketOf(value), count);
    else if (value <= -leastMagnitude) this.#negative.add(bucketOf(-value), count);
    else this.#zero += count;
  }

  /** Adds all that `other` holds. JSON is parsed as by `from`, and on an error nothing is added. */
  merge(other: QuantileSketch | SketchJson): this {
    const json = other instanceof QuantileSketch ? other.toJSON() : parseSketch(other);
    for (const [bucket, count] of json.positive) this.#positive.add(bucket, count);
    for (const [bucket, count] of json.negative) this.#negative.add(bucket, count);
    this.#zero += json.zero;
    this.#total += countOf(json);
    return this;
  }

  /**
   * The value at rank floor(q (count - 1)) of the sorted values, counted from 0, within 1 %; `undefined` when there are
   * none. Throws `domain` unless q is in [0, 1].
   */
  quantile(q: number): number | undefined {
    if (!(q >= 0 && q <= 1))
      throw new TurnoutError('domain', `quantile: q must be a fraction in [0, 1] (was ${show(q)}).`);
    if (this.#total === 0) return undefined;
    let left = Math.floor(q * (this.#total - 1));
    for (const [bucket, count] of [...this.#negative].reverse()) {
      if (left < count) return -middleOf(bucket);
      left -= count;
    }
    if (left < this.#zero) return 0;
    left -= this.#zero;
    for (const [bucket, count] of this.#positive) {
      if (left < count) return middleOf(bucket);
      left -= count;
    }
    // Unreachable: the ranks that are left are those of the buckets above.
    return undefined;
  }

  /**
   * How many values fell into buckets above that of `limit`. Values in its own bucket, at most 2.02 % over it, are not
   * counted, so that a limit is treated alike in every sketch. Throws `domain` when `limit` is NaN.
   */
  countAbove(limit: number): number {
    if (Number.isNaN(limit)) throw new TurnoutError('domain', 'countAbove: limit must be a number (was NaN).');
    if (limit <= -leastMagnitude) {
      const bucket = bucketOf(-limit);
      let below = 0;
      for (const [at, count] of this.#negative) if (at >= bucket) below += count;
      return this.#total - below;
    }
    // Without a bucket (0 and what counts as 0) everything positive is above.
    const bucket = limit >= leastMagnitude ? bucketOf(limit) : -Infinity;
    let above = 0;
    for (const [at, count] of this.#positive) if (at > bucket) above += count;
    return above;
  }

  toJSON(): SketchJson {
    return { zero: this.#zero, positive: [...this.#positive], negative: [...this.#negative] };
  }

  clone(): QuantileSketch {
    return new QuantileSketch().merge(this);
  }
}
