import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../../src/runtime/calls/model.js';
import { ModelPool, type ModelPoolOptions } from '../../../src/runtime/calls/model-pool.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const call: Call = { signal: new AbortController().signal, context: {}, mode: 'live' };

/** A model whose load and unload end when the test says so. */
class Staged {
  readonly log: string[] = [];
  readonly #pending: { readonly what: string; resolve(): void; reject(error: unknown): void }[] = [];

  predict(): string {
    this.log.push('predict');
    return 'out';
  }

  load(): Promise<void> {
    return this.#wait('load');
  }

  unload(): Promise<void> {
    return this.#wait('unload');
  }

  finish(what: string): void {
    this.#take(what).resolve();
  }

  fail(what: string, error: unknown): void {
    this.#take(what).reject(error);
  }

  get waiting(): readonly string[] {
    return this.#pending.map((pending) => pending.what);
  }

  #wait(what: string): Promise<void> {
    this.log.push(what);
    return new Promise((resolve, reject) => this.#pending.push({ what, resolve, reject }));
  }

  #take(what: string) {
    const index = this.#pending.findIndex((pending) => pending.what === what);
    const [taken] = this.#pending.splice(index, index < 0 ? 0 : 1);
    if (taken === undefined) throw new Error(`no ${what} is under way`);
    return taken;
  }
}

function setUp(options: Partial<ModelPoolOptions> = {}) {
  const clock = new ManualClock();
  const model = new Staged();
  const errors: string[] = [];
  const drained: string[] = [];
  const pool = new ModelPool(
    { a: model, plain: () => 1 },
    {
      clock,
      onError: (error, operation, name) => errors.push(`${operation} ${name}: ${String(error)}`),
      onDrained: (name) => drained.push(name),
      ...options,
    },
  );
  return { clock, model, pool, errors, drained };
}

async function loaded(options: Partial<ModelPoolOptions> = {}) {
  const all = setUp(options);
  const loading = all.pool.ensure('a');
  all.model.finish('load');
  await loading;
  return all;
}

const outcomeOf = (promise: Promise<unknown> | undefined): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => 'resolved',
    (error: unknown) => error,
  );

describe('loading', () => {
  it('gives no promise for a model that needs no load', () => {
    const { pool } = setUp();
    expect([pool.ensure('plain'), pool.loaded('plain'), pool.loaded('a')]).toEqual([undefined, true, false]);
    expect(pool.call('plain', 0, call)).toBe(1);
  });

  it('gives no promise any more once a model is loaded', async () => {
    const { pool, model } = await loaded();
    expect([pool.ensure('a'), pool.loaded('a')]).toEqual([undefined, true]);
    expect(model.log).toEqual(['load']);
  });

  it('makes one load of two that are asked for at once', async () => {
    const { pool, model } = setUp();
    const [first, second] = [pool.ensure('a'), pool.ensure('a')];
    expect(model.log).toEqual(['load']);
    expect(pool.loaded('a')).toBe(false);
    model.finish('load');
    await Promise.all([first, second]);
    expect(pool.loaded('a')).toBe(true);
  });

  it('rejects all who wait with the same error when the load fails, and reports it once', async () => {
    const { pool, model, errors } = setUp();
    const waiting = [outcomeOf(pool.ensure('a')), outcomeOf(pool.ensure('a'))];
    const cause = new Error('no file');
    model.fail('load', cause);
    const [first, second] = await Promise.all(waiting);
    expect(first).toMatchObject({ code: 'load-failed', message: "model 'a' could not be loaded: no file" });
    expect((first as Error).cause).toBe(cause);
    expect(second).toBe(first);
    expect(errors).toEqual(['load a: Error: no file']);
  });

  it('rejects at once after a failure, and loads again when the pause is over', async () => {
    const { pool, model, clock } = setUp({ retryMs: 1000 });
    const first = outcomeOf(pool.ensure('a'));
    model.fail('load', new Error('no file'));
    const failure = await first;
    clock.advance(999);
    expect(await outcomeOf(pool.ensure('a'))).toBe(failure);
    expect(model.log).toEqual(['load']);
    clock.advance(1);
    const second = pool.ensure('a');
    expect(model.log).toEqual(['load', 'load']);
    model.finish('load');
    await second;
    expect(pool.loaded('a')).toBe(true);
  });

  it('doubles the pause with each failure, up to 64 times, and starts over after a success', async () => {
    const { pool, model, clock } = setUp({ retryMs: 10 });
    const failOnce = async () => {
      const failing = outcomeOf(pool.ensure('a'));
      model.fail('load', new Error('no file'));
      await failing;
      let pauseMs = 0;
      while (model.waiting.length === 0) {
        clock.advance(1);
        pauseMs += 1;
        void pool.ensure('a');
      }
      return pauseMs;
    };
    const pauses: number[] = [];
    for (let failure = 0; failure < 9; failure += 1) pauses.push(await failOnce());
    expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 640, 640, 640]);
    model.finish('load');
    await pool.ensure('a');
    pool.retain([]);
    await clock.advanceAsync(0);
    model.finish('unload');
    await clock.advanceAsync(0);
    expect(await failOnce()).toBe(10);
  });

  it('fails by a load that throws without a promise, too', async () => {
    const clock = new ManualClock();
    const broken = {
      predict: () => 1,
      load: () => {
        throw new Error('at once');
      },
    };
    const pool = new ModelPool({ broken }, { clock, onError: () => {} });
    expect(await outcomeOf(pool.ensure('broken'))).toMatchObject({ code: 'load-failed' });
  });

  it('lets callers wait for a load no longer than its limit, and takes the model when it comes after all', async () => {
    const { pool, model, clock, errors } = setUp({ loadTimeoutMs: 500 });
    const waiting = outcomeOf(pool.ensure('a'));
    clock.advance(499);
    expect(errors).toEqual([]);
    await clock.advanceAsync(1);
    expect(await waiting).toMatchObject({
      code: 'load-failed',
      message: "model 'a' could not be loaded: still loading after 500 ms",
    });
    expect(errors).toEqual(["load a: TurnoutError: model 'a' could not be loaded: still loading after 500 ms"]);
    expect(await outcomeOf(pool.ensure('a'))).toBe(await waiting);
    expect(model.log).toEqual(['load']);
    model.finish('load');
    await clock.advanceAsync(0);
    expect([pool.ensure('a'), pool.loaded('a')]).toEqual([undefined, true]);
  });

  it('leaves no timer behind when a load ends in time', async () => {
    const { clock } = await loaded({ loadTimeoutMs: 500 });
    await clock.advanceAsync(1000);
    expect(clock.pending).toBe(0);
  });

  it('survives being told of an error badly', async () => {
    const { pool, model } = setUp({
      onError: () => {
        throw new Error('mine');
      },
    });
    const waiting = outcomeOf(pool.ensure('a'));
    model.fail('load', new Error('no file'));
    expect(await waiting).toMatchObject({ code: 'load-failed' });
  });

  it('finds own names only', () => {
    const { pool } = setUp();
    const ensure = pool.ensure.bind(pool) as (model: string) => unknown;
    for (const name of ['__proto__', 'constructor', 'toString', 'b']) {
      expect(() => ensure(name)).toThrow(`models: has no '${name}'. Known are a, plain.`);
    }
    const hostile = JSON.parse('{"__proto__": "value"}') as Record<string, unknown>;
    const own = new ModelPool(hostile, { clock: new ManualClock(), onError: () => {} });
    expect(own.call('__proto__', 0, call)).toBe('value');
  });
});

describe('unloading', () => {
  it('unloads a model that no plan reaches, once, after it is drained', async () => {
    const { pool, model, clock, drained } = await loaded();
    pool.enter('a');
    pool.enter('a');
    pool.retain(['plain']);
    await clock.advanceAsync(1000);
    pool.leave('a');
    await clock.advanceAsync(1000);
    expect([model.log, drained, pool.inFlight('a')]).toEqual([['load'], [], 1]);
    pool.leave('a');
    // Never inside the request that was the last to leave.
    await Promise.resolve();
    expect([model.log, drained]).toEqual([['load'], []]);
    await clock.advanceAsync(0);
    expect([model.log, drained, pool.loaded('a')]).toEqual([['load', 'unload'], ['a'], false]);
    model.finish('unload');
    pool.retain(['plain']);
    await clock.advanceAsync(1000);
    expect([model.log, drained]).toEqual([['load', 'unload'], ['a']]);
  });

  it('keeps every model until it is told which ones plans reach', async () => {
    const { pool, model, clock } = await loaded();
    pool.enter('a');
    pool.leave('a');
    await clock.advanceAsync(1000);
    expect(model.log).toEqual(['load']);
  });

  it('keeps a model that is taken up again before it was drained', async () => {
    const { pool, model, clock, drained } = await loaded();
    pool.enter('a');
    pool.retain([]);
    pool.retain(['a']);
    pool.leave('a');
    await clock.advanceAsync(1000);
    expect([model.log, drained.includes('a')]).toEqual([['load'], false]);
  });

  it('keeps a model that is taken up again, or used again, in the moment before its unload', async () => {
    const { pool, model, clock } = await loaded();
    pool.retain([]);
    pool.retain(['a']);
    await clock.advanceAsync(1000);
    expect(model.log).toEqual(['load']);
    pool.retain([]);
    pool.enter('a');
    await clock.advanceAsync(1000);
    expect(model.log).toEqual(['load']);
    pool.leave('a');
    await clock.advanceAsync(1000);
    expect(model.log).toEqual(['load', 'unload']);
  });

  it('loads a model again that was unloaded, once its unload has ended', async () => {
    const { pool, model, clock } = await loaded();
    pool.retain([]);
    await clock.advanceAsync(0);
    pool.retain(['a']);
    const again = pool.ensure('a');
    expect(pool.ensure('a')).toBe(again);
    await clock.advanceAsync(1000);
    expect(model.log).toEqual(['load', 'unload']);
    model.finish('unload');
    await clock.advanceAsync(0);
    expect(model.log).toEqual(['load', 'unload', 'load']);
    expect(pool.loaded('a')).toBe(false);
    expect(pool.ensure('a')).toBe(again);
    expect(model.log).toEqual(['load', 'unload', 'load']);
    model.finish('load');
    await again;
    expect([pool.loaded('a'), pool.ensure('a')]).toEqual([true, undefined]);
  });

  it('unloads a model that was dropped while it loaded', async () => {
    const { pool, model, clock } = setUp();
    const loading = pool.ensure('a');
    pool.retain([]);
    model.finish('load');
    await loading;
    await clock.advanceAsync(0);
    expect(model.log).toEqual(['load', 'unload']);
  });

  it('keeps a model that is loaded ahead of the plan that will reach it, until it is told again', async () => {
    const { pool, model, clock } = setUp();
    pool.retain(['plain']);
    const loading = pool.ensure('a');
    model.finish('load');
    await loading;
    await clock.advanceAsync(1000);
    expect(model.log).toEqual(['load']);
    pool.retain(['plain']);
    await clock.advanceAsync(0);
    expect(model.log).toEqual(['load', 'unload']);
  });

  it('reports an unload that fails, and takes the model for gone', async () => {
    const { pool, model, clock, errors } = await loaded();
    pool.retain([]);
    await clock.advanceAsync(0);
    model.fail('unload', new Error('busy'));
    await clock.advanceAsync(0);
    expect([errors, pool.loaded('a')]).toEqual([['unload a: Error: busy'], false]);
    void pool.ensure('a');
    expect(model.log).toEqual(['load', 'unload', 'load']);
  });

  it('says that a model without unload is drained, each time it is dropped, and leaves it loaded', async () => {
    const { pool, clock, drained } = setUp();
    pool.retain(['a']);
    await clock.advanceAsync(0);
    pool.enter('plain');
    pool.leave('plain');
    await clock.advanceAsync(0);
    expect([drained, pool.loaded('plain')]).toEqual([['plain'], true]);
    pool.retain(['plain']);
    pool.retain(['a']);
    await clock.advanceAsync(0);
    expect(drained).toEqual(['plain', 'plain']);
  });

  it('unloads a model that has no load, and has it again at once', async () => {
    const clock = new ManualClock();
    let unloads = 0;
    const pool = new ModelPool({ a: { predict: () => 1, unload: () => (unloads += 1) } }, { clock, onError: () => {} });
    expect(pool.ensure('a')).toBe(undefined);
    pool.enter('a');
    pool.leave('a');
    await clock.advanceAsync(0);
    expect(unloads).toBe(0);
    pool.retain([]);
    await clock.advanceAsync(0);
    expect([unloads, pool.loaded('a')]).toEqual([1, false]);
    await pool.ensure('a');
    expect(pool.loaded('a')).toBe(true);
  });

  it('keeps an object loaded that has nothing to unload', async () => {
    const clock = new ManualClock();
    let loads = 0;
    const pool = new ModelPool({ a: { predict: () => 1, load: () => (loads += 1) } }, { clock, onError: () => {} });
    await pool.ensure('a');
    pool.retain([]);
    await clock.advanceAsync(0);
    expect([pool.loaded('a'), pool.ensure('a'), loads]).toEqual([true, undefined, 1]);
    await pool.close();
  });

  it('unloads where the platform has no timers, too', async () => {
    const model = new Staged();
    const pool = new ModelPool({ a: model }, { clock: { now: () => 0, elapsed: () => 0 }, onError: () => {} });
    const loading = pool.ensure('a');
    model.finish('load');
    await loading;
    pool.retain([]);
    expect(model.log).toEqual(['load']);
    await Promise.resolve();
    expect(model.log).toEqual(['load', 'unload']);
  });

  it('unloads although the listener that is told of the drain throws', async () => {
    const { pool, model, clock, errors } = await loaded({
      onDrained: () => {
        throw new Error('mine');
      },
    });
    pool.retain(['plain']);
    await clock.advanceAsync(0);
    expect([model.log, errors]).toEqual([['load', 'unload'], ['drained a: Error: mine']]);
  });
});

describe('drained', () => {
  const settledBy = (promise: Promise<void>): { done: boolean } => {
    const state = { done: false };
    void promise.then(() => (state.done = true));
    return state;
  };

  it('resolves when no plan reaches the model and nothing is in flight', async () => {
    const { pool, clock } = setUp();
    pool.enter('plain');
    const state = settledBy(pool.drained('plain'));
    pool.leave('plain');
    await clock.advanceAsync(0);
    expect(state.done).toBe(false);
    pool.enter('plain');
    pool.retain([]);
    await clock.advanceAsync(0);
    expect(state.done).toBe(false);
    pool.leave('plain');
    await clock.advanceAsync(0);
    expect(state.done).toBe(true);
  });

  it('resolves at once for a model that is at rest and out of reach', async () => {
    const { pool } = setUp();
    pool.retain([]);
    await expect(pool.drained('plain')).resolves.toBe(undefined);
  });

  it('resolves for everyone who waits, by the same count', async () => {
    const { pool, clock } = setUp();
    const states = [settledBy(pool.drained('plain')), settledBy(pool.drained('plain'))];
    pool.retain([]);
    await clock.advanceAsync(0);
    expect(states).toEqual([{ done: true }, { done: true }]);
  });

  it('counts no request out that was not counted in', () => {
    const { pool } = setUp();
    pool.leave('plain');
    pool.enter('plain');
    expect(pool.inFlight('plain')).toBe(1);
  });
});

describe('close', () => {
  it('unloads what is loaded, and resolves when that is done', async () => {
    const { pool, model, clock } = await loaded();
    let closed = false;
    void pool.close().then(() => (closed = true));
    await clock.advanceAsync(0);
    expect([model.log, closed]).toEqual([['load', 'unload'], false]);
    model.finish('unload');
    await clock.advanceAsync(0);
    expect(closed).toBe(true);
  });

  it('unloads without a timer, since a closing program may have nothing else alive', async () => {
    const { pool, model, clock } = await loaded();
    void pool.close();
    const before = clock.pending;
    await Promise.resolve();
    expect([model.log, clock.pending]).toEqual([['load', 'unload'], before]);
  });

  it('waits for what is in flight, no longer than its limit, and unloads later what ends later', async () => {
    const { pool, model, clock } = await loaded({ closeTimeoutMs: 100 });
    pool.enter('a');
    let closed = false;
    void pool.close().then(() => (closed = true));
    await clock.advanceAsync(99);
    expect([model.log, closed]).toEqual([['load'], false]);
    await clock.advanceAsync(1);
    expect([model.log, closed]).toEqual([['load'], true]);
    pool.leave('a');
    await clock.advanceAsync(0);
    expect(model.log).toEqual(['load', 'unload']);
  });

  it('waits for requests of a model that has nothing to unload', async () => {
    const { pool, clock } = setUp();
    pool.enter('plain');
    let closed = false;
    void pool.close().then(() => (closed = true));
    await clock.advanceAsync(0);
    expect(closed).toBe(false);
    pool.leave('plain');
    await clock.advanceAsync(0);
    expect(closed).toBe(true);
  });

  it('ends a load that is under way, then unloads', async () => {
    const { pool, model, clock } = setUp();
    void pool.ensure('a');
    let closed = false;
    void pool.close().then(() => (closed = true));
    await clock.advanceAsync(0);
    model.finish('load');
    await clock.advanceAsync(0);
    expect([model.log, closed]).toEqual([['load', 'unload'], false]);
    model.finish('unload');
    await clock.advanceAsync(0);
    expect(closed).toBe(true);
  });

  it('is done when a load that was under way fails', async () => {
    const { pool, model, clock } = setUp();
    const loading = outcomeOf(pool.ensure('a'));
    let closed = false;
    void pool.close().then(() => (closed = true));
    model.fail('load', new Error('no file'));
    await clock.advanceAsync(0);
    expect([await loading, closed]).toMatchObject([{ code: 'load-failed' }, true]);
  });

  it('loads nothing any more, and is one close however often it is called', async () => {
    const { pool, model } = setUp();
    const closing = pool.close();
    expect(pool.close()).toBe(closing);
    await closing;
    expect(await outcomeOf(pool.ensure('a'))).toMatchObject({
      code: 'closed',
      message: "model 'a' is not loaded any more: its router is closed",
    });
    pool.retain(['a']);
    expect(await outcomeOf(pool.ensure('a'))).toMatchObject({ code: 'closed' });
    expect(pool.ensure('plain')).toBe(undefined);
    expect(model.log).toEqual([]);
  });

  it('leaves no timer behind', async () => {
    const { pool, model, clock } = await loaded();
    void pool.close();
    await Promise.resolve();
    model.finish('unload');
    await clock.advanceAsync(20_000);
    expect(clock.pending).toBe(0);
  });
});

describe('the life of a model', () => {
  it('never overlaps itself and never unloads under a request, under any interleaving', async () => {
    const action = fc.constantFrom('ensure', 'enter', 'leave', 'drop', 'take', 'finish', 'fail', 'advance');
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const { pool, model, clock } = setUp({ retryMs: 1 });
        let inFlight = 0;
        let seen = 0;
        const check = () => {
          for (; seen < model.log.length; seen += 1) {
            // A load and an unload take turns, a failed load being tried again; and nobody is inside when an unload begins.
            if (model.log[seen] !== 'unload') continue;
            expect(model.log[seen - 1]).toBe('load');
            expect(inFlight).toBe(0);
          }
          expect(model.waiting.length).toBeLessThanOrEqual(1);
          expect(pool.inFlight('a')).toBe(inFlight);
        };
        for (const what of actions) {
          if (what === 'ensure') void pool.ensure('a');
          if (what === 'enter') {
            pool.enter('a');
            inFlight += 1;
          }
          if (what === 'leave' && inFlight > 0) {
            inFlight -= 1;
            pool.leave('a');
          }
          if (what === 'drop') pool.retain([]);
          if (what === 'take') pool.retain(['a']);
          const [waiting] = model.waiting;
          if (what === 'finish' && waiting !== undefined) model.finish(waiting);
          if (what === 'fail' && waiting !== undefined) model.fail(waiting, new Error('chance'));
          if (what === 'advance') await clock.advanceAsync(2);
          check();
        }
        for (; inFlight > 0; inFlight -= 1) pool.leave('a');
        const closing = pool.close();
        for (let round = 0; round < 6; round += 1) {
          const [waiting] = model.waiting;
          if (waiting !== undefined) model.finish(waiting);
          await clock.advanceAsync(0);
        }
        await closing;
        check();
        expect([pool.inFlight('a'), pool.loaded('a')]).toEqual([0, false]);
      }),
    );
  });
});
