import { type Measure, sumsOf } from '../../src/analysis/measure.js';
import type { Stratum } from '../../src/evidence/stratum.js';
import { normal } from '../../src/stats/distributions/normal.js';

/**
 * A rule of another controller: at each interval it holds the candidate's rate of that interval against a threshold, and gives up
 * after so many failed checks, counted over the whole roll-out.
 */
export interface ThresholdRule {
  readonly name: string;
  readonly intervalMinutes: number;
  /** The least rate of requests that went well. */
  readonly least: number;
  /** So many failed checks roll back. */
  readonly failures: number;
  /** What an interval without requests is: a failed check, or an error, five of which in a row roll back. */
  readonly onNoData: 'failure' | 'error';
}

/** Errors of measuring in a row that Argo Rollouts puts up with (`consecutiveErrorLimit`, default). */
const errorLimit = 4;

/**
 * Argo Rollouts as its page on analysis has it: a success rate of at least 95 % (`successCondition: result[0] >= 0.95`) every 5
 * minutes; `failureLimit` is the number of failed measurements to put up with, 0 by default and 3 in that example. Flagger as its
 * page on metrics has it: `request-success-rate` with a minimum of 99 % every minute; `threshold` is the number of failed checks that
 * rolls back, 1 by default and 5 in its examples. Without traffic a check of Flagger fails, while a query of Argo Rollouts is taken
 * to give no result, the milder reading. `least` replaces both thresholds, for a metric of one's own.
 */
export const thresholdRules = (least?: number): readonly ThresholdRule[] => [
  { name: 'Argo, limit 0', intervalMinutes: 5, least: least ?? 0.95, failures: 1, onNoData: 'error' },
  { name: 'Argo, limit 3', intervalMinutes: 5, least: least ?? 0.95, failures: 4, onNoData: 'error' },
  { name: 'Flagger, 1', intervalMinutes: 1, least: least ?? 0.99, failures: 1, onNoData: 'failure' },
  { name: 'Flagger, 5', intervalMinutes: 1, least: least ?? 0.99, failures: 5, onNoData: 'failure' },
];

/** One roll-out under a threshold. */
export class ThresholdWatch {
  readonly #rule: ThresholdRule;
  #minutes = 0;
  #requests = 0;
  #good = 0;
  #failures = 0;
  #errors = 0;

  constructor(rule: ThresholdRule) {
    this.#rule = rule;
  }

  get isRolledBack(): boolean {
    return this.#failures >= this.#rule.failures || this.#errors > errorLimit;
  }

  observe(minutes: number, requests: number, good: number): void {
    this.#minutes += minutes;
    this.#requests += requests;
    this.#good += good;
    // A hair less than the interval is one that was added up from parts.
    if (!(this.#minutes >= this.#rule.intervalMinutes - 1e-6)) return;
    if (!this.isRolledBack) this.#check();
    [this.#minutes, this.#requests, this.#good] = [0, 0, 0];
  }

  #check(): void {
    const { least, onNoData } = this.#rule;
    const isError = this.#requests === 0 && onNoData === 'error';
    this.#errors = isError ? this.#errors + 1 : 0;
    if (!isError && !(this.#good >= least * this.#requests && this.#requests > 0)) this.#failures += 1;
  }
}

/** The one-sided p-value, for harm, of the two-proportion z test on pooled counts (of means, the two-sample z test). */
export function pooledPValue(strata: readonly Stratum[], measure: Measure): number {
  const sums = (arm: string) =>
    strata.reduce(
      (all, { cells }) => {
        const cell = cells[arm];
        const { n, sum, sumSq } = cell === undefined ? { n: 0, sum: 0, sumSq: 0 } : sumsOf(measure, cell);
        return { n: all.n + n, sum: all.sum + sum, sumSq: all.sumSq + sumSq };
      },
      { n: 0, sum: 0, sumSq: 0 },
    );
  const [a, b] = [sums('candidate'), sums('control')];
  if (!(a.n > 1 && b.n > 1)) return 1;
  const spread = ({ n, sum, sumSq }: typeof a) => (sumSq - (sum * sum) / n) / (n - 1);
  const rate = (a.sum + b.sum) / (a.n + b.n);
  const variance =
    measure.type === 'binary' ? rate * (1 - rate) * (1 / a.n + 1 / b.n) : spread(a) / a.n + spread(b) / b.n;
  const harm = (a.sum / a.n - b.sum / b.n) * (measure.better === 'lower' ? 1 : -1);
  return variance > 0 ? normal.sf(harm / Math.sqrt(variance)) : 1;
}
