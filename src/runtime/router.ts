import type { Context } from '../core/context.js';
import type { Json } from '../core/json.js';
import { verify } from '../core/options.js';
import type { Metrics, OutcomeOf } from '../evidence/metric.js';
import type { Stratum } from '../evidence/stratum.js';
import type { Explanation } from '../plan/explain.js';
import type { Route } from '../plan/plan.js';
import type { ModelsOf, Strategy } from '../strategies/strategy.js';
import type { CommandOptions } from './commands.js';
import type { Answer } from './control/control-loop.js';
import type { Decision } from './decision.js';
import { LiveRouter } from './live-router.js';
import type { Difference } from './mirrors/mirror-pool.js';
import type { InputOf, Models, OutputOf } from './calls/model.js';
import type { RouterEvents } from './router-events.js';
import { type BuiltIn, type RouterOptions, routerCheck } from './router-options.js';
import type { RouterStatus } from './status.js';

export type { CommandOptions } from './commands.js';

/** An answer, narrowed by `model`: the model that gave it, which is a fallback if the assigned one failed. */
export type Prediction<Ms, M extends string> = {
  [K in M]: { readonly output: OutputOf<Ms, K>; readonly decision: Decision<M>; readonly model: K };
}[M];

/** Routes requests among models by a strategy, measures what comes of them, and promotes or rolls back. */
export interface Router<Ms, Qs, M extends string> {
  readonly name: string;
  /** What may be reported. */
  readonly metrics: Metrics;
  /** Which model a request would get: a look-up that counts nothing and allocates nothing. */
  route(context?: Context): Route<M>;
  /** Assigns a request to a model that is called elsewhere: counts the exposure, and gives a token for `report`. */
  decide(context?: Context): Decision<M>;
  /** Calls the assigned model. Rejects only with the model's own error, or with `timeout`. */
  predict(input: InputOf<Ms, M>, context?: Context): Promise<Prediction<Ms, M>>;
  /** Says what came of a decision, now or days later, here or elsewhere. False if nothing of it was counted; `status().counters` says why. */
  report(decision: Decision<M> | string, outcome: OutcomeOf<Qs>): boolean;
  promote(options?: CommandOptions): Promise<Answer>;
  /** Back to the stable model, in force when this returns its promise, whatever the store does. */
  rollback(reason: string, options?: CommandOptions): Promise<Answer>;
  pause(options?: CommandOptions): Promise<Answer>;
  resume(options?: CommandOptions): Promise<Answer>;
  approve(options?: CommandOptions): Promise<Answer>;
  reject(options?: CommandOptions): Promise<Answer>;
  /** A new attempt of a node, from its first stage. */
  reset(node?: string, options?: CommandOptions): Promise<Answer>;
  status(): RouterStatus<M>;
  /** What was counted by all replicas, as far as it is known here, and the time of this look. `reportOf(router)` makes a report of it. */
  evidence(): { readonly at: number; readonly strata: readonly Stratum[] };
  /** The path that a context takes, with every hash, cut and rule on it. */
  explain(context?: Context): Explanation<M>;
  /** Calls `listener` for each such event; returns the way to stop. */
  on<E extends keyof RouterEvents<M>>(event: E, listener: (payload: RouterEvents<M>[E]) => unknown): () => void;
  /** One round of the control loop: read, judge, store. Runs by itself unless `tickEveryMs` is false. */
  tick(): Promise<void>;
  /** Resolves when the state was read and the models that it reaches are loaded; rejects with `load-failed` or the store's error. */
  ready(): Promise<void>;
  /** Resolves when no plan reaches the model any more and its last request has ended. */
  drained(model: M): Promise<void>;
  /** The plan in force as JSON, without code. */
  snapshot(): Json;
  /** A bounded sample of outputs in which a shadow differed from its primary. */
  differences(): readonly Difference[];
  /** Sends the last evidence, stops ticking, unloads the models. */
  close(): Promise<void>;
}

/**
 * Makes a router. Throws a ConfigError with every mistake at once: unknown models and metrics, unknown options, a prerequisite
 * cycle, two routers of one name.
 */
export function createRouter<
  Ms extends Models,
  const S extends Strategy<NoInfer<keyof Ms & string>, NoInfer<(keyof Qs & string) | BuiltIn>>,
  // Nothing declared: nothing but errors and latency may be reported.
  Qs extends Metrics = Record<never, never>,
>(options: RouterOptions<Ms, Qs, S>): Router<Ms, Qs, ModelsOf<S>> {
  verify('createRouter', 'options', options, routerCheck);
  // What S is has been inferred and checked above; from here on only its models matter.
  return new LiveRouter<Ms, Qs, ModelsOf<S>>(options as unknown as RouterOptions<Ms, Qs, Strategy<ModelsOf<S>>>);
}
