import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Route } from '../../../src/plan/plan.js';
import { Invoker, type Settlement } from '../../../src/runtime/calls/invoker.js';
import type { Call } from '../../../src/runtime/calls/model.js';
import { ModelPool } from '../../../src/runtime/calls/model-pool.js';
import { discard, drain, isStream } from '../../../src/runtime/streams/streams.js';
import { isWebStream } from '../../../src/runtime/streams/watch-web-stream.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const route: Route<'model'> = { model: 'model', fallbacks: [], mirrors: [], exposures: [], reason: 'static' };
const mine = new Error('mine');

/** Answers one request with what `model` returns. */
async function ask<T>(model: () => T) {
  const clock = new ManualClock();
  const pool = new ModelPool<'model'>({ model }, { clock, onError: () => {} });
  const invoker = new Invoker<'model'>(pool, clock, { streamTimeoutMs: 1000 });
  const settlements: Settlement[] = [];
  const { output } = await invoker.predict(route, 0, {}, (settlement) => settlements.push(settlement));
  return { clock, pool, settlements, output: output as Awaited<T> };
}

const ended = { ok: true, error: undefined, streamed: true, cancelled: false };
const broke = { ok: false, error: mine, streamed: true, cancelled: false };
const cancelled = { ok: true, error: undefined, streamed: true, cancelled: true };

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

async function* letters(): AsyncGenerator<string, void, void> {
  yield 'a';
  yield 'b';
  yield 'c';
}

async function* breaking(): AsyncGenerator<string, void, void> {
  yield 'a';
  throw mine;
}

/** A web stream of these chunks, which tells what is asked of it. */
function webStream(chunks: readonly unknown[], { fail = false, highWaterMark = 0 } = {}) {
  const log: string[] = [];
  let next = 0;
  const stream = new ReadableStream<unknown>(
    {
      pull(controller) {
        log.push('pull');
        if (next < chunks.length) controller.enqueue(chunks[next++]);
        else if (fail) controller.error(mine);
        else controller.close();
      },
      cancel(reason) {
        log.push(`cancel ${String(reason)}`);
      },
    },
    { highWaterMark },
  );
  return { stream, log };
}

describe('isStream', () => {
  it('knows streams of all kinds, and nothing else', () => {
    const streams = [letters(), Readable.from(['a']), new ReadableStream(), { [Symbol.asyncIterator]: letters }];
    expect(streams.map(isStream)).toEqual([true, true, true, true]);
    const others = [null, undefined, 'text', 7, {}, [], new Map(), () => 1, letters, { [Symbol.asyncIterator]: 1 }];
    expect(others.map(isStream)).toEqual(others.map(() => false));
  });

  it('takes an object that cannot be looked at for none', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw mine;
        },
      },
    );
    expect(isStream(hostile)).toBe(false);
  });
});

describe('an async generator', () => {
  it('gives its items in order and is settled when it ends', async () => {
    const { output, settlements, pool, clock } = await ask(letters);
    expect([settlements, pool.inFlight('model')]).toEqual([[], 1]);
    clock.advance(5);
    const items: string[] = [];
    for await (const item of output) {
      items.push(item);
      clock.advance(10);
    }
    expect(items).toEqual(['a', 'b', 'c']);
    expect(settlements).toEqual([{ ...ended, latencyMs: 35, firstItemMs: 5 }]);
    expect(pool.inFlight('model')).toBe(0);
  });

  it('stays a generator in everything one can see', async () => {
    const source = Object.assign(letters(), { requestId: 'r1' });
    const { output } = await ask(() => source);
    expect(output.requestId).toBe('r1');
    expect(output[Symbol.asyncIterator]()).toBe(output);
    expect(Object.getPrototypeOf(output)).toBe(Object.getPrototypeOf(source));
    expect(Object.prototype.toString.call(output)).toBe('[object AsyncGenerator]');
    expect(Object.keys(output)).toEqual(['requestId']);
    expect({ ...output }).toEqual({ requestId: 'r1' });
    expect('next' in output && 'requestId' in output && !('other' in output)).toBe(true);
    expect(output.next).toBe(output.next);
    expect(Object.getOwnPropertyDescriptor(output, 'requestId')).toMatchObject({ value: 'r1', enumerable: true });
    expect(Object.getOwnPropertyDescriptor(output, 'next')).toBe(undefined);
    output.requestId = 'r2';
    expect(source.requestId).toBe('r2');
    expect(Reflect.deleteProperty(output, 'requestId')).toBe(true);
    expect('requestId' in source).toBe(false);
  });

  it('takes what is sent to it, and gives what it returns', async () => {
    const { output, settlements } = await ask(async function* echo(): AsyncGenerator<string, string, string> {
      const sent = yield 'first';
      yield `got ${sent}`;
      return 'last words';
    });
    expect(await output.next('lost')).toEqual({ done: false, value: 'first' });
    expect(await output.next('hello')).toEqual({ done: false, value: 'got hello' });
    expect(await output.next('')).toEqual({ done: true, value: 'last words' });
    expect(settlements).toMatchObject([ended]);
    expect(await output.next('')).toEqual({ done: true, value: undefined });
    expect(settlements).toHaveLength(1);
  });

  it('is asked for an item only when its reader asks', async () => {
    let made = 0;
    const { output, clock } = await ask(async function* counting() {
      for (;;) yield (made += 1);
    });
    await clock.advanceAsync(0);
    expect(made).toBe(0);
    await output.next();
    await output.next();
    await clock.advanceAsync(0);
    expect(made).toBe(2);
  });

  it('answers reads that were asked for at once, in order', async () => {
    const { output, settlements } = await ask(letters);
    const results = await Promise.all([output.next(), output.next(), output.next(), output.next()]);
    expect(results.map(({ value }) => value)).toEqual(['a', 'b', 'c', undefined]);
    expect(settlements).toMatchObject([ended]);
  });

  it('is an error when it breaks in the middle, and throws the same error at its reader', async () => {
    const { output, settlements, pool } = await ask(breaking);
    await expect(collect(output)).rejects.toBe(mine);
    expect(settlements).toMatchObject([{ ...broke, firstItemMs: 0 }]);
    expect(pool.inFlight('model')).toBe(0);
  });

  it('is cancelled when its reader breaks off or throws, after it has cleaned up', async () => {
    const log: string[] = [];
    const source = async function* tidy() {
      try {
        yield* letters();
      } finally {
        log.push(`cleaned up with ${pool?.inFlight('model')} in flight`);
      }
    };
    const first = await ask(source);
    let { pool } = first;
    for await (const _ of first.output) break;
    expect(first.settlements).toMatchObject([{ ...cancelled, firstItemMs: 0 }]);
    expect(log).toEqual(['cleaned up with 1 in flight']);
    expect(first.pool.inFlight('model')).toBe(0);
    const second = await ask(source);
    pool = second.pool;
    const read = async () => {
      for await (const _ of second.output) throw new Error('reader');
    };
    await expect(read()).rejects.toThrow('reader');
    expect(second.settlements).toMatchObject([cancelled]);
  });

  it('is cancelled, not broken, when its clean-up throws, which the reader sees', async () => {
    const { output, settlements } = await ask(async function* untidy(): AsyncGenerator<number, void, void> {
      try {
        yield 1;
      } finally {
        // oxlint-disable-next-line no-unsafe-finally
        throw mine;
      }
    });
    await output.next();
    await expect(output.return(undefined)).rejects.toBe(mine);
    expect(settlements).toMatchObject([cancelled]);
  });

  it('goes on after a return or a throw that it does not heed, and is cancelled in the end', async () => {
    const { output, settlements } = await ask(async function* stubborn() {
      try {
        yield 1;
      } catch {
        yield 'caught';
      } finally {
        yield 'not yet';
      }
    });
    await output.next();
    expect(await output.throw(new Error('reader'))).toEqual({ done: false, value: 'caught' });
    expect(await output.return(undefined)).toEqual({ done: false, value: 'not yet' });
    expect(settlements).toEqual([]);
    expect(await output.next()).toEqual({ done: true, value: undefined });
    expect(settlements).toMatchObject([cancelled]);
  });

  it('is cancelled by an error that its reader throws into it', async () => {
    const { output, settlements } = await ask(letters);
    await output.next();
    await expect(output.throw(mine)).rejects.toBe(mine);
    expect(settlements).toMatchObject([cancelled]);
  });

  it('may be returned before it was begun', async () => {
    const { output, settlements, pool } = await ask(letters);
    expect(await output.return()).toEqual({ done: true, value: undefined });
    expect([settlements, pool.inFlight('model')]).toMatchObject([[cancelled], 0]);
  });

  it('may have no items', async () => {
    const { output, settlements } = await ask(async function* nothing() {});
    expect(await collect(output)).toEqual([]);
    expect(settlements).toStrictEqual([{ ...ended, latencyMs: 0 }]);
  });

  it('that ends does not abort its signal', async () => {
    const signals: AbortSignal[] = [];
    const clock = new ManualClock();
    const model = (_: unknown, { signal }: Call) => {
      signals.push(signal);
      return letters();
    };
    const pool = new ModelPool<'model'>({ model }, { clock, onError: () => {} });
    const { output } = await new Invoker<'model'>(pool, clock).predict(route, 0, {}, () => {});
    await collect(output as AsyncIterable<string>);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  it('that nobody reads is given up as cancelled, its signal aborts, and it can be read all the same', async () => {
    let signal: AbortSignal | undefined;
    const clock = new ManualClock();
    const model = (_: unknown, call: { signal: AbortSignal }) => {
      signal = call.signal;
      return letters();
    };
    const pool = new ModelPool<'model'>({ model }, { clock, onError: () => {} });
    const invoker = new Invoker<'model'>(pool, clock, { streamTimeoutMs: 1000 });
    const settlements: Settlement[] = [];
    const { output } = await invoker.predict(route, 0, {}, (settlement) => settlements.push(settlement));
    await clock.advanceAsync(999);
    expect([settlements, signal?.aborted]).toEqual([[], false]);
    await clock.advanceAsync(1);
    expect([settlements, pool.inFlight('model'), signal?.aborted]).toMatchObject([[cancelled], 0, true]);
    expect(signal?.reason).toEqual(new Error('nobody read the stream'));
    expect(await collect(output as AsyncIterable<string>)).toEqual(['a', 'b', 'c']);
    expect([settlements.length, pool.inFlight('model')]).toEqual([1, 0]);
  });

  it('is given up after ten minutes unless told otherwise', async () => {
    const clock = new ManualClock();
    const pool = new ModelPool<'model'>({ model: letters }, { clock, onError: () => {} });
    await new Invoker<'model'>(pool, clock).predict(route, 0, {}, () => {});
    await clock.advanceAsync(599_999);
    expect(pool.inFlight('model')).toBe(1);
    await clock.advanceAsync(1);
    expect(pool.inFlight('model')).toBe(0);
  });

  it('that hangs with a reader waiting is a time-out', async () => {
    const { output, settlements, clock } = await ask(async function* hanging() {
      yield 'a';
      await new Promise(() => {});
    });
    await output.next();
    void output.next();
    await clock.advanceAsync(1000);
    expect(settlements).toMatchObject([{ ok: false, error: { code: 'timeout' }, cancelled: false, firstItemMs: 0 }]);
  });
});

describe('an async iterable of any other make', () => {
  it('keeps its private fields, methods, getters and setters', async () => {
    class Tokens {
      #count = 2;
      label = 'tokens';

      get count(): number {
        return this.#count;
      }

      set count(value: number) {
        this.#count = value;
      }

      doubled(): number {
        return this.#count * 2;
      }

      self(): this {
        return this;
      }

      async *[Symbol.asyncIterator](): AsyncGenerator<number> {
        for (let index = 0; index < this.#count; index += 1) yield index;
      }
    }
    const { output, settlements } = await ask(() => new Tokens());
    expect(output).toBeInstanceOf(Tokens);
    expect(output.constructor).toBe(Tokens);
    output.count = 3;
    expect([output.count, output.label]).toEqual([3, 'tokens']);
    expect(output.doubled()).toBe(6);
    const other = {} as typeof output;
    expect(output.self.call(other)).toBe(other);
    expect(output.self()).toBe(output);
    expect(output.self).toBe(output.self);
    expect(await collect(output)).toEqual([0, 1, 2]);
    expect(settlements).toMatchObject([ended]);
  });

  it('is cancelled when it is disposed of, at the end of a block that uses it', async () => {
    const log: string[] = [];
    const dispose = async () => void log.push('disposed');
    const { output, settlements } = await ask(() => ({
      [Symbol.asyncIterator]: () => letters(),
      [Symbol.asyncDispose]: dispose,
    }));
    await output[Symbol.asyncDispose]();
    expect([log, settlements]).toMatchObject([['disposed'], [cancelled]]);
  });

  it('may be frozen', async () => {
    const { output, settlements } = await ask(() => Object.freeze({ id: 7, [Symbol.asyncIterator]: () => letters() }));
    expect([output.id, Object.keys(output)]).toEqual([7, ['id']]);
    expect(await collect(output)).toEqual(['a', 'b', 'c']);
    expect(settlements).toMatchObject([ended]);
  });

  it('is measured by its first reading only', async () => {
    const { output, settlements } = await ask(() => ({ [Symbol.asyncIterator]: () => letters() }));
    expect(await collect(output)).toEqual(['a', 'b', 'c']);
    expect(await collect(output)).toEqual(['a', 'b', 'c']);
    for await (const _ of output) break;
    expect(settlements).toMatchObject([ended]);
  });

  it('is not settled by a second reading that ends before the first', async () => {
    const { output, settlements } = await ask(() => ({ [Symbol.asyncIterator]: () => letters() }));
    const first = output[Symbol.asyncIterator]();
    await first.next();
    expect(await collect(output)).toEqual(['a', 'b', 'c']);
    expect(settlements).toEqual([]);
    await first.return();
    expect(settlements).toMatchObject([cancelled]);
  });

  it('has no method that its source has not, and may have methods that have nothing to do with reading', async () => {
    const bare = await ask(() => ({ [Symbol.asyncIterator]: () => letters() }));
    expect([Reflect.get(bare.output, 'return'), Reflect.get(bare.output, 'next')]).toEqual([undefined, undefined]);
    const { output, settlements } = await ask(() => Object.assign(letters(), { info: (): string => 'first' }));
    expect(output.info()).toBe('first');
    output.info = () => 'second';
    expect(output.info()).toBe('second');
    expect(await collect(output)).toEqual(['a', 'b', 'c']);
    expect(settlements).toMatchObject([ended]);
  });

  it('passes on what is done with its properties and its prototype', async () => {
    const source = { [Symbol.asyncIterator]: () => letters() };
    const { output } = await ask(() => source);
    Object.defineProperty(output, 'hidden', { value: 7, configurable: true });
    expect(Object.getOwnPropertyDescriptor(source, 'hidden')).toMatchObject({ value: 7, enumerable: false });
    const prototype = { inherited: 'yes' };
    Object.setPrototypeOf(output, prototype);
    expect(Object.getPrototypeOf(source)).toBe(prototype);
    expect(() => Object.freeze(output)).toThrow(TypeError);
  });

  it('may be handed to several requests, each of which has an end of its own', async () => {
    const shared = { [Symbol.asyncIterator]: () => letters() };
    const [first, second] = [await ask(() => shared), await ask(() => shared)];
    await collect(first.output);
    for await (const _ of second.output) break;
    expect([first.settlements, second.settlements]).toMatchObject([[ended], [cancelled]]);
  });

  it('is cancelled by a reader who leaves, though its iterator knows no return', async () => {
    let next = 0;
    const iterator = { next: async () => ({ done: false, value: (next += 1) }) };
    const { output, settlements } = await ask(() => ({ [Symbol.asyncIterator]: () => iterator }));
    for await (const item of output) if (item === 2) break;
    expect(settlements).toMatchObject([cancelled]);
    const second = await ask(() => ({ [Symbol.asyncIterator]: (): AsyncIterator<number> => iterator }));
    const reading = second.output[Symbol.asyncIterator]();
    expect(await reading.return?.('value')).toEqual({ done: true, value: 'value' });
  });

  it('may give results without promises, as for-await allows', async () => {
    let left = 2;
    const iterator = { next: () => ({ done: left === 0, value: (left -= 1) }) };
    const { output, settlements } = await ask(() => ({
      [Symbol.asyncIterator]: () => iterator as unknown as AsyncIterator<number>,
    }));
    expect(await collect(output)).toEqual([1, 0]);
    expect(settlements).toMatchObject([{ ...ended, firstItemMs: 0 }]);
    left = 2;
    const second = await ask(() => ({ [Symbol.asyncIterator]: () => iterator }));
    expect(second.output[Symbol.asyncIterator]().next()).toEqual({ done: false, value: 1 });
  });

  it('may give thenables that do their work for each then: each is asked once', async () => {
    let asked = 0;
    const lazy = (value: unknown) => ({
      [String('then')]: (resolve: (result: unknown) => void) => {
        asked += 1;
        resolve(value);
      },
    });
    const results = [lazy({ done: false, value: 'a' }), lazy({ done: true, value: undefined })];
    const iterator = { next: () => results.shift() as unknown as Promise<IteratorResult<string>> };
    const { output, settlements } = await ask(() => ({ [Symbol.asyncIterator]: () => iterator }));
    expect(await collect(output)).toEqual(['a']);
    expect([asked, settlements]).toMatchObject([2, [ended]]);
  });

  it.each([
    [
      'next',
      {
        next: () => {
          throw mine;
        },
      },
    ],
    ['next, later', { next: () => Promise.reject(mine) }],
  ])('is broken by an iterator that throws in %s', async (_, iterator) => {
    const { output, settlements } = await ask(() => ({ [Symbol.asyncIterator]: () => iterator }));
    await expect(collect(output)).rejects.toBe(mine);
    expect(settlements).toMatchObject([broke]);
  });

  it('is broken when it cannot be opened', async () => {
    const { output, settlements } = await ask(() => ({
      [Symbol.asyncIterator]: (): AsyncIterator<string> => {
        throw mine;
      },
    }));
    await expect(collect(output)).rejects.toBe(mine);
    expect(settlements).toMatchObject([broke]);
  });

  it('is no worse off than without us when its results are not results', async () => {
    const iterator = { next: async () => null as unknown as IteratorResult<string> };
    const { output } = await ask(() => ({ [Symbol.asyncIterator]: () => iterator }));
    await expect(collect(output)).rejects.toBeInstanceOf(TypeError);
    const hostile = Object.defineProperty({}, 'done', {
      get: () => {
        throw mine;
      },
    }) as IteratorResult<string>;
    const second = await ask(() => ({ [Symbol.asyncIterator]: () => ({ next: async () => hostile }) }));
    await expect(collect(second.output)).rejects.toBe(mine);
  });

  it('gives exactly what it would give without us, whatever is done with it', async () => {
    const script = fc.array(fc.constantFrom('item', 'break', 'end'), { maxLength: 6 });
    const reads = fc.array(fc.constantFrom('next', 'return', 'throw'), { maxLength: 8 });
    const source = async function* scripted(steps: readonly string[]) {
      let sent: unknown = 'nothing';
      for (const step of steps) {
        if (step === 'break') throw mine;
        if (step === 'end') return 'early';
        sent = yield sent;
      }
      return 'late';
    };
    const play = async (stream: AsyncGenerator<unknown, unknown, unknown>, calls: readonly string[]) => {
      const seen: unknown[] = [];
      for (const [index, name] of calls.entries()) {
        const method = name as 'next' | 'return' | 'throw';
        seen.push(await stream[method](`sent ${index}`).catch((error: unknown) => ['thrown', error]));
      }
      return seen;
    };
    await fc.assert(
      fc.asyncProperty(script, reads, async (steps, calls) => {
        const { output, settlements, pool, clock } = await ask(() => source(steps));
        expect(await play(output, calls)).toEqual(await play(source(steps), calls));
        await clock.advanceAsync(1000);
        expect([settlements.length, pool.inFlight('model')]).toEqual([1, 0]);
      }),
    );
  });
});

describe('a ReadableStream', () => {
  it('is a real one, which gives its chunks and is settled when it ends', async () => {
    const { stream } = webStream(['a', 'b']);
    const { output, settlements, pool, clock } = await ask(() => stream);
    expect(output).toBeInstanceOf(ReadableStream);
    expect([settlements, pool.inFlight('model')]).toEqual([[], 1]);
    clock.advance(7);
    expect(await collect(output)).toEqual(['a', 'b']);
    await clock.advanceAsync(0);
    expect(settlements).toEqual([{ ...ended, latencyMs: 7, firstItemMs: 7 }]);
    expect(pool.inFlight('model')).toBe(0);
  });

  it('can be the body of a Response, which takes no imitation', async () => {
    const bytes = new TextEncoder().encode('hello');
    const { output, settlements, clock } = await ask(() => webStream([bytes]).stream as ReadableStream<Uint8Array>);
    expect(await new Response(output as BodyInit).text()).toBe('hello');
    await clock.advanceAsync(0);
    expect(settlements).toMatchObject([ended]);
  });

  it('keeps extra properties and the prototype of its source', async () => {
    class Tagged extends ReadableStream<unknown> {
      tag(): string {
        return 'tagged';
      }
    }
    const source = Object.assign(new Tagged({ start: (controller) => controller.close() }), { requestId: 'r1' });
    const { output } = await ask(() => source);
    expect(output).toBeInstanceOf(Tagged);
    expect([output.tag(), output.requestId]).toEqual(['tagged', 'r1']);
    expect(await collect(output)).toEqual([]);
  });

  it('asks its source for a chunk only when its reader asks, beyond what the source itself reads ahead', async () => {
    const lazy = webStream(['a', 'b', 'c']);
    const { output, clock } = await ask(() => lazy.stream);
    await clock.advanceAsync(0);
    expect(lazy.log).toEqual([]);
    const reader = output.getReader();
    await reader.read();
    await clock.advanceAsync(0);
    expect(lazy.log).toEqual(['pull']);
    const eager = webStream(['a', 'b', 'c', 'd'], { highWaterMark: 2 });
    await ask(() => eager.stream);
    await clock.advanceAsync(0);
    expect(eager.log).toEqual(['pull', 'pull']);
  });

  it('gives the last chunk of a source that closed with it in its queue', async () => {
    const source = new ReadableStream<string>({
      start(controller) {
        controller.enqueue('a');
        controller.enqueue('b');
        controller.close();
      },
    });
    const { output, settlements, clock } = await ask(() => source);
    expect(await collect(output)).toEqual(['a', 'b']);
    await clock.advanceAsync(0);
    expect(settlements).toMatchObject([ended]);
  });

  it('has ended with its last chunk, for a reader who asks no more', async () => {
    const source = new ReadableStream<string>({
      start(controller) {
        controller.enqueue('a');
        controller.close();
      },
    });
    const { output, settlements } = await ask(() => source);
    const reader = output.getReader();
    await reader.read();
    await reader.closed;
    expect(settlements).toMatchObject([ended]);
  });

  it('ends for a reader who has read and asks no more, when its source ends later', async () => {
    const late: { close(): void } = { close: () => {} };
    const source = new ReadableStream<string>({
      start(controller) {
        controller.enqueue('a');
        late.close = () => controller.close();
      },
    });
    const { output, settlements, clock } = await ask(() => source);
    const reader = output.getReader();
    await reader.read();
    await clock.advanceAsync(0);
    late.close();
    await reader.closed;
    expect(settlements).toMatchObject([ended]);
  });

  it('passes on an error, also to a reader who only waits for the end', async () => {
    const { output, settlements, pool, clock } = await ask(() => webStream(['a'], { fail: true }).stream);
    await expect(collect(output)).rejects.toBe(mine);
    await clock.advanceAsync(0);
    expect([settlements, pool.inFlight('model')]).toMatchObject([[{ ...broke, firstItemMs: 0 }], 0]);
    let fail: (error: unknown) => void = () => {};
    const second = await ask(() => new ReadableStream({ start: (controller) => (fail = (e) => controller.error(e)) }));
    const waiting = expect(second.output.getReader().closed).rejects.toBe(mine);
    fail(mine);
    await waiting;
    expect(second.settlements).toMatchObject([broke]);
  });

  it('tells a reader who only waits for the end that it came', async () => {
    let close = (): void => {};
    const { output, settlements } = await ask(
      () => new ReadableStream({ start: (controller) => (close = () => controller.close()) }),
    );
    const closed = output.getReader().closed;
    close();
    await closed;
    expect(settlements).toEqual([{ ...ended, latencyMs: 0 }]);
  });

  it('passes a cancel on with its reason, and is settled when the source has cleaned up', async () => {
    let finish = (): void => {};
    const reasons: unknown[] = [];
    const source = new ReadableStream<string>({
      start: (controller) => controller.enqueue('a'),
      cancel: (reason) => {
        reasons.push(reason);
        return new Promise<void>((resolve) => (finish = resolve));
      },
    });
    const { output, settlements, pool, clock } = await ask(() => source);
    const reader = output.getReader();
    await reader.read();
    const cancelling = reader.cancel('enough');
    await clock.advanceAsync(10);
    expect([reasons, settlements, pool.inFlight('model')]).toEqual([['enough'], [], 1]);
    finish();
    await cancelling;
    expect([settlements, pool.inFlight('model')]).toMatchObject([[{ ...cancelled, latencyMs: 0, firstItemMs: 0 }], 0]);
  });

  it('is cancelled, not broken, when the clean-up of its source fails, which the reader sees', async () => {
    const source = new ReadableStream({ cancel: () => Promise.reject(mine) });
    const { output, settlements } = await ask(() => source);
    await expect(output.cancel()).rejects.toBe(mine);
    expect(settlements).toMatchObject([cancelled]);
  });

  it('is cancelled by an early break', async () => {
    const { stream, log } = webStream(['a', 'b']);
    const { output, settlements } = await ask(() => stream);
    for await (const _ of output) break;
    expect(settlements).toMatchObject([cancelled]);
    expect(log).toEqual(['pull', 'cancel undefined']);
  });

  it('can be read twice by tee', async () => {
    const { output, settlements, clock } = await ask(() => webStream(['a', 'b']).stream);
    const [left, right] = output.tee();
    expect(await Promise.all([collect(left), collect(right)])).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    await clock.advanceAsync(0);
    expect(settlements).toMatchObject([ended]);
  });

  it('can be piped through a transform, cancelled from its far end', async () => {
    const upper = () =>
      new TransformStream<unknown, string>({
        transform: (chunk, controller) => controller.enqueue(String(chunk).toUpperCase()),
      });
    const first = await ask(() => webStream(['a', 'b']).stream);
    expect(await collect(first.output.pipeThrough(upper()))).toEqual(['A', 'B']);
    await first.clock.advanceAsync(0);
    expect(first.settlements).toMatchObject([ended]);
    const second = await ask(() => webStream(['a', 'b']).stream);
    for await (const _ of second.output.pipeThrough(upper())) break;
    await second.clock.advanceAsync(0);
    expect(second.settlements).toMatchObject([cancelled]);
  });

  it('of bytes serves a reader who brings his own buffer', async () => {
    const source = new ReadableStream<Uint8Array>({
      type: 'bytes',
      start(controller) {
        controller.enqueue(new Uint8Array([1, 2, 3]));
        controller.enqueue(new Uint8Array([4, 5]));
        controller.close();
      },
    });
    const { output, settlements, clock } = await ask(() => source);
    const reader = output.getReader({ mode: 'byob' });
    const read: number[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(2));
      if (done) break;
      read.push(...value);
    }
    expect(read).toEqual([1, 2, 3, 4, 5]);
    await clock.advanceAsync(0);
    expect(settlements).toMatchObject([ended]);
  });

  it('of bytes ends for a reader whose own buffer waits', async () => {
    let close = (): void => {};
    const source = new ReadableStream({ type: 'bytes', start: (controller) => (close = () => controller.close()) });
    const { output, settlements, clock } = await ask(() => source);
    const reading = output.getReader({ mode: 'byob' }).read(new Uint8Array(2));
    await clock.advanceAsync(0);
    close();
    expect(await reading).toMatchObject({ done: true });
    expect(settlements).toMatchObject([ended]);
  });

  it('of bytes keeps the borders of its chunks for a reader without a buffer', async () => {
    const source = new ReadableStream<Uint8Array>({
      type: 'bytes',
      start(controller) {
        controller.enqueue(new Uint8Array([1, 2, 3]));
        controller.enqueue(new Uint8Array([4]));
        controller.close();
      },
    });
    const { output } = await ask(() => source);
    expect((await collect(output)).map((chunk) => Array.from(chunk))).toEqual([[1, 2, 3], [4]]);
  });

  it('of text refuses a reader with a buffer, as it would without us', async () => {
    const { output } = await ask(() => webStream(['a']).stream);
    expect(() => output.getReader({ mode: 'byob' })).toThrow(TypeError);
  });

  it('that somebody reads already is an output like any other', async () => {
    const { stream } = webStream(['a']);
    stream.getReader();
    const { output, settlements, pool } = await ask(() => stream);
    expect(output).toBe(stream);
    expect([settlements, pool.inFlight('model')]).toEqual([[{ ok: true, error: undefined, latencyMs: 0, output }], 0]);
  });

  it('that nobody reads is given up as cancelled', async () => {
    const { settlements, clock, pool } = await ask(() => webStream(['a']).stream);
    await clock.advanceAsync(1000);
    expect([settlements, pool.inFlight('model')]).toMatchObject([[cancelled], 0]);
  });

  it('can be iterated where the platform does not know how, if its source can', async () => {
    const native = Object.getOwnPropertyDescriptor(ReadableStream.prototype, Symbol.asyncIterator);
    if (native === undefined) throw new Error('this test needs a platform that can');
    Reflect.deleteProperty(ReadableStream.prototype, Symbol.asyncIterator);
    try {
      const [first, second] = [webStream(['a', 'b']), webStream(['a', 'b'])];
      for (const { stream } of [first, second]) Object.defineProperty(stream, Symbol.asyncIterator, { value: letters });
      const whole = await ask(() => first.stream);
      expect(await collect(whole.output)).toEqual(['a', 'b']);
      const part = await ask(() => second.stream);
      for await (const _ of part.output) break;
      expect([whole.settlements, part.settlements]).toMatchObject([[ended], [cancelled]]);
      const plain = await ask(() => webStream(['a']).stream);
      expect(Symbol.asyncIterator in plain.output).toBe(false);
    } finally {
      Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, native);
    }
  });
});

describe('a stream of Node', () => {
  const readable = (items: readonly string[]) => Readable.from(items, { objectMode: true });

  it('is the very stream that the model returned, settled when it has been read', async () => {
    const source = readable(['a', 'b']);
    const { output, settlements, clock, pool } = await ask(() => source);
    expect(output).toBe(source);
    clock.advance(9);
    expect(await collect(output)).toEqual(['a', 'b']);
    await clock.advanceAsync(0);
    expect(settlements).toEqual([{ ...ended, latencyMs: 9, firstItemMs: 9 }]);
    expect(pool.inFlight('model')).toBe(0);
  });

  it('does not flow before somebody reads it', async () => {
    const source = readable(['a']);
    const { clock } = await ask(() => source);
    await clock.advanceAsync(0);
    expect([source.readableFlowing, source.readableDidRead]).toEqual([null, false]);
  });

  it('can be piped', async () => {
    const { output, settlements, clock } = await ask(() => readable(['a', 'b']));
    const through = new PassThrough({ objectMode: true });
    output.pipe(through);
    expect(await collect(through)).toEqual(['a', 'b']);
    await clock.advanceAsync(0);
    expect(settlements).toMatchObject([ended]);
  });

  it('times an item that was there before the stream was handed over', async () => {
    const source = new PassThrough({ objectMode: true });
    source.write('a');
    const { clock, settlements } = await ask(() => source);
    clock.advance(5);
    source.end('b');
    expect(await collect(source)).toEqual(['a', 'b']);
    await clock.advanceAsync(0);
    expect(settlements).toMatchObject([{ ...ended, firstItemMs: 0 }]);
  });

  it('is an error when the model breaks it', async () => {
    const source = new PassThrough();
    const { output, settlements, clock, pool } = await ask(() => source);
    const reading = expect(collect(output)).rejects.toBe(mine);
    source.write('a');
    source.destroy(mine);
    await reading;
    await clock.advanceAsync(0);
    expect([settlements, pool.inFlight('model')]).toMatchObject([[broke], 0]);
  });

  it('does not hide its errors from the process', async () => {
    const source = new PassThrough();
    const { clock } = await ask(() => source);
    expect(source.listenerCount('error')).toBe(0);
    source.on('error', () => {});
    source.destroy(mine);
    await clock.advanceAsync(0);
  });

  it('is an error when it breaks with a code of its own', async () => {
    const source = new PassThrough();
    const { settlements, clock } = await ask(() => source);
    const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    source.on('error', () => {}).destroy(reset);
    await clock.advanceAsync(0);
    expect(settlements).toMatchObject([{ ok: false, error: reset, cancelled: false }]);
  });

  it('is settled at its end, though it never closes', async () => {
    const source = new Readable({ objectMode: true, autoDestroy: false, read: () => {} });
    source.push('a');
    source.push(null);
    const { settlements, clock } = await ask(() => source);
    source.resume();
    await clock.advanceAsync(0);
    expect([settlements, source.destroyed]).toMatchObject([[ended], false]);
  });

  it('is not mistaken for an iterable that only looks a little like one', async () => {
    const like = { [Symbol.asyncIterator]: () => letters(), pipe: () => {}, push: () => true, on: () => {} };
    const { output, settlements } = await ask(() => like);
    expect(output).not.toBe(like);
    expect(await collect(output)).toEqual(['a', 'b', 'c']);
    expect(settlements).toMatchObject([ended]);
  });

  it('is cancelled when its reader breaks off', async () => {
    const { output, settlements, clock } = await ask(() => readable(['a', 'b']));
    for await (const _ of output) break;
    await clock.advanceAsync(0);
    expect(settlements).toMatchObject([cancelled]);
  });

  it('is cancelled when what it is piped into goes away', async () => {
    const source = new PassThrough();
    const { output, settlements, clock } = await ask(() => source);
    const target = new PassThrough();
    const piping = expect(pipeline(output, target)).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    source.write('a');
    target.destroy();
    await piping;
    await clock.advanceAsync(0);
    expect(settlements).toMatchObject([cancelled]);
  });

  it('may have no items', async () => {
    const { output, settlements, clock } = await ask(() => readable([]));
    expect(await collect(output)).toEqual([]);
    await clock.advanceAsync(0);
    expect(settlements).toEqual([{ ...ended, latencyMs: 0 }]);
  });

  it.each([
    ['destroyed', (source: PassThrough) => source.destroy(), cancelled],
    ['broken', (source: PassThrough) => source.on('error', () => {}).destroy(mine), broke],
  ])('that is %s already is settled at once', async (_, end, expected) => {
    const source = new PassThrough();
    end(source);
    const { output, settlements, pool } = await ask(() => source);
    expect(output).toBe(source);
    expect([settlements, pool.inFlight('model')]).toMatchObject([[expected], 0]);
  });

  it('that has ended already is settled at once', async () => {
    const source = new PassThrough();
    source.end();
    source.resume();
    await new Promise((resolve) => source.on('close', resolve));
    const { settlements } = await ask(() => source);
    expect(settlements).toMatchObject([ended]);
  });

  it('goes on for as long as it gives something', async () => {
    const source = new PassThrough({ objectMode: true });
    const { settlements, clock } = await ask(() => source);
    source.resume();
    for (let round = 0; round < 3; round += 1) {
      await clock.advanceAsync(900);
      source.write('more');
    }
    expect(settlements).toEqual([]);
    await clock.advanceAsync(1000);
    expect(settlements).toMatchObject([{ ...cancelled, firstItemMs: 900 }]);
    source.destroy();
  });
});

describe('isWebStream', () => {
  it('knows those of another realm by their tag, and takes nothing else for one', () => {
    const tagged = (tag: string, more: object) => ({ ...more, [Symbol.toStringTag]: tag });
    const getReader = () => {};
    expect(isWebStream(tagged('ReadableStream', { getReader }))).toBe(true);
    expect(isWebStream(tagged('ReadableStream', {}))).toBe(false);
    expect(isWebStream(tagged('Reader', { getReader }))).toBe(false);
    expect(isWebStream(new WritableStream())).toBe(false);
  });

  it('takes nothing for one where the platform has none', () => {
    const native = globalThis.ReadableStream;
    const stream = new ReadableStream();
    Reflect.deleteProperty(globalThis, 'ReadableStream');
    try {
      expect(isWebStream(stream)).toBe(false);
    } finally {
      globalThis.ReadableStream = native;
    }
  });
});

describe('drain', () => {
  it('reads a long stream to its end where the platform has no timers', async () => {
    let items = 0;
    const source = async function* counting() {
      for (; items < 1000; items += 1) yield items;
    };
    drain(source(), { now: () => 0, elapsed: () => 0 });
    await new ManualClock().advanceAsync(0);
    expect(items).toBe(1000);
  });
});

describe('discard', () => {
  it('ends a stream of each kind that nobody will read, and never rejects', async () => {
    const log: string[] = [];
    const generator = letters();
    const node = new PassThrough();
    const web = webStream(['a']);
    const iterable = { [Symbol.asyncIterator]: () => ({ next: letters, return: async () => log.push('returned') }) };
    await Promise.all([generator, node, web.stream, iterable].map(discard));
    expect(await generator.next()).toEqual({ done: true, value: undefined });
    expect([node.destroyed, web.log, log]).toEqual([true, ['cancel undefined'], ['returned']]);
    const broken = {
      [Symbol.asyncIterator]: () => {
        throw mine;
      },
    };
    await expect(discard(broken)).resolves.toBe(undefined);
    await expect(discard({ [Symbol.asyncIterator]: () => ({ next: letters }) })).resolves.toBe(undefined);
  });
});
