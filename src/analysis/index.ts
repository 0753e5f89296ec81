export { type ApprovedOptions, approved } from './approved.js';
export { type BetterThanOptions, betterThan } from './better-than.js';
export {
  type CustomGateOptions,
  type CustomGuardrailOptions,
  customGate,
  customGuardrail,
  type Finding,
  type GateFinding,
  type GuardrailFinding,
} from './custom.js';
export { type EquivalentOptions, equivalent } from './equivalent.js';
export type { GateTestOptions } from './gate-test.js';
export { maxErrorRate } from './max-error-rate.js';
export { type MaxLatencyOptions, maxLatency } from './max-latency.js';
export { type MaxMismatchRateOptions, maxMismatchRate } from './max-mismatch-rate.js';
export { maxRate } from './max-rate.js';
export { minAge } from './min-age.js';
export { minOutcomes } from './min-outcomes.js';
export { minRate } from './min-rate.js';
export { type NoWorseThanOptions, noWorseThan } from './no-worse-than.js';
export { type NonInferiorOptions, nonInferior } from './non-inferior.js';
export type { GuardrailOptions, RuleOptions } from './rule.js';
export { sampleRatio } from './sample-ratio.js';
export { type ValidatedOptions, type Validation, validated } from './validated.js';
export type {
  Approval,
  CheckResult,
  Forecast,
  Gate,
  GateCheck,
  Guardrail,
  Judged,
  Outcome,
  Severity,
  Verdict,
} from './verdict.js';
export { withinWindow } from './within-window.js';
