import { type Clock, systemClock } from '../core/clock.js';
import type { Context } from '../core/context.js';
import { TurnoutError } from '../core/errors.js';
import type { Json } from '../core/json.js';
import { type Rng, systemRng } from '../core/rng.js';
import type { Metrics, OutcomeOf } from '../evidence/metric.js';
import type { Stratum } from '../evidence/stratum.js';
import type { Explanation } from '../plan/explain.js';
import type { Route } from '../plan/plan.js';
import type { Command, Strategy } from '../strategies/strategy.js';
import { Adoption } from './control/adoption.js';
import { claimTask } from './tasks/claims.js';
import { type Answer, ControlLoop } from './control/control-loop.js';
import { type AuthorityOptions, refusalOf } from './authority.js';
import { Commands } from './commands.js';
import { DataPlane } from './data-plane.js';
import { Deadlines } from './waiting/deadlines.js';
import { withTimeLimit } from './waiting/time-limit.js';
import type { Decision } from './decision.js';
import { memoryStore } from './control/memory-store.js';
import { alertMark } from './control/record.js';
import type { AlertSeverity, StateStore } from './control/store.js';
import { Instances } from './instances/instances.js';
import type { Difference } from './mirrors/mirror-pool.js';
import type { InputOf, Models } from './calls/model.js';
import { claimName } from './open-routers.js';
import { Planner } from './planner.js';
import type { Prediction, Router } from './router.js';
import type { Alert, RouterEvents } from './router-events.js';
import { type RouterOptions, isServer } from './router-options.js';
import { type RouterStatus, takesRequests, withLooks, withoutCode } from './status.js';
import { TaskRunner } from './tasks/task-runner.js';
import { Telemetry } from './telemetry.js';
import { Ticker } from './control/ticker.js';

/** Who asks when nobody says: a request without a unit. */
const nobody: Context = Object.freeze({});
const authorizeTimeoutMs = 5000;

/** A router that runs: it joins the data plane, the control loop and what is told of them, and decides nothing itself. */
export class LiveRouter<Ms extends Models, Qs extends Metrics, M extends string>
  extends Commands
  implements Router<Ms, Qs, M>
{
  readonly name: string;
  readonly metrics: Metrics;
  readonly #planner: Planner<M>;
  readonly #options: RouterOptions<Ms, Qs, Strategy<M>>;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #telemetry: Telemetry<M>;
  readonly #data: DataPlane<M>;
  readonly #adoption: Adoption<M>;
  readonly #loop: ControlLoop;
  readonly #tasks: TaskRunner;
  readonly #instances: Instances;
  readonly #ticker: Ticker;
  readonly #authority: AuthorityOptions;
  /** The name of this process in claims and alerts. */
  readonly #replica: string;
  readonly #releaseName: () => void;
  readonly #isDisabled: boolean;
  #isClosed = false;

  /** The data plane of a router, for the simulation: it stands in for `predict` where nothing may wait for a promise. */
  static dataOf<Ms extends Models, Qs extends Metrics, M extends string>(router: LiveRouter<Ms, Qs, M>): DataPlane<M> {
    return router.#data;
  }

  constructor(options: RouterOptions<Ms, Qs, Strategy<M>>) {
    super();
    const { name, strategy, clock = systemClock, rng = systemRng, metrics = {}, disabled = false } = options;
    this.name = name;
    this.metrics = metrics;
    this.#options = options;
    this.#clock = clock;
    this.#rng = rng;
    this.#isDisabled = disabled;
    this.#telemetry = new Telemetry<M>(name, options.logger);
    this.#planner = new Planner<M>({
      router: name,
      strategy,
      instance: options.instance,
      conditions: options.conditions,
      rng,
      onError: (error, operation) => this.#telemetry.error(error, operation),
    });
    const stable = this.#planner.checkedStable(clock.now());
    this.#releaseName = claimName(name, options.replica);
    const newId = () => this.#newId();
    const deadlines = new Deadlines(clock);
    const newReplica = this.#replicaNames();
    const store = options.store ?? memoryStore();
    this.#instances = this.#newInstances(store, deadlines, newReplica());
    const { inFlight } = this.#instances;
    this.#data = new DataPlane<M>({ ...options, metrics, clock, rng, deadlines, newId, inFlight }, this.#telemetry);
    this.#adoption = this.#newAdoption(stable);
    this.#loop = new ControlLoop({
      router: name,
      strategy,
      store,
      isPrivate: options.store === undefined,
      clock,
      rng,
      metrics,
      replicas: options.replicas ?? 10,
      onPlanEdit: options.onPlanEdit ?? 'restart',
      storeTimeoutMs: options.storeTimeoutMs ?? 5000,
      deadlines,
      ...(options.instance !== undefined && { instance: options.instance }),
      newReplica,
      takeDelta: (now) => this.#data.recorder.takeDelta(now),
      adopt: (force) => {
        if (!disabled) this.#adoption.adopt(force);
      },
      history: options.history,
      lastKnown: options.lastKnown,
      notify: (entries) => this.#telemetry.history(entries),
      onError: (error, operation) => this.#telemetry.error(error, `store ${operation}`),
    });
    this.#replica = newReplica();
    this.#authority = {
      authorize: options.authorize,
      limited: (work) => withTimeLimit(work, authorizeTimeoutMs, deadlines, 'The authorize hook'),
      onError: (error, operation) => this.#telemetry.error(error, operation),
    };
    this.#tasks = new TaskRunner({
      clock,
      deadlines,
      ...(options.instance !== undefined && { instance: options.instance }),
      tools: this.#instances.tools,
      // A drain only waits, and a batch of instances is drained and updated side by side.
      concurrency: 32,
      claim: (task) => claimTask(store, name, this.#replica, task, clock.now()),
      settled: ({ id, node }, ok, detail) => void this.#signalSettled(id, node, ok, detail),
      onError: (error, operation) => this.#telemetry.error(error, operation),
    });
    this.#ticker = new Ticker({
      clock,
      rng,
      everyMs: disabled ? false : (options.tickEveryMs ?? 10_000),
      tick: () => this.#round(true),
      listen: (onHint) => this.#listen(store, onHint),
    });
  }

  route(context?: Context): Route<M> {
    return this.#adoption.current.route(context ?? nobody);
  }

  decide(who?: Context): Decision<M> {
    this.#ticker.touch();
    const context = who ?? nobody;
    return this.#data.decide(this.#adoption.current.route(context), context);
  }

  predict(input: InputOf<Ms, M>, who?: Context): Promise<Prediction<Ms, M>> {
    this.#ticker.touch();
    const context = who ?? nobody;
    // The types know which model gives which output; here all are alike.
    return this.#data.predict(this.#adoption.current.route(context), input, context) as Promise<Prediction<Ms, M>>;
  }

  report(decision: Decision<M> | string, outcome: OutcomeOf<Qs>): boolean {
    return this.#data.report(decision, outcome);
  }

  status(): RouterStatus<M> {
    const { failingSince, record, state, looks, pendingRollbacks } = this.#loop;
    const root = this.#planner.status(state, record?.revision ?? 1, this.#clock.now());
    const { behind } = this.#adoption;
    return {
      name: this.name,
      revision: record?.revision ?? 0,
      root: withLooks(root, looks),
      stale: failingSince !== undefined || !this.#loop.isRead,
      staleMs: failingSince === undefined ? 0 : Math.max(0, this.#clock.now() - failingSince),
      behind,
      unstored: pendingRollbacks,
      ready: state !== undefined && this.#isLoaded() && takesRequests(root),
      history: record?.history ?? [],
      counters: { ...this.#data.counters(), ...this.#telemetry.counters(), ...this.#loop.counters() },
    };
  }

  evidence(): { readonly at: number; readonly strata: readonly Stratum[] } {
    return { at: this.#clock.now(), strata: this.#loop.evidence?.strata ?? [] };
  }

  explain(context?: Context): Explanation<M> {
    return this.#planner.explain(this.#adoption.current.plan, context ?? nobody);
  }

  on<E extends keyof RouterEvents<M>>(event: E, listener: (payload: RouterEvents<M>[E]) => unknown): () => void {
    return this.#telemetry.events.on(event, listener);
  }

  tick(): Promise<void> {
    return this.#round(false);
  }

  async #round(patient: boolean): Promise<void> {
    if (this.#isDisabled || this.#isClosed) return;
    await this.#loop.tick(patient);
    this.#adoption.retry();
    await this.#instances.beat();
    this.#wantTasks();
    for (const { node, arm, expected } of this.#data.mirrors.silent()) {
      const why = `the shadow '${arm}' was asked for ${expected} times and never ran`;
      this.#alert(node, 'silent-shadow', 'warning', why, { arm });
    }
  }

  async ready(): Promise<void> {
    if (!this.#isDisabled && !this.#loop.isRead && !(await this.#loop.start()) && this.#loop.record === undefined) {
      throw new TurnoutError('store-failed', `The store of '${this.name}' did not answer: the stable model is served.`);
    }
    this.#wantTasks();
    await this.#load();
    if (this.#options.instance === undefined || this.#isDisabled) return;
    // Where a load balancer waits for this instance, no request comes that would start the ticks.
    this.#ticker.touch();
    await this.#instances.beat();
    this.#wantTasks();
  }

  drained(model: M): Promise<void> {
    return this.#data.pool.drained(model);
  }

  snapshot(): Json {
    const { json, omitted } = withoutCode(this.#adoption.current.plan);
    return { format: 1, router: this.name, revision: this.#loop.record?.revision ?? 0, plan: json, omitted };
  }

  differences(): readonly Difference[] {
    return this.#data.mirrors.differences();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ticker.close();
    this.#tasks.close();
    this.#data.mirrors.close();
    if (!this.#isDisabled) await this.#instances.leave();
    await this.#loop.close();
    // Nothing is written any more: a successor may begin while the last requests end.
    this.#releaseName();
    await this.#data.pool.close();
    this.#telemetry.events.clear();
  }

  #isLoaded(): boolean {
    return this.#adoption.current.models.every((model) => this.#data.pool.loaded(model));
  }

  #load(): Promise<unknown> {
    return Promise.all(this.#adoption.current.models.map((model) => this.#data.pool.ensure(model)));
  }

  #newInstances(store: StateStore, deadlines: Deadlines, replica: string): Instances {
    const { clock = systemClock, instance, tickEveryMs, storeTimeoutMs = 5000 } = this.#options;
    return new Instances({
      router: this.name,
      store,
      clock,
      deadlines,
      instance,
      replica,
      tickEveryMs,
      storeTimeoutMs,
      isBehind: () => this.#adoption.behind.length > 0,
      load: () => this.#load(),
      signal: (signal) => this.#loop.signal(signal),
      onError: (error, operation) => this.#telemetry.error(error, operation),
    });
  }

  #newAdoption(stable: M): Adoption<M> {
    const { recorder, pool } = this.#data;
    return new Adoption<M>(stable, this.#isDisabled ? 'disabled' : 'stale', {
      pool,
      isEager: (this.#options.load ?? (isServer() ? 'eager' : 'lazy')) === 'eager',
      plan: (state, revision) => this.#planner.plan(state, revision),
      compile: (plan, reason) => this.#planner.compile(plan, reason),
      onAdopted: (nodes, isStored) => {
        recorder.adopt(nodes);
        recorder.suppress(!isStored);
        this.#instances.adopted();
      },
      onError: (error, operation) => this.#telemetry.error(error, operation),
    });
  }

  /** Not `async` itself: what is allowed at once must be in force before the caller goes on. */
  protected override order(command: Command): Promise<Answer> {
    const refusal = refusalOf(command, this.#authority);
    return typeof refusal === 'object'
      ? refusal.then((reason) => this.#carryOut(command, reason))
      : this.#carryOut(command, refusal);
  }

  async #carryOut(command: Command, refusal: string | undefined): Promise<Answer> {
    if (this.#isClosed) return { accepted: false, reason: 'the router is closed' };
    if (this.#isDisabled) return { accepted: false, reason: 'the router is disabled' };
    if (refusal !== undefined) return { accepted: false, reason: refusal };
    const answer = await this.#loop.command(command);
    this.#wantTasks();
    return answer;
  }

  async #signalSettled(task: string, node: string, ok: boolean, detail: Json): Promise<void> {
    const { accepted } = await this.#loop.signal({ type: 'settled', task, node, ok, detail });
    // Its end is known to nobody: tasks bear to be run again, and a state that waits for an end that was lost does not.
    if (!accepted) this.#tasks.again(task);
    this.#wantTasks();
  }

  /** Hints are a help, not the truth: a store that cannot give them is asked in the usual rhythm. */
  #listen(store: StateStore, onHint: () => void): (() => void) | undefined {
    const guarded = <T>(work: () => T): T | undefined => {
      try {
        return work();
      } catch (error) {
        this.#telemetry.error(error, 'store subscribe');
        return undefined;
      }
    };
    const stop = guarded(() => store.subscribe?.(this.name, onHint));
    return () => guarded(() => stop?.());
  }

  #wantTasks(): void {
    const { state, record } = this.#loop;
    if (state === undefined || this.#isClosed || this.#isDisabled) return;
    this.#tasks.want(this.#planner.tasks(state, record?.revision ?? 1));
  }

  /** About this replica alone; what the fleet has to know comes from a state that changed. */
  #alert(node: string, kind: string, severity: AlertSeverity, why: string, facts: Alert['facts']): void {
    const mark = alertMark(`${node}@${this.#replica}`, kind, severity, facts['arm']);
    this.#telemetry.alert({ ...mark, node, why, at: this.#clock.now(), facts });
  }

  #newId(): string {
    const part = () => Math.floor(this.#rng.next() * 0x100000000).toString(36);
    return `${part()}${part()}`;
  }

  /** Names for the writers of this router: unlike any other process's, and never used twice. */
  #replicaNames(): () => string {
    const process = `${this.#options.replica ?? 'replica'}-${this.#newId()}`;
    let made = 0;
    return () => {
      made += 1;
      return `${process}-${made}`;
    };
  }
}
