import { emptySketch, QuantileSketch } from '../stats/sketch.js';
import { emptySums } from './cell.js';
import type { Metric } from './metric.js';
import type { Cell, MetricSums } from './stratum.js';
import type { UnitBitmap } from './unit-bitmap.js';

/** The running sums of one metric in one cell. */
class SumsCounter {
  n = 0;
  sum = 0;
  sumSq = 0;
  late = 0;
  #sketch: QuantileSketch | undefined;

  add(value: number, cap: number | undefined): void {
    const counted = cap === undefined ? value : Math.min(value, cap);
    this.n += 1;
    this.sum += counted;
    this.sumSq += counted * counted;
    if (cap !== undefined) (this.#sketch ??= new QuantileSketch()).add(counted);
  }

  toJSON(per: 'exposure' | 'report'): MetricSums {
    const { n, sum, sumSq, late } = this;
    return {
      n,
      sum,
      sumSq,
      late,
      ...(per === 'exposure' ? { per } : {}),
      ...(this.#sketch ? { sketch: this.#sketch.toJSON() } : {}),
    };
  }
}

/**
 * What is being counted of one arm in one stratum. Requests only raise its numbers; sketches and metrics are made when first
 * used, so that an arm which is never measured costs next to nothing.
 */
export class CellCounter {
  exposed = 0;
  units = 0;
  pinned = 0;
  outcomes = 0;
  errors = 0;
  fellBack = 0;
  compared = 0;
  mismatches = 0;
  /** The units that its node has seen, in whichever arm. */
  readonly seen: UnitBitmap;
  #latency: QuantileSketch | undefined;
  #firstItem: QuantileSketch | undefined;
  /** By name, with the declaration that the numbers were counted under. */
  readonly #metrics = new Map<string, { readonly metric: Metric<unknown>; sums: SumsCounter | undefined }>();

  constructor(seen: UnitBitmap) {
    this.seen = seen;
  }

  addLatency(latencyMs: number): void {
    (this.#latency ??= new QuantileSketch()).add(latencyMs);
  }

  addFirstItem(firstItemMs: number): void {
    (this.#firstItem ??= new QuantileSketch()).add(firstItemMs);
  }

  addReport(name: string, metric: Metric<unknown>, value: number): void {
    this.#sumsOf(name, metric).add(value, metric.cap);
  }

  addLate(name: string, metric: Metric<unknown>): void {
    this.#sumsOf(name, metric).late += 1;
  }

  /**
   * What was counted since the last take, or `undefined` if it was nothing; then it counts from 0 again. Metrics per exposure
   * are there even without reports, because exposures without a report are the zeros of their mean.
   */
  take(perExposure: readonly string[]): Cell | undefined {
    const { exposed, units, pinned, outcomes, errors, fellBack, compared, mismatches } = this;
    const metrics: [string, MetricSums][] = exposed > 0 ? perExposure.map((name) => [name, zeros]) : [];
    for (const [name, { metric, sums }] of this.#metrics) if (sums) metrics.push([name, sums.toJSON(metric.per)]);
    const nothing =
      exposed + pinned + outcomes + compared === 0 && metrics.length === 0 && !this.#latency && !this.#firstItem;
    if (nothing) return undefined;
    const latency = this.#latency?.toJSON() ?? emptySketch;
    const firstItem = this.#firstItem?.toJSON() ?? emptySketch;
    this.#clear();
    return {
      exposed,
      units,
      pinned,
      outcomes,
      errors,
      fellBack,
      compared,
      mismatches,
      latency,
      firstItem,
      metrics: Object.fromEntries(metrics),
    };
  }

  #sumsOf(name: string, metric: Metric<unknown>): SumsCounter {
    let entry = this.#metrics.get(name);
    if (entry === undefined) this.#metrics.set(name, (entry = { metric, sums: undefined }));
    return (entry.sums ??= new SumsCounter());
  }

  #clear(): void {
    this.exposed = this.units = this.pinned = this.outcomes = this.errors = 0;
    this.fellBack = this.compared = this.mismatches = 0;
    this.#latency = this.#firstItem = undefined;
    for (const entry of this.#metrics.values()) entry.sums = undefined;
  }
}

const zeros: MetricSums = Object.freeze({ ...emptySums, per: 'exposure' });
