import { QuantileSketch, type SketchJson, sketchBoundary, sketchSteps } from '../sketch.js';
import { bernoulliMixture } from './bernoulli-mixture.js';
import { eventBinomial, type EventStratum } from './event-binomial.js';
import type { PropensityStratum } from './inverse-propensity.js';
import { needNonNegative, needQuantile } from './magnitude.js';

/**
 * Evidence that a quantile is over an absolute limit: more than 1 - quantile of the values are. An e-process in logs,
 * exact at every sample size for independent values; a bare threshold on the sample's quantile alarms nearly always.
 *
 * Values in the limit's own bucket, at most 2.02 % over it, do not count as over: the sketch cannot tell. `limit` is in
 * the unit of the values. Throws `domain` unless the quantile is in (0, 1) and the limit is a number.
 */
export function quantileOverLimit(
  sketch: SketchJson,
  options: { readonly quantile: number; readonly limit: number },
): { readonly logE: number; readonly n: number; readonly over: number } {
  const { quantile, limit } = options;
  needQuantile('quantileOverLimit', quantile);
  const values = QuantileSketch.from(sketch);
  const [n, over] = [values.count, values.countAbove(limit)];
  return { logE: bernoulliMixture({ events: over, n, limit: 1 - quantile, harm: 'more' }).logE, n, over };
}

/**
 * Evidence that the treatment's values are greater at a quantile than the control's by more than a relative `margin`:
 * an e-process in logs.
 *
 * In each stratum, values over a threshold are events, and the threshold is the control's quantile in the stratum
 * before, so it is fixed before the values are seen; then `eventBinomial` compares the arms. The margin raises the
 * treatment's threshold by whole buckets, so up to 2.02 % more than was said is tolerated. Strata must be given in the
 * order of time; the first one, which has no threshold, and strata where the quantile is not over 0 contribute nothing.
 * `margin` is 0 or more, default 0.
 */
export function quantileComparison(
  strata: readonly PropensityStratum<SketchJson>[],
  options: { readonly quantile: number; readonly margin?: number },
): { readonly logE: number; readonly events: number } {
  const { quantile, margin = 0 } = options;
  needQuantile('quantileComparison', quantile);
  needNonNegative('quantileComparison', 'margin', margin);
  const steps = sketchSteps(margin);
  let typical: number | undefined;
  const events = strata.map(({ share, treatment, control }): EventStratum => {
    const before = typical;
    const values = QuantileSketch.from(control);
    typical = values.quantile(quantile) ?? before;
    if (before === undefined || !(before > 0)) return { share, treatment: 0, control: 0 };
    return {
      share,
      treatment: QuantileSketch.from(treatment).countAbove(sketchBoundary(before, steps)),
      control: values.countAbove(sketchBoundary(before)),
    };
  });
  return eventBinomial(events, { harm: 'more' });
}
