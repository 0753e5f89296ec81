import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rehearse } from '../../src/simulate/rehearse.js';

// Threads load modules by themselves, so these are bundled to files first, as a user's are.

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'turnout-workers-'));

async function moduleOf(name: string, code: string): Promise<URL> {
  const file = join(folder, `${name}.mjs`);
  await build({
    stdin: { contents: code, resolveDir: join(root, 'src'), loader: 'ts' },
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
  return pathToFileURL(file);
}

const definition = `
  import { Canary, maxErrorRate } from './index.js';
  import { defineRehearsal } from './simulate/index.js';
  export default defineRehearsal({
    simulation: {
      strategy: new Canary({
        baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5, minAgeMs: 600_000 }], guardrails: [maxErrorRate(0.1)],
      }),
      // A function, which could not be sent to a thread.
      models: { v1: {}, v2: (request, rng) => ({ error: rng.next() < RATE }) },
      traffic: { perHour: 3000 },
      forMs: 1_800_000,
      tickEveryMs: 60_000,
    },
    scenarios: { calm: { truth: 'harmless' }, wild: { truth: 'harmful', models: { v2: { errorRate: 0.4 } } } },
  });
`;

let plan: URL;
let broken: URL;

beforeAll(async () => {
  plan = await moduleOf('plan', definition.replace('RATE', '0.02'));
  broken = await moduleOf('broken', definition.replace('RATE', 'missing'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('threads', () => {
  test('make the same result as one after the other, run by run', async () => {
    const alone = await rehearse({ rehearsal: plan, runs: 4 });
    const told: number[] = [];
    const onProgress = ({ done, of }: { readonly done: number; readonly of: number }) => {
      expect(of).toBe(8);
      told.push(done);
    };
    const together = await rehearse({ rehearsal: String(plan), runs: 4, workers: 3, onProgress });
    expect(together).toEqual(alone);
    expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(alone.scenarios.map(({ promoted }) => promoted.rate)).toEqual([1, 0]);
  });

  test('are no more than there are runs', async () => {
    const { scenarios } = await rehearse({ rehearsal: plan, runs: 1, scenarios: ['wild'], workers: 64 });
    expect(scenarios[0]?.rolledBack.count).toBe(1);
  });

  test('end with the error of a run that fails, which names it', async () => {
    const running = rehearse({ rehearsal: broken, runs: 4, workers: 2 });
    await expect(running).rejects.toThrow('A run failed in its thread: ReferenceError: missing is not defined');
  });

  test('end when the signal says so, at once or on the way', async () => {
    const signal = AbortSignal.abort('no');
    await expect(rehearse({ rehearsal: plan, workers: 2, signal })).rejects.toMatchObject({
      code: 'aborted',
      cause: 'no',
    });
    const controller = new AbortController();
    const onProgress = () => controller.abort('enough');
    const running = rehearse({ rehearsal: plan, runs: 50, workers: 2, onProgress, signal: controller.signal });
    await expect(running).rejects.toMatchObject({ code: 'aborted', cause: 'enough' });
  });

  test('need a module that exports a rehearsal by default', async () => {
    const file = join(folder, 'other.mjs');
    writeFileSync(file, 'export default 7;');
    await expect(rehearse({ rehearsal: pathToFileURL(file), workers: 2 })).rejects.toThrow(
      'options.rehearsal: must export what defineRehearsal() gives by default',
    );
  });

  test('need Node', async () => {
    const { process } = globalThis;
    try {
      Object.defineProperty(globalThis, 'process', { value: {}, configurable: true, writable: true });
      await expect(rehearse({ rehearsal: plan, workers: 2 })).rejects.toThrow(
        'options.workers: needs Node 20.16 or later',
      );
    } finally {
      Object.defineProperty(globalThis, 'process', { value: process, configurable: true, writable: true });
    }
  });
});
