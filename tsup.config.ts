import { readdirSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

/** What users import, by the path behind `turnout`. */
const entry = {
  index: 'src/index.ts',
  stats: 'src/stats/index.ts',
  bandits: 'src/bandits/index.ts',
  'stores/file': 'src/stores/file.ts',
  'stores/memory': 'src/stores/memory.ts',
  'stores/postgres': 'src/stores/postgres.ts',
  'stores/redis': 'src/stores/redis.ts',
  plans: 'src/plans/index.ts',
  simulate: 'src/simulate/index.ts',
  report: 'src/report/index.ts',
  snapshot: 'src/snapshot/index.ts',
  'adapters/fetch': 'src/adapters/fetch.ts',
  'adapters/node': 'src/adapters/node.ts',
  testing: 'src/testing/index.ts',
};

const shared = {
  target: 'es2022',
  platform: 'neutral',
  sourcemap: true,
  external: ['eventemitter3', 'jstat', /^zod/, /^node:/],
  // What draws the pictures of turnout/report is built into it, and into nothing else; THIRD-PARTY.md has its licence.
  noExternal: [/^d3-/, 'internmap'],
  // Without the prefix a module of Node looks like a package, and some platforms have it only under its full name.
  removeNodeProtocol: false,
} satisfies Options;

/** Every module of the sources, by its path. */
const modules = Object.fromEntries(
  readdirSync('src', { recursive: true, encoding: 'utf8' })
    // The command is a program, not a module that anybody imports.
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.startsWith('cli/'))
    .map((file) => [`modules/${file.slice(0, -'.ts'.length)}`, `src/${file}`]),
);

export default defineConfig([
  {
    ...shared,
    // Every module stays a file of its own, so that bundlers drop those that are not used: in one large file, whatever a module does when
    // it is loaded (the checks of options are made then) would keep all of it alive.
    entry: { ...entry, ...modules },
    format: ['esm'],
    splitting: true,
  },
  { ...shared, entry, format: ['cjs'] },
  // In one file, since threads of a rehearsal load it again under an address of its own.
  {
    ...shared,
    entry: { cli: 'src/cli/bin.ts' },
    format: ['esm'],
    platform: 'node',
    splitting: false,
    sourcemap: false,
  },
  // tsup 8.5 passes baseUrl to the declaration build, which TypeScript 6 rejects unless silenced.
  { ...shared, entry, format: ['esm', 'cjs'], dts: { only: true, compilerOptions: { ignoreDeprecations: '6.0' } } },
]);
