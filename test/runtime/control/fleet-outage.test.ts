import { beforeEach, describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/evidence/evidence.js';
import { emptyEvidence, liveStrataMax } from '../../../src/evidence/evidence.js';
import { continuous } from '../../../src/evidence/metric.js';
import { compilePlan } from '../../../src/plan/compile.js';
import { countedNodes } from '../../../src/plan/counted-nodes.js';
import type { Plan } from '../../../src/plan/plan.js';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import { Outbox } from '../../../src/runtime/control/outbox.js';
import { Recorder } from '../../../src/runtime/recording/recorder.js';
import { Canary } from '../../../src/strategies/canary.js';
import { FaultyStore } from '../../../src/testing/faulty-store.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { Replica } from './replicas.js';

const hour = 3_600_000;
const day = 24 * hour;
const start = Math.floor(1_800_000_000_000 / hour) * hour;
const unlimited = <T>(work: Promise<T>) => work;

const plan: Plan<string> = {
  op: 'split',
  node: 'r',
  epoch: 1,
  salt: 'r',
  arms: [
    { arm: 'candidate', share: 0.5, plan: { op: 'serve', model: 'v2' } },
    { arm: 'baseline', share: 0.5, plan: { op: 'serve', model: 'v1' } },
  ],
  cuts: [
    { below: 2 ** 31, arm: 0 },
    { below: 2 ** 32, arm: 1 },
  ],
  missing: 'draw',
  counts: true,
};
const { route } = compilePlan(plan, { rng: { next: () => 0.5 } });

const exposedIn = (evidence: Evidence | undefined) =>
  (evidence?.strata ?? []).flatMap(({ cells }) => Object.values(cells)).reduce((sum, { exposed }) => sum + exposed, 0);

let now: number;
let isDown: boolean;
let store: ReturnType<typeof memoryStore>;
let outbox: Outbox;
beforeEach(() => {
  now = start;
  isDown = false;
  store = memoryStore(() => now);
  let writers = 0;
  const reached = new FaultyStore(store, () => (isDown ? 'before' : undefined));
  outbox = new Outbox(reached, 'r', () => `w${(writers += 1)}`);
});

/** Traffic for so many hours, and a tick every so often; gives the bytes that wait after each tick. */
async function hours(count: number, windowMs: number, tickEvery = 1): Promise<readonly number[]> {
  const recorder = new Recorder({ metrics: { revenue: continuous({ windowMs }) } });
  recorder.adopt(countedNodes(plan));
  const bytes: number[] = [];
  for (let at = 0; at < count; at += 1) {
    for (let request = 0; request < 4; request += 1) {
      const context = { targetingKey: `unit ${request} ${at % 7}` };
      const taken = route(context);
      recorder.expose(taken, context, now);
      recorder.settle(taken.exposures, now, now, { error: false, latencyMs: 5 + (at % 50) });
    }
    now += hour;
    if ((at + 1) % tickEvery > 0) continue;
    outbox.put(recorder.takeDelta(now));
    await outbox.flush(unlimited).catch(() => {});
    bytes.push(JSON.stringify(outbox.evidence() ?? '').length);
  }
  return bytes;
}

describe('evidence that a store which is down for weeks does not take', () => {
  test('grows no more once the windows have passed, and arrives whole', async () => {
    isDown = true;
    const bytes = await hours(30 * 24, 6 * hour);
    expect(outbox.unsentExposures).toBe(4 * 30 * 24);
    const afterADay = Math.max(...bytes.slice(12, 24));
    expect(Math.max(...bytes)).toBeLessThan(1.2 * afterADay);
    expect(Math.max(...bytes)).toBeLessThan(200_000);
    isDown = false;
    await outbox.flush(unlimited);
    const { evidence } = await store.readEvidence('r', 'nobody');
    expect([exposedIn(evidence), outbox.unsentExposures, outbox.lost]).toEqual([4 * 30 * 24, 0, 0]);
    expect(evidence.dropped).toEqual({ exposed: 0, outcomes: 0, reports: 0, foldedEarly: 0 });
  });

  test('is at most what all evidence may be: under longer windows buckets are folded early, which is counted, and no exposure is lost', async () => {
    isDown = true;
    const count = liveStrataMax + 512;
    await hours(count, 90 * day, 256);
    const waiting = outbox.evidence();
    expect(waiting?.strata.length).toBeLessThanOrEqual(liveStrataMax + 2);
    // The limit holds for what waits behind the one delta that is under way.
    expect(waiting?.dropped.foldedEarly).toBeGreaterThan(0);
    expect(exposedIn(waiting)).toBe(4 * count);
  });

  test('loses, after a silence of more than a day, only what was under way when it began, and counts it', async () => {
    await hours(3, hour);
    isDown = true;
    await hours(3 * 24, hour);
    isDown = false;
    // What made the store forget a silent writer: another one that wrote meanwhile.
    await store.addEvidence('r', 'other', 1, (await store.readEvidence('r', 'nobody')).evidence);
    const { evidence: before } = await store.readEvidence('r', 'nobody');
    await outbox.flush(unlimited);
    const { evidence } = await store.readEvidence('r', 'nobody');
    expect([outbox.lost, outbox.lostExposures, outbox.unsentExposures]).toEqual([1, 4, 0]);
    expect(exposedIn(evidence) - exposedIn(before)).toBe(4 * (3 * 24 - 1));
  });
});

test('what the limits of evidence have cost is among the counters of each replica', async () => {
  const strategy = new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.1 }] });
  const { loop } = new Replica({ name: 'a', strategy, store, clock: new ManualClock(start) });
  const none = { lostDeltas: 0, lostExposures: 0, unsentExposures: 0, droppedHistory: 0 };
  expect(loop.counters()).toEqual({ ...none, forgottenExposures: 0, foldedEarly: 0 });
  const dropped = { exposed: 3, outcomes: 5, reports: 7, foldedEarly: 2 };
  await store.addEvidence('ranker', 'another', 1, { ...emptyEvidence, dropped });
  await loop.tick();
  expect(loop.counters()).toEqual({ ...none, forgottenExposures: 3, foldedEarly: 2 });
});
