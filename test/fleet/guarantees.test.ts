import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

/** The rows of the table of guarantees: number, guarantee, file, name. */
const rows = [...read('docs/many-replicas.md').matchAll(/^\| (\d+) \| (.+?) \| `(test\/.+?)` \| (.+?) \|$/gm)].map(
  ([, number, , file = '', name = '']) => ({ number: Number(number), file, name }),
);

describe('the guarantees of docs/many-replicas.md', () => {
  test('are numbered', () => {
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
  });

  test.each(rows)('$number: there is such a test', ({ file, name }) => {
    expect(read(file)).toContain(`'${name}`);
  });
});
