import { beforeEach, describe, expect, test } from 'vitest';
import { maxErrorRate } from '../../../src/analysis/max-error-rate.js';
import { flapping } from '../../../src/runtime/control/flapping.js';
import { memoryStore } from '../../../src/runtime/control/memory-store.js';
import type { HistoryEntry, RolloutRecord } from '../../../src/runtime/control/store.js';
import { Canary } from '../../../src/strategies/canary.js';
import type { Notice } from '../../../src/strategies/strategy.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { Replica, settle, start } from './replicas.js';

const minute = 60_000;
const second = 1000;

const entry = (replica: string, at: number, from: string, to: string, share: number, node = 'r'): HistoryEntry => ({
  revision: 1,
  at,
  replica,
  node,
  from,
  to,
  why: 'edited',
  facts: { share },
});
const wanted = (from: string, to: string, share: number, node = 'r'): Notice => ({
  type: 'transition',
  node,
  data: { from, to, why: 'edited', share },
});

describe('a change that another replica has undone', () => {
  const done = entry('new', 100 * second, 'a', 'b', 0.2);
  const undone = entry('old', 110 * second, 'b', 'a', 0.1);
  const again = wanted('a', 'b', 0.2);
  const waits = (now: number, history = [done, undone], notices: readonly Notice[] = [again]) =>
    flapping(history, notices, now) !== undefined;

  test('waits for a minute, and the reason says for what', () => {
    expect(waits(110 * second)).toBe(true);
    expect(waits(170 * second - 1)).toBe(true);
    expect(waits(170 * second)).toBe(false);
    expect(flapping([done, undone], [again], 110 * second)).toBe(
      "'r' went from a to b (edited), another replica has undone it, and it is not done again for 60000 ms. Do all replicas run the same program?",
    );
  });

  test('waits twice as long as it was in force, and ten minutes at most', () => {
    const later = (forMs: number) => entry('old', done.at + forMs, 'b', 'a', 0.1);
    for (const [forMs, waitMs] of [
      [30 * second, 60 * second],
      [31 * second, 62 * second],
      [4 * minute, 8 * minute],
      [5 * minute, 10 * minute],
      [6 * minute, 10 * minute],
      [600 * minute, 10 * minute],
    ] as const) {
      const last = later(forMs);
      expect(waits(last.at + waitMs - 1, [done, last])).toBe(true);
      expect(waits(last.at + waitMs, [done, last])).toBe(false);
    }
  });

  test('is another one where anything of it differs, or where nobody else undid it', () => {
    const at = 110 * second;
    expect(waits(at, [undone])).toBe(false);
    expect(waits(at, [done])).toBe(false);
    expect(waits(at, [])).toBe(false);
    expect(waits(at, [done, undone, entry('x', at, 'a', 'c', 0.5)])).toBe(false);
    expect(waits(at, [done, entry('new', at, 'b', 'a', 0.1)])).toBe(false);
    expect(waits(at, [done, undone], [wanted('a', 'b', 0.3)])).toBe(false);
    expect(waits(at, [done, undone], [wanted('a', 'c', 0.2)])).toBe(false);
    expect(waits(at, [done, undone], [wanted('a', 'b', 0.2, 'other')])).toBe(false);
    expect(waits(at, [done, { ...undone, node: 'other' }])).toBe(false);
  });

  test('is told from one that is done twice in the same way, as weights are that do not change', () => {
    expect(waits(110 * second, [done, { ...done, replica: 'old', at: 110 * second }])).toBe(false);
  });

  test('is found among those of other nodes and among alerts, and in any node of what is wanted', () => {
    const elsewhere = entry('old', 111 * second, 'b', 'a', 0.1, 'other');
    const alert = { id: 'x', kind: 'k', severity: 'info' } as const;
    const history = [done, elsewhere, undone, { ...entry('old', 112 * second, '', '', 0), alert }];
    expect(waits(112 * second, history)).toBe(true);
    expect(waits(112 * second, history, [wanted('x', 'y', 1, 'other'), again])).toBe(true);
    expect(waits(112 * second, history, [])).toBe(false);
  });

  test('does not wait where somebody is told of it', () => {
    const alert: Notice = { type: 'alert', node: 'r', data: { why: 'shrunk' } };
    expect(waits(110 * second, [done, undone], [again, alert])).toBe(false);
  });
});

describe('an old program and a new one with other numbers, side by side', () => {
  const program = (share: number) =>
    new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ name: 'first', share, minAgeMs: 600 * minute }] });
  let clock: ManualClock;
  let store: ReturnType<typeof memoryStore>;
  beforeEach(() => {
    clock = new ManualClock(start);
    store = memoryStore();
  });
  const replica = (name: string, share: number) => new Replica({ name, strategy: program(share), store, clock });
  const stored = async () => (await store.read('ranker')) as RolloutRecord;

  async function tickFor(ms: number, replicas: readonly Replica[]): Promise<void> {
    for (let left = ms; left > 0; left -= 10 * second) {
      clock.advance(10 * second);
      for (const { loop } of replicas) await settle(clock, loop.tick());
    }
  }

  test('change it seven times in half an hour and not at every tick, and say so; then the one that is left has its way', async () => {
    const olds = [replica('old 1', 0.1), replica('old 2', 0.1)];
    const news = [replica('new 1', 0.2), replica('new 2', 0.2)];
    await tickFor(minute, olds);
    expect((await stored()).revision).toBe(1);
    await tickFor(30 * minute, [...olds, ...news]);
    const { revision } = await stored();
    // One at once from each, then after 1, 2, 4 and 8 minutes and ten more: a change takes at most that long, and three ticks more.
    expect(revision).toBeGreaterThanOrEqual(6);
    expect(revision).toBeLessThanOrEqual(9);
    expect(news.some(({ errors }) => errors.includes('change'))).toBe(true);
    await tickFor(11 * minute, news);
    expect(news.map(({ share }) => share)).toEqual([0.2, 0.2]);
    const { revision: end } = await stored();
    await tickFor(11 * minute, news);
    expect((await stored()).revision).toBe(end);
  });

  test('a rollback, by hand or by a guardrail, does not wait for any of this', async () => {
    const [old, fresh] = [replica('old', 0.1), replica('new', 0.2)];
    await tickFor(2 * minute, [old, fresh]);
    const answer = await fresh.loop.command({ type: 'rollback', by: 'ann', reason: 'enough' });
    expect([answer.accepted, fresh.share]).toEqual([true, 0]);
    await old.loop.tick();
    expect(old.share).toBe(0);
  });

  test('a guardrail rolls back also in the look in which a change has to wait', async () => {
    const nested = (share: number) =>
      new Canary({
        baseline: 'v1',
        candidate: new Canary({
          baseline: 'v2',
          candidate: 'v3',
          stages: [{ name: 'first', share, minAgeMs: 600 * minute }],
        }),
        stages: [{ share: 0.5, minAgeMs: 600 * minute }],
        guardrails: [maxErrorRate(0.05)],
      });
    const [old, fresh] = [0.1, 0.2].map(
      (share) => new Replica({ name: `${share}`, strategy: nested(share), store, clock }),
    ) as [Replica, Replica];
    await tickFor(20 * second, [old, fresh]);
    expect(fresh.errors).toContain('change');
    const { revision } = await stored();
    fresh.serve(400, 1, 1);
    await fresh.loop.tick();
    expect([fresh.share, (await stored()).revision]).toEqual([0, revision + 1]);
  });
});
