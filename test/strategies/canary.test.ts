import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { Canary } from '../../src/strategies/canary.js';
import { rootScope } from '../../src/strategies/scope.js';
import type { Split } from '../../src/plan/plan.js';
import { Drive, dial, epochOf, gateDial, modelsOf, monday } from './drive.js';
import { sole } from './sole.js';

const minute = 60_000;
const hour = 60 * minute;

/** Three stages without age or outcomes: each tick passes one. */
const quick = [{ share: 0.1 }, { share: 0.5 }, { share: 1 }] as const;

function splitOf(drive: Drive<never, string> | { plan(): unknown }): Split<string> {
  const plan = drive.plan() as Split<string>;
  expect(plan.op).toBe('split');
  return plan;
}

const canary = (options: object = {}) =>
  new Drive(new Canary({ baseline: 'v1', candidate: 'v2', stages: quick, ...options } as never) as Canary<'v1', 'v2'>);

/** The drives of all phases, each at the moment in which it has just been reached. */
const phases = {
  ramping: () => canary(),
  paused: () => {
    const drive = canary();
    drive.order('pause');
    return drive;
  },
  kept: () => {
    const drive = canary({ then: 'keep', stages: [{ share: 0.1 }] });
    drive.tick();
    return drive;
  },
  promoted: () => {
    const drive = canary({ stages: [{ share: 0.1 }] });
    drive.tick();
    return drive;
  },
  'rolled-back': () => {
    const drive = canary();
    drive.order('rollback');
    return drive;
  },
} as const;

describe('a canary', () => {
  test('starts at the first stage, in the epoch of the revision that stored it', () => {
    const drive = canary();
    expect(drive.state.own).toEqual({
      attempt: 1,
      firstEpoch: 1,
      epoch: 1,
      since: monday,
      phase: 'ramping',
      stage: '10%',
      share: 0.1,
      byMachine: false,
      why: 'the roll-out started',
    });
    expect(drive.plan()).toEqual({
      op: 'split',
      node: 'root',
      epoch: 1,
      salt: 'root',
      arms: [
        { arm: 'candidate', share: 0.1, plan: { op: 'serve', model: 'v2' } },
        { arm: 'baseline', share: 0.9, plan: { op: 'serve', model: 'v1' } },
      ],
      cuts: [
        { below: 429496730, arm: 0 },
        { below: 2 ** 32, arm: 1 },
      ],
      missing: 'draw',
      counts: true,
      fallback: 'v1',
    });
  });

  test('takes the default ramp when none is given: 1, 5, 25 and 50 %, ten minutes and 100 outcomes each', () => {
    const drive = new Drive(new Canary({ baseline: 'v1', candidate: 'v2' }));
    const shares = [];
    for (let stage = 0; stage < 4; stage += 1) {
      shares.push(drive.state.own.share);
      drive.see({ candidate: { outcomes: 99 }, baseline: { outcomes: 500 } });
      drive.tick(10 * minute);
      expect(drive.waits()).toEqual(['1 more outcomes']);
      drive.see({ candidate: { outcomes: 1 } });
      drive.now -= 1;
      drive.tick();
      expect(drive.waits()).toEqual([`age of ${10 * minute} ms (now ${10 * minute - 1})`]);
      drive.tick(1);
    }
    expect(shares).toEqual([0.01, 0.05, 0.25, 0.5]);
    expect(drive.state.own).toMatchObject({ phase: 'promoted', share: 1 });
  });

  test('uses the unit and the salt that it was given', () => {
    expect(canary({ unit: 'tenantId', salt: 'my salt' }).plan()).toMatchObject({ unit: 'tenantId', salt: 'my salt' });
    expect(canary().plan()).not.toHaveProperty('unit');
  });

  test('tells every stage as a transition with its verdicts, and opens an epoch of the revision that stores it', () => {
    const gate = gateDial();
    const drive = canary({ stages: [{ share: 0.1, gates: [gate] }, { share: 0.5 }] });
    drive.revision = 41;
    const { notices, verdicts } = drive.tick(5);
    expect(notices).toEqual([
      {
        type: 'transition',
        node: 'root',
        data: {
          from: '10%',
          to: '50%',
          why: 'stage 10% passed',
          share: 0.5,
          verdicts: [{ rule: 'gate', outcome: 'pass', reason: 'it is pass', n: 1 }],
        },
      },
    ]);
    expect(verdicts).toEqual([{ node: 'root', verdicts: [expect.objectContaining({ rule: 'gate' })] }]);
    expect(drive.state.own).toMatchObject({ epoch: 42, firstEpoch: 1, since: monday + 5, why: 'stage 10% passed' });
    expect(epochOf(drive.plan())).toBe(drive.revision);
  });

  test('counts only the outcomes of the candidate, in the epoch of the stage', () => {
    const drive = canary({
      stages: [
        { share: 0.1, minOutcomes: 10 },
        { share: 0.5, minOutcomes: 10 },
      ],
    });
    drive.see({ baseline: { outcomes: 1000 } });
    drive.tick();
    expect(drive.waits()).toEqual(['10 more outcomes']);
    drive.see({ candidate: { outcomes: 10 } });
    drive.tick();
    expect(drive.state.own.stage).toBe('50%');
    drive.tick();
    expect(drive.waits()).toEqual(['10 more outcomes']);
  });

  test('after the last stage promotes, or keeps the share until it is told to promote', () => {
    const promoted = phases.promoted();
    expect(promoted.last.notices[0]?.data).toEqual({
      from: '10%',
      to: 'promoted',
      why: 'the last stage passed',
      share: 1,
    });
    const kept = phases.kept();
    expect(kept.last.notices[0]?.data).toEqual({
      from: '10%',
      to: 'kept',
      why: 'the last stage passed; its share is kept',
    });
    expect(kept.state.own).toMatchObject({ share: 0.1, epoch: 1 });
    expect(kept.rests(hour)).toBe(true);
    expect(kept.status()).toMatchObject({ phase: 'waiting', waitingFor: ['promote()'] });
    expect(kept.order('promote')).toBeUndefined();
    expect(kept.state.own).toMatchObject({ phase: 'promoted', share: 1 });
    expect(kept.last.notices[0]?.data).toEqual({ from: 'kept', to: 'promoted', why: 'promoted by ann', share: 1 });
  });

  test('keeps the baseline loaded when the candidate is promoted, and takes the candidate out when it is rolled back', () => {
    const promoted = splitOf(phases.promoted());
    expect(promoted.arms.map(({ arm, share }) => [arm, share])).toEqual([
      ['candidate', 1],
      ['baseline', 0],
    ]);
    expect(promoted.cuts).toEqual([{ below: 2 ** 32, arm: 0 }]);
    expect(phases['rolled-back']().plan()).toEqual(sole('root', 'baseline', 'v1'));
  });
});

describe('the status of a canary', () => {
  test.each([
    ['ramping', { phase: 'running', stable: 'v1', shares: { candidate: 0.1, baseline: 0.9 }, waitingFor: [] }],
    ['paused', { phase: 'paused', stable: 'v1', waitingFor: ['resume()'] }],
    ['kept', { phase: 'waiting', stable: 'v1', waitingFor: ['promote()'] }],
    [
      'promoted',
      { phase: 'settled', settled: 'promoted', stable: 'v2', shares: { candidate: 1, baseline: 0 }, waitingFor: [] },
    ],
    [
      'rolled-back',
      { phase: 'settled', settled: 'rolled-back', stable: 'v1', shares: { candidate: 0, baseline: 1 }, waitingFor: [] },
    ],
  ] as const)('when it is %s', (phase, status) => {
    const drive = phases[phase]();
    expect(drive.status()).toMatchObject({ node: 'root', kind: 'canary', children: [], ...status });
    expect('settled' in drive.status()).toBe('settled' in status);
    const { stage, attempt, since, why } = drive.state.own;
    expect(drive.status().detail).toEqual({ stage, attempt, since, why });
  });

  test('says nothing of a stage once it is settled', () => {
    const drive = new Drive(new Canary({ baseline: 'v1', candidate: 'v2' }));
    drive.order('promote');
    expect(drive.status().waitingFor).toEqual([]);
    drive.order('rollback');
    expect(drive.status().waitingFor).toEqual([]);
  });

  test('says what the stage waits for in general, without a look', () => {
    const stages = [{ share: 0.1, minAgeMs: 5, minOutcomes: 7, gates: [gateDial('better')], hold: true }];
    expect(canary({ stages }).status().waitingFor).toEqual(['age of 5 ms', '7 outcomes', 'better', 'approval']);
  });
});

describe('a command to a canary', () => {
  const refused = {
    ramping: {
      resume: 'nothing is paused: the canary is ramping',
      approve: 'no approval is waited for',
      reject: 'no approval is waited for',
    },
    paused: {
      pause: 'nothing ramps: the canary is paused',
      approve: 'no approval is waited for',
      reject: 'no approval is waited for',
    },
    kept: {
      pause: 'nothing ramps: the canary is kept',
      resume: 'nothing is paused: the canary is kept',
      approve: 'no approval is waited for',
      reject: 'no approval is waited for',
    },
    promoted: {
      promote: 'the candidate is promoted already',
      pause: 'nothing ramps: the canary is promoted',
      resume: 'nothing is paused: the canary is promoted',
      approve: 'no approval is waited for',
      reject: 'no approval is waited for',
    },
    'rolled-back': {
      rollback: 'the canary is rolled back already',
      pause: 'nothing ramps: the canary is rolled-back',
      approve: 'no approval is waited for',
      reject: 'no approval is waited for',
    },
  } as const;
  const leads = {
    promote: 'promoted',
    rollback: 'rolled-back',
    pause: 'paused',
    resume: 'ramping',
    reset: 'ramping',
  } as const;
  const cases = Object.keys(phases).flatMap((phase) =>
    (['promote', 'rollback', 'pause', 'resume', 'approve', 'reject', 'reset'] as const).map(
      (command) => [phase, command] as const,
    ),
  );

  test.each(cases)('that is %s: %s', (phase, command) => {
    const drive = phases[phase as keyof typeof phases]();
    const before = drive.state;
    const why = (refused[phase as keyof typeof refused] as Record<string, string>)[command];
    expect(drive.order(command)).toBe(why);
    if (why !== undefined) {
      expect(drive.state).toBe(before);
      expect(drive.last.notices).toEqual([]);
      return;
    }
    expect(drive.state.own.phase).toBe(leads[command as keyof typeof leads]);
    expect(drive.last.notices).toHaveLength(1);
    expect(drive.last.notices[0]?.data.why).toContain('ann');
  });

  test('names the arm that it promotes: only the candidate', () => {
    const drive = canary();
    expect(drive.order('promote', { arm: 'baseline' })).toBe(
      "only the candidate can be promoted, not 'baseline'; rollback() leads to the baseline",
    );
    expect(drive.state.own.phase).toBe('ramping');
    expect(drive.order('promote', { arm: 'candidate' })).toBeUndefined();
    expect(drive.state.own).toMatchObject({ phase: 'promoted', share: 1, epoch: 2 });
  });

  test('pauses the shares in the same epoch, and goes on where it was', () => {
    const drive = canary();
    drive.order('pause');
    expect(drive.last.notices[0]?.data).toEqual({ from: 'ramping', to: 'paused', why: 'paused by ann' });
    expect(drive.rests(hour)).toBe(true);
    expect(drive.state.own).toMatchObject({ share: 0.1, epoch: 1 });
    drive.order('resume');
    expect(drive.last.notices[0]?.data).toEqual({ from: 'paused', to: 'ramping', why: 'resumed by ann' });
    drive.tick();
    expect(drive.state.own.stage).toBe('50%');
  });

  test('starts a new attempt by resume after a rollback, or by reset from anywhere: new epoch, new salt, no old evidence', () => {
    for (const [drive, command] of [
      [phases['rolled-back'](), 'resume'],
      [phases.promoted(), 'reset'],
      [canary(), 'reset'],
    ] as const) {
      const { epoch } = drive.state.own;
      const from = drive.state.own.phase;
      drive.now += 7;
      drive.order(command);
      expect(drive.state.own).toMatchObject({
        attempt: 2,
        phase: 'ramping',
        stage: '10%',
        share: 0.1,
        since: monday + 7,
      });
      expect(drive.state.own.firstEpoch).toBe(drive.revision);
      expect(drive.state.own.epoch).toBe(drive.revision);
      expect(drive.state.own.epoch).toBeGreaterThan(epoch);
      expect(drive.plan()).toMatchObject({ salt: 'root#2' });
      expect(drive.last.notices[0]?.data).toEqual({
        from,
        to: '10%',
        why: 'a new attempt by ann',
        attempt: 2,
        share: 0.1,
      });
    }
  });
});

describe('a hold', () => {
  const held = () =>
    canary({
      stages: [
        { share: 0.1, hold: true, minAgeMs: 10 },
        { share: 0.5, hold: true },
      ],
    });

  test('waits for an approval after all else is there', () => {
    const drive = held();
    expect(drive.order('approve')).toBe('no approval is waited for');
    drive.tick(10);
    expect(drive.waits()).toEqual(['approval']);
    expect(drive.state.own.stage).toBe('10%');
    expect(drive.order('approve')).toBeUndefined();
    expect(drive.last.notices[0]?.data).toEqual({ from: '10%', to: '10%', why: 'approved by ann' });
    drive.tick();
    expect(drive.state.own).toMatchObject({ stage: '50%' });
    expect(drive.state.own.guard?.approvals).toBeUndefined();
  });

  test('takes no answer while it is paused', () => {
    const drive = held();
    drive.tick(10);
    drive.order('pause');
    expect(drive.order('approve')).toBe('no approval is waited for');
  });

  test('asks for an approval of each stage', () => {
    const drive = held();
    drive.tick(10);
    drive.order('approve');
    drive.tick();
    drive.tick(hour);
    expect(drive.state.own.stage).toBe('50%');
    expect(drive.waits()).toEqual(['approval']);
  });

  test('is rolled back by a rejection, which is a person and so is never retried', () => {
    const drive = canary({ stages: [{ share: 0.1, hold: true }], retry: { times: 3, afterMs: 0 } });
    drive.tick();
    expect(drive.order('reject')).toBeUndefined();
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', share: 0, byMachine: false, why: 'rejected (ann)' });
    expect(drive.rests(hour)).toBe(true);
  });
});

describe('a guardrail of a canary', () => {
  test('that fails rolls back at once, naming itself and the attempt', () => {
    const rule = dial('errors', 'fail');
    const drive = canary({ guardrails: [dial('first'), rule, dial('third', 'fail')] });
    drive.now += 5;
    const look = drive.send({ type: 'tick' });
    expect(look.state.own.phase).toBe('ramping');
    expect(look.notices).toEqual([]);
    expect(look.urgent).toEqual([
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
    expect(look.verdicts?.[0]?.verdicts.map(({ outcome }) => outcome)).toEqual(['pass', 'fail', 'fail']);
    drive.send(look.urgent?.[0] ?? { type: 'tick' });
    expect(drive.state.own).toMatchObject({
      phase: 'rolled-back',
      share: 0,
      byMachine: true,
      since: monday + 5,
      epoch: 2,
      why: 'it is fail (guardrail errors)',
    });
    expect(drive.last.notices[0]?.data).toEqual({
      from: '10%',
      to: 'rolled-back',
      why: 'it is fail (guardrail errors)',
      share: 0,
    });
    expect(drive.rests(hour)).toBe(true);
  });

  test.each(['pass', 'inconclusive', 'insufficient-data', 'error', 'cancelled'] as const)(
    'that says %s does not',
    (outcome) => {
      const drive = canary({ guardrails: [dial('errors', outcome)] });
      expect(drive.tick().urgent).toBeUndefined();
      expect(drive.state.own.stage).toBe('50%');
    },
  );

  test('that throws is an error, and does not hide the others', () => {
    const broken = {
      ...dial('broken'),
      judge: () => {
        throw new Error('no sums');
      },
    };
    const drive = canary({ guardrails: [broken, dial('errors', 'fail')] });
    const { verdicts } = drive.tick();
    expect(verdicts?.[0]?.verdicts).toMatchObject([
      { rule: 'broken', outcome: 'error', reason: 'no sums' },
      { outcome: 'fail' },
    ]);
    expect(drive.state.own.phase).toBe('rolled-back');
  });

  test('is judged while the canary is paused or kept, and no longer when it is settled', () => {
    for (const phase of ['paused', 'kept', 'promoted', 'rolled-back'] as const) {
      const rule = dial('errors', 'pass');
      const drive = canary({
        guardrails: [rule],
        then: phase === 'kept' ? 'keep' : 'promote',
        stages: [{ share: 0.1 }],
      });
      if (phase === 'paused') drive.order('pause');
      else if (phase === 'rolled-back') drive.order('rollback');
      else drive.tick();
      expect(drive.state.own.phase).toBe(phase);
      drive.tick();
      const isJudged = phase === 'paused' || phase === 'kept';
      expect(drive.last.verdicts?.[0]?.verdicts.length ?? 0).toBe(isJudged ? 1 : 0);
      if (isJudged) expect(drive.last.verdicts?.[0]?.node).toBe('root');
      rule.outcome = 'fail';
      drive.tick();
      expect(drive.state.own.phase).toBe(phase === 'promoted' ? 'promoted' : 'rolled-back');
    }
  });

  test('sees the candidate against the baseline, and all of the attempt', () => {
    const rule = dial();
    const drive = canary({ guardrails: [rule] });
    drive.see({ candidate: { outcomes: 1 } });
    drive.tick();
    drive.see({ candidate: { outcomes: 2 } });
    drive.tick();
    drive.order('reset');
    drive.see({ candidate: { outcomes: 3 } });
    drive.tick();
    const seen = rule.asked.map(({ strata }) => strata.map(({ cells }) => cells['candidate']?.outcomes));
    expect(seen).toEqual([[1], [1, 2], [3]]);
    expect(rule.asked[0]).toMatchObject({ now: monday, arm: 'candidate', control: 'baseline', metrics: {} });
  });

  test('rolls back before a gate or the end of a stage can promote', () => {
    const drive = canary({ guardrails: [dial('errors', 'fail')], stages: [{ share: 0.1 }] });
    drive.tick();
    expect(drive.state.own.phase).toBe('rolled-back');
  });
});

describe('a rollback of a canary', () => {
  test("by a machine that judged another attempt is refused; a person's always applies", () => {
    const drive = canary();
    drive.order('rollback');
    drive.order('resume');
    const before = drive.state;
    expect(drive.order('rollback', { attempt: 1 })).toBe('attempt 1 was judged, and this is attempt 2');
    expect(drive.state).toBe(before);
    expect(drive.order('rollback', { attempt: 2 })).toBeUndefined();
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', byMachine: true });
    drive.order('resume');
    expect(drive.order('rollback')).toBeUndefined();
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', byMachine: false, why: 'it is bad (ann)' });
  });

  test('works after a promotion, and tells where it came from', () => {
    const drive = phases.promoted();
    drive.order('rollback');
    expect(drive.last.notices[0]?.data).toMatchObject({ from: 'promoted', to: 'rolled-back', share: 0 });
    expect(modelsOf(drive.plan())).toEqual(['v1']);
  });
});

describe('a retry', () => {
  const failing = (options: object = {}) => {
    const rule = dial('errors', 'fail');
    return { rule, drive: canary({ guardrails: [rule], retry: { times: 2, afterMs: 1000 }, ...options }) };
  };

  test('starts so long after a rollback by a guardrail, so many times, with a new salt each', () => {
    const { drive } = failing();
    const salts = [];
    for (const attempt of [1, 2, 3]) {
      salts.push(splitOf(drive).salt);
      expect(drive.state.own.attempt).toBe(attempt);
      drive.tick();
      expect(drive.state.own.phase).toBe('rolled-back');
      drive.tick(999);
      expect(drive.state.own.phase).toBe('rolled-back');
      drive.tick(1);
    }
    expect(salts).toEqual(['root', 'root#2', 'root#3']);
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', attempt: 3 });
    expect(drive.rests(hour)).toBe(true);
  });

  test('says which of how many it is', () => {
    const { drive } = failing();
    drive.tick();
    drive.tick(1000);
    expect(drive.last.notices[0]?.data).toMatchObject({
      from: 'rolled-back',
      to: '10%',
      why: 'retry 1 of 2',
      attempt: 2,
    });
    expect(drive.state.own.why).toBe('retry 1 of 2');
  });

  test('keeps the units where the user says so', () => {
    const { drive } = failing({ retry: { times: 1, afterMs: 0, sameUnits: true }, salt: 'mine' });
    drive.tick();
    drive.tick();
    expect(drive.state.own.attempt).toBe(2);
    expect(splitOf(drive).salt).toBe('mine');
  });

  test('does not follow a rollback by a person, nor come without being asked for', () => {
    const { drive } = failing();
    drive.order('rollback');
    expect(drive.rests(hour)).toBe(true);
    const without = failing({ retry: undefined }).drive;
    without.tick();
    expect(without.rests(hour)).toBe(true);
  });

  test('waits for the calendar, as every growth does', () => {
    const { drive } = failing({ calendar: { freezes: [{ from: '2026-01-05', to: '2026-01-05' }] } });
    drive.tick();
    expect(drive.state.own.phase).toBe('rolled-back');
    expect(drive.rests(14 * hour)).toBe(true);
    drive.tick(hour);
    expect(drive.state.own).toMatchObject({ phase: 'ramping', attempt: 2 });
  });
});

describe('the calendar of a canary', () => {
  const calendar = { windows: [{ from: '10:00', to: '11:00' }] };

  test('holds promotions back until a window opens, and says so', () => {
    const drive = canary({ calendar });
    drive.tick(hour - 1);
    expect(drive.state.own.stage).toBe('10%');
    expect(drive.waits()).toEqual(['outside the windows for promotions (UTC)']);
    drive.tick(1);
    expect(drive.state.own.stage).toBe('50%');
  });

  test('never holds a rollback back, nor a person', () => {
    const drive = canary({ calendar, guardrails: [dial('errors', 'fail')] });
    drive.tick();
    expect(drive.state.own.phase).toBe('rolled-back');
    const other = canary({ calendar });
    expect(other.order('promote')).toBeUndefined();
    expect(other.state.own.phase).toBe('promoted');
  });
});

describe('the deadline of a stage', () => {
  test("rolls back by the policy 'rollback', saying what was waited for", () => {
    const stages = [{ share: 0.1, maxAgeMs: 100, gates: [gateDial('better', 'inconclusive')], onDeadline: 'rollback' }];
    const drive = canary({ stages, retry: { times: 1, afterMs: 0 } });
    drive.tick(99);
    expect(drive.state.own.phase).toBe('ramping');
    const { urgent } = drive.tick(1);
    expect(urgent).toEqual([
      {
        type: 'rollback',
        by: 'deadline',
        node: 'root',
        attempt: 1,
        reason: 'stage 10% passed its deadline waiting for better: it is inconclusive',
        alert: 'deadline',
      },
    ]);
    expect(drive.state.own).toMatchObject({ phase: 'rolled-back', byMachine: true });
    drive.tick();
    expect(drive.state.own.attempt).toBe(2);
  });

  test('holds by default: an approval then passes the stage without its gates', () => {
    const stages = [{ share: 0.1, maxAgeMs: 100, gates: [gateDial('better', 'inconclusive')] }, { share: 0.5 }];
    const drive = canary({ stages });
    drive.tick(99);
    expect(drive.order('approve')).toBe('no approval is waited for');
    drive.tick(1);
    expect(drive.waits()).toEqual(['better: it is inconclusive', 'approval']);
    expect(drive.order('approve')).toBeUndefined();
    drive.tick();
    expect(drive.state.own.stage).toBe('50%');
  });
});

describe('a canary whose stages were edited', () => {
  const named = (shares: Readonly<Record<string, number>>, more: object = {}) =>
    new Canary({
      baseline: 'v1',
      candidate: 'v2',
      stages: Object.entries(shares).map(([name, share]) => Object.assign({ name, share, minAgeMs: 10 }, more)),
    });

  function edited(from: Canary<'v1', 'v2'>, to: Canary<'v1', 'v2'>, ticks: number) {
    const drive = new Drive(from);
    for (let i = 0; i < ticks; i += 1) drive.tick(10);
    const next = new Drive(to);
    next.state = to.restore(JSON.parse(JSON.stringify(drive.state)));
    next.revision = drive.revision;
    next.now = drive.now;
    return next;
  }

  test('resumes at the same name, and takes its new share as an epoch of its own', () => {
    const drive = edited(named({ few: 0.1, some: 0.2, many: 0.5 }), named({ none: 0.05, few: 0.1, some: 0.3 }), 1);
    expect(drive.plan()).toMatchObject({ arms: [{ share: 0.2 }, { share: 0.8 }] });
    drive.tick();
    expect(drive.state.own).toMatchObject({ stage: 'some', share: 0.3, epoch: 3, since: monday + 10 });
    expect(drive.last.notices[0]?.data).toEqual({
      from: 'some',
      to: 'some',
      why: 'the stages were edited',
      share: 0.3,
    });
    expect(drive.state.own.why).toBe('the stages were edited');
  });

  test('changes nothing when only the numbers beside the share were edited', () => {
    const drive = edited(named({ few: 0.1, some: 0.2 }), named({ few: 0.05, some: 0.2 }, { minAgeMs: 1000 }), 1);
    expect(drive.rests(10)).toBe(true);
    expect(drive.waits()).toEqual(['age of 1000 ms (now 10)']);
  });

  test('whose stage is gone goes to the last one that is not larger, never jumps to the end', () => {
    // Flagger's controller jumps to 100 % when the weight in force is not in the edited list.
    const drive = edited(named({ few: 0.1, some: 0.15 }), named({ a: 0.1, b: 0.2, c: 0.3 }), 1);
    drive.tick();
    expect(drive.state.own).toMatchObject({ stage: 'a', share: 0.1 });
    const lower = edited(named({ few: 0.01 }), named({ a: 0.02, b: 1 }), 0);
    lower.tick();
    expect(lower.state.own).toMatchObject({ stage: 'a', share: 0.02 });
  });

  test('forgets an approval that was given to another stage, and keeps that of the same', () => {
    const hold = (shares: Readonly<Record<string, number>>) => named(shares, { hold: true });
    const approved = (to: Canary<'v1', 'v2'>) => {
      const drive = new Drive(hold({ few: 0.1, some: 0.2 }));
      drive.tick(10);
      drive.order('approve');
      const next = new Drive(to);
      next.state = drive.state;
      next.now = drive.now;
      next.tick();
      return next.state.own;
    };
    const other = approved(hold({ other: 0.1, some: 0.2 }));
    expect([other.stage, other.guard?.approvals]).toEqual(['other', undefined]);
    const same = approved(hold({ few: 0.15, some: 0.2 }));
    expect([same.stage, same.guard?.approvals]).toEqual(['few', [{ by: 'ann', at: monday + 10 }]]);
  });
});

describe('a stored state of a canary', () => {
  const { state, strategy } = canary();

  test.each([
    ['own.phase', { phase: 'done' }],
    ['own.share', { share: 1.5 }],
    ['own.share', { share: null }],
    ['own.stage', { stage: '' }],
    ['own.approved', { approved: 'yes' }],
    ['own.byMachine', { byMachine: 1 }],
    ['own.why', { why: 7 }],
    ['own.attempt', { attempt: -1 }],
    ['own.firstEpoch', { firstEpoch: 0.5 }],
    ['own.epoch', { epoch: '1' }],
    ['own.since', { since: -5 }],
    ['own.more', { more: 1 }],
  ])('is refused for its %s', (path, change) => {
    const json = { own: { ...state.own, ...change }, children: {} };
    try {
      strategy.restore(json);
      expect.unreachable();
    } catch (error) {
      expect(isTurnoutError(error, 'state-unreadable')).toBe(true);
      expect(String(error)).toContain('The stored state of a canary was refused');
      expect(String(error)).toContain(path);
    }
  });
});

describe('the options of a canary', () => {
  test('are checked all at once, with advice', () => {
    const options = {
      baseline: '',
      candidat: 'v2',
      stages: [{ share: 5 }],
      guardrails: [gateDial()],
      then: 'stop',
      retry: { times: 1 },
    };
    expect(() => new Canary(options as never)).toThrow(
      [
        'new Canary:',
        '  strategy.candidat: is not an option. Did you mean candidate?',
        "  strategy.baseline: must be a model's name or a strategy (was '').",
        "  strategy.candidate: must be a model's name or a strategy (was undefined).",
        '  strategy.stages[0].share: must be a fraction in [0, 1] (was 5). Did you mean 0.05?',
        '  strategy.guardrails[0]: must be a guardrail, such as maxErrorRate(0.02) (was an object). This is a gate: it belongs into `gates`.',
        "  strategy.then: must be 'promote' or 'keep' (was 'stop').",
        '  strategy.retry.afterMs: must be a time in milliseconds, 0 or more (was undefined).',
      ].join('\n'),
    );
  });

  test('name the models and metrics that the canary can reach', () => {
    const strategy = new Canary({
      baseline: 'v1',
      candidate: new Canary({
        baseline: 'v1',
        candidate: 'v3',
        guardrails: [{ ...dial(), metrics: ['clicked'] as const }],
      }),
      guardrails: [{ ...dial(), metrics: ['revenue'] as const }],
      stages: [{ share: 0.5, gates: [{ ...gateDial(), metrics: ['clicked', 'rating'] as const }] }],
    });
    expect(new Set(strategy.models)).toEqual(new Set(['v1', 'v3']));
    expect(strategy.metrics.toSorted()).toEqual(['clicked', 'rating', 'revenue']);
    expect(Object.keys(strategy.children)).toEqual(['candidate']);
    const names: readonly ('v1' | 'v3')[] = strategy.models;
    const metrics: readonly ('clicked' | 'rating' | 'revenue')[] = strategy.metrics;
    expect(strategy.plan(strategy.init(0, rootScope('r', 1)), rootScope('r', 2))).toMatchObject({ node: 'r' });
    expect([names.length, metrics.length]).toEqual([2, 3]);
  });
});
