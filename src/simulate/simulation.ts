import { TurnoutError } from '../core/errors.js';
import type { NodeStatus } from '../runtime/status.js';
import { breathe } from '../core/breathe.js';
import type { SimulationResult } from './result.js';
import { type ScriptedAnswer, type ScriptedCommand, give } from './script.js';
import type { SimulationOptions } from './simulation-options.js';
import { defaultName, type World } from './world.js';

/** After so many steps everything else in the thread has its turn. */
const stepsBetweenBreaths = 64;
const samplesWanted = 200;

/** One run: moves the time of a world from one thing that happens to the next. */
export class Simulation {
  readonly #options: SimulationOptions;
  readonly #world: World;
  readonly #tickEveryMs: number;
  readonly #edges: number[];
  readonly #script: ScriptedCommand[];
  readonly #answers: ScriptedAnswer[] = [];
  readonly #nextTicks: number[];
  #status: NodeStatus<string> | undefined;
  #nextSample = 0;
  #ticks = 0;
  #steps = 0;
  #endMs: number;

  constructor(options: SimulationOptions, world: World) {
    const { tickEveryMs = 10_000, script = [], forMs = Infinity } = options;
    const { length: count } = world.replicas;
    this.#options = options;
    this.#world = world;
    this.#tickEveryMs = tickEveryMs;
    this.#endMs = forMs;
    this.#edges = [...world.outages.edges];
    this.#script = [...script].sort((a, b) => a.atMs - b.atMs);
    // Replicas tick one after another, as they do who were not started in the same moment.
    this.#nextTicks = world.replicas.map((_, index) => (tickEveryMs * (index + 1)) / count);
  }

  async run(): Promise<SimulationResult> {
    const { clock, log } = this.#world;
    await this.#break(0);
    this.#look(0);
    for (;;) {
      const atMs = this.#nextStep();
      await this.#serveUntil(Math.min(atMs, this.#endMs));
      // Nothing comes any more: one look later all that came has been seen.
      if (this.#endMs === Infinity && this.#isQuiet) this.#endMs = clock.elapsed() + this.#tickEveryMs;
      if (!(atMs <= this.#endMs)) break;
      clock.moveTo(atMs);
      await this.#step(atMs);
      if (this.#options.stopWhenSettled === true && log.settled !== undefined) return this.#result(atMs);
      await this.#rest();
    }
    clock.moveTo(this.#endMs);
    return this.#result(this.#endMs);
  }

  async close(): Promise<void> {
    for (const replica of this.#world.replicas) await replica.close();
  }

  get #isQuiet(): boolean {
    const { source, server } = this.#world;
    return !source.isDry && source.nextMs === Infinity && server.pending.size === 0;
  }

  /** When something other than requests happens next. */
  #nextStep(): number {
    const edge = this.#edges[0] ?? Infinity;
    const order = this.#script[0]?.atMs ?? Infinity;
    return Math.min(edge, order, this.#world.clock.nextDue, ...this.#nextTicks);
  }

  /** Requests and reports up to a moment, in the order of their times. */
  async #serveUntil(untilMs: number): Promise<void> {
    const { source } = this.#world;
    this.#serveBuffered(untilMs);
    while (source.isDry) {
      await source.fill();
      this.#serveBuffered(untilMs);
    }
  }

  #serveBuffered(untilMs: number): void {
    const { source, server, clock } = this.#world;
    while (!source.isDry) {
      const requestMs = source.nextMs;
      const reportMs = server.pending.nextMs;
      const next = requestMs < reportMs ? requestMs : reportMs;
      if (!(next < untilMs)) return;
      clock.moveTo(next);
      if (requestMs < reportMs) server.serve(source.take());
      else server.deliver();
    }
  }

  /**
   * All that happens at one moment beside requests: what breaks comes before what is ordered, and that before what is
   * judged.
   */
  async #step(atMs: number): Promise<void> {
    this.#world.clock.runDue();
    if (this.#edges[0] === atMs) {
      this.#edges.shift();
      await this.#break(atMs);
    }
    while (this.#script[0]?.atMs === atMs) await this.#order(this.#script.shift() as ScriptedCommand);
    for (const [index, dueMs] of this.#nextTicks.entries()) {
      if (dueMs !== atMs) continue;
      this.#nextTicks[index] = dueMs + this.#tickEveryMs;
      await this.#tick(atMs, index);
    }
  }

  /** Replicas go and come as the outages say. */
  async #break(atMs: number): Promise<void> {
    const { replicas, outages, server } = this.#world;
    for (const [index, replica] of replicas.entries()) {
      const isOut = outages.ofReplica(index, atMs);
      if (isOut && replica.router !== undefined) await replica.crash();
      else if (!isOut && replica.router === undefined) await replica.start();
    }
    server.refresh();
  }

  get #router() {
    return this.#world.replicas.find(({ router }) => router !== undefined)?.router;
  }

  async #order(order: ScriptedCommand): Promise<void> {
    const router = this.#router;
    const { atMs, command } = order;
    const refused = { atMs, command, accepted: false, reason: 'no replica is up' };
    this.#answers.push(router === undefined ? refused : await give(router, order));
    await this.#letTasksRun();
    this.#look(atMs);
  }

  async #tick(atMs: number, index: number): Promise<void> {
    const router = this.#world.replicas[index]?.router;
    if (router === undefined) return;
    await router.tick();
    await this.#letTasksRun();
    if (this.#options.instances !== undefined) this.#world.server.refresh();
    this.#ticks += 1;
    this.#status = router.status().root;
    this.#world.log.look(atMs, this.#status);
    if (!(atMs >= this.#nextSample)) return;
    this.#world.log.sample(atMs, this.#world.server.served);
    this.#nextSample = atMs + (this.#endMs < Infinity ? this.#endMs / samplesWanted : 0);
  }

  async #letTasksRun(): Promise<void> {
    if (this.#world.watched.hadTasks()) await breathe();
  }

  #look(atMs: number): void {
    const router = this.#router;
    if (router === undefined) return;
    this.#status = router.status().root;
    this.#world.log.look(atMs, this.#status);
  }

  async #rest(): Promise<void> {
    this.#steps += 1;
    if (this.#steps % stepsBetweenBreaths === 0) await breathe();
    const { signal } = this.#options;
    if (signal?.aborted === true) {
      throw new TurnoutError('aborted', 'The simulation was aborted.', { cause: signal.reason });
    }
  }

  async #result(ranMs: number): Promise<SimulationResult> {
    this.#look(ranMs);
    this.#world.log.sample(ranMs, this.#world.server.served);
    const { server, log, book, replicas, startMs, seed, reference } = this.#world;
    const { settled, pages } = log;
    const { served, lost, unmatched, pending } = server;
    await this.close();
    const counters: Record<string, number> = { reportsDropped: pending.dropped, pagesDropped: log.dropped };
    for (const replica of replicas) {
      for (const [name, n] of Object.entries(replica.counters)) counters[name] = (counters[name] ?? 0) + n;
    }
    return {
      format: 1,
      name: this.#options.name ?? defaultName,
      seed,
      startMs,
      ranMs,
      reference,
      status: JSON.parse(JSON.stringify(this.#status ?? {})) as NodeStatus<string>,
      ...(settled !== undefined && { settled }),
      ...pages,
      commands: this.#answers,
      requests: { served, lost, unmatched },
      arms: book.arms,
      models: book.models,
      ticks: this.#ticks,
      counters,
    };
  }
}
