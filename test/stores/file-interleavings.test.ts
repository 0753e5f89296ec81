import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, afterEach, describe, expect, test, vi } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { emptyCell } from '../../src/evidence/cell.js';
import { emptyEvidence, type Evidence } from '../../src/evidence/evidence.js';
import type { RolloutRecord } from '../../src/runtime/control/store.js';
import { type FileStore, fileStore } from '../../src/stores/file.js';
import { recordOf } from './linear-records.js';

// The file system is the real one; before each call to it something else may happen first. So every place at which another process can
// come between is tried, one after the other, and every place at which the system can fail.

const system = vi.hoisted(() => ({ before: async (): Promise<void> => {} }));
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  type Call = (...args: never[]) => Promise<unknown>;
  const hooked = (name: keyof typeof real) => {
    const call = real[name] as Call;
    return async (...args: never[]) => {
      await system.before();
      return call(...args);
    };
  };
  const names = ['link', 'mkdir', 'open', 'readFile', 'readdir', 'rename', 'stat', 'unlink'] as const;
  return { ...real, ...Object.fromEntries(names.map((name) => [name, hooked(name)])) };
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'turnout-file-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const store = (sumUpEvery = 1000) => fileStore({ directory, sumUpEvery });

/** Carries out `work`, with `between` right before its n-th call to the system; false if it made fewer calls. */
async function interrupt(n: number, work: () => Promise<void>, between: () => Promise<void>): Promise<boolean> {
  let calls = 0;
  system.before = async () => {
    calls += 1;
    if (calls !== n) return;
    system.before = async () => {};
    await between();
  };
  try {
    await work();
  } finally {
    system.before = async () => {};
  }
  return calls >= n;
}

/** Tries every place, each in a folder of its own; the number of places that there were. */
async function atEveryPlace(attempt: (n: number) => Promise<boolean>): Promise<number> {
  for (let n = 1; ; n += 1) {
    directory = join(directory, 'next');
    if (!(await attempt(n))) return n - 1;
  }
}

const delta = (exposed: number): Evidence => ({
  ...emptyEvidence,
  strata: [
    { node: 'r', epoch: 1, from: 0, to: 60_000, salt: 'r', shares: {}, cells: { a: { ...emptyCell, exposed } } },
  ],
});
const exposed = async (of: FileStore = store()) =>
  (await of.readEvidence('r', 'w')).evidence.strata.reduce((sum, { cells }) => sum + (cells['a']?.exposed ?? 0), 0);

/** Sums up all deltas there are, which removes their files. */
const sumUp = () => exposed(store(1));
/** Another writer adds a delta, and sums up. */
async function addAndSumUp(): Promise<void> {
  await store().addEvidence('r', 'other', 1, delta(1000));
  await sumUp();
}
/** Enough changes that the oldest files are removed. */
async function writeMuch(): Promise<void> {
  const other = store();
  for (let change = 1; change <= 12; change += 1) {
    const stored = (await other.read('r')) as RolloutRecord;
    await other.compareAndSet('r', stored.revision, recordOf(stored.revision + 1, `other ${change}`));
  }
}
async function threeDeltas(): Promise<void> {
  for (const seq of [1, 2, 3]) await store().addEvidence('r', 'w', seq, delta(10 ** (seq - 1)));
}

describe('another process at any point', () => {
  test('that sums up takes nothing from who reads', async () => {
    const places = await atEveryPlace(async (n) => {
      await threeDeltas();
      return interrupt(
        n,
        async () => {
          const { evidence, lastSeq } = await store().readEvidence('r', 'w');
          const sum = evidence.strata.reduce((total, { cells }) => total + (cells['a']?.exposed ?? 0), 0);
          expect([111, 1111]).toContain(sum);
          expect(lastSeq).toBe(3);
        },
        addAndSumUp,
      );
    });
    expect(places).toBeGreaterThan(7);
  });

  test('that sums up takes nothing from who sums up, too', async () => {
    await atEveryPlace(async (n) => {
      await threeDeltas();
      const isReached = await interrupt(n, async () => expect([111, 1111]).toContain(await sumUp()), addAndSumUp);
      expect(await exposed()).toBe(isReached ? 1111 : 111);
      return isReached;
    });
  });

  test('that sums up takes nothing from who adds, and adds nothing to it', async () => {
    await atEveryPlace(async (n) => {
      await threeDeltas();
      const adder = store();
      const isReached = await interrupt(
        n,
        async () => expect(await adder.addEvidence('r', 'w', 4, delta(5000))).toBe('added'),
        addAndSumUp,
      );
      expect(await exposed()).toBe(isReached ? 6111 : 5111);
      expect(await adder.addEvidence('r', 'w', 4, delta(5000))).toBe('duplicate');
      expect((await adder.readEvidence('r', 'w')).lastSeq).toBe(4);
      return isReached;
    });
  });

  test('that adds the same delta, and sums it up, does not make it count twice', async () => {
    await atEveryPlace(async (n) => {
      await threeDeltas();
      const isReached = await interrupt(
        n,
        async () => expect(['added', 'duplicate']).toContain(await store().addEvidence('r', 'w', 4, delta(5000))),
        async () => {
          await store().addEvidence('r', 'w', 4, delta(5000));
          await sumUp();
        },
      );
      expect(await exposed()).toBe(5111);
      await sumUp();
      expect(await exposed()).toBe(5111);
      return isReached;
    });
  });

  test('that writes much is never overwritten, and who was overtaken is told so, or that nobody knows', async () => {
    const outcomes = new Set<string>();
    await atEveryPlace(async (n) => {
      await store().compareAndSet('r', undefined, recordOf(1, 'first'));
      let seen: RolloutRecord | undefined;
      let outcome = '';
      const isReached = await interrupt(
        n,
        async () => {
          const answer = await store()
            .compareAndSet('r', 1, recordOf(2, 'mine'))
            .catch((error: unknown) => ({ ok: isTurnoutError(error, 'store-failed') && 'unknown' }) as const);
          outcome = String(answer.ok);
        },
        async () => {
          seen = (await store().read('r')) as RolloutRecord;
          await writeMuch();
        },
      );
      outcomes.add(outcome);
      const stored = (await store().read('r')) as RolloutRecord;
      expect(stored.state).toBe(isReached ? 'other 12' : 'mine');
      if (isReached && outcome === 'true') expect(seen?.state).toBe('mine');
      if (outcome === 'false') expect(seen?.state).toBe('first');
      return isReached;
    });
    expect([...outcomes].toSorted()).toEqual(['false', 'true', 'unknown']);
  });

  test('that writes much leaves who reads with one of the records there were', async () => {
    await atEveryPlace(async (n) => {
      await store().compareAndSet('r', undefined, recordOf(1, 'first'));
      return interrupt(
        n,
        async () => expect(['first', 'other 12']).toContain(((await store().read('r')) as RolloutRecord).state),
        writeMuch,
      );
    });
  });

  test('that makes the folder of a router first does no harm', async () => {
    await atEveryPlace(async (n) => {
      const isReached = await interrupt(
        n,
        async () => {
          const answer = await store().compareAndSet('r', undefined, recordOf(1, 'mine'));
          const stored = (await store().read('r')) as RolloutRecord;
          expect(stored.state).toBe(answer.ok ? 'mine' : 'other');
        },
        async () => void (await store().compareAndSet('r', undefined, recordOf(1, 'other'))),
      );
      return isReached;
    });
  });
});

describe('a system that fails at any point', () => {
  const fail = () => Promise.reject(new Error('EIO: the disk is gone'));

  test('leaves evidence that counts once when it is sent again', async () => {
    const places = await atEveryPlace(async (n) => {
      const isReached = await interrupt(
        n,
        async () =>
          void (await store()
            .addEvidence('r', 'w', 1, delta(1))
            .catch(() => {})),
        fail,
      );
      expect(['added', 'duplicate']).toContain(await store().addEvidence('r', 'w', 1, delta(1)));
      expect(await exposed()).toBe(1);
      return isReached;
    });
    expect(places).toBeGreaterThan(15);
  });

  test('leaves evidence whole when it is summed up', async () => {
    await atEveryPlace(async (n) => {
      await threeDeltas();
      const isReached = await interrupt(n, async () => void (await sumUp().catch(() => {})), fail);
      expect(await exposed()).toBe(111);
      expect(await sumUp()).toBe(111);
      expect(await store().addEvidence('r', 'w', 4, delta(1000))).toBe('added');
      expect(await exposed()).toBe(1111);
      return isReached;
    });
  });

  test('leaves the record before or the record after, and the next write finds it', async () => {
    await atEveryPlace(async (n) => {
      await store().compareAndSet('r', undefined, recordOf(1, 'first'));
      const isReached = await interrupt(
        n,
        async () => {
          const answer = await store()
            .compareAndSet('r', 1, recordOf(2, 'mine'))
            .catch(() => undefined);
          if (answer !== undefined) expect(answer).toEqual({ ok: true });
        },
        fail,
      );
      const stored = (await store().read('r')) as RolloutRecord;
      expect(['first', 'mine']).toContain(stored.state);
      expect(await store().compareAndSet('r', stored.revision, recordOf(9, 'next'))).toEqual({ ok: true });
      return isReached;
    });
  });

  test('fails the call, and says which one', async () => {
    await store().compareAndSet('r', undefined, recordOf(1, 'first'));
    await interrupt(1, async () => expect(store().read('r')).rejects.toThrow("read of 'r' failed: EIO"), fail);
  });
});
