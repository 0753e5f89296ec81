import type { Json } from '../core/json.js';
import type { Verdict } from '../analysis/verdict.js';
import type { NodeStatus } from '../runtime/status.js';
import type { ScriptedAnswer } from './script.js';

/** What was counted of an arm so far. */
export type ArmCounts = {
  readonly exposed: number;
  readonly errors: number;
  readonly metrics: Readonly<Record<string, { readonly n: number; readonly sum: number }>>;
};

/** What requests lost by not being answered by the reference model: sums; over 0 is worse, under 0 better. */
export type HarmResult = {
  /** Calls that failed and would not have. */
  readonly excessErrors: number;
  /** The sum over all requests, in milliseconds. */
  readonly extraLatencyMs: number;
  /** By metric, in its unit: conversions, revenue. */
  readonly lost: Readonly<Record<string, number>>;
};

/** What came of the requests of a model. */
export type ModelResult = {
  readonly exposed: number;
  /** Different units, within 1.6 % (one standard error). */
  readonly units: number;
  /** Calls that failed or timed out. */
  readonly errors: number;
  /** Requests that nobody answered. */
  readonly failed: number;
  /** Requests that a fallback answered. */
  readonly fellBack: number;
  /** Quantiles within 1 %. */
  readonly latencyMs: { readonly mean: number; readonly p50: number; readonly p95: number; readonly p99: number };
  /** Reports that came until the end, and the sum of their values. */
  readonly metrics: ArmCounts['metrics'];
  /** Of a model that is not the reference, where the reference is a distribution. */
  readonly harm?: HarmResult;
};

/** What came of the requests of an arm. */
export type ArmResult = ModelResult & {
  readonly node: string;
  readonly arm: string;
  /** Which the arm led to. */
  readonly models: readonly string[];
};

/** A transition, as the router told it. */
export type TimelineEntry = {
  /** Milliseconds since the start. */
  readonly atMs: number;
  readonly node: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
  readonly facts: Readonly<Record<string, Json>>;
  /** The arms of the node, counted from the start until then. */
  readonly arms: Readonly<Record<string, ArmCounts>>;
};

/** What one rule said, over time: all turns, and some of the looks between them. */
export type VerdictSeries = {
  readonly node: string;
  readonly rule: string;
  readonly points: readonly (Omit<Verdict, 'rule'> & { readonly atMs: number })[];
};

/** The shares of a node, whenever they changed. */
export type ShareSeries = {
  readonly node: string;
  readonly points: readonly { readonly atMs: number; readonly shares: Readonly<Record<string, number>> }[];
};

/** All that was counted by a moment. */
export type Sample = {
  readonly atMs: number;
  readonly requests: number;
  readonly arms: Readonly<Record<string, Readonly<Record<string, ArmCounts>>>>;
};

/** A run of a plan, as plain JSON. All times are ms since the start. */
export type SimulationResult = {
  readonly format: 1;
  readonly name: string;
  readonly seed: number;
  /** Wall time, ms since 1970. */
  readonly startMs: number;
  readonly ranMs: number;
  /** The model that harm is measured against. */
  readonly reference: string;
  readonly status: NodeStatus<string>;
  /** How the root ended, if it did, and when it last got there. */
  readonly settled?: { readonly as: 'promoted' | 'rolled-back'; readonly atMs: number };
  readonly timeline: readonly TimelineEntry[];
  /** Alerts, as the router told them. */
  readonly alerts: readonly { readonly atMs: number; readonly node?: string; readonly why: string }[];
  readonly commands: readonly ScriptedAnswer[];
  readonly requests: {
    readonly served: number;
    /** Came while no replica was up. */
    readonly lost: number;
    /** Recorded requests whose model had no outcome. */
    readonly unmatched: number;
  };
  readonly arms: readonly ArmResult[];
  readonly models: Readonly<Record<string, ModelResult>>;
  readonly verdicts: readonly VerdictSeries[];
  readonly shares: readonly ShareSeries[];
  readonly samples: readonly Sample[];
  /** Looks at the evidence, over all replicas. */
  readonly ticks: number;
  /** What limits dropped, what came late, what failed, over all replicas. */
  readonly counters: Readonly<Record<string, number>>;
};
