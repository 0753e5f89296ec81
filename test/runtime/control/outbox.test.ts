import { beforeEach, describe, expect, test } from 'vitest';
import { emptyCell } from '../../../src/evidence/cell.js';
import { type Evidence, emptyEvidence } from '../../../src/evidence/evidence.js';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import { Outbox } from '../../../src/runtime/control/outbox.js';
import { type Fault, FaultyStore } from '../../../src/testing/faulty-store.js';

const delta = (exposed: number): Evidence => ({
  ...emptyEvidence,
  strata: [
    { node: 'r', epoch: 1, from: 0, to: 1, salt: 'r', shares: { a: 1 }, cells: { a: { ...emptyCell, exposed } } },
  ],
});
const exposed = (evidence: Evidence | undefined) => evidence?.strata[0]?.cells['a']?.exposed ?? 0;
const unlimited = <T>(work: Promise<T>) => work;

let fault: Fault | undefined;
let sent: number;
let store: ReturnType<typeof memoryStore>;
let outbox: Outbox;

beforeEach(() => {
  fault = undefined;
  sent = 0;
  store = memoryStore();
  const counting = new FaultyStore(store, ({ method }) => {
    if (method === 'addEvidence') sent += 1;
    return fault;
  });
  let writers = 0;
  outbox = new Outbox(counting, 'r', () => {
    writers += 1;
    return `w${writers}`;
  });
});

const storedIn = async (writer = 'w1') => store.readEvidence('r', writer);

describe('the outbox', () => {
  test('shows what it was given before anything is sent', () => {
    expect(outbox.evidence()).toBeUndefined();
    expect(outbox.isBehind).toBe(false);
    outbox.put(delta(3));
    outbox.put(undefined);
    outbox.put(delta(4));
    expect(exposed(outbox.evidence())).toBe(7);
    expect(outbox.isBehind).toBe(true);
  });

  test('sends one delta for all that was waiting, and nothing when there is nothing', async () => {
    await outbox.flush(unlimited);
    expect(sent).toBe(0);
    outbox.put(delta(3));
    outbox.put(delta(4));
    await outbox.flush(unlimited);
    expect(sent).toBe(1);
    expect(exposed((await storedIn()).evidence)).toBe(7);
    expect([exposed(outbox.evidence()), outbox.isBehind]).toEqual([7, false]);
  });

  test.each(['before', 'after'] as const)(
    'sends again what failed %s it took effect, and counts it once',
    async (how) => {
      outbox.put(delta(3));
      fault = how;
      await expect(outbox.flush(unlimited)).rejects.toThrow();
      outbox.put(delta(10));
      expect([exposed(outbox.evidence()), outbox.isBehind]).toEqual([13, true]);
      fault = undefined;
      await outbox.flush(unlimited);
      expect(exposed((await storedIn()).evidence)).toBe(13);
      expect((await storedIn()).lastSeq).toBe(2);
      await outbox.read(unlimited);
      expect(exposed(outbox.evidence())).toBe(13);
    },
  );

  test('learns from a read that a delta arrived whose answer was lost', async () => {
    outbox.put(delta(3));
    fault = 'after';
    await expect(outbox.flush(unlimited)).rejects.toThrow();
    fault = undefined;
    await outbox.read(unlimited);
    expect([exposed(outbox.evidence()), outbox.isBehind]).toEqual([3, false]);
    await outbox.flush(unlimited);
    expect(sent).toBe(1);
  });

  test('does not count a delta twice that a read brought before its answer', async () => {
    let answer = (_: 'added') => {};
    const slow = {
      addEvidence: async (...args: Parameters<typeof store.addEvidence>) => {
        await store.addEvidence(...args);
        return new Promise<'added'>((resolve) => (answer = resolve));
      },
      readEvidence: store.readEvidence,
    };
    const box = new Outbox(slow, 'r', () => 'w1');
    box.put(delta(3));
    const flushed = box.flush(unlimited);
    await Promise.resolve();
    await box.read(unlimited);
    expect(exposed(box.evidence())).toBe(3);
    answer('added');
    await flushed;
    expect(exposed(box.evidence())).toBe(3);
  });

  test('keeps its own evidence when the read after a write fails', async () => {
    outbox.put(delta(3));
    await outbox.flush(unlimited);
    fault = 'before';
    await expect(outbox.read(unlimited)).rejects.toThrow();
    expect(exposed(outbox.evidence())).toBe(3);
  });

  test('does not go back to an older read that comes late', async () => {
    const old = await store.readEvidence('r', 'w1');
    outbox.put(delta(3));
    await outbox.flush(unlimited);
    const late = new Outbox(
      { addEvidence: store.addEvidence, readEvidence: () => Promise.resolve(old) },
      'r',
      () => 'w9',
    );
    late.put(delta(5));
    await late.flush(unlimited);
    await late.read(unlimited);
    expect(exposed(late.evidence())).toBe(5);
  });

  test('believes the third read in a row that has forgotten its writer, and goes on reading', async () => {
    outbox.put(delta(3));
    await outbox.flush(unlimited);
    await outbox.read(unlimited);
    const forgetting = {
      addEvidence: store.addEvidence,
      readEvidence: async () => ({ ...(await storedIn()), lastSeq: 0 }),
    };
    const silent = new Outbox(forgetting, 'r', () => 'w9');
    silent.put(delta(5));
    await silent.flush(unlimited);
    for (const seen of [5, 5, 8]) {
      await silent.read(unlimited);
      expect(exposed(silent.evidence())).toBe(seen);
    }
    outbox.put(delta(2));
    await outbox.flush(unlimited);
    await silent.read(unlimited);
    expect(exposed(silent.evidence())).toBe(10);
  });

  test('sees what others sent', async () => {
    await store.addEvidence('r', 'other', 1, delta(8));
    outbox.put(delta(1));
    await outbox.read(unlimited);
    expect(exposed(outbox.evidence())).toBe(9);
  });

  test('a writer that the store forgot counts what it loses, and starts anew under another name', async () => {
    outbox.put(delta(3));
    await outbox.flush(unlimited);
    await outbox.read(unlimited);
    const refusing = new Outbox(
      {
        addEvidence: (key, writer, seq, part) =>
          writer === 'old' ? Promise.resolve('refused') : store.addEvidence(key, writer, seq, part),
        readEvidence: store.readEvidence,
      },
      'r',
      (() => {
        const names = ['old', 'new'];
        return () => names.shift() as string;
      })(),
    );
    refusing.put(delta(5));
    await refusing.flush(unlimited);
    expect([refusing.lost, refusing.isBehind]).toEqual([1, false]);
    refusing.put(delta(6));
    await refusing.flush(unlimited);
    await refusing.read(unlimited);
    expect(refusing.lost).toBe(1);
    expect(exposed(refusing.evidence())).toBe(9);
    expect((await storedIn('new')).lastSeq).toBe(1);
  });

  test('keeps a delta under way that a read does not show', async () => {
    outbox.put(delta(3));
    fault = 'before';
    await expect(outbox.flush(unlimited)).rejects.toThrow();
    fault = undefined;
    await outbox.read(unlimited);
    expect([exposed(outbox.evidence()), outbox.isBehind]).toEqual([3, true]);
    await outbox.flush(unlimited);
    expect(exposed((await storedIn()).evidence)).toBe(3);
  });

  test('adds up what was acknowledged between two reads', async () => {
    outbox.put(delta(3));
    await outbox.flush(unlimited);
    outbox.put(delta(4));
    await outbox.flush(unlimited);
    expect(exposed(outbox.evidence())).toBe(7);
    outbox.put(delta(5));
    expect(exposed(outbox.evidence())).toBe(12);
  });

  test('sums once for many looks', () => {
    outbox.put(delta(3));
    expect(outbox.evidence()).toBe(outbox.evidence());
  });
});
