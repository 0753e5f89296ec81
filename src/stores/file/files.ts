import { randomUUID } from 'node:crypto';
import { link, open, readFile, readdir, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, TurnoutError } from '../../core/errors.js';

/** The code of a failure of the system: `ENOENT`, `EACCES`. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** What `work` gives, or undefined if the file or folder is not there. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export const readText = (path: string): Promise<string | undefined> => unlessMissing(readFile(path, 'utf8'));
export const namesIn = (folder: string): Promise<readonly string[] | undefined> => unlessMissing(readdir(folder));
export const removeFile = (path: string): Promise<void> => unlessMissing(unlink(path)).then(() => {});
/** When the file was last written, ms since 1970. */
export const writtenAt = async (path: string): Promise<number | undefined> =>
  (await unlessMissing(stat(path)))?.mtimeMs;

/** Makes an empty file, or leaves the one there is, and dates it. */
export async function touch(path: string, at: number): Promise<void> {
  await writeFile(path, '', { flag: 'a' });
  await utimes(path, at / 1000, at / 1000);
}

/** Puts the names in a folder on the disk: a file that was synced is lost with its name. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders, and keeps names by itself.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a file and puts it on the disk. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a file that is there as a whole or not at all; false if there is one of this name already. Of any number of processes that
 * try it at once exactly one succeeds, and one that is killed on the way leaves nothing but a file in `unfinished`.
 */
export async function createWhole(path: string, text: string, unfinished: string): Promise<boolean> {
  const draft = join(unfinished, randomUUID());
  try {
    await writeDurably(draft, text);
    // Not `rename`, which would replace what another process has put there.
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(codeOf(error) ?? '')) {
      throw new TurnoutError(
        'store-failed',
        `${path}: could not be linked (${messageOf(error)}). The store needs a file system with hard links: choose a folder on ` +
          'a local disk.',
        { cause: error },
      );
    }
    throw error;
  } finally {
    await removeFile(draft);
  }
  await syncFolder(dirname(path));
  return true;
}
