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
  /** Dependencies that are not counted. */
  readonly external?: readonly string[];
}

const router = (...strategies: readonly string[]) =>
  `import { createRouter, ${strategies.join(', ')} } from 'turnout'; console.log(createRouter, ${strategies.join(', ')});`;

const jstat = ['jStat'];
/** A word of d3-color, which comes with the scales: only reports draw. */
const drawing = ['brighter'];
const ceilings: Readonly<Record<string, number>> = {
  ABTest: 64_000,
  Bandit: 68_000,
  BlueGreen: 54_500,
  Canary: 55_500,
  DarkLaunch: 56_500,
  FeatureFlag: 48_000,
  Pipeline: 52_000,
  Rolling: 55_000,
  Shadow: 52_000,
};

const strategies = [
  'ABTest',
  'Bandit',
  'BlueGreen',
  'Canary',
  'DarkLaunch',
  'FeatureFlag',
  'Pipeline',
  'Rolling',
  'Shadow',
];

const bundles: readonly Bundle[] = [
  { name: 'hash32', code: `import { hash32 } from 'turnout'; console.log(hash32);`, ceiling: 600, without: jstat },
  ...strategies.map((strategy) => ({
    name: `router + ${strategy}`,
    code: router(strategy),
    ceiling: ceilings[strategy] as number,
    without: jstat,
  })),
  { name: 'router + all strategies', code: router(...strategies), ceiling: 98_000, without: [...jstat, ...drawing] },
  {
    name: 'turnout/snapshot with its endpoint',
    code: `import { createRouter, httpEndpoint } from 'turnout/snapshot'; console.log(createRouter, httpEndpoint);`,
    ceiling: 11_200,
    without: jstat,
  },
  {
    name: 'turnout/stores/postgres',
    code: `import { postgresStore } from 'turnout/stores/postgres'; console.log(postgresStore);`,
    ceiling: 13_000,
    without: [...jstat, '"node:'],
  },
  {
    name: 'turnout/stores/redis',
    code: `import { redisStore } from 'turnout/stores/redis'; console.log(redisStore);`,
    ceiling: 11_500,
    without: [...jstat, '"node:'],
  },
  {
    name: 'one test of turnout/stats',
    code: `import { twoProportionZTest } from 'turnout/stats'; console.log(twoProportionZTest);`,
    ceiling: 3_000,
    without: jstat,
  },
  {
    name: 'turnout/stats as a whole, without jstat',
    code: `import * as stats from 'turnout/stats'; console.log(stats);`,
    ceiling: 32_000,
    external: ['jstat'],
  },
  {
    name: 'turnout/plans, with all strategies and zod',
    code: `import { parsePlan } from 'turnout/plans'; console.log(parsePlan);`,
    ceiling: 92_000,
    without: [...jstat, '"node:'],
  },
  {
    name: 'turnout/report as a whole',
    code: `import * as report from 'turnout/report'; console.log(report);`,
    ceiling: 43_000,
    without: jstat,
  },
  {
    name: 'one picture of turnout/report',
    code: `import { sharesPicture } from 'turnout/report'; console.log(sharesPicture);`,
    ceiling: 28_000,
    without: jstat,
  },
  {
    name: 'turnout/simulate as a whole',
    code: `import * as simulate from 'turnout/simulate'; console.log(simulate);`,
    ceiling: 72_000,
    without: [...jstat, ...drawing],
  },
];

async function sizeOf({
  code,
  without = [],
  external = [],
}: Bundle): Promise<{ minified: number; gzipped: number; found: readonly string[] }> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'error',
    external: [...external],
    // The built package, as a user's bundler sees it.
    alias: {
      turnout: './dist/index.js',
      'turnout/stats': './dist/stats.js',
      'turnout/plans': './dist/plans.js',
      'turnout/report': './dist/report.js',
      'turnout/simulate': './dist/simulate.js',
      'turnout/stores/postgres': './dist/stores/postgres.js',
      'turnout/snapshot': './dist/snapshot.js',
      'turnout/stores/redis': './dist/stores/redis.js',
    },
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
console.log(`${'bundle'.padEnd(42)}${'minified'.padStart(10)}${'gzip'.padStart(10)}${'ceiling'.padStart(10)}`);
for (const bundle of bundles) {
  const { minified, gzipped, found } = await sizeOf(bundle);
  const mistakes = [gzipped > bundle.ceiling && 'over its ceiling', found.length > 0 && `contains ${found.join(', ')}`];
  const said = mistakes.filter(Boolean).join('; ');
  if (said !== '') isOver = true;
  console.log(`${bundle.name.padEnd(42)}${number(minified)}${number(gzipped)}${number(bundle.ceiling)}  ${said}`);
}
process.exitCode = isOver ? 1 : 0;
