import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Model } from '../../../src/runtime/calls/model.js';
import type { StateStore } from '../../../src/runtime/control/store.js';
import { createRouter } from '../../../src/runtime/router.js';
import { Rolling } from '../../../src/strategies/rolling.js';

/** What a replica notes of itself. */
export interface ReplicaNotes {
  readonly settled: string | undefined;
  readonly phase: string;
  /** The models in memory. */
  readonly loaded: readonly string[];
  /** Requests between the beginning of its update and the end of its check. */
  readonly whileNotReady: number;
  readonly answered: Readonly<Record<string, number>>;
  readonly errors: readonly string[];
  readonly history: readonly string[];
  readonly waitingFor: readonly string[];
}

/** What the test is asked for: a call of the store that it holds. */
export interface StoreCall {
  readonly id: number;
  readonly method: 'read' | 'compareAndSet' | 'addEvidence' | 'readEvidence';
  readonly args: readonly unknown[];
}

const [instance = '', trouble = 'none', onFailure = 'pause', deadlineMs = '60000'] = process.argv.slice(2);

/** The store of the test, behind the channel between the two processes. */
const waiting = new Map<number, (answer: never) => void>();
let calls = 0;
const ask = (method: StoreCall['method'], ...args: readonly unknown[]): Promise<never> =>
  new Promise((resolve) => {
    calls += 1;
    waiting.set(calls, resolve);
    process.send?.({ id: calls, method, args } satisfies StoreCall);
  });
process.on('message', ({ id, answer }: { id: number; answer: unknown }) => {
  waiting.get(id)?.(answer as never);
  waiting.delete(id);
});
process.on('disconnect', () => process.exit());
const store: StateStore = {
  read: (...args) => ask('read', ...args),
  compareAndSet: (...args) => ask('compareAndSet', ...args),
  addEvidence: (...args) => ask('addEvidence', ...args),
  readEvidence: (...args) => ask('readEvidence', ...args),
};

const loaded = new Set<string>();
const notes = { whileNotReady: 0, answered: { v1: 0, v2: 0 }, errors: [] as string[] };
let isWorkedOn = false;

function model(version: 'v1' | 'v2'): Model<string, string> {
  return {
    load: async () => {
      await wait(30);
      loaded.add(version);
    },
    unload: () => void loaded.delete(version),
    predict: async (_user, { instance: where }) => {
      if (isWorkedOn) notes.whileNotReady += 1;
      if (!loaded.has(version) || where !== instance) throw new Error(`${version} is not in memory on ${instance}`);
      await wait(2 + Math.random() * 8);
      notes.answered[version] += 1;
      return version;
    },
  };
}

const router = createRouter({
  name: 'replicated',
  instance,
  store,
  models: { v1: model('v1'), v2: model('v2') },
  strategy: new Rolling({
    from: 'v1',
    to: 'v2',
    replicas: 4,
    maxUnavailable: 1,
    // Both longer than the load balancer of the test takes to notice.
    quietMs: 150,
    minReadyMs: 100,
    deadlineMs: Number(deadlineMs),
    onFailure: onFailure as 'pause' | 'reverse',
    update: () => {
      isWorkedOn = true;
    },
    check: async ({ model: wanted }) => {
      if (trouble === 'hang') await new Promise(() => {});
      isWorkedOn = false;
      return loaded.has(wanted) && !(trouble === 'bad' && wanted === 'v2');
    },
  }),
  tickEveryMs: 40,
  onModelError: 'throw',
});
router.on('error', ({ operation, error }) => void notes.errors.push(`${operation}: ${String(error)}`));

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const user = searchParams.get('user') ?? '';
  const status = router.status();
  if (pathname === '/ready') response.writeHead(status.ready ? 200 : 503).end();
  else if (pathname === '/predict') {
    router.predict(user, { targetingKey: user }).then(
      ({ output }) => response.end(output),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  } else {
    const { settled, phase, waitingFor } = status.root;
    const history = status.history.map(({ to, why }) => `${to}: ${why}`);
    const all: ReplicaNotes = { settled, phase, waitingFor, loaded: [...loaded], history, ...notes };
    response.end(JSON.stringify(all));
  }
});
await router.ready();
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
