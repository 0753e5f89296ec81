import type { Metrics } from '../evidence/metric.js';
import type { Route } from '../plan/plan.js';
import { QuantileSketch } from '../stats/sketch.js';
import { DistinctUnits } from './distinct.js';
import { Harm, type HarmMeter } from './harm.js';
import type { Drawn, Ending } from './outcome.js';
import type { ArmCounts, ArmResult, ModelResult } from './result.js';

/** What came of the requests of one arm, or of one model. */
class Tally {
  exposed = 0;
  errors = 0;
  failed = 0;
  fellBack = 0;
  latencySum = 0;
  readonly units = new DistinctUnits();
  readonly latency = new QuantileSketch();
  readonly metrics: Record<string, { n: number; sum: number }> = {};
  readonly models = new Set<string>();
  harm: Harm | undefined;

  addReport(name: string, value: number): void {
    const sums = (this.metrics[name] ??= { n: 0, sum: 0 });
    sums.n += 1;
    sums.sum += value;
  }

  get counts(): ArmCounts {
    const { exposed, errors } = this;
    return {
      exposed,
      errors,
      metrics: Object.fromEntries(Object.entries(this.metrics).map(([k, v]) => [k, { ...v }])),
    };
  }

  toResult(): ModelResult {
    const { exposed, errors, failed, fellBack, latencySum, latency, units, harm } = this;
    const of = (quantile: number) => latency.quantile(quantile) ?? 0;
    return {
      exposed,
      units: units.count,
      errors,
      failed,
      fellBack,
      latencyMs: { mean: exposed > 0 ? latencySum / exposed : 0, p50: of(0.5), p95: of(0.95), p99: of(0.99) },
      metrics: this.counts.metrics,
      ...(harm !== undefined && {
        harm: { excessErrors: harm.errors, extraLatencyMs: harm.latencyMs, lost: { ...harm.metrics } },
      }),
    };
  }
}

/** All that one request is counted in. */
export type Tallies = readonly Tally[];

const armsMax = 4096;

/** Counts what came of requests by node and arm, and by model. */
export class TallyBook {
  readonly #meter: HarmMeter;
  readonly #metrics: Metrics;
  readonly #arms = new Map<string, Tally>();
  readonly #places = new Map<string, { readonly node: string; readonly arm: string }>();
  readonly #models = new Map<string, Tally>();
  /** Routes are shared by all requests that take them, and replaced with each plan. */
  #routes = new Map<Route<string>, Tallies>();

  constructor(meter: HarmMeter, metrics: Metrics) {
    this.#meter = meter;
    this.#metrics = metrics;
  }

  of(route: Route<string>): Tallies {
    const known = this.#routes.get(route);
    if (known !== undefined) return known;
    if (this.#routes.size >= armsMax) this.#routes = new Map();
    const tallies = [this.#model(route.model), ...route.exposures.map(({ node, arm }) => this.#arm(node, arm))];
    for (const tally of tallies) tally.models.add(route.model);
    this.#routes.set(route, tallies);
    return tallies;
  }

  add(route: Route<string>, atMs: number, unitId: number, drawn: Drawn, ending: Ending): Tallies {
    const tallies = this.of(route);
    const canHarm = this.#meter.knows(route.model);
    for (const tally of tallies) {
      tally.exposed += 1;
      if (unitId >= 0) tally.units.add(unitId);
      if (drawn.error) tally.errors += 1;
      if (ending.answer === undefined) tally.failed += 1;
      else if (ending.answer !== drawn) tally.fellBack += 1;
      tally.latencySum += drawn.latencyMs;
      tally.latency.add(drawn.latencyMs);
      if (canHarm) this.#meter.add((tally.harm ??= new Harm()), route, atMs, drawn, ending);
    }
    return tallies;
  }

  /** Counts a value that was reported, as its metric counts it. */
  report(tallies: Tallies, name: string, value: unknown): void {
    const { cap = Infinity } = this.#metrics[name] ?? {};
    for (const tally of tallies) tally.addReport(name, Math.min(Number(value), cap));
  }

  /** The counts of a node's arms so far. */
  countsOf(node: string): Readonly<Record<string, ArmCounts>> {
    const entries = Array.from(this.#arms).flatMap(([key, tally]) => {
      const place = this.#places.get(key);
      return place?.node === node ? [[place.arm, tally.counts] as const] : [];
    });
    return Object.fromEntries(entries);
  }

  get arms(): readonly ArmResult[] {
    return Array.from(this.#arms, ([key, tally]): ArmResult => {
      const { node, arm } = this.#places.get(key) as { node: string; arm: string };
      return { node, arm, models: [...tally.models], ...tally.toResult() };
    });
  }

  get models(): Readonly<Record<string, ModelResult>> {
    return Object.fromEntries(Array.from(this.#models, ([name, tally]) => [name, tally.toResult()]));
  }

  #model(name: string): Tally {
    let tally = this.#models.get(name);
    if (tally === undefined) this.#models.set(name, (tally = new Tally()));
    return tally;
  }

  #arm(node: string, arm: string): Tally {
    const key = `${node}\n${arm}`;
    let tally = this.#arms.get(key);
    if (tally === undefined) {
      this.#arms.set(key, (tally = new Tally()));
      this.#places.set(key, { node, arm });
    }
    return tally;
  }
}
