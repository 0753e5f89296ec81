import { eld as detector } from 'eld/medium';
import { franc as francAll } from 'franc';
import { franc as francFew } from 'franc-min';
import { detect } from 'langdetect';

/** A language as ISO 639-1, or `unknown`. */
export type Language = string;

/** What franc calls the languages of our texts (ISO 639-3). */
const twoLetters: Readonly<Record<string, string>> = {
  arb: 'ar',
  ben: 'bn',
  bul: 'bg',
  ces: 'cs',
  dan: 'da',
  deu: 'de',
  ell: 'el',
  eng: 'en',
  fin: 'fi',
  fra: 'fr',
  heb: 'he',
  hin: 'hi',
  hun: 'hu',
  ita: 'it',
  nld: 'nl',
  nob: 'no',
  pol: 'pl',
  por: 'pt',
  ron: 'ro',
  rus: 'ru',
  spa: 'es',
  swe: 'sv',
  tur: 'tr',
  ukr: 'uk',
  vie: 'vi',
};

/** Four language detectors as they are released on npm, each as a model: a text in, a language out. */
export const models = {
  franc: (text: string): Language => twoLetters[francAll(text)] ?? 'unknown',
  'franc-min': (text: string): Language => twoLetters[francFew(text)] ?? 'unknown',
  eld: (text: string): Language => detector.detect(text).language || 'unknown',
  langdetect: (text: string): Language => detect(text)?.[0]?.lang ?? 'unknown',
};
