import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { type Browser, chromium, type Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { snapshotHandler } from '../../src/adapters/fetch.js';
import { ABTest, Canary, createRouter } from '../../src/index.js';
import type { Page } from './page.js';

const program = '/usr/bin/chromium';
const isMissing = !existsSync(program) && process.env['CI'] === undefined;
if (isMissing) process.stderr.write(`No ${program} here: that routers run in a real browser is not tested.\n`);

const units = Array.from({ length: 2000 }, (_, n) => `ünit-${n}-😀`);
const models = { v1: (x: number) => x + 1, v2: (x: number) => x + 2 };

describe.skipIf(isMissing)('in a real browser', () => {
  const router = createRouter({
    name: 'ranker',
    models,
    strategy: new ABTest({
      arms: { a: 'v1', b: new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5 }] }) },
    }),
    tickEveryMs: false,
  });
  const handle = snapshotHandler(router);
  let browser: Browser;
  let tab: Tab;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: ['test/browser/page.ts'],
      bundle: true,
      write: false,
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
    });
    const script = outputFiles[0]?.text ?? '';
    server = createServer(async (request, response) => {
      if (request.url === '/')
        return void response
          .setHeader('content-type', 'text/html')
          .end('<!doctype html><script src="/page.js"></script>');
      if (request.url === '/page.js') return void response.setHeader('content-type', 'text/javascript').end(script);
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const body = parts.length > 0 ? { body: Buffer.concat(parts) } : {};
      const answer = await handle(new Request(`${url}turnout`, { method: request.method as string, ...body }));
      response
        .writeHead(answer.status, Object.fromEntries(answer.headers))
        .end(Buffer.from(await answer.arrayBuffer()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
    browser = await chromium.launch({ executablePath: program, args });
    tab = await browser.newPage();
    await tab.goto(url);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
    await router.close();
  });

  test('units get the models that they get in Node', async () => {
    const here = units.map((targetingKey) => router.route({ targetingKey }).model);
    const there = await tab.evaluate(
      (given) => (globalThis as never as { turnout: Page }).turnout.assign(given),
      units,
    );
    expect(there).toEqual(here);
    expect(new Set(there)).toEqual(new Set(['v1', 'v2']));
  });

  test('a failing candidate answers by its fallback and is rolled back', async () => {
    const found = await tab.evaluate(() => (globalThis as never as { turnout: Page }).turnout.rollOut());
    expect(found).toEqual({ right: true, settled: 'rolled-back', shares: { candidate: 0, baseline: 1 } });
  });

  test('a snapshot assigns as the server does, loads only what it reaches, and is counted there', async () => {
    const few = units.slice(0, 40);
    const ask = (given: readonly string[]) =>
      tab.evaluate(([where, some]) => (globalThis as never as { turnout: Page }).turnout.ask(where, some), [
        `${url}turnout`,
        given,
      ] as const);
    const baseline = few.filter((targetingKey) => router.route({ targetingKey }).model === 'v1').slice(0, 3);
    expect(await ask(baseline)).toMatchObject({ models: ['v1', 'v1', 'v1'], loads: 0 });
    const found = await ask(few);
    expect(found).toMatchObject({
      models: few.map((targetingKey) => router.route({ targetingKey }).model),
      tokens: true,
      loads: 1,
    });
    await router.tick();
    const exposed = router.evidence().strata.filter(({ node }) => node === 'ranker');
    const sum = exposed.flatMap(({ cells }) => Object.values(cells)).reduce((n, cell) => n + cell.exposed, 0);
    expect(sum).toBe(43);
  });
});
