import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { TurnoutError } from '../../../src/core/errors.js';
import type { Route } from '../../../src/plan/plan.js';
import { Invoker, type InvokerOptions } from '../../../src/runtime/calls/invoker.js';
import type { Call } from '../../../src/runtime/calls/model.js';
import { ModelPool } from '../../../src/runtime/calls/model-pool.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

function setUp(model: unknown, options: InvokerOptions<'model'> = {}) {
  const clock = new ManualClock();
  const pool = new ModelPool<'model'>({ model }, { clock, onError: () => {} });
  const invoker = new Invoker<'model'>(pool, clock, options);
  const start = (timeoutMs = 1000, mode: 'shadow' | 'check' = 'shadow') => {
    const probe = invoker.prepare('model', { targetingKey: 'u' }, mode);
    const state = { result: undefined as unknown, released: false };
    void probe.result.then((result) => (state.result = result));
    void probe.whenReleased.then(() => (state.released = true));
    probe.start('in', timeoutMs);
    return { probe, state };
  };
  return { clock, pool, invoker, start };
}

const mine = new Error('mine');

describe('a probe', () => {
  it('gives the output and what came of the call', async () => {
    const calls: Call[] = [];
    const { invoker, pool } = setUp((input: string, call: Call) => {
      calls.push(call);
      return `${input}!`;
    });
    for (const mode of ['shadow', 'check'] as const) {
      expect(await invoker.probe('model', 'in', { targetingKey: 'u' }, mode, 1000)).toEqual({
        output: 'in!',
        settlement: { ok: true, error: undefined, latencyMs: 0, output: 'in!' },
      });
    }
    expect(calls.map(({ mode, context }) => [mode, context])).toEqual([
      ['shadow', { targetingKey: 'u' }],
      ['check', { targetingKey: 'u' }],
    ]);
    expect(pool.inFlight('model')).toBe(0);
  });

  it('never rejects: an error is in the settlement', async () => {
    const { invoker } = setUp(() => Promise.reject(mine));
    expect(await invoker.probe('model', 0, {}, 'shadow', 1000)).toEqual({
      output: undefined,
      settlement: { ok: false, error: mine, latencyMs: 0 },
    });
  });

  it('times a model from when it is loaded', async () => {
    let loaded = (): void => {};
    let answer: (output: unknown) => void = () => {};
    const model = {
      load: () => new Promise<void>((resolve) => (loaded = resolve)),
      predict: () => new Promise((resolve) => (answer = resolve)),
    };
    const { clock, start } = setUp(model);
    const { state } = start();
    await clock.advanceAsync(500);
    loaded();
    await clock.advanceAsync(70);
    answer('out');
    await clock.advanceAsync(0);
    expect(state.result).toMatchObject({ output: 'out', settlement: { latencyMs: 70 } });
  });

  it('has a time limit of its own over load and call, and is released when the model has really ended', async () => {
    let answer: (output: unknown) => void = () => {};
    let signal: AbortSignal | undefined;
    const model = (_: unknown, call: Call) => {
      signal = call.signal;
      return new Promise((resolve) => (answer = resolve));
    };
    const { clock, start, pool } = setUp(model);
    const { state } = start(200);
    await clock.advanceAsync(199);
    expect([state, signal?.aborted]).toEqual([{ result: undefined, released: false }, false]);
    await clock.advanceAsync(1);
    expect(state.result).toMatchObject({
      output: undefined,
      settlement: { ok: false, error: { code: 'timeout', message: "model 'model' was not done within 200 ms" } },
    });
    expect([state.released, pool.inFlight('model'), signal?.aborted]).toEqual([false, 1, true]);
    answer('late');
    await clock.advanceAsync(0);
    expect([state.released, pool.inFlight('model')]).toEqual([true, 0]);
  });

  it('reads a stream to its end for its time, and drops it', async () => {
    const { clock, start } = setUp(async function* items() {
      yield 1;
      await new Promise<void>((resolve) => void clock.setTimer(resolve, 40));
      yield 2;
    });
    const { state } = start();
    await clock.advanceAsync(40);
    expect(state).toEqual({
      result: {
        output: undefined,
        settlement: { ok: true, error: undefined, latencyMs: 40, streamed: true, cancelled: false, firstItemMs: 0 },
      },
      released: true,
    });
  });

  it.each([
    ['a ReadableStream', () => new ReadableStream({ pull: (controller) => controller.error(mine) })],
    [
      'an async generator',
      async function* items() {
        yield 1;
        throw mine;
      },
    ],
    ['a stream of Node', () => new PassThrough().destroy(mine).on('error', () => {})],
  ])('takes the error of %s that breaks', async (_, model) => {
    const { invoker } = setUp(model);
    const { output, settlement } = await invoker.probe('model', 0, {}, 'shadow', 1000);
    expect([output, settlement]).toMatchObject([undefined, { ok: false, error: mine, streamed: true }]);
  });

  it('stops a stream at the time limit, and is released when that has cleaned up', async () => {
    let tidied = (): void => {};
    const { clock, start, pool } = setUp(async function* endless() {
      try {
        for (;;) yield await new Promise<number>((resolve) => void clock.setTimer(() => resolve(1), 10));
      } finally {
        await new Promise<void>((resolve) => (tidied = resolve));
      }
    });
    const { state } = start(95);
    await clock.advanceAsync(100);
    expect(state).toMatchObject({
      result: {
        output: undefined,
        settlement: { ok: false, error: { code: 'timeout' }, streamed: true, latencyMs: 95 },
      },
      released: false,
    });
    expect(pool.inFlight('model')).toBe(1);
    tidied();
    await clock.advanceAsync(0);
    expect([state.released, pool.inFlight('model')]).toEqual([true, 0]);
  });

  it('is released at the late limit when a stream does not heed its stop', async () => {
    const hanging = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<number>>(() => {}) }) };
    const { clock, start, invoker } = setUp(() => hanging, { lateLimitMs: 500 });
    const { state } = start(100);
    await clock.advanceAsync(599);
    expect(state.released).toBe(false);
    await clock.advanceAsync(1);
    expect([state.released, invoker.counters()]).toEqual([true, { abandoned: 1 }]);
  });

  it('can stop a stream that never ends and never waits', async () => {
    let items = 0;
    const { clock, start } = setUp(async function* greedy() {
      for (;;) yield (items += 1);
    });
    const { state } = start(5);
    await clock.advanceAsync(5);
    await clock.advanceAsync(5);
    expect(state).toMatchObject({ result: { settlement: { error: { code: 'timeout' } } }, released: true });
    // It was asked in portions, with timers in between.
    expect(items).toBeGreaterThan(0);
    expect(items % 256).toBeLessThanOrEqual(2);
  });

  it('can be aborted, once, and not after its end', async () => {
    const { clock, start, pool } = setUp((_: unknown, { signal }: Call) => {
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const { probe, state } = start();
    const reason = new TurnoutError('closed', 'enough');
    probe.abort(reason);
    probe.abort(mine);
    await clock.advanceAsync(0);
    expect(state).toEqual({
      result: { output: undefined, settlement: { ok: false, error: reason, latencyMs: 0 } },
      released: true,
    });
    expect(pool.inFlight('model')).toBe(0);
    probe.abort(mine);
    await clock.advanceAsync(2000);
    expect([pool.inFlight('model'), clock.pending]).toEqual([0, 0]);
  });

  it.each([
    ['an answer', () => 'out', 'out', true],
    ['an error', () => Promise.reject(mine), undefined, false],
    ['a stream', () => new ReadableStream({ start: (controller) => controller.close() }), undefined, true],
  ])('cannot be aborted after %s', async (_, model, output, ok) => {
    const { clock, start, invoker } = setUp(model);
    const { probe, state } = start();
    await clock.advanceAsync(0);
    probe.abort(new Error('too late'));
    await clock.advanceAsync(0);
    expect([state.result, state.released]).toMatchObject([{ output, settlement: { ok } }, true]);
    // No limit runs on: neither the probe's own nor one for what is late.
    expect([clock.pending <= 1, invoker.counters()]).toEqual([true, { abandoned: 0 }]);
  });

  it('sets no limit for a model that answers at once', () => {
    const { clock, start } = setUp(() => 'out');
    start();
    expect(clock.pending).toBe(0);
  });

  it('treats a stream that somebody reads already as an output like any other', async () => {
    const stream = new ReadableStream();
    stream.getReader();
    const { invoker } = setUp(() => stream);
    expect(await invoker.probe('model', 0, {}, 'shadow', 1000)).toMatchObject({
      output: stream,
      settlement: { ok: true },
    });
  });
});

describe('a late stream', () => {
  const route: Route<'model'> = { model: 'model', fallbacks: [], mirrors: [], exposures: [], reason: 'static' };

  it('is told that nobody reads it, and counts until it has cleaned up', async () => {
    let answer: (output: unknown) => void = () => {};
    let tidied = (): void => {};
    const cancelled: unknown[] = [];
    const { clock, invoker, pool } = setUp(() => new Promise((resolve) => (answer = resolve)), { timeoutMs: 100 });
    const request = expect(invoker.predict(route, 0, {}, () => {})).rejects.toMatchObject({ code: 'timeout' });
    await clock.advanceAsync(100);
    await request;
    const source = new ReadableStream({
      cancel: (reason) => {
        cancelled.push(reason);
        return new Promise<void>((resolve) => (tidied = resolve));
      },
    });
    answer(source);
    await clock.advanceAsync(0);
    expect([cancelled, pool.inFlight('model')]).toEqual([[undefined], 1]);
    tidied();
    await clock.advanceAsync(0);
    expect(pool.inFlight('model')).toBe(0);
  });

  it('of a fallback is not what the request is settled by', async () => {
    const clock = new ManualClock();
    const models = {
      model: () => {
        throw mine;
      },
      stable: async function* items() {
        yield 1;
        throw new Error('stable broke, too');
      },
    };
    const pool = new ModelPool<'model' | 'stable'>(models, { clock, onError: () => {} });
    const settlements: unknown[] = [];
    const invoker = new Invoker<'model' | 'stable'>(pool, clock);
    const { output, served } = await invoker.predict({ ...route, fallbacks: ['stable'] }, 0, {}, (settlement) =>
      settlements.push(settlement),
    );
    const expected = [{ ok: false, error: mine, latencyMs: 0, fellBack: true }];
    expect([served, settlements]).toEqual(['stable', expected]);
    const read = async () => {
      for await (const _ of output as AsyncIterable<number>);
    };
    await expect(read()).rejects.toThrow('stable broke, too');
    expect([settlements, pool.inFlight('stable')]).toEqual([expected, 0]);
  });
});
