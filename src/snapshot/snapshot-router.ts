import { type Clock, systemClock } from '../core/clock.js';
import type { Context } from '../core/context.js';
import { TurnoutError } from '../core/errors.js';
import {
  anything,
  callable,
  either,
  object,
  oneOf,
  optional,
  positive,
  recordOf,
  verify,
  withMethods,
} from '../core/options.js';
import { type Rng, systemRng } from '../core/rng.js';
import { type CompiledPlan, compilePlan } from '../plan/compile.js';
import type { Exposure, Reason, Route } from '../plan/plan.js';
import { LiveCall } from '../runtime/calls/live-call.js';
import { callModel, hasPredict, type InputOf, type Models, type OutputOf } from '../runtime/calls/model.js';
import { Ticker } from '../runtime/control/ticker.js';
import type { Endpoint } from './endpoint.js';
import { Reporter } from './reporter.js';
import { parseSnapshot, type Snapshot } from './snapshot.js';

export interface SnapshotRouterOptions<Ms extends Models> {
  /** What `router.snapshot()` gave: in the page, or loaded before. */
  readonly snapshot: unknown;
  /** The models that can be reached from here. A snapshot that reaches others is not taken over. */
  readonly models: Ms;
  /** The way back: newer snapshots, exposures and outcomes. Default: none, and nothing is counted. */
  readonly endpoint?: Endpoint;
  /** How often a newer snapshot is asked for. Default 60 000, a little jittered, from the first decision on; `false`: never. */
  readonly refreshEveryMs?: number | false;
  /** Functions that conditions name as `{ use: 'name' }`. */
  readonly conditions?: Readonly<Record<string, (context: Context) => boolean>>;
  /** Told of what no request feels: a snapshot that is refused, a network that fails, a condition that throws. */
  readonly onError?: (error: unknown, operation: string) => void;
  readonly clock?: Clock;
  readonly rng?: Rng;
}

/** Which model a unit is given: the same as the server would give it by this revision. */
export interface SnapshotDecision<M extends string> {
  readonly model: M;
  readonly exposures: readonly Exposure[];
  readonly reason: Reason;
  /** Resolves to the token by which any replica takes outcomes; undefined where the decision was not counted. Never rejects. */
  readonly token: Promise<string | undefined>;
}

/** An answer. `model` gave it: a fallback if the assigned one failed. */
export interface SnapshotPrediction<Ms extends Models, M extends keyof Ms & string> {
  readonly output: OutputOf<Ms, M>;
  readonly model: M;
  readonly decision: SnapshotDecision<M>;
}

const optionsCheck = object({
  snapshot: anything,
  models: recordOf(anything, { min: 1 }),
  endpoint: optional(withMethods('an endpoint, such as httpEndpoint(url)', 'load', 'expose', 'report')),
  refreshEveryMs: optional(either('a time in milliseconds over 0, or false', positive, oneOf(false))),
  conditions: optional(recordOf(callable)),
  onError: optional(callable),
  clock: optional(withMethods('a clock', 'elapsed')),
  rng: optional(withMethods('a source of chance', 'next')),
});

const uncounted = Promise.resolve(undefined);
const nobody: Context = Object.freeze({});

/** A router without a control loop: it assigns as its server does, by the server's plan, and reports back to it. */
export class SnapshotRouter<Ms extends Models> {
  readonly #options: SnapshotRouterOptions<Ms>;
  readonly #clock: Clock;
  readonly #reporter: Reporter | undefined;
  readonly #ticker: Ticker;
  readonly #loads = new Map<string, Promise<unknown>>();
  #snapshot: Snapshot;
  #plan: CompiledPlan<keyof Ms & string>;

  constructor(options: SnapshotRouterOptions<Ms>) {
    verify('createRouter', 'options', options, optionsCheck);
    const { endpoint, clock = systemClock, rng = systemRng, refreshEveryMs = 60_000 } = options;
    this.#options = options;
    this.#clock = clock;
    [this.#snapshot, this.#plan] = this.#read(options.snapshot);
    const onError = (error: unknown, operation: string) => this.#tell(error, operation);
    this.#reporter = endpoint && new Reporter(endpoint, onError, () => void this.refresh());
    this.#ticker = new Ticker({
      clock,
      rng,
      everyMs: endpoint === undefined ? false : refreshEveryMs,
      tick: async () => void (await this.refresh()),
    });
  }

  /** The server's revision that is served by. */
  get revision(): number {
    return this.#snapshot.revision;
  }

  /** A look-up that counts nothing. */
  route(context: Context = nobody): Route<keyof Ms & string> {
    return this.#plan.route(context);
  }

  /** Assigns a unit, and tells the server behind it. A request without a unit is drawn here and cannot be counted there. */
  decide(context: Context = nobody): SnapshotDecision<keyof Ms & string> {
    return this.#decide(this.#plan.route(context), context);
  }

  /** Calls the assigned model, and the server's stable ones if it fails. Rejects only with the assigned model's own error. */
  async predict(
    input: InputOf<Ms, keyof Ms & string>,
    context: Context = nobody,
  ): Promise<SnapshotPrediction<Ms, keyof Ms & string>> {
    const route = this.#plan.route(context);
    const decision = this.#decide(route, context);
    const startedAt = this.#clock.elapsed();
    let failure: { readonly error: unknown } | undefined;
    for (const model of [route.model, ...route.fallbacks]) {
      try {
        const output = await this.#call(model, input, context);
        this.#send(decision, { error: failure !== undefined, latencyMs: this.#clock.elapsed() - startedAt });
        return { output: output as OutputOf<Ms, keyof Ms & string>, model, decision };
      } catch (error) {
        failure ??= { error };
      }
    }
    this.#send(decision, { error: true, latencyMs: this.#clock.elapsed() - startedAt });
    throw failure?.error;
  }

  /** Sends what came of a decision. Behind the request, and dropped where the decision was not counted. */
  report(decision: SnapshotDecision<string>, outcome: Readonly<Record<string, unknown>>): void {
    this.#send(decision, outcome);
  }

  /** Takes over a snapshot. False if it cannot be read, reaches models that are not here, or is older: then the last one stays. */
  update(json: unknown): boolean {
    try {
      const [snapshot, plan] = this.#read(json);
      if (snapshot.router === this.#snapshot.router && snapshot.revision < this.#snapshot.revision) return false;
      [this.#snapshot, this.#plan] = [snapshot, plan];
      return true;
    } catch (error) {
      this.#tell(error, 'snapshot');
      return false;
    }
  }

  /** Asks the server for a newer snapshot now; resolves to whether one was taken over. Never rejects. */
  async refresh(): Promise<boolean> {
    try {
      const json = await this.#options.endpoint?.load();
      return json !== undefined && json !== 'unchanged' && this.update(json);
    } catch (error) {
      this.#tell(error, 'refresh');
      return false;
    }
  }

  /** What was dropped or not counted. */
  counters(): Readonly<Record<'pending' | 'dropped' | 'stale', number>> {
    return this.#reporter?.counters() ?? { pending: 0, dropped: 0, stale: 0 };
  }

  /** Ends the refreshing. */
  close(): void {
    this.#ticker.close();
  }

  #read(json: unknown): [Snapshot, CompiledPlan<keyof Ms & string>] {
    const { models, conditions, rng = systemRng } = this.#options;
    const snapshot = parseSnapshot(json);
    const plan = compilePlan(snapshot.plan as CompiledPlan<keyof Ms & string>['plan'], {
      rng,
      onError: (error) => this.#tell(error, 'condition'),
      ...(conditions !== undefined && { conditions }),
    });
    const missing = plan.models.filter((model) => !Object.hasOwn(models, model));
    if (missing.length > 0) {
      throw new TurnoutError(
        'state-unreadable',
        `The snapshot of '${snapshot.router}' reaches ${missing.join(', ')}, which is not in \`models\`. Deploy the page with it first.`,
      );
    }
    return [snapshot, plan];
  }

  #decide(route: Route<keyof Ms & string>, context: Context): SnapshotDecision<keyof Ms & string> {
    this.#ticker.touch();
    const { model, exposures, reason } = route;
    const token = exposures.length > 0 ? (this.#reporter?.expose({ context, model }) ?? uncounted) : uncounted;
    return { model, exposures, reason, token };
  }

  async #call(model: string, input: unknown, context: Context): Promise<unknown> {
    const value = (this.#options.models as Models)[model];
    if (hasPredict(value) && value.load !== undefined) {
      const loading = this.#loads.get(model) ?? Promise.resolve(value.load());
      this.#loads.set(model, loading);
      try {
        await loading;
      } catch (error) {
        // The next request tries again.
        this.#loads.delete(model);
        throw error;
      }
    }
    return callModel(value, input, new LiveCall(context, 'live', undefined));
  }

  #send(decision: SnapshotDecision<string>, outcome: Readonly<Record<string, unknown>>): void {
    if (decision.exposures.length > 0) void this.#reporter?.report(decision.token, outcome);
  }

  #tell(error: unknown, operation: string): void {
    try {
      this.#options.onError?.(error, operation);
    } catch {
      // A listener that throws has nobody left to tell.
    }
  }
}

/** Makes a router of a snapshot. Throws a ConfigError for its options, and `state-unreadable` for a snapshot it cannot serve by. */
export function createRouter<Ms extends Models>(options: SnapshotRouterOptions<Ms>): SnapshotRouter<Ms> {
  return new SnapshotRouter(options);
}
