import type { Issue } from '../core/errors.js';
import { isObject } from '../core/json.js';
import { all, type Check, must, openFraction, optional, positive, text, verify } from '../core/options.js';
import { withForecast } from './forecast.js';
import { judgeClaim } from './judge-claim.js';
import { alphaOf, guardrailAlpha, guardrailOf, guardrailRuleCheck, nameOf, type GuardrailOptions } from './rule.js';
import type { Guardrail, Judged } from './verdict.js';

/** Options of `noWorseThan`. */
export interface NoWorseThanOptions extends GuardrailOptions {
  /** How much worse is put up with, in the metric's unit; of a binary metric or `error`, as a fraction. Default 0. */
  readonly margin?: number;
  /** The same as a fraction of the control's mean, or of its quantile for `latency`. Default 0. */
  readonly relativeMargin?: number;
  /** For `latency` only: which quantile. Default 0.95. */
  readonly quantile?: number;
  /**
   * How much worse the arm might be, as a fraction of the control: then the verdict forecasts when that would be found. Costs as much
   * as a dozen looks. Default: no forecast.
   */
  readonly plannedEffect?: number;
}

const size = must('a number, 0 or more', (value) => typeof value === 'number' && value >= 0 && value < Infinity);

const optionsCheck = (metric: string): Check =>
  all(
    guardrailRuleCheck({
      margin: optional(size),
      relativeMargin: optional(size),
      quantile: optional(openFraction),
      plannedEffect: optional(positive),
    }),
    (value, path, issues: Issue[]) => {
      const { margin, relativeMargin, quantile } = isObject(value) ? value : {};
      if (margin !== undefined && relativeMargin !== undefined) {
        issues.push({ path: `${path}.relativeMargin`, message: 'must be left out where margin is given: choose one.' });
      }
      if (margin !== undefined && metric === 'latency') {
        issues.push({
          path: `${path}.margin`,
          message: "must be left out for 'latency': use relativeMargin, such as 0.1.",
        });
      }
      if (quantile !== undefined && metric !== 'latency') {
        issues.push({ path: `${path}.quantile`, message: "must be left out for all metrics but 'latency'." });
      }
    },
  );

/**
 * Fails once an arm is shown to be worse than the control in `metric` by more than a margin. What is worse, the metric says.
 *
 * `metric` is a declared one, `'error'`, `'latency'` or `'mismatch'`. `alpha` (default 0.01) is the chance that an arm within the
 * margin ever fails, whenever one looks and however shares change; `minOutcomes` (default 1) is in the metric's own
 * observations. The level is exact at every sample size, with two exceptions: values without a cap (see `continuous`) are judged by a
 * normal approximation, and the threshold of a latency moves a little with the data, so that its level was measured (0.017 for
 * 0.05). Arms are compared inside strata only. It never says `pass`: that no harm was found is no proof that there is none.
 * Throws ConfigError.
 */
export function noWorseThan<const Q extends string>(metric: Q, options: NoWorseThanOptions = {}): Guardrail<Q> {
  verify('noWorseThan', 'metric', metric, text);
  verify('noWorseThan', 'options', options, optionsCheck(metric));
  const { margin, relativeMargin, plannedEffect } = options;
  const name = nameOf(
    'noWorseThan',
    metric,
    margin !== undefined ? `margin ${margin}` : undefined,
    relativeMargin !== undefined ? `relativeMargin ${relativeMargin}` : undefined,
  );
  const { minOutcomes = 1 } = options;
  const claim = { ...options, minOutcomes, metric, direction: 'worse', shown: 'fail' } as const;
  return guardrailOf(
    name,
    [metric],
    (judged) => {
      const alpha = alphaOf(options, judged, guardrailAlpha);
      const judge = (at: Judged) => judgeClaim(name, at, { ...claim, alpha });
      if (plannedEffect === undefined) return judge(judged);
      return withForecast(judged, { metric, gain: -plannedEffect }, (at) => {
        const verdict = judge(at);
        return { verdict, strength: Math.log(verdict.eValue ?? 1) / -Math.log(alpha) };
      });
    },
    options,
  );
}
