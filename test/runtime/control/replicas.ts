import type { Clock } from '../../../src/core/clock.js';
import type { Json } from '../../../src/core/json.js';
import { seededRng } from '../../../src/core/rng.js';
import { compilePlan } from '../../../src/plan/compile.js';
import { countedNodes } from '../../../src/plan/counted-nodes.js';
import type { Plan } from '../../../src/plan/plan.js';
import { ControlLoop, type InForce } from '../../../src/runtime/control/control-loop.js';
import { Deadlines } from '../../../src/runtime/waiting/deadlines.js';
import { Recorder } from '../../../src/runtime/recording/recorder.js';
import { rootScope } from '../../../src/strategies/scope.js';
import type { LastKnown } from '../../../src/runtime/control/record-keeper.js';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import type { HistoryEntry, RolloutRecord, StateStore } from '../../../src/runtime/control/store.js';
import type { Strategy } from '../../../src/strategies/strategy.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

export const start = 1_800_000_000_000;
export const storeTimeoutMs = 1000;

/** A clock that runs at another time than the shared one, and may be moved. */
export class DriftingClock implements Clock {
  readonly #clock: ManualClock;
  offsetMs: number;

  constructor(clock: ManualClock, offsetMs: number) {
    this.#clock = clock;
    this.offsetMs = offsetMs;
  }

  now = () => this.#clock.now() + this.offsetMs;
  elapsed = () => this.#clock.elapsed();
  setTimer = (callback: () => void, delayMs: number) => this.#clock.setTimer(callback, delayMs);
  clearTimer = (timer: unknown) => this.#clock.clearTimer(timer);
}

/** A replica without models: a control loop, and a recorder that is told of requests which always end. */
export class Replica {
  readonly loop: ControlLoop;
  readonly recorder = new Recorder({ metrics: {} });
  readonly adopted: InForce[] = [];
  readonly told: HistoryEntry[] = [];
  readonly errors: string[] = [];
  readonly #clock: Clock;
  readonly #strategy: Strategy;
  /** Requests that were counted as exposures. */
  exposed = 0;

  constructor(options: {
    name: string;
    strategy: Strategy;
    store: StateStore;
    clock: Clock;
    isPrivate?: boolean;
    onPlanEdit?: 'restart' | 'keep' | 'reject';
    lastKnown?: LastKnown;
  }) {
    this.#clock = options.clock;
    this.#strategy = options.strategy;
    let made = 0;
    this.loop = new ControlLoop({
      router: 'ranker',
      strategy: options.strategy,
      store: options.store,
      isPrivate: options.isPrivate ?? false,
      clock: options.clock,
      rng: seededRng(1),
      metrics: {},
      replicas: 2,
      onPlanEdit: options.onPlanEdit ?? 'restart',
      storeTimeoutMs,
      lastKnown: options.lastKnown,
      deadlines: new Deadlines(options.clock),
      newReplica: () => {
        made += 1;
        return `${options.name}-${made}`;
      },
      takeDelta: (now) => this.recorder.takeDelta(now),
      adopt: (force) => this.#adopt(force),
      notify: (entries) => this.told.push(...entries),
      onError: (_error, operation) => this.errors.push(operation),
    });
  }

  get plan(): Plan<string> | undefined {
    const last = this.adopted.at(-1);
    return last && this.#strategy.plan(last.state, rootScope('ranker', last.revision));
  }

  /** The share of the candidate that this replica serves. */
  get share(): number {
    const { plan } = this;
    return plan?.op === 'split' ? (plan.arms.find(({ arm }) => arm === 'candidate')?.share ?? 0) : 0;
  }

  /** `count` requests, each answered; those of the candidate fail with `errorRate`. */
  serve(count: number, errorRate: number, seed: number): void {
    const { plan } = this;
    if (plan === undefined) return;
    const rng = seededRng(seed);
    const { route } = compilePlan(plan, { rng });
    for (let i = 0; i < count; i += 1) {
      const context = { targetingKey: `unit-${Math.floor(rng.next() * 1e9)}` };
      const now = this.#clock.now();
      const taken = route(context);
      this.recorder.expose(taken, context, now);
      const isCandidate = taken.exposures.some(({ arm }) => arm === 'candidate');
      const error = isCandidate && rng.next() < errorRate;
      this.recorder.settle(taken.exposures, now, now, { error, latencyMs: 1 });
      if (this.adopted.at(-1)?.isStored === true) this.exposed += taken.exposures.length;
    }
  }

  #adopt(force: InForce): void {
    this.adopted.push(force);
    this.recorder.adopt(countedNodes(this.#strategy.plan(force.state, rootScope('ranker', force.revision))));
    this.recorder.suppress(!force.isStored);
  }
}

/** Lets work that waits for silent stores come to its time limits. */
export async function settle<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  const state = { isDone: false };
  const done = work.finally(() => {
    state.isDone = true;
  });
  done.catch(() => {});
  for (let i = 0; i < 200 && !state.isDone; i += 1) await clock.advanceAsync(i === 0 ? 0 : storeTimeoutMs / 2);
  return done;
}

/** What is exposed in all strata of some evidence. */
export function exposedIn(replica: Replica): number {
  const strata = replica.loop.evidence?.strata ?? [];
  return strata.flatMap(({ cells }) => Object.values(cells)).reduce((sum, { exposed }) => sum + exposed, 0);
}

export const stateText = (state: Json) => JSON.stringify(state);

/** A memory store that remembers every record that was ever stored, and in which no revision is written twice. */
export function witnessed(): {
  store: StateStore & ReturnType<typeof memoryStore>;
  records: Map<number, RolloutRecord>;
} {
  const store = memoryStore();
  const records = new Map<number, RolloutRecord>();
  const compareAndSet: StateStore['compareAndSet'] = async (key, expected, next) => {
    const answer = await store.compareAndSet(key, expected, next);
    if (answer.ok) {
      // One history: a revision is written once.
      if (records.has(next.revision)) throw new Error(`revision ${next.revision} was written twice`);
      records.set(next.revision, JSON.parse(JSON.stringify(next)) as RolloutRecord);
    }
    return answer;
  };
  return { store: { ...store, compareAndSet }, records };
}
