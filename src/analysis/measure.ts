import { own } from '../core/json.js';
import { folded } from '../evidence/fold.js';
import type { Metrics } from '../evidence/metric.js';
import type { Cell, Stratum } from '../evidence/stratum.js';
import type { ValueSums } from '../stats/sequential/score.js';

/** What a rule reads: a declared metric, or one of those that are always measured. */
export interface Measure {
  readonly name: string;
  readonly type: 'binary' | 'continuous' | 'latency';
  /** What its mean is a mean of. */
  readonly per: 'call' | 'pair' | 'exposure' | 'report';
  readonly better: 'higher' | 'lower';
  readonly windowMs: number;
  readonly cap?: number;
}

const builtIn: Readonly<Record<string, Measure>> = {
  error: { name: 'error', type: 'binary', per: 'call', better: 'lower', windowMs: 0 },
  mismatch: { name: 'mismatch', type: 'binary', per: 'pair', better: 'lower', windowMs: 0 },
  latency: { name: 'latency', type: 'latency', per: 'call', better: 'lower', windowMs: 0 },
};

/** The measure of this name; `undefined` where none is declared. `error`, `latency` and a shadow's `mismatch` always are. */
export function measureOf(metrics: Metrics, name: string): Measure | undefined {
  const metric = own(metrics, name);
  if (metric === undefined) return own(builtIn, name);
  const { type, per, better, windowMs, cap } = metric;
  return { name, type, per, better, windowMs, ...(cap !== undefined && { cap }) };
}

/** Whether the values of a stratum are final as far as `n` goes: with a mean per exposure, open windows are no zeros yet. */
export function isMature(stratum: Stratum, { per, windowMs }: Measure, now: number): boolean {
  return stratum.from === folded || per !== 'exposure' || now >= stratum.to + windowMs;
}

/** The sums of a cell for a mean: errors over calls, reports over exposures, and so on. Not for latencies. */
export function sumsOf({ name, per }: Measure, cell: Cell): ValueSums {
  if (per === 'call') return eventsOf(cell.outcomes, cell.errors);
  if (per === 'pair') return eventsOf(cell.compared, cell.mismatches);
  const sums = own(cell.metrics, name);
  // An exposure may travel in a later delta than its report, so there can be more reports than exposures for a moment.
  const n = per === 'exposure' ? Math.max(cell.exposed, sums?.n ?? 0) : (sums?.n ?? 0);
  const sum = sums?.sum ?? 0;
  // No values have a smaller sum of squares than their mean's: what rounding took away is put back.
  return { n, sum, sumSq: n > 0 ? Math.max(sums?.sumSq ?? 0, (sum / n) * sum) : 0 };
}

/** There are never more events than observations; a damaged count must not become a rate over 1. */
function eventsOf(n: number, count: number): ValueSums {
  const events = Math.min(count, n);
  return { n, sum: events, sumSq: events };
}
