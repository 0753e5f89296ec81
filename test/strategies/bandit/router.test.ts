import { describe, expect, it } from 'vitest';
import { Bandit, binary, createRouter } from '../../../src/index.js';
import { decisionRow } from '../../../src/bandits/index.js';
import { memoryStore } from '../../../src/stores/memory.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { hour } from './cases.js';

const models = { v1: () => 1, v2: () => 2, v3: () => 3, v4: () => 4 };
const metrics = { clicked: binary({ windowMs: hour / 2 }) };
type Store = ReturnType<typeof memoryStore>;

const start = (store: Store, clock: ManualClock, replica: string, arms: Record<string, 'v1' | 'v2' | 'v3' | 'v4'>) =>
  createRouter({
    name: 'shop',
    models,
    metrics,
    store,
    replica,
    clock,
    tickEveryMs: false,
    strategy: new Bandit({ arms, reward: 'clicked', baseline: 'a' }),
  });
const three = { a: 'v1', b: 'v2', c: 'v3' } as const;

/** Users of one replica; `rate` of those who get v2 click, and a tenth of the others. */
function serve(router: ReturnType<typeof start>, from: number, to: number, every: number): string[] {
  const tokens: string[] = [];
  for (let user = from; user < to; user += 1) {
    const decision = router.decide({ targetingKey: `user-${user}` });
    router.report(decision, { clicked: user % (decision.model === 'v2' ? every : 10) === 0 });
    if (decision.model === 'v3') tokens.push(decision.token);
  }
  return tokens;
}

describe('a bandit in a router', () => {
  it('learns from all replicas, and gives all of them the same shares and the same arm to the same user', async () => {
    const [store, clock] = [memoryStore(), new ManualClock(1000 * hour)];
    const routers = ['one', 'two'].map((replica) => start(store, clock, replica, three));
    await Promise.all(routers.map((router) => router.ready()));
    routers.forEach((router, index) => serve(router, 3000 * index, 3000 * (index + 1), 5));
    for (const router of routers) await router.tick();
    clock.advance(2 * hour);
    for (const router of routers.toReversed()) await router.tick();
    for (const router of routers) await router.tick();
    const [one, two] = routers.map((router) => router.status().root.shares);
    expect(one?.['b']).toBeGreaterThan(0.95);
    expect(two).toEqual(one);
    for (let user = 0; user < 200; user += 1) {
      const [first, second] = routers.map((router) => router.route({ targetingKey: `user-${user}` }));
      expect(second?.exposures).toEqual(first?.exposures);
    }
    for (const router of routers) await router.close();
  });

  it('counts a late reward in the epoch of its exposure, and not after its window', async () => {
    const [store, clock] = [memoryStore(), new ManualClock(1000 * hour)];
    const router = start(store, clock, 'one', three);
    await router.ready();
    serve(router, 0, 6000, 5);
    clock.advance(2 * hour);
    await router.tick();
    const decision = router.decide({ targetingKey: 'user-1' });
    const epochBefore = decision.exposures[0]?.epoch;
    clock.advance(hour / 4);
    await router.promote({ node: 'shop' });
    expect(router.decide({ targetingKey: 'user-1' }).exposures[0]?.epoch).not.toBe(epochBefore);
    expect(router.report(decision.token, { clicked: true })).toBe(true);
    clock.advance(hour / 2);
    const late = router.decide({ targetingKey: 'user-2' });
    clock.advance(hour / 2 + 1);
    expect(router.report(late, { clicked: true })).toBe(false);
    await router.close();
  });

  it('takes an arm more in a later deployment, with the evidence of the others', async () => {
    const [store, clock] = [memoryStore(), new ManualClock(1000 * hour)];
    const before = start(store, clock, 'one', three);
    await before.ready();
    serve(before, 0, 6000, 5);
    await before.tick();
    clock.advance(2 * hour);
    await before.tick();
    await before.close();
    const after = start(store, clock, 'two', { ...three, d: 'v4' });
    await after.ready();
    expect(after.status().root.shares).toEqual(before.status().root.shares);
    await after.tick();
    const { b = 0, d = 0 } = after.status().root.shares;
    expect(d).toBeCloseTo(0.25, 6);
    expect(b).toBeGreaterThan(0.7);
    await after.close();
  });

  it('logs its decisions with the chances that were in force', async () => {
    const router = start(memoryStore(), new ManualClock(1000 * hour), 'one', three);
    await router.ready();
    const rows: unknown[] = [];
    router.on('decision', (decision) => rows.push(decisionRow(decision, { node: 'shop', context: {}, reward: 1 })));
    router.decide({ targetingKey: 'user-1' });
    router.decide({ targetingKey: 'user-1', pins: { shop: 'c' } });
    expect(rows).toEqual([
      { context: {}, arm: expect.any(String), propensity: expect.closeTo(1 / 3, 6), reward: 1 },
      undefined,
    ]);
    await router.close();
  });
});
