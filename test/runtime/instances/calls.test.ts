import { describe, expect, test } from 'vitest';
import { InFlight } from '../../../src/runtime/instances/in-flight.js';
import { Invoker } from '../../../src/runtime/calls/invoker.js';
import { ModelPool } from '../../../src/runtime/calls/model-pool.js';
import { takesRequests } from '../../../src/runtime/status.js';
import { Deadlines } from '../../../src/runtime/waiting/deadlines.js';
import type { Status } from '../../../src/strategies/strategy.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

function calling(model: unknown, own?: string) {
  const clock = new ManualClock();
  const inFlight = new InFlight(clock, new Deadlines(clock));
  const pool = new ModelPool({ m: model }, { clock, onError: () => {} });
  const invoker = new Invoker(pool, clock, { inFlight, ...(own !== undefined && { instance: own }) });
  const call = (instance?: string) => {
    const route = {
      model: 'm' as const,
      fallbacks: [],
      mirrors: [],
      exposures: [],
      reason: 'static' as const,
      ...(instance !== undefined && { instance }),
    };
    return invoker.predict(route, 'input', {}, () => {});
  };
  return { inFlight, call };
}

describe('a call on an instance', () => {
  test('is in flight there until it has ended, also where it fails', async () => {
    let end = (_: string): void => {};
    const { inFlight, call } = calling(() => new Promise<string>((resolve) => void (end = resolve)));
    const answer = call('a');
    expect([inFlight.at('a'), inFlight.at('b')]).toEqual([1, 0]);
    end('x');
    await answer;
    expect(inFlight.at('a')).toBe(0);
    const failing = calling(() => Promise.reject(new Error('no')));
    await expect(failing.call('a')).rejects.toThrow('no');
    expect(failing.inFlight.at('a')).toBe(0);
  });

  test('is in flight until the last item of its stream', async () => {
    const { inFlight, call } = calling(async function* () {
      yield 1;
      yield 2;
    });
    const { output } = await call('a');
    const items: unknown[] = [];
    for await (const item of output as AsyncIterable<unknown>) {
      items.push(item);
      expect(inFlight.at('a')).toBe(1);
    }
    expect([items, inFlight.at('a')]).toEqual([[1, 2], 0]);
  });

  test('without an instance is one of the process, where that is an instance, and of nobody elsewhere', async () => {
    const seen: unknown[] = [];
    const model = (_: unknown, { instance }: { readonly instance?: string }) => void seen.push(instance);
    const own = calling(model, 'me');
    const counted: string[] = [];
    own.inFlight.enter = (name) => void counted.push(name);
    await own.call();
    await own.call('other');
    const none = calling(model);
    none.inFlight.enter = (name) => void counted.push(name);
    await none.call();
    expect([counted, seen]).toEqual([
      ['me', 'other'],
      ['me', 'other', undefined],
    ]);
  });
});

describe('a status', () => {
  const status = (ready: boolean | undefined, children: readonly Status<string>[] = []): Status<string> => ({
    node: 'n',
    kind: 'k',
    phase: 'running',
    stable: 'm',
    shares: {},
    waitingFor: [],
    children,
    ...(ready !== undefined && { ready }),
  });

  test('takes requests unless a node somewhere wants none', () => {
    expect(takesRequests(status(undefined))).toBe(true);
    expect(takesRequests(status(true, [status(undefined)]))).toBe(true);
    expect(takesRequests(status(false))).toBe(false);
    expect(takesRequests(status(true, [status(undefined, [status(false)])]))).toBe(false);
  });
});
