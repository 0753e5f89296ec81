import { afterEach, describe, expect, test } from 'vitest';
import { type Command, type Router, type RouterOptions, Canary, createRouter, maxErrorRate } from '../../src/index.js';
import { ManualClock } from '../../src/testing/manual-clock.js';

const models = { v1: () => 1, v2: () => 2 };
type Models = typeof models;
const strategy = new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5, minAgeMs: 1e9 }] });
type Options = RouterOptions<Models, Record<never, never>, typeof strategy>;

let router: Router<Models, Record<never, never>, 'v1' | 'v2'> | undefined;
const make = (options: Pick<Options, 'authorize' | 'clock'>) => {
  router = createRouter({ name: 'ranker', models, strategy, tickEveryMs: false, ...options });
  return router;
};
afterEach(() => router?.close());

describe('who may give orders', () => {
  test('the hook is shown the order, and what it refuses is refused with its reason', async () => {
    const seen: Command[] = [];
    const { promote, pause, rollback } = {
      promote: false,
      pause: 'only the release team may pause',
      rollback: true,
    } as const;
    const one = make({
      authorize: (command) => {
        seen.push(command);
        return { promote, pause, rollback }[command.type as 'promote'] ?? true;
      },
    });
    expect(await one.promote({ by: 'ann', arm: 'candidate' })).toEqual({
      accepted: false,
      reason: "'ann' may not promote",
    });
    expect(await one.pause({ by: 'bob' })).toEqual({ accepted: false, reason: 'only the release team may pause' });
    expect(await one.rollback('slow', { by: 'ann', node: 'ranker' })).toEqual({ accepted: true });
    expect(seen).toEqual([
      { type: 'promote', by: 'ann', arm: 'candidate' },
      { type: 'pause', by: 'bob' },
      { type: 'rollback', by: 'ann', node: 'ranker', reason: 'slow' },
    ]);
  });

  test('an answer given at once leaves a rollback in force before its promise is returned', () => {
    const one = make({ authorize: () => true });
    void one.rollback('slow');
    expect(one.status().root.shares).toEqual({ candidate: 0, baseline: 1 });
  });

  test('a hook may ask a service', async () => {
    const one = make({ authorize: async ({ by }) => by === 'ann' });
    expect(await one.promote({ by: 'bob' })).toEqual({ accepted: false, reason: "'bob' may not promote" });
    expect(one.status().root.settled).toBeUndefined();
    expect(await one.promote({ by: 'ann' })).toEqual({ accepted: true });
    expect(one.status().root.settled).toBe('promoted');
  });

  const failing = {
    throws: () => {
      throw new Error('no directory');
    },
    rejects: () => Promise.reject(new Error('no directory')),
  };
  test.each(Object.entries(failing))(
    'a hook that %s lets a rollback through, and nothing else',
    async (_, authorize) => {
      const one = make({ authorize });
      const errors: string[] = [];
      one.on('error', ({ operation }) => errors.push(operation));
      expect(await one.promote()).toEqual({ accepted: false, reason: 'the authorize hook failed: no directory' });
      expect(one.status().root.settled).toBeUndefined();
      expect(await one.rollback('slow')).toEqual({ accepted: true });
      expect(one.status().root.settled).toBe('rolled-back');
      expect(errors).toEqual(['authorize', 'authorize']);
    },
  );

  test('a hook that never answers holds a rollback up for five seconds', async () => {
    const clock = new ManualClock();
    const one = make({ clock, authorize: () => new Promise(() => {}) });
    const answer = one.rollback('slow');
    await clock.advance(4999);
    expect(one.status().root.settled).toBeUndefined();
    await clock.advance(1);
    expect(await answer).toEqual({ accepted: true });
  });

  test('what is neither yes nor a reason is a no', async () => {
    const one = make({ authorize: (() => undefined) as never });
    expect(await one.promote()).toEqual({ accepted: false, reason: "'a person' may not promote" });
  });

  test('the machine is not asked about its own rollbacks', async () => {
    const guarded = new Canary({
      baseline: 'v1',
      candidate: 'v2',
      stages: [{ share: 0.5, minAgeMs: 1e9 }],
      guardrails: [maxErrorRate(0.02)],
    });
    const asked: string[] = [];
    const authorize = ({ type }: Command) => asked.push(type) < 0;
    const one = createRouter({ name: 'guarded', models, strategy: guarded, tickEveryMs: false, authorize });
    for (let user = 0; user < 100; user += 1) {
      one.report(one.decide({ targetingKey: `user-${user}` }), { error: true });
    }
    await one.tick();
    expect([one.status().root.settled, asked]).toEqual(['rolled-back', []]);
    await one.close();
  });

  test('only a true override is one, and only where something begins again', async () => {
    const seen: Command[] = [];
    const one = make({ authorize: (command) => seen.push(command) > 0 });
    await one.reset('ranker', { by: 'ann', override: true });
    await one.resume({ by: 'ann', override: true });
    await one.resume({ by: 'ann', override: false });
    await one.promote({ by: 'ann', override: true });
    expect(seen).toEqual([
      { type: 'reset', by: 'ann', node: 'ranker', override: true },
      { type: 'resume', by: 'ann', override: true },
      { type: 'resume', by: 'ann' },
      { type: 'promote', by: 'ann' },
    ]);
  });
});
