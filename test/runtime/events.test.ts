import { describe, expect, it } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { Events } from '../../src/runtime/events.js';

interface Map {
  readonly moved: { readonly to: string };
  readonly error: { readonly operation: string; readonly error: unknown };
}

const setUp = () =>
  new Events<Map>(['moved', 'error'], (error, event) => ({ operation: `listener of ${event}`, error }));

describe('Events', () => {
  it('tells each listener of its event, in the order they came', () => {
    const events = setUp();
    const told: string[] = [];
    events.on('moved', ({ to }) => told.push(`first ${to}`));
    events.on('moved', ({ to }) => told.push(`second ${to}`));
    events.on('error', () => told.push('error'));
    events.emit('moved', { to: 'x' });
    expect(told).toEqual(['first x', 'second x']);
  });

  it('tells no more once unsubscribed, and unsubscribing twice does nothing', () => {
    const events = setUp();
    const told: string[] = [];
    const same = ({ to }: Map['moved']) => told.push(to);
    const stop = events.on('moved', same);
    events.on('moved', same);
    stop();
    stop();
    events.emit('moved', { to: 'x' });
    expect(told).toEqual(['x']);
  });

  it('knows whether anybody listens', () => {
    const events = setUp();
    expect(events.has('moved')).toBe(false);
    const stop = events.on('moved', () => {});
    expect([events.has('moved'), events.has('error')]).toEqual([true, false]);
    stop();
    expect(events.has('moved')).toBe(false);
  });

  it('reports a listener that throws once, and tells the others all the same', () => {
    const events = setUp();
    const mine = new Error('mine');
    const told: unknown[] = [];
    events.on('moved', () => {
      throw mine;
    });
    events.on('moved', () => told.push('second'));
    events.on('error', (payload) => told.push(payload));
    events.emit('moved', { to: 'x' });
    expect(told).toEqual([{ operation: 'listener of moved', error: mine }, 'second']);
  });

  it('reports a listener whose promise rejects', async () => {
    const events = setUp();
    const mine = new Error('mine');
    const told: unknown[] = [];
    events.on('moved', () => Promise.reject(mine));
    events.on('error', (payload) => told.push(payload));
    events.emit('moved', { to: 'x' });
    await Promise.resolve();
    await Promise.resolve();
    expect(told).toEqual([{ operation: 'listener of moved', error: mine }]);
  });

  it('counts a failure of an error listener, and never reports it to itself', async () => {
    const events = setUp();
    let called = 0;
    events.on('error', () => {
      called += 1;
      throw new Error('again');
    });
    events.on('error', async () => {
      throw new Error('and again');
    });
    events.on('moved', () => {
      throw new Error('mine');
    });
    events.emit('moved', { to: 'x' });
    await Promise.resolve();
    await Promise.resolve();
    expect([called, events.unreported]).toEqual([1, 2]);
  });

  it('drops a failure that nobody listens for', () => {
    const events = setUp();
    events.on('moved', () => {
      throw new Error('mine');
    });
    expect(() => events.emit('moved', { to: 'x' })).not.toThrow();
    expect(events.unreported).toBe(0);
  });

  it('survives a listener that returns an object whose then throws', () => {
    const events = setUp();
    const told: unknown[] = [];
    const mine = new Error('getter');
    const hostile: object = Object.defineProperty({}, String('then'), {
      get: () => {
        throw mine;
      },
    });
    events.on('moved', () => hostile);
    events.on('error', ({ error }) => told.push(error));
    events.emit('moved', { to: 'x' });
    expect(told).toEqual([mine]);
  });

  it('tells everyone who listened when it began, even if one unsubscribes another', () => {
    const events = setUp();
    const told: string[] = [];
    let stop = (): void => {};
    events.on('moved', () => stop());
    stop = events.on('moved', () => told.push('second'));
    events.emit('moved', { to: 'x' });
    events.emit('moved', { to: 'y' });
    expect(told).toEqual(['second']);
  });

  it('takes 100 listeners of an event and refuses the next with advice', () => {
    const events = setUp();
    for (let index = 0; index < 100; index += 1) events.on('moved', () => {});
    expect(() => events.on('moved', () => {})).toThrow(/on\('moved'\): has 100 listeners already.*Call the function/);
    expect(() => events.on('error', () => {})).not.toThrow();
  });

  it('refuses an event that does not exist, and knows what was meant', () => {
    const events = setUp();
    const on = events.on.bind(events) as (event: string, listener: unknown) => unknown;
    expect(() => on('movd', () => {})).toThrow("on('movd'): is not an event. Did you mean moved?");
    expect(() => on('something', () => {})).toThrow('Known are moved, error.');
    expect(() => on('__proto__', () => {})).toThrow('is not an event');
    let caught: unknown;
    try {
      on('moved', 'not a function');
    } catch (error) {
      caught = error;
    }
    expect(isTurnoutError(caught, 'config')).toBe(true);
    expect(String(caught)).toContain("must be given a function (was 'not a function').");
  });

  it('forgets every listener when it is cleared', () => {
    const events = setUp();
    events.on('moved', () => expect.unreachable());
    events.clear();
    events.emit('moved', { to: 'x' });
    expect(events.has('moved')).toBe(false);
  });
});
