import { expect } from 'vitest';
import { type Rng, seededRng } from '../../../src/core/rng.js';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import type { OnPlanEdit } from '../../../src/runtime/control/plan-edit.js';
import type { RolloutRecord, StateStore } from '../../../src/runtime/control/store.js';
import type { Strategy } from '../../../src/strategies/strategy.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { DriftingClock, Replica, exposedIn, settle, start } from './replicas.js';

/** What a replica runs. */
export interface Program {
  readonly strategy: Strategy;
  readonly onPlanEdit?: OnPlanEdit;
}

/** How a call of the store goes. `late`: the caller is told that it failed, and it takes effect when others have written meanwhile. */
type Fate = 'ok' | 'before' | 'after' | 'silent' | 'late';

export interface FleetOptions {
  readonly seed: number;
  readonly size: number;
  readonly program: Program;
  /** The store tells the time, as Redis and PostgreSQL do. */
  readonly hasTime: boolean;
}

const minute = 60_000;
const shareIn = (state: unknown) => (state as { own: { share: number } }).own.share;

/** The name begins those that its entries are signed with. */
type NamedReplica = Replica & { readonly name: string };

/** Replicas with clocks that differ by minutes, on one store that every one of them reaches by a bad network of its own. */
export class SimulatedFleet {
  readonly rng: Rng;
  readonly clock = new ManualClock(start);
  /** Every record that was ever stored, by revision. */
  readonly records = new Map<number, RolloutRecord>();
  readonly replicas: NamedReplica[] = [];
  readonly #gone: Replica[] = [];
  readonly #store = memoryStore();
  readonly #hasTime: boolean;
  /** Those that the network has parted from the store. */
  readonly parted = new Set<number>();
  readonly #late: (() => Promise<unknown>)[] = [];
  isWell = false;
  #started = 0;
  /** Exposures that replicas had counted and not sent when they ended. */
  #unsent = 0;

  constructor({ seed, size, program, hasTime }: FleetOptions) {
    this.rng = seededRng(seed);
    this.#hasTime = hasTime;
    for (let index = 0; index < size; index += 1) this.replicas.push(this.#replica(index, program));
  }

  /** Every replica reads the store, if the network lets it, and serves a little. */
  async begin(): Promise<void> {
    for (const [index, replica] of this.replicas.entries()) {
      await settle(this.clock, replica.loop.start());
      replica.serve(20, 0, index);
    }
  }

  pick(): number {
    return Math.floor(this.rng.next() * this.replicas.length);
  }

  of(index: number): Replica {
    return this.replicas[index] as Replica;
  }

  get record(): RolloutRecord {
    return this.records.get(this.records.size) as RolloutRecord;
  }

  /** Ends a replica, its last evidence sent if the network lets it, and starts another program in its place. */
  async deploy(index: number, program: Program): Promise<void> {
    const old = this.of(index);
    await settle(this.clock, old.loop.close());
    this.#unsent += old.loop.counters()['unsentExposures'] ?? 0;
    this.#gone.push(old);
    this.replicas[index] = this.#replica(index, program);
    await settle(this.clock, this.of(index).loop.start());
  }

  /** All that waits to take effect late does so. */
  async deliverLate(): Promise<void> {
    for (const work of this.#late.splice(0)) await work().catch(() => {});
  }

  /** What must hold at any moment: a replica serves what is stored, or less of the candidate. */
  check(): void {
    for (const { adopted } of [...this.replicas, ...this.#gone]) {
      for (const { state, revision, isStored } of adopted.splice(0, adopted.length - 1)) {
        const stored = this.records.get(revision)?.state;
        if (isStored) expect(state).toEqual(stored);
        else expect(shareIn(state)).toBeLessThanOrEqual(shareIn(stored));
      }
    }
  }

  /** The network is well from now on, and everybody looks until nothing changes any more. */
  async heal(): Promise<void> {
    this.isWell = true;
    await this.deliverLate();
    const look = async () => {
      for (const { loop } of this.replicas) await settle(this.clock, loop.tick());
    };
    // Once more, so that the first has seen what the last has sent.
    for (let known = -1, round = 0; known !== this.records.size && round < 20; round += 1) {
      known = this.records.size;
      await look();
      await look();
    }
  }

  /** One history, told once, and all evidence counted once. */
  checkEnd(): void {
    this.check();
    const all = [...this.replicas, ...this.#gone];
    expect([...this.records.keys()]).toEqual([...this.records.keys()].map((_, index) => index + 1));
    expect(new Set(this.replicas.map(({ loop }) => loop.record?.revision))).toEqual(new Set([this.records.size]));
    const exposed = all.reduce((sum, replica) => sum + replica.exposed, 0);
    expect(exposed).toBeGreaterThan(500);
    for (const replica of this.replicas) {
      expect(exposedIn(replica)).toBeLessThanOrEqual(exposed);
      expect(exposedIn(replica)).toBeGreaterThanOrEqual(exposed - this.#unsent);
      expect(replica.loop.counters()).toMatchObject({ lostDeltas: 0, unsentExposures: 0 });
      expect(replica.loop.pendingRollbacks).toBe(0);
    }
    const keyOf = ({ revision, replica, node, from, to, why }: RolloutRecord['history'][number]) =>
      `${revision} ${replica} ${node} ${from} ${to} ${why}`;
    const stored = [...this.records.values()].flatMap(({ history, revision }) =>
      history.filter((entry) => entry.revision === revision),
    );
    const told = all.flatMap((replica) => replica.told.map(keyOf));
    expect(told.toSorted()).toEqual([...new Set(told)].toSorted());
    const untold = stored.filter((entry) => !told.includes(keyOf(entry)));
    // Only a replica that ended before it knew what became of its write has left something untold.
    expect(untold.filter(({ replica }) => this.replicas.some(({ name }) => replica.startsWith(`${name}-`)))).toEqual(
      [],
    );
    expect(told.every((key) => stored.some((entry) => keyOf(entry) === key))).toBe(true);
  }

  #replica(index: number, { strategy, onPlanEdit = 'restart' }: Program): NamedReplica {
    this.#started += 1;
    const name = `run ${this.#started}`;
    const clock = new DriftingClock(this.clock, (this.rng.next() - 0.5) * 10 * minute);
    return Object.assign(new Replica({ name, strategy, store: this.#network(index), clock, onPlanEdit }), { name });
  }

  #fate(index: number): Fate {
    if (this.isWell) return 'ok';
    if (this.parted.has(index)) return 'before';
    const chance = this.rng.next();
    if (chance < 0.04) return 'before';
    if (chance < 0.07) return 'after';
    if (chance < 0.09) return 'late';
    return chance < 0.1 ? 'silent' : 'ok';
  }

  #network(index: number): StateStore {
    const call = async <T>(work: () => Promise<T>): Promise<T> => {
      const fate = this.#fate(index);
      if (fate === 'ok') return work();
      if (fate === 'silent') return new Promise<T>(() => {});
      if (fate === 'after') await work();
      if (fate === 'late') this.#late.push(work);
      throw new Error(`lost (${fate})`);
    };
    const store = this.#store;
    return {
      read: (key, known) => call(() => store.read(key, known)),
      compareAndSet: (key, expected, next) => call(() => this.#write(key, expected, next)),
      addEvidence: (key, writer, seq, delta) => call(() => store.addEvidence(key, writer, seq, delta)),
      readEvidence: (key, writer) => call(() => store.readEvidence(key, writer)),
      ...(this.#hasTime && { now: () => call(() => Promise.resolve(this.clock.now())) }),
    };
  }

  async #write(...[key, expected, next]: Parameters<StateStore['compareAndSet']>) {
    const answer = await this.#store.compareAndSet(key, expected, next);
    if (answer.ok) {
      expect(this.records.has(next.revision), `revision ${next.revision} is written once`).toBe(false);
      this.records.set(next.revision, JSON.parse(JSON.stringify(next)) as RolloutRecord);
    }
    return answer;
  }
}
