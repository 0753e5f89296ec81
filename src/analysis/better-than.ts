import { optional, positive, text, verify } from '../core/options.js';
import { betterBound } from './bound.js';
import { gateTestCheck, gateTestOf, type GateTestOptions } from './gate-test.js';
import { judgeGate } from './judge-gate.js';
import { alphaOf, gateAlpha, gateOf, nameOf } from './rule.js';
import type { Measure } from './measure.js';
import type { Gate } from './verdict.js';

/** Options of `betterThan`. */
export interface BetterThanOptions extends GateTestOptions {
  /** How much better the arm is expected to be, as a fraction of the control, for the forecast alone. Default 0.1. */
  readonly plannedEffect?: number;
}

const optionsCheck = gateTestCheck({ plannedEffect: optional(positive) });

/**
 * Passes once an arm is shown to be better than the control in `metric`: a declared one, `'error'`, `'latency'` or `'mismatch'`.
 *
 * `alpha` (default 0.05) is the chance that an arm which is not better ever passes, whenever one looks, unless `test` is `'bayes'`;
 * `minOutcomes` (default 1) is in the metric's own observations. The methods of the sequential test are those of `noWorseThan`,
 * turned round. Throws ConfigError.
 */
export function betterThan<const Q extends string>(metric: Q, options: BetterThanOptions = {}): Gate<Q> {
  verify('betterThan', 'metric', metric, text);
  verify('betterThan', 'options', options, optionsCheck);
  const name = nameOf('betterThan', metric);
  const { minOutcomes = 1, plannedEffect = 0.1, quantile } = options;
  const claim = {
    metric,
    minOutcomes,
    quantile,
    plannedEffect,
    test: gateTestOf(options),
    bounds: (measure: Measure) => [betterBound(measure)],
    shown: () => 'better',
  };
  return gateOf(
    name,
    [metric],
    (judged) => judgeGate(name, judged, { ...claim, alpha: alphaOf(options, judged, gateAlpha) }),
    options,
  );
}
