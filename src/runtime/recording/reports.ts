import { own } from '../../core/json.js';
import type { CellCounter } from '../../evidence/counter.js';
import { SeenReports } from '../../evidence/dedupe.js';
import type { Ledger } from '../../evidence/ledger.js';
import type { Metrics } from '../../evidence/metric.js';
import { parseOutcome, type ReportedOutcome, type ReportedValue } from '../../evidence/outcome.js';
import type { TokenContent } from '../../evidence/token.js';
import type { Exposure } from '../../plan/plan.js';
import { markAt } from './unit-marks.js';

/** What became of a report. */
export interface ReportAnswer {
  /** Something of it was counted. */
  readonly accepted: boolean;
  /** Why the rest was not. */
  readonly reasons: readonly string[];
}

/** How far the clock of the replica that made a token may be ahead of ours. */
const skewMs = 60_000;
/** The name under which a decision's one outcome is remembered; no metric can have it. */
const outcomeName = '';

/** An exposure whose epoch is counted here, and where its unit is. */
interface Known {
  readonly exposure: Exposure;
  readonly mark: number;
}

type Add = (cell: CellCounter, mark: number) => void;

/** Counts reports into a ledger: each value once, in the stratum of its exposure, and only while its window is open. */
export class Reports {
  readonly #ledger: Ledger;
  readonly #metrics: Metrics;
  readonly #seen: SeenReports;
  /** The end of the buckets that are closed at a moment. */
  readonly #closedBefore: (now: number) => number;
  #late = 0;
  #ahead = 0;
  #unknown = 0;
  #duplicates = 0;
  #ignored = 0;

  constructor(ledger: Ledger, metrics: Metrics, seen: SeenReports, closedBefore: (now: number) => number) {
    this.#ledger = ledger;
    this.#metrics = metrics;
    this.#seen = seen;
    this.#closedBefore = closedBefore;
  }

  /** What was not counted, by cause: values for `ignored`, `duplicates` and `late`, exposures for `unknown`, reports for `ahead`. */
  get counters(): { readonly [cause in 'late' | 'ahead' | 'unknown' | 'duplicates' | 'ignored']: number } {
    return {
      late: this.#late,
      ahead: this.#ahead,
      unknown: this.#unknown,
      duplicates: this.#duplicates,
      ignored: this.#ignored,
    };
  }

  /** Never throws: what cannot be counted is left out with a reason, and the rest of the report stands. */
  add(content: TokenContent, report: unknown, now: number): ReportAnswer {
    const outcome = parseOutcome(this.#metrics, report);
    const reasons = [...outcome.reasons];
    this.#ignored += reasons.length;
    if (!(content.at <= now + skewMs)) {
      this.#ahead += 1;
      return { accepted: false, reasons: [...reasons, 'the decision is dated in the future'] };
    }
    const marks = content.marks ?? -1;
    const drawn = content.exposures
      .map((exposure, at): Known => ({ exposure, mark: markAt(marks, at) }))
      .filter(({ exposure }) => exposure.pinned !== true);
    const known = drawn.filter(({ exposure: { node, epoch, arm } }) => this.#ledger.knows(node, epoch, arm));
    this.#unknown += drawn.length - known.length;
    if (known.length === 0) {
      const why = drawn.length === 0 ? 'the decision was not drawn' : 'its nodes or epochs are not known here';
      return { accepted: false, reasons: [...reasons, `nothing is counted: ${why}`] };
    }
    const refused = [
      ...outcome.values.map((value) => this.#addValue(content, known, value, now)),
      ...this.#addOutcome(content, known, outcome, now),
    ];
    const why = refused.filter((reason) => reason !== undefined);
    return { accepted: why.length < refused.length, reasons: [...reasons, ...why] };
  }

  #addValue(content: TokenContent, known: readonly Known[], reported: ReportedValue, now: number) {
    const { id, at, covariates } = content;
    const { name, metric } = reported;
    if (!this.#isFirst(id, name)) return `${name}: was reported before`;
    if (now - at <= metric.windowMs) {
      const covariate = metric.covariate === undefined ? undefined : (own(covariates ?? {}, name) ?? 0);
      const counted = { ...reported, covariate };
      return this.#count(name, known, at, (cell, mark) => cell.addReport(name, metric, counted, mark));
    }
    this.#late += 1;
    this.#count(name, known, 'folded', (cell) => cell.addLate(name, metric));
    return `${name}: came after its window had closed`;
  }

  /** What was measured of a model that was called elsewhere. Error and latency may come apart, and are one outcome. */
  #addOutcome(content: TokenContent, known: readonly Known[], outcome: ReportedOutcome, now: number) {
    const { id, at, measured } = content;
    const { error, latencyMs } = outcome;
    const count = (name: string, add: Add): string | undefined => {
      if (measured === true) {
        this.#ignored += 1;
        return `${name}: was measured by the router that called the model`;
      }
      if (!this.#isFirst(id, name)) return `${name}: was reported before`;
      if (!(at >= this.#closedBefore(now))) {
        this.#late += 1;
        return `${name}: came after the time bucket of its exposure had closed`;
      }
      const isNew = this.#seen.first(id, outcomeName);
      return this.#count(name, known, at, (cell, mark) => {
        if (isNew) cell.addOutcome(mark);
        add(cell, mark);
      });
    };
    return [
      ...(error === undefined ? [] : [count('error', (cell, mark) => void (error && cell.addError(mark)))]),
      ...(latencyMs === undefined ? [] : [count('latencyMs', (cell, mark) => cell.addLatency(latencyMs, mark))]),
    ];
  }

  #isFirst(id: string, name: string): boolean {
    const first = this.#seen.first(id, name);
    if (!first) this.#duplicates += 1;
    return first;
  }

  #count(name: string, known: readonly Known[], at: number | 'folded', add: Add) {
    let counted = 0;
    for (const { exposure, mark } of known) {
      const cell = this.#ledger.cell(exposure.node, exposure.epoch, exposure.arm, at);
      if (cell === undefined) continue;
      add(cell, mark);
      counted += 1;
    }
    return counted > 0 ? undefined : `${name}: found no place, too many strata are open`;
  }
}
