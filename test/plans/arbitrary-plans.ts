import * as fc from 'fast-check';
import type { Json } from '../../src/core/json.js';

/** Random plans that are right, with every kind of strategy, rule and condition. Their metrics are `clicked` and `revenue`. */

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const keys = (shape: Readonly<Record<string, fc.Arbitrary<unknown>>>, ...needed: readonly string[]) =>
  fc.record(shape, { requiredKeys: [...needed] }) as fc.Arbitrary<Record<string, Json>>;

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const inside = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const ms = fc.integer({ min: 1, max: 1e9 });
const count = fc.integer({ min: 1, max: 1e6 });
const metric = fc.constantFrom('clicked', 'revenue', 'error');
const model = fc.constantFrom('v1', 'v2', 'v3', '모델', 'a b');
const tested = { alpha: inside, minOutcomes: count };
const guarding = { ...tested, severity: fc.constantFrom('hold', 'shrink', 'rollback', 'quarantine') };
const rule = (name: string, shape: Readonly<Record<string, fc.Arbitrary<unknown>>>, ...needed: readonly string[]) =>
  keys({ rule: fc.constant(name), ...shape }, 'rule', ...needed);

export const guardrail = fc.oneof(
  rule('maxErrorRate', { limit: fraction, ...guarding }, 'limit'),
  rule('maxLatency', { quantile: inside, ms, ...guarding }, 'quantile', 'ms'),
  rule('maxRate', { metric, limit: fraction, ...guarding }, 'metric', 'limit'),
  rule('minRate', { metric, limit: fraction, ...guarding }, 'metric', 'limit'),
  rule('noWorseThan', { metric, margin: fraction, plannedEffect: inside, ...guarding }, 'metric'),
  rule('noWorseThan', { metric: fc.constant('latency'), relativeMargin: fraction, quantile: inside }, 'metric'),
  rule('maxMismatchRate', { limit: fraction, noiseFloor: fc.constantFrom(true, 'other'), ...guarding }, 'limit'),
  rule('sampleRatio', guarding),
);

const time = fc.constantFrom('09:00', '17:30', '00:00', '23:59');
const calendar = {
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin'),
  windows: fc.array(
    keys({ days: fc.constantFrom(['mon'], ['sat', 'sun']), from: time, to: fc.constant('24:00') }, 'from', 'to'),
    { minLength: 1, maxLength: 2 },
  ),
  freezes: fc.array(
    keys(
      { from: fc.constant('2026-12-24'), to: fc.constant('2027-01-02'), why: fc.constant('holidays') },
      'from',
      'to',
    ),
    { maxLength: 1 },
  ),
};

export const gate = fc.oneof(
  rule('betterThan', { metric, plannedEffect: inside, ...tested }, 'metric'),
  rule(
    'betterThan',
    { metric, test: fc.constant('group-sequential'), plannedOutcomes: count },
    'metric',
    'test',
    'plannedOutcomes',
  ),
  rule('nonInferior', { metric, margin: inside, ...tested }, 'metric', 'margin'),
  rule(
    'equivalent',
    { metric, relativeMargin: inside, test: fc.constantFrom('sequential', 'bayes') },
    'metric',
    'relativeMargin',
  ),
  rule('minAge', { ms }, 'ms'),
  rule('minOutcomes', { n: count, metric }, 'n'),
  rule('approved', { by: fc.constantFrom('ann', ['ann', 'bob']), expiresAfterMs: ms }),
  rule('withinWindow', calendar),
);

export const condition: fc.Arbitrary<Json> = fc.letrec<{ condition: Json }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(fc.constantFrom('eq', 'ne', 'gt'), fc.constantFrom('de', 5))
      .map(([op, value]) => ({ [op]: ['country', value] })),
    fc.constant({ in: ['plan.tier', ['gold', 1, true, null]] }),
    fc.constant({ semverGte: ['app', '2.0.0'] }),
    fc.constant({ exists: 'beta' }),
    fc.constant({ use: 'isInternal' }),
    tie('condition').map((not) => ({ not })),
    fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
  ),
})).condition;

const guarded = {
  guardrails: fc.array(guardrail, { maxLength: 3 }),
  alpha: inside,
  mode: fc.constantFrom('act', 'observe'),
};
const placement = { unit: fc.constant('tenantId'), salt: fc.constant('s') };
const policyAt = fc.constantFrom('wait', 'hold', 'advance', 'rollback');
const stageOf = {
  minAgeMs: fc.integer({ min: 0, max: 1000 }),
  minOutcomes: count,
  maxAgeMs: fc.integer({ min: 1000, max: 1e9 }),
  hold: fc.boolean(),
  gates: fc.array(gate, { maxLength: 2 }),
  onDeadline: policyAt,
  onError: policyAt,
};
const stages = fc.oneof(
  fc
    .tuple(fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 4 }), keys(stageOf))
    .map(([shares, stage]) => shares.sort((a, b) => a - b).map((share) => ({ ...stage, share: share / 100 }))),
  keys({ ramp: fc.constant('linear'), step: fc.constantFrom(0.1, 0.3), ...stageOf }, 'ramp', 'step'),
  keys(
    { ramp: fc.constant('exponential'), from: fc.constant(0.01), factor: fc.constant(3), ...stageOf },
    'ramp',
    'from',
    'factor',
  ),
);
const ramped = {
  ...guarded,
  ...placement,
  then: fc.constantFrom('promote', 'keep'),
  calendar: keys(calendar),
  retry: keys({ times: fc.integer({ min: 0, max: 5 }), afterMs: ms, sameUnits: fc.boolean() }, 'times', 'afterMs'),
  watch: keys({ forMs: ms, share: inside }, 'forMs', 'share'),
  coolDownMs: ms,
};

const kind = (name: string, shape: Readonly<Record<string, fc.Arbitrary<unknown>>>, ...needed: readonly string[]) =>
  keys({ kind: fc.constant(name), ...shape }, 'kind', ...needed);
const policy = fc.constantFrom<Json>(
  { kind: 'thompson', model: 'normal' },
  { kind: 'topTwoThompson', leaderShare: 0.6 },
  { kind: 'epsilonGreedy', epsilon: 0.2 },
  { kind: 'softmax', temperature: 0.5 },
  { kind: 'ucb1' },
  { kind: 'ucb1Tuned' },
  { kind: 'klUcb', c: 3 },
  { kind: 'moss', horizon: 100 },
  { kind: 'exp3', gamma: 0.1 },
);

export const strategy: fc.Arbitrary<Json> = fc.letrec<{ strategy: Json; branch: Json }>((tie) => {
  const branch = tie('branch');
  return {
    branch: fc.oneof({ depthSize: 'small', withCrossShrink: true }, model, tie('strategy')),
    strategy: fc.oneof(
      kind('canary', { baseline: branch, candidate: branch, stages, ...ramped }, 'baseline', 'candidate'),
      kind(
        'blue-green',
        {
          blue: branch,
          green: branch,
          testers: condition,
          gates: fc.array(gate, { maxLength: 1 }),
          switch: fc.constantFrom('automatic', 'approved'),
          bakeMs: ms,
          keepWarm: fc.constantFrom('forever', { ms: 5 }, { requests: 9 }),
          ...guarded,
          ...placement,
        },
        'blue',
        'green',
      ),
      kind(
        'ab-test',
        {
          arms: fc
            .tuple(branch, branch, model)
            .map(([a, b, c]) => ({ control: a, treatment: { weight: 3, use: b }, third: c })),
          primary: metric,
          alpha: inside,
          plannedUnits: count,
          coverage: fraction,
          holdout: fc.constant(0.1),
          layer: fc.constant({ name: 'l', from: 0, to: 0.5 }),
          guardrails: guarded.guardrails,
          ...placement,
        },
        'arms',
      ),
      kind(
        'rolling',
        {
          from: model,
          to: model,
          maxUnavailable: fc.constantFrom(1, '25%'),
          quietMs: fc.constant(5),
          minReadyMs: ms,
          zones: fc.constant(['a', 'b']),
          onFailure: fc.constantFrom('pause', 'reverse'),
          ...guarded,
        },
        'from',
        'to',
      ),
      kind(
        'shadow',
        {
          primary: branch,
          shadow: fc.constantFrom('s1', ['s1', 's2']),
          share: fraction,
          compare: fc.constantFrom(
            { kind: 'exact' },
            { kind: 'setOverlap', atLeast: 0.5 },
            { kind: 'withinTolerance', absolute: 1 },
          ),
          noiseFloor: fc.boolean(),
          until: keys({ minAgeMs: ms, gates: fc.array(gate, { maxLength: 1 }) }, 'minAgeMs'),
          ...guarded,
        },
        'primary',
        'shadow',
      ),
      kind(
        'dark-launch',
        {
          visible: branch,
          hidden: fc.constant('h'),
          audience: fc.oneof(condition, fc.constant(['u1', 'u2'])),
          execute: inside,
          until: keys({ hold: fc.boolean(), minAgeMs: fc.constant(5) }),
          reveal: stages,
          ...ramped,
        },
        'visible',
        'hidden',
        'audience',
      ),
      kind(
        'feature-flag',
        {
          on: branch,
          off: branch,
          share: fraction,
          rules: some(fc.tuple(condition, branch)).map((given) =>
            given === undefined
              ? []
              : [
                  { name: 'staff', when: given[0], use: 'on' },
                  { name: 'eu', when: given[0], use: given[1] },
                ],
          ),
          owner: fc.constant('ann'),
          expiresAt: fc.constant('2026-03-01'),
          ...placement,
        },
        'on',
        'off',
      ),
      kind(
        'bandit',
        {
          arms: fc.tuple(branch, branch).map(([a, b]) => ({ a, b })),
          reward: metric,
          baseline: fc.constantFrom('a', 'b'),
          policy,
          floor: fc.constant(0.05),
          batchMs: ms,
          windowMs: ms,
          guardrails: guarded.guardrails,
          guardrailAlpha: inside,
          ...placement,
        },
        'arms',
        'reward',
        'baseline',
      ),
      kind(
        'pipeline',
        {
          stages: fc.tuple(tie('strategy'), tie('strategy')).map(([z, a]) => ({ zeta: z, alpha: a })),
          leave: fc.constantFrom<Json>(
            {},
            { zeta: { approval: true } },
            {
              zeta: {
                minAgeMs: 9,
                maxAgeMs: 90,
                onDeadline: 'rollback',
                gates: [{ rule: 'minAge', ms: 5 }],
                arm: 'on',
              },
            },
          ),
          reshuffle: fc.constantFrom([], ['alpha']),
          mode: fc.constantFrom('act', 'observe'),
        },
        'stages',
      ),
    ),
  };
}).strategy as fc.Arbitrary<Json>;

const metrics: Json = {
  clicked: { type: 'binary', windowMs: 60_000 },
  revenue: { type: 'continuous', per: 'exposure', cap: 100, covariate: 'before' },
};

/** A whole plan. */
export const plan: fc.Arbitrary<Json> = fc
  .tuple(fc.constantFrom('ranker', 'träum'), strategy)
  .map(([name, of]) => ({ name, metrics, strategy: of }));
