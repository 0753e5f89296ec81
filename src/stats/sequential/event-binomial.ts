import { need, needCount, needProbability } from '../domain.js';
import { type Harm, oddsMixture } from './odds-mixture.js';
import { isShared } from './magnitude.js';

/** The events of one epoch. Neither the number of observations nor a time bucket is needed. */
export interface EventStratum {
  /** The treatment's share of treatment + control while the units were assigned, a fraction. */
  readonly share: number;
  /** Events of the treatment and of the control, whole numbers. */
  readonly treatment: number;
  readonly control: number;
}

/**
 * Evidence that the treatment's event rate is beyond the control's by more than a relative `margin`: an e-process in
 * logs.
 *
 * Given that an event happened, the null's boundary says with which probability it was the treatment's: q0 = s f / (s f
 * + 1 - s), where s is the share and f = 1 + margin when harm is more events, 1 - margin when it is fewer. A mixture of
 * likelihood ratios over eight rate ratios bets against that. The expected factor of every event is at most 1 on the
 * null's side, so under it E ever reaches 1/alpha with probability at most alpha, whatever the baseline does, however
 * shares ramp, whenever one looks and however late events arrive: no variance, no rate and no maturation is involved.
 *
 * `margin` is the relative harm to put up with, 0 or more (below 1 when harm is fewer), default 0. `events` are those
 * that counted: a stratum where one arm had no share cannot tell the arms apart and is left out. Throws `domain` for
 * counts that are not whole, negative or NaN, for shares outside [0, 1] and for other margins.
 */
export function eventBinomial(
  strata: readonly EventStratum[],
  options: { readonly margin?: number; readonly harm: Harm },
): { readonly logE: number; readonly events: number } {
  const { margin = 0, harm } = options;
  const limit = harm === 'fewer' ? 1 : Infinity;
  need(margin >= 0 && margin < limit, 'eventBinomial', 'margin', `a number in [0, ${limit})`, margin);
  const factor = harm === 'fewer' ? 1 - margin : 1 + margin;
  let hits = 0;
  let events = 0;
  const trials: { trials: number; chance: number }[] = [];
  strata.forEach(({ share, treatment, control }, index) => {
    needProbability('eventBinomial', `strata[${index}].share`, share);
    needCount('eventBinomial', `strata[${index}].treatment`, treatment);
    needCount('eventBinomial', `strata[${index}].control`, control);
    if (!isShared(share)) return;
    hits += treatment;
    events += treatment + control;
    trials.push({ trials: treatment + control, chance: (share * factor) / (share * factor + 1 - share) });
  });
  return { logE: oddsMixture(hits, trials, harm), events };
}
