import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TurnoutError } from '../../core/errors.js';
import { createWhole, namesIn, removeFile, unlessMissing } from './files.js';

/** A value as it was read. */
export interface Latest {
  /** Its number: the greatest is the value, and every change makes the next. */
  readonly slot: number;
  readonly text: string;
  readonly path: string;
  /** Stores what comes after it; false if another process stored something else first. */
  follow(text: string): Promise<boolean>;
}

/** How many values are kept: the latest, and those before it, for an operator who has to go back. */
export const slotsKept = 8;
const attemptsMax = 100;

/** The numbers among the names in a folder, ascending; whatever else lies there is left alone. */
function numbersIn(names: readonly string[]): readonly number[] {
  return names
    .filter((name) => /^(0|[1-9]\d{0,14})$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * One text that any number of processes change by compare-and-set, in files 0, 1, 2 … of which the last is in force. To store is to
 * make the file with the next number, which only one process can; there is no lock, so a killed process leaves none behind.
 */
export class Slots {
  readonly #folder: string;
  readonly #unfinished: string;

  constructor(folder: string, unfinished: string) {
    this.#folder = folder;
    this.#unfinished = unfinished;
  }

  /** The number of the value in force. */
  async latestSlot(): Promise<number> {
    const numbers = numbersIn((await namesIn(this.#folder)) ?? []);
    const latest = numbers.at(-1);
    if (latest !== undefined) return latest;
    throw new TurnoutError(
      'state-unreadable',
      `${this.#folder}: expected files named 0, 1, 2 …, and there are none. It was removed while it was in use, or was damaged.`,
    );
  }

  /** Calls back with the value in force. */
  async withLatest<T>(work: (latest: Latest) => Promise<T>): Promise<T> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const slot = await this.latestSlot();
      const path = join(this.#folder, String(slot));
      const file = await unlessMissing(open(path, 'r'));
      // Removed since it was listed, so there are newer ones.
      if (file === undefined) continue;
      try {
        const text = await file.readFile('utf8');
        const { ino } = await file.stat({ bigint: true });
        return await work({ slot, text, path, follow: (next) => this.#follow(slot, path, ino, next) });
      } finally {
        await file.close();
      }
    }
    throw new TurnoutError('store-failed', `${this.#folder}: changes faster than it can be read.`);
  }

  async #follow(slot: number, path: string, ino: bigint, text: string): Promise<boolean> {
    if (!(await createWhole(join(this.#folder, String(slot + 1)), text, this.#unfinished))) return false;
    // Had others meanwhile stored so much that old files were removed, the next number could have been free again. They are removed
    // in ascending order: while the file that was read is in its place, nothing after it was removed. It is still open here, so no
    // other file can have its number in the file system.
    const still = await unlessMissing(stat(path, { bigint: true }));
    if (still?.ino !== ino) {
      throw new TurnoutError(
        'store-failed',
        `${this.#folder}: was changed ${slotsKept} times or more while one change was written; whether that is among them is unknown.`,
      );
    }
    await this.#removeOld(slot + 1);
    return true;
  }

  async #removeOld(latest: number): Promise<void> {
    const numbers = numbersIn((await namesIn(this.#folder)) ?? []);
    for (const number of numbers) {
      if (!(number <= latest - slotsKept)) return;
      await removeFile(join(this.#folder, String(number)));
    }
  }
}
