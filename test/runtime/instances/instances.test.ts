import { afterEach, describe, expect, test } from 'vitest';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import { createRouter } from '../../../src/runtime/router.js';
import { Rolling } from '../../../src/strategies/rolling.js';
import type { RollingState } from '../../../src/strategies/rolling/state.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const start = Date.UTC(2026, 0, 5, 9);

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((router) => router.close()));
});

function world() {
  const clock = new ManualClock(start);
  const store = memoryStore(() => clock.now());
  const answers: string[] = [];
  const replica = (instance: string, more: object = {}) => {
    const router = createRouter({
      name: 'fleet',
      instance,
      replica: instance,
      store,
      clock,
      models: {
        v1: (input: string, call: { readonly instance?: string }) => void answers.push(`${input} v1 ${call.instance}`),
        v2: (input: string, call: { readonly instance?: string }) => void answers.push(`${input} v2 ${call.instance}`),
      },
      strategy: new Rolling({ from: 'v1', to: 'v2', replicas: 2, maxUnavailable: 1, quietMs: 50, ...more }),
      tickEveryMs: 1000,
    });
    open.push(router);
    return router;
  };
  const members = async () => {
    const record = await store.read('fleet');
    if (record === undefined || record === 'unchanged') return {};
    const { members: all } = (record.state as unknown as { readonly own: RollingState }).own;
    return Object.fromEntries(
      Object.entries(all).map(([name, { present, version }]) => [name, `${present} ${version}`]),
    );
  };
  return { clock, store, replica, members, answers };
}

describe('a replica that is an instance', () => {
  test('joins with ready(), ticks from then on without a request, and tells its models where they are', async () => {
    const { clock, replica, members, answers } = world();
    const a = replica('a');
    const b = replica('b');
    await a.ready();
    expect(await members()).toEqual({ a: 'true from' });
    await b.ready();
    expect(await members()).toEqual({ a: 'true from', b: 'true from' });
    await a.predict('x', {});
    expect(answers).toEqual(['x v1 a']);
    for (let second = 0; second < 30; second += 1) await clock.advanceAsync(1000);
    expect([a.status().root.settled, b.status().root.settled]).toEqual(['promoted', 'promoted']);
    expect(await members()).toEqual({ a: 'true to', b: 'true to' });
    await b.predict('y', {});
    expect(answers.at(-1)).toBe('y v2 b');
    await Promise.all([a.close(), b.close()]);
    expect(await members()).toEqual({ a: 'false to', b: 'false to' });
  });

  test('is not ready while it is drained, for as long as requests come, and then one after the other', async () => {
    const { clock, replica } = world();
    const [a, b] = [replica('a', { quietMs: 3000 }), replica('b', { quietMs: 3000 })];
    await Promise.all([a.ready(), b.ready()]);
    await clock.advanceAsync(1200);
    expect([a.status().ready, b.status().ready]).toEqual([false, true]);
    for (let request = 0; request < 5; request += 1) {
      await a.predict('x', {});
      await clock.advanceAsync(2900);
    }
    expect(a.status().root.detail).toMatchObject({ instances: { a: 'from, draining' } });
    await clock.advanceAsync(200);
    expect(a.status().root.detail).toMatchObject({ instances: { a: 'to, serving', b: 'from, draining' } });
    expect(a.status().ready).toBe(true);
  });

  test('is told as gone by the others when it gives no sign of life for five ticks', async () => {
    const { clock, store, replica, members } = world();
    const [a, b] = [replica('a', { replicas: 9 }), replica('b', { replicas: 9 })];
    await Promise.all([a.ready(), b.ready()]);
    // Its process has lost the store: what it writes does not arrive.
    const real = store.compareAndSet;
    store.compareAndSet = (key, revision, next) =>
      next.updatedBy.startsWith('b-') ? Promise.reject(new Error('cut off')) : real(key, revision, next);
    await clock.advanceAsync(4000);
    expect((await members())['b']).toBe('true from');
    await clock.advanceAsync(4000);
    expect((await members())['b']).toBe('false from');
    store.compareAndSet = real;
    await clock.advanceAsync(2000);
    expect((await members())['b']).toBe('true from');
  });

  test('is judged by version over the whole fleet: each counts for its own arm, with the shares of all', async () => {
    const { clock, store, replica } = world();
    const [a, b] = [replica('a', { minReadyMs: 600_000 }), replica('b', { minReadyMs: 600_000 })];
    await Promise.all([a.ready(), b.ready()]);
    await clock.advanceAsync(5000);
    expect(a.status().root.shares).toEqual({ to: 0.5, from: 0.5 });
    for (const router of [a, b]) await router.predict('x', { targetingKey: 'u' });
    await clock.advanceAsync(3000);
    const { evidence } = await store.readEvidence('fleet', 'nobody');
    const stratum = evidence.strata.findLast(({ cells }) => cells['to'] !== undefined && cells['to'].exposed > 0);
    expect(stratum).toMatchObject({
      shares: { to: 0.5, from: 0.5 },
      cells: { to: { exposed: 1 }, from: { exposed: 1 } },
    });
  });
});

describe('a task whose end could not be stored', () => {
  test('runs again, so that the roll-out does not wait for it for ever', async () => {
    const clock = new ManualClock(start);
    const store = memoryStore(() => clock.now());
    let updates = 0;
    let isDown = false;
    const router = createRouter({
      name: 'servers',
      clock,
      store: {
        ...store,
        read: (key, known) => (isDown ? Promise.reject(new Error('down')) : store.read(key, known)),
      },
      models: { v1: 1, v2: 2 },
      strategy: new Rolling({
        from: 'v1',
        to: 'v2',
        instances: ['a'],
        update: () => {
          updates += 1;
          isDown = updates === 1;
        },
      }),
      tickEveryMs: false,
    });
    await router.ready();
    await router.tick();
    await clock.advanceAsync(0);
    expect([updates, isDown]).toEqual([1, true]);
    isDown = false;
    await clock.advanceAsync(4999);
    expect(updates).toBe(1);
    await clock.advanceAsync(1);
    expect(updates).toBe(2);
    expect(router.status().root.settled).toBe('promoted');
    await router.close();
  });
});
