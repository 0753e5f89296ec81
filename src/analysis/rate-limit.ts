import { fraction, text, verify } from '../core/options.js';
import type { Harm } from '../stats/sequential/odds-mixture.js';
import { cellsOf, judgeLimit } from './limit.js';
import { isMature, measureOf, sumsOf } from './measure.js';
import { guardrailOf, guardrailRuleCheck, nameOf, noVerdict, type GuardrailOptions } from './rule.js';
import type { Guardrail } from './verdict.js';
import { percent, unitsOf } from './words.js';

/** A guardrail on the rate of a binary metric: `harm` says on which side of the limit the harm is. */
export function rateLimit<const Q extends string>(
  rule: 'maxRate' | 'minRate',
  harm: Harm,
  metric: Q,
  limit: number,
  options: GuardrailOptions,
): Guardrail<Q> {
  verify(rule, 'metric', metric, text);
  verify(rule, 'limit', limit, fraction);
  verify(rule, 'options', options, guardrailRuleCheck());
  const name = nameOf(rule, metric, limit);
  return guardrailOf(
    name,
    [metric],
    (judged) => {
      const measure = measureOf(judged.metrics, metric);
      if (measure === undefined) return noVerdict(name, 'error', `there is no metric '${metric}'`);
      if (measure.type !== 'binary') return noVerdict(name, 'error', `'${metric}' is not binary, so it has no rate`);
      const mature = judged.strata.filter((stratum) => isMature(stratum, measure, judged.now));
      const sums = cellsOf({ ...judged, strata: mature }).map((cell) => sumsOf(measure, cell));
      const n = sums.reduce((all, sum) => all + sum.n, 0);
      const events = sums.reduce((all, { sum }) => all + sum, 0);
      const estimate = n > 0 ? events / n : 0;
      const found = `${metric} ${percent(estimate)}`;
      const against = `the limit of ${percent(limit)}`;
      return judgeLimit(
        name,
        judged,
        { events, n, limit, harm, of: unitsOf(measure), estimate, found, against },
        options,
      );
    },
    options,
  );
}
