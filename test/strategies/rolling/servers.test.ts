import { describe, expect, test } from 'vitest';
import { dial } from '../drive.js';
import { minute, servers } from './cases.js';

const all = 'a:from b:from c:from d:from';

describe('a rolling update of model servers', () => {
  test('drains, updates and checks one, then the next, and routes away from it meanwhile', () => {
    const roll = servers();
    expect(roll.placed()).toBe(all);
    expect(roll.plan()).toMatchObject({ counts: true, epoch: 1, arms: [{ arm: 'to' }, { arm: 'from' }] });
    roll.tick();
    expect(roll.plan()).toMatchObject({ epoch: 2 });
    expect([roll.placed(), roll.taskNames()]).toEqual(['b:from c:from d:from', ['drain a']]);
    roll.settle('drain a');
    expect([roll.placed(), roll.taskNames()]).toEqual(['b:from c:from d:from', ['update a']]);
    roll.settle('update a');
    expect([roll.placed(), roll.taskNames()]).toEqual(['b:from c:from d:from', ['check a']]);
    roll.settle('check a');
    expect([roll.placed(), roll.taskNames()]).toEqual(['a:to c:from d:from', ['drain b']]);
    expect(roll.status().shares).toEqual({ to: 1 / 3, from: 2 / 3 });
    roll.work();
    expect(roll.placed()).toBe('a:to b:to c:to d:to');
    expect(roll.status()).toMatchObject({ phase: 'settled', settled: 'promoted', stable: 'v2', waitingFor: [] });
    expect(roll.rests(24 * 60 * minute)).toBe(true);
  });

  test('takes as many at a time as may be missing, by number and by percentage', () => {
    const begun = (maxUnavailable: unknown, count = 8) => {
      const roll = servers({ maxUnavailable, instances: Array.from({ length: count }, (_, index) => `i${index}`) });
      roll.tick();
      return roll.taskNames().length;
    };
    expect(begun(3)).toBe(3);
    expect(begun('25%')).toBe(2);
    expect(begun(undefined)).toBe(2);
    expect(begun('49%')).toBe(3);
    expect(begun(0)).toBe(1);
    expect(begun('1%')).toBe(1);
    expect(begun('100%')).toBe(8);
    expect(begun(20)).toBe(8);
  });

  test('goes from an update to the next instance where there is no check', () => {
    const roll = servers({ check: undefined });
    roll.tick();
    roll.settle('drain a');
    roll.settle('update a');
    expect(roll.placed()).toBe('a:to c:from d:from');
  });

  test('counts an instance only once it has been ready for long enough, though it serves at once', () => {
    const roll = servers({ minReadyMs: minute });
    roll.tick();
    for (const step of ['drain a', 'update a', 'check a']) roll.settle(step);
    expect(roll.phases()).toContain('a:v2 settling');
    expect(roll.placed()).toBe('a:to b:from c:from d:from');
    roll.tick(minute - 1);
    expect(roll.taskNames()).toEqual([]);
    roll.tick(1);
    expect(roll.taskNames()).toEqual(['drain b']);
  });

  test('updates zone after zone, in the order that is named, then as they come', () => {
    const instances = [
      { name: 'a', zone: 'east' },
      { name: 'b', zone: 'west' },
      'c',
      { name: 'd', zone: 'west' },
      { name: 'e', zone: 'east' },
    ];
    const order = (zones?: readonly string[]) => {
      const roll = servers({ instances, maxUnavailable: 2, ...(zones && { zones }) });
      const batches: string[] = [];
      roll.tick();
      while (roll.taskNames().length > 0) {
        batches.push(roll.taskNames().join());
        for (const name of roll.taskNames().map((task) => task.slice('drain '.length))) {
          for (const step of ['drain', 'update']) roll.settle(`${step} ${name}`);
        }
        for (const task of roll.taskNames()) roll.settle(task);
      }
      return batches;
    };
    expect(order()).toEqual(['drain a,drain e', 'drain b,drain d', 'drain c']);
    expect(order(['west'])).toEqual(['drain b,drain d', 'drain a,drain e', 'drain c']);
  });

  test('is told which instance, model and version, and fails by giving false', async () => {
    const calls: unknown[] = [];
    const quiet: unknown[] = [];
    const tools = {
      serving: () => Promise.resolve(),
      drained: async (instance: string, quietMs: number) => void quiet.push([instance, quietMs]),
    };
    const roll = servers({
      quietMs: 7,
      update: ({ instance, model, version }: Record<string, unknown>) => void calls.push([instance, model, version]),
      check: ({ model }: Record<string, unknown>) => model === 'v1',
    });
    const { signal } = new AbortController();
    roll.tick();
    await roll.tasks()[0]?.run(signal, tools);
    expect(quiet).toEqual([['a', 7]]);
    roll.settle('drain a');
    await roll.tasks()[0]?.run(signal, tools);
    expect(calls).toEqual([['a', 'v2', 'to']]);
    roll.settle('update a');
    await expect(roll.tasks()[0]?.run(signal, tools)).rejects.toThrow('check gave false');
    roll.order('rollback');
    await roll.tasks()[0]?.run(signal, tools);
    expect(calls.at(-1)).toEqual(['a', 'v1', 'from']);
    roll.settle('update a');
    await expect(roll.tasks()[0]?.run(signal, tools)).resolves.toBeUndefined();
    const refusing = servers({ update: () => false });
    refusing.tick();
    refusing.settle('drain a');
    await expect(refusing.tasks()[0]?.run(signal, tools)).rejects.toThrow('update gave false');
    expect(roll.tasks()[0]).toMatchObject({ where: 'fleet', timeoutMs: 600_000, node: 'root' });
  });

  test('ignores the end of an old task', () => {
    const roll = servers();
    roll.tick();
    const [drain] = roll.tasks();
    roll.settle('drain a');
    const before = roll.state;
    roll.send({ type: 'settled', task: drain?.id as string, node: 'root', ok: true, detail: null });
    expect(roll.state).toBe(before);
  });
});

describe('what fails', () => {
  const failing = (options: object = {}) => {
    const roll = servers({ ...options });
    roll.tick();
    roll.settle('drain a');
    roll.settle('update a');
    return { roll, look: roll.settle('check a', false, { error: 'it answers nonsense' }) };
  };

  test('a check pauses at its batch and tells why; resume tries that instance again', () => {
    const { roll, look } = failing();
    expect(look.notices).toMatchObject([
      { type: 'alert', data: { alert: 'task-failed', why: 'the check of a failed: it answers nonsense', attempt: 1 } },
    ]);
    expect(look.urgent).toBeUndefined();
    expect(roll.status()).toMatchObject({
      phase: 'paused',
      waitingFor: ['resume() or rollback(), since the check of a failed: it answers nonsense'],
    });
    expect([roll.placed(), roll.taskNames(), roll.rests(minute)]).toEqual(['b:from c:from d:from', [], true]);
    expect(roll.order('pause')).toContain('halted by a failure');
    expect(roll.order('resume')).toBeUndefined();
    expect(roll.taskNames()).toEqual(['update a']);
    roll.work();
    expect(roll.status().settled).toBe('promoted');
  });

  test('a check reverses where that is wanted, at once and only the roll-out', () => {
    const { roll, look } = failing({ onFailure: 'reverse' });
    expect(look.urgent).toMatchObject([{ type: 'rollback', by: 'onFailure', attempt: 1, node: 'root' }]);
    for (const command of look.urgent ?? []) roll.send(command);
    expect([roll.own.phase, roll.taskNames()]).toEqual(['reversing', ['update a']]);
    roll.settle('update a');
    const again = roll.settle('check a', false);
    expect(again.urgent).toBeUndefined();
    expect(roll.status().phase).toBe('paused');
    roll.order('resume');
    roll.work();
    expect(roll.status()).toMatchObject({ settled: 'rolled-back', stable: 'v1' });
  });

  test('a check that fails while a person has paused leaves it paused by that person', () => {
    const roll = servers();
    roll.tick();
    roll.settle('drain a');
    roll.settle('update a');
    roll.order('pause');
    roll.settle('check a', false);
    expect(roll.status().waitingFor).toEqual(['resume()']);
  });

  test('an update or a drain runs again with the next tick, as another task', () => {
    for (const step of ['drain', 'update']) {
      const roll = servers();
      roll.tick();
      if (step === 'update') roll.settle('drain a');
      const [task] = roll.tasks();
      roll.settle(`${step} a`, false, { error: 'no route to host' });
      expect([roll.taskNames(), roll.status().phase]).toEqual([[], 'running']);
      expect(JSON.stringify(roll.status().detail)).toContain('no route to host');
      roll.tick(1);
      expect(roll.taskNames()).toEqual([`${step} a`]);
      expect(roll.tasks()[0]?.id).not.toBe(task?.id);
      roll.work();
      expect(roll.status().settled).toBe('promoted');
      expect(JSON.stringify(roll.status().detail)).not.toContain('no route to host');
    }
  });

  test('passing the deadline is told once, keeps others from beginning, and is over when the instance is ready', () => {
    const roll = servers({ deadlineMs: 10 * minute });
    roll.tick();
    roll.settle('drain a');
    roll.tick(10 * minute - 1);
    expect(roll.last.notices).toEqual([]);
    const look = roll.tick(1);
    expect(look.urgent).toBeUndefined();
    expect(look.notices.filter(({ type }) => type === 'alert')).toMatchObject([
      {
        data: {
          alert: 'deadline',
          why: 'passed the deadline of 600000 ms: a: updating took more than 600000 ms',
        },
      },
    ]);
    expect(roll.taskNames()).toEqual(['update a']);
    expect(roll.status().waitingFor[0]).toBe('a, which is late: updating took more than 600000 ms');
    expect(roll.tick(10 * minute).notices.filter(({ type }) => type === 'alert')).toEqual([]);
    roll.settle('update a');
    expect(roll.taskNames()).toEqual(['check a']);
    roll.settle('check a');
    expect([roll.taskNames(), roll.member('a').late]).toEqual([['drain b'], false]);
  });

  test('a late one keeps the next from beginning', () => {
    const roll = servers({ maxUnavailable: 2, deadlineMs: 10 * minute });
    roll.tick();
    for (const step of ['drain a', 'update a']) roll.settle(step);
    roll.tick(10 * minute);
    expect(roll.member('a').late && roll.member('b').late).toBe(true);
    for (const step of ['drain b', 'update b', 'check b']) roll.settle(step);
    expect(roll.taskNames()).toEqual(['update a']);
    for (const step of ['update a', 'check a']) roll.settle(step);
    expect(roll.taskNames()).toEqual(['drain c', 'drain d']);
  });

  test('the deadline of a drain begins another drain', () => {
    const roll = servers({ deadlineMs: minute });
    roll.tick();
    const [task] = roll.tasks();
    roll.tick(minute);
    expect(roll.taskNames()).toEqual(['drain a']);
    expect(roll.tasks()[0]?.id).not.toBe(task?.id);
    expect(roll.member('a').why).toBe('draining took more than 60000 ms');
  });

  test('a late drain that a rollback ends is forgotten: the next attempt begins with it as with any other', () => {
    const roll = servers({ deadlineMs: minute });
    roll.tick();
    roll.tick(minute);
    roll.order('rollback');
    expect([roll.member('a').late, roll.member('a').why, roll.status().settled]).toEqual([false, '', 'rolled-back']);
    roll.order('reset');
    expect(roll.taskNames()).toEqual(['drain a']);
  });

  test('passing the deadline reverses where that is wanted, and a lost one does not keep the others from the way back', () => {
    const roll = servers({ onFailure: 'reverse', deadlineMs: 10 * minute });
    roll.tick();
    for (const step of ['drain a', 'update a', 'check a', 'drain b']) roll.settle(step);
    roll.tick(10 * minute);
    expect([roll.own.phase, roll.taskNames()]).toEqual(['reversing', ['drain a', 'update b']]);
    for (const step of ['drain a', 'update a', 'check a']) roll.settle(step);
    roll.tick(10 * minute);
    expect(roll.placed()).toBe('a:from c:from d:from');
    expect(roll.status().settled).toBeUndefined();
    roll.settle('update b');
    roll.settle('check b');
    expect(roll.status().settled).toBe('rolled-back');
  });

  test('a broken guardrail reverses: the updated ones are judged against the others', () => {
    const rule = dial();
    const roll = servers({ guardrails: [rule] });
    roll.tick();
    for (const step of ['drain a', 'update a', 'check a']) roll.settle(step);
    roll.tick();
    expect(rule.asked.at(-1)).toMatchObject({ arm: 'to', control: 'from' });
    rule.outcome = 'fail';
    const look = roll.tick();
    expect(look.urgent).toMatchObject([{ type: 'rollback', by: 'guardrail dial', attempt: 1 }]);
    expect(look.verdicts?.[0]?.verdicts).toHaveLength(1);
    expect(roll.own.phase).toBe('reversing');
    const asked = rule.asked.length;
    roll.finish();
    expect(roll.status().settled).toBe('rolled-back');
    expect(rule.asked.length).toBe(asked);
  });
});

describe('orders', () => {
  const midway = (options: object = {}) => {
    const roll = servers(options);
    roll.tick();
    for (const step of ['drain a', 'update a', 'check a', 'drain b']) roll.settle(step);
    return roll;
  };

  test('rollback reverses in batches: what is down comes up with the old version, what serves is drained first', () => {
    const roll = midway();
    expect(roll.phases()).toBe('a:v2 serving, b:v1 updating, c:v1 serving, d:v1 serving');
    expect(roll.order('rollback')).toBeUndefined();
    expect(roll.status()).toMatchObject({ phase: 'running', stable: 'v1' });
    expect(roll.taskNames()).toEqual(['update b']);
    roll.settle('update b');
    roll.settle('check b');
    expect([roll.placed(), roll.taskNames()]).toEqual(['b:from c:from d:from', ['drain a']]);
    roll.work();
    expect(roll.placed()).toBe(all);
    expect(roll.status()).toMatchObject({ settled: 'rolled-back', stable: 'v1' });
    expect(roll.own.why).toBe('it is bad (ann): every instance is back');
    expect(roll.order('rollback')).toBe('every instance is back already');
  });

  test('rollback gives one that is only being drained back at once, and is refused twice', () => {
    const roll = servers();
    roll.tick();
    roll.order('rollback');
    expect([roll.placed(), roll.status().settled]).toEqual([all, 'rolled-back']);
    const other = midway();
    other.order('rollback');
    expect(other.order('rollback')).toBe('the roll-out is reversing already');
    expect(other.order('promote')).toBe('the roll-out is reversing: reset() first');
  });

  test('rollback leads back from a finished roll-out, too, and reset is refused there', () => {
    const roll = servers();
    roll.finish();
    expect(roll.order('reset')).toBe('every instance is updated: rollback() first');
    expect(roll.order('promote')).toBe('every instance is updated already');
    expect(roll.order('pause')).toBe('nothing moves: the roll-out is promoted');
    expect(roll.order('resume')).toBe('nothing is paused: the roll-out is promoted');
    roll.order('rollback');
    expect(roll.taskNames()).toEqual(['drain a']);
    roll.finish();
    expect(roll.status().settled).toBe('rolled-back');
  });

  test('pause begins nothing more, lets what is under way come to its end, and goes on with resume', () => {
    const roll = midway();
    expect(roll.order('pause')).toBeUndefined();
    expect(roll.status()).toMatchObject({ phase: 'paused', waitingFor: ['resume()'] });
    expect(roll.order('pause')).toBe('nothing moves: the roll-out is rolling, and paused');
    roll.work();
    expect(roll.phases()).toBe('a:v2 serving, b:v2 serving, c:v1 serving, d:v1 serving');
    expect(roll.rests(minute)).toBe(true);
    expect(roll.order('resume')).toBeUndefined();
    expect(roll.taskNames()).toEqual(['drain c']);
    expect(roll.order('resume')).toBe('nothing is paused: the roll-out is rolling');
  });

  test('rollback lifts a pause of the way back', () => {
    const roll = midway();
    roll.order('rollback');
    roll.order('pause');
    roll.work();
    expect(roll.taskNames()).toEqual([]);
    expect(roll.order('rollback')).toBeUndefined();
    expect(roll.taskNames()).toEqual(['drain a']);
  });

  test('promote finishes: it waits for no ready time and no guardrail, but keeps the floor and the checks', () => {
    const rule = dial('dial', 'pass');
    const roll = servers({ minReadyMs: minute, guardrails: [rule] });
    roll.tick();
    for (const step of ['drain a', 'update a', 'check a']) roll.settle(step);
    expect(roll.order('promote', { arm: 'from' })).toContain("only 'to' can be promoted, not 'from'");
    roll.order('pause');
    expect(roll.order('promote', { arm: 'to' })).toBeUndefined();
    expect(roll.order('promote')).toBe('it finishes already');
    rule.outcome = 'fail';
    roll.tick();
    expect(roll.taskNames()).toEqual(['drain b']);
    roll.work();
    expect(roll.status().settled).toBe('promoted');
    expect(roll.own.hurried).toBe(false);
  });

  test('reset and resume after a rollback are a new attempt, in which instances keep what they serve', () => {
    for (const type of ['reset', 'resume'] as const) {
      const roll = midway();
      roll.order('rollback');
      roll.finish();
      expect(roll.order(type)).toBeUndefined();
      expect(roll.own).toMatchObject({ attempt: 2, phase: 'rolling', why: 'a new attempt by ann' });
      expect(roll.own.firstEpoch).toBe(roll.own.epoch);
      expect(roll.taskNames()).toEqual(['drain a']);
    }
    const roll = midway();
    roll.order('reset');
    expect(roll.phases()).toContain('a:v2 serving, b:v1 updating');
  });

  test('nothing waits for an approval', () => {
    expect(servers().order('approve')).toBe('no approval is waited for');
    expect(servers().order('reject')).toBe('no approval is waited for');
  });
});

describe('spares', () => {
  const surging = (options: object = {}) => servers({ maxUnavailable: 0, spares: ['s', 't'], ...options });

  test('are started first, take the place of those that are updated, and end', () => {
    const roll = surging();
    roll.tick();
    expect([roll.placed(), roll.taskNames()]).toEqual([all, ['update s', 'update t']]);
    for (const step of ['update s', 'check s']) roll.settle(step);
    expect([roll.placed(), roll.taskNames()]).toEqual(['b:from c:from d:from s:to', ['drain a', 'update t']]);
    const least: number[] = [];
    while (roll.taskNames().length > 0) {
      roll.settle(roll.taskNames()[0] as string);
      least.push(roll.placed().split(' ').length);
    }
    expect(Math.min(...least)).toBe(4);
    expect(roll.phases()).toMatch(/s:v. off, t:v. off$/u);
    expect(roll.status().settled).toBe('promoted');
  });

  test('are as many as maxSurge says, rounded up, and as there are instances left', () => {
    const started = (options: object) => {
      const roll = surging(options);
      roll.tick();
      return roll.taskNames().filter((name) => /update [stu]/u.test(name)).length;
    };
    expect(started({ maxSurge: 1 })).toBe(1);
    expect(started({ maxSurge: '26%' })).toBe(2);
    expect(started({ maxSurge: '25%' })).toBe(1);
    expect(started({ maxSurge: 9 })).toBe(2);
    expect(started({ instances: ['a'] })).toBe(1);
    expect(started({ maxSurge: 0, maxUnavailable: 0 })).toBe(0);
    const roll = surging({ instances: ['a'] });
    roll.tick();
    expect(roll.rests()).toBe(true);
  });

  test('end after their last request, and a stop that fails holds nothing up', async () => {
    const seen: string[] = [];
    const roll = surging({
      instances: ['a'],
      spares: ['s'],
      stop: ({ instance }: { instance: string }) => void seen.push(`stop ${instance}`),
    });
    roll.tick();
    for (const step of ['update s', 'check s', 'drain a', 'update a', 'check a']) roll.settle(step);
    expect([roll.placed(), roll.taskNames()]).toEqual(['a:to', ['stop s']]);
    const drained = async (instance: string) => void seen.push(`drained ${instance}`);
    await roll.tasks()[0]?.run(new AbortController().signal, { serving: () => Promise.resolve(), drained });
    expect(seen).toEqual(['drained s', 'stop s']);
    roll.settle('stop s', false, { error: 'gone' });
    expect(roll.status().settled).toBe('promoted');
  });

  test('on the wrong side after a turn are updated like the others', () => {
    const roll = surging();
    roll.tick();
    for (const step of ['update s', 'check s', 'drain a', 'update a', 'check a']) roll.settle(step);
    roll.order('rollback');
    roll.finish();
    expect(roll.placed()).toBe(all);
    expect(roll.phases()).toMatch(/s:v. off, t:v. off$/u);
  });
});

describe('a list of servers that is edited in the program', () => {
  test('adds and forgets servers with the next tick; one that is added serves what nobody has updated', () => {
    const roll = servers();
    roll.tick();
    for (const step of ['drain a', 'update a', 'check a']) roll.settle(step);
    const edited = servers({ instances: ['a', 'c', 'e'] });
    edited.state = edited.strategy.restore(JSON.parse(JSON.stringify(roll.state))) as typeof roll.state;
    edited.now = roll.now;
    edited.tick();
    expect(edited.placed()).toBe('a:to e:from');
    edited.finish();
    expect(edited.placed()).toBe('a:to c:to e:to');
    expect(edited.rests()).toBe(true);
  });
});
