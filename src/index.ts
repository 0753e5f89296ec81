export type { Calendar, Weekday } from './core/calendar.js';
export type { Clock, Timer } from './core/clock.js';
export { systemClock } from './core/clock.js';
export type { Condition, JsonCondition } from './core/conditions.js';
export type { Context } from './core/context.js';
export type { ErrorCode, Issue } from './core/errors.js';
export { ConfigError, TurnoutError, isTurnoutError } from './core/errors.js';
export { hash32 } from './core/hash.js';
export type { Json } from './core/json.js';
export type { Rng } from './core/rng.js';
export { seededRng, systemRng } from './core/rng.js';

export type { ComparedPair, Comparison } from './plan/comparison.js';
export { cutsOf, rampCuts, reallocate } from './plan/cuts.js';
export type { Explanation, ExplanationStep } from './plan/explain.js';
export { explanationText } from './plan/explanation-text.js';
export type {
  Choose,
  Cut,
  Exposure,
  Match,
  Mirror,
  Plan,
  PlanArm,
  PlanRule,
  PlanShadow,
  Reason,
  Route,
  RouteMirror,
  Serve,
  Split,
} from './plan/plan.js';

export type { Evidence } from './evidence/evidence.js';
export { emptyEvidence, mergeEvidence } from './evidence/evidence.js';
export { parseEvidence } from './evidence/parse-evidence.js';
export type {
  BinaryOptions,
  ContinuousOptions,
  Metric,
  Metrics,
  OutcomeOf,
  RatioOptions,
  RatioValue,
} from './evidence/metric.js';
export { binary, continuous, ratio } from './evidence/metric.js';
export type { Cell, MetricSums, Stratum } from './evidence/stratum.js';
export type { TokenSigner } from './evidence/token.js';

export * from './analysis/index.js';
export type { StopAlpha } from './analysis/stop-ledger.js';

export type { ABTestOptions, ArmOf, Layer } from './strategies/ab-test/options.js';
export type { ABComparison, ABReport } from './strategies/ab-test/report.js';
export type { ABTestState } from './strategies/ab-test/state.js';
export { ABTest } from './strategies/ab-test.js';
export type { AlertKind } from './strategies/alerts.js';
export { Bandit, type BanditOptions, type BanditReport } from './strategies/bandit.js';
export type { BlueGreenOptions, KeepWarm, ReadinessCheck } from './strategies/blue-green-options.js';
export { BlueGreen } from './strategies/blue-green.js';
export type { CanaryOptions, CanaryState } from './strategies/canary-options.js';
export { Canary } from './strategies/canary.js';
export type { InstanceCall, InstanceOption, RollingOptions } from './strategies/rolling/options.js';
export { Rolling } from './strategies/rolling.js';
export { Composite } from './strategies/children.js';
export type { Choice, Needs, Start, StartOf } from './strategies/choose-strategy.js';
export { chooseStrategy } from './strategies/choose-strategy.js';
export type { Comparator } from './strategies/comparators.js';
export { exact, rankOverlap, setOverlap, withinTolerance } from './strategies/comparators.js';
export type { DarkLaunchOptions, DarkLaunchState, DarkStage } from './strategies/dark-launch-options.js';
export { DarkLaunch } from './strategies/dark-launch.js';
export type { FeatureFlagOptions, FlagRule } from './strategies/feature-flag.js';
export { FeatureFlag } from './strategies/feature-flag.js';
export type { FlagFinding, FlagProblem } from './strategies/flag-audit.js';
export { auditFlags } from './strategies/flag-audit.js';
export type { GuardOptions } from './strategies/guarding.js';
export type { LeaveRule, PipelineOptions, PipelineState } from './strategies/pipeline-options.js';
export { Pipeline } from './strategies/pipeline.js';
export { exponential, linear } from './strategies/ramp.js';
export type { Retry, Watch } from './strategies/ramp-state.js';
export type { ShadowOptions, ShadowUntil } from './strategies/shadow-options.js';
export { Shadow } from './strategies/shadow.js';
export type { Stage, StagePolicy } from './strategies/stages.js';
export type {
  Branch,
  Command,
  MetricsOf,
  ModelsOf,
  NodeVerdicts,
  Notice,
  Scope,
  Signal,
  Status,
  Strategy,
  Task,
  Transition,
  View,
} from './strategies/strategy.js';

export type { Answer } from './runtime/control/control-loop.js';
export type { Decision } from './runtime/decision.js';
export type { Difference } from './runtime/mirrors/mirror-pool.js';
export type { Call, InputOf, Model, Models, OutputOf, Predict } from './runtime/calls/model.js';
export type { OnPlanEdit } from './runtime/control/plan-edit.js';
export type { Alert, OutcomeEvent, RouterEvents } from './runtime/router-events.js';
export type { Logger, MirrorOptions, RouterOptions } from './runtime/router-options.js';
export type { CommandOptions } from './runtime/commands.js';
export type { Prediction, Router } from './runtime/router.js';
export { createRouter } from './runtime/router.js';
export type { ArmReport, Estimate, LatencyReport } from './runtime/reporting/arm-report.js';
export type { ComparisonPoint, ComparisonReport } from './runtime/reporting/comparison-report.js';
export type { EpochReport, NodeReport, Reportable, RolloutReport } from './runtime/reporting/rollout-report.js';
export { reportOf } from './runtime/reporting/rollout-report.js';
export type { NodeStatus, RouterStatus } from './runtime/status.js';
export type { Authorize } from './runtime/authority.js';
export type { LastKnown } from './runtime/control/record-keeper.js';
export type { HistorySink } from './runtime/control/archive.js';
export type { AlertMark, AlertSeverity, HistoryEntry, RolloutRecord, StateStore } from './runtime/control/store.js';
export * from './runtime/validation/index.js';
