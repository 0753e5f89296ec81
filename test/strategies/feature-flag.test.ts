import { describe, expect, test } from 'vitest';
import { Canary } from '../../src/strategies/canary.js';
import { FeatureFlag } from '../../src/strategies/feature-flag.js';
import { auditFlags } from '../../src/strategies/flag-audit.js';
import { Shadow } from '../../src/strategies/shadow.js';
import type { Strategy } from '../../src/strategies/strategy.js';
import { Drive, dial, modelsOf, monday } from './drive.js';

const day = 86_400_000;
const staff = { eq: ['group', 'staff'] } as const;
const beta = { eq: ['group', 'beta'] } as const;
const rules = [
  { name: 'staff', when: staff, use: 'on' },
  { name: 'banned', when: { eq: ['banned', true] }, use: 'off' },
  { name: 'beta', when: beta, use: 'v3' },
] as const;

const made = (options: object = {}) =>
  new FeatureFlag({ on: 'v2', off: 'v1', ...options } as never) as FeatureFlag<'v2', 'v1'>;
const flag = (options: object = {}) => new Drive(made(options));

const phases = {
  rules: (options: object = {}) => flag(options),
  on: (options: object = {}) => {
    const drive = flag(options);
    drive.order('promote');
    return drive;
  },
  killed: (options: object = {}) => {
    const drive = flag(options);
    drive.order('rollback');
    return drive;
  },
} as const;

const offAlone = {
  op: 'split',
  node: 'root',
  epoch: 2,
  salt: 'root',
  arms: [{ arm: 'off', share: 1, plan: { op: 'serve', model: 'v1' } }],
  cuts: [{ below: 2 ** 32, arm: 0 }],
  missing: 'draw',
  counts: false,
  fallback: 'v1',
} as const;

describe('a flag', () => {
  test('without rules or a share is on for everybody, and keeps off loaded for the kill switch', () => {
    expect(flag().plan()).toEqual({
      op: 'split',
      node: 'root',
      epoch: 1,
      salt: 'root',
      arms: [
        { arm: 'on', share: 1, plan: { op: 'serve', model: 'v2' } },
        { arm: 'off', share: 0, plan: { op: 'serve', model: 'v1' } },
      ],
      cuts: [{ below: 2 ** 32, arm: 0 }],
      missing: 'draw',
      counts: true,
      fallback: 'v1',
    });
  });

  test('gives a share of the units the on branch, and the nameless the off branch: drawn, it would come and go under them', () => {
    expect(flag({ share: 0.25 }).plan()).toMatchObject({
      arms: [
        { arm: 'on', share: 0.25 },
        { arm: 'off', share: 0.75 },
      ],
      cuts: [
        { below: 2 ** 30, arm: 0 },
        { below: 2 ** 32, arm: 1 },
      ],
      missing: 'last',
    });
    expect(flag({ share: 0 }).plan()).toMatchObject({ cuts: [{ below: 2 ** 32, arm: 1 }], missing: 'last' });
  });

  test('asks its rules first, in their order; each leads to an arm that others can ask for', () => {
    const drive = flag({ share: 0.5, rules });
    expect(drive.plan()).toEqual({
      op: 'match',
      node: 'root',
      rules: [
        { name: 'staff', when: staff, arm: 'on', plan: { op: 'serve', model: 'v2' } },
        { name: 'banned', when: rules[1].when, arm: 'off', plan: { op: 'serve', model: 'v1' } },
        { name: 'beta', when: beta, plan: { op: 'serve', model: 'v3' } },
      ],
      otherwise: expect.objectContaining({ op: 'split', node: 'root' }),
      fallback: 'v1',
    });
  });

  test('may depend on the arm of another node', () => {
    const when = { arm: ['root/search', 'on'] } as const;
    expect(flag({ rules: [{ name: 'search', when, use: 'on' }], share: 0 }).plan()).toMatchObject({
      rules: [{ when, arm: 'on' }],
    });
  });

  test('uses the unit and the salt that it was given', () => {
    expect(flag({ unit: 'tenantId', salt: 'mine', share: 0.5 }).plan()).toMatchObject({
      unit: 'tenantId',
      salt: 'mine',
    });
    expect(flag().plan()).not.toHaveProperty('unit');
  });

  test('that is on for everybody asks no rule, and leaves nobody out', () => {
    expect(phases.on({ rules, share: 0.1 }).plan()).toMatchObject({
      op: 'split',
      arms: [{ arm: 'on', share: 1 }, { share: 0 }],
      missing: 'draw',
    });
  });

  test('that is killed or disabled is the off branch alone, which counts nothing and which other flags may ask for', () => {
    expect(phases.killed({ rules, salt: 'mine', unit: 'tenantId' }).plan()).toEqual(offAlone);
    for (const phase of ['rules', 'on', 'killed'] as const) {
      const plan = phases[phase]({ rules, enabled: false }).plan();
      expect(plan).toEqual({ ...offAlone, epoch: phase === 'rules' ? 1 : 2 });
    }
  });

  test('that is killed is seen as off by those that depend on it, without an error', async () => {
    const asks = (arm: string) =>
      new FeatureFlag({
        on: 'yes',
        off: 'no',
        share: 0,
        rules: [{ name: `if ${arm}`, when: { arm: ['r/on', arm] }, use: 'on' }],
      });
    const { createRouter } = await import('../../src/runtime/router.js');
    const strategy = new FeatureFlag({
      on: new FeatureFlag({ on: 'v2', off: 'v1' }),
      off: 'v1',
      rules: [
        { name: 'a', when: { eq: ['ask', 'on'] }, use: asks('on') },
        { name: 'b', when: { eq: ['ask', 'off'] }, use: asks('off') },
      ],
    });
    const models = { v1: 1, v2: 2, yes: 3, no: 4 };
    const router = createRouter({ name: 'r', models, strategy, tickEveryMs: false });
    const errors: unknown[] = [];
    router.on('error', (error) => errors.push(error));
    const answers = () => ['on', 'off', 'none'].map((ask) => router.route({ targetingKey: 'u', ask }).model);
    expect(answers()).toEqual(['yes', 'no', 'v2']);
    await router.rollback('it is bad', { node: 'r/on' });
    expect(answers()).toEqual(['no', 'yes', 'v1']);
    expect(router.route({}).reason).not.toBe('missing-unit');
    expect(errors).toEqual([]);
    await router.close();
  });

  test('follows a share that was edited in the program, as an epoch of its own', () => {
    const drive = flag({ share: 0.1 });
    expect(drive.rests(5)).toBe(true);
    const edited = flag({ share: 0.2 });
    edited.state = edited.strategy.restore(JSON.parse(JSON.stringify(drive.state)));
    expect(edited.plan()).toMatchObject({ epoch: 1, arms: [{ share: 0.1 }, { share: 0.9 }] });
    edited.tick(5);
    expect(edited.plan()).toMatchObject({ epoch: 2, arms: [{ share: 0.2 }, { share: 0.8 }] });
    expect(edited.last.notices[0]?.data).toEqual({
      from: 'rules',
      to: 'rules',
      why: 'the share was edited',
      share: 0.2,
    });
    expect(edited.rests()).toBe(true);
  });

  test('does not follow it while it is on for everybody or killed', () => {
    for (const phase of ['on', 'killed'] as const) {
      const edited = flag({ share: 0.2 });
      edited.state = phases[phase]({ share: 0.1 }).state;
      expect(edited.rests()).toBe(true);
    }
  });
});

describe('a command to a flag', () => {
  const noApproval = 'no approval is waited for';
  const noPause = 'nothing moves by itself in a flag; rollback() turns it off';
  const refusals = {
    rules: { resume: 'the rules apply already', reset: 'the rules apply already' },
    on: { promote: 'the flag is on for everybody already' },
    killed: { rollback: 'the flag is killed already' },
  } as const;
  const leads = { promote: 'on', rollback: 'killed', resume: 'rules', reset: 'rules' } as const;
  const cases = (['rules', 'on', 'killed'] as const).flatMap((phase) =>
    (['promote', 'rollback', 'pause', 'resume', 'approve', 'reject', 'reset'] as const).map(
      (command) => [phase, command] as const,
    ),
  );

  test.each(cases)('in the phase %s: %s', (phase, command) => {
    const drive = phases[phase]({ share: 0.3 });
    const before = drive.state;
    const why =
      command === 'pause'
        ? noPause
        : command === 'approve' || command === 'reject'
          ? noApproval
          : (refusals[phase] as Readonly<Record<string, string>>)[command];
    drive.now += 9;
    expect(drive.order(command)).toBe(why);
    if (why !== undefined) {
      expect(drive.state).toBe(before);
      return;
    }
    const to = leads[command as keyof typeof leads];
    expect(drive.state.own).toMatchObject({ phase: to, epoch: drive.revision, since: monday + 9 });
    expect(drive.last.notices).toMatchObject([{ type: 'transition', data: { from: phase, to } }]);
    expect(drive.last.notices[0]?.data.why).toContain('ann');
  });

  test('takes only on for an arm to promote', () => {
    expect(flag().order('promote', { arm: 'off' })).toBe(
      "only 'on' can be promoted, not 'off'; rollback() turns the flag off",
    );
    expect(flag().order('promote', { arm: 'on' })).toBeUndefined();
  });

  test('turns it on again for the same units, in a new attempt', () => {
    const drive = flag({ share: 0.3 });
    const before = drive.plan();
    drive.order('rollback');
    expect(drive.state.own).toMatchObject({ share: 0, why: 'it is bad (ann)' });
    drive.order('resume');
    expect(drive.state.own).toMatchObject({
      attempt: 2,
      share: 0.3,
      firstEpoch: drive.revision,
      why: 'back to the rules by ann',
    });
    expect({ ...drive.plan(), epoch: 1 }).toEqual(before);
    expect(drive.order('rollback', { attempt: 1 })).toBe('attempt 1 was judged, and this is attempt 2');
    expect(drive.state.own.phase).toBe('rules');
    expect(drive.order('rollback', { attempt: 2 })).toBeUndefined();
  });

  test('turns on what is killed, and off what is on for everybody', () => {
    const drive = phases.killed();
    drive.order('promote');
    expect(drive.plan()).toMatchObject({ arms: [{ share: 1 }, { share: 0 }] });
    drive.order('rollback');
    expect(modelsOf(drive.plan())).toEqual(['v1']);
  });
});

describe('the status of a flag', () => {
  test.each([
    ['rules', { phase: 'running', shares: { on: 0.3, off: 0.7 }, waitingFor: [] }],
    ['on', { phase: 'settled', settled: 'promoted', shares: { on: 1, off: 0 }, waitingFor: [] }],
    ['killed', { phase: 'settled', settled: 'rolled-back', shares: { on: 0, off: 1 }, waitingFor: [] }],
  ] as const)('in the phase %s', (phase, status) => {
    const drive = phases[phase]({ share: 0.3, owner: 'ann' });
    expect(drive.status()).toMatchObject({ node: 'root', kind: 'feature-flag', stable: 'v1', children: [], ...status });
    expect('settled' in drive.status()).toBe('settled' in status);
    expect(drive.status().detail).toMatchObject({
      phase,
      attempt: 1,
      since: monday,
      owner: 'ann',
      why: drive.state.own.why,
    });
  });

  test.each(['rules', 'on', 'killed'] as const)('when it is disabled in the phase %s', (phase) => {
    const status = phases[phase]({ enabled: false }).status();
    expect(status).toMatchObject({ shares: { on: 0, off: 1 }, waitingFor: ['the option enabled: true'] });
    expect(status.phase).toBe(phase === 'killed' ? 'settled' : 'paused');
  });
});

test('branches may be strategies, those of rules too, which are arms of the name of the rule', () => {
  const strategy = new FeatureFlag({
    on: new Canary({ baseline: 'v1', candidate: 'v2', guardrails: [{ ...dial(), metrics: ['clicked'] as const }] }),
    off: 'v1',
    rules: [
      { name: 'de', when: { eq: ['country', 'DE'] }, use: new Shadow({ primary: 'v4', shadow: 'v5' }) },
      { name: 'all', when: () => true, use: 'off' },
    ],
  });
  const models: readonly ('v1' | 'v2' | 'v4' | 'v5')[] = strategy.models;
  const metrics: readonly 'clicked'[] = strategy.metrics;
  expect([models.toSorted(), metrics]).toEqual([['v1', 'v2', 'v4', 'v5'], ['clicked']]);
  expect(Object.keys(strategy.children)).toEqual(['on', 'de']);
  const drive = new Drive(strategy);
  expect(drive.plan()).toMatchObject({
    rules: [
      { name: 'de', plan: { op: 'mirror', node: 'root/de' } },
      { name: 'all', arm: 'off' },
    ],
    otherwise: { arms: [{ plan: { node: 'root/on' } }, { plan: { model: 'v1' } }] },
  });
  expect(drive.status().children.map(({ node }) => node)).toEqual(['root/on', 'root/de']);
  drive.order('rollback');
  expect(drive.plan()).toEqual(offAlone);
});

test('the words on and off in rules are no models to the type checker', () => {
  const words = new FeatureFlag({ on: 'v2', off: 'v1', rules: [{ name: 'x', when: staff, use: 'on' }] });
  const models: readonly ('v1' | 'v2')[] = words.models;
  expect(models).toEqual(['v2', 'v1']);
});

test('a model that is called on is never meant by the word in a rule', () => {
  const drive = new Drive(new FeatureFlag({ on: 'v2', off: 'on', rules: [{ name: 'x', when: staff, use: 'on' }] }));
  expect(drive.plan()).toMatchObject({ rules: [{ plan: { model: 'v2' } }] });
});

describe('the options of a flag', () => {
  test.each([
    [{ share: 50 }, 'strategy.share: must be a fraction in [0, 1] (was 50). Did you mean 0.5?'],
    [{ rules: [{ name: 'on', when: staff, use: 'on' }] }, "strategy.rules[0].name: must not be taken (was 'on')."],
    [{ rules: [{ name: 'off', when: staff, use: 'on' }] }, 'must not be taken'],
    [{ rules: [rules[0], rules[0]] }, "strategy.rules[1].name: must not be taken (was 'staff')."],
    [{ rules: [{ name: 'a/b', when: staff, use: 'on' }] }, 'strategy.rules[0].name'],
    [{ rules: [{ name: 'a', when: { is: 1 }, use: 'on' }] }, 'strategy.rules[0].when'],
    [{ rules: [{ name: 'a', when: staff, use: 5 }] }, 'strategy.rules[0].use'],
    [{ rules: [{ name: 'a', use: 'on' }] }, 'strategy.rules[0].when'],
    [{ rules: 5 }, 'strategy.rules: must be a list'],
    [{ rules: [null] }, 'strategy.rules[0]: must be an object'],
    [
      { rules: Array.from({ length: 201 }, (_, i) => ({ name: `r${i}`, when: staff, use: 'on' })) },
      'a list of 0 to 200',
    ],
    [{ enabled: 'yes' }, 'strategy.enabled'],
    [{ owner: '' }, 'strategy.owner'],
    [{ description: 5 }, 'strategy.description'],
    [{ createdAt: '1.3.2026' }, 'strategy.createdAt: must be a date as in 2026-03-01'],
    [{ expiresAt: '2026-13-01' }, 'strategy.expiresAt'],
    [{ expiresAt: 1_700_000_000_000 }, 'strategy.expiresAt'],
    [{ expiresAt: 'on 2026-03-01' }, 'strategy.expiresAt'],
    [{ unit: '' }, 'strategy.unit'],
    [{ salt: '' }, 'strategy.salt'],
    [{ shares: 1 }, 'strategy.shares: is not an option. Did you mean share?'],
    [{ on: undefined }, 'strategy.on'],
    [{ off: 7 }, 'strategy.off'],
  ])('are refused: %j', (options, message) => {
    expect(() => flag(options)).toThrow(message);
    expect(() => flag(options)).toThrow('new FeatureFlag:');
  });

  test('tell what an audit asks for, and nothing that was left out', () => {
    expect(made().flag).toStrictEqual({ share: 1, rules: 0, enabled: true });
    const facts = {
      owner: 'ann',
      description: 'the new ranker',
      createdAt: '2026-01-01',
      expiresAt: '2026-03-01T09:00:00Z',
    };
    expect(made({ ...facts, share: 0.5, rules, enabled: false }).flag).toEqual({
      ...facts,
      share: 0.5,
      rules: 3,
      enabled: false,
    });
    expect(Object.isFrozen(made().flag)).toBe(true);
  });
});

test('a stored state of a flag is refused when it was not written by one', () => {
  const { state, strategy } = flag();
  for (const [path, change] of [
    ['own.phase', { phase: 'off' }],
    ['own.share', { share: 2 }],
    ['own.why', { why: '' }],
    ['own.attempt', { attempt: null }],
  ] as const)
    expect(() => strategy.restore({ own: { ...state.own, ...change }, children: {} } as never)).toThrow(path);
});

describe('an audit of flags', () => {
  const now = Date.parse('2026-03-01T00:00:00Z');
  const documented = { owner: 'ann', description: 'the new ranker' };
  const audit = (options: object) => auditFlags(flag(options).strategy, now)[0]?.problems ?? [];

  test('finds nothing in a documented flag that has work to do', () => {
    expect(audit({ ...documented, share: 0.5 })).toEqual([]);
    expect(audit({ ...documented, rules })).toEqual([]);
    expect(audit({ ...documented, rules, share: 0 })).toEqual([]);
  });

  test('finds what is past its date, from that moment on', () => {
    expect(audit({ ...documented, share: 0.5, expiresAt: '2026-03-01' })).toEqual(['expired']);
    expect(audit({ ...documented, share: 0.5, expiresAt: '2026-03-01T00:00:00.001Z' })).toEqual([]);
  });

  test('finds what is always on or always off, unless it is young or has a date to end at', () => {
    expect(audit({ ...documented })).toEqual(['always-on']);
    expect(audit({ ...documented, share: 0 })).toEqual(['always-off']);
    expect(audit({ ...documented, enabled: false, rules, share: 0.5 })).toEqual(['always-off']);
    expect(audit({ ...documented, createdAt: '2026-01-30T00:00:00Z' })).toEqual(['always-on']);
    expect(audit({ ...documented, createdAt: '2026-01-30T00:00:00.001Z' })).toEqual([]);
    expect(audit({ ...documented, expiresAt: '2027-01-01' })).toEqual([]);
    expect(audit({ ...documented, enabled: false, expiresAt: '2027-01-01' })).toEqual([]);
  });

  test('finds what does not say whose it is, or what it is for', () => {
    expect(audit({ share: 0.5 })).toEqual(['no-owner', 'no-description']);
    expect(audit({ share: 0.5, owner: 'ann' })).toEqual(['no-description']);
    expect(audit({ share: 0.5, description: 'x' })).toEqual(['no-owner']);
    for (const half of [{ owner: 'ann' }, { description: 'x' }])
      expect(auditFlags(made({ ...half, share: 0.5 }), now)).toMatchObject([{ stale: false, documented: false }]);
  });

  test('walks the whole tree, and tells stale from undocumented', () => {
    const old = new FeatureFlag({ on: 'v3', off: 'v1', ...documented, share: 0.5, expiresAt: '2026-02-01' });
    const tree: Strategy = new FeatureFlag({
      off: 'v1',
      on: new Canary({ baseline: old, candidate: new FeatureFlag({ on: 'v4', off: 'v1', ...documented, rules }) }),
      rules: [{ name: 'de', when: staff, use: new FeatureFlag({ on: 'v5', off: 'v1' }) }],
      owner: 'bob',
    });
    expect(auditFlags(tree, now, 'ranker')).toStrictEqual([
      { node: 'ranker', problems: ['no-description'], stale: false, documented: false, owner: 'bob' },
      {
        node: 'ranker/on/baseline',
        problems: ['expired'],
        stale: true,
        documented: true,
        owner: 'ann',
        expiresAt: '2026-02-01',
      },
      { node: 'ranker/de', problems: ['always-on', 'no-owner', 'no-description'], stale: true, documented: false },
    ]);
    expect(auditFlags(tree, now)[0]?.node).toBe('root');
  });

  test('knows the flags of others by what they show, and passes by what only looks like one', () => {
    const facts = { share: 0.5, rules: 0, enabled: true };
    const other = {
      ...new Canary({ baseline: 'v1', candidate: 'v2' }),
      flag: facts,
      children: {},
    } as unknown as Strategy;
    expect(auditFlags(other, now)).toMatchObject([{ problems: ['no-owner', 'no-description'] }]);
    for (const wrong of [{ flag: true }, { flag: { share: '1' } }, { flag: null }, {}])
      expect(auditFlags({ ...other, flag: undefined, ...wrong } as unknown as Strategy, now)).toEqual([]);
    const { children: _, ...childless } = other;
    expect(auditFlags(childless as unknown as Strategy, now)).toHaveLength(1);
  });

  test('refuses a time that is none', () => {
    expect(() => auditFlags(flag().strategy, Number.NaN)).toThrow('auditFlags:\n  now');
    expect(() => auditFlags(flag().strategy, now, '')).toThrow('auditFlags:\n  rootName');
    expect(auditFlags(flag({ ...documented }).strategy, now + 30 * day + 0.5)).toHaveLength(1);
  });
});
