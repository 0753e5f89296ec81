import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    // Docs and examples import the package by its public names; the tests run them against the sources.
    alias: [
      { find: /^turnout$/, replacement: source('index.ts') },
      { find: /^turnout\/stats$/, replacement: source('stats/index.ts') },
      { find: /^turnout\/bandits$/, replacement: source('bandits/index.ts') },
      { find: /^turnout\/plans$/, replacement: source('plans/index.ts') },
      { find: /^turnout\/simulate$/, replacement: source('simulate/index.ts') },
      { find: /^turnout\/report$/, replacement: source('report/index.ts') },
      { find: /^turnout\/snapshot$/, replacement: source('snapshot/index.ts') },
      { find: /^turnout\/adapters\/fetch$/, replacement: source('adapters/fetch.ts') },
      { find: /^turnout\/adapters\/node$/, replacement: source('adapters/node.ts') },
      { find: /^turnout\/testing$/, replacement: source('testing/index.ts') },
      { find: /^turnout\/stores\/(file|memory|postgres|redis)$/, replacement: source('stores/$1.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    testTimeout: 30_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text', 'lcov'] },
  },
});
