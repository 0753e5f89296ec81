import { describe, expect, test } from 'vitest';
import { approved } from '../../src/analysis/approved.js';
import type { Judged, Outcome } from '../../src/analysis/verdict.js';
import { Canary } from '../../src/strategies/canary.js';
import type { StagePolicy } from '../../src/strategies/stages.js';
import { Drive, dial, gateDial, monday } from './drive.js';

const minute = 60_000;
const hour = 60 * minute;

const canary = (options: object = {}) =>
  new Drive(
    new Canary({
      baseline: 'v1',
      candidate: 'v2',
      stages: [{ share: 0.1 }, { share: 0.5 }],
      ...options,
    } as never) as Canary<'v1', 'v2'>,
  );
const alertsOf = (drive: ReturnType<typeof canary>) =>
  drive.last.notices.flatMap(({ type, data }) => (type === 'alert' ? [data['alert']] : []));

describe('at the deadline of a stage', () => {
  const policies: readonly StagePolicy[] = ['wait', 'hold', 'advance', 'rollback'];
  const optionOf = {
    inconclusive: 'onInconclusive',
    'insufficient-data': 'onInsufficient',
    error: 'onError',
    cancelled: 'onError',
    fail: 'onDeadline',
  } as const satisfies Readonly<Partial<Record<Outcome, string>>>;
  const cases = Object.entries(optionOf).flatMap(([outcome, option]) =>
    policies.map((policy) => [outcome as keyof typeof optionOf, option, policy] as const),
  );

  test.each(cases)('a gate that says %s leads to what %s: %s says', (outcome, option, policy) => {
    const gate = gateDial('gate', outcome);
    // Every other policy would do something else.
    const others = policy === 'wait' ? 'hold' : 'wait';
    const rest = { onDeadline: others, onInsufficient: others, onInconclusive: others, onError: others };
    const drive = canary({
      stages: [{ share: 0.1, maxAgeMs: 100, gates: [gate], ...rest, [option]: policy }, { share: 0.5 }],
    });
    drive.tick(99);
    expect(drive.state.own).toMatchObject({ stage: '10%', phase: 'ramping' });
    expect(alertsOf(drive)).toEqual(outcome === 'error' ? ['rule-error'] : []);
    drive.tick(1);
    // What was shown not to hold is gone past by nobody but a person.
    const led = policy === 'advance' && outcome === 'fail' ? 'hold' : policy;
    expect(drive.state.own.phase).toBe(led === 'rollback' ? 'rolled-back' : 'ramping');
    expect(drive.state.own.stage).toBe(led === 'advance' ? '50%' : '10%');
    if (led === 'wait' || led === 'hold') {
      expect(alertsOf(drive)).toEqual(['deadline']);
      expect(drive.waits()?.includes('approval')).toBe(led === 'hold');
      expect(drive.order('approve')).toBe(led === 'hold' ? undefined : 'no approval is waited for');
      drive.tick(1);
      expect(drive.state.own.stage).toBe(led === 'hold' ? '50%' : '10%');
      expect(alertsOf(drive)).toEqual([]);
    }
    if (led === 'rollback') expect(alertsOf(drive)).toEqual(['deadline']);
  });

  test.each([
    ['advance', 'wait', 'wait'],
    ['wait', 'hold', 'hold'],
    ['hold', 'rollback', 'rollback'],
    ['advance', 'rollback', 'rollback'],
    ['advance', 'advance', 'advance'],
  ] as const)('of %s and %s for two gates, %s wins: the most cautious', (one, other, wins) => {
    for (const [onInconclusive, onInsufficient] of [
      [one, other],
      [other, one],
    ]) {
      const gates = [gateDial('a', 'inconclusive'), gateDial('b', 'insufficient-data')];
      const drive = canary({
        stages: [{ share: 0.1, maxAgeMs: 1, gates, onInconclusive, onInsufficient }, { share: 0.5 }],
      });
      drive.tick(1);
      expect(drive.state.own.phase === 'rolled-back').toBe(wins === 'rollback');
      expect(drive.state.own.stage).toBe(wins === 'advance' ? '50%' : '10%');
      expect(drive.waits()?.includes('approval') ?? false).toBe(wins === 'hold');
    }
  });

  test.each([
    ['inconclusive', 'advance', '50%'],
    ['error', 'advance', '10%'],
    ['cancelled', 'advance', '10%'],
    ['insufficient-data', 'advance', '10%'],
    ['insufficient-data', 'rollback', '10%'],
  ] as const)(
    'what is not named for %s follows onDeadline: %s, but goes nowhere without data',
    (outcome, onDeadline, stage) => {
      const gates = [gateDial('a', outcome)];
      const drive = canary({ stages: [{ share: 0.1, maxAgeMs: 1, gates, onDeadline }, { share: 0.5 }] });
      drive.tick(1);
      expect(drive.state.own).toMatchObject({ stage, phase: 'ramping' });
    },
  );

  test('an error rolls back where onDeadline says so and nothing else is said', () => {
    const drive = canary({
      stages: [{ share: 0.1, maxAgeMs: 1, gates: [gateDial('a', 'error')], onDeadline: 'rollback' }, { share: 0.5 }],
    });
    drive.tick(1);
    expect(drive.state.own.phase).toBe('rolled-back');
  });
});

describe('an approval', () => {
  const stages = [{ share: 0.1, hold: true, approvalExpiresMs: 100 }, { share: 0.5 }];

  test('is wanted aloud, once, and again after one that expired', () => {
    const drive = canary({ stages, calendar: { freezes: [{ from: '2026-01-05', to: '2026-01-05' }] } });
    drive.tick();
    expect(drive.last.notices[0]?.data).toEqual({
      alert: 'approval-wanted',
      severity: 'info',
      why: 'stage 10% waits for approve()',
      attempt: 1,
      stage: '10%',
    });
    drive.tick(1);
    expect(alertsOf(drive)).toEqual([]);
    expect(drive.order('approve')).toBeUndefined();
    expect(drive.state.own.guard?.approvals).toEqual([{ by: 'ann', at: monday + 1 }]);
    expect(drive.status().detail).toMatchObject({ approvals: [{ by: 'ann', at: monday + 1 }] });
    drive.tick(99);
    expect(drive.waits()?.[0]).toContain('froz');
    expect(drive.order('approve')).toBe('no approval is waited for');
    drive.tick(1);
    expect(drive.waits()).toEqual(['approval']);
    expect(alertsOf(drive)).toEqual(['approval-wanted']);
    expect(drive.order('approve')).toBeUndefined();
    drive.tick(24 * hour);
    expect(drive.waits()).toEqual(['approval']);
  });

  test('of a gate is wanted aloud as that of `hold` is: once nothing else is missing', () => {
    const gate = gateDial('a', 'inconclusive');
    const drive = canary({
      stages: [{ share: 0.1, minAgeMs: 2, gates: [gate, approved({ by: ['bob'] })] }, { share: 0.5 }],
    });
    drive.tick(1);
    expect(alertsOf(drive)).toEqual([]);
    drive.tick(1);
    expect(alertsOf(drive)).toEqual([]);
    gate.outcome = 'pass';
    drive.tick(1);
    expect(alertsOf(drive)).toEqual(['approval-wanted']);
    drive.tick(1);
    expect(alertsOf(drive)).toEqual([]);
    const young = canary({ stages: [{ share: 0.1, minAgeMs: 2, gates: [approved()] }, { share: 0.5 }] });
    young.tick(1);
    expect(alertsOf(young)).toEqual([]);
    const observing = canary({ mode: 'observe', stages: [{ share: 0.1, gates: [approved()] }, { share: 0.5 }] });
    observing.tick(1);
    expect(alertsOf(observing)).toEqual([]);
  });

  test('is not wanted by a gate that only copies what it is given', () => {
    const copying = {
      ...gateDial('a', 'inconclusive'),
      judge: (judged: Judged) => ({ ...gateDial('a', 'inconclusive').judge({ ...judged }) }),
    };
    const drive = canary({ stages: [{ share: 0.1, gates: [copying] }, { share: 0.5 }] });
    drive.tick(1);
    expect(alertsOf(drive)).toEqual([]);
  });

  test('answers a gate that waits for people, with who and when, and no other', () => {
    const twoPeople = {
      name: 'two people',
      metrics: [] as readonly never[],
      gate: true as const,
      asked: [] as Judged[],
      judge(judged: Judged) {
        twoPeople.asked.push(judged);
        const by = new Set(judged.approvals?.map((approval) => approval.by));
        const outcome = by.size >= 2 ? ('pass' as const) : ('insufficient-data' as const);
        return { rule: 'two people', outcome, reason: `${by.size} of 2`, n: by.size };
      },
    };
    const drive = canary({
      stages: [{ share: 0.1, gates: [gateDial('other', 'inconclusive'), twoPeople] }, { share: 0.5 }],
    });
    drive.tick();
    expect(drive.order('approve')).toBeUndefined();
    // The same person once more changes nothing.
    expect(drive.order('approve')).toBe('no approval is waited for');
    expect(drive.send({ type: 'approve', by: 'bob' }).refused).toBeUndefined();
    drive.tick(5);
    expect(twoPeople.asked.at(-1)).toMatchObject({
      since: monday,
      approvals: [
        { by: 'ann', at: monday },
        { by: 'bob', at: monday },
      ],
    });
    expect(drive.waits()).toEqual(['other: it is inconclusive']);
  });

  test('is of its stage: the next one has none', () => {
    const drive = canary({
      stages: [
        { share: 0.1, hold: true },
        { share: 0.5, hold: true },
      ],
    });
    drive.tick();
    drive.order('approve');
    drive.tick();
    expect(drive.state.own.stage).toBe('50%');
    drive.tick();
    expect(drive.waits()).toEqual(['approval']);
  });

  test('of nobody with a name can be read again', () => {
    const drive = canary({ stages });
    drive.tick();
    drive.send({ type: 'approve', by: '' });
    expect(drive.strategy.restore(JSON.parse(JSON.stringify(drive.state)))).toEqual(drive.state);
  });
});

describe('a step back', () => {
  const shrunk = (options: object = {}) => {
    const rule = Object.assign(dial('errors'), { severity: 'shrink' as const });
    const drive = canary({
      stages: [{ share: 0.1 }, { share: 0.5, minAgeMs: 10 }, { share: 1 }],
      guardrails: [rule],
      ...options,
    });
    drive.tick();
    rule.outcome = 'fail';
    drive.see({ candidate: { outcomes: 7 } });
    drive.tick(5);
    return { drive, rule };
  };

  test('goes one stage down, holds there, and counts its evidence anew', () => {
    const { drive, rule } = shrunk();
    expect(drive.state.own).toMatchObject({
      phase: 'ramping',
      stage: '10%',
      share: 0.1,
      epoch: drive.revision,
      firstEpoch: drive.revision,
      since: monday + 5,
      why: 'guardrail errors: it is fail',
      guard: { held: { rule: 'errors', why: 'it is fail', excuses: false }, fellAt: monday + 5, flips: [monday + 5] },
    });
    expect(drive.last.notices.map(({ type, data }) => [type, data['to'] ?? data['alert'], data['share']])).toEqual([
      ['transition', '10%', 0.1],
      ['alert', 'shrunk', 0.1],
    ]);
    rule.outcome = 'pass';
    drive.tick(hour);
    expect(rule.asked.at(-1)?.strata).toEqual([]);
    expect(drive.state.own.stage).toBe('10%');
    expect(drive.order('approve')).toBeUndefined();
    expect(drive.state.own.guard).not.toHaveProperty('excused');
    drive.tick();
    expect(drive.state.own.stage).toBe('50%');
    // Judged as before: it was not excused.
    rule.outcome = 'fail';
    drive.tick();
    expect(drive.state.own.stage).toBe('10%');
  });

  test('from the first stage is a rollback', () => {
    const { drive } = shrunk();
    drive.tick();
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', byMachine: true });
    expect(drive.state.own.guard).not.toHaveProperty('held');
    expect(alertsOf(drive)).toEqual(['guardrail-failed']);
  });

  test('leaves a pause a pause, and a share that is kept ramps again', () => {
    const rule = Object.assign(dial('errors'), { severity: 'shrink' as const });
    const paused = canary({ guardrails: [rule] });
    paused.tick();
    paused.order('pause');
    rule.outcome = 'fail';
    paused.tick();
    expect(paused.state.own).toMatchObject({ phase: 'paused', stage: '10%' });
    rule.outcome = 'pass';
    const kept = canary({ guardrails: [rule], then: 'keep' });
    kept.tick();
    kept.tick();
    expect(kept.state.own.phase).toBe('kept');
    rule.outcome = 'fail';
    kept.tick();
    expect(kept.state.own).toMatchObject({ phase: 'ramping', stage: '10%' });
  });
});

describe('a cool-down', () => {
  test('keeps everything from growing by itself for so long after a fall, and no person', () => {
    const rule = dial('errors');
    const drive = canary({ guardrails: [rule], coolDownMs: 100, retry: { times: 5, afterMs: 0 } });
    rule.outcome = 'fail';
    drive.tick();
    rule.outcome = 'pass';
    drive.tick(99);
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', attempt: 1 });
    drive.tick(1);
    expect(drive.state.own).toMatchObject({ phase: 'ramping', attempt: 2 });
    expect(drive.state.own.guard).toEqual({ fellAt: monday, flips: [monday, monday + 100] });
    drive.order('rollback');
    drive.order('resume');
    drive.tick(99);
    expect(drive.waits()).toEqual(['cool-down of 100 ms (1 left)']);
    expect(drive.state.own.stage).toBe('10%');
    drive.tick(1);
    expect(drive.state.own.stage).toBe('50%');
    drive.order('rollback');
    expect(drive.order('promote')).toBeUndefined();
  });

  test('is not there unless it is asked for', () => {
    const drive = canary();
    drive.order('rollback');
    drive.order('resume');
    drive.tick();
    expect(drive.state.own.stage).toBe('50%');
  });
});

describe('flips', () => {
  test('are limited within an hour, by the machine only', () => {
    const rule = dial('errors', 'fail');
    const drive = canary({ guardrails: [rule], retry: { times: 99, afterMs: 0, maxFlipsPerHour: 4 } });
    // Rolled back, tried again, rolled back, tried again: four flips, and a fifth that no limit keeps from happening.
    for (let look = 0; look < 20; look += 1) drive.tick(1);
    expect(drive.state.own).toMatchObject({ attempt: 3, phase: 'rolled-back' });
    expect(drive.state.own.guard?.flips).toHaveLength(5);
    const [first = 0, second = 0] = drive.state.own.guard?.flips ?? [];
    drive.now = first + hour - 1;
    drive.tick();
    expect(drive.state.own.attempt).toBe(3);
    drive.now = second + hour;
    drive.tick();
    expect(drive.state.own.attempt).toBe(4);
  });

  test('do not keep a person from a new attempt', () => {
    const drive = canary({ guardrails: [dial('errors', 'fail')], retry: { times: 9, afterMs: 0, maxFlipsPerHour: 1 } });
    drive.tick();
    drive.tick();
    expect(drive.state.own.attempt).toBe(1);
    expect(drive.order('resume')).toBeUndefined();
    expect(drive.state.own.attempt).toBe(2);
  });
});

describe('the watch after a promotion', () => {
  const watching = (options: object = {}) => {
    const rule = dial('errors');
    const drive = canary({
      stages: [{ share: 0.5 }],
      guardrails: [rule],
      watch: { forMs: 100, share: 0.05 },
      ...options,
    });
    drive.tick();
    return { drive, rule };
  };

  test('holds a small share back, and ends by time', () => {
    const { drive } = watching();
    expect(drive.state.own).toMatchObject({ phase: 'watching', share: 0.95 });
    expect(drive.status()).toMatchObject({ phase: 'running', stable: 'v1', waitingFor: ['watch of 100 ms'] });
    expect(drive.status()).not.toHaveProperty('settled');
    drive.tick(99);
    expect(drive.waits()).toEqual(['watch of 100 ms (1 left)']);
    drive.tick(1);
    expect(drive.state.own).toMatchObject({ phase: 'promoted', share: 1, why: 'the watch passed' });
    expect(drive.rests(hour)).toBe(true);
  });

  test.each([['shrink'], ['rollback']] as const)('rolls back by a guardrail of severity %s', (severity) => {
    const { drive, rule } = watching();
    Object.assign(rule, { severity, outcome: 'fail' });
    drive.tick(1);
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', share: 0, byMachine: true });
    expect(alertsOf(drive)).toEqual(['watch-failed']);
  });

  test('quarantines, and goes on while it is held', () => {
    const hard = watching();
    Object.assign(hard.rule, { severity: 'quarantine', outcome: 'fail' });
    hard.drive.tick(1);
    expect(alertsOf(hard.drive)).toEqual(['quarantined']);
    const soft = watching();
    Object.assign(soft.rule, { severity: 'hold', outcome: 'fail' });
    soft.drive.tick(200);
    expect(soft.drive.state.own.phase).toBe('watching');
    expect(soft.drive.order('approve')).toBeUndefined();
    soft.drive.tick();
    expect(soft.drive.state.own.phase).toBe('promoted');
  });

  test('waits for the calendar, which says when shares may grow', () => {
    const { drive } = watching({ calendar: { freezes: [{ from: '2026-01-06', to: '2026-01-06' }] } });
    drive.tick(24 * hour);
    expect(drive.state.own.phase).toBe('watching');
    expect(drive.waits()?.[0]).toContain('froz');
    drive.tick(24 * hour);
    expect(drive.state.own.phase).toBe('promoted');
  });

  test("is not of a person's promotion, and ends by one", () => {
    const byPerson = canary({ watch: { forMs: 100, share: 0.05 } });
    byPerson.order('promote');
    expect(byPerson.state.own).toMatchObject({ phase: 'promoted', share: 1 });
    const { drive } = watching();
    expect(drive.order('promote')).toBeUndefined();
    expect(drive.state.own).toMatchObject({ phase: 'promoted', share: 1, guard: { promotedBy: 'ann' } });
  });

  test('ends by itself where it only observes no more', () => {
    const { drive } = watching();
    const observing = new Canary({
      baseline: 'v1',
      candidate: 'v2',
      stages: [{ share: 0.5 }],
      watch: { forMs: 100, share: 0.05 },
      mode: 'observe',
    });
    const other = Object.assign(new Drive(observing), { state: drive.state, now: drive.now });
    other.tick(100);
    expect(other.state.own).toMatchObject({ phase: 'watching', share: 0.95 });
    expect(other.status().detail).toMatchObject({ wouldHave: ['end the watch'] });
  });
});

describe('a canary that only observes', () => {
  test('passes no stage, and says once per stage that it would', () => {
    const drive = canary({ mode: 'observe' });
    drive.tick();
    expect(drive.state.own).toMatchObject({ stage: '10%', share: 0.1, epoch: 1 });
    expect(drive.last.notices.map(({ data }) => data['why'])).toEqual(['it would pass stage 10%: all of it is there']);
    expect(drive.rests(hour)).toBe(true);
    expect(drive.order('promote')).toBeUndefined();
    expect(drive.state.own.share).toBe(1);
  });

  test('rolls back by no deadline, and tries nothing again', () => {
    const stages = [{ share: 0.1, maxAgeMs: 1, gates: [gateDial('a', 'inconclusive')], onDeadline: 'rollback' }];
    const drive = canary({ mode: 'observe', stages });
    drive.tick(1);
    expect(drive.state.own.phase).toBe('ramping');
    expect(drive.status().detail).toMatchObject({ wouldHave: ['rollback: deadline of 10%'] });
    const acting = canary({ guardrails: [dial('errors', 'fail')], retry: { times: 1, afterMs: 0 } });
    acting.tick();
    const observing = canary({ mode: 'observe', retry: { times: 1, afterMs: 0 } });
    observing.state = acting.state;
    expect(observing.rests(hour)).toBe(true);
  });
});

test.each([
  [{ alpha: 0 }, 'strategy.alpha'],
  [{ alpha: 1 }, 'strategy.alpha'],
  [{ mode: 'watch' }, "strategy.mode: must be 'act' or 'observe'"],
  [{ watch: { forMs: 0, share: 0.1 } }, 'strategy.watch.forMs'],
  [{ watch: { forMs: 1, share: 0 } }, 'strategy.watch.share'],
  [{ watch: { forMs: 1, share: 1 } }, 'strategy.watch.share'],
  [{ coolDownMs: -1 }, 'strategy.coolDownMs'],
  [{ retry: { times: 1, afterMs: 0, maxFlipsPerHour: 0 } }, 'strategy.retry.maxFlipsPerHour'],
  [{ stages: [{ share: 0.1, onInconclusive: 'go' }] }, 'strategy.stages[0].onInconclusive'],
  [{ stages: [{ share: 0.1, onError: 'go' }] }, 'strategy.stages[0].onError'],
  [{ stages: [{ share: 0.1, approvalExpiresMs: 0 }] }, 'strategy.stages[0].approvalExpiresMs'],
])('the option %j is refused', (options, path) => {
  expect(() => canary(options)).toThrow(path);
});
