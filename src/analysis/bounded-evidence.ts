import { own } from '../core/json.js';
import type { Cell } from '../evidence/stratum.js';
import { logMeanExp } from '../stats/sequential/log-mean-exp.js';
import { isShared } from '../stats/sequential/magnitude.js';
import { middleOf } from '../stats/sketch-json.js';
import { emptySketch } from '../stats/sketch.js';
import type { Bound } from './bound.js';
import type { Measure } from './measure.js';
import type { ArmPair } from './observe.js';

/** How often each value in [0, 1] was observed of an arm. */
type Values = readonly (readonly [value: number, count: number])[];

/** The greatest part of a stake that would lose everything which a bet may use. */
const greatestPart = 0.9;
/** The boldest stakes are those of events that hardly ever happen. */
const boldest = 4;

/**
 * ln of the e-value for a claim about two means of values in [0, 1], against its opposite: inverse-propensity betting.
 *
 * Weighting each value by the inverse of its arm's known share makes a number whose expectation is how far the arm's mean is on the
 * claimed side of the bound; the e-value is what a gambler with fixed small stakes wins by betting that it is (Waudby-Smith and
 * Ramdas 2024, with Horvitz-Thompson weights). If the claim is false the expected factor of each observation is at most 1, at every
 * number of them, so that E reaches 1/alpha with a probability of at most alpha whenever one looks. Half of the stake is on the
 * values and half on what they lack of 1, since rates near 1 vary as little as those near 0. `margin` is in units of the range.
 */
export function boundedEvidence(
  strata: readonly { readonly share: number; readonly candidate: Values; readonly control: Values }[],
  bound: Bound,
): number {
  const least = Math.max(Math.abs(bound.margin), Math.abs(1 - bound.factor), 1e-6);
  const logs: number[] = [];
  for (let bold = least / 2; bold <= boldest; bold *= 2) {
    for (const counts of [true, false]) logs.push(logWealth(strata, bound, bold, counts));
  }
  return logMeanExp(logs);
}

/** What one stake comes to, on the values themselves or on what they lack of 1. */
function logWealth(
  strata: Parameters<typeof boundedEvidence>[0],
  { side, factor, margin }: Bound,
  bold: number,
  onValues: boolean,
): number {
  const sign = side === 'above' ? 1 : -1;
  let log = 0;
  for (const { share, candidate, control } of strata) {
    if (!isShared(share)) continue;
    // The number bet on is offset + mine (an arm's value / share) or offset + theirs (a control's value / (1 - share)).
    const offset = sign * (onValues ? -margin : 1 - factor - margin);
    const mine = (sign * (onValues ? 1 : -1)) / share;
    const theirs = (-sign * (onValues ? 1 : -1) * factor) / (1 - share);
    const worst = -(offset + Math.min(0, mine, theirs));
    const bet = Math.min(bold * share * (1 - share), worst > 0 ? greatestPart / worst : Infinity);
    const add = (values: Values, weight: number) => {
      for (const [value, count] of values) {
        const amount = onValues ? value : 1 - value;
        log += count * Math.log1p(bet * (offset + weight * amount));
      }
    };
    add(candidate, mine);
    add(control, theirs);
  }
  return log;
}

/** Yes and no as 1 and 0. */
export function yesOrNo({ n, sum }: { readonly n: number; readonly sum: number }): Values {
  return [
    [1, sum],
    [0, n - sum],
  ];
}

/** A capped metric's values in units of its cap; with a mean per exposure, those without a report are zeros. */
export function partsOfCap({ name, per }: Measure, cap: number, { metrics, exposed }: Cell): Values {
  const { n = 0, sketch = emptySketch } = own(metrics, name) ?? {};
  const silent = per === 'exposure' ? Math.max(0, exposed - n) : 0;
  const none = sketch.negative.reduce((sum, [, count]) => sum + count, sketch.zero + silent);
  return [
    [0, none],
    ...sketch.positive.map(([bucket, count]) => [Math.min(middleOf(bucket) / cap, 1), count] as const),
  ];
}

/** The evidence for a claim about a binary or a capped metric, over pairs whose windows have closed. */
export function pairEvidence(pairs: readonly ArmPair[], measure: Measure, bound: Bound): number {
  const { cap } = measure;
  const strata = pairs.map(({ share, candidate, control, candidateSums, controlSums }) =>
    cap === undefined
      ? { share, candidate: yesOrNo(candidateSums), control: yesOrNo(controlSums) }
      : { share, candidate: partsOfCap(measure, cap, candidate), control: partsOfCap(measure, cap, control) },
  );
  return boundedEvidence(strata, { ...bound, margin: bound.margin / (cap ?? 1) });
}
