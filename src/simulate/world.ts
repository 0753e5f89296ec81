import { hash32 } from '../core/hash.js';
import { type Rng, seededRng } from '../core/rng.js';
import { memoryStore } from '../runtime/control/memory-store.js';
import { rootScope } from '../strategies/scope.js';
import type { Strategy } from '../strategies/strategy.js';
import { HarmMeter } from './harm.js';
import { Logbook } from './logbook.js';
import { Outages } from './outages.js';
import { strangers } from './population.js';
import { GeneratedRequests, RecordedRequests, type RequestSource } from './requests.js';
import { Server } from './serve.js';
import { samplerOf } from './simulated-model.js';
import { SimulatedReplica } from './simulated-replica.js';
import { type SimulationOptions, replicasOf } from './simulation-options.js';
import { TallyBook } from './tally.js';
import { VirtualClock } from './virtual-clock.js';
import { watched, type WatchedStrategy } from './watched-strategy.js';

/** A Monday, so that a week begins at its beginning: 5 January 2026. */
const defaultStartMs = Date.UTC(2026, 0, 5);
export const defaultName = 'simulation';

/** Everything that a run consists of. */
export interface World {
  readonly startMs: number;
  readonly seed: number;
  readonly reference: string;
  readonly clock: VirtualClock;
  readonly source: RequestSource;
  readonly outages: Outages;
  readonly replicas: readonly SimulatedReplica[];
  readonly server: Server;
  readonly book: TallyBook;
  readonly log: Logbook;
  readonly watched: WatchedStrategy;
}

/** Builds a world from options that were checked. Nothing has begun yet. */
export async function worldOf(options: SimulationOptions): Promise<World> {
  const { seed = 1, metrics = {}, outages: broken = [], models = {} } = options;
  const { source, startMs } = await sourceOf(options, seed);
  const strategy = options.strategy as Strategy<string>;
  const reference = options.reference ?? stableOf(strategy, options.name ?? defaultName, startMs);
  const clock = new VirtualClock(startMs);
  const outages = new Outages(broken);
  const samplers = new Map(
    Object.entries(models).flatMap(([name, model]) =>
      model === undefined ? [] : [[name, samplerOf(model, rngOf(seed, `model ${name}`))] as const],
    ),
  );
  const book = new TallyBook(new HarmMeter(samplers, outages, reference, metrics), metrics);
  const log = new Logbook(book);
  const seen = watched(strategy);
  const tools = {
    options: routerOptions(options, seen.strategy),
    clock,
    store: memoryStore(() => clock.now()),
    outages,
    seed,
    instances: options.instances ?? [],
    onTransition: (event: Parameters<Logbook['transition']>[1]) => log.transition(clock.elapsed(), event),
    onAlert: (event: Parameters<Logbook['alert']>[1]) => log.alert(clock.elapsed(), event),
  };
  const replicas = Array.from({ length: replicasOf(options) }, (_, index) => new SimulatedReplica(tools, index));
  const server = new Server({
    replicas,
    samplers,
    outages,
    metrics,
    book,
    rng: rngOf(seed, 'server'),
    timeoutMs: options.timeoutMs ?? Infinity,
    fallsBack: (options.onModelError ?? 'baseline') === 'baseline',
    onRequest: options.onRequest,
  });
  return { startMs, seed, reference, clock, source, outages, replicas, server, book, log, watched: seen };
}

/** A stream of chance of its own for each purpose, so that more draws for one change nothing for another. */
function rngOf(seed: number, purpose: string): Rng {
  return seededRng(hash32(purpose, seed));
}

async function sourceOf(options: SimulationOptions, seed: number): Promise<{ source: RequestSource; startMs: number }> {
  const { traffic, population, forMs = Infinity } = options;
  if ('lines' in traffic) {
    const source = new RecordedRequests(traffic, population?.unit);
    await source.fill();
    return { source, startMs: options.startMs ?? source.startMs ?? defaultStartMs };
  }
  const startMs = options.startMs ?? defaultStartMs;
  const rngs = {
    arrivals: rngOf(seed, 'arrivals'),
    units: rngOf(seed, 'units'),
    tag: hash32('tag', seed).toString(36),
  };
  return { source: new GeneratedRequests(traffic, population ?? strangers, rngs, startMs, forMs), startMs };
}

function stableOf(strategy: Strategy<string>, name: string, now: number): string {
  const scope = rootScope(name, 1);
  return strategy.status(strategy.init(now, scope), scope).stable;
}

function routerOptions(options: SimulationOptions, strategy: Strategy<string>) {
  const { name = defaultName, metrics = {}, bucketMs, conditions } = options;
  return {
    name,
    strategy,
    // Never called: what comes of a call is drawn.
    models: Object.fromEntries(strategy.models.map((model) => [model, () => undefined])),
    metrics,
    tickEveryMs: false,
    load: 'eager',
    ...(bucketMs !== undefined && { bucketMs }),
    ...(conditions !== undefined && { conditions }),
  } as const;
}
