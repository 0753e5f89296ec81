import type { Context } from '../core/context.js';
import type { Rng } from '../core/rng.js';

/** A request of a simulation, as a model written as a function sees it. */
export interface SimulatedRequest {
  /** Milliseconds since the start. */
  readonly atMs: number;
  readonly context: Context;
}

/**
 * What came of a request, as a function or a recorded line tells it: whether the call failed, how long it took, and
 * the values of the declared metrics, reported `afterMs` later.
 */
export type SimulatedOutcome = {
  readonly error?: boolean;
  readonly latencyMs?: number;
  readonly afterMs?: number;
  readonly [metric: string]: unknown;
};

/** What came of one request: one object that is written again and again, since there are millions of them. */
export class Drawn {
  error = false;
  latencyMs = 0;
  /** The reports to come: so many of the places below. */
  count = 0;
  readonly names: string[] = [];
  readonly values: unknown[] = [];
  readonly delaysMs: number[] = [];

  clear(): void {
    this.error = false;
    this.latencyMs = 0;
    this.count = 0;
  }

  report(name: string, value: unknown, delayMs: number): void {
    this.names[this.count] = name;
    this.values[this.count] = value;
    this.delaysMs[this.count] = delayMs;
    this.count += 1;
  }

  /** Takes over what a function or a line told. */
  take({ error = false, latencyMs = 0, afterMs = 0, ...metrics }: SimulatedOutcome): void {
    this.error = error;
    this.latencyMs = latencyMs;
    for (const name of Object.keys(metrics)) this.report(name, metrics[name], afterMs);
  }
}

/** How a request ended, beside what its model drew. */
export interface Ending {
  /** What the answer brings: the model's own, a fallback's, or nothing where nobody answered. */
  readonly answer: Drawn | undefined;
  readonly wasRecorded: boolean;
}

/** What can be said of a model before anything is drawn. */
export interface Expectation {
  errorRate(atMs: number): number;
  latencyMs(atMs: number): number;
  /** Mean values per answered request, by metric; a metric that the model says nothing of is 0. */
  metric(name: string, atMs: number): number;
}

/** A model that draws its outcomes. */
export interface ModelSampler {
  draw(request: SimulatedRequest, drawn: Drawn): void;
  /** The chance that this model as a shadow answers otherwise than its primary. */
  mismatch(atMs: number): number;
  /** Undefined for a function: nobody knows what it will do. */
  readonly expected: Expectation | undefined;
}

/** A model as a function. */
export type OutcomeFunction = (request: SimulatedRequest, rng: Rng) => SimulatedOutcome;
