import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  ABTest,
  Bandit,
  BlueGreen,
  Canary,
  ConfigError,
  createRouter,
  DarkLaunch,
  FeatureFlag,
  type Issue,
  linear,
  maxErrorRate,
  minAge,
  noWorseThan,
  Pipeline,
  Rolling,
  Shadow,
  type Strategy,
  binary,
} from '../../src/index.js';
import { linearMoments } from '../../src/bandits/index.js';
import { parsePlan } from '../../src/plans/index.js';
import { rootScope } from '../../src/strategies/scope.js';

const canary = { kind: 'canary', baseline: 'v1', candidate: 'v2' };
const planOf = (strategy: unknown, more: object = {}) => ({
  name: 'ranker',
  metrics: { clicked: { type: 'binary' } },
  strategy,
  ...more,
});

function issuesOf(json: unknown, options = {}): readonly Issue[] {
  try {
    parsePlan(json, options);
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
  return [];
}
const messages = (json: unknown, options = {}) =>
  issuesOf(json, options).map(({ path, message }) => `${path}: ${message}`);

const first = (strategy: Strategy) => {
  const scope = rootScope('ranker', 1);
  const state = strategy.init(0, scope);
  return JSON.parse(
    JSON.stringify([
      strategy.kind,
      strategy.metrics,
      state,
      strategy.plan(state, scope),
      strategy.status(state, scope),
    ]),
  ) as unknown;
};

describe('a plan as JSON', () => {
  test('is what createRouter takes', () => {
    const models = { v1: () => 1, v2: () => 2 };
    const plan = parsePlan(planOf(canary, { description: 'why' }), { models: ['v1', 'v2'] });
    expectTypeOf(plan.strategy.models).toEqualTypeOf<readonly ('v1' | 'v2')[]>();
    const router = createRouter({ ...plan, models, tickEveryMs: false });
    expect(router.status().root.kind).toBe('canary');
    expect(Object.keys(plan)).toEqual(['name', 'strategy', 'metrics', 'visits']);
    expect(plan.visits).toBe('many');
  });

  test.each<readonly [string, object, Strategy]>([
    [
      'canary',
      {
        kind: 'canary',
        baseline: 'v1',
        candidate: { kind: 'feature-flag', on: 'a', off: 'b' },
        stages: [{ share: 0.2, gates: [{ rule: 'minAge', ms: 5 }] }],
        guardrails: [
          { rule: 'maxErrorRate', limit: 0.1 },
          { rule: 'noWorseThan', metric: 'clicked', margin: 0.01 },
        ],
        watch: { forMs: 5, share: 0.1 },
      },
      new Canary({
        baseline: 'v1',
        candidate: new FeatureFlag({ on: 'a', off: 'b' }),
        stages: [{ share: 0.2, gates: [minAge(5)] }],
        guardrails: [maxErrorRate(0.1), noWorseThan('clicked', { margin: 0.01 })],
        watch: { forMs: 5, share: 0.1 },
      }),
    ],
    [
      'canary with a ramp',
      { ...canary, stages: { ramp: 'linear', step: 0.25, minAgeMs: 60 } },
      new Canary({ baseline: 'v1', candidate: 'v2', stages: linear({ step: 0.25, minAgeMs: 60 }) }),
    ],
    ['blue-green', { kind: 'blue-green', blue: 'v1', green: 'v2' }, new BlueGreen({ blue: 'v1', green: 'v2' })],
    [
      'ab-test',
      { kind: 'ab-test', arms: { b: 'v1', a: { weight: 3, use: 'v2' } }, primary: 'clicked' },
      new ABTest({ arms: { b: 'v1', a: { weight: 3, use: 'v2' } }, primary: 'clicked' }),
    ],
    ['rolling', { kind: 'rolling', from: 'v1', to: 'v2' }, new Rolling({ from: 'v1', to: 'v2' })],
    ['shadow', { kind: 'shadow', primary: 'v1', shadow: ['v2'] }, new Shadow({ primary: 'v1', shadow: ['v2'] })],
    [
      'dark-launch',
      { kind: 'dark-launch', visible: 'v1', hidden: 'v2', audience: ['ann'] },
      new DarkLaunch({ visible: 'v1', hidden: 'v2', audience: ['ann'] }),
    ],
    [
      'feature-flag',
      { kind: 'feature-flag', on: 'v2', off: 'v1', rules: [{ name: 'eu', when: { exists: 'eu' }, use: 'v3' }] },
      new FeatureFlag({ on: 'v2', off: 'v1', rules: [{ name: 'eu', when: { exists: 'eu' }, use: 'v3' }] }),
    ],
    [
      'bandit',
      { kind: 'bandit', arms: { a: 'v1', b: 'v2' }, baseline: 'a', reward: 'clicked' },
      new Bandit({ arms: { a: 'v1', b: 'v2' }, baseline: 'a', reward: 'clicked' }),
    ],
    [
      'pipeline',
      {
        kind: 'pipeline',
        stages: { try: canary, all: { kind: 'rolling', from: 'v1', to: 'v2' } },
        leave: { try: { gates: [{ rule: 'minAge', ms: 5 }], arm: 'candidate' } },
      },
      new Pipeline({
        stages: { try: new Canary({ baseline: 'v1', candidate: 'v2' }), all: new Rolling({ from: 'v1', to: 'v2' }) },
        leave: { try: { gates: [minAge(5)], arm: 'candidate' } },
      }),
    ],
  ])('is the %s that the same options in a program are', (_, json, strategy) => {
    expect(first(parsePlan(planOf(json)).strategy)).toEqual(first(strategy));
  });

  test('is a frozen copy: what its author changes later changes nothing', () => {
    const json = planOf({ ...canary, stages: [{ share: 0.5 }] });
    const plan = parsePlan(json);
    (json.strategy as unknown as { stages: unknown[] }).stages.push('more');
    expect(plan.json).toEqual(planOf({ ...canary, stages: [{ share: 0.5 }] }));
    expect(Object.isFrozen(plan) && Object.isFrozen(plan.metrics)).toBe(true);
    expect(Object.isFrozen((plan.json as { strategy: { stages: object } }).strategy.stages)).toBe(true);
  });

  test('keeps what is said for people and for rehearsals', () => {
    const rehearsal = { traffic: { perHour: 100 }, models: {}, forMs: 5 };
    const plan = parsePlan(planOf(canary, { $schema: 'x', description: 'why', visits: 'one', rehearsal }));
    expect([plan.description, plan.visits, plan.rehearsal]).toEqual(['why', 'one', rehearsal]);
    expect('rehearsal' in parsePlan(planOf(canary))).toBe(false);
    expect('description' in parsePlan(planOf(canary))).toBe(false);
  });
});

describe('mistakes in a plan', () => {
  test('are told all at once, each where it stands, with advice', () => {
    const json = {
      ...planOf({
        kind: 'canary',
        baseline: 'v1',
        candidate: { kind: 'ab-test', arms: { a: 'x', b: { weight: 0, use: 'y' } }, primary: 'clickd' },
        stages: [{ share: 5, gates: [{ rule: 'minAge', ms: 5, mx: 1 }] }],
        guardrails: [
          { rule: 'maxErorRate', limit: 2 },
          { rule: 'maxErrorRate', limit: 2 },
          5,
          { rule: 'minAge', ms: 5 },
        ],
        colDownMs: 4,
      }),
      nme: 1,
    };
    expect(messages(json)).toEqual([
      "plan.strategy.candidate.primary: must be 'clicked' or 'error' or 'latency' or 'mismatch' (was 'clickd'). Did you mean 'clicked'?",
      'plan.strategy.candidate.arms.b.weight: must be a number over 0 (was 0).',
      'plan.strategy.stages[0].gates[0].mx: is not an option. Did you mean ms?',
      "plan.strategy.guardrails[0].rule: must be 'maxErrorRate' or 'maxLatency' or 'maxRate' or 'minRate' or 'noWorseThan' or 'maxMismatchRate' or 'sampleRatio' or 'custom' (was 'maxErorRate'). Did you mean 'maxErrorRate'?",
      'plan.strategy.guardrails[1].limit: must be a fraction in [0, 1] (was 2). Did you mean 0.02?',
      'plan.strategy.guardrails[2]: must be a guardrail, such as { "rule": "maxErrorRate", "limit": 0.02 } (was 5).',
      'plan.strategy.guardrails[3].rule: is a gate: it belongs into `gates`.',
      'plan.strategy.colDownMs: is not an option. Did you mean coolDownMs?',
      'plan.strategy.stages[0].share: must be a fraction in [0, 1] (was 5). Did you mean 0.05?',
      'plan.nme: is not an option.',
    ]);
  });

  test.each<readonly [object, string]>([
    [{ ...canary, kind: 'canari' }, "plan.strategy.kind: must be 'canary' or 'blue-green' or"],
    [
      { ...canary, stages: [{ share: 0.5, gates: [{ rule: 'sampleRatio' }] }] },
      'plan.strategy.stages[0].gates[0].rule: is a guardrail: it belongs into `guardrails`.',
    ],
    [{ ...canary, stages: { ramp: 'linear', step: 0 } }, 'plan.strategy.stages.step: must be over 0 (was 0).'],
    [
      { ...canary, stages: { ramp: 'linear', step: 0.1, minAgMs: 5 } },
      'plan.strategy.stages.minAgMs: is not an option. Did you mean minAgeMs?',
    ],
    [
      { ...canary, stages: { ramp: 'log' } },
      "plan.strategy.stages.ramp: must be 'linear' or 'exponential' (was 'log').",
    ],
    [
      { ...canary, guardrails: [{ rule: 'noWorseThan', metric: 'clicked', alpha: 3 }] },
      'plan.strategy.guardrails[0].alpha: must be a fraction in (0, 1) (was 3). Did you mean 0.03?',
    ],
    [
      { ...canary, stages: [{ share: 1, gates: [{ rule: 'equivalent', metric: 'clicked' }] }] },
      'plan.strategy.stages[0].gates[0]: must have either margin or relativeMargin',
    ],
    [
      { ...canary, stages: [{ share: 1, gates: [{ rule: 'withinWindow', timeZone: 'Mars' }] }] },
      'plan.strategy.stages[0].gates[0].timeZone: must be an IANA time zone',
    ],
    [
      {
        kind: 'bandit',
        arms: { a: 'v1', b: 'v2' },
        baseline: 'a',
        reward: 'clicked',
        policy: { kind: 'epsilonGreedy', epsilon: 5 },
      },
      'plan.strategy.policy.epsilon: must be a number in [0, 1] (was 5).',
    ],
    [
      {
        kind: 'bandit',
        arms: { a: 'v1', b: 'v2' },
        baseline: 'a',
        reward: 'clicked',
        policy: { kind: 'thompson', model: 'gamma' },
      },
      "plan.strategy.policy.model: must be 'beta' or 'normal' (was 'gamma').",
    ],
    [
      { kind: 'bandit', arms: { a: 'v1', b: 'v2' }, baseline: 'a', reward: 'clicked', policy: { kind: 'ucb1', c: 2 } },
      'plan.strategy.policy.c: is not an option. Known are none.',
    ],
    [
      { kind: 'shadow', primary: 'v1', shadow: 'v2', compare: { kind: 'setOverlap', atLeast: 2 } },
      'plan.strategy.compare.atLeast: must be a fraction in [0, 1] (was 2). Did you mean 0.02?',
    ],
    [
      { kind: 'feature-flag', on: 'a', off: 'b', rules: [{ name: 'x', when: { eqq: ['a', 'b'] }, use: 'on' }] },
      'plan.strategy.rules[0].when.eqq: is not an operator. Did you mean eq?',
    ],
    [
      { ...canary, guardrails: [{ rule: 'minRate', metric: '', limit: 0.1 }] },
      "plan.strategy.guardrails[0].metric: must be a text that is not empty (was '').",
    ],
    [{ ...canary, candidate: '' }, "plan.strategy.candidate: must be a model's name or a strategy (was '')."],
    [
      { kind: 'ab-test', arms: { a: 'v1', b: { use: 'v2' } } },
      'plan.strategy.arms.b.weight: must be a number over 0 (was undefined).',
    ],
    [
      { kind: 'ab-test', arms: { a: 'v1', b: {} } },
      "plan.strategy.arms.b: must be a model's name or a strategy (was an object).",
    ],
    [
      { kind: 'ab-test', arms: { a: 'v1', b: { ...canary, weight: 3 } } },
      'plan.strategy.arms.b.weight: is not an option.',
    ],
    [{ kind: 'pipeline', stages: { a: 'v1' } }, 'plan.strategy.stages.a: must be a strategy (was'],
  ])('in %j are told as %s', (strategy, message) => {
    const all = messages(planOf(strategy));
    expect(all).toHaveLength(1);
    expect(all[0]).toContain(message);
  });

  test('are told where there is hardly a plan', () => {
    expect(messages(null)).toEqual(['plan: must be an object (was null).']);
    expect(messages([])).toEqual(['plan: must be an object (was a list of 0).']);
    expect(messages({})).toEqual([
      "plan.name: must be a name of 1 to 200 characters without '/' (was undefined).",
      'plan.strategy: must be a strategy, such as { "kind": "canary", … } (was undefined).',
    ]);
    expect(messages(planOf(canary, { name: 'a/b' }))).toEqual([
      "plan.name: must be a name of 1 to 200 characters without '/' (was 'a/b').",
    ]);
  });

  test('of a name that is too long are told', () => {
    expect(messages(planOf(canary, { name: 'x'.repeat(200) }))).toEqual([]);
    expect(messages(planOf(canary, { name: 'x'.repeat(201) }))).toHaveLength(1);
    expect(messages(planOf(canary, { name: 5 }))).toHaveLength(1);
  });

  test('in metrics are told', () => {
    const metrics = {
      clicked: { type: 'binary', windowMs: -1 },
      error: { type: 'ratio' },
      x: { type: 'bool' },
      y: { type: 'continuous', foo: 1 },
    };
    expect(messages(planOf(canary, { metrics }))).toEqual([
      'plan.metrics.clicked.windowMs: must be a time in milliseconds over 0, at most 90 days (was -1).',
      "plan.metrics.x.type: must be 'binary' or 'continuous' or 'ratio' (was 'bool').",
      expect.stringMatching(/^plan\.metrics\.y\.foo: is not an option\./),
      'plan.metrics.error: is measured already. Choose another name.',
    ]);
    expect(messages(planOf(canary, { metrics: 5 }))[0]).toMatch(/^plan\.metrics: must be an object/);
  });

  test('of what is no JSON are told, and nothing is made of it', () => {
    expect(messages(planOf({ ...canary, alpha: Number.NaN, unit: () => 1, salt: new Date(0) }))).toEqual([
      'plan.strategy.alpha: must be JSON (was NaN).',
      'plan.strategy.unit: must be JSON (was a function).',
      'plan.strategy.salt: must be JSON (was an object).',
    ]);
  });

  test('hostile keys are ordinary unknown ones', () => {
    const json = JSON.parse('{"name":"r","strategy":{"kind":"constructor"},"__proto__":{"name":"x"}}') as unknown;
    expect(messages(json)[0]).toMatch(/^plan\.strategy\.kind: must be 'canary'/);
    const arms = JSON.parse('{"__proto__":"v1","b":"v2"}') as unknown;
    expect(parsePlan(planOf({ kind: 'ab-test', arms, control: 'b' })).strategy.models).toEqual(['v1', 'v2']);
  });
});

describe('what only a program has', () => {
  test('is named, and found in the option `use`', () => {
    const seen: unknown[] = [];
    const update = (call: unknown) => seen.push(call);
    const moments = linearMoments({ name: 'm', dimension: 1, features: () => [1] });
    const parts = { update, moments, judge: () => ({ outcome: 'fail', reason: 'no' }) };
    const rolling = { kind: 'rolling', from: 'v1', to: 'v2', instances: ['i1'], update: { use: 'update' } };
    expect(parsePlan(planOf(rolling), { use: parts }).strategy.kind).toBe('rolling');
    const contextual = { policy: { kind: 'linUcb' }, moments: { use: 'moments' } };
    const bandit = { kind: 'bandit', arms: { a: 'v1', b: 'v2' }, baseline: 'a', reward: 'clicked', contextual };
    expect(parsePlan(planOf(bandit), { use: parts }).strategy.kind).toBe('bandit');
    const custom = {
      ...canary,
      guardrails: [{ rule: 'custom', name: 'mine', judge: { use: 'judge' }, metrics: ['clicked'] }],
    };
    expect(parsePlan(planOf(custom), { use: parts }).strategy.metrics).toEqual(['clicked']);
  });

  test('may be a check, a gate or a comparator', () => {
    const use = {
      run: async () => {},
      judge: () => ({ outcome: 'pass', reason: 'so' }),
      labels: (output: unknown) => output,
      same: () => true,
    };
    const gates = [
      { rule: 'validated', name: 'golden', run: { use: 'run' }, timeoutMs: 5 },
      { rule: 'custom', name: 'mine', judge: { use: 'judge' }, metrics: ['clicked'] },
    ];
    const blueGreen = {
      kind: 'blue-green',
      blue: 'v1',
      green: 'v2',
      gates,
      warm: { use: 'run' },
      checks: [{ name: 'smoke', run: { use: 'run' } }],
    };
    expect(parsePlan(planOf(blueGreen), { use }).strategy.metrics).toEqual(['clicked']);
    const shadow = (compare: object) => planOf({ kind: 'shadow', primary: 'v1', shadow: 'v2', compare });
    expect(messages(shadow({ kind: 'exact', by: { use: 'labels' } }), { use })).toEqual([]);
    expect(messages(shadow({ use: 'same' }), { use })).toEqual([]);
    expect(messages(shadow({ use: 'none' }), { use })).toEqual([
      "plan.strategy.compare.use: must be the name of something in the option `use` of parsePlan (was 'none').",
    ]);
    expect(messages(shadow({ kind: 'exact', by: 'labels' }), { use })[0]).toMatch(
      /^plan\.strategy\.compare\.by: must be/,
    );
    expect(messages(planOf({ ...blueGreen, gates: [{ ...gates[1], metrics: ['click'] }] }), { use })).toEqual([
      "plan.strategy.gates[0].metrics[0]: must be 'clicked' or 'error' or 'latency' or 'mismatch' (was 'click'). Did you mean 'clicked'?",
    ]);
  });

  test('is a mistake where it is missing, or of another sort', () => {
    const rolling = { kind: 'rolling', from: 'v1', to: 'v2', instances: ['i1'], update: { use: 'update' } };
    expect(messages(planOf(rolling))).toEqual([
      "plan.strategy.update.use: must be the name of something in the option `use` of parsePlan (was 'update').",
    ]);
    expect(messages(planOf(rolling), { use: { update: 5 } })).toEqual([
      'plan.strategy.update: must be a function (was 5).',
    ]);
    expect(messages(planOf({ ...rolling, update: 'update' }))).toEqual([
      `plan.strategy.update: must be { "use": name }, the name of a function in the program (was 'update').`,
    ]);
    expect(messages(planOf({ ...rolling, update: { use: 'update', more: 1 } }), { use: { update: () => 1 } })).toEqual([
      'plan.strategy.update: must be { "use": name }, the name of a function in the program (was an object).',
    ]);
    // Nothing is found on the prototype of the option.
    expect(messages(planOf({ ...rolling, update: { use: 'toString' } }), { use: {} })).toHaveLength(1);
  });

  test('may be the metrics, which then type what is reported', () => {
    const plan = parsePlan(
      { name: 'r', strategy: { ...canary, guardrails: [{ rule: 'minRate', metric: 'bought', limit: 0.1 }] } },
      { metrics: { bought: binary() } },
    );
    expectTypeOf(plan.metrics.bought.type).toEqualTypeOf<'binary' | 'continuous' | 'ratio'>();
    expect(plan.metrics.bought.type).toBe('binary');
    expect(messages(planOf(canary), { metrics: { clicked: binary() } })).toEqual([
      'plan.metrics.clicked: must be left out: the program declares it.',
    ]);
  });

  test('says which models there are', () => {
    const json = planOf({ kind: 'shadow', primary: { ...canary, candidate: 'v3' }, shadow: ['v22'] });
    expect(messages(json, { models: ['v1', 'v2'] })).toEqual([
      "plan.strategy.primary.candidate: must be 'v1' or 'v2' (was 'v3'). Did you mean 'v1'?",
      "plan.strategy.shadow[0]: must be 'v1' or 'v2' (was 'v22'). Did you mean 'v2'?",
    ]);
    expect(messages(json)).toEqual([]);
    expect(messages(planOf({ ...canary, candidate: '' }), { models: ['v1'] })).toEqual([
      "plan.strategy.candidate: must be a model's name or a strategy (was '').",
    ]);
    // 'on' and 'off' are branches of a flag, and no models.
    const flag = {
      kind: 'feature-flag',
      on: 'v1',
      off: 'v2',
      rules: [{ name: 'x', when: { exists: 'y' }, use: 'off' }],
    };
    expect(messages(planOf(flag), { models: ['v1', 'v2'] })).toEqual([]);
  });

  test('has options of its own, which are checked', () => {
    expect(messages(planOf(canary), { model: [] })).toEqual(['options.model: is not an option. Did you mean models?']);
  });
});
