import { describe, expect, test } from 'vitest';
import { tellOnce } from '../../src/strategies/alerts.js';
import { newAttempt, staleCommand } from '../../src/strategies/attempt.js';
import { BlueGreen } from '../../src/strategies/blue-green.js';
import { Canary } from '../../src/strategies/canary.js';
import { withApproval, withFall, withFlip, withGuard } from '../../src/strategies/guard.js';
import { Pipeline } from '../../src/strategies/pipeline.js';
import { rootScope } from '../../src/strategies/scope.js';
import { Shadow } from '../../src/strategies/shadow.js';
import { Drive, dial } from './drive.js';

const scope = rootScope('root', 2);
const start = newAttempt(0, scope);
const held = { rule: 'errors', why: 'many', excuses: true };

describe('what is latched in an attempt', () => {
  test('is gone from the state when nothing is left of it', () => {
    const said = withGuard(start, { held, promotedBy: 'ann' });
    expect(said.guard).toEqual({ held, promotedBy: 'ann' });
    expect(withGuard(said, { held: undefined }).guard).toEqual({ promotedBy: 'ann' });
    expect(withGuard(said, { held: undefined, promotedBy: undefined })).toEqual(start);
  });

  test('is let go by a fall, with its time, and counted as a flip of the machine only', () => {
    const said = withGuard(start, { held, promotedBy: 'ann', excused: ['x'] });
    expect(withFall(said, 7.5, false).guard).toEqual({ excused: ['x'], fellAt: 7 });
    expect(withFall(said, 7.5, true).guard).toEqual({ excused: ['x'], fellAt: 7, flips: [7] });
  });

  test('is limited: 50 approvals, 100 flips, 200 things that were told', () => {
    let own = start;
    for (let at = 0; at < 101; at += 1) own = withFlip(withApproval(own, { by: 'ann', at }), at);
    expect(own.guard?.approvals).toHaveLength(50);
    expect(own.guard?.approvals?.[0]).toEqual({ by: 'ann', at: 51 });
    expect(own.guard?.flips).toHaveLength(100);
    expect(own.guard?.flips?.[0]).toBe(1);
    let telling = { own: start, notices: [] as readonly unknown[] };
    for (let what = 0; what < 201; what += 1) {
      telling = tellOnce({ own: telling.own, notices: [] }, 'rule-error', `${what}`, 'why', scope);
    }
    expect(telling.own.guard?.told).toHaveLength(200);
    expect(telling.notices).toEqual([]);
  });
});

test("a machine's orders about what a person has promoted are refused, if they are rollbacks", () => {
  const promoted = withGuard(start, { promotedBy: 'ann' });
  const rollback = { type: 'rollback', by: 'it', reason: 'late' } as const;
  expect(staleCommand({ ...rollback, attempt: 1 }, promoted)).toBe(
    'it was promoted by ann: only a person rolls it back',
  );
  expect(staleCommand(rollback, promoted)).toBeUndefined();
  expect(staleCommand({ type: 'reset', by: 'it', attempt: 1 }, promoted)).toBeUndefined();
});

describe('a canary', () => {
  test('is not tried again by the machine once it is quarantined', () => {
    const rule = Object.assign(dial('errors', 'fail'), { severity: 'quarantine' as const });
    const drive = new Drive(
      new Canary({ baseline: 'v1', candidate: 'v2', guardrails: [rule], retry: { times: 9, afterMs: 0 } }),
    );
    drive.tick();
    expect(drive.rests(1000)).toBe(true);
  });

  test('rolls back from its watch however many stages it passed', () => {
    const rule = Object.assign(dial('errors'), { severity: 'shrink' as const });
    const stages = [{ share: 0.1 }, { share: 0.5 }] as const;
    const watch = { forMs: 1000, share: 0.1 };
    const drive = new Drive(new Canary({ baseline: 'v1', candidate: 'v2', stages, guardrails: [rule], watch }));
    drive.tick();
    drive.tick();
    expect(drive.state.own.phase).toBe('watching');
    rule.outcome = 'fail';
    drive.tick();
    expect(drive.state.own.phase).toBe('rolled-back');
  });

  test('is held no more once a person has promoted it', () => {
    const rule = Object.assign(dial('errors', 'fail'), { severity: 'hold' as const });
    const drive = new Drive(new Canary({ baseline: 'v1', candidate: 'v2', guardrails: [rule] }));
    drive.tick();
    expect(drive.state.own.guard?.held?.rule).toBe('errors');
    drive.order('promote');
    expect(drive.state.own.guard).toEqual({ promotedBy: 'ann' });
    drive.order('rollback');
    expect(drive.state.own.guard).toEqual({ fellAt: drive.now });
  });

  test('asks for no approval where it only observes', () => {
    const stages = [{ share: 0.1, hold: true }];
    const drive = new Drive(new Canary({ baseline: 'v1', candidate: 'v2', stages, mode: 'observe' }));
    expect(drive.rests(1000)).toBe(true);
  });
});

describe('a blue-green switch', () => {
  const checks = [{ name: 'smoke', run: () => true }];

  test('that only observes gets ready, switches to nothing, and gives nothing up', () => {
    const drive = new Drive(new BlueGreen({ blue: 'v1', green: 'v2', mode: 'observe' }));
    drive.tick();
    expect(drive.state.own.phase).toBe('ready');
    drive.tick();
    expect(drive.state.own.phase).toBe('ready');
    expect(drive.status().detail).toMatchObject({ wouldHave: ['switch to green'] });
    expect(drive.rests(1)).toBe(true);
    const failed = new Drive(
      new BlueGreen({ blue: 'v1', green: 'v2', checks, onCheckFailure: 'rollback', mode: 'observe' }),
    );
    failed.settle('check smoke', false);
    expect(failed.state.own.phase).toBe('preparing');
  });

  test('asks aloud for an approval, which expires', () => {
    const calendar = { freezes: [{ from: '2026-01-05', to: '2026-01-06' }] };
    const drive = new Drive(
      new BlueGreen({ blue: 'v1', green: 'v2', switch: 'approved', approvalExpiresMs: 100, calendar }),
    );
    drive.tick();
    drive.tick();
    expect(drive.last.notices.map(({ data }) => data['alert'])).toEqual(['approval-wanted']);
    expect(drive.rests(1)).toBe(true);
    drive.order('approve');
    drive.tick(99);
    expect(drive.waits()?.[0]).toContain('frozen');
    drive.tick(1);
    expect(drive.waits()).toEqual(['approval']);
    expect(drive.last.notices.map(({ data }) => data['alert'])).toEqual(['approval-wanted']);
  });
});

test('a pipeline that only observes carries out what a person has ordered, as soon as the stage is through', () => {
  const bake = new BlueGreen({ blue: 'v1', green: 'v2', bakeMs: 10 });
  const next = new Shadow({ primary: 'v1', shadow: 'v2' });
  const drive = new Drive(new Pipeline({ stages: { bake, next }, mode: 'observe' }));
  drive.tick();
  expect(drive.order('promote')).toBeUndefined();
  expect(drive.state.own).toMatchObject({ stage: 'bake', order: 'promoted' });
  drive.tick(10);
  drive.tick();
  expect(drive.state.own.stage).toBe('next');
});
