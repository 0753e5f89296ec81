import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

// Bundles bench/NAME.ts and runs it. Loaders that translate while they run wrap every function, which is what would be measured then.

const [name, ...args] = process.argv.slice(2);
const outfile = `reports/${name}.mjs`;
await build({
  entryPoints: [`bench/${name}.ts`],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'warning',
});
const { status } = spawnSync(process.execPath, ['--expose-gc', outfile, ...args], { stdio: 'inherit' });
process.exitCode = status ?? 1;
