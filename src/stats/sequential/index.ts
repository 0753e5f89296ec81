export * from './bernoulli-mixture.js';
export type { BettingOptions } from './betting.js';
export * from './event-binomial.js';
export type { EventCount } from './event-count.js';
export * from './inverse-propensity.js';
export type { Harm } from './odds-mixture.js';
export { type AssignmentBatch, type SampleRatioProcess, sampleRatioProcess } from './sample-ratio.js';
export * from './score.js';
export * from './score-mixture.js';
