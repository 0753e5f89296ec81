import type { Metrics } from '../evidence/metric.js';
import type { Route } from '../plan/plan.js';
import type { Rng } from '../core/rng.js';
import { Drawn, type ModelSampler } from './outcome.js';
import type { Outages } from './outages.js';
import { PendingQueue } from './pending.js';
import type { IncomingRequest } from './requests.js';
import type { MadeDecision, SimulatedReplica } from './simulated-replica.js';
import type { Tallies, TallyBook } from './tally.js';

/** What came of one request, for whoever wants to look. */
export type ServedRequest = {
  /** Milliseconds since the start. */
  readonly atMs: number;
  readonly context: IncomingRequest['context'];
  /** The assigned model. */
  readonly model: string;
  readonly error: boolean;
  readonly latencyMs: number;
};

export interface ServeTools {
  readonly replicas: readonly SimulatedReplica[];
  readonly samplers: ReadonlyMap<string, ModelSampler>;
  readonly outages: Outages;
  readonly metrics: Metrics;
  readonly book: TallyBook;
  /** Chooses the replica, and draws what outages do. */
  readonly rng: Rng;
  readonly timeoutMs: number;
  readonly fallsBack: boolean;
  readonly onRequest: ((request: ServedRequest) => void) | undefined;
}

interface Report {
  readonly made: MadeDecision;
  readonly tallies: Tallies;
  readonly name: string;
  readonly value: unknown;
}

/** How many reports may be on their way at once. */
const pendingMax = 2_000_000;

/**
 * Serves requests: the router decides, the model's outcome is drawn, and what came of it is counted as a live router
 * would.
 */
export class Server {
  readonly #tools: ServeTools;
  readonly #pending = new PendingQueue<Report>(pendingMax);
  readonly #drawn = new Drawn();
  readonly #second = new Drawn();
  readonly #shadow = new Drawn();
  #up: readonly SimulatedReplica[] = [];
  served = 0;
  lost = 0;
  unmatched = 0;

  constructor(tools: ServeTools) {
    this.#tools = tools;
    this.refresh();
  }

  get pending(): PendingQueue<Report> {
    return this.#pending;
  }

  /** To be called when replicas may have come, gone, or become ready. */
  refresh(): void {
    this.#up = this.#tools.replicas.filter(({ takesRequests }) => takesRequests);
  }

  serve(request: IncomingRequest): void {
    const { rng, book, onRequest } = this.#tools;
    const replica = this.#up.length > 1 ? this.#up[Math.floor(rng.next() * this.#up.length)] : this.#up[0];
    if (replica?.router === undefined) {
      this.lost += 1;
      return;
    }
    const { atMs, context, unitId } = request;
    const route = replica.router.route(context);
    const drawn = this.#drawn;
    if (!this.#draw(route.model, request, drawn)) {
      this.unmatched += 1;
      return;
    }
    this.served += 1;
    const made = replica.decide(route, context);
    const answer = drawn.error ? this.#fallBack(route, request) : drawn;
    const fellBack = answer !== undefined && answer !== drawn;
    const { error, latencyMs } = drawn;
    made.data.settle(made.decision, { ok: !error, error: undefined, latencyMs, fellBack });
    const wasRecorded = request.outcomes !== undefined && Object.hasOwn(request.outcomes, route.model);
    const tallies = book.add(route, atMs, unitId, drawn, { answer, wasRecorded });
    if (answer !== undefined) this.#send(request, replica, made, tallies, answer);
    if (route.mirrors.length > 0) this.#mirror(replica, route, request);
    onRequest?.({ atMs, context, model: route.model, error, latencyMs });
  }

  /** Hands over the report that comes next. */
  deliver(): void {
    const report = this.#pending.pop();
    if (report === undefined) return;
    const { made, tallies, name, value } = report.what;
    // Any replica takes any report, as a client that calls back reaches any of them.
    const replica = this.#up[0];
    if (replica === undefined) return;
    const own = this.#up.find((candidate) => candidate.made(made)) ?? replica;
    this.#report(own, made, tallies, name, value);
  }

  #report(replica: SimulatedReplica, made: MadeDecision, tallies: Tallies, name: string, value: unknown): void {
    if (replica.report(made, { [name]: value })) this.#tools.book.report(tallies, name, value);
  }

  #send(request: IncomingRequest, replica: SimulatedReplica, made: MadeDecision, tallies: Tallies, from: Drawn): void {
    for (let index = 0; index < from.count; index += 1) {
      const [name, value] = [from.names[index] as string, from.values[index]];
      const delayMs = from.delaysMs[index] as number;
      if (delayMs > 0) this.#pending.push(request.atMs + delayMs, { made, tallies, name, value });
      else this.#report(replica, made, tallies, name, value);
    }
  }

  /** What comes of a call of a model; false when nobody knows. */
  #draw(model: string, request: IncomingRequest, drawn: Drawn): boolean {
    const { samplers, outages, rng, timeoutMs } = this.#tools;
    drawn.clear();
    const recorded = request.outcomes;
    if (recorded !== undefined && Object.hasOwn(recorded, model)) drawn.take(recorded[model] ?? {});
    else {
      const sampler = samplers.get(model);
      if (sampler === undefined) return false;
      sampler.draw(request, drawn);
    }
    if (outages.concerns(model)) {
      const rate = outages.ofModel(model, request.atMs);
      if (rate > 0 && rng.next() < rate) drawn.error = true;
    }
    if (drawn.latencyMs > timeoutMs) {
      drawn.latencyMs = timeoutMs;
      drawn.error = true;
    }
    return true;
  }

  /** The answer of the first fallback that has one. */
  #fallBack({ fallbacks }: Route<string>, request: IncomingRequest): Drawn | undefined {
    if (!this.#tools.fallsBack) return undefined;
    for (const model of fallbacks) {
      if (this.#draw(model, request, this.#second) && !this.#second.error) return this.#second;
    }
    return undefined;
  }

  #mirror(replica: SimulatedReplica, route: Route<string>, request: IncomingRequest): void {
    const { samplers, rng } = this.#tools;
    const { error, latencyMs } = this.#drawn;
    const primary = { error, latencyMs };
    replica.mirror(route, request.context, (model) => {
      const shadow = this.#shadow;
      if (!this.#draw(model, request, shadow)) return undefined;
      const rate = samplers.get(model)?.mismatch(request.atMs) ?? 0;
      const mismatch = rate > 0 && rng.next() < rate;
      const compared = !error && !shadow.error;
      return {
        primary,
        shadow: { error: shadow.error, latencyMs: shadow.latencyMs },
        compared,
        mismatch,
      };
    });
  }
}
