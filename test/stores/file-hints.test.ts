import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FileStore, fileStore } from '../../src/stores/file.js';
import { recordOf } from './linear-records.js';

let directory: string;
let stores: FileStore[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'turnout-hints-'));
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(directory, { recursive: true, force: true });
});
const open = (path = directory) => {
  const store = fileStore({ directory: path });
  stores.push(store);
  return store;
};

/** Resolves at the first call that comes when `isTrue`. */
function called(subscribe: (onChange: () => void) => unknown, isTrue = () => true): Promise<void> {
  return new Promise((resolve) => subscribe(() => isTrue() && resolve()));
}

describe('hints in files', () => {
  test('come of what another store of the folder writes', async () => {
    const [writer, reader] = [open(), open()];
    let stands = () => {};
    const ready = new Promise<void>((resolve) => (stands = resolve));
    let isWritten = false;
    const heard = called(
      (onChange) => {
        reader.subscribe('r', () => {
          stands();
          onChange();
        });
      },
      () => isWritten,
    );
    await ready;
    isWritten = true;
    await writer.compareAndSet('r', undefined, recordOf(1, 'x'));
    await heard;
    expect(await reader.read('r')).toEqual(recordOf(1, 'x'));
  });

  test('make the folder, so that there is something to watch', async () => {
    const store = open(join(directory, 'new'));
    await called((onChange) => store.subscribe('r', onChange));
    expect(existsSync(join(directory, 'new'))).toBe(true);
    expect(await store.read('r')).toBeUndefined();
  });

  test('end with the store, and when the last listener leaves', async () => {
    const store = open();
    let calls = 0;
    let stands = () => {};
    const ready = new Promise<void>((resolve) => (stands = resolve));
    const leave = store.subscribe('r', () => {
      calls += 1;
      stands();
    });
    await ready;
    leave();
    const before = calls;
    await store.compareAndSet('r', undefined, recordOf(1, 'x'));
    const other = open();
    await called((onChange) => other.subscribe('r', onChange));
    await other.close();
    await store.compareAndSet('r', 1, recordOf(2, 'x'));
    expect(await store.read('r')).toEqual(recordOf(2, 'x'));
    expect(calls).toBe(before);
  });

  test('are asked for again at the next read when the folder could not be made', async () => {
    const blocked = join(directory, 'blocked');
    writeFileSync(blocked, '');
    const store = open(blocked);
    const told = { calls: 0 };
    store.subscribe('r', () => {
      told.calls += 1;
    });
    await expect(store.read('r')).rejects.toThrow('ENOTDIR');
    expect(told.calls).toBe(0);
    rmSync(blocked);
    // The first try has failed by now or is about to; one of these reads comes after it.
    while (told.calls === 0) await store.read('r');
    expect(existsSync(blocked)).toBe(true);
  });
});
