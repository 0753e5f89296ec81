import type { Clock } from '../core/clock.js';
import type { Context } from '../core/context.js';
import type { Rng } from '../core/rng.js';
import type { Metrics } from '../evidence/metric.js';
import { type TokenContent, type TokenSigner, decodeToken } from '../evidence/token.js';
import type { Route } from '../plan/plan.js';
import { type Decision, type DecisionSource, RoutedDecision } from './decision.js';
import type { Deadlines } from './waiting/deadlines.js';
import type { InFlight } from './instances/in-flight.js';
import { Invoker, type Settlement } from './calls/invoker.js';
import { MirrorPool } from './mirrors/mirror-pool.js';
import { ModelPool } from './calls/model-pool.js';
import { Recorder } from './recording/recorder.js';
import type { MirrorOptions } from './router-options.js';
import type { Telemetry } from './telemetry.js';

export interface DataPlaneOptions {
  readonly name: string;
  readonly models: Readonly<Record<string, unknown>>;
  readonly metrics: Metrics;
  readonly visits?: 'many' | 'one' | undefined;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Shared, so that all time limits run on one timer. */
  readonly deadlines: Deadlines;
  /** Counts the calls of each instance. */
  readonly inFlight: InFlight;
  readonly instance?: string | undefined;
  readonly bucketMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly attemptTimeoutMs?: number | undefined;
  readonly onModelError?: 'baseline' | 'throw' | undefined;
  readonly mirrors?: MirrorOptions | undefined;
  readonly tokens?: TokenSigner | undefined;
  /** A random text, for tokens. */
  newId(): string;
}

/** What happens with a request once its route is known: it is counted, answered, mirrored, and what comes of it is counted. */
export class DataPlane<M extends string> {
  readonly recorder: Recorder;
  readonly pool: ModelPool<M>;
  readonly mirrors: MirrorPool<M>;
  readonly #invoker: Invoker<M>;
  readonly #clock: Clock;
  readonly #signer: TokenSigner | undefined;
  readonly #source: DecisionSource;
  readonly #telemetry: Telemetry<M>;
  #badTokens = 0;

  constructor(options: DataPlaneOptions, telemetry: Telemetry<M>) {
    const { name, clock, rng, deadlines, metrics, visits, tokens, bucketMs, newId } = options;
    this.#clock = clock;
    this.#signer = tokens;
    this.#telemetry = telemetry;
    this.#source = { router: name, signer: tokens, newId };
    this.recorder = new Recorder(given({ metrics, visits, bucketMs }));
    this.pool = new ModelPool<M>(options.models as Readonly<Record<M, unknown>>, {
      clock,
      deadlines,
      onError: (error, operation, model) => telemetry.error(error, `${operation} of ${model}`),
      onDrained: (model) => telemetry.emit('drained', () => ({ model })),
    });
    const { timeoutMs, attemptTimeoutMs, onModelError, inFlight, instance } = options;
    this.#invoker = new Invoker<M>(this.pool, clock, {
      ...given({ timeoutMs, attemptTimeoutMs, onModelError, instance }),
      inFlight,
      deadlines,
      onError: (error, operation, model) => telemetry.error(error, `${operation} of ${model}`),
    });
    this.mirrors = new MirrorPool<M>(this.#invoker, clock, rng, {
      ...options.mirrors,
      onResult: (mirror, pair) => {
        this.recorder.mirrored(mirror, 'primary', pair.at, pair);
        if (pair.mismatch) telemetry.emit('mismatch', () => ({ node: mirror.node, arm: mirror.arm }));
      },
      onError: (error, operation) => telemetry.error(error, operation),
    });
  }

  /** Counts that a request takes a route. */
  decide(route: Route<M>, context: Context): RoutedDecision<M> {
    const now = this.#clock.now();
    const covariates = this.recorder.covariatesOf(context);
    const marks = this.recorder.expose(route, context, now, covariates);
    const decision = new RoutedDecision<M>(this.#source, route, now, marks, covariates);
    this.#telemetry.emit('decision', () => decision);
    if (route.exposures.length > 0) {
      this.#telemetry.emit('exposure', () => ({ exposures: route.exposures, model: route.model }));
    }
    return decision;
  }

  /** Answers by the route's model; rejects with its own error. */
  async predict(
    route: Route<M>,
    input: unknown,
    context: Context,
  ): Promise<{ output: unknown; decision: Decision<M>; model: M }> {
    const decision = this.decide(route, context);
    decision.measured = true;
    const hasMirrors = route.mirrors.length > 0;
    const { output, served } = await this.#invoker.predict(route, input, context, (settlement) => {
      this.settle(decision, settlement);
      if (hasMirrors) this.mirrors.offer(route, input, context, { output: undefined, at: decision.at, ...settlement });
    });
    decision.served = served;
    return { output, decision, model: served };
  }

  /** Counts how a decision's call ended. Only `predict` and what stands in for it may: a call settles once. */
  settle(decision: RoutedDecision<M>, settlement: Settlement): void {
    // Who leaves a stream early says nothing of the model.
    if (settlement.cancelled !== true) {
      const { latencyMs, firstItemMs, fellBack, ok } = settlement;
      const outcome = { error: !ok, latencyMs, firstItemMs, fellBack };
      this.recorder.settle(decision.exposures, decision.at, this.#clock.now(), outcome, decision.marks);
    }
    this.#telemetry.emit('outcome', () => {
      // Not the output: listeners write logs, and users' data do not belong there unasked.
      const { output: _, ...outcome } = settlement;
      return { decision, ...outcome };
    });
  }

  /** Counts what came of a decision; false if nothing of it was. */
  report(decision: Decision<M> | string, outcome: Readonly<Record<string, unknown>>): boolean {
    const content = this.#contentOf(decision);
    return content !== undefined && this.recorder.report(content, outcome, this.#clock.now()).accepted;
  }

  counters(): Readonly<Record<string, number>> {
    const { recorder, mirrors } = this;
    return { ...recorder.counters(), ...mirrors.counters(), ...this.#invoker.counters(), badTokens: this.#badTokens };
  }

  #contentOf(decision: Decision<M> | string): TokenContent | undefined {
    try {
      // A decision of our own needs no signature: it never left the process.
      if (decision instanceof RoutedDecision && decision.isFrom(this.#source)) return decision.content();
      const content = decodeToken(typeof decision === 'string' ? decision : decision.token, this.#signer);
      if (content.router === this.#source.router) return content;
    } catch (error) {
      this.#telemetry.error(error, 'token');
    }
    this.#badTokens += 1;
    return undefined;
  }
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The keys that have a value: an option that was left out must not arrive as `undefined`. */
function given<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}
