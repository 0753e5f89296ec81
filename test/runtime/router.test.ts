import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  ABTest,
  BlueGreen,
  Canary,
  ConfigError,
  FeatureFlag,
  type RouterOptions,
  Shadow,
  type StateStore,
  type Strategy,
  binary,
  continuous,
  createRouter,
  isTurnoutError,
  maxErrorRate,
  noWorseThan,
} from '../../src/index.js';
import { memoryStore } from '../../src/stores/memory.js';
import { FaultyStore, ManualClock } from '../../src/testing/index.js';

const minute = 60_000;
const start = 1_800_000_000_000;
const opened: { close(): Promise<void> }[] = [];

function open<R extends { close(): Promise<void> }>(router: R): R {
  opened.push(router);
  return router;
}

afterEach(async () => {
  for (const router of opened.splice(0)) await router.close();
});

const models = { v1: (x: number) => ({ by: 'v1', x }), v2: (x: number) => ({ by: 'v2', x }) };
const canary = new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5, minAgeMs: minute }] });
const users = Array.from({ length: 400 }, (_, index) => ({ targetingKey: `user-${index}` }));

describe('createRouter', () => {
  test('refuses every mistake at once, each with its place and what to do', () => {
    const options = {
      name: 'a/b',
      models,
      metrics: { latency: binary() },
      strategy: new Canary({ baseline: 'v1', candidate: 'v9', guardrails: [noWorseThan('clickd')] }),
      timeoutMs: Number.NaN,
      tickEvery: 5,
    };
    const mistakes = () => createRouter(options as never);
    expect(mistakes).toThrow(ConfigError);
    try {
      mistakes();
    } catch (error) {
      const { message } = error as ConfigError;
      expect(message).toContain("options.strategy.models: 'v9' is not in `models` (v1, v2).");
      expect(message).toContain("options.strategy.metrics: 'clickd' is not in `metrics`");
      expect(message).toContain('options.timeoutMs: must be a number over 0 (was NaN).');
      expect(message).toContain('options.tickEvery: is not an option. Did you mean tickEveryMs?');
      expect(message).toContain('options.name:');
      expect(message).toContain('options.metrics');
    }
  });

  test.each([undefined, null, 5, 'x', {}, { name: 'r', models: {}, strategy: canary }])('refuses %j', (options) => {
    expect(() => createRouter(options as never)).toThrow(ConfigError);
  });

  test('refuses a second router of one name until the first is closed', async () => {
    const first = createRouter({ name: 'twin', models, strategy: canary });
    expect(() => createRouter({ name: 'twin', models, strategy: canary })).toThrow(/there is a router 'twin'/);
    await first.close();
    const second = open(createRouter({ name: 'twin', models, strategy: canary }));
    expect(second.name).toBe('twin');
    open(createRouter({ name: 'twin', replica: 'b', models, strategy: canary }));
    expect(() => createRouter({ name: 'twin', replica: 'b', models, strategy: canary })).toThrow(/replica 'b'/);
  });

  test('a name that a mistake kept from being taken is free', () => {
    expect(() =>
      createRouter({ name: 'again', models, strategy: new Canary({ baseline: 'v1', candidate: 'v9' }) } as never),
    ).toThrow();
    open(createRouter({ name: 'again', models, strategy: canary }));
  });

  test('refuses a condition that names a function which was not given', () => {
    const rules = [{ name: 'beta', when: { use: 'isBeta' }, use: 'on' }] as const;
    const strategy = new FeatureFlag({ off: 'v1', on: 'v2', rules });
    expect(() => createRouter({ name: 'use', models, strategy })).toThrow(/isBeta/);
    const router = open(
      createRouter({ name: 'use', models, strategy, conditions: { isBeta: ({ beta }) => beta === true } }),
    );
    expect(router.route({ targetingKey: 'u', beta: true }).reason).toBe('targeting-match');
  });

  test('refuses rules that wait for each other', () => {
    const strategy = new FeatureFlag({
      off: 'v1',
      on: new FeatureFlag({ off: 'v1', on: 'v2', rules: [{ name: 'b', when: { arm: ['ring', 'on'] }, use: 'on' }] }),
      rules: [{ name: 'a', when: { arm: ['ring/on', 'on'] }, use: 'on' }],
    });
    expect(() => createRouter({ name: 'ring', models, strategy })).toThrow(/ring/);
  });
});

describe('a request', () => {
  test('is answered by the model of its unit, always the same', async () => {
    const router = open(createRouter({ name: 'r', models, strategy: canary }));
    const counts = { v1: 0, v2: 0 };
    for (const user of users) {
      const { output, model, decision } = await router.predict(7, user);
      counts[model] += 1;
      expect(output).toEqual({ by: model, x: 7 });
      expect(router.route(user).model).toBe(model);
      expect(decision).toMatchObject({ model, served: model, reason: 'split' });
    }
    expect(counts.v2).toBeGreaterThan(150);
    expect(counts.v2).toBeLessThan(250);
  });

  test('counts its exposure and its outcome once; looking up a route counts nothing', async () => {
    const store = memoryStore();
    const clock = new ManualClock(start);
    const router = open(createRouter({ name: 'r', models, strategy: canary, store, clock, tickEveryMs: false }));
    await router.ready();
    for (const user of users) router.route(user);
    for (const user of users) router.explain(user);
    for (const user of users) await router.predict(1, user);
    for (const user of users.slice(0, 100)) router.decide(user);
    await router.tick();
    const { evidence } = await store.readEvidence('r', 'anybody');
    const cells = evidence.strata.flatMap((stratum) => Object.values(stratum.cells));
    const sum = (of: (cell: (typeof cells)[number]) => number) => cells.reduce((total, cell) => total + of(cell), 0);
    expect(sum(({ exposed }) => exposed)).toBe(500);
    expect(sum(({ outcomes }) => outcomes)).toBe(400);
    expect(sum(({ errors }) => errors)).toBe(0);
  });

  test('of a failing candidate is answered by the baseline, and counted against the candidate', async () => {
    const clock = new ManualClock(start);
    const failing = { v1: () => 'ok', v2: () => Promise.reject(new Error('broken')) };
    const strategy = new Canary({
      baseline: 'v1',
      candidate: 'v2',
      stages: [{ share: 0.5 }],
      guardrails: [maxErrorRate(0.05)],
    });
    const router = open(createRouter({ name: 'r', models: failing, strategy, clock, tickEveryMs: false }));
    for (const user of users) {
      const { output, model, decision } = await router.predict(undefined, user);
      expect([output, model, decision.served]).toEqual(['ok', 'v1', 'v1']);
    }
    await router.tick();
    expect(router.status().root).toMatchObject({ phase: 'settled', settled: 'rolled-back', stable: 'v1' });
    expect(router.status().history[0]?.why).toMatch(/error rate/);
  });

  test("rethrows the model's own error where fallbacks are off", async () => {
    const error = new TypeError('mine');
    const failing = {
      v1: () => 'ok',
      v2: () => {
        throw error;
      },
    };
    const strategy = new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 1 }] });
    const router = open(createRouter({ name: 'r', models: failing, strategy, onModelError: 'throw' }));
    await expect(router.predict(undefined, {})).rejects.toBe(error);
  });

  test('of a model that hangs ends at its time limit, with the baseline answering', async () => {
    const clock = new ManualClock(start);
    const hanging = { v1: () => 'ok', v2: () => new Promise<string>(() => {}) };
    const strategy = new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 1 }] });
    const limits = { timeoutMs: 1000, attemptTimeoutMs: 100 };
    const router = createRouter({ name: 'r', models: hanging, strategy, clock, tickEveryMs: false, ...limits });
    await router.ready();
    const answer = router.predict(undefined, {});
    await clock.advanceAsync(200);
    expect(await answer).toMatchObject({ output: 'ok', model: 'v1', decision: { model: 'v2', served: 'v1' } });
    // The call that hangs is waited for, but not for ever.
    const closed = router.close();
    await clock.advanceAsync(20_000);
    await closed;
  });

  test.each([
    ['a prototype', '__proto__'],
    ['a lone surrogate', '\ud800'],
    ['a megabyte', 'x'.repeat(1_000_000)],
    ['a number', 12_345],
    ['not a number', Number.NaN],
    ['nothing', undefined],
    ['an object', {}],
    ['an empty text', ''],
  ])('with %s as its unit is answered', async (_, targetingKey) => {
    const router = open(createRouter({ name: 'r', models, strategy: canary }));
    const { model } = await router.predict(1, { targetingKey } as never);
    expect(['v1', 'v2']).toContain(model);
  });

  test.each([undefined, null])('without a context (%j) is one without a unit', async (context) => {
    const router = open(createRouter({ name: 'r', models, strategy: canary }));
    expect(['v1', 'v2']).toContain((await router.predict(1, context as never)).model);
    expect(['v1', 'v2']).toContain(router.decide(context as never).model);
    expect(['v1', 'v2']).toContain(router.route(context as never).model);
    expect(router.explain(context as never).steps).toHaveLength(2);
  });

  test('is not hurt by a listener or a logger that throws', async () => {
    const bad = () => {
      throw new Error('listener');
    };
    const logger = { debug: bad, info: bad, warn: bad, error: bad };
    const router = open(createRouter({ name: 'r', models, strategy: canary, logger, tickEveryMs: false }));
    const errors: unknown[] = [];
    for (const event of ['decision', 'exposure', 'outcome', 'transition'] as const) router.on(event, bad);
    router.on('error', ({ operation }) => errors.push(operation));
    await router.predict(1, users[0] as never);
    await router.promote();
    expect(errors).toEqual([
      'listener of decision',
      'listener of exposure',
      'listener of outcome',
      'listener of transition',
    ]);
  });

  test('that is disabled gets the stable model and counts nothing', async () => {
    const router = open(createRouter({ name: 'r', models, strategy: canary, disabled: true }));
    for (const user of users.slice(0, 50)) {
      const decision = router.decide(user);
      expect(decision).toMatchObject({ model: 'v1', reason: 'disabled', exposures: [] });
    }
    expect(await router.promote()).toEqual({ accepted: false, reason: 'the router is disabled' });
    await router.tick();
    expect(router.status().root.shares).toEqual({ candidate: 0.5, baseline: 0.5 });
  });
});

describe('a shared store', () => {
  test('serves the stable model until it was read, and says that it is stale', async () => {
    const router = open(
      createRouter({ name: 'r', models, strategy: canary, store: memoryStore(), tickEveryMs: false }),
    );
    expect(router.route(users[0] as never)).toMatchObject({ model: 'v1', reason: 'stale', exposures: [] });
    expect(router.status()).toMatchObject({ stale: true, ready: false, revision: 0 });
    await router.ready();
    expect(router.status()).toMatchObject({ stale: false, ready: true, revision: 1 });
    expect(new Set(users.map((user) => router.route(user).model)).size).toBe(2);
  });

  test('that is down keeps the stable model, and ready says so', async () => {
    const store = new FaultyStore(memoryStore(), () => 'before');
    const router = open(createRouter({ name: 'r', models, strategy: canary, store, tickEveryMs: false }));
    await expect(router.ready()).rejects.toSatisfy((error) => isTurnoutError(error, 'store-failed'));
    expect(router.route(users[0] as never).model).toBe('v1');
    expect(router.status().counters['errors: store read']).toBe(1);
    expect((await router.predict(1, {})).model).toBe('v1');
  });

  test('joins replicas: what one rolls back the other stops serving', async () => {
    const store = memoryStore();
    const options = { name: 'r', models, strategy: canary, store, tickEveryMs: false } as const;
    const a = open(createRouter({ ...options, replica: 'a' }));
    const b = open(createRouter({ ...options, replica: 'b' }));
    await Promise.all([a.ready(), b.ready()]);
    expect(await a.rollback('a smell', { by: 'ann' })).toEqual({ accepted: true });
    await b.tick();
    expect(users.every((user) => b.route(user).model === 'v1')).toBe(true);
    expect(b.status().history).toMatchObject([{ why: 'a smell (ann)' }]);
  });

  test('a state that another version stored changes nothing and is not overwritten', async () => {
    const store = memoryStore();
    const record = { format: 2, revision: 9, nodes: {}, state: {}, history: [], updatedAt: 0, updatedBy: 'later' };
    await store.compareAndSet('r', undefined, record);
    const router = open(createRouter({ name: 'r', models, strategy: canary, store, tickEveryMs: false }));
    await expect(router.ready()).rejects.toThrow();
    expect(router.route(users[0] as never).model).toBe('v1');
    expect(await store.read('r')).toEqual(record);
  });
});

describe('orders', () => {
  const make = (extra: Partial<RouterOptions<typeof models, never, Strategy>> = {}) =>
    open(createRouter({ name: 'r', models, strategy: canary, tickEveryMs: false, ...extra } as never));

  test('a rollback is in force before its promise settles', async () => {
    const router = make();
    const answer = router.rollback('it smells', { by: 'ann' });
    expect(users.every((user) => router.route(user).model === 'v1')).toBe(true);
    expect(await answer).toEqual({ accepted: true });
    expect(router.status().root).toMatchObject({ settled: 'rolled-back', shares: { candidate: 0, baseline: 1 } });
  });

  test('promote, pause, resume, approve, reject and reset reach the strategy', async () => {
    const router = make();
    expect(await router.approve()).toEqual({ accepted: false, reason: 'no approval is waited for' });
    expect(await router.reject()).toEqual({ accepted: false, reason: 'no approval is waited for' });
    expect(await router.pause({ by: 'ann' })).toEqual({ accepted: true });
    expect(router.status().root.phase).toBe('paused');
    expect(await router.resume({ by: 'ann' })).toEqual({ accepted: true });
    expect(await router.promote({ by: 'ann' })).toEqual({ accepted: true });
    expect(router.status().root).toMatchObject({ settled: 'promoted', stable: 'v2' });
    expect(await router.reset('r', { by: 'ann' })).toEqual({ accepted: true });
    expect(router.status().root).toMatchObject({ phase: 'running', detail: { attempt: 2 } });
    expect(router.status().history.map(({ why }) => why)).toEqual([
      'paused by ann',
      'resumed by ann',
      'promoted by ann',
      'a new attempt by ann',
    ]);
  });

  test('for an unknown node are refused', async () => {
    const router = make();
    expect(await router.promote({ node: 'r/nobody' })).toMatchObject({
      accepted: false,
      reason: expect.stringContaining('r/nobody'),
    });
    expect(await router.rollback('x', { node: 'other' })).toMatchObject({ accepted: false });
  });

  test('after close are refused', async () => {
    const router = make();
    await router.close();
    await router.close();
    expect(await router.promote()).toEqual({ accepted: false, reason: 'the router is closed' });
  });

  test('keep no more than a thousand characters of a reason', async () => {
    const router = make();
    await router.rollback('x'.repeat(100_000), { by: 'y'.repeat(100_000) });
    expect(router.status().history[0]?.why).toBe(`${'x'.repeat(1000)} (${'y'.repeat(200)})`);
  });

  test('forget what the last tick saw, since it saw another state', async () => {
    const router = make();
    await router.tick();
    const seen = router.status().root.waitingFor;
    await router.pause();
    expect(router.status().root.waitingFor).not.toEqual(seen);
    expect(router.status().root.waitingFor).toEqual(['resume()']);
  });

  test('are told once, as events and to the logger', async () => {
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const router = make({ logger });
    const transitions: unknown[] = [];
    const stop = router.on('transition', (transition) => transitions.push(transition));
    await router.promote({ by: 'ann' });
    stop();
    await router.rollback('no', { by: 'ann' });
    expect(transitions).toEqual([
      { node: 'r', from: '50%', to: 'promoted', why: 'promoted by ann', facts: { share: 1 } },
    ]);
    expect(logger.info).toHaveBeenCalledTimes(2);
    expect(logger.info).toHaveBeenCalledWith(
      'r: 50% → promoted: promoted by ann',
      expect.objectContaining({ router: 'r', node: 'r' }),
    );
  });
});

describe('what comes of a decision', () => {
  const metrics = { clicked: binary({ per: 'report' }), revenue: continuous({ cap: 100 }) };
  const measured = (extra: object = {}) =>
    open(createRouter({ name: 'r', models, metrics, strategy: canary, tickEveryMs: false, ...extra }));

  test('is reported by the decision or by its token, once', () => {
    const router = measured();
    const decision = router.decide({ targetingKey: 'u' });
    expect(decision.served).toBeUndefined();
    expect(router.report(decision, { clicked: true })).toBe(true);
    expect(router.report(decision.token, { clicked: true })).toBe(false);
    expect(router.report(decision.token, { revenue: 12 })).toBe(true);
    expect(router.report(decision, { error: true, latencyMs: 20 })).toBe(true);
  });

  test('is refused when it is no number, no boolean, or nothing that was declared', () => {
    const router = measured();
    const decision = router.decide({ targetingKey: 'u' });
    for (const outcome of [
      { clicked: 1 },
      { revenue: Number.NaN },
      { revenue: '5' },
      { other: true },
      {},
      { __proto__: { clicked: true } },
    ]) {
      expect(router.report(decision, outcome as never)).toBe(false);
    }
  });

  test.each(['', 'nonsense', 'x'.repeat(10_000), '__proto__', 'turnout', '{}'])('refuses the token %j', (token) => {
    const router = measured();
    expect(router.report(token, { clicked: true })).toBe(false);
    expect(router.status().counters['badTokens']).toBe(1);
  });

  test('refuses the token of another router and a forged one', async () => {
    const signer = {
      sign: (text: string) => `${text.length}`,
      verify: (text: string, signature: string) => `${text.length}` === signature,
    };
    const router = measured({ tokens: signer });
    const { token } = router.decide({ targetingKey: 'u' });
    const foreign = open(createRouter({ name: 'other', models, metrics, strategy: canary, tokens: signer }));
    expect(foreign.report(token, { clicked: true })).toBe(false);
    expect(router.report(`${token}0`, { clicked: true })).toBe(false);
    expect(router.report(token.slice(0, -3), { clicked: true })).toBe(false);
    expect(router.report(token, { clicked: true })).toBe(true);
  });

  test('is taken by another replica, days later, unless its window has closed', async () => {
    const clock = new ManualClock(start);
    const store = memoryStore();
    const long = { clicked: binary({ per: 'report', windowMs: 3 * 86_400_000 }) };
    const options = { name: 'r', models, metrics: long, strategy: canary, store, clock, tickEveryMs: false } as const;
    const a = open(createRouter({ ...options, replica: 'a' }));
    const b = open(createRouter({ ...options, replica: 'b' }));
    await Promise.all([a.ready(), b.ready()]);
    const first = a.decide({ targetingKey: 'u' }).token;
    const second = a.decide({ targetingKey: 'v' }).token;
    clock.advance(2 * 86_400_000);
    expect(b.report(first, { clicked: true })).toBe(true);
    clock.advance(2 * 86_400_000);
    expect(b.report(second, { clicked: true })).toBe(false);
  });

  test('of a model that the router called itself is measured once: a second word on its error changes nothing', async () => {
    const router = measured();
    const { decision } = await router.predict(1, { targetingKey: 'u' });
    expect(router.report(decision, { error: true })).toBe(false);
    expect(router.report(decision.token, { latencyMs: 5 })).toBe(false);
    expect(router.report(decision, { clicked: true })).toBe(true);
  });

  test('shows in JSON as the decision was', () => {
    const router = measured();
    const decision = router.decide({ targetingKey: 'u' });
    expect(JSON.parse(JSON.stringify(decision))).toMatchObject({
      model: decision.model,
      reason: 'split',
      token: decision.token,
    });
  });
});

describe('models', () => {
  const loads: string[] = [];
  const loading = (name: string) => ({
    load: async () => {
      loads.push(`load ${name}`);
    },
    unload: async () => {
      loads.push(`unload ${name}`);
    },
    predict: () => name,
  });

  test('are loaded before a plan that reaches them, and unloaded when none does and the last request has ended', async () => {
    loads.length = 0;
    const strategy = new BlueGreen({ blue: 'v1', green: 'v2', bakeMs: minute, keepWarm: { ms: minute } });
    const clock = new ManualClock(start);
    const router = open(
      createRouter({
        name: 'r',
        models: { v1: loading('v1'), v2: loading('v2') },
        strategy,
        clock,
        load: 'eager',
        tickEveryMs: false,
      }),
    );
    const drained: string[] = [];
    router.on('drained', ({ model }) => drained.push(model));
    await router.ready();
    expect(loads.toSorted()).toEqual(['load v1', 'load v2']);
    for (let i = 0; i < 6; i += 1) {
      await router.tick();
      await clock.advanceAsync(minute);
    }
    expect(router.status().root).toMatchObject({ stable: 'v2', settled: 'promoted' });
    await router.drained('v1');
    expect(loads).toContain('unload v1');
    expect(drained).toEqual(['v1']);
    expect(router.status().ready).toBe(true);
  });

  test('are loaded by the first request that needs them when loading is lazy', async () => {
    loads.length = 0;
    const strategy = new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 1 }] });
    const router = open(
      createRouter({ name: 'r', models: { v1: loading('v1'), v2: loading('v2') }, strategy, load: 'lazy' }),
    );
    expect(loads).toEqual([]);
    expect((await router.predict(undefined, {})).output).toBe('v2');
    expect(loads).toEqual(['load v2']);
  });

  test('that cannot be loaded are not adopted: the last plan stays, and status says what it waits for', async () => {
    const clock = new ManualClock(start);
    let isBroken = false;
    const failing = {
      predict: () => 'v2',
      load: () => (isBroken ? Promise.reject(new Error('no weights')) : undefined),
      unload: () => {},
    };
    const strategy = new FeatureFlag({ off: 'v1', on: 'v2' });
    const router = open(
      createRouter({
        name: 'r',
        models: { v1: () => 'v1', v2: failing },
        strategy,
        clock,
        load: 'eager',
        tickEveryMs: false,
      }),
    );
    await router.ready();
    expect(router.route({}).model).toBe('v2');
    await router.rollback('off');
    await router.drained('v2');
    await clock.advanceAsync(1);
    isBroken = true;
    await router.reset();
    await clock.advanceAsync(0);
    expect(router.route({}).model).toBe('v1');
    expect(router.status()).toMatchObject({ behind: ['v2'], counters: { 'errors: load of v2': 1 } });
    isBroken = false;
    for (let i = 0; i < 5; i += 1) {
      await clock.advanceAsync(minute);
      await router.tick();
    }
    await clock.advanceAsync(0);
    expect([router.route({}).model, router.status().behind]).toEqual(['v2', []]);
  });
});

describe('shadows', () => {
  test('get the request after its answer, are compared, and say so', async () => {
    const clock = new ManualClock(start);
    const seen: string[] = [];
    const shadowing = {
      v1: (x: number) => x * 2,
      v2: (x: number, call: { mode: string }) => {
        seen.push(call.mode);
        return x === 3 ? 0 : x * 2;
      },
    };
    const strategy = new Shadow({ primary: 'v1', shadow: 'v2' });
    const router = open(createRouter({ name: 'r', models: shadowing, strategy, clock, tickEveryMs: false }));
    const mismatches: unknown[] = [];
    router.on('mismatch', (mismatch) => mismatches.push(mismatch));
    for (const x of [1, 2, 3]) {
      expect((await router.predict(x, { targetingKey: 'u' })).output).toBe(x * 2);
    }
    expect(seen).toEqual([]);
    for (let i = 0; i < 10; i += 1) await clock.advanceAsync(10);
    expect(seen).toEqual(['shadow', 'shadow', 'shadow']);
    expect(mismatches).toHaveLength(1);
    expect(router.differences()).toHaveLength(1);
    expect(router.status().counters['mirrored']).toBe(3);
  });
});

describe('looking in', () => {
  test('explain tells the path that route takes', () => {
    const strategy = new Canary({
      baseline: 'v1',
      candidate: new ABTest({ arms: { a: 'v1', b: 'v2' } }),
      stages: [{ share: 0.5 }],
    });
    const router = open(createRouter({ name: 'r', models, strategy }));
    for (const user of users.slice(0, 50)) {
      const explanation = router.explain(user);
      expect(explanation.route.model).toBe(router.route(user).model);
      expect(JSON.parse(JSON.stringify(explanation.steps))).toEqual(explanation.steps);
    }
  });

  test('a snapshot is JSON without code', () => {
    const strategy = new FeatureFlag({ off: 'v1', on: 'v2', rules: [{ name: 'x', when: () => true, use: 'on' }] });
    const router = open(createRouter({ name: 'r', models, strategy }));
    const snapshot = router.snapshot() as { plan: { op: string }; omitted: string[] };
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    expect(snapshot.plan.op).toBe('match');
    expect(snapshot.omitted).toEqual(['plan.rules[0].when']);
  });

  test('status shows the verdicts of the last tick', async () => {
    const strategy = new Canary({ baseline: 'v1', candidate: 'v2', guardrails: [maxErrorRate(0.1)] });
    const router = open(createRouter({ name: 'r', models, strategy, tickEveryMs: false }));
    expect(router.status().root.verdicts).toEqual([]);
    await router.tick();
    expect(router.status().root.verdicts).toMatchObject([{ outcome: 'insufficient-data' }]);
    expect(router.status().root.waitingFor.length).toBeGreaterThan(0);
  });
});

describe('ticks', () => {
  test('start with the first decision, go on by themselves, and end with close', async () => {
    const clock = new ManualClock(start);
    let reads = 0;
    const store = new FaultyStore(memoryStore(), ({ method }) => {
      if (method === 'read') reads += 1;
      return undefined;
    });
    const router = createRouter({
      name: 'r',
      models,
      strategy: canary,
      store: store as StateStore,
      clock,
      tickEveryMs: 1000,
    });
    await clock.advanceAsync(5000);
    expect(reads).toBe(0);
    router.decide({});
    await clock.advanceAsync(5000);
    expect(reads).toBeGreaterThanOrEqual(4);
    expect(reads).toBeLessThanOrEqual(6);
    await router.close();
    const before = reads;
    await clock.advanceAsync(5000);
    expect(reads).toBe(before);
  });

  test('without timers are started by a request that finds one overdue', async () => {
    const manual = new ManualClock(start);
    const clock = { now: () => manual.now(), elapsed: () => manual.elapsed() };
    const router = open(createRouter({ name: 'r', models, strategy: canary, clock, tickEveryMs: 1000 }));
    router.decide({});
    manual.advance(2 * minute);
    router.decide({});
    await new Promise((resolve) => setImmediate(resolve));
    expect(router.status().root.settled).toBe('promoted');
  });
});
