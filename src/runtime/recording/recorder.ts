import { type Context, unitOf } from '../../core/context.js';
import { hash32, hashBits } from '../../core/hash.js';
import { object, optional, positive, positiveCount, verify } from '../../core/options.js';
import type { CellCounter } from '../../evidence/counter.js';
import { SeenReports } from '../../evidence/dedupe.js';
import { canonical, emptyEvidence, type Evidence } from '../../evidence/evidence.js';
import { Ledger, type NodeEpoch } from '../../evidence/ledger.js';
import { longestWindowOf, type Metrics } from '../../evidence/metric.js';
import type { TokenContent, UnitMarks } from '../../evidence/token.js';
import type { Exposure, Route } from '../../plan/plan.js';
import { unitMarkOf } from '../../stats/clusters/unit-hash.js';
import { Covariates, type CovariateValues } from './covariates.js';
import { type ReportAnswer, Reports } from './reports.js';
import { Suppression } from './suppression.js';
import { markAt, withMark } from './unit-marks.js';

export type { NodeEpoch } from '../../evidence/ledger.js';
export type { ReportAnswer } from './reports.js';

export interface RecorderOptions {
  readonly metrics: Metrics;
  /** Whether a unit makes many requests (default), or `'one'`, which makes each an observation of its own. */
  readonly visits?: 'many' | 'one';
  /** The width of a time bucket: strata are cut at its multiples (default an hour). */
  readonly bucketMs?: number;
  /** The cells that may be open at once, arms × buckets × epochs (default 16 384, some 50 MB when all are full). */
  readonly maxCells?: number;
  /** The reports that are remembered, so that a repeated one counts once (default 65 536). */
  readonly dedupe?: number;
}

/** How a call ended. */
export interface SettledOutcome {
  readonly error: boolean;
  /** Until the answer was complete, or the call failed or timed out: a slow failure must not flatter the latency. */
  readonly latencyMs: number;
  readonly firstItemMs?: number | undefined;
  readonly fellBack?: boolean | undefined;
}

/** A shadow's outcome beside its primary's, for the same request. */
export interface MirroredPair {
  readonly primary: { readonly error: boolean; readonly latencyMs: number };
  readonly shadow: { readonly error: boolean; readonly latencyMs: number };
  readonly compared: boolean;
  readonly mismatch: boolean;
}

/** A seed of its own, so that the bitmap of units is independent of every assignment. */
const unitSeed = hash32('turnout/units');
/** The live side of a replica's evidence: requests raise numbers in it, a tick takes what was counted as a delta. */
export class Recorder {
  readonly #perExposure: readonly string[];
  readonly #byUnit: boolean;
  readonly #covariates: Covariates;
  readonly #bucketMs: number;
  /** How long after its end a bucket stays open. */
  readonly #openMs: number;
  readonly #ledger: Ledger;
  readonly #seen: SeenReports;
  readonly #suppression: Suppression;
  readonly #reports: Reports;
  #late = 0;
  #unknown = 0;
  #ignored = 0;
  #draws = 0;

  /** Throws ConfigError. */
  constructor(options: RecorderOptions) {
    const { metrics, bucketMs = 3_600_000, maxCells = 16_384, dedupe, visits = 'many' } = options;
    const limits = { bucketMs: positive, maxCells: positiveCount, dedupe: optional(positiveCount) };
    verify('Recorder', 'options', { bucketMs, maxCells, dedupe }, object(limits));
    this.#byUnit = visits === 'many';
    this.#covariates = new Covariates(metrics);
    this.#perExposure = Object.keys(metrics).filter((name) => metrics[name]?.per === 'exposure');
    this.#bucketMs = bucketMs;
    // One bucket more than the longest window: replicas send their deltas late, and their clocks differ.
    this.#openMs = longestWindowOf(metrics) + bucketMs;
    this.#ledger = new Ledger({ bucketMs, maxCells });
    this.#seen = new SeenReports(dedupe);
    this.#suppression = new Suppression(this.#openMs + bucketMs);
    this.#reports = new Reports(this.#ledger, metrics, this.#seen, (now) => this.#closedBefore(now));
  }

  /** Says what the plan now in force counts. Earlier epochs stay known for late outcomes: 64 of a node, 4096 in all. */
  adopt(nodes: readonly NodeEpoch[]): void {
    this.#ledger.adopt(nodes);
  }

  /** While on, requests are counted as suppressed and are no exposures; nor does what comes of them count, then or later. */
  suppress(on: boolean): void {
    this.#suppression.set(on);
  }

  /** The covariates of a request, to be counted with its exposure and with what is reported of it. */
  covariatesOf(context: Context): CovariateValues | undefined {
    return this.#covariates.of(context);
  }

  /** Counts that a request took the route; gives where its unit is counted, which its outcomes need. */
  expose(route: Route<string>, context: Context, now: number, covariates?: CovariateValues): UnitMarks {
    if (this.#suppression.suppresses(now)) return -1;
    let attribute: string | undefined;
    let hash: number | undefined;
    let mark = -1;
    let marks: UnitMarks = -1;
    for (let at = 0; at < route.exposures.length; at += 1) {
      const exposure = route.exposures[at] as Exposure;
      // Nested nodes nearly always share the unit: it is hashed once.
      if (attribute !== exposure.unit) {
        attribute = exposure.unit;
        const unit = unitOf(context, attribute);
        hash = unit === undefined ? undefined : hashBits(unit, unitSeed);
        if (this.#byUnit) mark = hash === undefined ? this.#markOfDraw() : unitMarkOf(hash);
      }
      marks = withMark(marks, at, mark);
      const cell = this.#cell(exposure, now, now);
      if (cell === undefined) continue;
      if (exposure.pinned === true) {
        cell.pinned += 1;
        continue;
      }
      cell.addExposure(mark);
      if (covariates !== undefined) this.#covariates.count(cell, covariates, mark);
      if (hash !== undefined) countUnit(cell, hash);
    }
    return marks;
  }

  /** Counts how a call ended, in the stratum of its exposure and where its unit is counted. */
  settle(
    exposures: readonly Exposure[],
    exposedAt: number,
    now: number,
    outcome: SettledOutcome,
    marks: UnitMarks = -1,
  ): void {
    if (this.#suppression.covers(exposedAt)) return;
    for (let at = 0; at < exposures.length; at += 1) {
      const exposure = exposures[at] as Exposure;
      if (exposure.pinned === true) continue;
      const cell = this.#cell(exposure, exposedAt, now);
      if (cell === undefined) continue;
      this.#addOutcome(cell, outcome.error, outcome.latencyMs, markAt(marks, at));
      if (outcome.fellBack === true) cell.fellBack += 1;
      const { firstItemMs } = outcome;
      if (firstItemMs === undefined) continue;
      if (firstItemMs >= 0) cell.addFirstItem(firstItemMs);
      else this.#ignored += 1;
    }
  }

  /** Counts a shadow's outcome and its primary's for the same request, in the mirror's own stratum. */
  mirrored(mirror: Pick<Exposure, 'node' | 'arm' | 'epoch'>, primaryArm: string, at: number, pair: MirroredPair): void {
    if (this.#suppression.covers(at)) return;
    const { node, arm, epoch } = mirror;
    const shadow = this.#cell({ node, epoch, arm }, at, at);
    const primary = this.#cell({ node, epoch, arm: primaryArm }, at, at);
    // Pairs only: half of one would compare the shadow with requests that it never saw.
    if (shadow === undefined || primary === undefined) return;
    this.#addOutcome(shadow, pair.shadow.error, pair.shadow.latencyMs, -1);
    this.#addOutcome(primary, pair.primary.error, pair.primary.latencyMs, -1);
    if (pair.compared) shadow.compared += 1;
    if (pair.compared && pair.mismatch) shadow.mismatches += 1;
  }

  /**
   * Counts what came of a decision, in the stratum of its exposure. Never throws: what is late, repeated, of the wrong type or of an
   * unknown epoch is left out with a reason, and the rest of the report stands.
   */
  report(content: TokenContent, values: Readonly<Record<string, unknown>>, now: number): ReportAnswer {
    if (!this.#suppression.covers(content.at)) return this.#reports.add(content, values, now);
    return { accepted: false, reasons: ['nothing is counted: the decision was made under a rollback not yet stored'] };
  }

  /** What was counted since the last take, or nothing; then the counters start again. */
  takeDelta(now: number): Evidence | undefined {
    const strata = this.#ledger.take(this.#perExposure);
    return strata.length === 0 ? undefined : canonical(strata, this.#closedBefore(now), emptyEvidence.dropped);
  }

  /** Everything that was not counted, by cause, since this recorder was made. */
  counters(): Readonly<Record<string, number>> {
    const { late, unknown, ignored, ...others } = this.#reports.counters;
    return {
      ...others,
      late: late + this.#late,
      unknown: unknown + this.#unknown,
      ignored: ignored + this.#ignored,
      suppressed: this.#suppression.requests,
      dropped: this.#ledger.dropped,
      forgotten: this.#seen.forgotten,
    };
  }

  /** Buckets that end by then are closed. It moves with the clock only: one that leapt ahead and came back does no harm. */
  #closedBefore(now: number): number {
    return Math.max(0, Math.floor((now - this.#openMs) / this.#bucketMs) * this.#bucketMs);
  }

  #cell(
    { node, epoch, arm }: Pick<Exposure, 'node' | 'epoch' | 'arm'>,
    at: number,
    now: number,
  ): CellCounter | undefined {
    if (!(at >= this.#closedBefore(now))) {
      this.#late += 1;
      return undefined;
    }
    const cell = this.#ledger.cell(node, epoch, arm, at);
    if (cell === undefined && !this.#ledger.knows(node, epoch, arm)) this.#unknown += 1;
    return cell;
  }

  #addOutcome(cell: CellCounter, error: boolean, latencyMs: number, mark: number): void {
    cell.addOutcome(mark);
    if (error) cell.addError(mark);
    if (latencyMs >= 0) cell.addLatency(latencyMs, mark);
    else this.#ignored += 1;
  }

  /** A request without a unit is one of its own: a place that nothing about it can have chosen. */
  #markOfDraw(): number {
    this.#draws = (this.#draws + 1) | 0;
    return unitMarkOf(Math.imul(this.#draws, 0x9e3779b1));
  }
}

function countUnit(cell: CellCounter, hash: number): void {
  if (cell.seen.isFirst(hash)) cell.units += 1;
  const returned = cell.seen.hasReturned(hash);
  if (returned === undefined) return;
  cell.sampled += 1;
  if (returned) cell.returned += 1;
}
