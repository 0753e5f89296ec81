export type { Level } from './level.js';
export type { OutcomeFunction, SimulatedOutcome, SimulatedRequest } from './outcome.js';
export type { Outage } from './outages.js';
export type { ClosedPopulation, OpenPopulation, Population } from './population.js';
export type { RecordedLines, RecordedTraffic } from './recorded.js';
export type {
  ArmCounts,
  ArmResult,
  HarmResult,
  ModelResult,
  Sample,
  ShareSeries,
  SimulationResult,
  TimelineEntry,
  VerdictSeries,
} from './result.js';
export type { ScriptedAnswer, ScriptedCommand } from './script.js';
export type { ServedRequest } from './serve.js';
export { simulate } from './simulate.js';
export type {
  ModelOutcomes,
  SimulatedAmount,
  SimulatedEvent,
  SimulatedLatency,
  SimulatedModel,
} from './simulated-model.js';
export type { SimulationOptions } from './simulation-options.js';
export type { Burst, DailyWave, Traffic } from './traffic.js';
export type { Estimate, Rate } from './estimates.js';
export type { Rehearsal, RehearsalDefinition, Scenario } from './rehearsal.js';
export { defineRehearsal } from './rehearsal.js';
export type { RehearsalResult, ScenarioResult, StepResult } from './rehearsal-result.js';
export type { RehearsalProgress, RehearseOptions } from './rehearse.js';
export { rehearse } from './rehearse.js';
export type { RunSummary, StepSummary } from './run-summary.js';
export type { ScenarioOptions, UsualScenario } from './scenarios.js';
export { usualScenarios } from './scenarios.js';
export type { StageForecast, StagesGoal, StagesSuggestion, SuggestedStage } from './suggest-stages.js';
export { suggestStages } from './suggest-stages.js';
export type { WeakSpot } from './weak-spots.js';
