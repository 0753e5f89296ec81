import { describe, expect, test } from 'vitest';
import { approved } from '../../src/analysis/approved.js';
import type { Judged } from '../../src/analysis/verdict.js';
import { Canary } from '../../src/strategies/canary.js';
import { Pipeline } from '../../src/strategies/pipeline.js';
import { Shadow } from '../../src/strategies/shadow.js';
import { Drive, dial, gateDial, monday } from './drive.js';

const hour = 3_600_000;
const shadow = (options: object = {}) => new Shadow({ primary: 'v1', shadow: 'v2', ...options });
const canary = (options: object = {}) =>
  new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.1, hold: true }], ...options });
const driven = (leave: object, options: object = {}) =>
  new Drive(
    new Pipeline({
      stages: { first: shadow(), second: canary() },
      leave: { first: { promoted: false, ...leave } },
      ...options,
    }),
  );

/** A gate that waits for so many people. */
const people = (many: number) => ({
  name: 'people',
  metrics: [] as readonly never[],
  gate: true as const,
  judge: ({ approvals = [] }: Judged) => ({
    rule: 'people',
    outcome: approvals.length >= many ? ('pass' as const) : ('insufficient-data' as const),
    reason: `${approvals.length} of ${many}`,
    n: approvals.length,
  }),
});

describe('the approvals of a pipeline', () => {
  test('are kept with who and when, wanted aloud once, and expire', () => {
    const gate = gateDial();
    const drive = driven({ approval: true, approvalExpiresMs: 100, gates: [gate], arm: 'v2' });
    drive.tick();
    expect(drive.last.notices.map(({ data }) => data['alert'])).toEqual(['approval-wanted']);
    expect(drive.rests(1)).toBe(true);
    expect(drive.order('approve')).toBeUndefined();
    expect(drive.state.own.guard?.approvals).toEqual([{ by: 'ann', at: monday + 1 }]);
    gate.outcome = 'inconclusive';
    drive.tick(99);
    gate.outcome = 'pass';
    drive.tick(1);
    expect(drive.waits()).toEqual(['approval']);
    expect(drive.last.notices.map(({ data }) => data['alert'])).toEqual(['approval-wanted']);
    drive.order('approve');
    drive.tick();
    expect(drive.state.own.stage).toBe('second');
    expect(drive.state.own.guard?.approvals).toBeUndefined();
  });

  test('answer a gate that waits for people, and the stage where it does not', () => {
    const drive = driven({ gates: [people(2)], arm: 'v2' });
    expect(drive.order('approve')).toBeUndefined();
    drive.tick();
    expect(drive.state.own.stage).toBe('first');
    expect(drive.order('approve')).toBeUndefined();
    drive.tick();
    expect(drive.state.own.stage).toBe('second');
    drive.tick();
    expect(drive.order('approve')).toBeUndefined();
    expect(drive.state.own.guard?.approvals).toBeUndefined();
  });

  test('of a state from before they had names are read as one by a person', () => {
    const { strategy, state } = driven({ approval: true });
    const old = { own: { ...state.own, order: 'approved' }, children: state.children };
    expect(strategy.restore(JSON.parse(JSON.stringify(old))).own).toEqual({
      ...state.own,
      order: 'none',
      guard: { approvals: [{ by: 'a person', at: monday }] },
    });
    expect(strategy.restore(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });
});

describe('an `approved` gate of a pipeline', () => {
  const told = (drive: ReturnType<typeof driven>) => drive.last.notices.map(({ data }) => data['alert']);

  test('is wanted aloud like an approval: once nothing else is missing, and once', () => {
    const gate = gateDial();
    gate.outcome = 'inconclusive';
    const drive = driven({ gates: [approved({ by: ['bob'] }), gate], arm: 'v2', minAgeMs: 2 });
    drive.tick(1);
    expect(told(drive)).toEqual([]);
    drive.tick(1);
    expect(told(drive)).toEqual([]);
    gate.outcome = 'pass';
    drive.tick(1);
    expect(told(drive)).toEqual(['approval-wanted']);
    expect(drive.rests(1)).toBe(true);
  });

  test('is not wanted where another gate is open, nor before the stage is promoted', () => {
    const other = driven({ gates: [gateDial('x', 'inconclusive')], arm: 'v2' });
    other.tick(1);
    expect(told(other)).toEqual([]);
    const unpromoted = driven({ gates: [approved()], arm: 'v2', promoted: true });
    unpromoted.tick(1);
    expect(told(unpromoted)).toEqual([]);
  });
});

describe('the deadline of a stage of a pipeline', () => {
  const late = (more: object = {}, options: object = {}) =>
    driven({ gates: [gateDial('x', 'inconclusive')], arm: 'v2', maxAgeMs: 100, ...more }, options);
  const alerts = (drive: ReturnType<typeof driven>) =>
    drive.last.notices.filter(({ type }) => type === 'alert').map(({ data }) => data);

  test('is told once, and the stage stays until it may be left or a person ends it', () => {
    const gate = gateDial('x', 'inconclusive');
    const drive = late({ gates: [gate] });
    drive.tick(99);
    expect(alerts(drive)).toEqual([]);
    drive.tick(1);
    expect(alerts(drive)).toEqual([
      {
        alert: 'deadline',
        severity: 'warning',
        why: expect.stringMatching(/^stage first passed its deadline waiting for x: /),
        attempt: 1,
        stage: 'first',
      },
    ]);
    expect(drive.rests(1)).toBe(true);
    gate.outcome = 'pass';
    drive.tick();
    expect(drive.state.own.stage).toBe('second');
  });

  test('rolls back where that was asked for, by the machine and aloud', () => {
    const drive = late({ onDeadline: 'rollback' });
    drive.tick(99);
    expect(drive.status().settled).toBeUndefined();
    drive.tick(1);
    expect(drive.status().settled).toBe('rolled-back');
    expect(alerts(drive)).toMatchObject([{ alert: 'deadline', stage: 'first' }]);
    expect(drive.status().stable).toBe('v1');
    expect(drive.state.own.why).toMatch(/^stage first passed its deadline waiting for x: .* \(deadline\)$/);
  });

  test('is none for a stage that may be left, is paused, or that a person has ordered on', () => {
    const passed = late({ gates: [gateDial()], onDeadline: 'rollback' });
    passed.tick(100);
    expect(passed.state.own.stage).toBe('second');
    const paused = late({ onDeadline: 'rollback' });
    paused.order('pause');
    paused.tick(100);
    expect(paused.status().settled).toBeUndefined();
    const done = late({ promoted: true, onDeadline: 'rollback' });
    done.state = { ...done.state, own: { ...done.state.own, order: 'promoted' } };
    done.tick(100);
    expect(done.status().settled).not.toBe('rolled-back');
  });

  test('only says so where nothing is done, and is of one attempt', () => {
    const drive = late({ onDeadline: 'rollback' }, { mode: 'observe' });
    drive.tick(100);
    expect(alerts(drive)).toMatchObject([{ alert: 'would-have' }]);
    expect(drive.status().settled).toBeUndefined();
    expect(drive.status().detail).toMatchObject({ wouldHave: ['rollback: deadline of first'] });
  });

  test('must not be before the least age, nor a policy without it', () => {
    expect(() => late({ minAgeMs: 101 })).toThrow('leave.first.maxAgeMs: must be at least minAgeMs, 101 (was 100)');
    expect(() => late({ minAgeMs: 100 })).not.toThrow();
    expect(() => late({ onDeadline: 'advance' })).toThrow('leave.first.onDeadline');
    expect(() => driven({ onDeadline: 'hold', minAgeMs: 1 })).toThrow('must be left out without maxAgeMs');
  });
});

describe('a pipeline that only observes', () => {
  test('leaves no stage by itself, tells once, and obeys people', () => {
    const drive = driven({ minAgeMs: 1 }, { mode: 'observe' });
    drive.tick(1);
    expect(drive.state.own.stage).toBe('first');
    expect(drive.last.notices.map(({ data }) => data['why'])).toEqual(['it would enter second: stage first is over']);
    expect(drive.status().detail).toMatchObject({ wouldHave: ['enter second'] });
    expect(drive.rests(hour)).toBe(true);
    expect(drive.order('promote')).toBeUndefined();
    expect(drive.state.own.stage).toBe('second');
  });
});

describe('a pipeline with a quarantined stage', () => {
  test('begins no new attempt without an override', () => {
    const rule = Object.assign(dial('errors', 'fail'), { severity: 'quarantine' as const });
    const drive = new Drive(new Pipeline({ stages: { only: canary({ guardrails: [rule] }), next: shadow() } }));
    drive.tick();
    expect(drive.status().settled).toBe('rolled-back');
    for (const type of ['reset', 'resume'] as const) {
      expect(drive.order(type)).toMatch(/^only is quarantined: it is fail .*Only an override tries it again$/);
    }
    rule.outcome = 'pass';
    expect(drive.send({ type: 'resume', by: 'ann', override: true }).refused).toBeUndefined();
    expect(drive.state.own.attempt).toBe(2);
    expect(drive.status().settled).toBeUndefined();
  });

  test('finds it however deep it is', () => {
    const rule = Object.assign(dial('errors', 'fail'), { severity: 'quarantine' as const });
    const nested = new Canary({
      baseline: 'v1',
      candidate: canary({ guardrails: [rule] }),
      stages: [{ share: 1, hold: true }],
    });
    const drive = new Drive(new Pipeline({ stages: { only: nested, next: shadow() } }));
    drive.tick();
    expect(drive.order('reset')).toContain('quarantined');
  });
});

test('a gate that fails to judge is told once', () => {
  const drive = driven({ gates: [gateDial('gate', 'error')], arm: 'v2' });
  drive.tick();
  expect(drive.last.notices.map(({ data }) => [data['alert'], data['rule']])).toEqual([['rule-error', 'gate']]);
  expect(drive.rests(1)).toBe(true);
});

test('a shadow answers a gate that waits for people, of every shadow alike', () => {
  const drive = new Drive(
    shadow({ shadow: ['v2', 'v3'], until: { gates: [people(1)], approvalExpiresMs: 10 } }) as Shadow<'v1', 'v2' | 'v3'>,
  );
  drive.tick();
  expect(drive.waits()).toEqual(['people of v2: 0 of 1', 'people of v3: 0 of 1']);
  expect(drive.order('approve')).toBeUndefined();
  expect(drive.order('approve')).toBe('no approval is waited for');
  drive.tick(10);
  expect(drive.state.own.phase).toBe('mirroring');
  expect(drive.order('approve')).toBeUndefined();
  drive.tick(9);
  expect(drive.state.own.phase).toBe('complete');
});
