import type { Rng } from '../core/rng.js';
import { type Node, quadrature } from '../stats/bayes/quadrature.js';
import type { Belief } from '../stats/bayes/posterior.js';
import { need } from '../stats/domain.js';
import { type BanditEvidence, needEvidence, type Policy } from './evidence.js';
import { beliefsOf, bestTwo, normalised, type ThompsonOptions } from './thompson.js';

/** Options of top-two Thompson sampling. */
export interface TopTwoOptions extends ThompsonOptions {
  /** The part of the decisions that the best arm of a draw gets; the second best has the rest. In (0.5, 1) or 0.5. Default 0.75. */
  readonly leaderShare?: number;
}

/**
 * The two best arms of each draw, so that the runner-up is measured as well as the leader: top-two Thompson sampling after Russo (2016), both
 * of the same draw. It finds out sooner which arm is best and pays for it: the second best keeps a quarter of the traffic, or 1 - `leaderShare`,
 * for ever. With two arms and a `leaderShare` of 0.5 traffic would never shift, which is why that is not the default.
 */
export function topTwoThompson(options: TopTwoOptions = {}): Policy {
  const { model = 'beta', leaderShare = 0.75 } = options;
  need(leaderShare >= 0.5 && leaderShare < 1, 'topTwoThompson', 'leaderShare', 'a number in [0.5, 1)', leaderShare);
  const beliefs = (evidence: BanditEvidence) => {
    needEvidence('topTwoThompson', evidence);
    return beliefsOf(evidence, model);
  };
  return Object.freeze({
    name: 'top-two-thompson',
    weights(evidence: BanditEvidence) {
      const all = beliefs(evidence);
      if (all.length === 1) return [1];
      const nodes = quadrature(all);
      const best = normalised(chancesOf(nodes, all, bestAt));
      const second = normalised(chancesOf(nodes, all, secondAt));
      return best.map((chance, arm) => leaderShare * chance + (1 - leaderShare) * (second[arm] as number));
    },
    choose(evidence: BanditEvidence, rng: Rng) {
      const [best, second] = bestTwo(beliefs(evidence), rng);
      return evidence.arms.length === 1 || rng.next() < leaderShare ? best : second;
    },
  });
}

type Point = Node['arms'][number];

function chancesOf(
  nodes: readonly Node[],
  beliefs: readonly Belief[],
  at: (points: readonly Point[], arm: number) => number,
): number[] {
  return beliefs.map((_, arm) => nodes.reduce((sum, { weight, arms }) => sum + weight * at(arms, arm), 0));
}

/** The density of an arm's mean here, with all others below. */
function bestAt(points: readonly Point[], arm: number): number {
  return points.reduce((product, point, i) => product * (i === arm ? point.density : point.below), 1);
}

/** The density of an arm's mean here, with one of the others above and the rest below. */
function secondAt(points: readonly Point[], arm: number): number {
  const { density } = points[arm] as Point;
  if (!(density > 0)) return 0;
  // One pass: the chances that none, and that just one, of the others so far is above.
  let [none, one] = [1, 0];
  points.forEach(({ below, above }, i) => {
    if (i === arm) return;
    one = one * below + none * above;
    none *= below;
  });
  return density * one;
}
