import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { HistoryEntry } from '../../runtime/control/store.js';
import { namesIn, readText, removeFile, syncFolder } from './files.js';

/** A log of entries, one JSON per line, in files of a bounded size of which the last two are kept. */
export class HistoryFiles {
  readonly #folder: string;
  readonly #fileBytesMax: number;

  constructor(folder: string, fileBytesMax: number) {
    this.#folder = folder;
    this.#fileBytesMax = fileBytesMax;
  }

  async append(entry: HistoryEntry): Promise<void> {
    const numbers = await this.#numbers();
    const latest = numbers.at(-1) ?? 0;
    const size = await this.#write(latest, `\n${JSON.stringify(entry)}`);
    if (!(size > this.#fileBytesMax)) return;
    // Two processes may come here at once, and then begin the same file.
    await this.#write(latest + 1, '');
    for (const number of numbers) if (number < latest) await removeFile(this.#path(number));
  }

  /** Oldest first. A line that was cut off when the machine stopped is left out; the next entry began a new one. */
  async read(): Promise<readonly HistoryEntry[]> {
    const texts: string[] = [];
    for (const number of await this.#numbers()) texts.push((await readText(this.#path(number))) ?? '');
    return texts.flatMap((text) => text.split('\n').flatMap(entryIn));
  }

  async #numbers(): Promise<readonly number[]> {
    const names = (await namesIn(this.#folder)) ?? [];
    return names
      .map((name) => /^(\d{1,15})\.jsonl$/.exec(name)?.[1])
      .filter((number) => number !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  }

  #path(number: number): string {
    return join(this.#folder, `${number}.jsonl`);
  }

  /** The size of the file after it, in bytes. */
  async #write(number: number, text: string): Promise<number> {
    const file = await open(this.#path(number), 'a');
    try {
      await file.appendFile(text);
      await file.sync();
      const { size } = await file.stat();
      if (size === text.length) await syncFolder(this.#folder);
      return size;
    } finally {
      await file.close();
    }
  }
}

function entryIn(line: string): readonly HistoryEntry[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as HistoryEntry];
  } catch {
    return [];
  }
}
