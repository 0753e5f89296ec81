import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

// What a browser downloads: minified, gzipped, with all dependencies. A ceiling is raised in the commit that grows past it, and
// that commit says why.

interface Bundle {
  readonly name: string;
  readonly code: string;
  /** Bytes, gzipped. */
  readonly ceiling: number;
  /** Words that must not be in it: what it must not drag along. */
  readonly without?: readonly string[];
}

const router = (...strategies: readonly string[]) =>
  `import { createRouter, ${strategies.join(', ')} } from 'turnout'; console.log(createRouter, ${strategies.join(', ')});`;

const jstat = ['jStat'];

const bundles: readonly Bundle[] = [
  { name: 'hash32', code: `import { hash32 } from 'turnout'; console.log(hash32);`, ceiling: 1_000, without: jstat },
  { name: 'router + Canary', code: router('Canary'), ceiling: 42_000, without: jstat },
  { name: 'router + BlueGreen', code: router('BlueGreen'), ceiling: 42_000, without: jstat },
  { name: 'router + ABTest', code: router('ABTest'), ceiling: 50_000, without: jstat },
  { name: 'router + Shadow', code: router('Shadow'), ceiling: 42_000, without: jstat },
  { name: 'router + FeatureFlag', code: router('FeatureFlag'), ceiling: 42_000, without: jstat },
  {
    name: 'router + all strategies',
    code: router('ABTest', 'BlueGreen', 'Canary', 'FeatureFlag', 'Shadow'),
    ceiling: 60_000,
    without: jstat,
  },
];

async function sizeOf({
  code,
  without = [],
}: Bundle): Promise<{ minified: number; gzipped: number; found: readonly string[] }> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    // The built package, as a user's bundler sees it.
    alias: { turnout: './dist/index.js' },
  });
  const text = outputFiles[0]?.text ?? '';
  return {
    minified: text.length,
    gzipped: gzipSync(text, { level: 9 }).length,
    found: without.filter((word) => text.includes(word)),
  };
}

const number = (value: number) => value.toLocaleString('en').padStart(10);
let isOver = false;
console.log(`${'bundle'.padEnd(28)}${'minified'.padStart(10)}${'gzip'.padStart(10)}${'ceiling'.padStart(10)}`);
for (const bundle of bundles) {
  const { minified, gzipped, found } = await sizeOf(bundle);
  const mistakes = [gzipped > bundle.ceiling && 'over its ceiling', found.length > 0 && `contains ${found.join(', ')}`];
  const said = mistakes.filter(Boolean).join('; ');
  if (said !== '') isOver = true;
  console.log(`${bundle.name.padEnd(28)}${number(minified)}${number(gzipped)}${number(bundle.ceiling)}  ${said}`);
}
process.exitCode = isOver ? 1 : 0;
