import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../src', import.meta.url));

/** Imports point downward only: a folder may import itself and folders of a lower layer. */
const layers: Readonly<Record<string, number>> = {
  core: 0,
  stats: 1,
  plan: 1,
  evidence: 2,
  analysis: 2,
  bandits: 2,
  strategies: 3,
  runtime: 4,
  stores: 5,
  plans: 5,
  adapters: 5,
  snapshot: 5,
  simulate: 5,
  report: 5,
  testing: 5,
  cli: 6,
};
/** Within a layer, these folders may look at each other: judgement reads evidence. */
const neighbours = new Set(['analysis > evidence', 'bandits > evidence', 'report > simulate', 'testing > stores']);

/** What has an effect or is not known before it runs, and the files and folders that may say it. */
const banned: readonly (readonly [pattern: RegExp, homes: string])[] = [
  [/\bMath\.random\b/, 'core/rng.ts'],
  [/\bDate\.now\b|\bnew Date\(\)/, 'core/clock.ts'],
  [/\bperformance\.now\b/, 'core/clock.ts'],
  [/\b(setTimeout|setInterval|setImmediate)\(/, 'core/clock.ts'],
  [/\bconsole\./, 'nowhere'],
  // Redis has a command of that name.
  [/\bnew Function\b|\beval\(/, 'stores/redis/client.ts'],
  [/from 'eventemitter3'/, 'runtime/events.ts'],
  [/from 'jstat'|import\('jstat'\)/, 'stats/jstat.ts'],
  [/from 'node:/, 'stores/file/ adapters/node.ts cli/'],
];

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, source: readFileSync(join(root, file), 'utf8') }));

const withoutComments = (source: string) => source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
const importsOf = (file: string, source: string) =>
  [...source.matchAll(/(?:from|import)\s+'(\.[^']+)'/g)].map(([, path]) =>
    normalize(join(dirname(file), path as string)),
  );
const folderOf = (file: string) => (file.includes('/') ? (file.split('/')[0] as string) : 'index');

describe('the tree of sources', () => {
  test('has only folders that have a layer', () => {
    const folders = new Set(files.map(({ file }) => folderOf(file)));
    expect([...folders].filter((folder) => folder !== 'index' && layers[folder] === undefined)).toEqual([]);
  });

  test('imports downward only', () => {
    const upward = files.flatMap(({ file, source }) =>
      importsOf(file, source)
        .filter((target) => {
          const [from, to] = [folderOf(file), folderOf(target)];
          if (from === 'index' || from === to) return false;
          if (to === 'index') return true;
          const [above, below] = [layers[from] as number, layers[to] as number];
          return !(below < above || neighbours.has(`${from} > ${to}`));
        })
        .map((target) => `${file} imports ${target}`),
    );
    expect(upward).toEqual([]);
  });

  test.each(banned)('says %s in one place', (pattern, homes) => {
    const isHome = (file: string) =>
      homes.split(' ').some((home) => file === home || (home.endsWith('/') && file.startsWith(home)));
    const places = files.filter(({ source }) => pattern.test(withoutComments(source))).map(({ file }) => file);
    expect(places.filter((file) => !isHome(file))).toEqual([]);
  });

  test('has no import cycles', () => {
    const graph = new Map(
      files.map(({ file, source }) => {
        // A type import is gone when the program runs.
        const runtime = source.replaceAll(/import type [^;]+;|export type \{[^;]+;/g, '');
        return [file, importsOf(file, runtime).map((target) => target.replace(/\.js$/, '.ts'))] as const;
      }),
    );
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' > '));
      if (done.has(file) || path.includes(file)) return;
      for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test('keeps files near 100 lines', () => {
    const lengths = files.map(({ source }) => source.split('\n').length).toSorted((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(110);
    const long = files
      .filter(({ source }) => source.split('\n').length > 320)
      .map(({ file }) => relative(root, join(root, file)));
    expect(long).toEqual([]);
  });
});
