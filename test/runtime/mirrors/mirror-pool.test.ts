import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRng } from '../../../src/core/rng.js';
import type { Comparison } from '../../../src/plan/comparison.js';
import type { Route, RouteMirror } from '../../../src/plan/plan.js';
import { Invoker } from '../../../src/runtime/calls/invoker.js';
import {
  type Difference,
  MirrorPool,
  type MirrorPoolOptions,
  type MirroredPair,
} from '../../../src/runtime/mirrors/mirror-pool.js';
import type { Call } from '../../../src/runtime/calls/model.js';
import { ModelPool } from '../../../src/runtime/calls/model-pool.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const exact: Comparison = { compare: ({ primary, shadow }) => primary === shadow };
const mine = new Error('mine');
const thrower = () => {
  throw mine;
};

function mirror(model: string, more: Partial<RouteMirror<string>> = {}): RouteMirror<string> {
  return { node: 'n', arm: model, epoch: 3, model, share: 1, salt: 's', comparison: exact, ...more };
}

function setUp(models: Readonly<Record<string, unknown>>, options: Partial<MirrorPoolOptions<string>> = {}) {
  const clock = new ManualClock(1_000_000);
  const pool = new ModelPool<string>(models, { clock, onError: () => {} });
  const invoker = new Invoker<string>(pool, clock);
  const results: { readonly mirror: RouteMirror<string>; readonly pair: MirroredPair }[] = [];
  const errors: string[] = [];
  const mirrors = new MirrorPool<string>(invoker, clock, seededRng(1), {
    onResult: (of, pair) => results.push({ mirror: of, pair }),
    onError: (error, operation) => errors.push(`${operation}: ${String(error)}`),
    ...options,
  });
  const offer = (
    asked: RouteMirror<string> | readonly RouteMirror<string>[],
    primary: Partial<Parameters<typeof mirrors.offer>[3]> = {},
    input: unknown = 'in',
  ) => {
    const route: Route<string> = {
      model: 'primary',
      fallbacks: [],
      mirrors: Array.isArray(asked) ? (asked as RouteMirror<string>[]) : [asked as RouteMirror<string>],
      exposures: [],
      reason: 'static',
    };
    mirrors.offer(route, input, { targetingKey: 'u' }, { output: 'out', ok: true, latencyMs: 12, at: 77, ...primary });
  };
  return { clock, pool, mirrors, results, errors, offer };
}

/** A model that answers when the test says so. */
class Waiting {
  readonly calls: { readonly call: Call; answer(output: unknown): void }[] = [];

  predict(_: unknown, call: Call): Promise<unknown> {
    return new Promise((answer) => this.calls.push({ call, answer }));
  }
}

describe('a shadow', () => {
  it('runs in a later turn, with the request input and context, knowing what it is', async () => {
    const calls: unknown[] = [];
    const { clock, offer, results, mirrors } = setUp({
      shadow: (input: unknown, call: Call) => {
        calls.push(input, call.mode, call.context);
        return 'out';
      },
    });
    offer(mirror('shadow'));
    // Promises settle, and the shadow has not begun: it takes a turn of the event loop of its own.
    await Promise.resolve();
    await Promise.resolve();
    expect(calls).toEqual([]);
    await clock.advanceAsync(0);
    expect(calls).toEqual(['in', 'shadow', { targetingKey: 'u' }]);
    expect(results).toEqual([
      {
        mirror: mirror('shadow'),
        pair: {
          at: 77,
          primary: { error: false, latencyMs: 12 },
          shadow: { error: false, latencyMs: 0 },
          compared: true,
          mismatch: false,
        },
      },
    ]);
    expect(mirrors.counters()).toEqual({
      mirrored: 1,
      mirrorsDropped: 0,
      mirrorsAborted: 0,
      mirrorCopyErrors: 0,
      shadowErrors: 0,
      shadowStreams: 0,
      shadowsCompared: 1,
      shadowMismatches: 0,
      shadowsIgnored: 0,
      comparisonErrors: 0,
    });
  });

  it('runs where the platform has no timers, too', async () => {
    const clock = { now: () => 0, elapsed: () => 0 };
    const pool = new ModelPool<string>({ shadow: () => 'out' }, { clock, onError: () => {} });
    const results: unknown[] = [];
    const mirrors = new MirrorPool<string>(new Invoker(pool, clock), clock, seededRng(1), {
      onResult: (_, pair) => results.push(pair),
      onError: () => {},
    });
    const route: Route<string> = {
      model: 'p',
      fallbacks: [],
      mirrors: [mirror('shadow')],
      exposures: [],
      reason: 'static',
    };
    mirrors.offer(route, 'in', {}, { output: 'out', ok: true, latencyMs: 1, at: 1 });
    await mirrors.idle();
    expect(results).toHaveLength(1);
  });

  it('that fails is counted, with its latency, and compared with nothing', async () => {
    const { clock, offer, results, mirrors } = setUp({ shadow: thrower });
    offer(mirror('shadow', { comparison: { compare: () => expect.unreachable() } }));
    await clock.advanceAsync(0);
    expect(results[0]?.pair).toMatchObject({ shadow: { error: true, latencyMs: 0 }, compared: false, mismatch: false });
    // What compare does is not asked: it would be counted.
    expect(mirrors.counters()).toMatchObject({ shadowErrors: 1, shadowsCompared: 0, comparisonErrors: 0 });
  });

  it('of a primary that failed is counted with its error, and compared with nothing', async () => {
    const { clock, offer, results } = setUp({ shadow: () => 'out' });
    offer(mirror('shadow'), { ok: false, output: undefined });
    await clock.advanceAsync(0);
    expect(results[0]?.pair).toMatchObject({ primary: { error: true }, shadow: { error: false }, compared: false });
  });

  it('is not made of a request whose user left the stream', async () => {
    const { clock, offer, mirrors } = setUp({ shadow: () => expect.unreachable() });
    offer(mirror('shadow'), { cancelled: true, streamed: true });
    await clock.advanceAsync(0);
    expect(mirrors.counters()).toMatchObject({ mirrored: 0 });
  });

  it('without a comparison gives its latency and errors only', async () => {
    const { clock, offer, results } = setUp({ shadow: () => 'other' });
    const { comparison: _, ...bare } = mirror('shadow');
    offer(bare);
    await clock.advanceAsync(0);
    expect(results[0]?.pair).toMatchObject({ compared: false, mismatch: false });
  });

  it('has ten seconds unless told otherwise, and its signal aborts then', async () => {
    const shadow = new Waiting();
    const { clock, offer, results } = setUp({ shadow });
    offer(mirror('shadow'));
    await clock.advanceAsync(0);
    const signal = shadow.calls[0]?.call.signal;
    await clock.advanceAsync(9999);
    expect([results.length, signal?.aborted]).toEqual([0, false]);
    await clock.advanceAsync(1);
    expect([results[0]?.pair.shadow, signal?.aborted]).toEqual([{ error: true, latencyMs: 10_000 }, true]);
  });

  it('is drawn by its share, each by itself', async () => {
    let ran = 0;
    const { clock, offer } = setUp({ shadow: () => (ran += 1) }, { queue: 1000, concurrency: 1000 });
    for (let index = 0; index < 400; index += 1)
      offer([mirror('shadow', { share: 0.25 }), mirror('shadow', { share: 0 })]);
    await clock.advanceAsync(0);
    // Five standard deviations of a binomial with n = 400 and p = 0.25.
    expect(Math.abs(ran - 100)).toBeLessThan(5 * Math.sqrt(400 * 0.25 * 0.75));
  });

  it('gets a copy of the input that is made before the user has the answer', async () => {
    const seen: unknown[] = [];
    const { clock, offer } = setUp({ shadow: (input: unknown) => seen.push(input) }, { copyInput: structuredClone });
    const input = { text: 'as it was' };
    offer(mirror('shadow'), {}, input);
    input.text = 'changed';
    await clock.advanceAsync(0);
    expect(seen).toEqual([{ text: 'as it was' }]);
  });

  it('is left out when its input cannot be copied', async () => {
    const { clock, offer, errors, mirrors } = setUp({ shadow: () => expect.unreachable() }, { copyInput: thrower });
    expect(() => offer(mirror('shadow'))).not.toThrow();
    await clock.advanceAsync(0);
    expect(errors).toEqual(['copy-input: Error: mine']);
    expect(mirrors.counters()).toMatchObject({ mirrored: 0, mirrorCopyErrors: 1 });
  });

  it('is left out when it cannot be drawn', () => {
    const clock = new ManualClock();
    const errors: string[] = [];
    const pool = new ModelPool<string>({ shadow: () => 1 }, { clock, onError: () => {} });
    const mirrors = new MirrorPool<string>(
      new Invoker(pool, clock),
      clock,
      { next: thrower },
      {
        onResult: () => {},
        onError: (error, operation) => errors.push(`${operation}: ${String(error)}`),
      },
    );
    const route: Route<string> = {
      model: 'p',
      fallbacks: [],
      mirrors: [mirror('shadow')],
      exposures: [],
      reason: 'static',
    };
    expect(() => mirrors.offer(route, 0, {}, { output: 0, ok: true, latencyMs: 1, at: 1 })).not.toThrow();
    expect(errors).toEqual(['draw: Error: mine']);
  });

  it('is not hurt by who takes its result, nor by who is told of that', async () => {
    const { clock, offer, errors } = setUp({ shadow: () => 'out' }, { onResult: thrower });
    offer(mirror('shadow'));
    await clock.advanceAsync(0);
    expect(errors).toEqual(['mirrored: Error: mine']);
    const second = setUp({ shadow: () => 'out' }, { onResult: thrower, onError: thrower });
    second.offer(mirror('shadow'));
    await second.clock.advanceAsync(0);
    await expect(second.mirrors.idle()).resolves.toBe(undefined);
  });
});

describe('the limits of shadows', () => {
  it('lets eight work at once and a hundred wait, and drops and counts the others', async () => {
    const shadow = new Waiting();
    const { clock, offer, mirrors, pool } = setUp({ shadow });
    for (let index = 0; index < 150; index += 1) offer(mirror('shadow'));
    expect(mirrors.counters()).toMatchObject({ mirrored: 0, mirrorsDropped: 50 });
    await clock.advanceAsync(0);
    expect([shadow.calls.length, pool.inFlight('shadow')]).toEqual([8, 8]);
    shadow.calls[0]?.answer('out');
    await clock.advanceAsync(0);
    expect(shadow.calls).toHaveLength(9);
    for (let answered = 0; answered < shadow.calls.length; answered += 1) {
      shadow.calls[answered]?.answer('out');
      await clock.advanceAsync(0);
    }
    expect(mirrors.counters()).toMatchObject({ mirrored: 100, shadowsCompared: 100 });
  });

  it('keeps the place of a shadow that was given up until its model has really ended', async () => {
    const shadow = new Waiting();
    const { clock, offer } = setUp({ shadow }, { concurrency: 1, timeoutMs: 100 });
    offer(mirror('shadow'));
    offer(mirror('shadow'));
    await clock.advanceAsync(5000);
    expect(shadow.calls).toHaveLength(1);
    shadow.calls[0]?.answer('late');
    await clock.advanceAsync(0);
    expect(shadow.calls).toHaveLength(2);
  });

  it('lets no more begin in one turn than may work at once, though they end at once', async () => {
    let ran = 0;
    const turns: number[] = [];
    const { clock, offer } = setUp({ shadow: () => (ran += 1) }, { concurrency: 3 });
    for (let index = 0; index < 7; index += 1) offer(mirror('shadow'));
    for (let turn = 0; turn < 10; turn += 1) {
      const before = ran;
      clock.advance(0);
      turns.push(ran - before);
      await Promise.resolve();
    }
    expect([Math.max(...turns), ran]).toEqual([3, 7]);
  });

  it('may have no queue at all: then nothing is mirrored', async () => {
    const { clock, offer, mirrors } = setUp({ shadow: () => expect.unreachable() }, { queue: 0 });
    offer(mirror('shadow'));
    await clock.advanceAsync(0);
    expect(mirrors.counters()).toMatchObject({ mirrorsDropped: 1 });
  });

  it('tells of a mirror that never ran', async () => {
    const { clock, offer, mirrors } = setUp({ shadow: () => 1 }, { queue: 0 });
    for (let index = 0; index < 100; index += 1) offer(mirror('shadow'));
    expect(mirrors.silent()).toEqual([{ node: 'n', arm: 'shadow', expected: 100 }]);
    const working = setUp({ shadow: () => 1 });
    for (let index = 0; index < 100; index += 1) working.offer(mirror('shadow'));
    await working.clock.advanceAsync(0);
    expect(working.mirrors.silent()).toEqual([]);
    await clock.advanceAsync(0);
  });
});

describe('differences', () => {
  it('are told, counted and kept, with what their comparison left of the outputs', async () => {
    const told: Difference[] = [];
    const { clock, offer, results, mirrors } = setUp(
      { shadow: () => 'their secret' },
      { onMismatch: (difference) => told.push(difference) },
    );
    const clean = (output: unknown) => `length ${String(output).length}`;
    offer(mirror('shadow', { comparison: { ...exact, clean } }));
    await clock.advanceAsync(0);
    const difference = {
      at: 77,
      node: 'n',
      arm: 'shadow',
      epoch: 3,
      model: 'shadow',
      primary: 'length 3',
      shadow: 'length 12',
    };
    expect(mirrors.differences()).toEqual([difference]);
    expect([told, results[0]?.pair.mismatch, results[0]?.pair.compared]).toEqual([[difference], true, true]);
    expect(mirrors.counters()).toMatchObject({ shadowsCompared: 1, shadowMismatches: 1 });
  });

  it('are kept as they are where nothing cleans them', async () => {
    const { clock, offer, mirrors } = setUp({ shadow: () => 'theirs' });
    offer(mirror('shadow'));
    await clock.advanceAsync(0);
    expect(mirrors.differences()).toMatchObject([{ primary: 'out', shadow: 'theirs' }]);
  });

  it('are kept to the newest twenty, unless told otherwise, in a list of their own', async () => {
    const { clock, offer, mirrors } = setUp({ shadow: (input: unknown) => input });
    for (let index = 0; index < 25; index += 1) offer(mirror('shadow'), {}, index);
    await clock.advanceAsync(0);
    expect(mirrors.differences().map(({ shadow }) => shadow)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 5),
    );
    (mirrors.differences() as Difference[]).length = 0;
    expect(mirrors.differences()).toHaveLength(20);
    const few = setUp({ shadow: (input: unknown) => input }, { sample: 2 });
    for (let index = 0; index < 5; index += 1) few.offer(mirror('shadow'), {}, index);
    await few.clock.advanceAsync(0);
    expect(few.mirrors.differences().map(({ shadow }) => shadow)).toEqual([3, 4]);
  });

  it('that must be ignored are not judged, and counted', async () => {
    const { clock, offer, results, mirrors } = setUp({ shadow: () => 'theirs' });
    offer(mirror('shadow', { comparison: { ...exact, ignore: ({ input }) => input === 'in' } }));
    await clock.advanceAsync(0);
    expect(results[0]?.pair).toMatchObject({ compared: false, mismatch: false });
    expect(mirrors.counters()).toMatchObject({ shadowsIgnored: 1, shadowsCompared: 0 });
  });

  it.each(['compare', 'ignore'] as const)(
    'are not made by a %s that throws, which is counted and reported',
    async (step) => {
      const { clock, offer, results, errors, mirrors } = setUp({ shadow: () => 'theirs' });
      offer(mirror('shadow', { comparison: { ...exact, [step]: thrower } }));
      await clock.advanceAsync(0);
      expect(results[0]?.pair).toMatchObject({ compared: false, mismatch: false });
      expect(errors).toEqual([`${step}: Error: mine`]);
      expect(mirrors.counters()).toMatchObject({ comparisonErrors: 1, shadowsCompared: 0 });
    },
  );

  it('that cannot be cleaned are counted and not kept', async () => {
    const { clock, offer, results, errors, mirrors } = setUp({ shadow: () => 'theirs' });
    offer(mirror('shadow', { comparison: { ...exact, clean: thrower } }));
    await clock.advanceAsync(0);
    expect([results[0]?.pair.mismatch, mirrors.differences(), errors]).toEqual([true, [], ['clean: Error: mine']]);
    expect(mirrors.counters()).toMatchObject({ comparisonErrors: 1, shadowMismatches: 1 });
  });

  it('are kept although a listener throws', async () => {
    const { clock, offer, results, errors, mirrors } = setUp({ shadow: () => 'theirs' }, { onMismatch: thrower });
    offer(mirror('shadow'));
    await clock.advanceAsync(0);
    expect([results.length, errors, mirrors.differences().length]).toEqual([1, ['mirrored: Error: mine'], 1]);
  });
});

describe('streams and shadows', () => {
  async function* letters() {
    yield 'a';
    yield 'b';
  }
  const unasked: Comparison = { compare: () => expect.unreachable() };

  it('compare no stream of a shadow, which is read to its end for its time', async () => {
    const { clock, offer, results, mirrors, pool } = setUp({ shadow: letters });
    offer(mirror('shadow', { comparison: unasked }));
    await clock.advanceAsync(0);
    expect(results[0]?.pair).toMatchObject({ shadow: { error: false }, compared: false });
    expect(mirrors.counters()).toMatchObject({ shadowStreams: 1, comparisonErrors: 0 });
    expect(pool.inFlight('shadow')).toBe(0);
  });

  it.each([
    ['says that it was one', { output: undefined, streamed: true }],
    ['is one', { output: letters() }],
  ])('compare no primary that %s', async (_, primary) => {
    const { clock, offer, results, mirrors } = setUp({ shadow: () => 'theirs' });
    offer(mirror('shadow', { comparison: unasked }), primary);
    await clock.advanceAsync(0);
    expect(results[0]?.pair).toMatchObject({ compared: false, mismatch: false });
    expect(mirrors.counters()).toMatchObject({ shadowStreams: 1, comparisonErrors: 0 });
  });
});

describe('the end of shadows', () => {
  it('is awaited by idle: the waiting, the working and the late', async () => {
    const shadow = new Waiting();
    const { clock, offer, mirrors, results } = setUp({ shadow }, { concurrency: 1, timeoutMs: 100 });
    await expect(mirrors.idle()).resolves.toBe(undefined);
    offer(mirror('shadow'));
    offer(mirror('shadow'));
    let idle = 0;
    void mirrors.idle().then(() => (idle += 1));
    void mirrors.idle().then(() => (idle += 1));
    await clock.advanceAsync(0);
    expect(idle).toBe(0);
    shadow.calls[0]?.answer('out');
    await clock.advanceAsync(100);
    expect([results.length, idle]).toEqual([2, 0]);
    shadow.calls[1]?.answer('late');
    await clock.advanceAsync(0);
    expect(idle).toBe(2);
  });

  it('comes at close: what waits is dropped, what works is aborted, and no result is told', async () => {
    const shadow = new Waiting();
    const { clock, offer, mirrors, results, pool } = setUp({ shadow }, { concurrency: 2 });
    for (let index = 0; index < 5; index += 1) offer(mirror('shadow'));
    await clock.advanceAsync(0);
    const signals = shadow.calls.map(({ call }) => call.signal);
    mirrors.close();
    expect(signals.map(({ aborted, reason }) => [aborted, (reason as { code: string }).code])).toEqual([
      [true, 'closed'],
      [true, 'closed'],
    ]);
    offer(mirror('shadow'));
    for (const { answer } of shadow.calls) answer('out');
    await clock.advanceAsync(0);
    await mirrors.idle();
    expect([shadow.calls.length, results, pool.inFlight('shadow')]).toEqual([2, [], 0]);
    expect(mirrors.counters()).toMatchObject({ mirrored: 2, mirrorsAborted: 5, mirrorsDropped: 0 });
    await clock.advanceAsync(20_000);
    expect(clock.pending).toBe(0);
  });

  it('leaves nothing in flight and loses no shadow, under any interleaving', async () => {
    const action = fc.oneof(
      fc.record({ do: fc.constant('offer' as const), model: fc.constantFrom('a', 'b', 'sync') }),
      fc.record({
        do: fc.constant('answer' as const),
        model: fc.constantFrom('a' as const, 'b' as const),
        which: fc.nat(30),
      }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 80 }) }),
    );
    const limits = fc.record({ concurrency: fc.integer({ min: 1, max: 4 }), queue: fc.integer({ min: 0, max: 6 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 50 }),
        limits,
        fc.boolean(),
        async (actions, { concurrency, queue }, closes) => {
          const models = { a: new Waiting(), b: new Waiting(), sync: () => 'out' };
          const { clock, offer, mirrors, pool, results } = setUp(models, { concurrency, queue, timeoutMs: 50 });
          let offered = 0;
          const inFlight = () => pool.inFlight('a') + pool.inFlight('b');
          for (const step of actions) {
            if (step.do === 'offer') {
              offered += 1;
              offer(mirror(step.model));
            } else if (step.do === 'advance') await clock.advanceAsync(step.ms);
            else models[step.model].calls[step.which]?.answer('out');
            expect(inFlight()).toBeLessThanOrEqual(concurrency);
          }
          if (closes) mirrors.close();
          for (let round = 0; round < 40; round += 1) {
            for (const { calls } of [models.a, models.b]) for (const { answer } of calls) answer('out');
            await clock.advanceAsync(10);
          }
          await mirrors.idle();
          const { mirrored = 0, mirrorsDropped = 0, mirrorsAborted = 0 } = mirrors.counters();
          expect(inFlight()).toBe(0);
          // Each was dropped, aborted or told: aborted ones may have begun or not.
          expect(results.length + mirrorsDropped + mirrorsAborted).toBe(offered);
          expect(mirrored).toBeGreaterThanOrEqual(results.length);
        },
      ),
    );
  });
});
