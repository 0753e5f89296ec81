import { describe, expect, test } from 'vitest';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import type { StateStore } from '../../../src/runtime/control/store.js';
import { Presence } from '../../../src/runtime/instances/presence.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const limited = <T>(work: Promise<T>) => work;

function fleet() {
  const store = memoryStore();
  const clock = new ManualClock(1_000);
  const member = (instance: string, more: { replica?: string; store?: StateStore; clock?: ManualClock } = {}) =>
    new Presence({ store, router: 'r', instance, replica: instance, clock, silenceMs: 100, limited, ...more });
  const names = async () => {
    const record = await store.read('r/instances');
    return record === undefined || record === 'unchanged' ? [] : Object.keys(record.state as object).toSorted();
  };
  return { store, clock, member, names };
}

describe('instances that tell that they live', () => {
  test('are silent once nobody has seen a new sign of them for the time that is given', async () => {
    const { clock, member } = fleet();
    const [a, b] = [member('a'), member('b')];
    await b.beat();
    expect(await a.beat()).toEqual([]);
    clock.advance(99);
    expect(await a.beat()).toEqual([]);
    clock.advance(1);
    expect(await a.beat()).toEqual(['b']);
    expect(await a.beat()).toEqual(['b']);
    await b.beat();
    expect(await a.beat()).toEqual([]);
  });

  test('are never silent to themselves, and told from the process before by its name', async () => {
    const { clock, member } = fleet();
    const a = member('a');
    await a.beat();
    await member('b', { replica: 'first' }).beat();
    await a.beat();
    clock.advance(100);
    // Its first beat has the number of the one before; it is another process all the same.
    await member('b', { replica: 'second' }).beat();
    expect(await a.beat()).toEqual([]);
  });

  test('are judged by the clock of whoever looks, so that clocks may differ', async () => {
    const { member } = fleet();
    const other = new ManualClock(9_999_999);
    const a = member('a');
    const b = member('b', { clock: other });
    await a.beat();
    other.advance(1_000_000);
    expect(await b.beat()).toEqual([]);
    other.advance(100);
    expect(await b.beat()).toEqual(['a']);
  });

  test('are forgotten after twenty times the silence, by when everybody has told', async () => {
    const { clock, member, names } = fleet();
    const [a, b] = [member('a'), member('b')];
    await b.beat();
    await a.beat();
    clock.advance(1999);
    expect(await a.beat()).toEqual(['b']);
    expect(await names()).toEqual(['a', 'b']);
    clock.advance(1);
    expect(await a.beat()).toEqual([]);
    expect(await names()).toEqual(['a']);
  });

  test('are gone at once when they leave', async () => {
    const { member, names } = fleet();
    const [a, b] = [member('a'), member('b')];
    await a.beat();
    await b.beat();
    await b.leave();
    expect(await names()).toEqual(['a']);
    expect(await a.beat()).toEqual([]);
  });

  test('lose no sign of life when two write at once', async () => {
    const { member, names } = fleet();
    const all = ['a', 'b', 'c', 'd'].map((name) => member(name));
    await Promise.all(all.map((one) => one.beat()));
    expect(await names()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('give up for this time after four writes that others were faster than', async () => {
    let writes = 0;
    const store: StateStore = {
      ...memoryStore(),
      compareAndSet: () => {
        writes += 1;
        return Promise.resolve({ ok: false, current: undefined });
      },
    };
    await fleet().member('a', { store }).beat();
    expect(writes).toBe(4);
  });

  test('take what is no sign of life for none', async () => {
    const { store, member } = fleet();
    const state = { x: 1, y: { by: 'z' }, z: { by: 'z', beat: 1 }, w: { beat: 1 } };
    await store.compareAndSet('r/instances', undefined, {
      format: 1,
      revision: 1,
      nodes: {},
      history: [],
      state,
      updatedAt: 0,
      updatedBy: 'somebody',
    });
    const a = member('a');
    await a.beat();
    const read = await store.read('r/instances');
    expect(read).toMatchObject({ revision: 2, state: { a: { by: 'a', beat: 1 }, z: { by: 'z', beat: 1 } } });
    expect(Object.keys((read as { state: object }).state)).toEqual(['z', 'a']);
  });
});
