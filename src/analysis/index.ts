export { type BetterThanOptions, betterThan } from './better-than.js';
export { maxErrorRate } from './max-error-rate.js';
export { type MaxLatencyOptions, maxLatency } from './max-latency.js';
export { maxMismatchRate } from './max-mismatch-rate.js';
export { minOutcomes } from './min-outcomes.js';
export { type NoWorseThanOptions, noWorseThan } from './no-worse-than.js';
export type { RuleOptions } from './rule.js';
export type { Gate, Guardrail, Judged, Outcome, Verdict } from './verdict.js';
