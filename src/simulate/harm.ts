import type { Metrics } from '../evidence/metric.js';
import type { Route } from '../plan/plan.js';
import type { Drawn, Ending, Expectation, ModelSampler } from './outcome.js';
import type { Outages } from './outages.js';

/** What requests lost by not being answered by the reference. Over 0 is worse, under 0 better. */
export class Harm {
  errors = 0;
  latencyMs = 0;
  readonly metrics: Record<string, number> = {};
}

interface MetricSign {
  readonly name: string;
  /** 1 where more is better: then less is a loss. */
  readonly sign: 1 | -1;
}

/**
 * Measures harm against a reference model. Where both are distributions it is the difference of what was to be
 * expected, so that the harm of a single run is no matter of luck; of a function or a recording it is what came, less
 * what the reference would have given on average.
 */
export class HarmMeter {
  readonly #samplers: ReadonlyMap<string, ModelSampler>;
  readonly #outages: Outages;
  readonly #reference: string;
  readonly #metrics: readonly MetricSign[];

  constructor(samplers: ReadonlyMap<string, ModelSampler>, outages: Outages, reference: string, metrics: Metrics) {
    this.#samplers = samplers;
    this.#outages = outages;
    this.#reference = reference;
    this.#metrics = Object.entries(metrics).map(([name, { better }]) => ({ name, sign: better === 'higher' ? 1 : -1 }));
  }

  /** Whether a model can do harm, and how much can be known. */
  knows(model: string): boolean {
    return model !== this.#reference && this.#samplers.get(this.#reference)?.expected !== undefined;
  }

  /** Adds what one request by this route lost. */
  add(harm: Harm, route: Route<string>, atMs: number, drawn: Drawn, { answer, wasRecorded }: Ending): void {
    const reference = this.#samplers.get(this.#reference)?.expected;
    if (reference === undefined) return;
    const expected = wasRecorded ? undefined : this.#samplers.get(route.model)?.expected;
    const normal = this.#errorRate(this.#reference, reference, atMs);
    if (expected === undefined) {
      harm.errors += (drawn.error ? 1 : 0) - normal;
      harm.latencyMs += drawn.latencyMs - reference.latencyMs(atMs);
      this.#addCame(harm, reference, normal, atMs, answer);
      return;
    }
    const rate = this.#errorRate(route.model, expected, atMs);
    harm.errors += rate - normal;
    harm.latencyMs += expected.latencyMs(atMs) - reference.latencyMs(atMs);
    for (const { name, sign } of this.#metrics) {
      const lost = (1 - normal) * reference.metric(name, atMs) - this.#mean(route, name, atMs);
      harm.metrics[name] = (harm.metrics[name] ?? 0) + sign * lost;
    }
  }

  #addCame(harm: Harm, reference: Expectation, normal: number, atMs: number, answer: Drawn | undefined): void {
    for (const { name, sign } of this.#metrics) {
      let lost = (1 - normal) * reference.metric(name, atMs);
      for (let index = 0; index < (answer?.count ?? 0); index += 1) {
        if (answer?.names[index] === name) lost -= Number(answer.values[index]);
      }
      harm.metrics[name] = (harm.metrics[name] ?? 0) + sign * lost;
    }
  }

  /** A metric's mean per request: of the model's answers, and of its fallbacks' where it fails. */
  #mean({ model, fallbacks }: Route<string>, name: string, atMs: number): number {
    let [mean, chance] = [0, 1];
    for (const served of [model, ...fallbacks]) {
      const expected = this.#samplers.get(served)?.expected;
      if (expected === undefined) return mean;
      const rate = this.#errorRate(served, expected, atMs);
      mean += chance * (1 - rate) * expected.metric(name, atMs);
      chance *= rate;
      if (!(chance > 0)) return mean;
    }
    return mean;
  }

  #errorRate(model: string, expected: Expectation, atMs: number): number {
    const own = expected.errorRate(atMs);
    return this.#outages.concerns(model) ? 1 - (1 - own) * (1 - this.#outages.ofModel(model, atMs)) : own;
  }
}
