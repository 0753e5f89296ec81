/**
 * Wrote buckets.json, once, with an implementation that is not the library's: MurmurHash3 x86_32 of the package
 * murmurhash3js-revisited over the bytes of TextEncoder. Run `node test/golden/buckets.mjs` only to add cases: an
 * assignment that changes moves users between models.
 */
import { writeFileSync } from 'node:fs';
import murmur from 'murmurhash3js-revisited';

const bytes = (text) => new TextEncoder().encode(text);
const hash = (text, seed = 0) => murmur.x86.hash32(bytes(text), seed);

const salts = ['ranker', 'ranker/candidate/ab', '', 'kanaal/größe', '車站', '__proto__'];
const shares = [0.0001, 0.01, 0.05, 0.5, 0.9];
const units = [
  ...Array.from({ length: 20 }, (_, index) => `user-${index}`),
  'a',
  'ab',
  'abc',
  'abcd',
  'abcde',
  ' ',
  '\u0000',
  '0',
  '42',
  'true',
  'null',
  'undefined',
  'NaN',
  '__proto__',
  'Zürich',
  'naïve',
  'Ελλάδα',
  'Москва',
  '東京',
  'हिन्दी',
  'עברית',
  'مرحبا',
  '🚂',
  '👩‍👩‍👧‍👦',
  '🇩🇪',
  'e\u0301',
  '\u00e9',
  '\ufeffbom',
  '\ud800',
  '\udc00',
  'x\ud83dy',
  '\udc00\ud800',
  'user@example.com',
  'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
  // Around the sizes at which a buffer of 4096 bytes would run over.
  ...[1364, 1365, 1366, 4095, 4096, 4097].flatMap((length) => ['x'.repeat(length), '€'.repeat(length)]),
];
const numbers = [0, 1, 7, 42, -1, 1_000_000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];

const cases = salts.flatMap((salt) => {
  const seed = hash(salt);
  return [...units, ...numbers].map((unit) => {
    const bucket = hash(String(unit), seed);
    // As whole numbers: a unit is a candidate if its bucket is below the share times 2^32, rounded.
    const arms = shares.map((share) => (bucket < Math.round(share * 2 ** 32) ? 'candidate' : 'baseline'));
    const long = typeof unit === 'string' && unit.length > 100;
    return { salt, ...(long ? { repeat: [unit[0], unit.length] } : { unit }), bucket, arms };
  });
});

// Lone surrogates are written as escapes, so that the file is valid UTF-8.
const line = (value) =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
writeFileSync(
  new URL('buckets.json', import.meta.url),
  `{\n"shares": ${JSON.stringify(shares)},\n"cases": [\n${cases.map(line).join(',\n')}\n]\n}\n`,
);
