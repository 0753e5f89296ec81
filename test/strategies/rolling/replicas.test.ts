import { describe, expect, test } from 'vitest';
import { rootScope } from '../../../src/strategies/scope.js';
import { minute, type Roll, replicas } from './cases.js';

const here = (roll: Roll, instance: string) => rootScope('root', roll.revision + 1, instance);
const seenBy = (roll: Roll, instance: string) => {
  const scope = here(roll, instance);
  const plan = roll.strategy.plan(roll.state, scope);
  if (plan.op !== 'split') throw new Error('no split');
  const { instances = [], here: own, counts, arms } = plan;
  const arm = instances.find((candidate) => candidate.instance === own)?.arm;
  return {
    arm: arms[arm ?? -1]?.arm,
    counts,
    instances: instances.length,
    ready: roll.strategy.status(roll.state, scope).ready,
  };
};
const left = (roll: Roll, instance: string) => roll.send({ type: 'left', instance });
const joined = (roll: Roll, instance: string) => roll.send({ type: 'joined', instance });

describe('a rolling update of replicas', () => {
  test('waits until as many have joined as there are meant to be', () => {
    const roll = replicas({ replicas: 3 }, ['a', 'b']);
    expect(roll.status()).toMatchObject({ phase: 'waiting', waitingFor: ['1 more replicas to join (2 are there)'] });
    expect(roll.taskNames()).toEqual([]);
    joined(roll, 'c');
    expect([roll.status().phase, roll.taskNames()]).toEqual(['running', ['drain a']]);
  });

  test('where nobody says how many, takes those that are there when none has come for a minute', () => {
    const roll = replicas({ replicas: undefined }, []);
    expect(roll.rests(10 * minute)).toBe(true);
    joined(roll, 'b');
    roll.tick(minute - 1);
    joined(roll, 'a');
    expect(roll.status().waitingFor).toEqual(['no replica to join for 60000 ms (2 are there)']);
    roll.tick(minute - 1);
    expect(roll.own.phase).toBe('waiting');
    roll.tick(1);
    expect([roll.own.phase, roll.taskNames()]).toEqual(['rolling', ['drain a']]);
  });

  test('leaves each its own work, and serves there by what it has: the old model until its update is done', () => {
    const roll = replicas({ update: () => undefined });
    const steps = [];
    for (const step of ['drain a', 'update a', 'check a']) {
      expect(roll.tasks()[0]).toMatchObject({ name: step, where: { instance: 'a' } });
      steps.push(seenBy(roll, 'a'));
      roll.settle(step);
    }
    steps.push(seenBy(roll, 'a'));
    expect(steps).toEqual([
      { arm: 'from', counts: false, instances: 1, ready: false },
      { arm: 'from', counts: false, instances: 1, ready: false },
      { arm: 'to', counts: false, instances: 1, ready: false },
      { arm: 'to', counts: true, instances: 2, ready: true },
    ]);
    expect(seenBy(roll, 'c')).toEqual({ arm: 'from', counts: true, instances: 2, ready: true });
    expect(roll.status().ready).toBeUndefined();
    expect(roll.placed()).toBe('a:to c:from');
  });

  test('asks each whether it serves, also where there is nothing to call', async () => {
    const roll = replicas();
    roll.settle('drain a');
    expect(roll.taskNames()).toEqual(['check a']);
    const asked: string[] = [];
    const tools = { serving: async () => void asked.push('serving'), drained: async () => void asked.push('drained') };
    await roll.tasks()[0]?.run(new AbortController().signal, tools);
    expect(asked).toEqual(['serving']);
    const [drain] = replicas().tasks();
    await drain?.run(new AbortController().signal, {
      ...tools,
      drained: async (instance, quietMs) => void asked.push(`${instance} ${quietMs}`),
    });
    expect(asked).toEqual(['serving', 'a 10000']);
  });

  test('counts one that is away as missing, and takes it back with what it served', () => {
    const roll = replicas({}, ['a', 'b', 'c', 'd']);
    left(roll, 'd');
    expect(roll.placed()).toBe('b:from c:from');
    for (const step of ['drain a', 'check a']) roll.settle(step);
    expect([roll.placed(), roll.taskNames()]).toEqual(['a:to b:from c:from', []]);
    expect(seenBy(roll, 'd').ready).toBe(true);
    joined(roll, 'd');
    expect([roll.placed(), roll.taskNames()]).toEqual(['a:to c:from d:from', ['drain b']]);
    expect(joined(roll, 'd').state).toBe(roll.state);
    const before = roll.state;
    expect(left(roll, 'nobody').state).toBe(before);
  });

  test('forgets one that stays away for the whole of the deadline, and goes on without it', () => {
    const roll = replicas({ replicas: undefined, deadlineMs: 10 * minute }, ['a', 'b', 'c']);
    roll.tick(minute);
    left(roll, 'c');
    left(roll, 'c');
    for (const step of ['drain a', 'check a']) roll.settle(step);
    roll.tick(10 * minute - 1);
    expect([Object.keys(roll.own.members), roll.taskNames()]).toEqual([['a', 'b', 'c'], []]);
    roll.tick(1);
    expect([Object.keys(roll.own.members), roll.taskNames()]).toEqual([['a', 'b'], ['drain b']]);
    joined(roll, 'c');
    expect(roll.member('c').version).toBe('from');
  });

  test('waits for one that vanished in its update: told at the deadline, tried anew when it returns', () => {
    const roll = replicas({ deadlineMs: 10 * minute });
    roll.settle('drain a');
    const [task] = roll.tasks();
    left(roll, 'a');
    const look = roll.tick(10 * minute);
    expect(look.notices).toMatchObject([{ type: 'alert', data: { alert: 'deadline' } }]);
    expect(roll.status().waitingFor[0]).toBe('a, which is late: it gives no sign of life');
    expect(roll.rests(60 * minute)).toBe(true);
    joined(roll, 'a');
    expect(roll.taskNames()).toEqual(['check a']);
    expect(roll.tasks()[0]?.id).not.toBe(task?.id);
    roll.settle('check a');
    expect([roll.member('a').late, roll.taskNames()]).toEqual([false, ['drain b']]);
  });

  test('begins its drain anew when it vanished in that', () => {
    const roll = replicas();
    const [task] = roll.tasks();
    left(roll, 'a');
    joined(roll, 'a');
    expect(roll.taskNames()).toEqual(['drain a']);
    expect(roll.tasks()[0]?.id).not.toBe(task?.id);
  });

  test('resume keeps one that is away and not lost', () => {
    const roll = replicas();
    left(roll, 'c');
    roll.order('pause');
    roll.order('resume');
    expect(Object.keys(roll.own.members)).toEqual(['a', 'b', 'c']);
  });

  test('resume goes on without one that is lost', () => {
    const roll = replicas({ deadlineMs: minute }, ['a', 'b', 'c', 'd']);
    left(roll, 'a');
    roll.tick(minute);
    expect(roll.order('resume')).toBeUndefined();
    expect(Object.keys(roll.own.members)).toEqual(['b', 'c', 'd']);
    roll.order('rollback');
    expect(roll.status().settled).toBe('rolled-back');
  });

  test('goes back though one is lost, one at a time at least', () => {
    const roll = replicas({ deadlineMs: 10 * minute, onFailure: 'reverse' });
    for (const step of ['drain a', 'check a', 'drain b']) roll.settle(step);
    left(roll, 'b');
    roll.tick(10 * minute);
    expect([roll.own.phase, roll.taskNames()]).toEqual(['reversing', ['drain a', 'check b']]);
    for (const step of ['drain a', 'check a']) roll.settle(step);
    expect(roll.placed()).toBe('a:from c:from');
    expect(roll.status()).toMatchObject({ phase: 'running', stable: 'v1' });
    joined(roll, 'b');
    roll.settle('check b');
    expect(roll.status().settled).toBe('rolled-back');
  });

  test('gives those that join later what the fleet falls back to', () => {
    const roll = replicas({}, ['a', 'b']);
    joined(roll, 'z');
    expect(roll.member('z').version).toBe('from');
    roll.finish();
    joined(roll, 'y');
    expect(roll.member('y').version).toBe('to');
    expect(roll.status().settled).toBe('promoted');
    expect(seenBy(roll, 'unknown')).toEqual({ arm: 'to', counts: false, instances: 1, ready: undefined });
    roll.order('rollback');
    roll.finish();
    joined(roll, 'x');
    expect(roll.member('x').version).toBe('from');
  });

  test('promote does not wait for the others to join, and is a word for those that come where nobody is there', () => {
    const roll = replicas({ replicas: 9 }, ['a']);
    expect(roll.order('promote')).toBeUndefined();
    expect(roll.own.phase).toBe('rolling');
    const empty = replicas({ replicas: 2 }, []);
    empty.order('promote');
    empty.tick();
    expect(empty.own.phase).toBe('rolling');
    expect(empty.plan()).toMatchObject({ op: 'split', counts: false, arms: [{ arm: 'from', share: 1 }] });
    expect(empty.status().shares).toEqual({ to: 0, from: 1 });
  });

  test('rolls zone after zone as a function names them', () => {
    const roll = replicas({ zoneOf: (name: string) => (name < 'c' ? 'z' : 'y'), zones: ['y'], maxUnavailable: 3 }, [
      'a',
      'b',
      'c',
      'd',
    ]);
    expect(roll.taskNames()).toEqual(['drain c', 'drain d']);
  });

  test('is no business of servers: they neither join nor leave', () => {
    const roll = replicas({ instances: ['a', 'b'], update: () => undefined, replicas: undefined }, []);
    for (const send of [joined, left]) expect(send(roll, 'a').state).toBe(roll.state);
    expect(roll.member('a').present).toBe(true);
  });
});
