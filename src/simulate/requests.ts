import { hash32 } from '../core/hash.js';
import { type Context, defaultUnit, unitOf } from '../core/context.js';
import { Arrivals } from './arrivals.js';
import type { SimulatedOutcome } from './outcome.js';
import { Crowd, type Population } from './population.js';
import { RecordedSource, type RecordedTraffic } from './recorded.js';
import type { Traffic } from './traffic.js';
import type { Rng } from '../core/rng.js';

/** A request that has come. */
export interface IncomingRequest {
  readonly atMs: number;
  readonly context: Context;
  /** A number that stands for the unit; -1 for nobody known. */
  readonly unitId: number;
  readonly outcomes?: Readonly<Record<string, SimulatedOutcome>>;
}

/** Where requests come from. */
export interface RequestSource {
  /** When the next one comes, ms since the start; Infinity if none does. */
  readonly nextMs: number;
  /** More may come, but has to be read first. */
  readonly isDry: boolean;
  take(): IncomingRequest;
  fill(): Promise<void>;
}

/** Requests drawn from a rate and a population. */
export class GeneratedRequests implements RequestSource {
  readonly isDry = false;
  readonly #arrivals: Arrivals;
  readonly #crowd: Crowd;
  nextMs: number;

  constructor(
    traffic: Traffic,
    population: Population,
    rngs: { arrivals: Rng; units: Rng; tag: string },
    startMs: number,
    endMs: number,
  ) {
    this.#arrivals = new Arrivals(traffic, rngs.arrivals, startMs, endMs);
    this.#crowd = new Crowd(population, rngs.units, rngs.tag);
    this.nextMs = this.#arrivals.next();
  }

  take(): IncomingRequest {
    const atMs = this.nextMs;
    this.nextMs = this.#arrivals.next();
    const { id, context } = this.#crowd.next();
    return { atMs, context, unitId: id };
  }

  async fill(): Promise<void> {}
}

/** Requests from a recording. */
export class RecordedRequests implements RequestSource {
  readonly #source: RecordedSource;
  readonly #unit: string;

  /** `unit` is the attribute by which units are told apart when they are counted. */
  constructor(recorded: RecordedTraffic, unit = defaultUnit) {
    this.#source = new RecordedSource(recorded);
    this.#unit = unit;
  }

  get startMs(): number | undefined {
    return this.#source.startMs;
  }

  get nextMs(): number {
    return this.#source.nextMs;
  }

  get isDry(): boolean {
    return this.#source.isDry;
  }

  take(): IncomingRequest {
    const request = this.#source.take();
    const unit = unitOf(request.context, this.#unit);
    return { ...request, unitId: unit === undefined ? -1 : hash32(unit) };
  }

  fill(): Promise<void> {
    return this.#source.fill();
  }
}
