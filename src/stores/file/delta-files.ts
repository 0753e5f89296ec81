import { join } from 'node:path';
import { TurnoutError } from '../../core/errors.js';
import { emptyEvidence, type Evidence, mergeEvidence } from '../../evidence/evidence.js';
import { parseStoredEvidence } from '../call.js';
import { type EvidenceBase, formatBase, type Last, parseBase } from './evidence-base.js';
import { createWhole, namesIn, readText, removeFile, touch, writtenAt } from './files.js';
import { fileNameOf, type RouterFolder } from './router-folder.js';
import { type Latest, Slots } from './slots.js';

export interface DeltaFilesOptions {
  /** How many deltas are kept one by one before they are summed up. */
  readonly sumUpEvery: number;
  readonly forgetWritersAfterMs: number;
  now(): number;
}

/** A file that holds one delta; its name says of whom and which. */
interface DeltaFile {
  readonly name: string;
  readonly writer: string;
  readonly seq: number;
}

/** What is stored at one moment: the sums, and the deltas that are not in them. */
interface Look {
  readonly latest: Latest;
  readonly base: EvidenceBase;
  /** By writer, in the order of their seqs, without a gap after what is in the sums. */
  readonly files: ReadonlyMap<string, readonly DeltaFile[]>;
  readonly length: number;
  /** Files that are in the sums already. */
  readonly summed: readonly DeltaFile[];
}

interface Sum {
  readonly base: string;
  readonly names: ReadonlySet<string>;
  readonly evidence: Evidence;
}

const attemptsMax = 100;
/** How long a writer's last seq is known, in multiples of the silence after which no more is taken: a repetition may come late. */
const memory = 30;
const advice = ` Restore it from a backup, or let it hold ${JSON.stringify(emptyEvidence)}: then what it counted is lost.`;
/** The most files, in multiples of `sumUpEvery`: only where nobody can sum them up do they become as many. */
const filesMax = 64;

/**
 * The evidence of one router: a file for each delta, which can be made only once, and their sum up to some point. Adding costs the
 * delta; reading costs what is new, since a reader keeps its last sum.
 */
export class DeltaFiles {
  readonly #folder: RouterFolder;
  readonly #options: DeltaFilesOptions;
  readonly #sums: Slots;
  #known: Sum | undefined;
  #base: { readonly text: string; readonly base: EvidenceBase } | undefined;

  constructor(folder: RouterFolder, options: DeltaFilesOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#sums = new Slots(folder.part('evidence'), folder.part('unfinished'));
  }

  add(name: string, seq: number, delta: Evidence): Promise<'added' | 'duplicate' | 'refused'> {
    const writer = fileNameOf(name);
    return this.#look(async (look) => {
      const last = await this.#last(look, writer);
      if (seq <= (last?.seq ?? 0)) return 'duplicate';
      if (seq !== (last?.seq ?? 0) + 1 || this.#isForgotten(last)) return 'refused';
      const { sumUpEvery } = this.#options;
      if (!(look.length < filesMax * sumUpEvery)) {
        throw new TurnoutError(
          'store-failed',
          `${this.#folder.part('deltas')}: ${look.length} deltas were not summed up, and no more are taken. ` +
            'Look at the errors of the replicas: reading evidence fails in all of them.',
        );
      }
      const path = this.#pathOf(`${writer}.${seq}`);
      const isNew = await createWhole(path, JSON.stringify(delta), this.#folder.part('unfinished'));
      return isNew ? 'added' : 'duplicate';
    });
  }

  read(name: string): Promise<{ evidence: Evidence; lastSeq: number }> {
    const writer = fileNameOf(name);
    return this.#look(async (look) => {
      const sum = await this.#sumOf(look);
      if (sum === undefined) return undefined;
      const last = await this.#last(look, writer);
      this.#known = sum;
      if (last !== undefined) await this.#remember(writer, last);
      if (look.length >= this.#options.sumUpEvery) await this.#sumUp(look, sum.evidence).catch(() => {});
      return { evidence: sum.evidence, lastSeq: this.#isForgotten(last) ? 0 : (last?.seq ?? 0) };
    });
  }

  /** Calls back with what is stored, and again when that gives undefined because it changed meanwhile. */
  async #look<T>(work: (look: Look) => Promise<T | undefined>): Promise<T> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const answer = await this.#sums.withLatest(async (latest) => {
        const base = this.#baseOf(latest);
        const names = (await namesIn(this.#folder.part('deltas'))) ?? [];
        // Deltas are removed once the sum that they are in is in force: while it is not, all were listed.
        if ((await this.#sums.latestSlot()) !== latest.slot) return undefined;
        return work({ latest, base, ...sorted(names, base) });
      });
      if (answer !== undefined) return answer;
    }
    throw new TurnoutError('store-failed', `${this.#folder.path}: changes faster than it can be read.`);
  }

  #baseOf(latest: Latest): EvidenceBase {
    if (this.#base?.text !== latest.text) this.#base = { text: latest.text, base: parseBase(latest) };
    return this.#base.base;
  }

  async #last({ base, files }: Look, writer: string): Promise<Last | undefined> {
    const file = files.get(writer)?.at(-1);
    const last =
      file === undefined
        ? base.writers.get(writer)
        : { seq: file.seq, at: (await writtenAt(this.#pathOf(file.name))) ?? this.#options.now() };
    if (last === undefined || !this.#isOld(last)) return last;
    return { ...last, at: Math.max(last.at, (await writtenAt(this.#readerPath(writer))) ?? 0) };
  }

  /** A writer that only reads is not silent: now and then it leaves a file that says when it was here. */
  async #remember(writer: string, last: Last): Promise<void> {
    if (!this.#isOld(last) || this.#isForgotten(last)) return;
    await touch(this.#readerPath(writer), this.#options.now());
  }

  #isOld({ at }: Last): boolean {
    return this.#options.now() - at > this.#options.forgetWritersAfterMs / 2;
  }

  #readerPath(writer: string): string {
    return join(this.#folder.part('readers'), writer);
  }

  #isForgotten(last: Last | undefined): boolean {
    return last !== undefined && this.#options.now() - last.at > this.#options.forgetWritersAfterMs;
  }

  /** Undefined if a file was removed meanwhile, because others have summed it up. */
  async #sumOf({ latest, base, files }: Look): Promise<Sum | undefined> {
    const all = [...files.values()].flat();
    const names = new Set(all.map(({ name }) => name));
    const known = this.#known;
    const isBelow = known?.base === latest.text && [...known.names].every((name) => names.has(name));
    const fresh = all.filter(({ name }) => !(isBelow && known.names.has(name)));
    const deltas: Evidence[] = [];
    for (const { name } of fresh) {
      const path = this.#pathOf(name);
      const text = await readText(path);
      if (text === undefined) return undefined;
      deltas.push(parseStoredEvidence(text, path, advice));
    }
    const before = isBelow ? known.evidence : base.evidence;
    // The new ones are summed first: each merge costs what its larger side holds.
    const evidence = deltas.length === 0 ? before : mergeEvidence(before, deltas.reduce(mergeEvidence));
    return { base: latest.text, names, evidence };
  }

  /** Puts a sum in the place of the deltas in it. Should this fail nothing is lost, and the next reader tries again. */
  async #sumUp(look: Look, evidence: Evidence): Promise<void> {
    const { now, forgetWritersAfterMs } = this.#options;
    const readers = (await namesIn(this.#folder.part('readers'))) ?? [];
    const writers = new Map<string, Last>();
    for (const writer of new Set([...look.base.writers.keys(), ...look.files.keys()])) {
      const last = await this.#last(look, writer);
      if (last !== undefined && !(now() - last.at > memory * forgetWritersAfterMs)) writers.set(writer, last);
    }
    if (!(await look.latest.follow(formatBase({ evidence, writers })))) return;
    for (const { name } of [...look.summed, ...[...look.files.values()].flat()]) await removeFile(this.#pathOf(name));
    // When they were here is in the sums now.
    for (const writer of readers) await removeFile(this.#readerPath(writer));
    await this.#folder.tidy(this.#options.now());
  }

  #pathOf(name: string): string {
    return join(this.#folder.part('deltas'), name);
  }
}

function sorted(names: readonly string[], base: EvidenceBase): Pick<Look, 'files' | 'length' | 'summed'> {
  const found = names.flatMap((name): readonly DeltaFile[] => {
    const [, writer, seq] = /^(.+)\.([1-9]\d{0,14})$/.exec(name) ?? [];
    return writer === undefined ? [] : [{ name, writer, seq: Number(seq) }];
  });
  found.sort((a, b) => a.seq - b.seq);
  const files = new Map<string, readonly DeltaFile[]>();
  const summed: DeltaFile[] = [];
  let length = 0;
  for (const file of found) {
    const before = files.get(file.writer) ?? [];
    const last = before.at(-1)?.seq ?? base.writers.get(file.writer)?.seq ?? 0;
    if (file.seq <= last) summed.push(file);
    else if (file.seq === last + 1) {
      files.set(file.writer, [...before, file]);
      length += 1;
    }
  }
  return { files, length, summed };
}
