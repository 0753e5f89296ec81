import { need, needPositive } from '../stats/domain.js';
import { adjustedMeans } from './adjusted-means.js';
import { type ArmEvidence, armsMax, type BanditEvidence } from './evidence.js';

/** Sums of one arm's rewards, in the reward's own unit. */
export interface RewardSums {
  readonly n: number;
  readonly sum: number;
  readonly sumSq: number;
}

/** What was counted while the shares were constant: an epoch. */
export interface RewardStratum {
  /** The shares that were in force, by arm: the propensities. 0 where an arm took no part. */
  readonly shares: readonly number[];
  readonly arms: readonly RewardSums[];
  /** When it ended, ms since 1970. Only needed to let old evidence fade. */
  readonly at?: number;
}

/** How rewards are to be read. */
export interface RewardOptions {
  /** Default `higher`. Every policy sees rewards of which more is better. */
  readonly better?: 'higher' | 'lower';
  /** The least and the greatest reward that is possible: [0, 1] for yes and no. Default: none is known, and the spread that was seen stands for it. */
  readonly range?: readonly [least: number, greatest: number];
  /** Old evidence fades: after this time it counts half. */
  readonly halfLifeMs?: number;
  /** Evidence that is older is left out. */
  readonly windowMs?: number;
  /** Now, ms since 1970; needed with `halfLifeMs` and `windowMs`. */
  readonly now?: number;
  readonly batch?: number;
}

/** Evidence for a policy, and what people want to see of it. */
export interface RewardEvidence extends BanditEvidence {
  /** Of each arm: as many rewards without any fading would say as much. */
  readonly effective: readonly number[];
  /** Of each arm, in the reward's unit and comparable: freed of the epochs' ups and downs. `undefined` without rewards. */
  readonly means: readonly (number | undefined)[];
}

interface Weighted extends RewardSums {
  readonly weightSq: number;
  readonly perShare: number;
  readonly sumPerShare: number;
}

const nothing: Weighted = { n: 0, sum: 0, sumSq: 0, weightSq: 0, perShare: 0, sumPerShare: 0 };

/**
 * The evidence of all epochs as a policy wants it. Three things are done to it. Old epochs fade, each by its end and one clock, so that
 * replicas agree whenever they look. Arms are compared within epochs only: an arm that had most of its traffic on good days is not better
 * for it (Simpson's paradox). And rewards are brought to [0, 1] with 1 the best: by the range where there is one, otherwise by the
 * spread that was seen, so that half of the scale is one standard deviation on either side of the mean. Throws `domain`.
 */
export function rewardEvidence(
  strata: readonly RewardStratum[],
  arms: number,
  options: RewardOptions = {},
): RewardEvidence {
  checkAll(strata, arms, options);
  const faded = strata
    .map((stratum) => ({ stratum, weight: weightOf(stratum, options) }))
    .filter(({ weight }) => weight > 0);
  const totals = Array.from({ length: arms }, (_, arm) =>
    faded.reduce((total, { stratum, weight }) => add(total, stratum, weight, arm), nothing),
  );
  const means = adjustedMeans(
    faded.map(({ stratum, weight }) =>
      totals.map((_, arm) => {
        const { n, sum } = add(nothing, stratum, weight, arm);
        return { n, sum };
      }),
    ),
    totals,
  );
  const { offset, slope } = scaleOf(totals, means, options);
  return {
    arms: totals.map((total, arm): ArmEvidence => {
      const { n, sum, sumSq, perShare, sumPerShare } = total;
      if (!(n > 0)) return { n: 0, sum: 0, sumSq: 0, gain: 0 };
      const unit = Math.min(1, Math.max(0, offset + slope * (means[arm] as number)));
      const spread = slope * slope * Math.max(0, sumSq - (sum / n) * sum);
      return {
        n,
        sum: n * unit,
        sumSq: Math.min(n, n * unit * unit + spread),
        gain: Math.max(0, offset * perShare + slope * sumPerShare),
      };
    }),
    effective: totals.map(({ n, weightSq }) => (weightSq > 0 ? (n * n) / weightSq : 0)),
    means: totals.map(({ n }, arm) => (n > 0 ? means[arm] : undefined)),
    ...(options.batch !== undefined && { batch: options.batch }),
  };
}

function checkAll(strata: readonly RewardStratum[], arms: number, options: RewardOptions): void {
  const where = 'rewardEvidence';
  const { range, halfLifeMs, windowMs, now } = options;
  const isCount = Number.isInteger(arms) && arms >= 1 && arms <= armsMax;
  need(isCount, where, 'arms', `a whole number from 1 to ${armsMax}`, arms);
  if (range !== undefined) {
    const [least, greatest] = range;
    need(greatest > least && greatest - least < Infinity, where, 'range', 'a least and a greatest number', `${range}`);
  }
  if (halfLifeMs !== undefined) needPositive(where, 'halfLifeMs', halfLifeMs);
  if (windowMs !== undefined) needPositive(where, 'windowMs', windowMs);
  const fades = halfLifeMs !== undefined || windowMs !== undefined;
  if (fades) need(Number.isFinite(now), where, 'now', 'a time with halfLifeMs or windowMs', now);
  strata.forEach((stratum, index) => {
    const at = `strata[${index}]`;
    need(stratum.arms.length === arms, where, `${at}.arms`, `a list of ${arms}`, stratum.arms.length);
    need(stratum.shares.length === arms, where, `${at}.shares`, `a list of ${arms}`, stratum.shares.length);
    if (fades) need(Number.isFinite(stratum.at), where, `${at}.at`, 'a time with halfLifeMs or windowMs', stratum.at);
    for (const share of stratum.shares) need(share >= 0 && share <= 1, where, `${at}.shares`, 'fractions', share);
    for (const { n, sum, sumSq } of stratum.arms) {
      const isSum = n >= 0 && n < Infinity && Number.isFinite(sum) && sumSq >= 0 && sumSq < Infinity;
      need(isSum, where, `${at}.arms`, 'finite sums with n, sumSq >= 0', `n ${n}, sum ${sum}, sumSq ${sumSq}`);
    }
  });
}

function weightOf({ at = 0 }: RewardStratum, { now = 0, halfLifeMs, windowMs = Infinity }: RewardOptions): number {
  // Clocks differ: what seems to come from the future is fresh.
  const age = Math.max(0, now - at);
  if (!(age <= windowMs)) return 0;
  return halfLifeMs === undefined ? 1 : 2 ** (-age / halfLifeMs);
}

function add(total: Weighted, { arms, shares }: RewardStratum, weight: number, arm: number): Weighted {
  const { n, sum, sumSq } = arms[arm] as RewardSums;
  const share = shares[arm] as number;
  // What an arm without a share has was not drawn, and cannot stand for anything.
  if (!(n > 0 && share > 0)) return total;
  return {
    n: total.n + weight * n,
    sum: total.sum + weight * sum,
    sumSq: total.sumSq + weight * sumSq,
    weightSq: total.weightSq + weight * weight * n,
    perShare: total.perShare + (weight * n) / share,
    sumPerShare: total.sumPerShare + (weight * sum) / share,
  };
}

/** Rewards become offset + slope × reward. */
function scaleOf(
  totals: readonly Weighted[],
  means: readonly number[],
  { range, better = 'higher' }: RewardOptions,
): { readonly offset: number; readonly slope: number } {
  const sign = better === 'higher' ? 1 : -1;
  if (range !== undefined) {
    const [least, greatest] = range;
    const slope = sign / (greatest - least);
    return { offset: -slope * (sign > 0 ? least : greatest), slope };
  }
  const known = totals.flatMap((total, arm) => (total.n > 0 ? [{ ...total, mean: means[arm] as number }] : []));
  const n = known.reduce((count, arm) => count + arm.n, 0);
  if (!(n > 0)) return { offset: 0.5, slope: 0 };
  const centre = known.reduce((sum, arm) => sum + (arm.n / n) * arm.mean, 0);
  const spread = known.reduce((sum, arm) => sum + Math.max(0, arm.sumSq - (arm.sum / arm.n) * arm.sum), 0);
  // Wide enough for every arm's mean, or two good arms would look alike at the end of the scale.
  const reach = Math.max(Math.sqrt(spread / n), ...known.map(({ mean }) => Math.abs(mean - centre)));
  const slope = reach > 0 ? sign / (2 * reach) : 0;
  return { offset: 0.5 - slope * centre, slope };
}
