import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TurnoutError } from '../../core/errors.js';
import { isObject } from '../../core/json.js';
import { parseStored } from '../call.js';
import { codeOf, namesIn, readText, syncFolder, writeDurably, writtenAt } from './files.js';

const format = 1;
const about = 'router.json';
const draftPrefix = '.new-';
const parts = ['record', 'evidence', 'deltas', 'readers', 'history', 'unfinished'] as const;
/** Valued parts begin with an empty file 0, which means that nothing was stored yet. */
const valued = ['record', 'evidence'] as const;
/** What a killed process left unfinished is removed after this. */
const unfinishedMaxMs = 3_600_000;

/** A text as a name that every file system takes, and that no other text has where upper and lower case are one. */
export function fileNameOf(text: string): string {
  const readable = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40);
  return `${readable}-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

/** The folder of one router. */
export class RouterFolder {
  readonly path: string;
  readonly #directory: string;
  readonly #key: string;

  constructor(directory: string, key: string) {
    this.#directory = directory;
    this.#key = key;
    this.path = join(directory, fileNameOf(key));
  }

  part(name: (typeof parts)[number]): string {
    return join(this.path, name);
  }

  /** True if it is there; throws if it is not one that turnout made for this router. */
  async exists(): Promise<boolean> {
    const path = join(this.path, about);
    const text = await readText(path);
    if (text === undefined) {
      if ((await namesIn(this.path)) === undefined) return false;
      // Looked at again: it may have appeared as a whole in between.
      if ((await readText(path)) !== undefined) return this.exists();
      throw unreadable(this.path, `expected '${about}' in it, which is not there`);
    }
    const json = parseStored(text, path, ' Nothing was changed.');
    if (!isObject(json) || json['key'] !== this.#key) throw unreadable(path, `expected the router '${this.#key}'`);
    if (json['format'] === format) return true;
    throw new TurnoutError(
      'state-format',
      `${path}: has format ${String(json['format'])}, and this version of turnout reads ${format}. ` +
        'Run the version that wrote it, or choose another folder.',
    );
  }

  /** Makes it, if it is not there: all of it at once, so that nobody ever finds half of it. */
  async ensure(): Promise<void> {
    if (await this.exists()) return;
    await mkdir(this.#directory, { recursive: true });
    // Not by mkdtemp, whose folders are closed to processes of other users, whatever the umask allows.
    const draft = join(this.#directory, `${draftPrefix}${randomUUID()}`);
    try {
      await mkdir(draft);
      for (const part of parts) await mkdir(join(draft, part));
      for (const part of valued) await writeDurably(join(draft, part, '0'), '');
      await writeDurably(join(draft, about), JSON.stringify({ format, key: this.#key }));
      await rename(draft, this.path);
      await syncFolder(this.#directory);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      // Another process was faster, and what it made is as good.
      if (!['EEXIST', 'ENOTEMPTY', 'EPERM'].includes(codeOf(error) ?? '') || !(await this.exists())) throw error;
    }
  }

  /** Removes what processes that were killed left behind. */
  async tidy(now: number): Promise<void> {
    const folder = this.part('unfinished');
    for (const name of (await namesIn(folder)) ?? []) await this.#removeOld(join(folder, name), now);
    for (const name of (await namesIn(this.#directory)) ?? []) {
      if (name.startsWith(draftPrefix)) await this.#removeOld(join(this.#directory, name), now);
    }
  }

  async #removeOld(path: string, now: number): Promise<void> {
    const at = await writtenAt(path);
    if (at !== undefined && now - at > unfinishedMaxMs) await rm(path, { recursive: true, force: true });
  }
}

function unreadable(where: string, what: string): TurnoutError {
  return new TurnoutError(
    'state-unreadable',
    `${where}: ${what}. It was made by another program, or was damaged. Nothing was changed: move it away, or choose another folder.`,
  );
}
