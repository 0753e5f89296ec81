import { rateLimit } from './rate-limit.js';
import type { GuardrailOptions } from './rule.js';
import type { Guardrail } from './verdict.js';

/**
 * Fails once the rate of a binary metric is shown to be under `limit`, a fraction: clicks, conversions, answers that were right.
 *
 * Counted and judged as by `maxRate`. A limit says nothing about the control: a baseline that falls on a weekend takes the
 * candidate with it, so a comparison (`noWorseThan`) finds less harm sooner. Throws ConfigError.
 */
export function minRate<const Q extends string>(
  metric: Q,
  limit: number,
  options: GuardrailOptions = {},
): Guardrail<Q> {
  return rateLimit('minRate', 'fewer', metric, limit, options);
}
