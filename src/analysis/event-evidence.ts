import { eventBinomial } from '../stats/sequential/event-binomial.js';
import { logMeanExp } from '../stats/sequential/log-mean-exp.js';
import type { Harm } from '../stats/sequential/odds-mixture.js';
import type { ArmPair } from './observe.js';

const opposite = { more: 'fewer', fewer: 'more' } as const satisfies Record<Harm, Harm>;

/** ln E of the event-binomial test, with a relative margin. */
export function eventEvidence(pairs: readonly ArmPair[], harm: Harm, margin: number): number {
  const strata = pairs.map(({ share, candidateSums, controlSums }) => ({
    share,
    treatment: candidateSums.sum,
    control: controlSums.sum,
  }));
  return eventBinomial(strata, { margin, harm }).logE;
}

/**
 * ln E against equal rates, where events may be common: the mean of the e-value on events (weight 3/4) and the one on non-events.
 *
 * The event-binomial test knows ratios. 94 % against 90 % right is a ratio of 1.04, which it hardly sees, but wrong answers are
 * then 6 % against 10 %, which it sees at once. A mean of e-values is one, so nothing is lost in validity; a rare event pays for
 * it with ln(4/3) = 0.29 of evidence. Non-events divide by n: mature strata only.
 */
export function eitherWayEvidence(pairs: readonly ArmPair[], harm: Harm): number {
  const events = eventEvidence(pairs, harm, 0);
  const strata = pairs
    .filter(({ isMature }) => isMature)
    .map(({ share, candidateSums, controlSums }) => ({
      share,
      treatment: candidateSums.n - candidateSums.sum,
      control: controlSums.n - controlSums.sum,
    }));
  const nonEvents = eventBinomial(strata, { harm: opposite[harm] }).logE;
  return logMeanExp([events, events, events, nonEvents]);
}
