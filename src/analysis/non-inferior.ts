import { must, all, optional, positive, text, verify } from '../core/options.js';
import { type Margins, nonInferiorBound, oneMargin } from './bound.js';
import { gateTestCheck, gateTestOf, type GateTestOptions } from './gate-test.js';
import { judgeGate } from './judge-gate.js';
import type { Measure } from './measure.js';
import { alphaOf, gateAlpha, gateOf, nameOf } from './rule.js';
import type { Gate } from './verdict.js';
import { meanOf, percent } from './words.js';

/** Options of `nonInferior`: `margin` or `relativeMargin`, and how to decide. */
export interface NonInferiorOptions extends GateTestOptions, Margins {
  /** How much worse the arm may be, in the metric's unit; of a binary metric or `error`, as a fraction. */
  readonly margin?: number;
  /** The same as a fraction of the control's mean, or of its quantile for `latency`. */
  readonly relativeMargin?: number;
  /** How much better the arm is expected to be, as a fraction of the control, for the forecast alone. Default 0: as good. */
  readonly plannedEffect?: number;
}

const effect = must('a number over -1', (value) => typeof value === 'number' && value > -1 && value < Infinity);

/**
 * Passes once an arm is shown to be worse than the control by less than a margin: the gate beside the guardrail `noWorseThan`, which
 * only stops what is shown to be worse, and lets pass what nobody knows.
 *
 * `alpha` (default 0.05) is the chance that an arm which is worse by the margin, or more, ever passes, whenever one looks, unless
 * `test` is `'bayes'`. The smaller the margin, the more it needs: four times the data for half of it. The sequential level is exact
 * for binary and capped metrics (inverse-propensity betting, over exposures whose window has closed), a normal approximation for
 * values without a cap and where units come back. Throws ConfigError.
 */
export function nonInferior<const Q extends string>(metric: Q, options: NonInferiorOptions): Gate<Q> {
  verify('nonInferior', 'metric', metric, text);
  const keys = { margin: optional(positive), relativeMargin: optional(positive), plannedEffect: optional(effect) };
  verify('nonInferior', 'options', options ?? {}, all(gateTestCheck(keys), oneMargin(metric)));
  const { margin, relativeMargin, minOutcomes = 1, plannedEffect = 0, quantile } = options;
  const name = nameOf('nonInferior', metric, ...marginFacts(options));
  const claim = {
    metric,
    minOutcomes,
    quantile,
    plannedEffect,
    test: gateTestOf(options),
    bounds: (measure: Measure) => [nonInferiorBound(measure, options)],
    shown: (measure: Measure) => `worse by less than ${marginOf(measure, { margin, relativeMargin })}`,
  };
  return gateOf(
    name,
    [metric],
    (judged) => judgeGate(name, judged, { ...claim, alpha: alphaOf(options, judged, gateAlpha) }),
    options,
  );
}

/** The margins as a rule's name has them. */
export function marginFacts({ margin, relativeMargin }: Margins): readonly (string | undefined)[] {
  return [
    margin !== undefined ? `margin ${margin}` : undefined,
    relativeMargin !== undefined ? `relativeMargin ${relativeMargin}` : undefined,
  ];
}

/** A margin in words. */
export function marginOf(
  measure: Measure,
  { margin, relativeMargin = 0 }: { readonly margin: number | undefined; readonly relativeMargin: number | undefined },
): string {
  return margin === undefined ? `${percent(relativeMargin)} of the control` : meanOf(measure, margin);
}
