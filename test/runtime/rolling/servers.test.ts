import type { ChildProcess } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createRouter, Rolling, type RollingOptions, type Router } from '../../../src/index.js';
import type { ServerNotes } from './model-server.js';
import { Load, Program, until } from './programs.js';

const servers = new Program('model-server.ts');
beforeAll(() => servers.prepare());
afterAll(() => servers.remove());

const names = ['a', 'b', 'c', 'd', 'e', 'f'] as const;

async function get(port: number, path: string, signal?: AbortSignal): Promise<Record<string, unknown>> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, signal === undefined ? {} : { signal });
  return (await response.json()) as Record<string, unknown>;
}

type Version = 'v1' | 'v2';
type Options = Partial<RollingOptions<'v1', 'v2', never>>;

/** A router that drives real model servers, under load that never pauses. */
class Fleet {
  readonly ports = new Map<string, number>();
  readonly processes = new Map<string, ChildProcess>();
  readonly alerts: string[] = [];
  /** Where each user was answered, in order, without repeats. */
  readonly places = new Map<string, string[]>();
  least = Infinity;
  router!: Router<Record<Version, (user: string) => Promise<string>>, Record<never, never>, Version>;
  load!: Load;

  async start(instance: string, version = 'v1'): Promise<void> {
    const { child, port } = await servers.start([version, String(this.ports.get(instance) ?? 0)]);
    this.ports.set(instance, port);
    this.processes.set(instance, child);
  }

  call(instance: string, path: string, signal?: AbortSignal) {
    return get(this.ports.get(instance) as number, path, signal);
  }

  async begin(options: Options = {}, paused = false): Promise<void> {
    await Promise.all(
      [...names, ...(options.spares ?? [])].map((name) =>
        this.start(name, names.includes(name as 'a') ? 'v1' : 'none'),
      ),
    );
    const model =
      (version: Version) =>
      async (user: string, { instance }: { readonly instance?: string }) => {
        if (instance === undefined) throw new Error('no instance is ready');
        const places = this.places.get(user) ?? [];
        if (places.at(-1) !== instance) this.places.set(user, [...places, instance]);
        const { version: served } = await this.call(instance, '/predict');
        // What is counted for a version must have come from it.
        if (served !== version) throw new Error(`${instance} serves ${String(served)}, not ${version}`);
        return version;
      };
    this.router = createRouter({
      name: `fleet-${Math.random()}`,
      models: { v1: model('v1'), v2: model('v2') },
      strategy: new Rolling({
        from: 'v1',
        to: 'v2',
        instances: names,
        update: ({ instance, model: version, signal }) => this.call(instance, `/update?value=${version}`, signal),
        check: async ({ instance, signal }) => (await this.call(instance, '/check', signal))['ok'],
        ...options,
      }),
      tickEveryMs: 30,
      onModelError: 'throw',
    });
    this.router.on('alert', ({ why }) => this.alerts.push(why));
    await this.router.ready();
    if (paused) await this.router.pause();
    this.load = new Load(async (user) => {
      this.least = Math.min(this.least, this.readyCount());
      await this.router.predict(user, { targetingKey: user });
    });
  }

  readyCount(): number {
    const { instances } = this.router.status().root.detail as { readonly instances: Record<string, string> };
    return Object.values(instances).filter((words) => / (serving|settling)/u.test(words)).length;
  }

  get settled() {
    return this.router.status().root.settled;
  }

  async notes(): Promise<ReadonlyMap<string, ServerNotes>> {
    const all = [...this.ports.keys()].map(async (name) => [name, (await this.call(name, '/')) as never] as const);
    return new Map(await Promise.all(all));
  }

  async versions(): Promise<string> {
    const notes = await this.notes();
    return names.map((name) => notes.get(name)?.version).join(' ');
  }

  async end(): Promise<void> {
    await this.load.stop();
    await this.router.close();
  }
}

let fleet: Fleet;
afterEach(async () => {
  await fleet.end();
  await Promise.all([...fleet.processes.values()].map((child) => servers.kill(child)));
});

/** No request failed, none came to a server that was not ready, and none was cut short by an update. */
async function expectCalm(): Promise<void> {
  expect(fleet.load.failures).toEqual([]);
  for (const [name, { whileNotReady, cutShort }] of await fleet.notes()) {
    expect([name, whileNotReady, cutShort]).toEqual([name, 0, 0]);
  }
}

describe('a router that updates model servers under load', () => {
  test('loses no request, keeps the floor, and gives every user back their server', async () => {
    fleet = new Fleet();
    await fleet.begin({ maxUnavailable: 2 }, true);
    const placeOf = (user: string) => fleet.router.route({ targetingKey: user }).instance;
    const users = Array.from({ length: 60 }, (_, user) => `user-${user}`);
    const before = users.map(placeOf);
    expect(await fleet.router.resume()).toEqual({ accepted: true });
    await until('all are updated', () => fleet.settled === 'promoted');
    await fleet.load.stop();
    await expectCalm();
    expect(await fleet.versions()).toBe('v2 v2 v2 v2 v2 v2');
    expect(fleet.least).toBe(4);
    expect(fleet.alerts).toEqual([]);
    expect(users.map(placeOf)).toEqual(before);
    expect(new Set(before).size).toBe(6);
    // Away from home while their server was updated, and while another was that they had gone to; never for another reason.
    for (const [index, user] of users.entries()) {
      const away = fleet.places.get(user)?.filter((place) => place !== before[index]) ?? [];
      expect([user, away.length <= 2]).toEqual([user, true]);
    }
  });

  test('never has fewer than all at work where spares are started for the time, and ends them', async () => {
    fleet = new Fleet();
    const stopped: string[] = [];
    await fleet.begin({
      maxUnavailable: 0,
      minReadyMs: 60,
      spares: ['s', 't'],
      stop: ({ instance }) => void stopped.push(instance),
    });
    await until('all are updated', () => fleet.settled === 'promoted');
    await fleet.load.stop();
    await expectCalm();
    expect(fleet.least).toBeGreaterThanOrEqual(6);
    expect(stopped.toSorted()).toEqual(['s', 't']);
    const notes = await fleet.notes();
    expect((notes.get('s')?.answered ?? 0) + (notes.get('t')?.answered ?? 0)).toBeGreaterThan(0);
    expect(await fleet.versions()).toBe('v2 v2 v2 v2 v2 v2');
  });

  test('stops at the batch whose check fails, and goes on once a person says so', async () => {
    fleet = new Fleet();
    await fleet.begin({ maxUnavailable: 1, minReadyMs: 60 });
    await fleet.call('c', '/trouble?value=bad');
    await until('it is paused', () => fleet.router.status().root.phase === 'paused');
    const answered = fleet.load.answered;
    await until('requests go on', () => fleet.load.answered > answered + 100);
    expect(fleet.alerts).toEqual(['the check of c failed: check gave false']);
    const versions = await fleet.versions();
    expect(versions).toBe('v2 v2 v2 v1 v1 v1');
    expect(fleet.router.status().root.waitingFor).toEqual([
      'resume() or rollback(), since the check of c failed: check gave false',
    ]);
    expect(fleet.readyCount()).toBe(5);
    await fleet.call('c', '/trouble?value=none');
    expect(await fleet.router.resume()).toEqual({ accepted: true });
    await until('all are updated', () => fleet.settled === 'promoted');
    await fleet.load.stop();
    await expectCalm();
  });

  test('takes everything back in batches where a failed check reverses', async () => {
    fleet = new Fleet();
    await fleet.begin({ maxUnavailable: 2, onFailure: 'reverse', minReadyMs: 60 });
    await fleet.call('d', '/trouble?value=bad');
    await until('it is back', () => fleet.settled === 'rolled-back');
    await fleet.load.stop();
    await expectCalm();
    expect(await fleet.versions()).toBe('v1 v1 v1 v1 v1 v1');
    expect(fleet.least).toBeGreaterThanOrEqual(4);
    const moves = fleet.router.status().history.map(({ to }) => to);
    expect(moves).toContain('reversing');
    expect(moves.at(-1)).toBe('rolled-back');
  });

  test('notices by its deadline a server that was killed in its update, and goes on when it is back', async () => {
    fleet = new Fleet();
    await fleet.begin({ maxUnavailable: 1, minReadyMs: 60, deadlineMs: 400 });
    await fleet.call('b', '/trouble?value=hang');
    const inUpdate = () =>
      (fleet.router.status().root.detail as { instances: Record<string, string> }).instances['b']?.includes(
        'updating',
      ) === true;
    await until('b is in its update', inUpdate);
    await servers.kill(fleet.processes.get('b') as ChildProcess);
    await until('it is noticed', () => fleet.alerts.length > 0);
    expect(fleet.alerts[0]).toMatch(/^passed the deadline of 400 ms: b: /u);
    expect(fleet.settled).toBeUndefined();
    expect(fleet.router.status().root.waitingFor[0]).toMatch(/^b, which is late: /u);
    const before = await Promise.all(['c', 'd'].map(async (name) => (await fleet.call(name, '/'))['version']));
    expect(before).toEqual(['v1', 'v1']);
    await fleet.start('b', 'none');
    await until('all are updated', () => fleet.settled === 'promoted');
    await fleet.load.stop();
    await expectCalm();
    expect(await fleet.versions()).toBe('v2 v2 v2 v2 v2 v2');
  });

  test('reverses at that deadline if told so, and brings the killed server back when it returns', async () => {
    fleet = new Fleet();
    await fleet.begin({ maxUnavailable: 1, minReadyMs: 60, deadlineMs: 400, onFailure: 'reverse' });
    await fleet.call('c', '/trouble?value=hang');
    await until('c is in its update', () =>
      JSON.stringify(fleet.router.status().root.detail).includes('"c":"from, updating'),
    );
    await servers.kill(fleet.processes.get('c') as ChildProcess);
    await until('the others are back', async () => {
      const versions = await Promise.all(['a', 'b', 'd'].map(async (name) => (await fleet.call(name, '/'))['version']));
      return versions.join(' ') === 'v1 v1 v1' && fleet.readyCount() === 5;
    });
    expect(fleet.settled).toBeUndefined();
    await fleet.start('c', 'none');
    await until('all are back', () => fleet.settled === 'rolled-back');
    await fleet.load.stop();
    await expectCalm();
    expect(await fleet.versions()).toBe('v1 v1 v1 v1 v1 v1');
  });
});
