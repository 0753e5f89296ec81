import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Rng, seededRng } from '../../src/core/rng.js';
import type { Evidence } from '../../src/evidence/evidence.js';
import type { RolloutRecord } from '../../src/runtime/control/store.js';
import { redisStore } from '../../src/stores/redis.js';
import { seed } from '../seed.js';
import { redisMissing } from '../stores/redis-server.js';
import { addedSince, noted, reportsOf, servedTooMuch, toldOf, writesOf } from './fleet-facts.js';
import { reportsIn } from './fleet-log.js';
import { Fleet, type Run, tickEveryMs, time, until } from './fleet.js';

const missing = redisMissing();
if (missing !== undefined) test.skip(missing, () => {});

const size = 8;
/** What a busy machine may add to any time. */
const slackMs = 3000;
const storyMs = 240_000;

let fleet: Fleet;

/** What is stored when nobody writes any more. */
async function stored(): Promise<{ evidence: Evidence; record: RolloutRecord }> {
  const client = new Redis({ port: fleet.server.port });
  const store = redisStore({ client, subscriber: false });
  const { evidence } = await store.readEvidence('ranker', 'nobody');
  const record = (await store.read('ranker')) as RolloutRecord;
  client.disconnect();
  return { evidence, record };
}

const shareOf = async (run: Run) => (await run.ask('status')).share;
const all = async (share: number, runs: readonly Run[] = fleet.live) => {
  await until(`${runs.length} replicas serve ${share}`, async () =>
    (await Promise.all(runs.map(shareOf))).every((served) => served === share),
  );
};
const others = (worker: number) => fleet.live.filter((run) => run.worker !== worker);

/** The candidate at its first share again, in all replicas. */
async function beginAnew(): Promise<void> {
  await fleet.now(0).ask('reset');
  await all(0.2);
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe.skipIf(missing !== undefined)('eight routers in processes of their own, on one Redis with a disk', () => {
  beforeAll(async () => {
    fleet = await Fleet.start(size, { disk: true });
  }, storyMs);
  afterAll(() => fleet.remove());

  test(
    'a rollback acts at once where it is ordered, and in each other replica with its first look at the store',
    async () => {
      for (const worker of [3, 4]) {
        await beginAnew();
        const ordered = fleet.now(worker);
        const answer = await ordered.ask('roll back');
        expect(answer).toMatchObject({ accepted: true, shareAtOnce: 0 });
        await all(0);
        const written = noted(ordered, 'written').findLast(({ ok }) => ok);
        const storedAt = written?.at ?? NaN;
        for (const run of others(worker)) {
          const actedAt = noted(run, 'serves').findLast(({ share }) => share === 0)?.at ?? NaN;
          const looks = noted(run, 'read').filter(({ began, at }) => began > storedAt && at < actedAt);
          expect(looks.length).toBeLessThanOrEqual(1);
          expect(actedAt - storedAt).toBeLessThan(1.1 * tickEveryMs + slackMs);
        }
      }
    },
    storyMs,
  );

  test(
    'a replica that the store does not answer promotes nothing, and rolls back by itself',
    async () => {
      await beginAnew();
      const cutOff = fleet.now(5);
      fleet.networks[5]?.become('stalled');
      expect(await cutOff.ask('approve')).toMatchObject({
        accepted: false,
        reason: 'the store does not answer',
        share: 0.2,
      });
      expect(await fleet.now(2).ask('approve')).toMatchObject({ accepted: true });
      await all(0.4, others(5));
      expect(await cutOff.ask('tick')).toMatchObject({ stale: true, share: 0.2 });
      expect(await cutOff.ask('roll back')).toMatchObject({
        accepted: true,
        reason: 'in force here, but not stored: the store does not answer',
        shareAtOnce: 0,
      });
      expect(await Promise.all(others(5).map(shareOf))).toEqual(others(5).map(() => 0.4));
      fleet.networks[5]?.become('flowing');
      await cutOff.ask('tick');
      await all(0);
      await fleet.inStep();
    },
    storyMs,
  );

  test(
    'a guardrail that all replicas see broken at once is told by one of them',
    async () => {
      await beginAnew();
      const before = fleet.runs.flatMap((run) => noted(run, 'alert')).length;
      await Promise.all(fleet.live.map((run) => run.ask('turn bad')));
      await all(0);
      await fleet.inStep();
      await Promise.all(fleet.live.map((run) => run.ask('turn good')));
      const told = fleet.runs.flatMap((run) => noted(run, 'alert')).slice(before);
      const ids = fleet.runs.flatMap((run) => noted(run, 'alert')).map(({ id }) => id);
      expect(told.length).toBeGreaterThan(0);
      expect(ids).toEqual([...new Set(ids)]);
      expect(ids.filter((id) => id.includes('guardrail-failed'))).toHaveLength(1);
    },
    storyMs,
  );

  test(
    'goes on through killed processes, a killed server and a network that stalls, delays and breaks',
    async () => {
      const rng = seededRng(seed);
      await beginAnew();
      for (let event = 0; event < 24; event += 1) await trouble(rng);
      await fleet.heal();
      await fleet.close();
      expect(fleet.runs.filter(({ wasKilled }) => wasKilled).length).toBeGreaterThanOrEqual(3);
    },
    storyMs,
  );

  test('the evidence is all that was acknowledged, at most what was sent, and lacks only what killed processes had not sent', async () => {
    const { evidence } = await stored();
    let total = 0;
    for (let worker = 0; worker < size; worker += 1) {
      const runs = fleet.runs.filter((run) => run.worker === worker);
      const closed = runs.filter(({ wasKilled }) => !wasKilled).map(reportsOf);
      const killed = runs.filter(({ wasKilled }) => wasKilled).map(reportsOf);
      // A process that ended as it should has nothing left.
      for (const { served, sent } of closed) expect(sent).toBe(served);
      const whole = sum(closed.map(({ served }) => served));
      const found = reportsIn(evidence.strata, `by${worker}`);
      expect(found).toBeGreaterThanOrEqual(whole + sum(killed.map(({ acknowledged }) => acknowledged)));
      expect(found).toBeLessThanOrEqual(whole + sum(killed.map(({ sent }) => sent)));
      total += found;
    }
    expect(total).toBeGreaterThan(10_000);
    for (const run of fleet.runs.filter(({ wasKilled }) => !wasKilled)) {
      const counters = noted(run, 'closed')[0]?.counters;
      expect(counters).toMatchObject({ lostDeltas: 0, lostExposures: 0, unsentExposures: 0 });
    }
  });

  test('each revision was written once, and what it changed stands in the history once', async () => {
    const { record } = await stored();
    const { attempts, won } = writesOf(fleet.runs);
    const revisions = won.map(({ revision }) => revision);
    expect(revisions.toSorted((a, b) => a - b)).toEqual([...new Set(revisions)].toSorted((a, b) => a - b));
    const tried = new Set(attempts.map(({ revision }) => revision));
    for (let revision = 1; revision <= record.revision; revision += 1) expect(tried).toContain(revision);
    expect(record.revision).toBeGreaterThan(10);
    for (const { revision, by } of won) {
      for (const entry of record.history) if (entry.revision === revision) expect(entry.replica).toBe(by);
    }
    const keys = record.history.map(({ revision, node, to, why }) => `${revision} ${node} ${to} ${why}`);
    expect(keys).toEqual([...new Set(keys)]);
  });

  test('each change was told once, by the replica that stored it, unless that was killed before it could', async () => {
    const { record } = await stored();
    const killed = new Set(
      fleet.runs.filter(({ wasKilled }) => wasKilled).flatMap((run) => noted(run, 'write').map(({ by }) => by)),
    );
    const told = toldOf(fleet.runs);
    // None has left the record yet, so that what was told can be held against it.
    expect(record.history.length).toBeLessThan(100);
    const known = record.history.map((entry) => {
      const { revision, replica, node, to, why, alert } = entry;
      return { key: `${revision} ${replica} ${node} ${alert?.id ?? to} ${why}`, replica };
    });
    for (const { key, replica } of known) if (!killed.has(replica)) expect([key, told.get(key)]).toEqual([key, 1]);
    for (const [key, times] of told) {
      expect([key, times]).toEqual([key, 1]);
      expect(known.map((entry) => entry.key)).toContain(key);
    }
    expect(known.length).toBeGreaterThan(10);
  });

  test('no replica ever served more of the candidate than a stored record of its revision says', () => {
    expect(fleet.runs.flatMap((run) => noted(run, 'serves')).length).toBeGreaterThan(4 * size);
    expect(servedTooMuch(fleet.runs)).toEqual([]);
  });
});

/** One thing that goes wrong, or one order of a person, and some time after it that is measured in what the replicas do. */
async function trouble(rng: Rng): Promise<void> {
  const worker = Math.floor(rng.next() * size);
  const run = fleet.now(worker);
  const network = fleet.networks[worker];
  const choice = rng.next();
  const orders = ['approve', 'approve', 'approve', 'roll back', 'reset', 'reset', 'pause', 'resume'] as const;
  const watcher = fleet.now((worker + 1) % size);
  if (choice < 0.2) {
    await run.kill();
    fleet.run(worker);
  } else if (choice < 0.3) {
    await fleet.server.kill();
    await fleet.goesOn(watcher, 60);
    await fleet.server.start();
  } else if (choice < 0.55) {
    // Answers that come after the client gave up, or calls that do, or neither: held for longer than the time limit, or cut.
    network?.become(rng.next() < 0.5 ? 'deaf' : 'stalled');
    const answered = run.ask('tick');
    if (rng.next() < 0.3) network?.cut();
    await answered;
    if (rng.next() < 0.3) network?.cut();
    network?.become('flowing');
  } else {
    const order = orders[Math.floor(rng.next() * orders.length)] ?? 'approve';
    await Promise.all([run.ask(order), rng.next() < 0.3 ? watcher.ask('approve') : undefined]);
  }
  await fleet.goesOn(watcher, 40);
}

describe.skipIf(missing !== undefined)('eight routers in processes of their own, on one Redis without a disk', () => {
  beforeAll(async () => {
    fleet = await Fleet.start(size, { disk: false });
  }, storyMs);
  afterAll(() => fleet.remove());

  test(
    'bring the roll-out back to a server that comes back empty, rollbacks that it never knew included, and count nothing twice',
    async () => {
      await fleet.now(1).ask('approve');
      await all(0.4);
      await fleet.inStep();
      await until('all have sent something', () => fleet.live.every((run) => noted(run, 'taken').length > 0));
      const before = await fleet.now(1).ask('status');
      await fleet.server.kill();
      expect(await fleet.now(6).ask('roll back')).toMatchObject({ accepted: true, shareAtOnce: 0 });
      await fleet.goesOn(fleet.now(6), 40);
      expect(await shareOf(fleet.now(1))).toBe(0.4);
      const upAt = time();
      await fleet.server.start();
      await fleet.heal();
      const after = await fleet.now(1).ask('status');
      expect(after).toMatchObject({ phase: 'rolled-back', share: 0, revision: before.revision + 1 });
      await beginAnew();
      await fleet.goesOn(fleet.now(1), 100);
      await fleet.close();

      const { evidence, record } = await stored();
      expect(record.history.filter(({ to }) => to === 'rolled-back')).toHaveLength(1);
      expect([...toldOf(fleet.runs).values()].every((times) => times === 1)).toBe(true);
      expect(servedTooMuch(fleet.runs)).toEqual([]);
      for (const run of fleet.runs) {
        const found = reportsIn(evidence.strata, `by${run.worker}`);
        const { served, sent, answered, refused } = reportsOf(run);
        expect(sent).toBe(served);
        expect(found).toBeGreaterThan(0);
        // Of what was acknowledged, the server knows what came after it was empty; what it had under way then, it could not tell from
        // a repeat, refused, and is counted as lost.
        expect(found).toBe(addedSince(run, upAt));
        expect(found + refused).toBeLessThan(served);
        expect(answered).toBe(served);
        const counters = noted(run, 'closed')[0]?.counters;
        expect(counters).toMatchObject({ lostDeltas: 1, unsentExposures: 0 });
      }
    },
    storyMs,
  );
});
