import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

// What mutants are held against: the direct tests and properties, with fewer runs of each. Docs, statistics and the layers of the tree
// judge no mutant, and would run for every one.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/{core,plan,evidence,analysis,strategies,runtime,testing}/**/*.test.ts'],
    env: { RUNS: '30', SIMULATIONS: '5' },
  },
});
