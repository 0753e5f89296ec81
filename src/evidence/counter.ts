import { recordOf } from '../core/json.js';
import { UnitEventBitmap } from '../stats/clusters/unit-events.js';
import { clusterOfMark, eventBitOfMark } from '../stats/clusters/unit-hash.js';
import { emptySketch, QuantileSketch } from '../stats/sketch.js';
import { emptySums } from './cell.js';
import { ClusterCounter } from './cluster-counter.js';
import type { KnownUnits } from './known-units.js';
import type { Metric } from './metric.js';
import type { Cell, MetricSums } from './stratum.js';

/** One value of a report, and what belongs to it. */
export interface CountedValue {
  readonly value: number;
  /** Of a ratio. */
  readonly denominator?: number | undefined;
  /** The unit's covariate, as it was when it was exposed. */
  readonly covariate?: number | undefined;
}

/** The running sums of one metric in one cell. */
class SumsCounter {
  n = 0;
  sum = 0;
  sumSq = 0;
  late = 0;
  #sketch: QuantileSketch | undefined;
  #paired: { sum: number; sumSq: number; product: number } | undefined;

  add(value: number, cap: number | undefined): void {
    this.n += 1;
    this.sum += value;
    this.sumSq += value * value;
    if (cap !== undefined) (this.#sketch ??= new QuantileSketch()).add(value);
  }

  /** What belongs to a value counts once, and where it is per exposure before there is a value. */
  pair(x: number): void {
    const paired = (this.#paired ??= { sum: 0, sumSq: 0, product: 0 });
    paired.sum += x;
    paired.sumSq += x * x;
  }

  multiply(x: number, y: number): void {
    (this.#paired ??= { sum: 0, sumSq: 0, product: 0 }).product += x * y;
  }

  toJSON({ per, type }: Metric<unknown>): MetricSums {
    const { n, sum, sumSq, late } = this;
    return {
      n,
      sum,
      sumSq,
      late,
      ...(per === 'exposure' ? { per } : {}),
      ...(this.#sketch ? { sketch: this.#sketch.toJSON() } : {}),
      ...(type === 'ratio' ? { ratio: true } : {}),
      ...(this.#paired ? { paired: this.#paired } : {}),
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
  sampled = 0;
  returned = 0;
  /** The units that its node has seen, in whichever arm. */
  readonly seen: KnownUnits;
  #clusters: ClusterCounter | undefined;
  /** By metric, the units whose first event was counted here. */
  #events = new Map<string, UnitEventBitmap>();
  #latency: QuantileSketch | undefined;
  #firstItem: QuantileSketch | undefined;
  /** By name, with the declaration that the numbers were counted under. */
  readonly #metrics = new Map<string, { readonly metric: Metric<unknown>; sums: SumsCounter | undefined }>();

  constructor(seen: KnownUnits) {
    this.seen = seen;
  }

  /** Counts an exposure. The mark says where its unit is counted; -1 is nowhere. */
  addExposure(mark: number): void {
    this.exposed += 1;
    if (mark >= 0) this.#clustered().expose(clusterOfMark(mark));
  }

  /** Counts that a call settled. */
  addOutcome(mark: number): void {
    this.outcomes += 1;
    if (mark >= 0) this.#clustered().settle(clusterOfMark(mark));
  }

  addError(mark: number): void {
    this.errors += 1;
    if (!(mark >= 0)) return;
    this.#clustered().fail(clusterOfMark(mark));
    this.#addEvent('error', mark);
  }

  addLatency(latencyMs: number, mark: number): void {
    (this.#latency ??= new QuantileSketch()).add(latencyMs);
    if (mark >= 0) this.#clustered().took(clusterOfMark(mark), latencyMs);
  }

  /** Counts the covariate of a metric per exposure, whatever will be reported. */
  addCovariate(name: string, metric: Metric<unknown>, x: number, mark: number): void {
    this.#sumsOf(name, metric).pair(x);
    if (mark >= 0) this.#clustered().covariate(clusterOfMark(mark), name, x);
  }

  addFirstItem(firstItemMs: number): void {
    (this.#firstItem ??= new QuantileSketch()).add(firstItemMs);
  }

  addReport(
    name: string,
    metric: Metric<unknown>,
    { value, denominator, covariate }: CountedValue,
    mark: number,
  ): void {
    const { cap, per, type } = metric;
    const counted = cap === undefined ? value : Math.min(value, cap);
    const sums = this.#sumsOf(name, metric);
    sums.add(counted, cap);
    const x = denominator ?? covariate;
    if (x !== undefined) sums.multiply(x, counted);
    if (x !== undefined && per === 'report') sums.pair(x);
    if (!(mark >= 0)) return;
    const [clusters, cluster] = [this.#clustered(), clusterOfMark(mark)];
    clusters.report(cluster, name, counted);
    if (per === 'report') clusters.count(cluster, name, denominator ?? 1);
    if (covariate !== undefined && per === 'report') clusters.covariate(cluster, name, covariate);
    if (type === 'binary' && value === 1) this.#addEvent(name, mark);
  }

  addLate(name: string, metric: Metric<unknown>): void {
    this.#sumsOf(name, metric).late += 1;
  }

  /**
   * What was counted since the last take, or `undefined` if it was nothing; then it counts from 0 again. Metrics per exposure
   * are there even without reports, because exposures without a report are the zeros of their mean.
   */
  take(perExposure: readonly string[]): Cell | undefined {
    const { exposed, units, pinned, outcomes, errors, fellBack, compared, mismatches, sampled, returned } = this;
    const metrics: [string, MetricSums][] = exposed > 0 ? perExposure.map((name) => [name, zeros]) : [];
    for (const [name, { metric, sums }] of this.#metrics) if (sums) metrics.push([name, sums.toJSON(metric)]);
    const nothing =
      exposed + pinned + outcomes + errors + compared === 0 &&
      metrics.length === 0 &&
      !this.#latency &&
      !this.#firstItem;
    if (nothing) return undefined;
    const latency = this.#latency?.toJSON() ?? emptySketch;
    const firstItem = this.#firstItem?.toJSON() ?? emptySketch;
    const unitParts = this.#unitParts();
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
      ...unitParts,
      ...(sampled > 0 && { sampled }),
      ...(returned > 0 && { returned }),
    };
  }

  /** Nothing while no unit was placed here: then each request was a draw of its own, and clusters would say no more. */
  #unitParts(): Partial<Cell> {
    if (this.#clusters === undefined || !this.seen.placed) return {};
    const events = [...this.#events].map(([name, bits]) => [name, bits.toJSON()] as const);
    return { clusters: this.#clusters.toJSON(), ...(events.length > 0 && { unitEvents: recordOf(events) }) };
  }

  #clustered(): ClusterCounter {
    return (this.#clusters ??= new ClusterCounter());
  }

  #addEvent(name: string, mark: number): void {
    const bit = eventBitOfMark(mark);
    if (!this.seen.isFirstEvent(name, bit)) return;
    let bits = this.#events.get(name);
    if (bits === undefined) this.#events.set(name, (bits = new UnitEventBitmap()));
    bits.set(bit);
  }

  #sumsOf(name: string, metric: Metric<unknown>): SumsCounter {
    let entry = this.#metrics.get(name);
    if (entry === undefined) this.#metrics.set(name, (entry = { metric, sums: undefined }));
    return (entry.sums ??= new SumsCounter());
  }

  #clear(): void {
    this.exposed = this.units = this.pinned = this.outcomes = this.errors = 0;
    this.fellBack = this.compared = this.mismatches = this.sampled = this.returned = 0;
    this.#latency = this.#firstItem = this.#clusters = undefined;
    this.#events = new Map();
    for (const entry of this.#metrics.values()) entry.sums = undefined;
  }
}

const zeros: MetricSums = Object.freeze({ ...emptySums, per: 'exposure' });
