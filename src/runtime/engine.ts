import { type Clock, systemClock } from '../core/clock.js';
import { TurnoutError } from '../core/errors.js';
import type { Json } from '../core/json.js';
import { systemRng } from '../core/rng.js';
import type { Metrics } from '../evidence/metric.js';
import type { Command, Strategy } from '../strategies/strategy.js';
import type { Models } from './calls/model.js';
import { Adoption } from './control/adoption.js';
import { type Answer, ControlLoop } from './control/control-loop.js';
import { listenTo } from './control/listen.js';
import { memoryStore } from './control/memory-store.js';
import { alertMark } from './control/record.js';
import type { AlertSeverity, StateStore } from './control/store.js';
import { Ticker } from './control/ticker.js';
import { DataPlane } from './data-plane.js';
import { Instances } from './instances/instances.js';
import { newId, writerNames } from './names.js';
import { claimName } from './open-routers.js';
import { Planner } from './planner.js';
import type { Alert } from './router-events.js';
import { type RouterOptions, isServer } from './router-options.js';
import { Claims } from './tasks/claims.js';
import { TaskRunner } from './tasks/task-runner.js';
import { Telemetry } from './telemetry.js';
import { Deadlines } from './waiting/deadlines.js';

export type EngineOptions<M extends string> = RouterOptions<Models, Metrics, Strategy<M>>;

/** The parts of a router, joined and kept in step: what is served, what is counted, what is decided, what is done and told. */
export class Engine<M extends string> {
  readonly telemetry: Telemetry<M>;
  readonly planner: Planner<M>;
  readonly data: DataPlane<M>;
  readonly adoption: Adoption<M>;
  readonly loop: ControlLoop;
  readonly ticker: Ticker;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly #options: EngineOptions<M>;
  readonly #tasks: TaskRunner;
  readonly #claims: Claims;
  readonly #instances: Instances;
  /** The name of this process in claims and alerts. */
  readonly #replica: string;
  readonly #releaseName: () => void;
  readonly #isDisabled: boolean;
  #isClosed = false;

  constructor(options: EngineOptions<M>) {
    const { name, strategy, clock = systemClock, rng = systemRng, metrics = {}, disabled = false } = options;
    this.#options = options;
    this.clock = clock;
    this.#isDisabled = disabled;
    this.telemetry = new Telemetry<M>(name, options.logger);
    this.planner = new Planner<M>({
      router: name,
      strategy,
      instance: options.instance,
      conditions: options.conditions,
      rng,
      onError: (error, operation) => this.telemetry.error(error, operation),
    });
    const stable = this.planner.checkedStable(clock.now());
    this.#releaseName = claimName(name, options.replica);
    const deadlines = new Deadlines(clock);
    this.deadlines = deadlines;
    const newReplica = writerNames(options.replica ?? 'replica', rng);
    const store = options.store ?? memoryStore();
    this.#instances = this.#newInstances(store, deadlines, newReplica());
    const { inFlight } = this.#instances;
    this.data = new DataPlane<M>(
      { ...options, metrics, clock, rng, deadlines, inFlight, newId: () => newId(rng) },
      this.telemetry,
    );
    this.adoption = this.#newAdoption(stable);
    this.loop = new ControlLoop({
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
      takeDelta: (now) => this.data.recorder.takeDelta(now),
      adopt: (force) => {
        if (!disabled) this.adoption.adopt(force);
      },
      history: options.history,
      lastKnown: options.lastKnown,
      notify: (entries) => this.telemetry.history(entries),
      onError: (error, operation) => this.telemetry.error(error, `store ${operation}`),
    });
    this.#replica = newReplica();
    const now = () => this.loop.now;
    this.#claims = new Claims({ ...options, store, router: name, replica: this.#replica, now, deadlines });
    this.#tasks = new TaskRunner({
      clock,
      deadlines,
      ...(options.instance !== undefined && { instance: options.instance }),
      tools: this.#instances.tools,
      // A drain only waits, and a batch of instances is drained and updated side by side.
      concurrency: 32,
      claim: (task) => this.#claims.claim(task),
      release: (task) => this.#claims.release(task),
      settled: ({ id, node }, ok, detail) => void this.#signalSettled(id, node, ok, detail),
      onError: (error, operation) => this.telemetry.error(error, operation),
    });
    this.ticker = new Ticker({
      clock,
      rng,
      everyMs: disabled ? false : (options.tickEveryMs ?? 10_000),
      tick: () => this.round(true),
      listen: (onHint) => listenTo(store, name, onHint, (error) => this.telemetry.error(error, 'store subscribe')),
    });
  }

  /** What keeps it from taking orders. */
  get outOfService(): string | undefined {
    if (this.#isClosed) return 'the router is closed';
    return this.#isDisabled ? 'the router is disabled' : undefined;
  }

  /** The models that the plan in force reaches are loaded here. */
  get isLoaded(): boolean {
    return this.adoption.current.models.every((model) => this.data.pool.loaded(model));
  }

  /** One round of the control loop, and what follows from it. A `patient` one spares a store that has failed. */
  async round(patient: boolean): Promise<void> {
    if (this.#isDisabled || this.#isClosed) return;
    await this.loop.tick(patient);
    this.adoption.retry();
    await this.#instances.beat();
    this.#wantTasks();
    for (const { node, arm, expected } of this.data.mirrors.silent()) {
      const why = `the shadow '${arm}' was asked for ${expected} times and never ran`;
      this.#alert(node, 'silent-shadow', 'warning', why, { arm });
    }
  }

  async ready(): Promise<void> {
    if (!this.#isDisabled && !this.loop.isRead && !(await this.loop.start()) && this.loop.record === undefined) {
      throw new TurnoutError(
        'store-failed',
        `The store of '${this.#options.name}' did not answer: the stable model is served.`,
      );
    }
    this.#wantTasks();
    await this.#load();
    if (this.#options.instance === undefined || this.#isDisabled) return;
    // Where a load balancer waits for this instance, no request comes that would start the ticks.
    this.ticker.touch();
    await this.#instances.beat();
    this.#wantTasks();
  }

  async command(command: Command): Promise<Answer> {
    const answer = await this.loop.command(command);
    this.#wantTasks();
    return answer;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.ticker.close();
    this.#tasks.close();
    this.data.mirrors.close();
    await this.#claims.settled();
    if (!this.#isDisabled) await this.#instances.leave();
    const isSent = await this.loop.close();
    // Nothing is decided any more: a successor may begin while the last requests end.
    this.#releaseName();
    await this.data.pool.close();
    // They ended while the pool closed, and a slow answer must not go uncounted for being slow.
    if (isSent) await this.loop.sendRest();
    this.telemetry.events.clear();
  }

  #load(): Promise<unknown> {
    return Promise.all(this.adoption.current.models.map((model) => this.data.pool.ensure(model)));
  }

  #newInstances(store: StateStore, deadlines: Deadlines, replica: string): Instances {
    const { clock = systemClock, instance, tickEveryMs, storeTimeoutMs = 5000 } = this.#options;
    return new Instances({
      router: this.#options.name,
      store,
      clock,
      deadlines,
      instance,
      replica,
      tickEveryMs,
      storeTimeoutMs,
      isBehind: () => this.adoption.behind.length > 0,
      load: () => this.#load(),
      signal: (signal) => this.loop.signal(signal),
      onError: (error, operation) => this.telemetry.error(error, operation),
    });
  }

  #newAdoption(stable: M): Adoption<M> {
    const { recorder, pool } = this.data;
    return new Adoption<M>(stable, this.#isDisabled ? 'disabled' : 'stale', {
      pool,
      isEager: (this.#options.load ?? (isServer() ? 'eager' : 'lazy')) === 'eager',
      plan: (state, revision) => this.planner.plan(state, revision),
      compile: (plan, reason) => this.planner.compile(plan, reason),
      onAdopted: (nodes, isStored) => {
        recorder.adopt(nodes);
        recorder.suppress(!isStored);
        this.#instances.adopted();
      },
      onError: (error, operation) => this.telemetry.error(error, operation),
    });
  }

  async #signalSettled(task: string, node: string, ok: boolean, detail: Json): Promise<void> {
    const { accepted } = await this.loop.signal({ type: 'settled', task, node, ok, detail });
    // Its end is known to nobody: tasks bear to be run again, and a state that waits for an end that was lost does not.
    if (!accepted) this.#tasks.again(task);
    this.#wantTasks();
  }

  #wantTasks(): void {
    const { state, record } = this.loop;
    if (state === undefined || this.#isClosed || this.#isDisabled) return;
    this.#tasks.want(this.planner.tasks(state, record?.revision ?? 1));
  }

  /** About this replica alone; what the fleet has to know comes from a state that changed. */
  #alert(node: string, kind: string, severity: AlertSeverity, why: string, facts: Alert['facts']): void {
    const mark = alertMark(`${node}@${this.#replica}`, kind, severity, facts['arm']);
    this.telemetry.alert({ ...mark, node, why, at: this.clock.now(), facts });
  }
}
