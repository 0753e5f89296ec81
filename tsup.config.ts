import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    stats: 'src/stats/index.ts',
    // A file of its own, which only the test that needs it imports: a bundler then leaves jstat out of everything else.
    'stats/jstat': 'src/stats/jstat.ts',
    bandits: 'src/bandits/index.ts',
    'stores/memory': 'src/stores/memory.ts',
    testing: 'src/testing/index.ts',
  },
  format: ['esm', 'cjs'],
  // tsup 8.5 passes baseUrl to the declaration build, which TypeScript 6 rejects unless silenced.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  sourcemap: true,
  clean: true,
  treeshake: true,
  splitting: true,
  target: 'es2022',
  platform: 'neutral',
  external: ['eventemitter3', 'jstat'],
});
