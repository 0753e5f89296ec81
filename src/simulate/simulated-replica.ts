import type { Context } from '../core/context.js';
import { hash32 } from '../core/hash.js';
import { seededRng, systemRng } from '../core/rng.js';
import type { Metrics } from '../evidence/metric.js';
import type { Route } from '../plan/plan.js';
import type { StateStore } from '../runtime/control/store.js';
import type { DataPlane } from '../runtime/data-plane.js';
import type { RoutedDecision } from '../runtime/decision.js';
import { LiveRouter } from '../runtime/live-router.js';
import { MirrorDraw } from '../runtime/mirrors/mirror-draw.js';
import type { MirroredPair } from '../runtime/recording/recorder.js';
import type { RouterEvents } from '../runtime/router-events.js';
import type { RouterOptions } from '../runtime/router-options.js';
import type { Strategy } from '../strategies/strategy.js';
import type { Outages } from './outages.js';
import { lossyStore } from './simulated-store.js';
import type { VirtualClock } from './virtual-clock.js';

export type AnyRouter = LiveRouter<Readonly<Record<string, unknown>>, Metrics, string>;
type AnyOptions = RouterOptions<Readonly<Record<string, unknown>>, Metrics, Strategy<string>>;

/** What replicas share. */
export interface ReplicaTools {
  readonly options: Omit<AnyOptions, 'store' | 'replica' | 'clock' | 'rng'>;
  readonly clock: VirtualClock;
  readonly store: StateStore;
  readonly outages: Outages;
  readonly seed: number;
  /** The names of the replicas where each is an instance. */
  readonly instances: readonly string[];
  /** Called by whichever replica stored it. */
  onTransition(event: RouterEvents<string>['transition']): void;
  onAlert(event: RouterEvents<string>['alert']): void;
}

/** A process of a replica: it ends with an outage, and another one takes its place. */
interface Process {
  readonly router: AnyRouter;
  readonly data: DataPlane<string>;
  readonly draw: MirrorDraw;
  readonly link: { isCut: boolean };
}

/** A decision, and the process that made it. */
export interface MadeDecision {
  readonly decision: RoutedDecision<string>;
  readonly data: DataPlane<string>;
}

/** One replica: a real router on virtual time, called without waiting for promises. */
export class SimulatedReplica {
  readonly #tools: ReplicaTools;
  readonly #index: number;
  #process: Process | undefined;
  #started = 0;
  #counters: Record<string, number> = {};

  constructor(tools: ReplicaTools, index: number) {
    this.#tools = tools;
    this.#index = index;
  }

  /** The router of the process that runs; undefined while there is none. */
  get router(): AnyRouter | undefined {
    return this.#process?.router;
  }

  /** Whether a load balancer sends requests here. Replicas without names are ready as soon as they are up. */
  get takesRequests(): boolean {
    const router = this.#process?.router;
    return router !== undefined && (this.#tools.instances.length === 0 || router.status().ready);
  }

  async start(): Promise<void> {
    const { options, clock, store, outages, seed, instances } = this.#tools;
    const instance = instances[this.#index];
    this.#started += 1;
    const rngOf = (what: string) => seededRng(hash32(`${what} ${this.#index} ${this.#started}`, seed));
    const link = { isCut: false };
    const lossNow = () => (link.isCut ? 'call' : outages.ofStore(this.#index, clock.elapsed()));
    const router: AnyRouter = new LiveRouter({
      ...options,
      ...(instance !== undefined && { instance }),
      store: lossyStore(store, rngOf('store'), lossNow),
      // Two simulations of one router may run at once in a process; no decision depends on a replica's name.
      replica: `simulated ${this.#index} ${this.#started} ${systemRng.next()}`,
      clock,
      rng: rngOf('router'),
    });
    router.on('transition', (event) => this.#tools.onTransition(event));
    router.on('alert', (event) => this.#tools.onAlert(event));
    this.#process = { router, data: LiveRouter.dataOf(router), draw: new MirrorDraw(rngOf('mirrors')), link };
    // A store that is out at the start: the stable model is served until a tick reads it.
    await router.ready().catch(() => {});
  }

  /** Ends the process as a crash does: what it had not sent is lost. */
  async crash(): Promise<void> {
    if (this.#process !== undefined) this.#process.link.isCut = true;
    await this.close();
  }

  async close(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined) return;
    await process.router.close();
    const { counters } = process.router.status();
    for (const [name, count] of Object.entries(counters)) this.#counters[name] = (this.#counters[name] ?? 0) + count;
  }

  /** What its processes that have ended dropped, lost and failed. */
  get counters(): Readonly<Record<string, number>> {
    return this.#counters;
  }

  /** Counts a request on its route. Only while a process runs. */
  decide(route: Route<string>, context: Context): MadeDecision {
    const { data } = this.#process as Process;
    const decision = data.decide(route, context);
    // As `predict` marks it: its error and latency are not taken from a report.
    decision.measured = true;
    return { decision, data };
  }

  /**
   * Counts the shadows of a request, for those that are drawn; `pairOf` says what came of one, or undefined for
   * nothing.
   */
  mirror(route: Route<string>, context: Context, pairOf: (shadow: string) => MirroredPair | undefined): void {
    const { draw, data } = this.#process as Process;
    for (const mirror of route.mirrors) {
      if (!draw.wants(mirror, context)) continue;
      draw.ran(mirror);
      const pair = pairOf(mirror.model);
      if (pair === undefined) continue;
      const compared = mirror.comparison !== undefined && pair.compared;
      const at = this.#tools.clock.now();
      data.recorder.mirrored(mirror, 'primary', at, { ...pair, compared, mismatch: compared && pair.mismatch });
    }
  }

  /** Whether the process that runs made a decision. */
  made({ data }: MadeDecision): boolean {
    return this.#process?.data === data;
  }

  /** Takes a report, of a decision of its own or of another process. */
  report({ decision, data }: MadeDecision, outcome: Readonly<Record<string, unknown>>): boolean {
    const own = (this.#process as Process).data;
    return own.report(own === data ? decision : decision.token, outcome);
  }
}
