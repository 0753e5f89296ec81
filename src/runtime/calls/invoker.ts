import type { Clock } from '../../core/clock.js';
import type { Context } from '../../core/context.js';
import type { Route } from '../../plan/plan.js';
import type { Settlement } from './attempt.js';
import { Deadlines } from '../waiting/deadlines.js';
import type { InFlight } from '../instances/in-flight.js';
import type { ModelPool } from './model-pool.js';
import { Probe, type ProbeResult } from './probe.js';
import { type Answer, Request, type RequestTools } from './request.js';

export type { Settlement } from './attempt.js';
export type { ProbeResult } from './probe.js';
export type { Answer } from './request.js';

export interface InvokerOptions<M extends string> {
  /** The time limit of a whole request, fallbacks included. Default: none, and then a model that hangs is drained never. */
  readonly timeoutMs?: number;
  /** Each model's share of it. Default: the whole, so that a model that hangs leaves no time for a fallback. */
  readonly attemptTimeoutMs?: number;
  /** `baseline` (default) tries the route's fallbacks, `throw` rethrows the model's error. */
  readonly onModelError?: 'baseline' | 'throw';
  /** After how long without an item a stream is given up, default 10 minutes: cancelled if nobody reads, else a time-out. */
  readonly streamTimeoutMs?: number;
  /** How long a model that was given up counts as in flight at most, default 10 minutes. */
  readonly lateLimitMs?: number;
  /** Shared with others, so that all time limits run on one timer. */
  readonly deadlines?: Deadlines;
  /** Counts the calls of each instance. */
  readonly inFlight?: InFlight;
  /** The instance that this process is: told to every model whose route names no other. */
  readonly instance?: string;
  /** Told of what reaches nobody else: an `onSettled` that throws, a fallback that fails. */
  onError?(error: unknown, operation: 'settled' | 'fallback', model: M): void;
}

/** Calls models: within time limits, with fallbacks, counted in flight, and with one settlement for each request. */
export class Invoker<M extends string> {
  readonly #tools: RequestTools<M>;
  #abandoned = 0;

  constructor(pool: ModelPool<M>, clock: Clock, options: InvokerOptions<M> = {}) {
    this.#tools = {
      pool,
      clock,
      inFlight: options.inFlight,
      instance: options.instance,
      deadlines: options.deadlines ?? new Deadlines(clock),
      timeoutMs: options.timeoutMs ?? Infinity,
      attemptTimeoutMs: options.attemptTimeoutMs ?? Infinity,
      onModelError: options.onModelError ?? 'baseline',
      streamTimeoutMs: options.streamTimeoutMs ?? 600_000,
      lateLimitMs: options.lateLimitMs ?? 600_000,
      onError: (error, operation, model) => options.onError?.(error, operation, model),
      onAbandoned: () => {
        this.#abandoned += 1;
      },
    };
  }

  /**
   * Answers a request. `onSettled` is called once with what came of the assigned model, before the promise resolves, or at the
   * end of a stream; after a failure, when it is known whether another model answered. Rejects with the assigned model's
   * error when nobody answers.
   */
  predict(
    route: Route<M>,
    input: unknown,
    context: Context,
    onSettled: (settlement: Settlement) => void,
  ): Promise<Answer<M>> {
    return new Promise((resolve, reject) => {
      new Request(this.#tools, route, input, context, onSettled, resolve, reject).start();
    });
  }

  /** Calls one model for no user: its error is in the settlement, and the promise never rejects. */
  probe(model: M, input: unknown, context: Context, mode: 'shadow' | 'check', timeoutMs: number): Promise<ProbeResult> {
    const probe = this.prepare(model, context, mode);
    probe.start(input, timeoutMs);
    return probe.result;
  }

  /** As `probe`, for whoever must be able to abort it or to know when the model has really ended. Begins with its `start`. */
  prepare(model: M, context: Context, mode: 'shadow' | 'check'): Probe<M> {
    return new Probe(this.#tools, model, context, mode);
  }

  /** What its limits have dropped. */
  counters(): Readonly<Record<'abandoned', number>> {
    return { abandoned: this.#abandoned };
  }
}
