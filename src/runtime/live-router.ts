import type { Context } from '../core/context.js';
import type { Json } from '../core/json.js';
import type { Metrics, OutcomeOf } from '../evidence/metric.js';
import type { Stratum } from '../evidence/stratum.js';
import type { Explanation } from '../plan/explain.js';
import type { Route } from '../plan/plan.js';
import type { Command, Strategy } from '../strategies/strategy.js';
import { type AuthorityOptions, refusalOf } from './authority.js';
import type { InputOf, Models } from './calls/model.js';
import { Commands } from './commands.js';
import type { Adoption } from './control/adoption.js';
import type { Answer } from './control/control-loop.js';
import type { DataPlane } from './data-plane.js';
import type { Decision } from './decision.js';
import { Engine } from './engine.js';
import type { Difference } from './mirrors/mirror-pool.js';
import type { Prediction, Router } from './router.js';
import type { RouterEvents } from './router-events.js';
import type { RouterOptions } from './router-options.js';
import { type RouterStatus, takesRequests, withLooks, withoutCode } from './status.js';
import { withTimeLimit } from './waiting/time-limit.js';

/** Who asks when nobody says: a request without a unit. */
const nobody: Context = Object.freeze({});
const authorizeTimeoutMs = 5000;

/** A router that runs, seen from outside: it hands on what it is asked, and decides nothing itself. */
export class LiveRouter<Ms extends Models, Qs extends Metrics, M extends string>
  extends Commands
  implements Router<Ms, Qs, M>
{
  readonly name: string;
  readonly metrics: Metrics;
  readonly #engine: Engine<M>;
  readonly #data: DataPlane<M>;
  readonly #adoption: Adoption<M>;
  readonly #authority: AuthorityOptions;

  /** The data plane of a router, for the simulation: it stands in for `predict` where nothing may wait for a promise. */
  static dataOf<Ms extends Models, Qs extends Metrics, M extends string>(router: LiveRouter<Ms, Qs, M>): DataPlane<M> {
    return router.#data;
  }

  constructor(options: RouterOptions<Ms, Qs, Strategy<M>>) {
    super();
    this.name = options.name;
    this.metrics = options.metrics ?? {};
    this.#engine = new Engine<M>(options);
    const { data, adoption, deadlines, telemetry } = this.#engine;
    this.#data = data;
    this.#adoption = adoption;
    this.#authority = {
      authorize: options.authorize,
      limited: (work) => withTimeLimit(work, authorizeTimeoutMs, deadlines, 'The authorize hook'),
      onError: (error, operation) => telemetry.error(error, operation),
    };
  }

  route(context?: Context): Route<M> {
    return this.#adoption.current.route(context ?? nobody);
  }

  decide(who?: Context): Decision<M> {
    this.#engine.ticker.touch();
    const context = who ?? nobody;
    return this.#data.decide(this.#adoption.current.route(context), context);
  }

  predict(input: InputOf<Ms, M>, who?: Context): Promise<Prediction<Ms, M>> {
    this.#engine.ticker.touch();
    const context = who ?? nobody;
    // The types know which model gives which output; here all are alike.
    return this.#data.predict(this.#adoption.current.route(context), input, context) as Promise<Prediction<Ms, M>>;
  }

  report(decision: Decision<M> | string, outcome: OutcomeOf<Qs>): boolean {
    return this.#data.report(decision, outcome);
  }

  status(): RouterStatus<M> {
    const { clock, loop, planner, telemetry, isLoaded } = this.#engine;
    const { failingSince, record, state, looks, pendingRollbacks } = loop;
    const root = planner.status(state, record?.revision ?? 1, clock.now());
    const { behind } = this.#adoption;
    return {
      name: this.name,
      revision: record?.revision ?? 0,
      root: withLooks(root, looks),
      stale: failingSince !== undefined || !loop.isRead,
      staleMs: failingSince === undefined ? 0 : Math.max(0, clock.now() - failingSince),
      behind,
      unstored: pendingRollbacks,
      ready: state !== undefined && isLoaded && takesRequests(root),
      history: record?.history ?? [],
      counters: { ...this.#data.counters(), ...telemetry.counters(), ...loop.counters() },
    };
  }

  evidence(): { readonly at: number; readonly strata: readonly Stratum[] } {
    const { clock, loop } = this.#engine;
    return { at: clock.now(), strata: loop.evidence?.strata ?? [] };
  }

  explain(context?: Context): Explanation<M> {
    return this.#engine.planner.explain(this.#adoption.current.plan, context ?? nobody);
  }

  on<E extends keyof RouterEvents<M>>(event: E, listener: (payload: RouterEvents<M>[E]) => unknown): () => void {
    return this.#engine.telemetry.events.on(event, listener);
  }

  tick(): Promise<void> {
    return this.#engine.round(false);
  }

  ready(): Promise<void> {
    return this.#engine.ready();
  }

  drained(model: M): Promise<void> {
    return this.#data.pool.drained(model);
  }

  snapshot(): Json {
    const { json, omitted } = withoutCode(this.#adoption.current.plan);
    return { format: 1, router: this.name, revision: this.#engine.loop.record?.revision ?? 0, plan: json, omitted };
  }

  differences(): readonly Difference[] {
    return this.#data.mirrors.differences();
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  /** Not `async` itself: what is allowed at once must be in force before the caller goes on. */
  protected override order(command: Command): Promise<Answer> {
    const refusal = refusalOf(command, this.#authority);
    return typeof refusal === 'object'
      ? refusal.then((reason) => this.#carryOut(command, reason))
      : this.#carryOut(command, refusal);
  }

  async #carryOut(command: Command, refusal: string | undefined): Promise<Answer> {
    const reason = this.#engine.outOfService ?? refusal;
    return reason === undefined ? this.#engine.command(command) : { accepted: false, reason };
  }
}
