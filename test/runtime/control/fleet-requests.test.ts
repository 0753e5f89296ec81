import { expect, test } from 'vitest';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import { createRouter } from '../../../src/runtime/router.js';
import { Canary } from '../../../src/strategies/canary.js';
import { FaultyStore } from '../../../src/testing/faulty-store.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { settle } from './replicas.js';

test('a request neither waits for the store nor calls it, whether that answers or not', async () => {
  const clock = new ManualClock(1_800_000_000_000);
  let isDown = false;
  const store = new FaultyStore(memoryStore(), () => (isDown ? 'silent' : undefined));
  const router = createRouter({
    name: 'ranker',
    models: { v1: (query: string) => query.length, v2: (query: string) => query.length },
    strategy: new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5, hold: true }] }),
    store,
    storeTimeoutMs: 1000,
    clock,
  });
  await router.ready();
  for (const down of [false, true]) {
    isDown = down;
    const { calls } = store;
    for (let user = 0; user < 50; user += 1) {
      const context = { targetingKey: `user ${user}` };
      expect((await router.predict('a query', context)).output).toBe(7);
      expect(router.report(router.decide(context), { latencyMs: 3 })).toBe(true);
    }
    // The clock stood still, so nothing that takes time was waited for.
    expect(store.calls).toBe(calls);
    // What was counted goes with a tick.
    await clock.advanceAsync(12_000);
    expect(store.calls).toBeGreaterThan(calls);
    expect(router.status().stale).toBe(down);
  }
  await settle(clock, router.close());
});
