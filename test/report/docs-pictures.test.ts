import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { docsPictures } from '../../docs/pictures/pictures.js';
import { soundPicture } from './markup-check.js';

const folder = new URL('../../docs/pictures/', import.meta.url);

test('the pictures of the docs are those that the code draws: npm run docs:pictures', {
  timeout: 120_000,
}, async () => {
  const drawn = await docsPictures();
  const names = readdirSync(fileURLToPath(folder)).filter((file) => file.endsWith('.svg'));
  expect(names.toSorted()).toEqual(
    Object.keys(drawn)
      .map((name) => `${name}.svg`)
      .toSorted(),
  );
  for (const [name, svg] of Object.entries(drawn)) {
    soundPicture(svg);
    expect(readFileSync(new URL(`${name}.svg`, folder), 'utf8'), name).toBe(`${svg}\n`);
  }
});
