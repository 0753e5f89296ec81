import { own } from '../core/json.js';
import { type Check, duration, either, object, oneOf, optional, recordOf } from '../core/options.js';
import { callable, must } from '../core/options.js';
import type { Rng } from '../core/rng.js';
import { type Level, type LevelAt, amount, chance, levelAt, quantity } from './level.js';
import type { Drawn, Expectation, ModelSampler, OutcomeFunction, SimulatedRequest } from './outcome.js';
import { exponential, standardNormal } from './variates.js';

/** Something that happens or not after an answer, and is reported when it does. */
export interface SimulatedEvent {
  /** The chance, per answered request. */
  readonly rate: Level;
  /** The mean time until it is reported (exponential). Default 0: at once. */
  readonly delayMs?: number;
  /** Report `false` too when it does not happen, as a metric `per: 'report'` wants. Default false. */
  readonly reportsFalse?: boolean;
}

/** An amount that is reported after an answer. */
export interface SimulatedAmount {
  readonly mean: Level;
  /** The standard deviation. Default 0. */
  readonly sd?: number;
  /** Default `'normal'`; `'lognormal'` is never negative and has a long tail, and needs a mean over 0. */
  readonly shape?: 'normal' | 'lognormal';
  /** The chance that there is one at all. Default 1. */
  readonly rate?: Level;
  /** The mean time until it is reported (exponential). Default 0: at once. */
  readonly delayMs?: number;
}

/** Latencies with a long tail (lognormal). */
export interface SimulatedLatency {
  readonly medianMs: Level;
  /** The 95th percentile over the median, 1 or more. Default 2. */
  readonly tail?: number;
}

/** A model as what comes of its calls. */
export interface ModelOutcomes {
  /** The chance that a call fails. Default 0. */
  readonly errorRate?: Level;
  /** A constant, or a distribution. Default 0. */
  readonly latencyMs?: Level | SimulatedLatency;
  /** By the name of a declared metric. An answered request alone brings any. */
  readonly metrics?: Readonly<Record<string, SimulatedEvent | SimulatedAmount>>;
  /** As a shadow: the chance that the output differs from the primary's. Default 0. */
  readonly mismatch?: Level;
}

/** A model of a simulation: distributions, or a function of the request. */
export type SimulatedModel = ModelOutcomes | OutcomeFunction;

const zero: LevelAt = () => 0;
/** The 95th percentile of a standard normal number. */
const z95 = 1.6448536269514722;

export function samplerOf(model: SimulatedModel, rng: Rng): ModelSampler {
  return typeof model === 'function' ? new FunctionSampler(model, rng) : new OutcomeSampler(model, rng);
}

class FunctionSampler implements ModelSampler {
  readonly expected = undefined;
  readonly mismatch = zero;
  readonly #model: OutcomeFunction;
  readonly #rng: Rng;

  constructor(model: OutcomeFunction, rng: Rng) {
    this.#model = model;
    this.#rng = rng;
  }

  draw(request: SimulatedRequest, drawn: Drawn): void {
    drawn.take(this.#model(request, this.#rng));
  }
}

/** One metric: adds its report, if there is one. */
interface MetricSampler {
  readonly mean: LevelAt;
  draw(atMs: number, drawn: Drawn): void;
}

class OutcomeSampler implements ModelSampler, Expectation {
  readonly expected = this;
  readonly mismatch: LevelAt;
  readonly errorRate: LevelAt;
  readonly latencyMs: LevelAt;
  readonly #rng: Rng;
  readonly #median: LevelAt;
  readonly #sigma: number;
  readonly #metrics: Readonly<Record<string, MetricSampler>>;
  readonly #samplers: readonly MetricSampler[];

  constructor({ errorRate = 0, latencyMs = 0, metrics = {}, mismatch = 0 }: ModelOutcomes, rng: Rng) {
    this.#rng = rng;
    this.errorRate = levelAt(errorRate);
    this.mismatch = levelAt(mismatch);
    const isLevel = typeof latencyMs === 'number' || !('medianMs' in latencyMs);
    const median = levelAt(isLevel ? latencyMs : latencyMs.medianMs);
    this.#median = median;
    this.#sigma = isLevel ? 0 : Math.log(latencyMs.tail ?? 2) / z95;
    const overMedian = Math.exp(this.#sigma ** 2 / 2);
    this.latencyMs = (atMs) => median(atMs) * overMedian;
    const samplers = Object.entries(metrics).map(([name, metric]) => {
      return [name, 'mean' in metric ? amountSampler(name, metric, rng) : eventSampler(name, metric, rng)] as const;
    });
    this.#metrics = Object.fromEntries(samplers);
    this.#samplers = samplers.map(([, sampler]) => sampler);
  }

  metric(name: string, atMs: number): number {
    return own(this.#metrics, name)?.mean(atMs) ?? 0;
  }

  draw({ atMs }: SimulatedRequest, drawn: Drawn): void {
    drawn.error = this.#rng.next() < this.errorRate(atMs);
    const median = this.#median(atMs);
    drawn.latencyMs = this.#sigma > 0 ? median * Math.exp(this.#sigma * standardNormal(this.#rng)) : median;
    if (drawn.error) return;
    for (const sampler of this.#samplers) sampler.draw(atMs, drawn);
  }
}

function delayOf(delayMs: number, rng: Rng): number {
  return delayMs > 0 ? delayMs * exponential(rng) : 0;
}

function eventSampler(name: string, event: SimulatedEvent, rng: Rng): MetricSampler {
  const { rate, delayMs = 0, reportsFalse = false } = event;
  const mean = levelAt(rate);
  return {
    mean,
    draw: (atMs, drawn) => {
      const happened = rng.next() < mean(atMs);
      if (happened || reportsFalse) drawn.report(name, happened, delayOf(delayMs, rng));
    },
  };
}

function amountSampler(name: string, amounts: SimulatedAmount, rng: Rng): MetricSampler {
  const { sd = 0, shape = 'normal', delayMs = 0 } = amounts;
  const rate = levelAt(amounts.rate ?? 1);
  const mean = levelAt(amounts.mean);
  const draw = (at: number): number => {
    if (!(sd > 0)) return at;
    if (shape === 'normal') return at + sd * standardNormal(rng);
    // The lognormal with this mean and this deviation.
    const variance = Math.log1p((sd / at) ** 2);
    return at * Math.exp(Math.sqrt(variance) * standardNormal(rng) - variance / 2);
  };
  return {
    mean: (atMs) => rate(atMs) * mean(atMs),
    draw: (atMs, drawn) => {
      if (rng.next() < rate(atMs)) drawn.report(name, draw(mean(atMs)), delayOf(delayMs, rng));
    },
  };
}

const tailCheck = must('a number, 1 or more', (value) => typeof value === 'number' && value >= 1 && value < Infinity);
const eventCheck = object({
  rate: chance,
  delayMs: optional(duration),
  reportsFalse: optional(oneOf(true, false)),
});
const amountCheck = object({
  mean: quantity,
  sd: optional(duration),
  shape: optional(oneOf('normal', 'lognormal')),
  rate: optional(chance),
  delayMs: optional(duration),
});
const isOverZero = (level: unknown): boolean =>
  typeof level === 'number' ? level > 0 : Array.isArray(level) && level.every(([, value]) => value > 0);
const metricCheck: Check = (value, path, issues) => {
  const isAmount = typeof value === 'object' && value !== null && 'mean' in value;
  (isAmount ? amountCheck : eventCheck)(value, path, issues);
  const { mean, shape } = (value ?? {}) as Partial<SimulatedAmount>;
  if (shape !== 'lognormal' || isOverZero(mean)) return;
  issues.push({
    path: `${path}.mean`,
    message: 'must be over 0 for lognormal amounts, which are never anything else.',
  });
};
const outcomesCheck = object({
  errorRate: optional(chance),
  latencyMs: optional(
    either(
      'a level of milliseconds, or { medianMs, tail }',
      amount,
      object({ medianMs: amount, tail: optional(tailCheck) }),
    ),
  ),
  metrics: optional(recordOf(metricCheck, { max: 256 })),
  mismatch: optional(chance),
});

/** The check of a simulated model. */
export const modelCheck: Check = (value, path, issues) => {
  if (typeof value === 'function') callable(value, path, issues);
  else outcomesCheck(value, path, issues);
};
