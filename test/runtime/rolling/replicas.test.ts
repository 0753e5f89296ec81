import type { ChildProcess } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { memoryStore } from '../../../src/stores/memory.js';
import type { ReplicaNotes, StoreCall } from './replica.js';
import { Load, Program, until } from './programs.js';

const replicas = new Program('replica.ts');
beforeAll(() => replicas.prepare());
afterAll(() => replicas.remove());

interface Backend {
  readonly child: ChildProcess;
  readonly port: number;
  isReady: boolean;
}

/** Three are ready at any time; on a slow machine the load balancer may not have seen yet that one has come back. */
const leastSeen = 2;
const names = ['r1', 'r2', 'r3', 'r4'] as const;

/** Four processes that share a store, behind a load balancer that asks each whether it is ready. */
class Fleet {
  readonly #store = memoryStore(() => Date.now());
  readonly backends = new Map<string, Backend>();
  readonly #options: readonly string[];
  load: Load | undefined;
  least = Infinity;
  #next = 0;
  #isOver = false;

  constructor(...options: readonly string[]) {
    this.#options = options;
  }

  async start(name: string, trouble = 'none'): Promise<void> {
    const { child, port } = await replicas.start([name, trouble, ...this.#options], (process, message) => {
      const { id, method, args } = message as StoreCall;
      const call = this.#store[method] as (...given: readonly unknown[]) => Promise<unknown>;
      // A process may be killed while it waits for an answer.
      void call(...args).then((answer) => process.connected && process.send({ id, answer }, () => {}));
    });
    this.backends.set(name, { child, port, isReady: false });
  }

  /** Starts all and waits until the load balancer has somewhere to send requests. */
  async begin(troubles: Readonly<Record<string, string>> = {}): Promise<void> {
    await Promise.all(names.map((name) => this.start(name, troubles[name])));
    void this.#poll();
    await until('somebody is ready', () => this.#ready().length >= 3);
    this.load = new Load((user) => this.#request(user));
  }

  async notes(name: string): Promise<ReplicaNotes> {
    const { port } = this.backends.get(name) as Backend;
    const response = await fetch(`http://127.0.0.1:${port}/`);
    return (await response.json()) as ReplicaNotes;
  }

  async all(what: string, holds: (notes: ReplicaNotes) => boolean): Promise<void> {
    await until(what, async () => {
      const notes = await Promise.all(names.map((name) => this.notes(name)));
      return notes.every(holds);
    });
  }

  async kill(name: string): Promise<void> {
    const backend = this.backends.get(name) as Backend;
    await replicas.kill(backend.child);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.load?.stop();
    await Promise.all([...this.backends.values()].map(({ child }) => replicas.kill(child)));
  }

  #ready(): readonly Backend[] {
    return [...this.backends.values()].filter(({ isReady }) => isReady);
  }

  /** Asks all over and over, as a load balancer's health check does. */
  async #poll(): Promise<void> {
    while (!this.#isOver) {
      await Promise.all(
        [...this.backends.values()].map(async (backend) => {
          backend.isReady = await fetch(`http://127.0.0.1:${backend.port}/ready`).then(
            ({ ok }) => ok,
            () => false,
          );
        }),
      );
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #request(user: string): Promise<void> {
    const ready = this.#ready();
    this.least = Math.min(this.least, ready.length);
    this.#next += 1;
    const backend = ready[this.#next % ready.length] as Backend;
    const response = await fetch(`http://127.0.0.1:${backend.port}/predict?user=${user}`);
    const text = await response.text();
    if (!response.ok) throw new Error(text);
  }
}

let fleet: Fleet;
afterEach(() => fleet.end());

async function expectCalm(): Promise<void> {
  await fleet.load?.stop();
  expect(fleet.load?.failures).toEqual([]);
  for (const name of names) {
    const { whileNotReady, errors } = await fleet.notes(name);
    expect([name, whileNotReady, errors]).toEqual([name, 0, []]);
  }
}

describe('replicas that share a store, each an instance', () => {
  test('swap their model one after another, and no request fails', async () => {
    fleet = new Fleet();
    await fleet.begin();
    await fleet.all('all are updated', ({ settled }) => settled === 'promoted');
    await fleet.all('the old model is out of memory', ({ loaded }) => loaded.join() === 'v2');
    const answered = fleet.load?.answered ?? 0;
    await until('requests go on', () => (fleet.load?.answered ?? 0) > answered + 100);
    await expectCalm();
    expect(fleet.least).toBeGreaterThanOrEqual(leastSeen);
    for (const name of names) expect((await fleet.notes(name)).answered['v2']).toBeGreaterThan(0);
    // One at a time: each begins when the one before it is done.
    const begun = (await fleet.notes('r1')).history.filter((line) => line.includes('begin'));
    expect(begun.map((line) => line.replace(/;.*/u, ''))).toEqual(names.map((name) => `rolling: ${name} begin`));
  });

  test('go back one after another when a check fails on one of them', async () => {
    fleet = new Fleet('reverse');
    await fleet.begin({ r3: 'bad' });
    await fleet.all('all are back', ({ settled }) => settled === 'rolled-back');
    await fleet.all('the new model is out of memory', ({ loaded }) => loaded.join() === 'v1');
    await expectCalm();
    expect(fleet.least).toBeGreaterThanOrEqual(leastSeen);
    const { history } = await fleet.notes('r1');
    expect(history.some((line) => line.startsWith('reversing: the check of r3 failed'))).toBe(true);
    expect((await fleet.notes('r4')).answered['v2']).toBe(0);
  });

  test('wait for one that was killed in the middle of its update, and go on when it returns', async () => {
    fleet = new Fleet('pause', '700');
    await fleet.begin({ r2: 'hang' });
    await until('r2 is in its check', async () => (await fleet.notes('r2')).loaded.includes('v2'));
    await fleet.kill('r2');
    await until('the others notice', async () => {
      const { waitingFor } = await fleet.notes('r1');
      return waitingFor.some((words) => words.startsWith('r2, which is late'));
    });
    expect((await fleet.notes('r3')).loaded).toEqual(['v1']);
    expect((await fleet.notes('r1')).settled).toBeUndefined();
    await fleet.start('r2');
    await fleet.all('all are updated', ({ settled }) => settled === 'promoted');
    await expectCalm();
    expect(fleet.least).toBeGreaterThanOrEqual(leastSeen);
  });
});
