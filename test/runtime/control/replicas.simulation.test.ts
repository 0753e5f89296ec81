import { describe, expect, test } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import { type Rng, seededRng } from '../../../src/core/rng.js';
import type { HistoryEntry, RolloutRecord } from '../../../src/runtime/control/store.js';
import { Canary } from '../../../src/strategies/canary.js';
import { type Fault, FaultyStore } from '../../../src/testing/faulty-store.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { seed } from '../../seed.js';
import { DriftingClock, Replica, exposedIn, settle, start, witnessed } from './replicas.js';

const minute = 60_000;
const strategy = new Canary({
  baseline: 'v1',
  candidate: new Canary({
    baseline: 'v2',
    candidate: 'v3',
    stages: [{ share: 0.5, minAgeMs: 3 * minute, minOutcomes: 100 }],
    guardrails: [maxErrorRate(0.2)],
  }),
  stages: [
    { share: 0.1, minAgeMs: 2 * minute },
    { share: 0.5, minAgeMs: 2 * minute, hold: true },
  ],
  guardrails: [maxErrorRate(0.2)],
});

const candidateShare = (state: unknown) => (state as { own: { share: number } }).own.share;
const textOf = ({ node, from, to, why }: Pick<HistoryEntry, 'node' | 'from' | 'to' | 'why'>) =>
  `${node} ${from} ${to} ${why}`;

/** What must hold at any moment: a replica serves what is stored, or less of the candidate. */
function checkServed(replicas: readonly Replica[], records: ReadonlyMap<number, RolloutRecord>): void {
  for (const { adopted } of replicas) {
    for (const { state, revision, isStored } of adopted.splice(0, adopted.length - 1)) {
      const stored = records.get(revision)?.state;
      if (isStored) expect(state).toEqual(stored);
      else expect(candidateShare(state)).toBeLessThanOrEqual(candidateShare(stored));
    }
  }
}

function checkEnd(
  replicas: readonly Replica[],
  records: ReadonlyMap<number, RolloutRecord>,
  kept: readonly HistoryEntry[],
): void {
  checkServed(replicas, records);
  const exposed = replicas.reduce((sum, replica) => sum + replica.exposed, 0);
  for (const replica of replicas) {
    expect(exposedIn(replica)).toBe(exposed);
    expect(replica.loop.counters()['lostDeltas']).toBe(0);
    expect(replica.loop.pendingRollbacks).toBe(0);
  }
  expect(new Set(replicas.map(({ loop }) => loop.record?.revision)).size).toBe(1);
  expect([...records.keys()]).toEqual([...records.keys()].map((_, index) => index + 1));
  // Every stored transition was told once, by one replica.
  const told = replicas.flatMap((replica) => replica.told.map(textOf));
  const stored = [...records.values()].flatMap(({ history, revision }) =>
    history.filter((entry) => entry.revision === revision),
  );
  expect(told.toSorted()).toEqual(stored.map(textOf).toSorted());
  expect(new Set(kept.map((entry) => entry.revision)).size).toBeLessThanOrEqual(records.size);
}

async function heal(clock: ManualClock, replicas: readonly Replica[]): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    for (const { loop } of replicas) await settle(clock, loop.tick());
  }
}

async function step(rng: Rng, clock: ManualClock, replica: Replica, isWorse: boolean): Promise<void> {
  const { loop } = replica;
  const choice = rng.next();
  if (choice < 0.35) replica.serve(Math.floor(rng.next() * 60), isWorse ? 0.6 : 0.01, Math.floor(rng.next() * 1e9));
  else if (choice < 0.75) await settle(clock, loop.tick());
  else if (choice < 0.85) clock.advance(rng.next() * 2 * minute);
  else if (choice < 0.89) await settle(clock, loop.command({ type: 'approve', by: 'ann' }));
  else if (choice < 0.91) await settle(clock, loop.command({ type: 'rollback', by: 'ann', reason: 'a feeling' }));
  else if (choice < 0.93) await settle(clock, loop.command({ type: 'reset', by: 'ann' }));
  else if (choice < 0.95) await settle(clock, loop.command({ type: 'pause', by: 'ann', node: 'ranker/candidate' }));
  else if (choice < 0.97) await settle(clock, loop.command({ type: 'resume', by: 'ann', node: 'ranker/candidate' }));
  else await settle(clock, loop.command({ type: 'promote', by: 'ann', node: 'ranker/candidate' }));
}

async function simulate(run: number): Promise<void> {
  const rng = seededRng(run);
  const clock = new ManualClock(start);
  const { store, records } = witnessed();
  const outage = { until: 0, who: -1 };
  const replicas = ['a', 'b', 'c'].map((name, who) => {
    const faults: readonly Fault[] = ['before', 'after', 'silent'];
    const faultOf = () => {
      if (outage.who === who && clock.now() < outage.until) return 'before';
      return rng.next() < 0.12 ? (faults[Math.floor(rng.next() * 3)] as Fault) : undefined;
    };
    const own = new DriftingClock(clock, (rng.next() - 0.5) * 4 * minute);
    return new Replica({
      name,
      strategy,
      store: new FaultyStore(store, (call) => (healed ? undefined : faultOf.call(call))),
      clock: own,
    });
  });
  let healed = false;
  const isWorse = rng.next() < 0.5;
  for (let i = 0; i < 120; i += 1) {
    const replica = replicas[Math.floor(rng.next() * 3)] as Replica;
    if (rng.next() < 0.03) Object.assign(outage, { who: Math.floor(rng.next() * 3), until: clock.now() + 5 * minute });
    // Sometimes two at once, so that their calls interleave.
    const other = replicas[Math.floor(rng.next() * 3)] as Replica;
    if (rng.next() < 0.3) await Promise.all([settle(clock, replica.loop.tick()), settle(clock, other.loop.tick())]);
    else await step(rng, clock, replica, isWorse);
    checkServed(replicas, records);
  }
  healed = true;
  await heal(clock, replicas);
  checkEnd(replicas, records, store.history('ranker'));
}

describe('three replicas on a store that loses calls, with clocks that drift', () => {
  const runs = Number(process.env['SIMULATIONS'] ?? 40);
  const seeds = Array.from({ length: runs }, (_, index) => seed + index);
  test.each(seeds)('keep one history, count everything once and promote nothing unstored (seed %i)', simulate);
});

describe('one call of the store that fails, whichever it is', () => {
  /** A fixed story: a ramp, traffic on all replicas, a candidate that turns bad, and a person's retry. */
  async function story(fault: Fault | undefined, n: number): Promise<number> {
    const clock = new ManualClock(start);
    const { store, records } = witnessed();
    let calls = 0;
    const faulty = new FaultyStore(store, () => {
      calls += 1;
      return calls === n ? fault : undefined;
    });
    const replicas = ['a', 'b', 'c'].map((name) => new Replica({ name, strategy, store: faulty, clock }));
    const [a, b, c] = replicas as [Replica, Replica, Replica];
    const tickAll = async () => {
      for (const { loop } of replicas) await settle(clock, loop.tick());
    };
    await tickAll();
    for (const [index, replica] of replicas.entries()) replica.serve(200, 0.01, index);
    clock.advance(2 * minute);
    await tickAll();
    await tickAll();
    c.serve(300, 0.7, 7);
    await settle(clock, c.loop.tick());
    await settle(clock, a.loop.tick());
    await settle(clock, b.loop.command({ type: 'reset', by: 'ann' }));
    b.serve(100, 0, 8);
    await settle(clock, b.loop.command({ type: 'rollback', by: 'ann', reason: 'enough' }));
    const during = calls;
    await heal(clock, replicas);
    checkEnd(replicas, records, store.history('ranker'));
    expect(replicas.map(({ share }) => share)).toEqual([0, 0, 0]);
    return during;
  }

  test.each(['before', 'after', 'silent'] as const)('leaves no trace (%s)', async (fault) => {
    const calls = await story(undefined, 0);
    expect(calls).toBeGreaterThan(30);
    for (let n = 1; n <= calls; n += 1) await story(fault, n);
  });
});
