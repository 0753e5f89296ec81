import { all, object, openFraction, optional, positive, positiveCount, verify } from '../core/options.js';
import { emptySketch, mergeSketches, QuantileSketch } from '../stats/sketch.js';
import { cellsOf, judgeLimit } from './limit.js';
import { guardrailOf, nameOf, severityCheck, type GuardrailOptions } from './rule.js';
import type { Guardrail } from './verdict.js';
import { milliseconds, percent } from './words.js';

/** Options of `maxLatency`. */
export interface MaxLatencyOptions extends GuardrailOptions {
  /** Which quantile, a fraction in (0, 1): 0.95 is the 95th percentile. */
  readonly quantile: number;
  /** The limit, in milliseconds over 0. */
  readonly ms: number;
}

const optionsCheck = all(
  object({
    quantile: openFraction,
    ms: positive,
    alpha: optional(openFraction),
    minOutcomes: optional(positiveCount),
    severity: severityCheck,
  }),
);

/**
 * Fails once more than 1 - `quantile` of an arm's calls are shown to take longer than `ms`.
 *
 * Calls are counted against the limit, not quantiles compared with it, so that the level holds at every number of calls.
 * Latencies are kept within 1 %, so calls up to 2.02 % over the limit may pass for it. `alpha` (default 0.01) is the chance that an
 * arm within its limit ever fails; `minOutcomes` (default 1) is in calls. Throws ConfigError.
 */
export function maxLatency(options: MaxLatencyOptions): Guardrail<never> {
  verify('maxLatency', 'options', options, optionsCheck);
  const { quantile, ms } = options;
  const percentile = `p${Number((quantile * 100).toPrecision(6))}`;
  const name = nameOf('maxLatency', percentile, `${ms} ms`);
  return guardrailOf(
    name,
    [],
    (judged) => {
      const merged = cellsOf(judged).reduce((sum, { latency }) => mergeSketches(sum, latency), emptySketch);
      const sketch = QuantileSketch.from(merged);
      const n = sketch.count;
      const events = sketch.countAbove(ms);
      const estimate = sketch.quantile(quantile) ?? 0;
      const found = `latency ${percentile} ${milliseconds(estimate)}`;
      const slow = `the limit of ${milliseconds(ms)}: ${percent(n > 0 ? events / n : 0)} took longer, and ${percent(1 - quantile)} may`;
      return judgeLimit(
        name,
        judged,
        { events, n, limit: 1 - quantile, of: 'calls', estimate, found, against: slow },
        options,
      );
    },
    options,
  );
}
