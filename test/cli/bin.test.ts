import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RehearsalResult } from '../../src/simulate/index.js';
import { plan, planWith } from './plans.js';

// The command as a process of its own, built as it is for the package: one file, packages left outside.

const root = fileURLToPath(new URL('../..', import.meta.url));
// Below node_modules, so that packages are found from there, and no other test looks.
const cache = join(root, 'node_modules/.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'turnout-cli-'));
const bin = join(folder, 'cli.js');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function turnout(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { cwd: folder, encoding: 'utf8' }, (error, out, err) => {
      resolve({ code: error === null ? 0 : (error.code as number), out, err });
    });
  });
}

const bundled = (outfile: string, options: Parameters<typeof build>[0]) =>
  build({
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
    outfile,
    ...options,
  });

beforeAll(async () => {
  await bundled(bin, { entryPoints: [join(root, 'src/cli/bin.ts')] });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
  writeFileSync(join(folder, 'wrong.json'), JSON.stringify(planWith({ 'strategy.stages': [{ share: 5 }] })));
  writeFileSync(join(folder, 'broken.json'), '{ "name": ');
  writeFileSync(join(folder, 'plan.mjs'), `export default ${JSON.stringify({ plan: { ...plan } })};`);
  writeFileSync(join(folder, 'slow.mjs'), `process.stderr.write('loaded'); export default ${JSON.stringify(plan)};`);
  writeFileSync(join(folder, 'throws.mjs'), `throw new Error('in your module');`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the command', () => {
  test('begins with a line that makes it a program', () => {
    expect(readFileSync(bin, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test('helps', async () => {
    const { code, out, err } = await turnout('--help');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('Usage: turnout COMMAND');
  });

  test('ends with 0 and says so on its output where a plan is right', async () => {
    expect(await turnout('validate-plan', 'plan.json', 'plan.mjs')).toEqual({
      code: 0,
      out: 'plan.json: fine\nplan.mjs: fine\n',
      err: '',
    });
  });

  test.each<readonly [readonly string[], number, RegExp]>([
    [['validate-plan', 'wrong.json'], 1, /^wrong\.json:\n {2}plan\.strategy\.stages\[0\]\.share: must be a fraction/],
    [['validate-plan', 'broken.json'], 1, /^turnout validate-plan: broken\.json is not JSON/],
    [['rehearse', 'wrong.json'], 1, /^wrong\.json:\n/],
    [['rehearse', 'plan.json', '--strict', '--runs', '1', '--json', '--scenario', 'nobody'], 1, /has 'nobody'/],
    [['nonsense'], 64, /^turnout: 'nonsense' is no command/],
    [['report', '--colour'], 64, /^turnout report: Unknown option '--colour'\n$/],
    [['validate-plan', 'none.json'], 66, /^turnout validate-plan: none\.json cannot be read: ENOENT/],
    [['validate-plan', 'none.mjs'], 66, /^turnout validate-plan: file:.*none\.mjs cannot be read: Cannot find module/],
    [['validate-plan', 'throws.mjs'], 70, /in your module\n +at file:/],
  ])('%j ends with %i and its reason on the other output', async (args, code, reason) => {
    const ended = await turnout(...args);
    expect([ended.code, ended.out]).toEqual([code, '']);
    expect(ended.err).toMatch(reason);
  });

  test('writes no order of a terminal where there is none', async () => {
    const { out, err } = await turnout('rehearse', 'plan.json', '--runs', '2', '--html', 'page.html');
    for (const order of ['\u001B', '\r']) expect(out + err).not.toContain(order);
    expect(err).toBe('The page is in page.html\n');
    expect(readFileSync(join(folder, 'page.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });

  test('finds the same in two threads as in one, of a JSON plan and of a module', async () => {
    const here = await turnout('rehearse', 'plan.json', '--json');
    const result = JSON.parse(here.out) as RehearsalResult;
    expect(result.scenarios.map(({ runs }) => runs)).toEqual([3, 3]);
    expect(await turnout('rehearse', 'plan.json', '--json', '--workers', '2')).toEqual(here);
    expect(await turnout('rehearse', 'plan.mjs', '--json', '--workers', '2')).toEqual(here);
  });

  test('rehearses what a module has made with defineRehearsal', async () => {
    const code = `
      import { Canary, maxErrorRate } from './src/index.js';
      import { defineRehearsal } from './src/simulate/index.js';
      export default defineRehearsal({
        simulation: {
          strategy: new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5, minAgeMs: 3_600_000 }], guardrails: [maxErrorRate(0.2)] }),
          models: { v1: {}, v2: { errorRate: 0.9 } },
          traffic: { perHour: 300 },
          forMs: 7_200_000,
        },
        scenarios: { crashing: { truth: 'harmful' } },
      });`;
    await bundled(join(folder, 'own.mjs'), { stdin: { contents: code, resolveDir: root, loader: 'ts' } });
    const { out } = await turnout('rehearse', 'own.mjs', '--runs', '2', '--workers', '2', '--json');
    expect((JSON.parse(out) as RehearsalResult).scenarios[0]?.rolledBack).toMatchObject({ count: 2, of: 2 });
    expect((await turnout('validate-plan', 'own.mjs')).out).toBe('own.mjs: fine\n');
  });

  test('keeps what it found, and shows it again', async () => {
    const { out } = await turnout('rehearse', 'plan.json', '--runs', '1', '--json');
    writeFileSync(join(folder, 'kept.json'), out);
    const shown = await turnout('report', 'kept.json', '--title', 'Again');
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(shown.out).toMatch(/^Again\n=====\n1 roll-out/);
  });

  test('ends with 130 when it is interrupted', async () => {
    const args = [bin, 'rehearse', 'slow.mjs', '--runs', '100000'];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    // The module says so when it is loaded: by then the command listens.
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
  });

  test('ends quietly when nobody reads on', async () => {
    const child = spawn(process.execPath, [bin, 'rehearse', 'plan.json', '--json'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (data) => (err += String(data)));
    expect(await new Promise((resolve) => child.once('exit', (code) => resolve(code)))).toBe(0);
    expect(err).toBe('');
  });
});
