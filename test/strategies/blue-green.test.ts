import { describe, expect, test } from 'vitest';
import type { Plan, Split } from '../../src/plan/plan.js';
import { BlueGreen } from '../../src/strategies/blue-green.js';
import { Canary } from '../../src/strategies/canary.js';
import { Drive, dial, gateDial, modelsOf, monday } from './drive.js';
import { sole } from './sole.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const switching = (options: object = {}) =>
  new Drive(new BlueGreen({ blue: 'v1', green: 'v2', ...options } as never) as BlueGreen<'v1', 'v2'>);

const noTools = { serving: () => Promise.resolve(), drained: () => Promise.resolve() };
const smoke = { name: 'smoke', run: () => true };
const parity = { name: 'parity', run: () => true };
const staff = { eq: ['group', 'staff'] } as const;

/** A drive in each phase, at the moment in which it has just been reached. */
const reached = {
  preparing: (options: object = {}) => switching(options),
  ready: (options: object = {}) => {
    const drive = switching(options);
    drive.tick();
    return drive;
  },
  baking: (options: object = {}) => {
    const drive = reached.ready(options);
    drive.tick();
    return drive;
  },
  live: (options: object = {}) => {
    const drive = reached.baking(options);
    drive.tick(10 * minute);
    return drive;
  },
  retired: (options: object = {}) => {
    const drive = reached.live(options);
    drive.tick(day);
    return drive;
  },
  'rolled-back': (options: object = {}) => {
    const drive = switching(options);
    drive.order('rollback');
    return drive;
  },
} as const;
type Phase = keyof typeof reached;
const phases = Object.keys(reached) as Phase[];

function shares(plan: Plan<string>): Readonly<Record<string, number>> {
  const split = (plan.op === 'match' ? plan.otherwise : plan) as Split<string>;
  return Object.fromEntries(split.arms.map(({ arm, share }) => [arm, share]));
}

describe('a blue-green switch', () => {
  test('goes from preparing to retired by itself, one phase per look', () => {
    const drive = switching({ guardrails: [dial()] });
    const seen: unknown[] = [];
    const look = (ms: number) => {
      const before = drive.state.own.phase;
      drive.tick(ms);
      seen.push(drive.last.notices.map(({ data }) => [data.from, data.to, data.why, data['share']]));
      expect(drive.last.notices.length === 1).toBe(before !== drive.state.own.phase);
    };
    for (const ms of [0, 0, 10 * minute - 1, 1, day - 1, 1, day]) look(ms);
    expect(seen).toEqual([
      [['preparing', 'ready', 'green is ready', undefined]],
      [['ready', 'baking', 'green was ready', 1]],
      [],
      [['baking', 'live', 'the bake passed', 1]],
      [],
      [['live', 'retired', 'blue was kept warm for long enough', 1]],
      [],
    ]);
  });

  test('keeps the idle side in the plan without a share, and switches all at once', () => {
    for (const phase of ['preparing', 'ready'] as const)
      expect(shares(reached[phase]().plan())).toEqual({ green: 0, blue: 1 });
    for (const phase of ['baking', 'live'] as const)
      expect(shares(reached[phase]().plan())).toEqual({ green: 1, blue: 0 });
    expect(reached.preparing().plan()).toEqual({
      op: 'split',
      node: 'root',
      epoch: 1,
      salt: 'root',
      arms: [
        { arm: 'green', share: 0, plan: { op: 'serve', model: 'v2' } },
        { arm: 'blue', share: 1, plan: { op: 'serve', model: 'v1' } },
      ],
      cuts: [{ below: 2 ** 32, arm: 1 }],
      missing: 'draw',
      counts: true,
      fallback: 'v1',
    });
    expect(reached.live().plan()).toMatchObject({ cuts: [{ below: 2 ** 32, arm: 0 }], fallback: 'v1' });
  });

  test('takes blue out when it is retired, and green when it is rolled back, so that they can be unloaded', () => {
    expect(reached.retired().plan()).toEqual(sole('root', 'green', 'v2'));
    expect(reached['rolled-back']().plan()).toEqual(sole('root', 'blue', 'v1'));
  });

  test('opens an epoch at each switch, of the revision that stores it, and none where the shares stay', () => {
    const drive = switching();
    drive.revision = 10;
    drive.tick();
    expect(drive.state.own).toMatchObject({ phase: 'ready', epoch: 1, since: monday, firstEpoch: 1 });
    drive.tick(7);
    expect(drive.state.own).toMatchObject({ phase: 'baking', epoch: 12, since: monday + 7, firstEpoch: 1 });
    drive.tick(10 * minute);
    expect(drive.state.own).toMatchObject({ phase: 'live', epoch: 13, since: monday + 7 + 10 * minute });
  });

  test('uses the unit and the salt that it was given, and another salt in the next attempt', () => {
    const drive = switching({ unit: 'tenantId', salt: 'mine' });
    expect(drive.plan()).toMatchObject({ unit: 'tenantId', salt: 'mine' });
    expect(switching().plan()).not.toHaveProperty('unit');
    drive.order('reset');
    expect(drive.plan()).toMatchObject({ salt: 'mine#2' });
  });

  test('may bake for no time, and release blue at once', () => {
    const drive = switching({ bakeMs: 0, keepWarm: { ms: 0 } });
    for (const phase of ['ready', 'baking', 'live', 'retired']) {
      drive.tick();
      expect(drive.state.own.phase).toBe(phase);
    }
  });

  test('ignores instances that come and go', () => {
    const drive = switching();
    const before = drive.state;
    expect(drive.send({ type: 'joined', instance: 'a' }).state).toBe(before);
  });
});

describe('the testers of a blue-green switch', () => {
  test('reach the idle side, whichever that is, while it is in the plan; nobody else does', () => {
    for (const phase of ['preparing', 'ready', 'baking', 'live'] as const) {
      const plan = reached[phase]({ testers: staff }).plan();
      const [idle, model] = phase === 'preparing' || phase === 'ready' ? ['green', 'v2'] : ['blue', 'v1'];
      expect(plan).toMatchObject({
        op: 'match',
        node: 'root',
        rules: [{ name: 'testers', when: staff, arm: idle, plan: { op: 'serve', model } }],
        otherwise: { op: 'split' },
      });
      expect(shares(plan)[idle]).toBe(0);
    }
    for (const phase of ['retired', 'rolled-back'] as const)
      expect(reached[phase]({ testers: staff }).plan()).toMatchObject({ op: 'split', arms: [{ share: 1 }] });
  });
});

describe('the tasks of a blue-green switch', () => {
  const options = { warm: () => undefined, checks: [smoke, { ...parity, timeoutMs: 5 }] };

  test('warm every replica, then check once in the fleet, all checks side by side', () => {
    const drive = switching(options);
    expect(drive.tasks()).toMatchObject([
      { id: 'root#1:warm', node: 'root', name: 'warm', where: 'every', timeoutMs: 10 * minute },
    ]);
    drive.settle('warm');
    expect(drive.state.own.results).toEqual({ warm: { ok: true, detail: '' } });
    expect(drive.last.notices).toEqual([]);
    expect(drive.tasks()).toMatchObject([
      { name: 'warm' },
      { id: 'root#1:check smoke', node: 'root', name: 'check smoke', where: 'fleet', timeoutMs: minute },
      { id: 'root#1:check parity', name: 'check parity', where: 'fleet', timeoutMs: 5 },
    ]);
  });

  test('are all there before green is ready; those that are done are not wanted again, save warm, which each replica needs', () => {
    const drive = switching(options);
    drive.settle('warm');
    drive.settle('check parity');
    expect(drive.taskNames()).toEqual(['warm', 'check smoke']);
    drive.tick(hour);
    expect(drive.state.own.phase).toBe('preparing');
    expect(drive.waits()).toEqual(['check smoke']);
    expect(drive.status()).toMatchObject({ phase: 'running', waitingFor: ['check smoke'] });
    expect(drive.last.verdicts).toEqual([{ node: 'root', verdicts: [], waitingFor: ['check smoke'] }]);
    drive.settle('check smoke');
    expect(drive.state.own.phase).toBe('ready');
    expect(drive.last.notices[0]?.data).toEqual({ from: 'preparing', to: 'ready', why: 'green is warmed and checked' });
    expect(drive.taskNames()).toEqual(['warm']);
    drive.tick();
    expect(drive.state.own.phase).toBe('baking');
    expect(drive.tasks()).toEqual([]);
  });

  test('are none without the options, and none after the switch or a rollback', () => {
    expect(switching().tasks()).toEqual([]);
    for (const phase of ['live', 'retired', 'rolled-back'] as const) {
      const drive = reached[phase]();
      const other = switching(options);
      other.state = drive.state;
      expect(other.tasks()).toEqual([]);
    }
    expect(switching({ checks: [smoke] }).taskNames()).toEqual(['check smoke']);
  });

  test('fail by giving false, by throwing and by rejecting, and by nothing else', async () => {
    const run = async (result: () => unknown) => {
      const [task] = switching({ checks: [{ name: 'x', run: result }] }).tasks();
      return task?.run(new AbortController().signal, noTools);
    };
    for (const fine of [true, undefined, 0, null, '', Promise.resolve(true)])
      await expect(run(() => fine)).resolves.toBeUndefined();
    await expect(run(() => false)).rejects.toThrow('check x gave false');
    await expect(run(() => Promise.resolve(false))).rejects.toThrow('check x gave false');
    await expect(run(() => Promise.reject(new Error('down')))).rejects.toThrow('down');
    await expect(
      run(() => {
        throw new Error('broken');
      }),
    ).rejects.toThrow('broken');
  });

  test('get the signal by which they are stopped', async () => {
    const got: AbortSignal[] = [];
    const drive = switching({ warm: (signal: AbortSignal) => void got.push(signal) });
    const { signal } = new AbortController();
    await drive.tasks()[0]?.run(signal, noTools);
    expect(got).toEqual([signal]);
  });

  test('of an old attempt, or unknown, tell nothing', () => {
    const drive = switching(options);
    const [old] = drive.tasks();
    drive.order('reset');
    const before = drive.state;
    for (const task of [old?.id ?? '', 'root#2:check other', 'warm'])
      expect(drive.send({ type: 'settled', task, node: 'root', ok: true, detail: null }).state).toBe(before);
    expect(drive.settle('warm').state).not.toBe(before);
  });

  test('that succeed again tell nothing new', () => {
    const drive = switching(options);
    drive.settle('warm');
    const before = drive.state;
    expect(drive.settle('warm').state).toBe(before);
  });

  test('tell nothing after the switch: by then it is the guardrails that judge', () => {
    const drive = switching({ warm: () => undefined });
    const [task] = drive.tasks();
    drive.settle('warm');
    drive.tick();
    expect(drive.state.own.phase).toBe('baking');
    const before = drive.state;
    drive.send({ type: 'settled', task: task?.id ?? '', node: 'root', ok: false, detail: 'late' });
    expect(drive.state).toBe(before);
  });
});

describe('a check that fails', () => {
  const options = { checks: [smoke, parity] };
  const failed = (more: object = {}) => {
    const drive = switching({ ...options, ...more });
    drive.settle('check smoke', false, 'wrong answers');
    return drive;
  };

  test('holds green back for ever: traffic never moves to what was not validated', () => {
    const drive = failed();
    expect(drive.last.notices).toEqual([
      {
        type: 'alert',
        node: 'root',
        data: {
          alert: 'task-failed',
          severity: 'warning',
          why: 'check smoke failed: wrong answers',
          attempt: 1,
          task: 'check smoke',
        },
      },
    ]);
    drive.settle('check parity');
    drive.tick(day);
    expect(drive.state.own.phase).toBe('preparing');
    expect(drive.status()).toMatchObject({
      phase: 'waiting',
      waitingFor: ['check smoke, which failed: wrong answers'],
    });
    expect(drive.order('promote')).toBe('green cannot be switched to before check smoke, which failed: wrong answers');
    expect(shares(drive.plan())).toEqual({ green: 0, blue: 1 });
  });

  test('does not hide the others, which still report', () => {
    const drive = failed();
    drive.settle('check parity', false, { error: 'too slow' });
    expect(drive.state.own.results).toEqual({
      'check smoke': { ok: false, detail: 'wrong answers' },
      'check parity': { ok: false, detail: 'too slow' },
    });
  });

  test.each([
    [{ error: 'down' }, 'down'],
    ['down', 'down'],
    [null, 'null'],
    [{ error: 5 }, '5'],
    [['down'], 'a list of 1'],
    [{ code: 5 }, 'an object'],
  ])('with the detail %j is told as %j', (detail, told) => {
    const drive = switching(options);
    drive.settle('check smoke', false, detail);
    expect(drive.state.own.results['check smoke']).toEqual({ ok: false, detail: told });
  });

  test('stays failed, whatever another replica reports', () => {
    const drive = switching({ warm: () => undefined });
    const [task] = drive.tasks();
    drive.settle('warm', false, 'no memory');
    expect(drive.tasks()).toEqual([]);
    const before = drive.state;
    for (const ok of [true, false])
      expect(drive.send({ type: 'settled', task: task?.id ?? '', node: 'root', ok, detail: null }).state).toBe(before);
  });

  test('in another replica takes a green that was ready back, and its approval', () => {
    const drive = switching({
      warm: () => undefined,
      switch: 'approved',
      calendar: { freezes: [{ from: '2026-01-05', to: '2026-01-06' }] },
    });
    drive.settle('warm');
    expect(drive.state.own.phase).toBe('ready');
    drive.order('approve');
    drive.settle('warm', false, 'no memory');
    expect(drive.state.own).toMatchObject({ phase: 'preparing', why: 'warm failed: no memory' });
    expect(drive.state.own).not.toHaveProperty('guard');
  });

  test('gives the attempt up where the options say so', () => {
    const drive = failed({ onCheckFailure: 'rollback' });
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', why: 'check smoke failed: wrong answers' });
    expect(drive.last.notices[0]?.data).toEqual({
      from: 'preparing',
      to: 'rolled-back',
      why: 'check smoke failed: wrong answers',
      share: 0,
    });
    expect(drive.plan()).toEqual(sole('root', 'blue', 'v1'));
  });

  test('is tried again by a new attempt, with tasks of its own', () => {
    const drive = failed();
    expect(drive.order('reset')).toBeUndefined();
    expect(drive.state.own).toMatchObject({ attempt: 2, results: {}, phase: 'preparing' });
    expect(drive.tasks().map(({ id }) => id)).toEqual(['root#2:check smoke', 'root#2:check parity']);
  });

  test('has its reason cut at 500 characters', () => {
    const drive = switching(options);
    drive.settle('check smoke', false, 'x'.repeat(10_000));
    expect(drive.state.own.results['check smoke']?.detail).toBe('x'.repeat(500));
    expect(drive.state.own.why.length).toBeLessThan(600);
  });

  test('may have any name', () => {
    const drive = switching({ checks: [{ name: '__proto__', run: () => true }] });
    drive.settle('check __proto__');
    expect(drive.state.own.phase).toBe('ready');
  });

  test('added in the program takes a green that was ready back to preparing', () => {
    const drive = switching({ checks: [smoke], switch: 'approved' });
    drive.settle('check smoke');
    const edited = switching({ checks: [smoke, parity], switch: 'approved' });
    edited.state = edited.strategy.restore(JSON.parse(JSON.stringify(drive.state)));
    edited.tick();
    expect(edited.state.own.phase).toBe('preparing');
    edited.state = edited.strategy.restore(JSON.parse(JSON.stringify(drive.state)));
    expect(edited.order('promote')).toBe('green cannot be switched to before check parity');
    edited.tick();
    expect(edited.last.notices[0]?.data).toEqual({ from: 'ready', to: 'preparing', why: 'the checks were edited' });
    expect(edited.taskNames()).toEqual(['check parity']);
  });
});

describe('the switch', () => {
  test('waits for an approval where it is asked for', () => {
    const drive = reached.ready({ switch: 'approved' });
    drive.tick(day);
    expect(drive.state.own.phase).toBe('ready');
    expect(drive.waits()).toEqual(['approval']);
    expect(drive.status()).toMatchObject({ phase: 'waiting', waitingFor: ['approval'] });
    expect(drive.order('approve')).toBeUndefined();
    expect(drive.last.notices[0]?.data).toEqual({ from: 'ready', to: 'ready', why: 'approved by ann' });
    expect(drive.order('approve')).toBe('no approval is waited for');
    drive.tick();
    expect(drive.state.own).toMatchObject({ phase: 'baking', why: 'approved' });
  });

  test('takes no answer before green is ready', () => {
    const drive = switching({ switch: 'approved', checks: [smoke] });
    expect(drive.order('approve')).toBe('no approval is waited for');
    expect(drive.order('reject')).toBe('no approval is waited for');
    expect(drive.state.own.phase).toBe('preparing');
  });

  test('is given up by a rejection', () => {
    const drive = reached.ready({ switch: 'approved' });
    expect(drive.order('reject')).toBeUndefined();
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', why: 'rejected (ann)' });
  });

  test('waits for the calendar, approved or not', () => {
    const calendar = { windows: [{ from: '10:00', to: '11:00' }] };
    for (const how of ['automatic', 'approved'] as const) {
      const drive = reached.ready({ calendar, switch: how });
      if (how === 'approved') drive.order('approve');
      drive.tick(hour - 1);
      expect(drive.state.own.phase).toBe('ready');
      expect(drive.waits()).toEqual(['outside the windows for promotions (UTC)']);
      drive.tick(1);
      expect(drive.state.own.phase).toBe('baking');
    }
  });

  test('by a person waits for neither, but for the checks', () => {
    const calendar = { freezes: [{ from: '2026-01-05', to: '2026-01-09' }] };
    const drive = switching({ switch: 'approved', calendar, checks: [smoke] });
    expect(drive.order('promote')).toBe('green cannot be switched to before check smoke');
    drive.settle('check smoke');
    expect(drive.order('promote')).toBeUndefined();
    expect(drive.state.own).toMatchObject({ phase: 'baking', why: 'promoted by ann', epoch: drive.revision });
    const bare = switching();
    expect(bare.order('promote', { arm: 'green' })).toBeUndefined();
    expect(bare.state.own.phase).toBe('baking');
    expect(switching().order('promote', { arm: 'blue' })).toBe("only green can be promoted, not 'blue'");
  });
});

describe('the bake', () => {
  test('ends by age and by outcomes of green since the switch, whichever is later', () => {
    const drive = reached.ready({ bakeMs: 100, minOutcomes: 10 });
    drive.see({ green: { outcomes: 50 } });
    drive.tick();
    expect(drive.status().waitingFor).toEqual(['bake for 100 ms', '10 outcomes']);
    drive.see({ blue: { outcomes: 5 } });
    drive.see({ green: { outcomes: 9 }, blue: { outcomes: 100 } });
    drive.tick(99);
    expect(drive.waits()).toEqual(['bake for 100 ms (now 99)', '1 more outcomes']);
    drive.tick(1);
    expect(drive.waits()).toEqual(['1 more outcomes']);
    drive.see({ green: { outcomes: 1 } });
    drive.tick();
    expect(drive.state.own.phase).toBe('live');
  });

  test('is judged by guardrails, without a control: a failing one switches back at once', () => {
    const rule = dial('errors');
    const drive = reached.baking({ guardrails: [rule] });
    drive.see({ green: { outcomes: 5 } });
    drive.tick(1);
    expect(rule.asked.at(-1)).toMatchObject({
      arm: 'green',
      now: drive.now,
      strata: [{ cells: { green: { outcomes: 5 } } }],
    });
    expect(rule.asked.at(-1)).not.toHaveProperty('control');
    rule.outcome = 'fail';
    const { urgent, verdicts } = drive.tick(1);
    expect(urgent).toEqual([
      {
        type: 'rollback',
        by: 'guardrail errors',
        node: 'root',
        attempt: 1,
        reason: 'it is fail',
        alert: 'guardrail-failed',
        rule: 'errors',
      },
    ]);
    expect(verdicts?.[0]?.verdicts).toHaveLength(1);
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', why: 'it is fail (guardrail errors)' });
    expect(drive.plan()).toEqual(sole('root', 'blue', 'v1'));
  });

  test('is the only time in which guardrails are asked', () => {
    for (const phase of ['preparing', 'ready', 'live', 'retired', 'rolled-back'] as const) {
      const rule = dial('errors');
      const drive = reached[phase]({ guardrails: [rule], switch: 'automatic', keepWarm: { ms: day } });
      rule.asked.length = 0;
      drive.order('pause');
      drive.tick();
      expect([phase, rule.asked.length]).toEqual([phase, 0]);
    }
  });

  test('judges on while it is paused, and before it may end', () => {
    const rule = dial('errors');
    const drive = reached.baking({ guardrails: [rule] });
    drive.order('pause');
    rule.outcome = 'fail';
    drive.tick(hour);
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', paused: false });
  });

  test('tells its verdicts when it passes, and is ended by a person', () => {
    const drive = reached.baking({ guardrails: [dial('errors')] });
    drive.tick(10 * minute);
    expect(drive.last.notices[0]?.data).toMatchObject({ to: 'live', verdicts: [{ rule: 'errors', outcome: 'pass' }] });
    expect(drive.last.verdicts).toEqual([
      { node: 'root', verdicts: [expect.objectContaining({ rule: 'errors' })], stop: { alpha: 0.01, spent: 0 } },
    ]);
    const other = reached.baking({ minOutcomes: 1000 });
    expect(other.order('promote')).toBeUndefined();
    expect(other.state.own).toMatchObject({ phase: 'live', why: 'promoted by ann' });
  });
});

describe('the way back', () => {
  test.each(['preparing', 'ready', 'baking', 'live', 'retired'] as const)(
    'is open when green is %s, at once',
    (phase) => {
      const drive = reached[phase]({ testers: staff });
      drive.now += 3;
      expect(drive.order('rollback')).toBeUndefined();
      expect(drive.state.own).toMatchObject({
        phase: 'rolled-back',
        since: drive.now,
        epoch: drive.revision,
        why: 'it is bad (ann)',
      });
      expect(modelsOf(drive.plan())).toEqual(['v1']);
      expect(drive.last.notices[0]?.data).toEqual({ from: phase, to: 'rolled-back', why: 'it is bad (ann)', share: 0 });
      expect(drive.order('rollback')).toBe('blue serves: green is rolled back already');
      expect(drive.rests(day)).toBe(true);
    },
  );

  test('is not taken for a machine that judged another attempt', () => {
    const drive = reached.baking();
    drive.order('reset');
    expect(drive.order('rollback', { attempt: 1 })).toBe('attempt 1 was judged, and this is attempt 2');
    expect(drive.order('rollback', { attempt: 2 })).toBeUndefined();
  });

  test('is followed by a new attempt only by a command', () => {
    for (const command of ['resume', 'reset'] as const) {
      const drive = reached['rolled-back']();
      expect(drive.order('promote')).toBe('green is rolled back: reset() first');
      drive.now += 5;
      expect(drive.order(command)).toBeUndefined();
      expect(drive.state.own).toMatchObject({
        attempt: 2,
        phase: 'preparing',
        since: drive.now,
        firstEpoch: drive.revision,
        why: 'a new attempt by ann',
      });
      expect(drive.last.notices[0]?.data).toEqual({
        from: 'rolled-back',
        to: 'preparing',
        why: 'a new attempt by ann',
        attempt: 2,
        share: 0,
      });
    }
  });
});

describe('blue is kept warm', () => {
  test('for a time and a number of requests that green has answered since the bake, whichever is later', () => {
    const drive = reached.baking({ keepWarm: { ms: 100, requests: 10 } });
    drive.see({ green: { exposed: 1000 } });
    drive.tick(10 * minute);
    expect(drive.status().waitingFor).toEqual(['keep blue warm for 100 ms', '10 requests']);
    drive.see({ green: { exposed: 9, outcomes: 50 }, blue: { exposed: 50 } });
    drive.tick(99);
    expect(drive.waits()).toEqual(['keep blue warm for 100 ms (now 99)', '1 more requests']);
    drive.tick(1);
    expect(drive.waits()).toEqual(['1 more requests']);
    drive.see({ green: { exposed: 1 } });
    drive.tick();
    expect(drive.state.own).toMatchObject({ phase: 'retired', why: 'blue was kept warm for long enough' });
  });

  test('for requests alone, for a day by default, or for ever', () => {
    const requests = reached.live({ keepWarm: { requests: 1 } });
    requests.tick(30 * day);
    expect(requests.state.own.phase).toBe('live');
    const byDefault = reached.live();
    byDefault.tick(day - 1);
    expect(byDefault.state.own.phase).toBe('live');
    byDefault.tick(1);
    expect(byDefault.state.own.phase).toBe('retired');
    const forEver = reached.live({ keepWarm: 'forever' });
    expect(forEver.rests(1000 * day)).toBe(true);
    expect(forEver.status().waitingFor).toEqual([]);
    expect(forEver.order('pause')).toBe('nothing moves: green is live');
  });

  test('as long as the node is paused', () => {
    const drive = reached.live();
    expect(drive.order('pause')).toBeUndefined();
    drive.tick(2 * day);
    expect(drive.state.own.phase).toBe('live');
    expect(drive.status()).toMatchObject({ phase: 'settled', waitingFor: ['resume()'] });
    drive.order('resume');
    drive.tick();
    expect(drive.state.own.phase).toBe('retired');
  });
});

describe('a command to a blue-green switch', () => {
  const refusals: Readonly<Record<Phase, Readonly<Record<string, string>>>> = {
    preparing: { resume: 'nothing is paused: green is preparing' },
    ready: { resume: 'nothing is paused: green is ready' },
    baking: { resume: 'nothing is paused: green is baking' },
    live: { promote: 'green is live already', resume: 'nothing is paused: green is live' },
    retired: {
      promote: 'green is live already',
      pause: 'nothing moves: green is retired',
      resume: 'nothing is paused: green is retired',
    },
    'rolled-back': {
      promote: 'green is rolled back: reset() first',
      rollback: 'blue serves: green is rolled back already',
      pause: 'nothing moves: green is rolled-back',
    },
  };
  const cases = phases.flatMap((phase) =>
    (['promote', 'rollback', 'pause', 'resume', 'approve', 'reject', 'reset'] as const).map(
      (command) => [phase, command] as const,
    ),
  );

  test.each(cases)('when green is %s: %s', (phase, command) => {
    const drive = reached[phase]();
    const before = drive.state;
    const isAnswer = command === 'approve' || command === 'reject';
    const why = isAnswer ? 'no approval is waited for' : refusals[phase][command];
    expect(drive.order(command)).toBe(why);
    expect(drive.state === before).toBe(why !== undefined);
    expect(drive.last.notices).toHaveLength(why === undefined ? 1 : 0);
  });

  test('to pause stops what would come next, and resume goes on', () => {
    for (const phase of ['preparing', 'ready', 'baking', 'live'] as const) {
      const drive = reached[phase]();
      drive.order('pause');
      expect(drive.last.notices[0]?.data).toEqual({ from: phase, to: 'paused', why: 'paused by ann' });
      expect(drive.order('pause')).toBe('nothing moves: it is paused');
      expect(drive.rests(2 * day)).toBe(true);
      expect(drive.waits()).toEqual(['resume()']);
      if (phase !== 'live') expect(drive.status().phase).toBe('paused');
      drive.order('resume');
      expect(drive.last.notices[0]?.data).toEqual({ from: 'paused', to: phase, why: 'resumed by ann' });
      expect(drive.state.own).toMatchObject({ phase, paused: false, attempt: 1 });
      drive.tick();
      expect(drive.state.own.phase).not.toBe(phase);
    }
  });

  test('to promote or to roll back ends a pause', () => {
    for (const command of ['promote', 'rollback'] as const) {
      const drive = reached.ready();
      drive.order('pause');
      drive.order(command);
      expect(drive.state.own.paused).toBe(false);
    }
  });
});

describe('the status of a blue-green switch', () => {
  test('says in general what is waited for, and no limit of 0', () => {
    const calendar = { freezes: [{ from: '2026-01-05', to: '2026-01-05' }] };
    expect(reached.ready({ calendar }).status().waitingFor).toEqual([]);
    expect(reached.baking().status().waitingFor).toEqual(['bake for 600000 ms']);
    expect(reached.baking({ bakeMs: 0 }).status().waitingFor).toEqual([]);
    expect(reached.live().status().waitingFor).toEqual([`keep blue warm for ${day} ms`]);
    expect(reached.live({ keepWarm: { requests: 5 } }).status().waitingFor).toEqual(['5 requests']);
    expect(reached.retired().status().waitingFor).toEqual([]);
    expect(reached['rolled-back']().status().waitingFor).toEqual([]);
  });

  test.each([
    ['preparing', { phase: 'running', stable: 'v1', shares: { green: 0, blue: 1 } }],
    ['ready', { phase: 'waiting', stable: 'v1' }],
    ['baking', { phase: 'running', stable: 'v1', shares: { green: 1, blue: 0 } }],
    ['live', { phase: 'settled', settled: 'promoted', stable: 'v2', shares: { green: 1, blue: 0 } }],
    ['retired', { phase: 'settled', settled: 'promoted', stable: 'v2', shares: { green: 1, blue: 0 } }],
    ['rolled-back', { phase: 'settled', settled: 'rolled-back', stable: 'v1', shares: { green: 0, blue: 1 } }],
  ] as const)('when green is %s', (phase, status) => {
    const drive = reached[phase]();
    expect(drive.status()).toMatchObject({ node: 'root', kind: 'blue-green', children: [], ...status });
    expect('settled' in drive.status()).toBe('settled' in status);
    const { attempt, since, results, why } = drive.state.own;
    expect(drive.status().detail).toEqual({ phase, attempt, since, results, why });
  });
});

test('a stored state of a blue-green switch is refused when it was not written by one', () => {
  const { state, strategy } = reached.ready({ checks: [] });
  expect(strategy.restore(JSON.parse(JSON.stringify(state)))).toEqual(state);
  const wrong: readonly [string, object][] = [
    ['own.phase', { phase: 'green' }],
    ['own.paused', { paused: 0 }],
    ['own.approved', { approved: null }],
    ['own.results', { results: [] }],
    ['own.results.x.ok', { results: { x: { ok: 1, detail: '' } } }],
    ['own.results.x.detail', { results: { x: { ok: true, detail: 5 } } }],
    ['own.why', { why: '' }],
    ['own.epoch', { epoch: -1 }],
  ];
  for (const [path, change] of wrong) {
    expect(() => strategy.restore({ own: { ...state.own, ...change }, children: {} } as never)).toThrow(path);
  }
});

describe('the options of a blue-green switch', () => {
  test.each([
    [{ testers: { is: ['a', 1] } }, 'strategy.testers'],
    [{ warm: 5 }, 'strategy.warm: must be a function'],
    [
      { checks: [smoke, { name: 'smoke', run: () => 1 }] },
      "strategy.checks[1].name: must differ from the names before (was 'smoke').",
    ],
    [{ checks: [{ name: 'x' }] }, 'strategy.checks[0].run'],
    [{ checks: [{ ...smoke, timeoutMs: 0 }] }, 'strategy.checks[0].timeoutMs'],
    [{ checks: Array.from({ length: 51 }, (_, i) => ({ name: `c${i}`, run: () => 1 })) }, 'a list of 0 to 50'],
    [{ switch: 'manual' }, "strategy.switch: must be 'automatic' or 'approved'"],
    [{ calendar: { windows: [] } }, 'strategy.calendar.windows'],
    [{ bakeMs: -1 }, 'strategy.bakeMs'],
    [{ minOutcomes: 0.5 }, 'strategy.minOutcomes'],
    [{ guardrails: [gateDial()] }, 'strategy.guardrails[0]'],
    [{ keepWarm: {} }, "strategy.keepWarm: must be an object with ms, requests or both (was an object). Or 'forever'."],
    [{ keepWarm: 'for ever' }, "strategy.keepWarm: must be 'forever'"],
    [{ keepWarm: null }, 'strategy.keepWarm'],
    [{ keepWarm: { ms: -1 } }, 'strategy.keepWarm.ms'],
    [{ keepWarm: { requests: 1.5 } }, 'strategy.keepWarm.requests'],
    [{ onCheckFailure: 'stop' }, "strategy.onCheckFailure: must be 'hold' or 'rollback'"],
    [{ unit: '' }, 'strategy.unit'],
    [{ salt: 5 }, 'strategy.salt'],
    [{ greens: 'v2' }, 'strategy.greens: is not an option. Did you mean green?'],
    [{ blue: 5 }, 'strategy.blue'],
  ])('are refused: %j', (options, message) => {
    expect(() => switching(options)).toThrow(message);
    expect(() => switching(options)).toThrow('new BlueGreen:');
  });

  test('may be all there are', () => {
    expect(() =>
      switching({
        testers: staff,
        warm: () => 1,
        checks: [smoke],
        switch: 'approved',
        calendar: {},
        bakeMs: 0,
        minOutcomes: 0,
        guardrails: [],
        keepWarm: 'forever',
        onCheckFailure: 'hold',
        unit: 'u',
        salt: 's',
      }),
    ).not.toThrow();
    expect(() => switching({ keepWarm: { ms: 0 } })).not.toThrow();
    expect(() => switching({ keepWarm: { ms: undefined, requests: 0 } })).not.toThrow();
  });

  test('name the models and metrics that it can reach, and nest', () => {
    const strategy = new BlueGreen({
      blue: 'v1',
      green: new Canary({
        baseline: 'v2',
        candidate: 'v3',
        guardrails: [{ ...dial(), metrics: ['clicked'] as const }],
      }),
      guardrails: [{ ...dial(), metrics: ['revenue'] as const }],
    });
    const models: readonly ('v1' | 'v2' | 'v3')[] = strategy.models;
    const metrics: readonly ('clicked' | 'revenue')[] = strategy.metrics;
    expect([models.toSorted(), metrics.toSorted()]).toEqual([
      ['v1', 'v2', 'v3'],
      ['clicked', 'revenue'],
    ]);
    const drive = new Drive(strategy);
    drive.tick();
    drive.tick();
    expect(drive.plan()).toMatchObject({ arms: [{ arm: 'green', plan: { op: 'split', node: 'root/green' } }, {}] });
    expect(drive.status()).toMatchObject({ stable: 'v1', children: [{ node: 'root/green', stable: 'v2' }] });
  });
});
