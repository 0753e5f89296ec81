import { describe, expect, test } from 'vitest';
import type { GateCheck, Judged } from '../../src/analysis/verdict.js';
import { BlueGreen } from '../../src/strategies/blue-green.js';
import { Canary } from '../../src/strategies/canary.js';
import { Pipeline } from '../../src/strategies/pipeline.js';
import { Shadow } from '../../src/strategies/shadow.js';
import { Drive } from './drive.js';

/** A gate that passes once its check has ended well. */
function checked(name = 'golden') {
  const check: GateCheck = { name, timeoutMs: 5000, run: async () => 'done' };
  return {
    name,
    metrics: [] as readonly never[],
    gate: true as const,
    check,
    judge({ checks }: Judged) {
      const result = checks?.[name];
      const outcome = result === undefined ? ('insufficient-data' as const) : result.ok ? 'pass' : 'fail';
      return { rule: name, outcome, reason: JSON.stringify(result?.detail ?? 'not run'), n: 0 } as const;
    },
  };
}

const canary = (gates = [checked()]) =>
  new Drive(new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.1, gates }, { share: 0.5 }] }));

const made = {
  canary: () => ({
    drive: canary(),
    isOver: (drive: Drive<never, string>) => (drive.status().shares['candidate'] ?? 0) >= 0.5,
  }),
  'blue-green': () => ({
    drive: new Drive(new BlueGreen({ blue: 'v1', green: 'v2', gates: [checked()] })),
    isOver: (drive: Drive<never, string>) => drive.status().shares['green'] === 1,
  }),
  shadow: () => ({
    drive: new Drive(new Shadow({ primary: 'v1', shadow: 'v2', until: { gates: [checked()] } })),
    isOver: (drive: Drive<never, string>) => drive.status().settled === 'promoted',
  }),
  pipeline: () => ({
    drive: new Drive(
      new Pipeline({
        stages: {
          first: new Shadow({ primary: 'v1', shadow: 'v2' }),
          second: new Shadow({ primary: 'v1', shadow: 'v2' }),
        },
        leave: { first: { promoted: false, gates: [checked()], arm: 'v2' } },
      }),
    ),
    isOver: (drive: Drive<never, string>) => drive.status().shares['second'] === 1,
  }),
} as const;

describe.each(Object.keys(made) as (keyof typeof made)[])('a check that a gate of a %s asks for', (kind) => {
  const begin = () => {
    const { drive, isOver } = made[kind]();
    return { drive: drive as unknown as Drive<never, string>, isOver };
  };

  test('is a task of the fleet until it has ended, and lets the gate pass', () => {
    const { drive, isOver } = begin();
    expect(drive.tasks()).toEqual([
      expect.objectContaining({ id: 'root#1:gate golden', node: 'root', where: 'fleet', timeoutMs: 5000 }),
    ]);
    for (let look = 0; look < 3; look += 1) drive.tick();
    expect(isOver(drive)).toBe(false);
    drive.settle('gate golden', true, { score: 0.9 });
    expect(drive.last.notices).toEqual([]);
    expect(drive.taskNames()).toEqual([]);
    for (let look = 0; look < 3; look += 1) drive.tick();
    expect(isOver(drive)).toBe(true);
  });

  test('that fails is told, keeps the gate closed, and runs again in a new attempt', () => {
    const { drive, isOver } = begin();
    drive.settle('gate golden', false, { error: 'wrong answers' });
    expect(drive.last.notices.map(({ data }) => data)).toEqual([
      { alert: 'task-failed', severity: 'warning', why: 'golden failed: wrong answers', attempt: 1, task: 'golden' },
    ]);
    expect(drive.taskNames()).toEqual([]);
    for (let look = 0; look < 3; look += 1) drive.tick(1);
    expect(isOver(drive)).toBe(false);
    expect(drive.order('reset')).toBeUndefined();
    expect(drive.tasks().map(({ id }) => id)).toEqual(['root#2:gate golden']);
  });

  test('counts once, and of this attempt only', () => {
    const { drive } = begin();
    const [task] = drive.tasks();
    const end = { type: 'settled', task: task?.id ?? '', node: 'root', ok: true, detail: null } as const;
    drive.send({ ...end, task: 'root#2:gate golden' });
    expect(drive.taskNames()).toEqual(['gate golden']);
    drive.send(end);
    const { state } = drive;
    expect(drive.send({ ...end, ok: false }).state).toBe(state);
    drive.order('reset');
    expect(drive.send(end).state).toBe(drive.state);
    expect(drive.taskNames()).toEqual(['gate golden']);
  });
});

describe('the checks of gates', () => {
  test('are one where two gates share it, and their results keep their time', () => {
    const drive = canary([checked(), checked()]);
    expect(drive.taskNames()).toEqual(['gate golden']);
    drive.now += 7.5;
    drive.settle('gate golden', true, 'fine');
    expect(drive.state.own.guard?.checks).toEqual({
      golden: { ok: true, at: Math.floor(drive.now), detail: 'fine' },
    });
  });

  test('run in the stage that waits for them, and not in a pause', () => {
    const stages = [{ share: 0.1 }, { share: 0.5, gates: [checked()] }] as const;
    const drive = new Drive(new Canary({ baseline: 'v1', candidate: 'v2', stages }));
    expect(drive.taskNames()).toEqual([]);
    drive.tick();
    expect(drive.taskNames()).toEqual(['gate golden']);
    drive.order('pause');
    expect(drive.taskNames()).toEqual([]);
  });

  test('leave no more than 32,000 characters in the record', () => {
    const kept = canary();
    kept.settle('gate golden', true, 'x'.repeat(31_998));
    expect(kept.state.own.guard?.checks?.['golden']?.detail).toHaveLength(31_998);
    const long = canary();
    long.settle('gate golden', true, 'x'.repeat(31_999));
    expect(long.state.own.guard?.checks?.['golden']?.detail).toEqual({ omitted: '32001 characters, of at most 32000' });
  });

  test('are no part of an object by its nature', () => {
    const drive = canary([checked('constructor')]);
    expect(drive.taskNames()).toEqual(['gate constructor']);
  });
});
