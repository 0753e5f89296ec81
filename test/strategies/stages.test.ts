import { describe, expect, test } from 'vitest';
import type { Issue } from '../../src/core/errors.js';
import {
  type Stage,
  fullStages,
  stageFor,
  stageProgress,
  stageWaits,
  stagesCheck,
} from '../../src/strategies/stages.js';
import { gateDial } from './drive.js';

const full = (stage: Partial<Stage>) => {
  const [whole] = fullStages([{ share: 0.1, ...stage }]);
  if (whole === undefined) throw new Error('one stage');
  return whole;
};

function at(
  stage: Parameters<typeof full>[0],
  look: { age?: number; outcomes?: number; approved?: boolean; approvedAt?: number },
) {
  const { age = 0, outcomes = 0, approved = false } = look;
  const approvals = approved ? [{ by: 'ann', at: look.approvedAt ?? 1000 }] : [];
  const judged = { now: 1000 + age, strata: [], metrics: {}, arm: 'candidate', approvals };
  return stageProgress(full(stage), 1000, outcomes, judged);
}

function issuesOf(value: unknown): readonly string[] {
  const issues: Issue[] = [];
  stagesCheck(value, 'stages', issues);
  return issues.map(({ path, message }) => `${path}: ${message}`);
}

describe('a stage', () => {
  test('has defaults for all but its share; a key that is undefined is one that was left out', () => {
    const defaults = {
      name: '10%',
      share: 0.1,
      minAgeMs: 0,
      minOutcomes: 0,
      maxAgeMs: Infinity,
      hold: false,
      gates: [],
      approvalExpiresMs: Infinity,
      onDeadline: 'hold',
      onInsufficient: 'hold',
      onInconclusive: 'hold',
      onError: 'hold',
    };
    expect(full({})).toEqual(defaults);
    const absent = {
      name: undefined,
      minAgeMs: undefined,
      minOutcomes: undefined,
      maxAgeMs: undefined,
      hold: undefined,
    };
    const more = {
      gates: undefined,
      approvalExpiresMs: undefined,
      onDeadline: undefined,
      onInsufficient: undefined,
      onInconclusive: undefined,
      onError: undefined,
    };
    expect(full({ ...absent, ...more } as never)).toEqual(defaults);
  });

  test('keeps what it was given', () => {
    const given = {
      name: 'few',
      share: 0.2,
      minAgeMs: 1,
      minOutcomes: 2,
      maxAgeMs: 3,
      hold: true,
      gates: [gateDial()],
    };
    const policies = {
      approvalExpiresMs: 4,
      onDeadline: 'wait',
      onInsufficient: 'rollback',
      onInconclusive: 'advance',
      onError: 'hold',
    } as const;
    expect(full({ ...given, ...policies })).toEqual({ ...given, ...policies });
  });

  test.each([
    [0.05, '5%'],
    [1, '100%'],
    [0.001, '0.1%'],
    [1 / 3, '33.3333%'],
    [0.1 + 0.2, '30%'],
    [0.000001, '0.0001%'],
  ])('of share %d is named %s', (share, name) => {
    expect(full({ share }).name).toBe(name);
  });

  test('says what it waits for in general', () => {
    expect(stageWaits(full({}))).toEqual([]);
    const gates = [gateDial('a'), gateDial('b')];
    expect(stageWaits(full({ minAgeMs: 1, minOutcomes: 1, gates, hold: true }))).toEqual([
      'age of 1 ms',
      '1 outcomes',
      'a',
      'b',
      'approval',
    ]);
  });

  test('of a state is the one it names, else the last that is not larger than its share, else the first', () => {
    const stages = fullStages([{ share: 0.1 }, { share: 0.2, name: 'some' }, { share: 0.3 }]);
    const find = (name: string, share: number) => stageFor(stages, name, share).name;
    expect(find('some', 0.9)).toBe('some');
    expect(find('gone', 0.2)).toBe('some');
    expect(find('gone', 0.29)).toBe('some');
    expect(find('gone', 1)).toBe('30%');
    expect(find('gone', 0.05)).toBe('10%');
  });
});

describe('the progress of a stage', () => {
  test('advances when there is nothing to wait for', () => {
    expect(at({}, {})).toEqual({ waitingFor: [], verdicts: [], action: 'advance', isLate: false });
  });

  test('waits for its age, to the millisecond', () => {
    expect(at({ minAgeMs: 10 }, { age: 9.5 })).toEqual({
      waitingFor: ['age of 10 ms (now 9)'],
      verdicts: [],
      action: 'wait',
      isLate: false,
    });
    expect(at({ minAgeMs: 10 }, { age: -3 }).waitingFor).toEqual(['age of 10 ms (now 0)']);
    expect(at({ minAgeMs: 10 }, { age: 10 }).action).toBe('advance');
  });

  test('waits for its outcomes, to the last one', () => {
    expect(at({ minOutcomes: 10 }, { outcomes: 9 })).toMatchObject({ waitingFor: ['1 more outcomes'], action: 'wait' });
    expect(at({ minOutcomes: 10 }, { outcomes: 10 }).action).toBe('advance');
  });

  test('waits where the age or the outcomes are not numbers', () => {
    expect(at({}, { age: Number.NaN }).action).toBe('wait');
    expect(at({ minOutcomes: 1, maxAgeMs: 1, onInsufficient: 'advance' }, { age: Number.NaN }).action).toBe('wait');
    expect(at({ minOutcomes: 0 }, { outcomes: Number.NaN }).action).toBe('wait');
  });

  test.each(['fail', 'inconclusive', 'insufficient-data', 'error', 'cancelled'] as const)(
    'waits for a gate that says %s: only pass promotes',
    (outcome) => {
      const progress = at({ gates: [gateDial('a'), gateDial('b', outcome)] }, {});
      expect(progress).toMatchObject({ waitingFor: [`b: it is ${outcome}`], action: 'wait' });
      expect(progress.verdicts.map((verdict) => verdict.outcome)).toEqual(['pass', outcome]);
    },
  );

  test('waits for an approval after all else, and only where one is asked for', () => {
    expect(at({ hold: true }, {})).toEqual({ waitingFor: ['approval'], verdicts: [], action: 'wait', isLate: false });
    expect(at({ hold: true }, { approved: true })).toEqual({
      waitingFor: [],
      verdicts: [],
      action: 'advance',
      isLate: false,
    });
    expect(at({ hold: true, minAgeMs: 10 }, {}).waitingFor).toEqual(['age of 10 ms (now 0)']);
    expect(at({ hold: true, minAgeMs: 10 }, { approved: true }).action).toBe('wait');
  });
});

describe('the deadline of a stage', () => {
  const open = { maxAgeMs: 100, gates: [gateDial('g', 'inconclusive')] };
  const dry = { maxAgeMs: 100, minOutcomes: 10 };
  const blind = { maxAgeMs: 100, gates: [gateDial('g', 'insufficient-data')] };

  test.each([
    ['wait', ['g: it is inconclusive'], 'wait'],
    ['hold', ['g: it is inconclusive', 'approval'], 'hold'],
    ['advance', ['g: it is inconclusive'], 'advance'],
    ['rollback', ['g: it is inconclusive'], 'rollback'],
  ] as const)("does what onDeadline: '%s' says when a gate does not pass", (onDeadline, waitingFor, action) => {
    const stage = { ...open, onDeadline, onInsufficient: 'wait' } as const;
    expect(at(stage, { age: 99 })).toMatchObject({ waitingFor: ['g: it is inconclusive'], action: 'wait' });
    expect(at(stage, { age: 100 })).toMatchObject({ waitingFor, action });
  });

  test.each(['wait', 'hold', 'advance', 'rollback'] as const)(
    "does what onInsufficient: '%s' says when there are too few data",
    (onInsufficient) => {
      for (const stage of [dry, blind]) {
        const whole = { ...stage, onInsufficient, onDeadline: onInsufficient === 'wait' ? 'advance' : 'wait' } as const;
        expect(at(whole, { age: 99, outcomes: 9 }).action).toBe('wait');
        expect(at(whole, { age: 100, outcomes: 9 }).action).toBe(onInsufficient);
      }
    },
  );

  test('holds by default in both cases', () => {
    expect(at(open, { age: 100 }).action).toBe('hold');
    expect(at(dry, { age: 100 }).action).toBe('hold');
  });

  test('has too few data when any gate says so', () => {
    const gates = [gateDial('a', 'inconclusive'), gateDial('b', 'insufficient-data')];
    const stage = { maxAgeMs: 100, gates, onDeadline: 'advance', onInsufficient: 'rollback' } as const;
    expect(at(stage, { age: 100 }).action).toBe('rollback');
  });

  test('does the same with an approval to come, save going on', () => {
    for (const onDeadline of ['wait', 'hold', 'rollback'] as const)
      expect(at({ ...open, hold: true, onDeadline }, { age: 100 }).action).toBe(onDeadline);
  });

  test('is not waited for by a stage that may end before', () => {
    expect(at({ ...open, gates: [gateDial()] }, { age: 50 }).action).toBe('advance');
  });

  test('goes on at once when an approval was given for it', () => {
    const given = { approved: true, approvedAt: 1100 };
    expect(at(open, { age: 99, ...given }).action).toBe('wait');
    expect(at(open, { age: 100, ...given })).toMatchObject({ waitingFor: [], action: 'advance', isLate: false });
    expect(at({ ...open, onDeadline: 'rollback' }, { age: 100, ...given }).action).toBe('advance');
  });

  test('is not gone past by an approval from before it, which was of a stage that would pass its gates', () => {
    expect(at(open, { age: 100, approved: true, approvedAt: 1099 }).action).toBe('hold');
  });

  test('cannot stand in for an approval that is asked for', () => {
    const stage = { ...open, hold: true, onDeadline: 'advance' } as const;
    expect(at(stage, { age: 100 })).toMatchObject({
      waitingFor: ['g: it is inconclusive', 'approval'],
      action: 'hold',
    });
    expect(at({ ...dry, hold: true, onInsufficient: 'advance' }, { age: 100 }).action).toBe('hold');
  });

  test('ends a wait for an approval only by a rollback', () => {
    for (const onDeadline of ['wait', 'hold', 'advance', 'rollback'] as const) {
      const stage = { maxAgeMs: 100, hold: true, onDeadline } as const;
      expect(at(stage, { age: 99 }).action).toBe('wait');
      expect(at(stage, { age: 100 })).toMatchObject({
        waitingFor: ['approval'],
        action: onDeadline === 'rollback' ? 'rollback' : 'wait',
      });
    }
  });
});

describe('a list of stages', () => {
  test('is right when its shares grow', () => {
    expect(issuesOf([{ share: 0.1 }, { share: 0.2, minAgeMs: 5, maxAgeMs: 5 }, { share: 1 }])).toEqual([]);
  });

  test('must not be empty, nor have over 100', () => {
    expect(issuesOf([])).toEqual(['stages: must be a list of 1 to 100 items (was a list of 0).']);
    const many = Array.from({ length: 101 }, (_, index) => ({ share: (index + 1) / 101 }));
    expect(issuesOf(many.slice(0, 100))).toEqual([]);
    expect(issuesOf(many)).toHaveLength(1);
    expect(issuesOf('10%')).toHaveLength(1);
  });

  test('must grow, from over 0', () => {
    expect(issuesOf([{ share: 0 }, { share: 0.1 }])).toEqual([
      'stages[0].share: must be over 0, since a ramp only grows (was 0).',
    ]);
    expect(issuesOf([{ share: 0.2 }, { share: 0.1, name: 'x' }])).toEqual([
      'stages[1].share: must be over 0.2, since a ramp only grows (was 0.1).',
    ]);
    expect(issuesOf([{ share: 0.2 }, { share: 0.2, name: 'x' }])).toHaveLength(1);
  });

  test('must have names that differ, given or not', () => {
    expect(
      issuesOf([
        { share: 0.1, name: 'a' },
        { share: 0.2, name: 'a' },
      ]),
    ).toEqual(["stages[1].name: must differ from the stages before (was 'a')."]);
    expect(issuesOf([{ share: 0.1, name: '20%' }, { share: 0.2 }])).toEqual([
      "stages[1].name: must differ from the stages before (was '20%').",
    ]);
  });

  test('tells a share that is no number once', () => {
    expect(issuesOf([{ share: 'a' }, { share: 'b' }, {}])).toEqual([
      "stages[0].share: must be a fraction in [0, 1] (was 'a').",
      "stages[1].share: must be a fraction in [0, 1] (was 'b').",
      'stages[2].share: must be a fraction in [0, 1] (was undefined).',
    ]);
    expect(issuesOf([{ share: 'a' }, { share: 0.2 }])).toHaveLength(1);
    expect(issuesOf([null, 7])).toEqual([
      'stages[0]: must be an object (was null).',
      'stages[1]: must be an object (was 7).',
    ]);
  });

  test('must not have a deadline before its least age', () => {
    expect(issuesOf([{ share: 0.1, minAgeMs: 10, maxAgeMs: 9 }])).toEqual([
      'stages[0].maxAgeMs: must be at least minAgeMs, 10 (was 9).',
    ]);
    expect(issuesOf([{ share: 0.1, maxAgeMs: 0 }])).toEqual([]);
  });

  test('knows its keys and their types', () => {
    const wrong = {
      share: 0.1,
      minAge: 5,
      minAgeMs: -1,
      minOutcomes: 0.5,
      maxAgeMs: 'x',
      hold: 1,
      gates: [{}],
      name: '',
    };
    const issues = issuesOf([{ ...wrong, onDeadline: 'stop', onInsufficient: 'pass' }]);
    const paths = [
      'minAge',
      'name',
      'minAgeMs',
      'minOutcomes',
      'maxAgeMs',
      'hold',
      'gates[0]',
      'onDeadline',
      'onInsufficient',
    ];
    expect(issues.slice(0, 9).map((issue) => issue.slice('stages[0].'.length, issue.indexOf(':')))).toEqual(paths);
  });
});
