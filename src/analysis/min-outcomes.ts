import { own } from '../core/json.js';
import { emptyCell } from '../evidence/cell.js';
import { optional, positiveCount, text, verify } from '../core/options.js';
import { countForecast } from './forecast.js';
import { observationsOf } from './future.js';
import { isMature, measureOf } from './measure.js';
import { gateOf, nameOf, noVerdict } from './rule.js';
import type { Gate } from './verdict.js';
import { unitsOf } from './words.js';

/**
 * Passes once an arm has `n` settled calls; with a `metric`, `n` observations of that: exposures whose window has closed for a metric
 * per exposure, reports for one per report.
 *
 * Counts those of the attempt. It says how much was seen, not what: beside it, let a guardrail judge. Throws ConfigError.
 */
export function minOutcomes<const Q extends string = never>(n: number, metric?: Q): Gate<Q> {
  verify('minOutcomes', 'n', n, positiveCount);
  verify('minOutcomes', 'metric', metric, optional(text));
  const name = nameOf('minOutcomes', n, metric);
  return gateOf(name, metric === undefined ? [] : [metric], (judged) => {
    const { strata, arm, metrics, now } = judged;
    // Every call that settled is counted among the errors or not: their n is that of the calls.
    const measure = measureOf(metrics, metric ?? 'error');
    if (measure === undefined) return noVerdict(name, 'error', `there is no metric '${metric}'`);
    const seen = strata
      .filter((stratum) => isMature(stratum, measure, now))
      .reduce((sum, { cells }) => sum + observationsOf(measure, own(cells, arm) ?? emptyCell), 0);
    const reason = `${seen} of ${n} ${unitsOf(measure)}`;
    if (seen >= n) return { rule: name, outcome: 'pass', reason, n: seen };
    const forecast = countForecast(judged, measure, n - seen);
    return { ...noVerdict(name, 'insufficient-data', reason, seen), forecast };
  });
}
