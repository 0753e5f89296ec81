import type { Rng } from '../core/rng.js';
import { need } from '../stats/domain.js';

/** What is known of an arm, with every reward in [0, 1] and 1 the best: sums, which may be discounted and need not be whole. */
export interface ArmEvidence {
  /** Rewards that were observed. */
  readonly n: number;
  readonly sum: number;
  readonly sumSq: number;
  /** The sum of reward / propensity, which EXP3 needs: it estimates what every decision would have earned with this arm. */
  readonly gain?: number;
}

/** What a policy decides by. `rewardEvidence` makes it of what was counted. */
export interface BanditEvidence {
  /** 1 to 100 arms, always in the same order. */
  readonly arms: readonly ArmEvidence[];
  /** The decisions that the weights will be held for. Default 1. */
  readonly batch?: number;
}

/** A rule from evidence to the chances of the arms. Pure: the same evidence gives the same weights on every replica. */
export interface Policy {
  readonly name: string;
  /** The chance of each arm; they sum to 1. The policy's own, without a floor: see `withFloor`. */
  weights(evidence: BanditEvidence): readonly number[];
  /** One arm, drawn with just these chances. Often much cheaper than all weights. */
  choose(evidence: BanditEvidence, rng: Rng): number;
}

export const armsMax = 100;

/** Room for what rounding of long sums may have added. */
const tolerance = 1e-6;

/** Throws `domain` for evidence that rewards in [0, 1] cannot have. */
export function needEvidence(where: string, { arms, batch = 1 }: BanditEvidence): void {
  need(arms.length >= 1 && arms.length <= armsMax, where, 'arms', `a list of 1 to ${armsMax} arms`, arms.length);
  need(batch > 0 && batch < Infinity, where, 'batch', 'a finite number over 0', batch);
  for (let arm = 0; arm < arms.length; arm += 1) {
    const { n, sum, sumSq, gain = 0 } = arms[arm] as ArmEvidence;
    const most = n * (1 + tolerance);
    const fits = n >= 0 && n < Infinity && sum >= 0 && sum <= most && sumSq >= 0 && sumSq <= most && gain >= 0;
    // The text is put together only when it is thrown: this runs at every decision of a simulation.
    if (!(fits && gain < Infinity)) {
      need(false, where, `arms[${arm}]`, 'n >= 0 with 0 <= sum, sumSq <= n and 0 <= gain', `n ${n}, sum ${sum}`);
    }
  }
}

/** How many rewards there are of all arms. */
export function pullsOf(arms: readonly ArmEvidence[]): number {
  let pulls = 0;
  for (const { n } of arms) pulls += n;
  return pulls;
}

/** The mean reward; 0.5 for an arm without any. */
export function meanOf({ n, sum }: ArmEvidence): number {
  return n > 0 ? Math.min(1, sum / n) : 0.5;
}

/** An arm by weights that sum to 1, from one number of `rng`. Never an arm of weight 0. */
export function drawArm(weights: readonly number[], rng: Rng): number {
  const point = rng.next();
  let below = 0;
  let last = 0;
  for (let arm = 0; arm < weights.length; arm += 1) {
    const weight = weights[arm] as number;
    if (!(weight > 0)) continue;
    below += weight;
    last = arm;
    if (point < below) return arm;
  }
  return last;
}

/** Shares 1 equally among the arms of the greatest score; a score that is NaN is never the greatest. */
export function shareGreatest(scores: readonly number[]): number[] {
  let greatest = -Infinity;
  for (const score of scores) if (score > greatest) greatest = score;
  const isGreatest = scores.map((score) => score === greatest);
  const count = isGreatest.reduce((sum, is) => sum + (is ? 1 : 0), 0);
  return scores.map((_, arm) => (count === 0 ? 1 / scores.length : isGreatest[arm] ? 1 / count : 0));
}

/** Weights that share 1 among the arms that were never tried; `undefined` when all were. */
export function untriedShares(arms: readonly ArmEvidence[]): number[] | undefined {
  const untried = arms.filter(({ n }) => !(n > 0)).length;
  if (untried === 0) return undefined;
  return arms.map(({ n }) => (n > 0 ? 0 : 1 / untried));
}

/** A policy that draws from its weights. */
export function policyOf(name: string, weigh: (evidence: BanditEvidence) => readonly number[]): Policy {
  const weights = (evidence: BanditEvidence) => {
    needEvidence(name, evidence);
    return weigh(evidence);
  };
  return Object.freeze({ name, weights, choose: (evidence, rng) => drawArm(weights(evidence), rng) } satisfies Policy);
}
