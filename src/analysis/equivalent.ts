import { all, openFraction, optional, positive, text, verify } from '../core/options.js';
import { type Margins, equivalenceBounds, oneMargin } from './bound.js';
import { gateTestCheck, gateTestOf, type GateTestOptions } from './gate-test.js';
import { judgeGate } from './judge-gate.js';
import type { Measure } from './measure.js';
import { marginFacts, marginOf } from './non-inferior.js';
import { alphaOf, gateAlpha, gateOf, nameOf } from './rule.js';
import type { Gate } from './verdict.js';

/** Options of `equivalent`: `margin` or `relativeMargin`, and how to decide. */
export interface EquivalentOptions extends GateTestOptions, Margins {
  /** How far apart the two may be, either way, in the metric's unit; of a binary metric or `error`, as a fraction. */
  readonly margin?: number;
  /** The same as a fraction of the control's mean, or of its quantile for `latency`; under 1. */
  readonly relativeMargin?: number;
}

/**
 * Passes once an arm is shown to differ from the control by less than a margin, either way: for a rewrite, a cheaper model, a new
 * host, where nothing is supposed to change.
 *
 * Two one-sided tests (Schuirmann 1987), each at the full `alpha` (default 0.05), and both must be shown at the same look: that is the
 * chance that an arm which differs by the margin, or more, ever passes. Methods and needs as of `nonInferior`. Throws ConfigError.
 */
export function equivalent<const Q extends string>(metric: Q, options: EquivalentOptions): Gate<Q> {
  verify('equivalent', 'metric', metric, text);
  const keys = { margin: optional(positive), relativeMargin: optional(openFraction) };
  verify('equivalent', 'options', options ?? {}, all(gateTestCheck(keys), oneMargin(metric)));
  const { margin, relativeMargin, minOutcomes = 1, quantile } = options;
  const name = nameOf('equivalent', metric, ...marginFacts(options));
  const claim = {
    metric,
    minOutcomes,
    quantile,
    plannedEffect: 0,
    test: gateTestOf(options),
    bounds: () => equivalenceBounds(options),
    shown: (measure: Measure) => `within ${marginOf(measure, { margin, relativeMargin })}`,
  };
  return gateOf(
    name,
    [metric],
    (judged) => judgeGate(name, judged, { ...claim, alpha: alphaOf(options, judged, gateAlpha) }),
    options,
  );
}
