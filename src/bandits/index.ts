export { inverseGapWeighting } from './contextual/inverse-gap.js';
export { linUcb } from './contextual/lin-ucb.js';
export { type LinearMoments, linearMoments, type LinearMomentsOptions } from './contextual/moments.js';
export {
  addLinearSums,
  emptyLinearSums,
  type LinearSums,
  observeLinear,
} from './contextual/linear-sums.js';
export { linearThompson, type LinearThompsonOptions } from './contextual/linear-thompson.js';
export type { ContextualPolicy, ContextualWeights, LinearOptions } from './contextual/policy.js';
export { type EpsilonGreedyOptions, epsilonGreedy } from './epsilon-greedy.js';
export type { ArmEvidence, BanditEvidence, Policy } from './evidence.js';
export { exp3, type Exp3Options } from './exp3.js';
export { withFloor, withMinimum } from './floor.js';
export { type ArmIndex, indexPolicy } from './index-policy.js';
export { bernoulliKl, klUcb } from './kl-ucb.js';
export { moss } from './moss.js';
export { softmax } from './softmax.js';
export { type PosteriorModel, thompson, type ThompsonOptions } from './thompson.js';
export { topTwoThompson, type TopTwoOptions } from './top-two.js';
export { ucb1, ucb1Tuned } from './ucb1.js';
export {
  type RewardEvidence,
  rewardEvidence,
  type RewardOptions,
  type RewardStratum,
  type RewardSums,
} from './reward-evidence.js';
export {
  type DecisionFacts,
  type DecisionLog,
  decisionLine,
  decisionRow,
  type LoggableDecision,
  parseDecisionLog,
} from './off-policy/decision-log.js';
export {
  directMethod,
  doublyRobust,
  shrunkDoublyRobust,
  switchDoublyRobust,
} from './off-policy/doubly-robust.js';
export type { EstimateOptions, OffPolicyEstimate } from './off-policy/estimate.js';
export { inversePropensityScore, selfNormalisedScore } from './off-policy/inverse-propensity.js';
export { replay } from './off-policy/replay.js';
export { crossFitted, type CrossFitOptions } from './off-policy/reward-model.js';
export type { LoggedRow, RewardModel, TargetPolicy } from './off-policy/rows.js';
