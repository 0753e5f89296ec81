import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setTimeout as wait } from 'node:timers/promises';
import type { Evidence } from '../../src/evidence/evidence.js';
import { redisStore } from '../../src/stores/redis.js';
import {
  deltasOf,
  operationsWithoutAnswer,
  recordIsLinearizable,
  revisionsWritten,
  Workers,
} from './linear-processes.js';
import { clientNames, redisClients } from './redis-clients.js';
import { Proxy } from './redis-proxy.js';
import { type RedisServer, redisMissing, startRedis } from './redis-server.js';

const missing = redisMissing();
if (missing !== undefined) test.skip(missing, () => {});

let server: RedisServer;
let workers: Workers;
beforeEach(async () => {
  workers = new Workers();
  await workers.prepare();
});
afterEach(async () => {
  await workers.remove();
  await server.remove();
});

/** Every client in turn. */
const crew = (count: number, rounds: number, port = server.port) =>
  Array.from({ length: count }, (_, index) => {
    const client = clientNames[index % clientNames.length] ?? 'ioredis 6';
    return { store: { client, port }, rounds, sumUpEvery: 16 };
  });

async function storedEvidence(): Promise<Evidence> {
  const { client, end } = await redisClients['redis 6'](server.port);
  const { evidence } = await redisStore({ client }).readEvidence('shared', 'nobody');
  end();
  return evidence;
}

function expectNothingLost(evidence: Evidence): void {
  for (const { acknowledged, sent, stored, money } of deltasOf(workers.lines, evidence)) {
    expect(stored).toBeGreaterThanOrEqual(acknowledged);
    expect(stored).toBeLessThanOrEqual(sent);
    expect(money).toBe(stored / 2);
  }
}

describe.skipIf(missing !== undefined)('the store on Redis, shared by processes', () => {
  test('gives each revision to one process, and counts every delta once', async () => {
    server = await startRedis();
    workers.start(crew(8, 150));
    await workers.done();
    expect(workers.exitCodes).toEqual(Array.from({ length: 8 }, () => 0));
    const { lines } = workers;
    const revisions = revisionsWritten(lines);
    expect(revisions).toEqual(revisions.map((_, index) => index + 1));
    expect(lines.flat().filter(({ kind, ok }) => kind === 'write' && ok === false).length).toBeGreaterThan(10);
    expect(recordIsLinearizable(lines)).toBe(true);
    for (const { acknowledged, stored, money } of deltasOf(lines, await storedEvidence())) {
      expect([acknowledged, stored, money]).toEqual([150, 150, 75]);
    }
  }, 120_000);

  test('goes on when processes are killed at any point, and loses nothing that was acknowledged', async () => {
    server = await startRedis();
    workers.start(crew(6, 200));
    for (const [worker, lines] of [20, 155, 290, 425].entries()) {
      await workers.reaches(worker, lines);
      await workers.kill(worker);
      workers.start(crew(1, 100));
    }
    await workers.done();
    expect(workers.exitCodes.filter((code) => code === 0)).toHaveLength(6);
    expect(recordIsLinearizable(workers.lines)).toBe(true);
    expectNothingLost(await storedEvidence());
  }, 120_000);

  test('goes on when a server with a disk is killed and started again, and loses nothing that was acknowledged', async () => {
    server = await startRedis({ disk: true });
    workers.start(crew(8, 150));
    for (const lines of [40, 200, 360]) {
      await workers.reaches(3, lines);
      await server.kill();
      await wait(50);
      await server.start();
    }
    await workers.done();
    expect(workers.exitCodes).toEqual(Array.from({ length: 8 }, () => 0));
    expect(recordIsLinearizable(workers.lines)).toBe(true);
    expectNothingLost(await storedEvidence());
  }, 120_000);

  test('goes on when answers are lost on the way, and loses nothing that was acknowledged', async () => {
    server = await startRedis();
    const proxy = await Proxy.to(server.port);
    workers.start(crew(8, 120, proxy.port));
    for (const lines of [40, 120, 200, 280, 360]) {
      await workers.reaches(3, lines);
      proxy.stall();
      await wait(20);
      proxy.cut();
    }
    await workers.done();
    await proxy.close();
    expect(workers.exitCodes).toEqual(Array.from({ length: 8 }, () => 0));
    const { lines } = workers;
    const unanswered = operationsWithoutAnswer(lines);
    expect(unanswered).toBeGreaterThan(0);
    expect(recordIsLinearizable(lines)).toBe(true);
    for (const { acknowledged, stored, money } of deltasOf(lines, await storedEvidence())) {
      expect([acknowledged, stored, money]).toEqual([120, 120, 60]);
    }
  }, 120_000);

  test('counts nothing twice when a server without a disk is killed and comes back empty', async () => {
    server = await startRedis();
    workers.start(crew(8, 150));
    await workers.reaches(3, 200);
    await server.kill();
    await server.start();
    await workers.done();
    expect(workers.exitCodes).toEqual(Array.from({ length: 8 }, () => 0));
    const deltas = deltasOf(workers.lines, await storedEvidence());
    for (const { sent, stored, money } of deltas) {
      expect(stored).toBeLessThanOrEqual(sent);
      expect(money).toBe(stored / 2);
    }
    const total = deltas.reduce((sum, { stored }) => sum + stored, 0);
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThan(deltas.reduce((sum, { sent }) => sum + sent, 0) - 100);
  }, 120_000);
});
