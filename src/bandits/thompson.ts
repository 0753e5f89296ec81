import type { Rng } from '../core/rng.js';
import { probBest } from '../stats/bayes/compare.js';
import type { Belief } from '../stats/bayes/posterior.js';
import { beta } from '../stats/distributions/beta.js';
import { normal } from '../stats/distributions/normal.js';
import { type ArmEvidence, type BanditEvidence, needEvidence, type Policy } from './evidence.js';

/** Which posterior: `beta` suits rewards of 0 or 1 (and any in [0, 1]); `normal` uses the variance that was seen. */
export type PosteriorModel = 'beta' | 'normal';

/** Options of Thompson sampling. */
export interface ThompsonOptions {
  /** Default `beta`. */
  readonly model?: PosteriorModel;
}

/** Narrower beliefs are as good as certain, and no quadrature could tell them from a point. */
const leastSd = 1e-8;

/** The variance within arms, as if two rewards more had been seen at the greatest variance that is possible. */
function varianceOf(arms: readonly ArmEvidence[]): number {
  let spread = 0.5;
  let count = 2;
  for (const { n, sum, sumSq } of arms) {
    if (!(n > 0)) continue;
    spread += Math.max(0, sumSq - (sum / n) * sum);
    count += n;
  }
  return spread / count;
}

/**
 * What is believed of each arm's mean. `beta`: Beta(1 + sum, 1 + n - sum). `normal`: the mean of the rewards and one more of 0.5, with the
 * variance within arms, so that an untried arm is believed to be anything.
 */
export function beliefsOf({ arms }: Pick<BanditEvidence, 'arms'>, model: PosteriorModel): readonly Belief[] {
  if (model === 'beta') return arms.map(({ n, sum }) => ({ alpha: 1 + sum, beta: 1 + Math.max(0, n - sum) }));
  const sd = Math.sqrt(varianceOf(arms));
  return arms.map(({ n, sum }) => ({
    mean: (0.5 + sum) / (1 + n),
    sd: n > 0 ? Math.max(leastSd, sd / Math.sqrt(1 + n)) : 0.5,
  }));
}

/** Shares of what quadrature gave, whose sum is 1 but for rounding. */
export function normalised(chances: readonly number[]): number[] {
  const sum = chances.reduce((total, chance) => total + chance, 0);
  return chances.map((chance) => chance / sum);
}

function drawn(belief: Belief, rng: Rng): number {
  return 'alpha' in belief ? beta.sample(rng, belief.alpha, belief.beta) : normal.sample(rng, belief.mean, belief.sd);
}

/** One draw of every arm's mean: the arms of the greatest and of the second greatest. */
export function bestTwo(beliefs: readonly Belief[], rng: Rng): readonly [best: number, second: number] {
  let [best, second] = [0, 0];
  let [greatest, next] = [-Infinity, -Infinity];
  for (let arm = 0; arm < beliefs.length; arm += 1) {
    const value = drawn(beliefs[arm] as Belief, rng);
    if (value > greatest) {
      [second, next] = [best, greatest];
      [best, greatest] = [arm, value];
    } else if (value > next) {
      [second, next] = [arm, value];
    }
  }
  return [best, second];
}

/**
 * Every arm as often as it is likely to be the best one: Thompson (1933). Weights are those chances by quadrature, without any
 * randomness; `choose` draws a mean from each posterior and takes the greatest, which gives the same chances. The chance of being the
 * best shares traffic well; it is no error rate.
 */
export function thompson(options: ThompsonOptions = {}): Policy {
  const { model = 'beta' } = options;
  const beliefs = (evidence: BanditEvidence) => {
    needEvidence('thompson', evidence);
    return beliefsOf(evidence, model);
  };
  return Object.freeze({
    name: 'thompson',
    weights: (evidence: BanditEvidence) => normalised(probBest(beliefs(evidence))),
    choose: (evidence: BanditEvidence, rng: Rng) => bestTwo(beliefs(evidence), rng)[0],
  });
}
