import { describe, expect, test } from 'vitest';
import { emptyEvidence } from '../../src/evidence/evidence.js';
import { memoryStore } from '../../src/stores/memory.js';
import { storeLaws } from '../../src/testing/store-laws.js';

describe('the memory store', () => {
  for (const { name, run } of storeLaws({ create: () => memoryStore() })) test(name, run);

  test('forgets a writer after a day of silence, and refuses what it sends then', async () => {
    let now = 0;
    const store = memoryStore(() => now);
    await store.addEvidence('r', 'a', 1, emptyEvidence);
    now = 86_400_000;
    await store.addEvidence('r', 'b', 1, emptyEvidence);
    expect((await store.readEvidence('r', 'a')).lastSeq).toBe(1);
    now = 86_400_001;
    await store.addEvidence('r', 'b', 2, emptyEvidence);
    expect((await store.readEvidence('r', 'a')).lastSeq).toBe(0);
    expect(await store.addEvidence('r', 'a', 2, emptyEvidence)).toBe('refused');
  });

  test('keeps the history of each router apart', async () => {
    const store = memoryStore();
    const entry = { revision: 1, at: 0, replica: 'a', node: 'r', from: 'a', to: 'b', why: 'c', facts: {} };
    await store.appendHistory?.('r', entry);
    expect(store.history('r')).toEqual([entry]);
    expect(store.history('s')).toEqual([]);
  });
});
