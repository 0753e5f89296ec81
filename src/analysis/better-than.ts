import { openFraction, optional, text, verify } from '../core/options.js';
import { judgeClaim } from './judge-claim.js';
import { alphaOf, gateAlpha, gateOf, nameOf, ruleCheck, type RuleOptions } from './rule.js';
import type { Gate } from './verdict.js';

/** Options of `betterThan`. */
export interface BetterThanOptions extends RuleOptions {
  /** For `latency` only: which quantile. Default 0.95. */
  readonly quantile?: number;
}

/**
 * Passes once an arm is shown to be better than the control in `metric`: a declared one, `'error'`, `'latency'` or `'mismatch'`.
 *
 * `alpha` (default 0.05) is the chance that an arm which is not better ever passes, whenever one looks; `minOutcomes` (default 1)
 * is in the metric's own observations. The methods are those of `noWorseThan`, turned round. Throws ConfigError.
 */
export function betterThan<const Q extends string>(metric: Q, options: BetterThanOptions = {}): Gate<Q> {
  verify('betterThan', 'metric', metric, text);
  verify('betterThan', 'options', options, ruleCheck({ quantile: optional(openFraction) }));
  const name = nameOf('betterThan', metric);
  const { minOutcomes = 1 } = options;
  const claim = { ...options, minOutcomes, metric, direction: 'better', shown: 'pass' } as const;
  return gateOf(
    name,
    [metric],
    (judged) => judgeClaim(name, judged, { ...claim, alpha: alphaOf(options, judged, gateAlpha) }),
    options,
  );
}
