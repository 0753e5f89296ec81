export * from './bernoulli-mixture.js';
export * from './event-binomial.js';
export type { Harm } from './odds-mixture.js';
