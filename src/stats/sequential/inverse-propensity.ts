import { needProbability } from '../domain.js';
import { middleOf, type SketchJson } from '../sketch-json.js';
import { type BettingOptions, bettingMixture, needBetting, type ValueCounts } from './betting.js';
import { type EventCount, needEventCount } from './event-count.js';
import { needOverZero } from './magnitude.js';

/** The observations of one epoch and what came of them: only exposures whose outcome is settled. */
export interface PropensityStratum<Observed> {
  /** The treatment's share of treatment + control while the units were assigned, a fraction. */
  readonly share: number;
  readonly treatment: Observed;
  readonly control: Observed;
}

/**
 * Evidence that the treatment's event rate is beyond the control's by more than an absolute `margin`: an e-process in
 * logs.
 *
 * Weighting each outcome by the inverse of its arm's known share gives a number whose expectation is the difference of
 * the rates; the e-value is what a gambler with fixed small stakes wins by betting that it exceeds the margin. The
 * expected factor is at most 1 under the null at every sample size (Waudby-Smith and Ramdas 2024, with Horvitz-Thompson
 * weights), so E reaches 1/alpha with probability at most alpha. It counts observations, so give it matured ones only:
 * an open attribution window is not a failure. `margin` is a difference of rates, 0 or more; `center`, default 0, is a
 * rate guessed before the epoch opened. Strata in which an arm had no share are left out. Throws `domain` for anything
 * that is no count, share, margin or center.
 */
export function inversePropensityBetting(
  strata: readonly PropensityStratum<EventCount>[],
  options: BettingOptions,
): { readonly logE: number } {
  needBetting('inversePropensityBetting', options);
  const counts = strata.map(({ share, treatment, control }, index): ValueCounts => {
    needProbability('inversePropensityBetting', `strata[${index}].share`, share);
    needEventCount('inversePropensityBetting', `strata[${index}].treatment`, treatment);
    needEventCount('inversePropensityBetting', `strata[${index}].control`, control);
    return { share, treatment: binary(treatment), control: binary(control) };
  });
  return { logE: bettingMixture(counts, options) };
}

/**
 * The same for the mean of a capped metric, read from the sketches of min(value, cap): `margin` and `center` are in the
 * metric's unit, `cap` is its greatest value, fixed before the epoch opened.
 *
 * Exact for the values as the sketch rounds them (each within 1 %). Values outside [0, cap] count as the nearer end. No
 * useful test of an unbounded mean exists (Bahadur and Savage 1956): without a cap a single rare value can undo any
 * conclusion.
 */
export function inversePropensityMeans(
  strata: readonly PropensityStratum<SketchJson>[],
  options: BettingOptions & { readonly cap: number },
): { readonly logE: number } {
  const { cap, margin, harm, center = 0 } = options;
  needOverZero('inversePropensityMeans', 'cap', cap);
  const relative = { harm, margin: margin / cap, center: center / cap };
  needBetting('inversePropensityMeans', relative);
  const counts = strata.map(({ share, treatment, control }, index): ValueCounts => {
    needProbability('inversePropensityMeans', `strata[${index}].share`, share);
    return { share, treatment: histogram(treatment, cap), control: histogram(control, cap) };
  });
  return { logE: bettingMixture(counts, relative) };
}

function binary({ n, events }: EventCount): ValueCounts['treatment'] {
  return [
    [1, events],
    [0, n - events],
  ];
}

function histogram({ zero, positive, negative }: SketchJson, cap: number): ValueCounts['treatment'] {
  const nothing = negative.reduce((sum, [, count]) => sum + count, zero);
  return [[0, nothing], ...positive.map(([bucket, count]) => [Math.min(middleOf(bucket) / cap, 1), count] as const)];
}
