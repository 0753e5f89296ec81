import { rateLimit } from './rate-limit.js';
import type { GuardrailOptions } from './rule.js';
import type { Guardrail } from './verdict.js';

/**
 * Fails once the rate of a binary metric is shown to be over `limit`, a fraction: complaints, refusals, empty answers.
 *
 * It is a rate over the exposures whose window has closed, or over reports for a metric per report. `alpha` (default 0.01) is the
 * chance that an arm at or below the limit ever fails, whenever one looks; the test is exact for any number of observations, of
 * which there must be `minOutcomes` (default 1). Throws ConfigError.
 */
export function maxRate<const Q extends string>(
  metric: Q,
  limit: number,
  options: GuardrailOptions = {},
): Guardrail<Q> {
  return rateLimit('maxRate', 'more', metric, limit, options);
}
