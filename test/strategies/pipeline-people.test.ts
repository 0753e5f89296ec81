import { describe, expect, test } from 'vitest';
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
