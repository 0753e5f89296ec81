import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { docsPictures } from './pictures.js';

// `npm run docs:pictures` draws the pictures of docs/report.md anew.

for (const [name, svg] of Object.entries(await docsPictures())) {
  writeFileSync(fileURLToPath(new URL(`./${name}.svg`, import.meta.url)), `${svg}\n`);
  process.stdout.write(`docs/pictures/${name}.svg\n`);
}
