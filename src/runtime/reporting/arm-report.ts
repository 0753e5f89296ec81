import { isMature, measureOf, sumsOf } from '../../analysis/measure.js';
import { own } from '../../core/json.js';
import { addCells, emptyCell } from '../../evidence/cell.js';
import type { Metrics } from '../../evidence/metric.js';
import type { Cell, Stratum } from '../../evidence/stratum.js';
import { standardQuantile } from '../../stats/distributions/normal.js';
import { QuantileSketch, type SketchJson } from '../../stats/sketch.js';
import { wilson } from '../../stats/tests/proportion-interval.js';

/** A mean with what it is a mean of. `null` where there is nothing to estimate. */
export type Estimate = {
  readonly n: number;
  readonly value: number | null;
  /** 95 %, for one look: for reading. What holds at all looks together is in the comparisons and verdicts. */
  readonly interval: readonly [number, number] | null;
};

/** Latencies in milliseconds, `null` without any. */
export type LatencyReport = {
  readonly n: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
};

/** What was counted of one arm. Sums over a ramp: for reading, never for comparing. */
export type ArmReport = {
  readonly arm: string;
  /** The share that is in force; `null` for an arm of an earlier plan. */
  readonly share: number | null;
  readonly exposed: number;
  readonly units: number;
  readonly pinned: number;
  readonly outcomes: number;
  readonly errors: Estimate;
  /** Outcomes of this arm that another model answered. */
  readonly fellBack: number;
  readonly latencyMs: LatencyReport;
  /** Until a stream's first item. */
  readonly firstItemMs: LatencyReport;
  /** For a shadow: pairs that were compared, and how many of them differed. */
  readonly mismatches: Estimate;
  readonly metrics: Readonly<Record<string, Estimate & { readonly late: number }>>;
};

const level = 0.95;

/** The report of an arm over strata of one node. */
export function armReport(
  arm: string,
  share: number | null,
  strata: readonly Stratum[],
  metrics: Metrics,
  now: number,
): ArmReport {
  const cell = cellOf(strata, arm);
  return {
    arm,
    share,
    exposed: cell.exposed,
    units: cell.units,
    pinned: cell.pinned,
    outcomes: cell.outcomes,
    errors: rate(cell.errors, cell.outcomes),
    fellBack: cell.fellBack,
    latencyMs: latencies(cell.latency),
    firstItemMs: latencies(cell.firstItem),
    mismatches: rate(cell.mismatches, cell.compared),
    metrics: Object.fromEntries(
      Object.keys(metrics).map((name) => [name, metricReport(name, metrics, strata, arm, now)]),
    ),
  };
}

function metricReport(name: string, metrics: Metrics, strata: readonly Stratum[], arm: string, now: number) {
  const late = own(cellOf(strata, arm).metrics, name)?.late ?? 0;
  const measure = measureOf(metrics, name);
  if (measure === undefined) return { ...rate(0, 0), late };
  const mature = strata.filter((stratum) => isMature(stratum, measure, now));
  const { n, sum, sumSq } = sumsOf(measure, cellOf(mature, arm));
  return { ...(measure.type === 'binary' ? rate(sum, n) : mean(n, sum, sumSq)), late };
}

function cellOf(strata: readonly Stratum[], arm: string): Cell {
  return strata.reduce((sum, { cells }) => addCells(sum, own(cells, arm) ?? emptyCell), emptyCell);
}

function rate(events: number, n: number): Estimate {
  if (!(n > 0)) return { n: 0, value: null, interval: null };
  const { lower, upper } = wilson(events, n, level);
  return { n, value: events / n, interval: [lower, upper] };
}

function mean(n: number, sum: number, sumSq: number): Estimate {
  if (!(n > 0)) return { n: 0, value: null, interval: null };
  const value = sum / n;
  if (!(n > 1)) return { n, value, interval: null };
  const variance = Math.max(0, (sumSq - sum * value) / (n - 1));
  const reach = -standardQuantile((1 - level) / 2) * Math.sqrt(variance / n);
  return { n, value, interval: [value - reach, value + reach] };
}

function latencies(json: SketchJson): LatencyReport {
  const sketch = QuantileSketch.from(json);
  const at = (quantile: number) => sketch.quantile(quantile) ?? null;
  return { n: sketch.count, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
