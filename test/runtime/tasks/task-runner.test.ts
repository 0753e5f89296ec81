import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/core/json.js';
import { TaskRunner, type TaskRunnerOptions } from '../../../src/runtime/tasks/task-runner.js';
import type { Task } from '../../../src/strategies/strategy.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

/** Tasks that end when the test says so. */
class Work {
  readonly runs: {
    readonly id: string;
    readonly signal: AbortSignal;
    end(result?: unknown): void;
    fail(error: unknown): void;
  }[] = [];

  task(id: string, more: Partial<Task> = {}): Task {
    const run = (signal: AbortSignal) =>
      new Promise<Json | void>((resolve, reject) =>
        this.runs.push({ id, signal, end: (result) => resolve(result as Json), fail: reject }),
      );
    return { id, node: 'n', name: `${id}!`, where: 'every', timeoutMs: 1000, run, ...more };
  }

  get started(): readonly string[] {
    return this.runs.map(({ id }) => id);
  }

  end(id: string, result?: unknown): void {
    this.runs.findLast((run) => run.id === id)?.end(result);
  }
}

function setUp(options: Partial<TaskRunnerOptions> = {}) {
  const clock = new ManualClock();
  const work = new Work();
  const settled: unknown[] = [];
  const errors: string[] = [];
  const released: string[] = [];
  const claims: { readonly id: string; grant(claimed: boolean): void; fail(error: unknown): void }[] = [];
  const runner = new TaskRunner({
    clock,
    claim: (task) => new Promise((grant, fail) => claims.push({ id: task.id, grant, fail })),
    release: (task) => released.push(task.id),
    settled: ({ id }, ok, detail) => settled.push([id, ok, detail]),
    onError: (error, operation, { id }) => errors.push(`${operation} ${id}: ${String(error)}`),
    ...options,
  });
  return { clock, work, runner, settled, errors, claims, released };
}

describe('a task that is wanted', () => {
  it('runs once, not inside the call that wants it, and settles with its result', async () => {
    const { clock, work, runner, settled } = setUp();
    runner.want([work.task('a')]);
    expect([work.started, runner.running()]).toEqual([[], ['a']]);
    await clock.advanceAsync(0);
    runner.want([work.task('a')]);
    await clock.advanceAsync(0);
    expect(work.started).toEqual(['a']);
    work.end('a', { checked: 3 });
    await clock.advanceAsync(0);
    expect([settled, runner.running()]).toEqual([[['a', true, { checked: 3 }]], []]);
  });

  it('does not run again while it is still wanted, and does when it was unwanted in between', async () => {
    const { clock, work, runner, settled } = setUp();
    const want = async (...ids: string[]) => {
      runner.want(ids.map((id) => work.task(id)));
      await clock.advanceAsync(10_000);
    };
    runner.want([work.task('a')]);
    await clock.advanceAsync(0);
    work.end('a');
    await want('a');
    expect([work.started, settled]).toEqual([['a'], [['a', true, null]]]);
    await want();
    runner.want([work.task('a')]);
    await clock.advanceAsync(0);
    expect(work.started).toEqual(['a', 'a']);
  });

  it('settles as failed with its message when it throws or rejects', async () => {
    const { clock, work, runner, settled } = setUp();
    const throws = () => {
      throw new Error('at once');
    };
    runner.want([work.task('sync', { run: throws }), work.task('async')]);
    await clock.advanceAsync(0);
    work.runs[0]?.fail('a text');
    await clock.advanceAsync(0);
    expect(settled).toEqual([
      ['sync', false, { error: 'at once' }],
      ['async', false, { error: 'a text' }],
    ]);
  });

  it('settles as failed when its result is not JSON', async () => {
    const { clock, work, runner, settled } = setUp();
    runner.want([work.task('a')]);
    await clock.advanceAsync(0);
    work.end('a', { when: new Date(0) });
    await clock.advanceAsync(0);
    expect(settled).toEqual([['a', false, { error: 'result.when: must be JSON (was an object).' }]]);
  });

  it('settles as failed at its time limit, its signal aborts, and its late end is ignored', async () => {
    const { clock, work, runner, settled } = setUp();
    runner.want([work.task('a')]);
    await clock.advanceAsync(999);
    const signal = work.runs[0]?.signal;
    expect([settled, signal?.aborted]).toEqual([[], false]);
    await clock.advanceAsync(1);
    const message = "task 'a!' of 'n' was not done within 1000 ms";
    expect(settled).toEqual([['a', false, { error: message }]]);
    expect(signal?.reason).toMatchObject({ code: 'timeout', message });
    work.end('a', 'late');
    await clock.advanceAsync(0);
    expect(settled).toHaveLength(1);
  });

  it('has no limit left when it ended in time', async () => {
    const { clock, work, runner } = setUp();
    runner.want([work.task('a')]);
    await clock.advanceAsync(0);
    work.end('a');
    await clock.advanceAsync(5000);
    expect([work.runs[0]?.signal.aborted, clock.pending]).toEqual([false, 0]);
  });

  it('is the first of two with one id', async () => {
    const { clock, work, runner } = setUp();
    runner.want([work.task('a'), work.task('a', { run: async () => expect.unreachable() })]);
    await clock.advanceAsync(0);
    expect(work.started).toEqual(['a']);
  });

  it('is not hurt by a settled that throws', async () => {
    const { clock, work, runner, errors } = setUp({
      settled: () => {
        throw new Error('mine');
      },
    });
    runner.want([work.task('a'), work.task('b')]);
    await clock.advanceAsync(0);
    work.end('a');
    work.end('b');
    await clock.advanceAsync(0);
    expect(errors).toEqual(['settled a: Error: mine', 'settled b: Error: mine']);
    const deaf = setUp({
      settled: () => {
        throw new Error('mine');
      },
      onError: () => {
        throw new Error('again');
      },
    });
    deaf.runner.want([deaf.work.task('a')]);
    await deaf.clock.advanceAsync(0);
    deaf.work.end('a');
    await deaf.clock.advanceAsync(0);
    expect(deaf.runner.running()).toEqual([]);
  });

  it('may change what is wanted as it settles', async () => {
    const all = setUp({ settled: () => all.runner.want([all.work.task('next')]) });
    all.runner.want([all.work.task('a')]);
    await all.clock.advanceAsync(0);
    all.work.end('a');
    await all.clock.advanceAsync(0);
    expect([all.work.started, all.runner.running()]).toEqual([['a', 'next'], ['next']]);
  });
});

describe('a task that is wanted no more', () => {
  it('is aborted, and its end is ignored', async () => {
    const { clock, work, runner, settled } = setUp();
    runner.want([work.task('a'), work.task('b')]);
    await clock.advanceAsync(0);
    runner.want([work.task('b')]);
    expect(work.runs[0]?.signal.reason).toMatchObject({
      code: 'aborted',
      message: "task 'a!' of 'n' is not wanted any more",
    });
    expect([work.runs[1]?.signal.aborted, runner.running()]).toEqual([false, ['b']]);
    work.end('a');
    await clock.advanceAsync(5000);
    expect(settled).toEqual([['b', false, expect.anything() as unknown]]);
  });

  it('does not begin if it was unwanted before it could', async () => {
    const { clock, work, runner } = setUp();
    runner.want([work.task('a')]);
    runner.want([]);
    await clock.advanceAsync(0);
    expect([work.started, runner.running(), clock.pending]).toEqual([[], [], 0]);
  });

  it('runs anew when it is wanted again, and only the new run settles', async () => {
    const { clock, work, runner, settled } = setUp();
    runner.want([work.task('a')]);
    await clock.advanceAsync(0);
    runner.want([]);
    runner.want([work.task('a')]);
    await clock.advanceAsync(0);
    expect(work.started).toEqual(['a', 'a']);
    work.runs[0]?.end('old');
    await clock.advanceAsync(0);
    expect(settled).toEqual([]);
    work.runs[1]?.end('new');
    await clock.advanceAsync(0);
    expect(settled).toEqual([['a', true, 'new']]);
  });
});

describe('where a task runs', () => {
  it('is the instance that it names, and no other', async () => {
    const { clock, work, runner } = setUp({ instance: 'one' });
    runner.want([
      work.task('mine', { where: { instance: 'one' } }),
      work.task('other', { where: { instance: 'two' } }),
    ]);
    await clock.advanceAsync(0);
    expect(work.started).toEqual(['mine']);
    runner.want([work.task('every'), work.task('fleet', { where: 'fleet' })]);
    await clock.advanceAsync(0);
    expect(runner.running()).toEqual(['every', 'fleet']);
    const nameless = setUp();
    nameless.runner.want([nameless.work.task('other', { where: { instance: 'two' } })]);
    await nameless.clock.advanceAsync(0);
    expect(nameless.work.started).toEqual([]);
  });

  it('is one process of the fleet, by a claim, and every process for others', async () => {
    const { clock, work, runner, claims, settled, released } = setUp();
    runner.want([work.task('fleet', { where: 'fleet' }), work.task('every')]);
    await clock.advanceAsync(0);
    expect([work.started, claims.map(({ id }) => id), runner.running()]).toEqual([
      ['every'],
      ['fleet'],
      ['fleet', 'every'],
    ]);
    claims[0]?.grant(true);
    await clock.advanceAsync(0);
    expect(work.started).toEqual(['every', 'fleet']);
    work.end('fleet');
    await clock.advanceAsync(0);
    expect([settled, released]).toEqual([[['fleet', true, null]], []]);
  });

  it('has its time limit for the claim, and again for the work', async () => {
    const { clock, work, runner, claims, settled } = setUp();
    runner.want([work.task('a', { where: 'fleet' })]);
    await clock.advanceAsync(999);
    claims[0]?.grant(true);
    await clock.advanceAsync(999);
    expect([work.started, settled]).toEqual([['a'], []]);
    await clock.advanceAsync(1);
    expect(settled).toMatchObject([['a', false, {}]]);
  });

  it.each(['refused', 'failed', 'silent'] as const)(
    'is asked for again after a pause when the claim is %s',
    async (how) => {
      const { clock, work, runner, claims, errors, settled } = setUp({ claimRetryMs: 200 });
      const want = () => runner.want([work.task('a', { where: 'fleet', timeoutMs: 50 })]);
      want();
      await clock.advanceAsync(0);
      if (how === 'refused') claims[0]?.grant(false);
      if (how === 'failed') claims[0]?.fail(new Error('store'));
      await clock.advanceAsync(how === 'silent' ? 50 : 0);
      expect(runner.running()).toEqual([]);
      want();
      await clock.advanceAsync(199);
      expect(claims).toHaveLength(1);
      await clock.advanceAsync(1);
      expect(claims).toHaveLength(2);
      expect(errors).toEqual(how === 'failed' ? ['claim a: Error: store'] : []);
      claims[1]?.grant(true);
      await clock.advanceAsync(0);
      expect([work.started, settled]).toEqual([['a'], []]);
    },
  );

  it('waits five seconds for the next claim unless told otherwise', async () => {
    const { clock, work, runner, claims } = setUp();
    runner.want([work.task('a', { where: 'fleet' })]);
    await clock.advanceAsync(0);
    claims[0]?.grant(false);
    await clock.advanceAsync(4999);
    expect(claims).toHaveLength(1);
    await clock.advanceAsync(1);
    expect(claims).toHaveLength(2);
  });

  it('is asked for again by the next want where the platform has no timers', async () => {
    let now = 0;
    let asked = 0;
    const work = new Work();
    const runner = new TaskRunner({
      clock: { now: () => 0, elapsed: () => now },
      claim: async () => {
        asked += 1;
        return false;
      },
      settled: () => {},
      onError: () => {},
    });
    const want = async () => {
      runner.want([work.task('a', { where: 'fleet' })]);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    };
    await want();
    now = 4999;
    await want();
    expect(asked).toBe(1);
    now = 5000;
    await want();
    expect(asked).toBe(2);
  });

  it('is not asked for again when nobody wants the task any more', async () => {
    const { clock, work, runner, claims } = setUp();
    runner.want([work.task('a', { where: 'fleet' })]);
    await clock.advanceAsync(0);
    claims[0]?.grant(false);
    await clock.advanceAsync(0);
    runner.want([]);
    await clock.advanceAsync(20_000);
    expect(claims).toHaveLength(1);
  });

  it('takes only true for a claim', async () => {
    const { clock, work, runner, claims } = setUp();
    runner.want([work.task('a', { where: 'fleet' })]);
    await clock.advanceAsync(0);
    claims[0]?.grant('yes' as unknown as boolean);
    await clock.advanceAsync(0);
    expect(work.started).toEqual([]);
  });

  it('is given up when the task is unwanted: at work, or when the claim comes too late', async () => {
    const { clock, work, runner, claims, released } = setUp();
    runner.want([
      work.task('a', { where: 'fleet' }),
      work.task('b', { where: 'fleet' }),
      work.task('c', { where: 'fleet' }),
    ]);
    await clock.advanceAsync(0);
    claims[0]?.grant(true);
    await clock.advanceAsync(0);
    runner.want([]);
    expect(released).toEqual(['a']);
    claims[1]?.grant(true);
    claims[2]?.grant(false);
    await clock.advanceAsync(0);
    expect([released, work.started]).toEqual([['a', 'b'], ['a']]);
  });

  it('is given up when the claim comes after its time limit', async () => {
    const { clock, work, runner, claims, released } = setUp();
    runner.want([work.task('a', { where: 'fleet' })]);
    await clock.advanceAsync(1000);
    claims[0]?.grant(true);
    await clock.advanceAsync(0);
    expect([released, work.started]).toEqual([['a'], []]);
  });

  it('reports a release that fails, and needs none', async () => {
    const failing = setUp({ release: () => Promise.reject(new Error('store')) });
    failing.runner.want([failing.work.task('a', { where: 'fleet' })]);
    await failing.clock.advanceAsync(0);
    failing.claims[0]?.grant(true);
    await failing.clock.advanceAsync(0);
    failing.runner.close();
    await failing.clock.advanceAsync(0);
    expect(failing.errors).toEqual(['release a: Error: store']);
    const clock = new ManualClock();
    const work = new Work();
    const runner = new TaskRunner({
      clock,
      claim: async () => true,
      settled: () => {},
      onError: () => expect.unreachable(),
    });
    runner.want([work.task('a', { where: 'fleet' })]);
    await clock.advanceAsync(0);
    runner.close();
    await clock.advanceAsync(0);
    expect(work.runs[0]?.signal.aborted).toBe(true);
  });
});

describe('many tasks', () => {
  it('run four at once, in the order they were wanted', async () => {
    const { clock, work, runner } = setUp();
    runner.want(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => work.task(id)));
    await clock.advanceAsync(0);
    expect(work.started).toEqual(['a', 'b', 'c', 'd']);
    work.end('b');
    await clock.advanceAsync(0);
    expect([work.started, runner.running()]).toEqual([
      ['a', 'b', 'c', 'd', 'e'],
      ['a', 'c', 'd', 'e'],
    ]);
    runner.want([work.task('f')]);
    await clock.advanceAsync(0);
    expect([work.started.at(-1), runner.running()]).toEqual(['f', ['f']]);
  });

  it('run as many at once as they are told', async () => {
    const { clock, work, runner } = setUp({ concurrency: 1 });
    runner.want([work.task('a'), work.task('b')]);
    await clock.advanceAsync(0);
    expect(work.started).toEqual(['a']);
    work.end('a');
    await clock.advanceAsync(0);
    expect(work.started).toEqual(['a', 'b']);
  });

  it('are counted right when one that is done is wanted no more', async () => {
    const { clock, work, runner } = setUp({ concurrency: 1 });
    runner.want([work.task('a')]);
    await clock.advanceAsync(0);
    work.end('a');
    await clock.advanceAsync(0);
    runner.want([work.task('b'), work.task('c')]);
    await clock.advanceAsync(0);
    expect(runner.running()).toEqual(['b']);
  });

  it('all end at close, and none begins after it', async () => {
    const { clock, work, runner, settled } = setUp({ concurrency: 1 });
    runner.want([work.task('a'), work.task('b')]);
    await clock.advanceAsync(0);
    runner.close();
    work.end('a');
    runner.want([work.task('c')]);
    await clock.advanceAsync(5000);
    expect([work.started, work.runs[0]?.signal.aborted, settled, runner.running()]).toEqual([['a'], true, [], []]);
  });

  it('settle at most once for each time they are wanted, under any interleaving', async () => {
    const ids = ['a', 'b', 'c'] as const;
    const action = fc.oneof(
      fc.record({ do: fc.constant('want' as const), ids: fc.subarray([...ids]) }),
      fc.record({ do: fc.constant('end' as const), which: fc.nat(30), ok: fc.boolean() }),
      fc.record({ do: fc.constant('claim' as const), which: fc.nat(30), ok: fc.boolean() }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 600 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 50 }), async (actions) => {
        let wanted = new Set<string>();
        const settledSince = new Map<string, number>();
        const { clock, work, runner, claims } = setUp({
          concurrency: 2,
          claimRetryMs: 100,
          settled: ({ id }) => {
            expect(wanted.has(id)).toBe(true);
            settledSince.set(id, (settledSince.get(id) ?? 0) + 1);
            expect(settledSince.get(id)).toBe(1);
          },
        });
        for (const step of actions) {
          if (step.do === 'want') {
            for (const id of ids) if (!step.ids.includes(id)) settledSince.delete(id);
            wanted = new Set(step.ids);
            runner.want(step.ids.map((id) => work.task(id, { where: id === 'c' ? 'fleet' : 'every' })));
          } else if (step.do === 'end') {
            const run = work.runs[step.which];
            if (step.ok) run?.end();
            else run?.fail(new Error('chance'));
          } else if (step.do === 'claim') claims[step.which]?.grant(step.ok);
          else await clock.advanceAsync(step.ms);
          expect(runner.running().length).toBeLessThanOrEqual(2);
          for (const id of runner.running()) expect(wanted.has(id)).toBe(true);
        }
        // Everything that is still wanted gets done, whatever happened.
        for (let round = 0; round < 12; round += 1) {
          for (const { grant } of claims) grant(true);
          for (const run of work.runs) run.end();
          await clock.advanceAsync(500);
        }
        expect(new Set(settledSince.keys())).toEqual(wanted);
        expect(runner.running()).toEqual([]);
      }),
    );
  });
});
