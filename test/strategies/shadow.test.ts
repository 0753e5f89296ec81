import { describe, expect, test } from 'vitest';
import type { Mirror } from '../../src/plan/plan.js';
import { Canary } from '../../src/strategies/canary.js';
import { Shadow } from '../../src/strategies/shadow.js';
import { Drive, dial, gateDial, monday } from './drive.js';

const hour = 3_600_000;

const shadowing = (options: object = {}) =>
  new Drive(new Shadow({ primary: 'v1', shadow: 'v2', ...options } as never) as Shadow<'v1', 'v2'>);

const mirrorOf = (drive: { plan(): unknown }) => {
  const plan = drive.plan() as Mirror<string>;
  expect(plan.op).toBe('mirror');
  return plan;
};

const reached = {
  mirroring: (options: object = {}) => shadowing(options),
  paused: (options: object = {}) => {
    const drive = shadowing(options);
    drive.order('pause');
    return drive;
  },
  complete: (options: object = {}) => {
    const drive = shadowing(options);
    drive.order('promote');
    return drive;
  },
  'rolled-back': (options: object = {}) => {
    const drive = shadowing(options);
    drive.order('rollback');
    return drive;
  },
} as const;
type Phase = keyof typeof reached;

describe('a shadow', () => {
  test('mirrors every request, drawn one by one, and compares exactly, unless told otherwise', () => {
    const drive = shadowing();
    expect(drive.plan()).toEqual({
      op: 'mirror',
      node: 'root',
      epoch: 1,
      salt: 'root',
      primary: { op: 'serve', model: 'v1' },
      shadows: [{ arm: 'v2', model: 'v2', share: 1 }],
      comparison: { compare: expect.any(Function) },
    });
    const { compare } = mirrorOf(drive).comparison ?? {};
    expect(compare?.({ primary: { a: [1] }, shadow: { a: [1] }, input: 0 })).toBe(true);
    expect(compare?.({ primary: { a: [1] }, shadow: { a: [2] }, input: 0 })).toBe(false);
  });

  test('hands share, unit, salt and callbacks on as they are', () => {
    const callbacks = { compare: () => true, ignore: () => false, clean: (output: unknown) => output };
    const plan = mirrorOf(shadowing({ share: 0.25, unit: 'tenantId', salt: 'mine', ...callbacks }));
    expect(plan).toMatchObject({ unit: 'tenantId', salt: 'mine', shadows: [{ share: 0.25 }] });
    expect(plan.comparison).toEqual(callbacks);
    expect(mirrorOf(shadowing({ compare: callbacks.compare })).comparison).toStrictEqual({
      compare: callbacks.compare,
    });
    expect(mirrorOf(shadowing())).not.toHaveProperty('unit');
  });

  test('takes several models, and the primary itself for the noise floor', () => {
    const drive = shadowing({ shadow: ['v2', 'v3'], noiseFloor: true, share: 0.5 });
    expect(mirrorOf(drive).shadows).toEqual([
      { arm: 'v2', model: 'v2', share: 0.5 },
      { arm: 'v3', model: 'v3', share: 0.5 },
      { arm: 'noise-floor', model: { same: true }, share: 0.5 },
    ]);
    expect(drive.status().shares).toEqual({ primary: 1, v2: 0.5, v3: 0.5, 'noise-floor': 0.5 });
    expect(drive.strategy.models).toEqual(['v1', 'v2', 'v3']);
    expect(shadowing({ shadow: ['v2'], noiseFloor: false }).status().shares).toEqual({ primary: 1, v2: 1 });
  });

  test('puts a strategy in the place of the primary without touching it', () => {
    const strategy = new Shadow({
      primary: new Canary({
        baseline: 'v1',
        candidate: 'v2',
        guardrails: [{ ...dial(), metrics: ['clicked'] as const }],
      }),
      shadow: ['v3', 'v2'],
      guardrails: [{ ...dial(), metrics: ['revenue'] as const }],
      until: { gates: [{ ...gateDial(), metrics: ['rating'] as const }] },
    });
    const models: readonly ('v1' | 'v2' | 'v3')[] = strategy.models;
    const metrics: readonly ('clicked' | 'revenue' | 'rating')[] = strategy.metrics;
    expect(models.toSorted()).toEqual(['v1', 'v2', 'v3']);
    expect(metrics.toSorted()).toEqual(['clicked', 'rating', 'revenue']);
    const drive = new Drive(strategy);
    expect(drive.plan()).toMatchObject({ op: 'mirror', primary: { op: 'split', node: 'root/primary' } });
    expect(drive.status()).toMatchObject({ stable: 'v1', children: [{ node: 'root/primary' }] });
    drive.order('rollback');
    expect(drive.plan()).toMatchObject({ op: 'split', node: 'root/primary' });
  });

  test('is the primary alone whenever it does not mirror', () => {
    for (const phase of ['paused', 'complete', 'rolled-back'] as const) {
      const drive = reached[phase]({ noiseFloor: true });
      expect(drive.plan()).toEqual({ op: 'serve', model: 'v1' });
      expect(drive.status().shares).toEqual({ primary: 1, v2: 0, 'noise-floor': 0 });
    }
  });
});

describe('a guardrail of a shadow', () => {
  test('judges each shadow against the primary on the same requests, and says of which it speaks', () => {
    const rule = dial('errors');
    const drive = shadowing({ shadow: ['v2', 'v3'], noiseFloor: true, guardrails: [rule] });
    drive.see({ primary: { outcomes: 5 }, v2: { outcomes: 5 } });
    const { verdicts } = drive.tick();
    expect(rule.asked.map(({ arm, control, strata }) => [arm, control, strata.length])).toEqual([
      ['v2', 'primary', 1],
      ['v3', 'primary', 1],
    ]);
    expect(verdicts?.[0]?.verdicts.map((verdict) => verdict.rule)).toEqual(['errors of v2', 'errors of v3']);
    expect(shadowing({ guardrails: [rule] }).tick().verdicts?.[0]?.verdicts[0]?.rule).toBe('errors');
  });

  test('that fails stops the mirroring at once', () => {
    const rule = dial('errors', 'fail');
    const drive = shadowing({ guardrails: [rule] });
    const { urgent, verdicts, notices } = drive.tick(5);
    expect(notices).toEqual([]);
    expect(verdicts?.[0]?.verdicts).toHaveLength(1);
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
    expect(drive.state.own).toMatchObject({
      phase: 'rolled-back',
      since: monday + 5,
      epoch: 2,
      why: 'it is fail (guardrail errors)',
    });
    expect(drive.last.notices[0]?.data).toEqual({
      from: 'mirroring',
      to: 'rolled-back',
      why: 'it is fail (guardrail errors)',
    });
    rule.asked.length = 0;
    expect(drive.rests(hour)).toBe(true);
    expect(rule.asked).toEqual([]);
  });

  test('judges late outcomes while the shadow is paused, and none once it is complete', () => {
    const rule = dial('errors', 'fail');
    const paused = reached.paused({ guardrails: [rule] });
    paused.tick();
    expect(paused.state.own.phase).toBe('rolled-back');
    const complete = reached.complete({ guardrails: [rule] });
    complete.tick();
    expect(complete.state.own.phase).toBe('complete');
  });

  test('sees nothing of an earlier attempt', () => {
    const rule = dial('errors');
    const drive = shadowing({ guardrails: [rule] });
    drive.see({ v2: { outcomes: 5 } });
    drive.order('reset');
    drive.tick();
    expect(rule.asked.at(-1)?.strata).toEqual([]);
  });
});

describe('a shadow that has seen enough', () => {
  const until = { minAgeMs: 100, minOutcomes: 10, gates: [gateDial('agrees')] };

  test('is complete when age, outcomes of every shadow and gates are all there', () => {
    const gate = gateDial('agrees', 'inconclusive');
    const drive = shadowing({ shadow: ['v2', 'v3'], until: { ...until, gates: [gate] } });
    drive.see({ primary: { outcomes: 50 }, v2: { outcomes: 10 }, v3: { outcomes: 9 } });
    drive.tick(99);
    expect(drive.waits()).toEqual([
      'age of 100 ms (now 99)',
      '1 more outcomes of v3',
      'agrees of v2: it is inconclusive',
      'agrees of v3: it is inconclusive',
    ]);
    gate.outcome = 'pass';
    drive.tick(1);
    expect(drive.waits()).toEqual(['1 more outcomes of v3']);
    drive.see({ v3: { outcomes: 1 } });
    drive.tick();
    expect(drive.state.own).toMatchObject({ phase: 'complete', why: 'enough was mirrored', epoch: drive.revision });
    expect(drive.last.notices[0]?.data).toMatchObject({
      from: 'mirroring',
      to: 'complete',
      why: 'enough was mirrored',
      verdicts: [{ rule: 'agrees of v2' }, { rule: 'agrees of v3' }],
    });
    expect(drive.last.verdicts).toEqual([{ node: 'root', verdicts: [expect.anything(), expect.anything()] }]);
    expect(drive.rests(hour)).toBe(true);
  });

  test('may ask for any one of them', () => {
    const age = shadowing({ until: { minAgeMs: 5 } });
    age.tick(4);
    expect(age.state.own.phase).toBe('mirroring');
    age.tick(1);
    expect(age.state.own.phase).toBe('complete');
    const outcomes = shadowing({ until: { minOutcomes: 1 } });
    outcomes.tick(hour);
    expect(outcomes.state.own.phase).toBe('mirroring');
    outcomes.see({ v2: { outcomes: 1 } });
    outcomes.tick();
    expect(outcomes.state.own.phase).toBe('complete');
    expect(shadowing({ until: { gates: [gateDial('g', 'pass')] } }).tick().state.own.phase).toBe('complete');
  });

  test('counts its outcomes over a pause, and its age from the end of it', () => {
    const drive = shadowing({ until: { minAgeMs: 100, minOutcomes: 10 } });
    drive.see({ v2: { outcomes: 9 } });
    drive.now += 99;
    drive.order('pause');
    drive.tick(hour);
    expect(drive.state.own.phase).toBe('paused');
    expect(drive.waits()).toEqual(['resume()']);
    drive.order('resume');
    drive.see({ v2: { outcomes: 1 } });
    drive.tick(99);
    expect(drive.waits()).toEqual(['age of 100 ms (now 99)']);
    drive.tick(1);
    expect(drive.state.own.phase).toBe('complete');
  });

  test('asks its gates only while it mirrors, and after its guardrails', () => {
    const gate = gateDial('agrees');
    const rule = dial('errors', 'fail');
    const drive = shadowing({ until: { gates: [gate] }, guardrails: [rule] });
    drive.tick();
    expect(drive.state.own.phase).toBe('rolled-back');
    rule.outcome = 'pass';
    const paused = reached.paused({ until: { gates: [gate] }, guardrails: [rule] });
    paused.tick();
    expect(gate.asked).toEqual([]);
    expect(paused.last.verdicts?.[0]?.verdicts).toHaveLength(1);
  });

  test('without the option mirrors until it is told to stop', () => {
    const drive = shadowing();
    expect(drive.rests(1000 * hour)).toBe(true);
    expect(drive.waits()).toEqual(['promote()']);
  });

  test('says in general what it waits for', () => {
    expect(shadowing({ until }).status().waitingFor).toEqual(['age of 100 ms', '10 outcomes', 'agrees']);
    expect(shadowing({ until: { minAgeMs: 0, minOutcomes: 0 } }).status().waitingFor).toEqual([]);
    expect(shadowing().status().waitingFor).toEqual(['promote()']);
  });
});

describe('a command to a shadow', () => {
  const none = 'no approval is waited for';
  const refusals: Readonly<Record<Phase, Readonly<Record<string, string>>>> = {
    mirroring: { resume: 'nothing is paused: the shadow is mirroring', approve: none, reject: none },
    paused: { pause: 'nothing is mirrored: the shadow is paused', approve: none, reject: none },
    complete: {
      promote: 'the mirroring is complete already',
      pause: 'nothing is mirrored: the shadow is complete',
      resume: 'nothing is paused: the shadow is complete',
      approve: none,
      reject: none,
    },
    'rolled-back': {
      rollback: 'the shadow is rolled back already',
      pause: 'nothing is mirrored: the shadow is rolled-back',
      approve: none,
      reject: none,
    },
  };
  const leads = {
    promote: 'complete',
    rollback: 'rolled-back',
    pause: 'paused',
    resume: 'mirroring',
    reset: 'mirroring',
  } as const;
  const cases = (Object.keys(reached) as Phase[]).flatMap((phase) =>
    (['promote', 'rollback', 'pause', 'resume', 'approve', 'reject', 'reset'] as const).map(
      (command) => [phase, command] as const,
    ),
  );

  test.each(cases)('that is %s: %s', (phase, command) => {
    const drive = reached[phase]();
    const before = drive.state;
    const why = refusals[phase][command];
    drive.now += 3;
    expect(drive.order(command)).toBe(why);
    if (why !== undefined) {
      expect(drive.state).toBe(before);
      return;
    }
    const to = leads[command as keyof typeof leads];
    expect(drive.state.own).toMatchObject({ phase: to, epoch: drive.revision, since: monday + 3 });
    expect(drive.last.notices).toMatchObject([{ type: 'transition', node: 'root', data: { from: phase, to } }]);
    expect(drive.last.notices[0]?.data.why).toContain('ann');
    const isNew = command === 'reset' || (command === 'resume' && phase === 'rolled-back');
    expect(drive.state.own.attempt).toBe(isNew ? 2 : 1);
    if (isNew) {
      expect(drive.state.own).toMatchObject({ firstEpoch: drive.revision, why: 'a new attempt by ann' });
      expect(drive.last.notices[0]?.data['attempt']).toBe(2);
      expect(mirrorOf(drive).salt).toBe('root#2');
    }
  });

  test('cannot promote a shadow', () => {
    const drive = shadowing();
    expect(drive.order('promote', { arm: 'v2' })).toBe(
      "promote() ends the mirroring; 'v2' cannot be promoted from here",
    );
    expect(drive.state.own.phase).toBe('mirroring');
  });

  test("of a machine that judged another attempt is refused; a person's always applies", () => {
    const drive = shadowing();
    drive.order('reset');
    expect(drive.order('rollback', { attempt: 1 })).toBe('attempt 1 was judged, and this is attempt 2');
    expect(drive.order('rollback')).toBeUndefined();
    expect(drive.state.own.why).toBe('it is bad (ann)');
  });
});

describe('the status of a shadow', () => {
  test.each([
    ['mirroring', { phase: 'running', shares: { primary: 1, v2: 0.4 }, waitingFor: ['promote()'] }],
    ['paused', { phase: 'paused', shares: { primary: 1, v2: 0 }, waitingFor: ['resume()'] }],
    ['complete', { phase: 'settled', settled: 'promoted', waitingFor: [] }],
    ['rolled-back', { phase: 'settled', settled: 'rolled-back', waitingFor: [] }],
  ] as const)('that is %s', (phase, status) => {
    const drive = reached[phase]({ share: 0.4 });
    expect(drive.status()).toMatchObject({ node: 'root', kind: 'shadow', stable: 'v1', children: [], ...status });
    expect('settled' in drive.status()).toBe('settled' in status);
    expect(Object.keys(drive.status().shares)).toEqual(['primary', 'v2']);
    const { attempt, since, why } = drive.state.own;
    const promoted = phase === 'complete' ? { promotedBy: 'ann' } : {};
    expect(drive.status().detail).toEqual({ phase, attempt, since, why, ...promoted });
  });
});

describe('the options of a shadow', () => {
  test.each([
    [{ primary: 5 }, 'strategy.primary'],
    [{ shadow: undefined }, "strategy.shadow: must be a model's name other than 'primary' and 'noise-floor'"],
    [{ shadow: 'primary' }, "strategy.shadow: must be a model's name other than"],
    [{ shadow: 'noise-floor' }, 'strategy.shadow'],
    [{ shadow: '' }, 'strategy.shadow'],
    [{ shadow: [] }, 'strategy.shadow: must be a list of 1 to 8 items (was a list of 0).'],
    [{ shadow: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'] }, 'a list of 1 to 8 items'],
    [{ shadow: ['v2', 'primary'] }, 'strategy.shadow[1]: must be a model'],
    [{ shadow: ['v2', 'v3', 'v2'] }, "strategy.shadow[2]: must differ from the shadows before (was 'v2')."],
    [{ shadow: 'v1' }, 'strategy.shadow: must not be the primary. Use `noiseFloor: true` to mirror it to itself.'],
    [{ shadow: ['v2', 'v1'] }, 'strategy.shadow[1]: must not be the primary.'],
    [{ shadow: new Canary({ baseline: 'v1', candidate: 'v2' }) }, 'strategy.shadow: must be a model'],
    [{ share: 25 }, 'Did you mean 0.25?'],
    [{ unit: '' }, 'strategy.unit'],
    [{ salt: 1 }, 'strategy.salt'],
    [{ compare: 'exact' }, 'strategy.compare: must be a function'],
    [{ ignore: {} }, 'strategy.ignore'],
    [{ clean: 1 }, 'strategy.clean'],
    [{ noiseFloor: 1 }, 'strategy.noiseFloor'],
    [{ guardrails: [gateDial()] }, 'strategy.guardrails[0]'],
    [
      { until: {} },
      'strategy.until: must be an object with minAgeMs, minOutcomes, gates or more of them (was an object).',
    ],
    [{ until: null }, 'strategy.until: must be an object (was null).'],
    [{ until: { minAgeMs: -1 } }, 'strategy.until.minAgeMs'],
    [{ until: { minOutcomes: 0.5 } }, 'strategy.until.minOutcomes'],
    [{ until: { gates: [dial()] } }, 'strategy.until.gates[0]'],
    [{ shadows: 'v2' }, 'strategy.shadows: is not an option. Did you mean shadow?'],
  ])('are refused: %j', (options, message) => {
    expect(() => shadowing(options)).toThrow(message);
    expect(() => shadowing(options)).toThrow('new Shadow:');
  });

  test('may name a model that the primary, a strategy, reaches too', () => {
    expect(() => new Shadow({ primary: new Canary({ baseline: 'v1', candidate: 'v2' }), shadow: 'v2' })).not.toThrow();
    expect(() => shadowing({ shadow: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] })).not.toThrow();
  });
});

test('a stored state of a shadow is refused when it was not written by one', () => {
  const { state, strategy } = shadowing();
  expect(strategy.restore(JSON.parse(JSON.stringify(state)))).toEqual(state);
  for (const [path, change] of [
    ['own.phase', { phase: 'dark' }],
    ['own.why', { why: '' }],
    ['own.since', { since: 'x' }],
  ] as const)
    expect(() => strategy.restore({ own: { ...state.own, ...change }, children: {} } as never)).toThrow(path);
});
