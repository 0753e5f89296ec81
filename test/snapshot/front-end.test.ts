import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { snapshotHandler } from '../../src/adapters/fetch.js';
import { hmacSigner } from '../../src/adapters/node.js';
import { binary, Canary, createRouter, type Router } from '../../src/index.js';
import { createRouter as createSnapshotRouter, type Endpoint, httpEndpoint } from '../../src/snapshot/index.js';
import { ManualClock } from '../../src/testing/manual-clock.js';

const models = { v1: (x: number) => x + 1, v2: (x: number) => x + 2 };
type Live = Router<typeof models, { clicked: ReturnType<typeof binary> }, 'v1' | 'v2'>;

let router: Live;
let server: Server;
let url: string;
let seen: string[];
let isDown = false;

beforeEach(async () => {
  router = createRouter({
    name: 'ranker',
    models,
    metrics: { clicked: binary() },
    strategy: new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5, minAgeMs: 1e9 }] }),
    tokens: hmacSigner('a secret of the servers'),
    tickEveryMs: false,
  }) as Live;
  const handle = snapshotHandler(router);
  seen = [];
  isDown = false;
  server = createServer(async (request, response) => {
    if (isDown) return void response.writeHead(503).end();
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = parts.length > 0 ? { body: Buffer.concat(parts) } : {};
    const headers = request.headers as Record<string, string>;
    const answer = await handle(
      new Request(new URL(request.url ?? '/', url), { method: request.method as string, headers, ...body }),
    );
    seen.push(`${request.method} ${answer.status}`);
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/turnout`;
});
afterEach(async () => {
  await router.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function page(endpoint: Endpoint = httpEndpoint(url)) {
  const snapshot = await endpoint.load();
  return createSnapshotRouter({ snapshot, models, endpoint, refreshEveryMs: false });
}
const cells = () => {
  const [stratum] = router.evidence().strata;
  return stratum?.cells ?? {};
};

describe('a front end of a router', () => {
  test('assigns as the server does, and its decisions and outcomes are counted there once', async () => {
    const front = await page();
    const decisions = Array.from({ length: 40 }, (_, n) => ({
      n,
      decision: front.decide({ targetingKey: `user-${n}` }),
    }));
    for (const { n, decision } of decisions) {
      expect(decision.model).toBe(router.route({ targetingKey: `user-${n}` }).model);
      front.report(decision, { clicked: n % 4 === 0 });
    }
    const tokens = await Promise.all(decisions.map(({ decision }) => decision.token));
    expect(new Set(tokens).size).toBe(40);
    await until(() => front.counters().pending === 0);
    await router.tick();
    const { candidate, baseline } = cells();
    expect([(candidate?.exposed ?? 0) + (baseline?.exposed ?? 0)]).toEqual([40]);
    expect((candidate?.metrics['clicked']?.sum ?? 0) + (baseline?.metrics['clicked']?.sum ?? 0)).toBe(10);
    expect(front.counters()).toEqual({ pending: 0, dropped: 0, stale: 0 });
  });

  test('calls a model of its own, and reports errors and latency by itself', async () => {
    const front = await page();
    const user = unitOf('v2');
    const { output, model } = await front.predict(40, { targetingKey: user });
    expect([output, model]).toEqual([42, 'v2']);
    await until(() => front.counters().pending === 0 && seen.length === 3);
    await router.tick();
    expect(cells()['candidate']).toMatchObject({ exposed: 1, outcomes: 1, errors: 0 });
  });

  test('falls back to the stable model, and the error counts against the assigned one', async () => {
    const endpoint = httpEndpoint(url);
    const broken = {
      ...models,
      v2: () => {
        throw new Error('no weights');
      },
    };
    const front = createSnapshotRouter({
      snapshot: await endpoint.load(),
      models: broken,
      endpoint,
      refreshEveryMs: false,
    });
    expect(await front.predict(40, { targetingKey: unitOf('v2') })).toMatchObject({ output: 41, model: 'v1' });
    await until(() => seen.length === 3);
    await router.tick();
    expect(cells()['candidate']).toMatchObject({ outcomes: 1, errors: 1 });
  });

  test('asks with an ETag, and gets a body only when the plan has changed', async () => {
    const endpoint = httpEndpoint(url);
    const front = await page(endpoint);
    const user = unitOf('v1');
    expect(await front.refresh()).toBe(false);
    await router.promote();
    expect(await front.refresh()).toBe(true);
    expect(front.route({ targetingKey: user }).model).toBe('v2');
    expect(await front.refresh()).toBe(false);
    expect(seen).toEqual(['GET 200', 'GET 304', 'GET 200', 'GET 304']);
  });

  test('that is behind is not counted, and catches up by itself', async () => {
    const front = await page();
    const user = unitOf('v2');
    await router.rollback('slow');
    const decision = front.decide({ targetingKey: user });
    expect(decision.model).toBe('v2');
    front.report(decision, { clicked: true });
    expect(await decision.token).toBeUndefined();
    await until(() => front.revision === 2);
    expect(front.route({ targetingKey: user }).model).toBe('v1');
    expect(front.counters()).toMatchObject({ stale: 1, dropped: 1 });
    await router.tick();
    expect(cells()['candidate']?.exposed ?? 0).toBe(0);
  });

  test('goes on without its server, and counts what it could not deliver', async () => {
    const errors: string[] = [];
    const endpoint = httpEndpoint(url);
    const snapshot = await endpoint.load();
    const onError = (_: unknown, operation: string) => errors.push(operation);
    const front = createSnapshotRouter({ snapshot, models, endpoint, refreshEveryMs: false, onError });
    isDown = true;
    const decision = front.decide({ targetingKey: 'user-1' });
    expect(decision.model).toBe(router.route({ targetingKey: 'user-1' }).model);
    front.report(decision, { clicked: true });
    expect(await decision.token).toBeUndefined();
    expect(await front.refresh()).toBe(false);
    await until(() => front.counters().dropped === 2);
    expect(errors).toEqual(['expose', 'refresh']);
  });

  test('keeps a hundred calls under way, and drops the next', async () => {
    const never: Endpoint = {
      load: async () => router.snapshot(),
      expose: () => new Promise(() => {}),
      report: () => Promise.resolve(),
    };
    const front = await page(never);
    for (let n = 0; n < 101; n += 1) front.decide({ targetingKey: `user-${n}` });
    expect(front.counters()).toEqual({ pending: 100, dropped: 1, stale: 0 });
  });

  test('cannot forge an outcome', async () => {
    const body = JSON.stringify({ token: 't1.WyJyYW5rZXIiXQ.forged', outcome: { clicked: true } });
    const answer = await fetch(url, { method: 'POST', body });
    expect(await answer.json()).toEqual({ accepted: false });
    expect(router.status().counters['badTokens']).toBe(1);
  });

  test('refreshes in its rhythm from the first decision on, until it is closed', async () => {
    const clock = new ManualClock();
    let loads = 0;
    const endpoint: Endpoint = {
      load: async () => {
        loads += 1;
        return router.snapshot();
      },
      expose: async () => 'token',
      report: async () => {},
    };
    const front = createSnapshotRouter({
      snapshot: router.snapshot(),
      models,
      endpoint,
      clock,
      rng: { next: () => 0.5 },
    });
    await clock.advanceAsync(120_000);
    expect(loads).toBe(0);
    front.decide({ targetingKey: 'user-1' });
    await clock.advanceAsync(120_000);
    expect(loads).toBe(2);
    front.close();
    await clock.advanceAsync(120_000);
    expect(loads).toBe(2);
  });

  test('keeps its plan when a newer one needs a model that the page does not have', async () => {
    const errors: unknown[] = [];
    const front = createSnapshotRouter({ snapshot: router.snapshot(), models, onError: (error) => errors.push(error) });
    const newer = { format: 1, router: 'ranker', revision: 9, plan: { op: 'serve', model: 'v3' }, omitted: [] };
    expect([front.update(newer), front.revision]).toEqual([false, 1]);
    expect(String(errors[0])).toContain('reaches v3, which is not in `models`');
    expect(() => createSnapshotRouter({ snapshot: newer, models })).toThrow('v3');
    expect(front.update({ ...newer, plan: { op: 'serve', model: 'v2' } })).toBe(true);
    expect(front.update({ ...newer, revision: 8, plan: { op: 'serve', model: 'v1' } })).toBe(false);
    expect(front.route().model).toBe('v2');
  });

  test('loads a model once, when it is first reached, and tries again after a failure', async () => {
    let loads = 0;
    const lazy = {
      v1: {
        load: async () => {
          loads += 1;
          if (loads === 1) throw new Error('offline');
        },
        predict: (x: number) => x,
      },
    };
    const snapshot = { format: 1, router: 'r', revision: 1, plan: { op: 'serve', model: 'v1' }, omitted: [] };
    const front = createSnapshotRouter({ snapshot, models: lazy });
    expect(loads).toBe(0);
    await expect(front.predict(1)).rejects.toThrow('offline');
    expect(await Promise.all([front.predict(1), front.predict(2)])).toMatchObject([{ output: 1 }, { output: 2 }]);
    expect(loads).toBe(2);
  });
});

describe('the handler', () => {
  const ask = (init?: RequestInit) => snapshotHandler(router, { bodyBytesMax: 100 })(new Request(url, init));
  const post = (body: string) => ask({ method: 'POST', body });

  test.each(['', '{', '7', '[]', '{}', '{"context":1,"model":"v1"}', '{"token":"x"}', '{"context":{},"model":1}'])(
    'answers 400 to %s',
    async (body) => {
      const answer = await post(body);
      expect([answer.status, typeof (await answer.json()).error]).toEqual([400, 'string']);
    },
  );

  test('answers 413 to what is too large, and 405 to other methods', async () => {
    expect((await post(JSON.stringify({ token: 'x'.repeat(100), outcome: {} }))).status).toBe(413);
    expect((await post(JSON.stringify({ token: 'x'.repeat(70), outcome: {} }))).status).toBe(200);
    const answer = await ask({ method: 'DELETE' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  });

  test('lets the server say who asks', async () => {
    const user = unitOf('v2');
    const handle = snapshotHandler(router, { contextOf: (sent) => ({ ...sent, targetingKey: user }) });
    const body = JSON.stringify({ context: { targetingKey: 'somebody else' }, model: 'v2' });
    const answer = await handle(new Request(url, { method: 'POST', body }));
    expect((await answer.json()).token).toMatch(/^t1\./);
  });

  test.each(['"x", {tag}', 'W/{tag}', '*'])('knows its ETag in %s', async (pattern) => {
    const tag = (await ask()).headers.get('etag') as string;
    expect((await ask({ headers: { 'if-none-match': pattern.replace('{tag}', tag) } })).status).toBe(304);
    expect((await ask({ headers: { 'if-none-match': '"x"' } })).status).toBe(200);
  });
});

/** A unit that the router gives this model. */
function unitOf(model: string): string {
  const units = Array.from({ length: 1000 }, (_, n) => `user-${n}`);
  const unit = units.find((targetingKey) => router.route({ targetingKey }).model === model);
  if (unit === undefined) throw new Error(`nobody has ${model}`);
  return unit;
}

/** Waits for real sockets, five seconds at most. */
async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition()).toBe(true), { timeout: 5000, interval: 1 });
}
