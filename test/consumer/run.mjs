import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// What package checkers cannot see: the packed package in a program that is not ours, run as ESM and as CommonJS, and type-checked under
// both ways of resolving modules by both compilers.

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'turnout-consumer-'));
const run = (command, args, cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

const program = `
class Watched extends Canary<'v1', 'v2'> {}
const strategy: Strategy<'v1' | 'v2', never> = new Watched({ baseline: 'v1', candidate: 'v2', stages: [{ share: 1 }] });
const router = createRouter({ name: 'consumer', models: { v1: (x: number) => x, v2: (x: number) => x * 2 }, strategy, store: memoryStore() });
const stop = router.on('transition', ({ why }) => { const text: string = why; void text; });
router.ready().then(() => router.predict(21, { targetingKey: 'u' })).then(async ({ output }) => {
  const answer: number = output;
  stop();
  await router.close();
  if (answer !== 42) throw new Error('wrong answer');
  if (storeLaws({ create: () => memoryStore() }).length < 10) throw new Error('too few laws');
  if (!(normal.sf(10) > 7e-24)) throw new Error('no tail');
  if (parseSnapshot(router.snapshot()).router !== 'consumer') throw new Error('another snapshot');
  if (!textReport(reportOf(router)).includes('consumer')) throw new Error('another report');
  const signer = hmacSigner('sixteen letters and more');
  if (!signer.verify('text', signer.sign('text'))) throw new Error('wrong signature');
  if (typeof snapshotHandler(router) !== 'function' || typeof simulate !== 'function') throw new Error('no functions');
  const planned = parsePlan({ name: 'planned', strategy: { kind: 'canary', baseline: 'v1', candidate: 'v2' } });
  if (planned.strategy.kind !== 'canary') throw new Error('another strategy');
  if (typeof postgresStore !== 'function') throw new Error('no store');
  const files = fileStore({ directory: 'rollouts' });
  if ((await files.read('consumer')) !== undefined) throw new Error('a record from nowhere');
  const client = { evalsha: async () => ['1', '5000'], eval: async () => [] };
  if ((await redisStore({ client, subscriber: false }).now()) !== 1005) throw new Error('wrong time');
});
`;
const names = {
  turnout: ['Canary', 'createRouter', 'reportOf'],
  'turnout/stores/file': ['fileStore'],
  'turnout/stores/memory': ['memoryStore'],
  'turnout/stores/postgres': ['postgresStore'],
  'turnout/stores/redis': ['redisStore'],
  'turnout/adapters/fetch': ['snapshotHandler'],
  'turnout/adapters/node': ['hmacSigner'],
  'turnout/plans': ['parsePlan'],
  'turnout/report': ['textReport'],
  'turnout/simulate': ['simulate'],
  'turnout/snapshot': ['parseSnapshot'],
  'turnout/testing': ['storeLaws'],
  'turnout/stats': ['normal'],
};
const imports = Object.entries(names).map(([from, what]) => `import { ${what.join(', ')} } from '${from}';`);
const requires = Object.entries(names).map(([from, what]) => `const { ${what.join(', ')} } = require('${from}');`);
const types = "import type { Strategy } from 'turnout';";
// Types out, for the programs that Node runs.
const plain = program.replaceAll(/: (Strategy<[^>]*>|string|number)(?= =|[,)])/g, '').replaceAll("<'v1', 'v2'>", '');

try {
  const [tarball] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root));
  run('tar', ['xzf', tarball.filename]);
  mkdirSync(join(folder, 'node_modules'));
  cpSync(join(folder, 'package'), join(folder, 'node_modules/turnout'), { recursive: true });
  for (const dependency of ['eventemitter3', 'jstat', 'zod']) {
    symlinkSync(join(root, 'node_modules', dependency), join(folder, 'node_modules', dependency));
  }
  writeFileSync(join(folder, 'esm.mjs'), [...imports, plain].join('\n'));
  writeFileSync(join(folder, 'cjs.cjs'), [...requires, plain].join('\n'));
  writeFileSync(join(folder, 'typed.mts'), [...imports, types, program].join('\n'));
  writeFileSync(join(folder, 'typed.cts'), [...imports, types, program].join('\n'));
  for (const file of ['esm.mjs', 'cjs.cjs']) run(process.execPath, [file]);
  cpSync(join(root, 'examples/plans/ranker.json'), join(folder, 'ranker.json'));
  run(process.execPath, ['node_modules/turnout/dist/cli.js', 'validate-plan', 'ranker.json']);
  const compilers = ['typescript/bin/tsc', 'typescript7/bin/tsc'];
  const resolutions = [
    ['node16', 'typed.mts', 'typed.cts'],
    ['bundler', 'typed.mts'],
  ];
  for (const compiler of compilers) {
    for (const [resolution, ...files] of resolutions) {
      const module = resolution === 'node16' ? 'node16' : 'esnext';
      const flags = [
        '--noEmit',
        '--strict',
        '--exactOptionalPropertyTypes',
        '--target',
        'es2022',
        '--lib',
        'es2022,dom',
      ];
      const args = [...flags, '--module', module, '--moduleResolution', resolution, ...files];
      run(process.execPath, [join(root, 'node_modules', compiler), ...args]);
      console.log(`${compiler.split('/')[0]} under ${resolution}: right`);
    }
  }
  console.log('the packed package runs and type-checks in a program of its own');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
