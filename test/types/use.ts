import {
  type AlertKind,
  type Approval,
  type CheckResult,
  type Forecast,
  type GateCheck,
  type GuardOptions,
  type Guardrail,
  type Retry,
  type Severity,
  type ValidationReport,
  type Watch,
  approved,
  customGate,
  customGuardrail,
  equivalent,
  maxRate,
  minAge,
  minRate,
  nonInferior,
  sampleRatio,
  validate,
  validated,
  withinWindow,
  ABTest,
  Bandit,
  BlueGreen,
  Canary,
  DarkLaunch,
  FeatureFlag,
  type Json,
  type MetricsOf,
  type ModelsOf,
  Pipeline,
  Rolling,
  type Plan,
  type Scope,
  Shadow,
  type Signal,
  type Status,
  type Strategy,
  type Transition,
  type View,
  betterThan,
  binary,
  continuous,
  createRouter,
  linear,
  maxErrorRate,
  maxLatency,
  maxMismatchRate,
  minOutcomes,
  noWorseThan,
} from '../../src/index.js';
import { linearMoments, linUcb, thompson } from '../../src/bandits/index.js';

// Compiled, never run: what must compile, and what must be inferred.
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const sure = <T extends true>(..._: T[]): void => {};

const models = {
  v1: (x: { q: string }) => ({ score: x.q.length }),
  v2: { predict: async (x: { q: string; k?: number }) => ({ score: x.q.length, why: 'x' as string }), load() {} },
  v3: (x: { q: string }) => ({ score: 0, extra: x.q }),
};
const metrics = { clicked: binary(), revenue: continuous() };

// Nested strategies name their models and metrics to whoever holds them.
const nested = new Canary({ baseline: 'v1', candidate: new ABTest({ arms: { old: 'v1', fresh: 'v2' } }) });
sure<Same<ModelsOf<typeof nested>, 'v1' | 'v2'>>();
sure<Same<MetricsOf<typeof nested>, never>>();
export const unmeasured = createRouter({ name: 'r', models, strategy: nested });
sure<Same<ReturnType<typeof unmeasured.route>['model'], 'v1' | 'v2'>>();

// Written in the call, literals are inferred without `as const`.
export const router = createRouter({
  name: 'r',
  models,
  metrics,
  strategy: new Canary({
    baseline: 'v1',
    candidate: 'v2',
    stages: [{ share: 0.01, minAgeMs: 600_000, minOutcomes: 500, gates: [betterThan('revenue'), minOutcomes(10)] }],
    guardrails: [
      maxErrorRate(0.02),
      noWorseThan('clicked', { margin: 0.01 }),
      maxLatency({ quantile: 0.95, ms: 300 }),
      noWorseThan('error'),
    ],
  }),
});
sure<Same<ReturnType<typeof router.route>['model'], 'v1' | 'v2'>>();
sure<Same<Parameters<typeof router.predict>[0], { q: string } & { q: string; k?: number }>>();
const answer = await router.predict({ q: 'x' }, { targetingKey: 'u', country: 'DE' });
sure<Same<typeof answer.output, { score: number } | { score: number; why: string }>>();
export const score: number = answer.output.score;
if (answer.model === 'v2') {
  const why: string = answer.output.why;
  void why;
}
router.report(answer.decision, { clicked: true, revenue: 3 });
router.report(answer.decision.token, { clicked: true });
router.report(answer.decision, { error: true, latencyMs: 12 });
// @ts-expect-error - the field is misspelt
router.report(answer.decision, { cliked: true });
// @ts-expect-error - a binary metric takes a boolean
router.report(answer.decision, { clicked: 2 });
// @ts-expect-error - no metric is declared
unmeasured.report('t', { clicked: true });

const flags = new FeatureFlag({
  off: 'v1',
  on: new BlueGreen({ blue: 'v1', green: 'v3' }),
  rules: [
    {
      name: 'de',
      when: (context) => context['country'] === 'DE',
      use: new ABTest({
        arms: { a: 'v1', b: new BlueGreen({ blue: 'v1', green: 'v2', guardrails: [noWorseThan('clicked')] }) },
        primary: 'revenue',
      }),
    },
    { name: 'q', when: { eq: ['x', 1] }, use: 'off' },
  ],
});
sure<Same<ModelsOf<typeof flags>, 'v1' | 'v2' | 'v3'>>();
sure<Same<MetricsOf<typeof flags>, 'clicked' | 'revenue'>>();
export const flagged = createRouter({ name: 'r', models, metrics, strategy: flags });

export const ab = createRouter({
  name: 'r',
  models,
  metrics,
  strategy: new ABTest({
    arms: { old: { weight: 3, use: 'v1' }, fresh: { weight: 1, use: 'v2' } },
    control: 'old',
    primary: 'clicked',
  }),
});
sure<Same<ReturnType<typeof ab.route>['model'], 'v1' | 'v2'>>();

// A strategy that reaches less stands where one that reaches more is wanted, not the other way.
sure<Same<Strategy<'v1', never> extends Strategy<'v1' | 'v2', 'clicked'> ? true : false, true>>();
sure<Same<Strategy<'v1' | 'v2'> extends Strategy<'v1'> ? true : false, false>>();

// A strategy of one's own, with a concrete state: a type alias, since an interface is not Json.
type DemoState = { readonly phase: 'on' | 'off'; readonly epoch: number };
declare class Demo<const B extends string | Strategy> implements Strategy<ModelsOf<B>, MetricsOf<B>, DemoState> {
  constructor(options: { readonly only: B });
  readonly kind: 'demo';
  readonly models: readonly ModelsOf<B>[];
  readonly metrics: readonly MetricsOf<B>[];
  init(now: number, scope: Scope): DemoState;
  reduce(state: DemoState, signal: Signal, view: View, scope: Scope): Transition<DemoState>;
  plan(state: DemoState, scope: Scope): Plan<ModelsOf<B>>;
  status(state: DemoState, scope: Scope): Status<ModelsOf<B>>;
  restore(json: Json): DemoState;
}
export const own = createRouter({
  name: 'r',
  models,
  strategy: new Canary({ baseline: new Demo({ only: 'v1' }), candidate: new Demo({ only: new Demo({ only: 'v2' }) }) }),
});
sure<Same<ReturnType<typeof own.route>['model'], 'v1' | 'v2'>>();

// Plain values as models: a prompt, a set of parameters.
export const prompts = createRouter({
  name: 'p',
  models: { short: { temperature: 0.2, text: 'a' }, long: { temperature: 0.7, text: 'b' } },
  strategy: new Canary({ baseline: 'short', candidate: 'long' }),
});
const prompt = await prompts.predict(undefined, { targetingKey: 'u' });
sure<typeof prompt.output extends { temperature: number; text: string } ? true : false>();

// The choice of a strategy at run time.
declare const cautious: boolean;
export const either = createRouter({
  name: 'r',
  models,
  metrics,
  strategy: cautious ? new Canary({ baseline: 'v1', candidate: 'v2' }) : new BlueGreen({ blue: 'v1', green: 'v3' }),
});
sure<Same<ReturnType<typeof either.route>['model'], 'v1' | 'v2' | 'v3'>>();

// Stages one after another: the models and metrics of all of them, and of the gates between.
const pipeline = new Pipeline({
  stages: {
    a: new Shadow({ primary: 'v1', shadow: 'v2' }),
    b: new Canary({ baseline: 'v1', candidate: new ABTest({ arms: { old: 'v1', fresh: 'v2' } }) }),
  },
  leave: { a: { approval: true, gates: [betterThan('clicked')], arm: 'v2', control: 'primary' } },
  reshuffle: ['b'],
});
sure<Same<ModelsOf<typeof pipeline>, 'v1' | 'v2'>>();
sure<Same<MetricsOf<typeof pipeline>, 'clicked'>>();
export const piped = createRouter({ name: 'r', models, metrics, strategy: pipeline });
sure<Same<ReturnType<typeof piped.route>['model'], 'v1' | 'v2'>>();
// A test without a metric, where the stages ask for any strategy: it must not become a test of any metric.
export const unmeasuredStage = createRouter({
  name: 'r',
  models,
  strategy: new Pipeline({ stages: { test: new ABTest({ arms: { old: 'v1', fresh: 'v2' } }) } }),
});
const bare = new Pipeline({ stages: { x: new Demo({ only: 'v1' }), y: new Demo({ only: new Demo({ only: 'v2' }) }) } });
sure<Same<MetricsOf<typeof bare>, never>>();
export const demos = createRouter({ name: 'r', models, strategy: bare });
sure<Same<ReturnType<typeof demos.route>['model'], 'v1' | 'v2'>>();

// A hidden model, for a list or a condition, inside a flag.
const launched = new FeatureFlag({
  off: 'v1',
  on: new DarkLaunch({
    visible: 'v1',
    hidden: 'v3',
    audience: ['u1'],
    execute: 0.1,
    until: { minOutcomes: 10, gates: [minOutcomes(10)] },
    reveal: [{ share: 0.1, gates: [betterThan('revenue')] }],
    guardrails: [noWorseThan('clicked')],
  }),
});
sure<Same<ModelsOf<typeof launched>, 'v1' | 'v3'>>();
sure<Same<MetricsOf<typeof launched>, 'clicked' | 'revenue'>>();
export const dark = createRouter({
  name: 'r',
  models,
  strategy: new DarkLaunch({ visible: 'v1', hidden: 'v3', audience: (context) => context['group'] === 'staff' }),
});
sure<Same<ReturnType<typeof dark.route>['model'], 'v1' | 'v3'>>();

// Several shadows, inside an arm of a canary.
export const shadowed = createRouter({
  name: 'r',
  models,
  strategy: new Canary({
    baseline: 'v1',
    candidate: new Shadow({ primary: 'v2', shadow: ['v3', 'v1'], guardrails: [maxMismatchRate(0.1)] }),
  }),
});
sure<Same<ReturnType<typeof shadowed.route>['model'], 'v1' | 'v2' | 'v3'>>();

// Models declared elsewhere, as instances of a class.
class Detector {
  predict(input: { q: string }): Promise<string> {
    return Promise.resolve(input.q);
  }
  load(): void {}
}
const detectors = { a: new Detector(), b: new Detector() };
const detecting = createRouter({
  name: 'r',
  models: detectors,
  strategy: new Canary({ baseline: 'a', candidate: 'b' }),
});
const detected = await detecting.predict({ q: 'x' }, {});
sure<Same<typeof detected.output, string>>();

// A stream is what the model returned.
async function* tokens(text: string): AsyncGenerator<string> {
  yield text;
}
const streaming = createRouter({
  name: 'r',
  models: { g: tokens, h: tokens },
  strategy: new Canary({ baseline: 'g', candidate: 'h' }),
});
const streamed = await streaming.predict('x', {});
for await (const token of streamed.output) void (token satisfies string);

// Options in a variable need `as const`; metrics may come after the strategy.
const options = { baseline: 'v1', candidate: 'v2' } as const;
export const fromVariable = createRouter({ name: 'r', models, strategy: new Canary(options) });
export const reordered = createRouter({
  name: 'r',
  strategy: new Canary({ baseline: 'v1', candidate: 'v2', guardrails: [noWorseThan('clicked')] }),
  metrics,
  models,
});

// A bandit names the models of its arms, the metrics below them, and its reward.
const learning = new Bandit({
  arms: { a: 'v1', b: new BlueGreen({ blue: 'v1', green: 'v2', guardrails: [noWorseThan('clicked')] }) },
  reward: 'revenue',
  baseline: 'a',
  policy: thompson({ model: 'normal' }),
});
sure<Same<ModelsOf<typeof learning>, 'v1' | 'v2'>>();
sure<Same<MetricsOf<typeof learning>, 'clicked' | 'revenue'>>();
export const learner = createRouter({ name: 'r', models, metrics, strategy: learning });
sure<Same<ReturnType<typeof learner.route>['model'], 'v1' | 'v2'>>();
export const fastest = createRouter({
  name: 'r',
  models,
  strategy: new Bandit({ arms: { a: 'v1', b: 'v2' }, reward: 'latency', baseline: 'a' }),
});

// A rolling update names its models to its callbacks, and to whoever holds it.
const rolling = new Rolling({
  from: 'v1',
  to: new Canary({ baseline: 'v2', candidate: 'v3' }),
  instances: ['a', { name: 'b', zone: 'east' }],
  maxUnavailable: '25%',
  guardrails: [noWorseThan('clicked')],
  update: ({ model, version, instance, signal }) => {
    sure<Same<typeof model, 'v1' | 'v2' | 'v3'>>();
    sure<Same<typeof version, 'to' | 'from'>>();
    sure<Same<typeof instance, string>>();
    sure<Same<typeof signal, AbortSignal>>();
  },
});
sure<Same<ModelsOf<typeof rolling>, 'v1' | 'v2' | 'v3'>>();
sure<Same<MetricsOf<typeof rolling>, 'clicked'>>();
export const rolled = createRouter({ name: 'r', models, metrics, instance: 'a', strategy: rolling });
export const inPipeline = createRouter({
  name: 'r',
  models,
  strategy: new Pipeline({
    stages: {
      canary: new Canary({ baseline: 'v1', candidate: 'v2' }),
      everywhere: new Rolling({ from: 'v1', to: 'v2', instances: ['a'], update: async ({ model }) => model }),
    },
  }),
});

// By context: the moments are metrics of their own, and a misspelt one is still refused.
const moments = linearMoments({ name: 'x', dimension: 2, features: (context) => [1, Number(context['age'])] });
export const byContext = createRouter({
  name: 'r',
  models,
  metrics: { ...metrics, ...moments.metrics },
  strategy: new Bandit({
    arms: { a: 'v1', b: 'v2' },
    reward: 'clicked',
    baseline: 'a',
    contextual: { policy: linUcb(), moments },
  }),
});
byContext.report('t', { clicked: true, ...moments.outcome({ age: 40 }, 1) });
// @ts-expect-error - the field is misspelt
byContext.report('t', { cliked: true });

// Every rule carries its metric to the router; those that read none fit everywhere.
const guarded = new Canary({
  baseline: 'v1',
  candidate: 'v2',
  guardrails: [
    maxRate('clicked', 0.9, { severity: 'hold' }),
    minRate('error', 0, { alpha: 0.01 }),
    sampleRatio({ severity: 'quarantine' }),
    customGuardrail('mine', ({ arm }) => ({ outcome: 'fail', reason: arm }), { metrics: ['revenue'] }),
  ],
  stages: [
    {
      share: 0.1,
      gates: [nonInferior('clicked', { margin: 0.01, test: 'bayes' }), minAge(5), approved({ by: 'ann' })],
    },
    {
      share: 0.5,
      gates: [
        equivalent('clicked', { relativeMargin: 0.1 }),
        withinWindow({}),
        customGate('g', () => ({ outcome: 'pass', reason: '' })),
      ],
    },
    {
      share: 0.9,
      gates: [validated('golden set', (signal) => validate(models.v1, [{ input: { q: 'x' } }], { signal }))],
    },
  ],
});
sure<Same<MetricsOf<typeof guarded>, 'clicked' | 'revenue' | 'error'>>();
export const guardedRouter = createRouter({ name: 'r', models, metrics, strategy: guarded });
const validation = await validate(models.v2, [{ input: { q: 'x' }, expected: { score: 1 } }], {
  scorer: (output, { expected }) => output.score === expected?.score,
});
sure<Same<typeof validation, ValidationReport>>();

// Stages whose gates name different metrics, in a canary, in a dark launch, in a blue-green and between the stages of a pipeline.
const perStage = new Canary({
  baseline: 'v1',
  candidate: 'v2',
  stages: [
    { share: 0.1, gates: [minOutcomes(10)] },
    { share: 0.2, gates: [betterThan('clicked')] },
    { share: 0.3 },
    { share: 0.5, gates: [nonInferior('revenue', { margin: 1 }), nonInferior('error', { margin: 0.01 })] },
  ],
});
sure<Same<MetricsOf<typeof perStage>, 'clicked' | 'revenue' | 'error'>>();
const revealed = new DarkLaunch({
  visible: 'v1',
  hidden: 'v3',
  audience: ['u1'],
  execute: 0.1,
  until: { gates: [nonInferior('latency', { relativeMargin: 0.1 })] },
  reveal: [
    { share: 0.1, gates: [betterThan('clicked')] },
    { share: 0.5, gates: [betterThan('revenue')] },
  ],
});
sure<Same<MetricsOf<typeof revealed>, 'latency' | 'clicked' | 'revenue'>>();
const between = new Pipeline({
  stages: {
    first: perStage,
    second: new BlueGreen({ blue: 'v1', green: 'v3', gates: [betterThan('clicked'), betterThan('revenue')] }),
    third: new Canary({ baseline: 'v1', candidate: 'v3' }),
  },
  leave: {
    first: { gates: [betterThan('clicked')], arm: 'candidate', control: 'baseline' },
    second: { gates: [betterThan('revenue')], arm: 'green' },
  },
});
sure<Same<MetricsOf<typeof between>, 'clicked' | 'revenue' | 'error'>>();
export const staged = createRouter({ name: 'r', models, metrics, strategy: between });
// The ramps carry their gates' metrics, too; a canary without gates has none wherever it stands.
const ramped = new Canary({
  baseline: 'v1',
  candidate: 'v2',
  stages: [
    ...linear({ step: 0.1, to: 0.2, gates: [betterThan('clicked')] }),
    { share: 1, gates: [betterThan('revenue')] },
  ],
});
sure<Same<MetricsOf<typeof ramped>, 'clicked' | 'revenue'>>();
export const ungated = createRouter({
  name: 'r',
  models,
  strategy: new Pipeline({
    stages: {
      dark: new DarkLaunch({ visible: 'v1', hidden: 'v2', audience: [], reveal: [{ share: 0.5 }] }),
      canary: new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5, gates: [minOutcomes(10)] }] }),
    },
  }),
});

// What guards a bandit names its metrics beside those of the reward and of the arms.
const guardedBandit = new Bandit({
  arms: { a: 'v1', b: 'v2' },
  reward: 'clicked',
  baseline: 'a',
  guardrails: [noWorseThan('revenue'), maxErrorRate(0.02), noWorseThan('error', { severity: 'hold' })],
  guardrailAlpha: 0.02,
  mode: 'observe',
});
sure<Same<MetricsOf<typeof guardedBandit>, 'clicked' | 'revenue' | 'error'>>();
export const guardedLearner = createRouter({ name: 'r', models, metrics, strategy: guardedBandit });
export const unguardedLearner = createRouter({
  name: 'r',
  models,
  strategy: new Bandit({ arms: { a: 'v1', b: 'v2' }, reward: 'error', baseline: 'a' }),
});

// What people write down types with: what guards, what is held, and what is told.
export const held: GuardOptions<Guardrail<'clicked'>> = {
  guardrails: [noWorseThan('clicked')],
  alpha: 0.01,
  mode: 'act',
};
export const watching: Watch = { forMs: 60_000, share: 0.01 };
export const again: Retry = { times: 1, afterMs: 60_000 };
export const told: AlertKind = 'approval-wanted';
export const severe: Severity = 'quarantine';
export const given: Approval = { by: 'ann', at: 0 };
export const checked: CheckResult = { ok: true, at: 0, detail: null };
export const check: GateCheck = { name: 'golden set', timeoutMs: 1000, run: async () => {} };
export const expected: Forecast = { outcomes: 10, words: 'about 10 more outcomes' };
