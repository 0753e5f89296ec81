export * from './bernoulli-mixture.js';
export type { BettingOptions } from './betting.js';
export * from './event-binomial.js';
export type { EventCount } from './event-count.js';
export * from './inverse-propensity.js';
export type { Harm } from './odds-mixture.js';
export { type AssignmentBatch, type SampleRatioProcess, sampleRatioProcess } from './sample-ratio.js';
export * from './score.js';
export * from './score-mixture.js';
export { type ClassicalShape, classicalBounds } from './classical-bounds.js';
export { type GroupSequentialBounds, type GroupSequentialLooks, groupSequentialBounds } from './group-sequential.js';
export type { Spending } from './spending.js';
export { type MixtureSprt, mixtureSprt, mixtureSprtProportions } from './msprt.js';
export { type SampleRatioTest, sampleRatioTest } from './sample-ratio-test.js';
export * from './boundaries/index.js';
export {
  type AsymptoticConfidenceSequence,
  asymptoticConfidenceSequence,
  type ConfidenceSequence,
  proportionConfidenceSequence,
  scoreConfidenceSequence,
} from './confidence-sequences.js';
export { quantileComparison, quantileOverLimit } from './quantile.js';
export {
  quantileConfidenceSequence,
  quantileDifference,
  type QuantileOptions,
  type ValueCount,
  valuesOf,
} from './quantile-sequences.js';
