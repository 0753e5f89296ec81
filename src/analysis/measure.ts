import { own } from '../core/json.js';
import { type ArmSums, armSumsOf } from '../evidence/arm-score.js';
import { emptySums } from '../evidence/cell.js';
import { folded } from '../evidence/fold.js';
import type { Metrics } from '../evidence/metric.js';
import type { Cell, Stratum } from '../evidence/stratum.js';
import type { Denominator } from '../evidence/unit-clusters.js';

/** What a rule reads: a declared metric, or one of those that are always measured. */
export interface Measure {
  readonly name: string;
  readonly type: 'binary' | 'continuous' | 'latency';
  /** What its mean is a mean of. */
  readonly per: 'call' | 'pair' | 'exposure' | 'report';
  readonly better: 'higher' | 'lower';
  readonly windowMs: number;
  readonly cap?: number;
  /** Its mean is a ratio of two sums. */
  readonly ratio?: true;
  readonly covariate?: string;
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
  const { type, per, better, windowMs, cap, covariate } = metric;
  const isRatio = type === 'ratio';
  return {
    name,
    type: isRatio ? 'continuous' : type,
    per,
    better,
    windowMs,
    ...(cap !== undefined && { cap }),
    ...(isRatio && { ratio: true }),
    ...(covariate !== undefined && { covariate }),
  };
}

/** Whether the values of a stratum are final as far as `n` goes: with a mean per exposure, open windows are no zeros yet. */
export function isMature(stratum: Stratum, { per, windowMs }: Measure, now: number): boolean {
  return stratum.from === folded || per !== 'exposure' || now >= stratum.to + windowMs;
}

/** The sums of a cell for a mean: errors over calls, reports over exposures, and so on. Not for latencies. */
export function sumsOf({ name, per }: Measure, cell: Cell): ArmSums {
  if (per === 'call') return eventsOf(cell.outcomes, cell.errors);
  if (per === 'pair') return eventsOf(cell.compared, cell.mismatches);
  // An exposure may travel in a later delta than its report, so there can be more reports than exposures for a moment.
  return armSumsOf(own(cell.metrics, name) ?? emptySums, per === 'exposure', cell.exposed);
}

/** By what clusters of units count the measure; `undefined` for pairs of a mirror, whose arms have the same units. */
export function denominatorOf({ per }: Measure): Denominator | undefined {
  return ({ call: 'outcomes', exposure: 'exposed', report: 'own', pair: undefined } as const)[per];
}

/** There are never more events than observations; a damaged count must not become a rate over 1. */
function eventsOf(n: number, count: number): ArmSums {
  const events = Math.min(count, n);
  return { n, sum: events, sumSq: events };
}
