import { describe, expect, test } from 'vitest';
import { dial } from '../drive.js';
import { servers } from './cases.js';

const dialled = (severity: 'hold' | 'rollback' | 'quarantine') => Object.assign(dial(), { severity });
const failing = (severity: 'rollback') => Object.assign(dialled(severity), { outcome: 'fail' as const });

function midway(options: object) {
  const roll = servers(options);
  roll.tick();
  for (const step of ['drain a', 'update a', 'check a']) roll.settle(step);
  return roll;
}

describe('a guardrail of a rolling update', () => {
  test('that holds keeps the next instance from beginning, until a person approves', () => {
    const rule = dialled('hold');
    const roll = midway({ guardrails: [rule] });
    rule.outcome = 'fail';
    const look = roll.tick();
    expect([look.urgent, look.notices]).toMatchObject([undefined, [{ type: 'alert', data: { alert: 'held' } }]]);
    for (const step of ['drain b', 'update b', 'check b']) roll.settle(step);
    roll.tick();
    expect(roll.taskNames()).toEqual([]);
    expect(roll.status().waitingFor[0]).toMatch(/^approval, since guardrail dial holds it/u);
    expect(roll.order('approve')).toBeUndefined();
    roll.tick();
    expect(roll.taskNames()).toEqual(['drain c']);
    expect(roll.order('approve')).toBe('no approval is waited for');
  });

  test('that holds never keeps it from going back, and a rejection does', () => {
    const rule = dialled('hold');
    const roll = midway({ guardrails: [rule] });
    rule.outcome = 'fail';
    roll.tick();
    expect(roll.order('reject')).toBeUndefined();
    expect(roll.own.phase).toBe('reversing');
    roll.finish();
    expect(roll.status().settled).toBe('rolled-back');
  });

  test('that quarantines bars another attempt, unless a person overrides it', () => {
    const rule = dialled('quarantine');
    const roll = midway({ guardrails: [rule] });
    rule.outcome = 'fail';
    roll.tick();
    expect(roll.own.phase).toBe('reversing');
    roll.finish();
    expect(roll.order('reset')).toContain('it is quarantined');
    expect(roll.order('resume')).toContain('it is quarantined');
    expect(roll.send({ type: 'reset', by: 'ann', override: true }).refused).toBeUndefined();
    expect(roll.own).toMatchObject({ attempt: 2, phase: 'rolling' });
    expect(roll.own.guard?.quarantined).toBeUndefined();
  });

  test('that is only observed tells what it would have done', () => {
    const roll = midway({ guardrails: [failing('rollback')], mode: 'observe' });
    const alerts = roll.own.guard?.told;
    expect(alerts).toEqual(['would-have: rollback: guardrail dial']);
    expect(roll.own.phase).toBe('rolling');
    expect(JSON.stringify(roll.status().detail)).toContain('wouldHave');
  });

  test('and a failed check do not undo what a person has promoted: that pauses', () => {
    const roll = servers({ guardrails: [failing('rollback')], onFailure: 'reverse' });
    roll.order('promote');
    for (const step of ['drain a', 'update a']) roll.settle(step);
    expect(roll.tick().urgent).toBeUndefined();
    expect(roll.settle('check a', false).urgent).toBeUndefined();
    expect([roll.own.phase, roll.status().phase]).toEqual(['rolling', 'paused']);
    expect(roll.order('rollback')).toBeUndefined();
    expect(roll.own.phase).toBe('reversing');
  });
});
