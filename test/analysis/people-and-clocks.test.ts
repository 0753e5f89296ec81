import { describe, expect, it } from 'vitest';
import { approved } from '../../src/analysis/approved.js';
import { minAge } from '../../src/analysis/min-age.js';
import { withinWindow } from '../../src/analysis/within-window.js';
import { judgedOf, minute } from './judged.js';

const hour = 60 * minute;

describe('minAge', () => {
  it('passes at its age and not a millisecond before, with the time that is left', () => {
    const gate = minAge(2 * hour);
    expect(gate.judge(judgedOf([], { now: 1000 + 2 * hour, since: 1000 }))).toEqual({
      rule: 'minAge(7200000)',
      outcome: 'pass',
      reason: 'at least 2 h old',
      n: 0,
    });
    expect(gate.judge(judgedOf([], { now: 999 + 2 * hour, since: 1000 })).outcome).toBe('inconclusive');
    expect(gate.judge(judgedOf([], { now: 1000 + 20 * minute, since: 1000 }))).toEqual({
      rule: 'minAge(7200000)',
      outcome: 'inconclusive',
      reason: '1 h 40 min short of 2 h',
      n: 0,
      forecast: { outcomes: 0, ms: 100 * minute, words: '1 h 40 min' },
    });
    expect(minAge(0).judge(judgedOf([], { now: 5, since: 5 })).outcome).toBe('pass');
  });

  it('is in error where nobody said when it began', () => {
    expect(minAge(1).judge(judgedOf([]))).toMatchObject({ outcome: 'error', reason: 'nobody said when it began' });
    expect(() => minAge(-1)).toThrow('minAge:\n  ms: must be a time in milliseconds, 0 or more (was -1).');
  });
});

describe('approved', () => {
  const at = (now: number, ...approvals: readonly (readonly [by: string, at: number])[]) =>
    judgedOf([], { now, approvals: approvals.map(([by, when]) => ({ by, at: when })) });

  it('passes with the approval of anybody, or of whom it names', () => {
    expect(approved().judge(at(5, ['ann', 1]))).toEqual({
      rule: 'approved()',
      outcome: 'pass',
      reason: 'approved by ann',
      n: 0,
    });
    expect(approved().judge(at(5))).toMatchObject({ outcome: 'inconclusive', reason: '1 more approval' });
    expect(approved().judge(judgedOf([])).outcome).toBe('inconclusive');
    expect(approved({ by: 'bob' }).judge(at(5, ['ann', 1]))).toMatchObject({
      rule: 'approved(bob)',
      outcome: 'inconclusive',
      reason: '1 more approval from bob',
    });
    expect(approved({ by: ['bob', 'ann'] }).judge(at(5, ['ann', 1])).outcome).toBe('pass');
  });

  it('counts each person once', () => {
    const gate = approved({ count: 2 });
    expect(gate.judge(at(5, ['ann', 1], ['ann', 2]))).toMatchObject({
      rule: 'approved(count 2)',
      outcome: 'inconclusive',
      reason: '1 more approval; approved by ann',
    });
    expect(gate.judge(at(5, ['ann', 1], ['bob', 2]))).toMatchObject({
      outcome: 'pass',
      reason: 'approved by ann, bob',
    });
    expect(approved({ count: 3 }).judge(at(5, ['ann', 1])).reason).toBe('2 more approvals; approved by ann');
  });

  it('lets an approval lapse at its end and not before, unless it is given again', () => {
    const gate = approved({ expiresAfterMs: 100 });
    expect(gate.judge(at(199, ['ann', 100])).outcome).toBe('pass');
    expect(gate.judge(at(200, ['ann', 100]))).toMatchObject({
      outcome: 'inconclusive',
      reason: '1 more approval; lapsed: ann',
    });
    expect(gate.judge(at(200, ['ann', 100], ['ann', 150]))).toMatchObject({
      outcome: 'pass',
      reason: 'approved by ann',
    });
  });

  it('refuses what nobody could fulfil', () => {
    expect(() => approved({ by: ['a', 'a'], count: 2 })).toThrow(
      'options.count: must be at most 1, the people in by (was 2).',
    );
    expect(() => approved({ by: 'a', count: 2 })).toThrow('options.count');
    expect(approved({ by: ['a', 'b'], count: 2 }).name).toBe('approved(a, b, count 2)');
    expect(() => approved({ by: [] })).toThrow('options.by: must be a name or a list of 1 to 100 names');
    expect(() => approved({ expiresAfterMs: 0 })).toThrow('options.expiresAfterMs: must be a number over 0');
    expect(() => approved({ count: 0 })).toThrow('options.count: must be a whole number over 0');
  });
});

describe('withinWindow', () => {
  const calendar = { windows: [{ days: ['thu'], from: '09:00', to: '17:00' }] } as const;

  it('passes inside the window, at its first minute and until its last, and says when it opens', () => {
    // The first of January 1970 was a Thursday.
    const gate = withinWindow(calendar);
    expect(gate.judge(judgedOf([], { now: 9 * hour }))).toEqual({
      rule: 'withinWindow',
      outcome: 'pass',
      reason: 'in a window',
      n: 0,
    });
    expect(gate.judge(judgedOf([], { now: 17 * hour - 1 })).outcome).toBe('pass');
    expect(gate.judge(judgedOf([], { now: 17 * hour })).outcome).toBe('inconclusive');
    expect(gate.judge(judgedOf([], { now: 6.5 * hour }))).toEqual({
      rule: 'withinWindow',
      outcome: 'inconclusive',
      reason: 'outside the windows for promotions (UTC)',
      n: 0,
      forecast: { outcomes: 0, ms: 2.5 * hour, words: '2 h 30 min' },
    });
  });

  it('has no forecast where it never opens again', () => {
    const frozen = withinWindow({ freezes: [{ from: '1970-01-01', to: '9999-12-31', why: 'the end' }] });
    const verdict = frozen.judge(judgedOf([], { now: hour }));
    expect(verdict.reason).toBe('frozen from 1970-01-01 to 9999-12-31: the end');
    expect(() => withinWindow({ timeZone: 'Mars/Olympus' })).toThrow(
      'withinWindow:\n  calendar.timeZone: must be an IANA time zone',
    );
  });
});
