import { describe, expect, test } from 'vitest';
import { seededRng } from '../../src/core/rng.js';
import { memoryStore } from '../../src/runtime/control/memory-store.js';
import { type RolloutRecord, recordFormat } from '../../src/runtime/control/store.js';
import { type Loss, lossyStore } from '../../src/simulate/simulated-store.js';
import { seed } from '../seed.js';

const record: RolloutRecord = {
  format: recordFormat,
  revision: 1,
  nodes: {},
  state: {},
  history: [],
  updatedAt: 0,
  updatedBy: 'a',
};

async function written(loss: Loss): Promise<{ readonly wasTold: boolean; readonly isThere: boolean }> {
  const store = memoryStore();
  const writing = lossyStore(store, seededRng(seed), () => loss).compareAndSet('key', undefined, record);
  const wasTold = await writing.then(
    () => true,
    () => false,
  );
  return { wasTold, isThere: (await store.read('key')) !== undefined };
}

describe('a store that is out', () => {
  test('answers while it is not', async () => {
    expect(await written(undefined)).toEqual({ wasTold: true, isThere: true });
  });

  test('loses the call, or the answer of a call that took effect', async () => {
    expect(await written('call')).toEqual({ wasTold: false, isThere: false });
    expect(await written('answer')).toEqual({ wasTold: false, isThere: true });
  });

  test('loses now the one and now the other', async () => {
    const store = memoryStore();
    const lossy = lossyStore(store, seededRng(seed), () => 'either');
    let done = 0;
    for (let i = 0; i < 400; i += 1) {
      await expect(lossy.compareAndSet(`key ${i}`, undefined, record)).rejects.toMatchObject({ code: 'store-failed' });
      if ((await store.read(`key ${i}`)) !== undefined) done += 1;
    }
    expect(Math.abs(done - 200)).toBeLessThan(40);
  });

  test('says which call it was, and what became of it', async () => {
    const lost = lossyStore(memoryStore(), seededRng(seed), () => 'call');
    await expect(lost.read('key')).rejects.toThrow('read was not carried out');
    await expect(lost.readEvidence('key', 'a')).rejects.toThrow('readEvidence was not carried out');
    const done = lossyStore(memoryStore(), seededRng(seed), () => 'answer');
    await expect(done.read('key')).rejects.toThrow('read took effect, but its answer was lost');
  });
});
