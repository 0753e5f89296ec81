import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Route } from '../../../src/plan/plan.js';
import { Invoker, type InvokerOptions, type Settlement } from '../../../src/runtime/calls/invoker.js';
import type { Call } from '../../../src/runtime/calls/model.js';
import { ModelPool } from '../../../src/runtime/calls/model-pool.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

/** A model that answers when the test says so, in the order of its calls. */
class Waiting {
  readonly calls: { readonly call: Call; answer(output: unknown): void; fail(error: unknown): void }[] = [];

  predict(_: unknown, call: Call): Promise<unknown> {
    return new Promise((answer, fail) => this.calls.push({ call, answer, fail }));
  }
}

const thrower = (error: unknown) => () => {
  throw error;
};

function route(model: string, fallbacks: readonly string[] = [], instance?: string): Route<string> {
  const rest = { mirrors: [], exposures: [], reason: 'static' as const };
  return instance === undefined ? { model, fallbacks, ...rest } : { model, fallbacks, instance, ...rest };
}

function setUp(models: Readonly<Record<string, unknown>>, options: InvokerOptions<string> = {}) {
  const clock = new ManualClock();
  // No test may rest on a clock that happens to start at zero.
  clock.advance(10_000);
  const pool = new ModelPool<string>(models, { clock, onError: () => {} });
  const errors: string[] = [];
  const onError = (error: unknown, operation: string, model: string) =>
    errors.push(`${operation} ${model}: ${String(error)}`);
  const invoker = new Invoker<string>(pool, clock, { onError, ...options });
  const settlements: Settlement[] = [];
  const ask = (to: Route<string>, input: unknown = 'in') => {
    const state: { answer?: unknown; error?: unknown; settled: boolean } = { settled: false };
    invoker
      .predict(to, input, { targetingKey: 'u' }, (settlement) => settlements.push(settlement))
      .then(
        (answer) => Object.assign(state, { answer, settled: true }),
        (error: unknown) => Object.assign(state, { error, settled: true }),
      );
    return state;
  };
  return { clock, pool, invoker, settlements, ask, errors };
}

describe('an answer', () => {
  it('is the output of a function, a promise, a thenable, an object or a value, and who gave it', async () => {
    const thenable = { [String('then')]: (resolve: (value: string) => void) => resolve('foreign') };
    const { invoker, pool } = setUp({
      sync: (input: string) => `${input}!`,
      async: async (input: string) => `${input}?`,
      thenable: () => thenable,
      object: { predict: () => 'object' },
      value: { text: 'prompt' },
      nothing: () => undefined,
    });
    const ask = (model: string) => invoker.predict(route(model), 'x', {}, () => {});
    expect(await ask('sync')).toEqual({ output: 'x!', served: 'sync' });
    expect(await ask('async')).toEqual({ output: 'x?', served: 'async' });
    expect(await ask('thenable')).toEqual({ output: 'foreign', served: 'thenable' });
    expect(await ask('object')).toEqual({ output: 'object', served: 'object' });
    expect(await ask('value')).toEqual({ output: { text: 'prompt' }, served: 'value' });
    expect(await ask('nothing')).toEqual({ output: undefined, served: 'nothing' });
    expect(pool.inFlight('async')).toBe(0);
  });

  it('is settled before the caller has it, with its output and its latency', async () => {
    const model = new Waiting();
    const { clock, ask, settlements, pool } = setUp({ model });
    const state = ask(route('model'));
    await clock.advanceAsync(70);
    expect([settlements, pool.inFlight('model'), state.settled]).toEqual([[], 1, false]);
    model.calls[0]?.answer('out');
    await clock.advanceAsync(0);
    expect(settlements).toEqual([{ ok: true, error: undefined, latencyMs: 70, output: 'out' }]);
    expect([pool.inFlight('model'), state.answer]).toEqual([0, { output: 'out', served: 'model' }]);
  });

  it('is not touched by a settlement that throws, which is reported', async () => {
    const { invoker, errors } = setUp({ model: () => 1 });
    const answer = invoker.predict(route('model'), 0, {}, thrower(new Error('mine')));
    await expect(answer).resolves.toEqual({ output: 1, served: 'model' });
    expect(errors).toEqual(['settled model: Error: mine']);
  });

  it('is not touched by whoever is told of errors and throws', async () => {
    const { invoker } = setUp({ model: () => 1 }, { onError: thrower(new Error('again')) });
    await expect(invoker.predict(route('model'), 0, {}, thrower(new Error('mine')))).resolves.toMatchObject({
      output: 1,
    });
  });

  it('comes with the call: context, mode, instance, and a signal of its own that is not aborted', async () => {
    const calls: Call[] = [];
    const { ask, clock } = setUp({ model: (_: unknown, call: Call) => calls.push(call) });
    ask(route('model', [], 'zone-1'));
    ask(route('model'));
    await clock.advanceAsync(0);
    const [first, second] = calls;
    expect(first).toMatchObject({ context: { targetingKey: 'u' }, mode: 'live', instance: 'zone-1' });
    expect(second !== undefined && 'instance' in second).toBe(false);
    expect(first?.signal.aborted).toBe(false);
    expect(first?.signal).toBe(first?.signal);
    expect(first?.signal).not.toBe(second?.signal);
  });

  it('waits for the load of its model, which is in its latency and in the count', async () => {
    const loads: (() => void)[] = [];
    const model = { predict: () => 'out', load: () => new Promise<void>((resolve) => loads.push(resolve)) };
    const { clock, ask, settlements, pool } = setUp({ model });
    const [first, second] = [ask(route('model')), ask(route('model'))];
    await clock.advanceAsync(300);
    expect([loads.length, pool.inFlight('model')]).toEqual([1, 2]);
    loads[0]?.();
    await clock.advanceAsync(0);
    expect([first.answer, second.answer]).toEqual([
      { output: 'out', served: 'model' },
      { output: 'out', served: 'model' },
    ]);
    expect(settlements.map(({ latencyMs }) => latencyMs)).toEqual([300, 300]);
    expect(pool.inFlight('model')).toBe(0);
  });
});

describe('a failure', () => {
  const mine = new Error('mine');

  it.each([
    ['a throw', thrower(mine)],
    ['a rejection', () => Promise.reject(mine)],
    ['a thenable that throws', () => ({ [String('then')]: thrower(mine) })],
    ['a then that cannot be read', () => Object.defineProperty({}, String('then'), { get: thrower(mine) })],
  ])('by %s is the same error object for the caller, settled once', async (_, model) => {
    const { clock, ask, settlements, pool } = setUp({ model });
    const state = ask(route('model'));
    await clock.advanceAsync(0);
    expect(state.error).toBe(mine);
    expect(settlements).toEqual([{ ok: false, error: mine, latencyMs: 0 }]);
    expect(pool.inFlight('model')).toBe(0);
  });

  it('may be anything that was thrown, undefined too', async () => {
    const { clock, ask, settlements } = setUp({ model: thrower(undefined) });
    const state = ask(route('model'));
    await clock.advanceAsync(0);
    expect(state).toEqual({ error: undefined, settled: true });
    expect(settlements).toEqual([{ ok: false, error: undefined, latencyMs: 0 }]);
  });

  it('is answered by the next fallback, once each and in order, and settled when it is known who answered', async () => {
    const asked: string[] = [];
    const last = new Waiting();
    const models = {
      candidate: () => {
        asked.push('candidate');
        throw mine;
      },
      first: async () => {
        asked.push('first');
        throw new Error('first fails too');
      },
      last,
      never: () => asked.push('never'),
    };
    const { clock, ask, settlements, errors, pool } = setUp(models);
    const state = ask(route('candidate', ['first', 'last', 'never']));
    await clock.advanceAsync(40);
    expect([asked, settlements, errors]).toEqual([
      ['candidate', 'first'],
      [],
      ['fallback first: Error: first fails too'],
    ]);
    last.calls[0]?.answer('saved');
    await clock.advanceAsync(0);
    expect(state.answer).toEqual({ output: 'saved', served: 'last' });
    expect(settlements).toEqual([{ ok: false, error: mine, latencyMs: 0, fellBack: true }]);
    expect(asked).toEqual(['candidate', 'first']);
    expect(['candidate', 'first', 'last'].map((model) => pool.inFlight(model))).toEqual([0, 0, 0]);
  });

  it('is answered by a synchronous fallback, too', async () => {
    const { clock, ask, settlements } = setUp({ candidate: thrower(mine), stable: () => 'saved' });
    const state = ask(route('candidate', ['stable']));
    await clock.advanceAsync(0);
    expect(state.answer).toEqual({ output: 'saved', served: 'stable' });
    expect(settlements).toEqual([{ ok: false, error: mine, latencyMs: 0, fellBack: true }]);
  });

  it('is the assigned model own error when every fallback fails', async () => {
    const { clock, ask, settlements, errors } = setUp({
      candidate: thrower(mine),
      one: thrower(new Error('1')),
      two: () => Promise.reject(new Error('2')),
    });
    const state = ask(route('candidate', ['one', 'two']));
    await clock.advanceAsync(0);
    expect(state.error).toBe(mine);
    expect(settlements).toEqual([{ ok: false, error: mine, latencyMs: 0 }]);
    expect(errors).toEqual(['fallback one: Error: 1', 'fallback two: Error: 2']);
  });

  it('is rethrown without a fallback where the option says throw', async () => {
    let asked = 0;
    const { clock, ask, settlements, errors } = setUp(
      { candidate: thrower(mine), stable: () => (asked += 1) },
      { onModelError: 'throw' },
    );
    const state = ask(route('candidate', ['stable']));
    await clock.advanceAsync(0);
    expect(state.error).toBe(mine);
    expect([asked, errors]).toEqual([0, []]);
    expect(settlements).toEqual([{ ok: false, error: mine, latencyMs: 0 }]);
  });

  it('to load is an error of that model, and is answered by a fallback', async () => {
    let loads = 0;
    const model = {
      predict: () => 'loaded',
      load: () => {
        loads += 1;
        if (loads === 1) throw mine;
      },
    };
    const { clock, ask, settlements, pool } = setUp({ model, stable: () => 'saved' });
    const [first, second] = [ask(route('model', ['stable'])), ask(route('model'))];
    await clock.advanceAsync(0);
    expect(first.answer).toEqual({ output: 'saved', served: 'stable' });
    expect(second.error).toMatchObject({ code: 'load-failed', cause: mine });
    expect(settlements.map(({ ok }) => ok)).toEqual([false, false]);
    expect(settlements.filter(({ fellBack }) => fellBack === true)).toHaveLength(1);
    expect(pool.inFlight('model')).toBe(0);
    await clock.advanceAsync(1000);
    const third = ask(route('model'));
    await clock.advanceAsync(0);
    expect(third.answer).toEqual({ output: 'loaded', served: 'model' });
  });

  it('of a model that does not exist rejects, and counts nothing', async () => {
    const { clock, ask } = setUp({ model: thrower(mine) });
    const [unknown, fallback] = [ask(route('other')), ask(route('model', ['other']))];
    await clock.advanceAsync(0);
    expect(unknown.error).toMatchObject({ code: 'config' });
    expect(fallback.error).toBe(mine);
  });
});

describe('a time limit', () => {
  it('ends a request that got no answer, and aborts the signal with the same error', async () => {
    const model = new Waiting();
    const { clock, ask, settlements } = setUp({ model }, { timeoutMs: 300 });
    const state = ask(route('model'));
    const read = model.calls[0]?.call.signal;
    await clock.advanceAsync(299);
    expect([state.settled, read?.aborted]).toEqual([false, false]);
    await clock.advanceAsync(1);
    expect(state.error).toMatchObject({ code: 'timeout', message: "model 'model' gave no answer within 300 ms" });
    expect(settlements).toEqual([{ ok: false, error: state.error, latencyMs: 300 }]);
    expect([read?.aborted, read?.reason]).toEqual([true, state.error]);
  });

  it('is told by a signal that is read too late', async () => {
    const model = new Waiting();
    const { clock, ask } = setUp({ model }, { timeoutMs: 300 });
    const state = ask(route('model'));
    await clock.advanceAsync(300);
    const signal = model.calls[0]?.call.signal;
    expect([signal?.aborted, signal?.reason]).toEqual([true, state.error]);
  });

  it('is over once an answer came: nothing aborts later, and no limit is left', async () => {
    const model = new Waiting();
    const { clock, ask, settlements } = setUp({ model }, { timeoutMs: 300 });
    const state = ask(route('model'));
    const signal = model.calls[0]?.call.signal;
    await clock.advanceAsync(299);
    model.calls[0]?.answer('just in time');
    await clock.advanceAsync(1000);
    expect(state.answer).toEqual({ output: 'just in time', served: 'model' });
    expect([settlements.length, signal?.aborted, clock.pending]).toEqual([1, false, 0]);
  });

  it.each(['answer', 'fail'] as const)(
    'drops what comes late (%s), which counts as in flight until it comes',
    async (how) => {
      const model = new Waiting();
      const { clock, ask, settlements, pool } = setUp({ model }, { timeoutMs: 300 });
      const state = ask(route('model'));
      await clock.advanceAsync(5000);
      expect([state.settled, pool.inFlight('model')]).toEqual([true, 1]);
      model.calls[0]?.[how](new Error('late'));
      await clock.advanceAsync(0);
      expect([settlements.length, pool.inFlight('model')]).toEqual([1, 0]);
      expect(state.error).toMatchObject({ code: 'timeout' });
    },
  );

  it('gives up counting a model that never ends, and says so', async () => {
    const model = new Waiting();
    const { clock, ask, pool, invoker } = setUp({ model }, { timeoutMs: 300, lateLimitMs: 1000 });
    ask(route('model'));
    await clock.advanceAsync(1299);
    expect([pool.inFlight('model'), invoker.counters()]).toEqual([1, { abandoned: 0 }]);
    await clock.advanceAsync(1);
    expect([pool.inFlight('model'), invoker.counters()]).toEqual([0, { abandoned: 1 }]);
    model.calls[0]?.answer('very late');
    await clock.advanceAsync(0);
    expect(pool.inFlight('model')).toBe(0);
  });

  it('gives up counting after ten minutes unless told otherwise', async () => {
    const model = new Waiting();
    const { clock, ask, pool } = setUp({ model }, { timeoutMs: 300 });
    ask(route('model'));
    await clock.advanceAsync(600_299);
    expect(pool.inFlight('model')).toBe(1);
    await clock.advanceAsync(1);
    expect(pool.inFlight('model')).toBe(0);
  });

  it('covers the fallbacks: what one model leaves is what the next one has', async () => {
    const models = { candidate: new Waiting(), first: new Waiting(), second: new Waiting(), third: new Waiting() };
    const { clock, ask, settlements } = setUp(models, { timeoutMs: 1000, attemptTimeoutMs: 400 });
    const state = ask(route('candidate', ['first', 'second', 'third']));
    await clock.advanceAsync(400);
    expect(models.first.calls).toHaveLength(1);
    await clock.advanceAsync(400);
    expect(models.second.calls).toHaveLength(1);
    await clock.advanceAsync(199);
    expect(state.settled).toBe(false);
    await clock.advanceAsync(1);
    expect(models.third.calls).toHaveLength(0);
    expect(state.error).toMatchObject({ code: 'timeout', message: "model 'candidate' gave no answer within 400 ms" });
    expect(settlements).toEqual([{ ok: false, error: state.error, latencyMs: 400 }]);
  });

  it('leaves nothing to a fallback when the assigned model has used it up', async () => {
    const models = { candidate: new Waiting(), stable: new Waiting() };
    const { clock, ask } = setUp(models, { timeoutMs: 500 });
    const state = ask(route('candidate', ['stable']));
    await clock.advanceAsync(500);
    expect([state.error, models.stable.calls]).toMatchObject([{ code: 'timeout' }, []]);
  });

  it('of each model stands without one for the whole', async () => {
    const models = { candidate: new Waiting(), stable: new Waiting() };
    const { clock, ask, settlements } = setUp(models, { attemptTimeoutMs: 500 });
    const state = ask(route('candidate', ['stable']));
    await clock.advanceAsync(500);
    models.stable.calls[0]?.answer('saved');
    await clock.advanceAsync(0);
    expect(state.answer).toEqual({ output: 'saved', served: 'stable' });
    expect(settlements).toMatchObject([{ ok: false, latencyMs: 500, fellBack: true }]);
  });

  it('covers a load, and a model whose load comes late is not called', async () => {
    const loads: (() => void)[] = [];
    let asked = 0;
    const model = {
      predict: () => (asked += 1),
      load: () => new Promise<void>((resolve) => loads.push(resolve)),
    };
    const { clock, ask, pool } = setUp({ model }, { timeoutMs: 300 });
    const state = ask(route('model'));
    await clock.advanceAsync(300);
    expect(state.error).toMatchObject({ code: 'timeout' });
    // Nothing of the request runs, so there is nothing to drain.
    expect(pool.inFlight('model')).toBe(0);
    loads[0]?.();
    await clock.advanceAsync(0);
    expect([pool.loaded('model'), pool.inFlight('model'), asked]).toEqual([true, 0, 0]);
  });

  it('counts the synchronous part of a call', async () => {
    const model = new Waiting();
    const { clock, ask } = setUp(
      {
        slow: (input: unknown, call: Call) => {
          clock.advance(250);
          return model.predict(input, call);
        },
      },
      { timeoutMs: 300 },
    );
    const state = ask(route('slow'));
    await clock.advanceAsync(49);
    expect(state.settled).toBe(false);
    await clock.advanceAsync(1);
    expect(state.error).toMatchObject({ code: 'timeout' });
  });

  it('does not take away an answer that is there, however long the call held the thread', async () => {
    const { clock, ask, settlements } = setUp(
      {
        slow: () => {
          clock.advance(5000);
          return 'late but there';
        },
      },
      { timeoutMs: 300 },
    );
    const state = ask(route('slow'));
    await clock.advanceAsync(5000);
    expect([state.answer, settlements[0]?.latencyMs]).toEqual([{ output: 'late but there', served: 'slow' }, 5000]);
  });

  it('is not even started for a model that answers at once', async () => {
    const { clock, ask } = setUp({ sync: () => 1, broken: thrower(new Error('mine')) }, { timeoutMs: 300 });
    ask(route('sync'));
    ask(route('broken', ['sync']));
    expect(clock.pending).toBe(0);
    await clock.advanceAsync(0);
  });

  it('is not started where there is none', async () => {
    const model = new Waiting();
    const { clock, ask } = setUp({ model });
    ask(route('model'));
    expect(clock.pending).toBe(0);
    model.calls[0]?.answer(1);
    await clock.advanceAsync(0);
  });

  it('gives back the count of a model once, though it ends after it was given up', async () => {
    const model = new Waiting();
    const { clock, ask, pool } = setUp({ model }, { timeoutMs: 100, lateLimitMs: 200 });
    ask(route('model'));
    await clock.advanceAsync(250);
    ask(route('model'));
    await clock.advanceAsync(50);
    expect(pool.inFlight('model')).toBe(1);
    model.calls[0]?.answer('very late');
    await clock.advanceAsync(0);
    expect(pool.inFlight('model')).toBe(1);
    model.calls[1]?.answer('in time');
    await clock.advanceAsync(0);
    expect(pool.inFlight('model')).toBe(0);
  });

  it('does not exist where the platform has no timers', async () => {
    const model = new Waiting();
    const clock = { now: () => 0, elapsed: () => 0 };
    const pool = new ModelPool<string>({ model }, { clock, onError: () => {} });
    const invoker = new Invoker<string>(pool, clock, { timeoutMs: 1 });
    const answer = invoker.predict(route('model'), 0, {}, () => {});
    model.calls[0]?.answer('out');
    await expect(answer).resolves.toEqual({ output: 'out', served: 'model' });
  });
});

describe('draining under requests', () => {
  it('unloads only when the last late model has ended', async () => {
    const log: string[] = [];
    const model = new Waiting();
    const unloadable = {
      predict: model.predict.bind(model),
      load: () => log.push('load'),
      unload: () => log.push('unload'),
    };
    const { clock, ask, pool } = setUp({ unloadable, other: () => 1 }, { timeoutMs: 100 });
    ask(route('unloadable'));
    await clock.advanceAsync(0);
    ask(route('unloadable'));
    pool.retain(['other']);
    await clock.advanceAsync(5000);
    model.calls[0]?.answer(1);
    await clock.advanceAsync(100);
    expect(log).toEqual(['load']);
    model.calls[1]?.answer(2);
    await clock.advanceAsync(0);
    expect(log).toEqual(['load', 'unload']);
  });
});

describe('any interleaving', () => {
  it('settles each request exactly once, answers it once, and brings all counts back to zero', async () => {
    const names = ['a', 'b', 'c'] as const;
    const action = fc.oneof(
      fc.record({
        do: fc.constant('ask' as const),
        models: fc.shuffledSubarray([...names], { minLength: 1 }),
      }),
      fc.record({
        do: fc.constantFrom('answer', 'fail'),
        model: fc.constantFrom(...names),
        which: fc.nat(50),
      }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 200 }) }),
      fc.record({ do: fc.constant('sync' as const) }),
    );
    const limits = fc.record({
      timeoutMs: fc.constantFrom(100, 250, Infinity),
      attemptTimeoutMs: fc.constantFrom(60, 300, Infinity),
      onModelError: fc.constantFrom('baseline' as const, 'throw' as const),
      lateLimitMs: fc.constantFrom(50, 100_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), limits, async (actions, options) => {
        const models = { a: new Waiting(), b: new Waiting(), c: new Waiting(), sync: thrower(new Error('sync')) };
        const { clock, invoker, pool } = setUp(models, options);
        const requests: { settled: number; resolved: number; rejected: number }[] = [];
        const ask = (model: string, fallbacks: readonly string[]) => {
          const request = { settled: 0, resolved: 0, rejected: 0 };
          requests.push(request);
          invoker
            .predict(route(model, fallbacks), 0, {}, () => (request.settled += 1))
            .then(
              () => (request.resolved += 1),
              () => (request.rejected += 1),
            );
        };
        for (const step of actions) {
          if (step.do === 'ask') ask(step.models[0] ?? 'a', step.models.slice(1));
          else if (step.do === 'sync') ask('sync', ['a']);
          else if (step.do === 'advance') await clock.advanceAsync(step.ms);
          else {
            const { calls } = models[step.model];
            const call = calls[step.which % Math.max(1, calls.length)];
            if (step.do === 'answer') call?.answer('out');
            else call?.fail(new Error('chance'));
          }
          for (const { settled } of requests) expect(settled).toBeLessThanOrEqual(1);
        }
        // Now everything ends; a fallback that is asked meanwhile ends in the next round.
        for (let round = 0; round < 4; round += 1) {
          for (const name of names) for (const call of models[name].calls) call.answer('out');
          await clock.advanceAsync(300);
        }
        for (const { settled, resolved, rejected } of requests) expect([settled, resolved + rejected]).toEqual([1, 1]);
        for (const name of [...names, 'sync']) expect(pool.inFlight(name)).toBe(0);
        await clock.advanceAsync(200_000);
        expect(clock.pending).toBe(0);
      }),
    );
  });
});
