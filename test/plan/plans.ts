import * as fc from 'fast-check';
import murmur from 'murmurhash3js-revisited';
import type { Context } from '../../src/core/context.js';
import { type Rng, seededRng } from '../../src/core/rng.js';
import { cutsOf, rampCuts } from '../../src/plan/cuts.js';
import type { Choose, Match, Mirror, Plan, PlanRule, Serve, Split } from '../../src/plan/plan.js';

/** Builders of small plans, with what a test does not care about filled in. */
export const serve = (model: string, rest: Partial<Serve<string>> = {}): Serve<string> => ({
  op: 'serve',
  model,
  ...rest,
});

const planOf = (plan: Plan<string> | string): Plan<string> => (typeof plan === 'string' ? serve(plan) : plan);

/** A two-arm ramp: the candidate first, the baseline last. */
export function ramp(
  node: string,
  share: number,
  candidate: Plan<string> | string = 'v2',
  baseline: Plan<string> | string = 'v1',
  rest: Partial<Split<string>> = {},
): Split<string> {
  const arms = [
    { arm: 'candidate', share, plan: planOf(candidate) },
    { arm: 'baseline', share: 1 - share, plan: planOf(baseline) },
  ];
  return {
    op: 'split',
    node,
    epoch: 1,
    salt: node,
    arms,
    cuts: rampCuts(share),
    missing: 'draw',
    counts: true,
    ...rest,
  };
}

/** Any number of arms, by name: their weight and what they lead to. */
export function split(
  node: string,
  arms: Readonly<Record<string, readonly [number, Plan<string> | string]>>,
  rest: Partial<Split<string>> = {},
): Split<string> {
  const list = Object.entries(arms).map(([arm, [share, plan]]) => ({ arm, share, plan: planOf(plan) }));
  const cuts = cutsOf(list.map(({ share }) => share));
  return { op: 'split', node, epoch: 1, salt: node, arms: list, cuts, missing: 'last', counts: true, ...rest };
}

export function match(
  node: string,
  rules: readonly PlanRule<string>[],
  otherwise: Plan<string> | string,
  rest: Partial<Match<string>> = {},
): Match<string> {
  return { op: 'match', node, rules, otherwise: planOf(otherwise), ...rest };
}

export function mirror(
  node: string,
  primary: Plan<string> | string,
  shadows: Mirror<string>['shadows'],
  rest: Partial<Mirror<string>> = {},
): Mirror<string> {
  return { op: 'mirror', node, epoch: 1, salt: node, primary: planOf(primary), shadows, ...rest };
}

/** A contextual policy that gives its arms (one model each) what `weights` writes. */
export function choose(
  node: string,
  models: readonly string[],
  weights: (context: Context, out: Float64Array) => void,
  rest: Partial<Choose<string>> = {},
): Choose<string> {
  const arms = models.map((model) => ({ arm: `arm-${model}`, share: 1 / models.length, plan: serve(model) }));
  return { op: 'choose', node, epoch: 1, salt: node, arms, policy: { weights }, ...rest };
}

/** Fails the test that draws: for plans in which nothing may be left to chance. */
export const noChance: Rng = {
  next: () => {
    throw new Error('nothing was to be drawn here');
  },
};

/** The hash of another implementation, over the bytes of TextEncoder. */
export const oracleHash = (text: string, seed = 0): number => murmur.x86.hash32(new TextEncoder().encode(text), seed);

/** A context with some user. */
export const user = (targetingKey: string, rest: Context = {}): Context => ({ targetingKey, ...rest });

const weightsArbitrary = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 4 }).map((raw) => {
  const sum = raw.reduce((total, weight) => total + weight, 0);
  return sum === 0 ? raw.map((_, index) => (index === 0 ? 1 : 0)) : raw.map((weight) => weight / sum);
});

const nodeName = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'größe');
const model = fc.constantFrom('v1', 'v2', 'v3', 'v4');
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

/** Leaves out what is undefined, as exact optional properties want it. */
export function compact<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}

const condition: fc.Arbitrary<PlanRule<string>['when']> = fc.oneof(
  fc.constantFrom<PlanRule<string>['when']>(
    { eq: ['country', 'DE'] },
    { not: { eq: ['country', 'DE'] } },
    { use: 'staff' },
    (context) => context['country'] === 'FR',
    () => {
      throw new Error('a condition of the user');
    },
  ),
);

/** Any plan of the closed set without contextual choices, up to five levels deep. */
export const planArbitrary: fc.Arbitrary<Plan<string>> = fc.letrec<{ plan: Plan<string>; rules: PlanRule<string>[] }>(
  (tie) => ({
    rules: fc.array(fc.record({ name: nodeName, when: condition, plan: tie('plan') }), { maxLength: 2 }),
    plan: fc.oneof(
      { maxDepth: 5, depthSize: 'medium', withCrossShrink: true },
      fc
        .record({
          op: fc.constant('serve' as const),
          model,
          instance: maybe(fc.constant('i1')),
          fallback: maybe(model),
        })
        .map((node) => compact(node) as Plan<string>),
      fc
        .record({
          node: nodeName,
          weights: weightsArbitrary,
          salt: fc.constantFrom('s', 't', 'ü'),
          unit: maybe(fc.constantFrom('tenantId', 'targetingKey')),
          missing: fc.constantFrom('draw' as const, 'last' as const),
          counts: fc.boolean(),
          epoch: fc.nat(9),
          fallback: maybe(model),
          plans: fc.array(tie('plan'), { minLength: 4, maxLength: 4 }),
        })
        .map(({ weights, plans, ...rest }) => {
          const arms = weights.map((share, index) => ({ arm: `x${index}`, share, plan: plans[index] as Plan<string> }));
          return compact({ op: 'split' as const, ...rest, arms, cuts: cutsOf(weights) }) as Plan<string>;
        }),
      fc
        .record({ node: nodeName, rules: tie('rules'), otherwise: tie('plan'), fallback: maybe(model) })
        .map((node) => compact({ op: 'match' as const, ...node }) as Plan<string>),
      fc
        .record({
          node: nodeName,
          epoch: fc.nat(9),
          salt: fc.constantFrom('m', 'n'),
          unit: maybe(fc.constant('tenantId')),
          primary: tie('plan'),
          shadows: fc.array(
            fc.record({
              arm: fc.constantFrom('s1', 's2'),
              model: fc.oneof(model, fc.constant({ same: true as const })),
              share: fc.constantFrom(0, 0.5, 1),
            }),
            { maxLength: 2 },
          ),
        })
        .map((node) => compact({ op: 'mirror' as const, ...node }) as Plan<string>),
    ),
  }),
).plan;

/** Contexts with and without units, of all kinds, and with pins that are right, wrong or hostile. */
export const contextArbitrary: fc.Arbitrary<Context> = fc
  .record({
    targetingKey: maybe(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('user-1', 'user-2', '', '__proto__'))),
    tenantId: maybe(fc.oneof(fc.integer(), fc.double(), fc.constantFrom('acme', Number.NaN, null, {}, true))),
    country: maybe(fc.constantFrom('DE', 'FR')),
    staff: maybe(fc.boolean()),
    pins: maybe(
      fc.oneof(
        { weight: 3, arbitrary: fc.dictionary(nodeName, fc.constantFrom('x0', 'x1', 'x2', 'nowhere', '__proto__')) },
        fc.constantFrom<unknown>(null, 'x0', 7, [], ['x0'], { a: 1 }, { a: null }, JSON.parse('{"__proto__":"x0"}')),
      ),
    ),
  })
  .map((context) => compact(context) as Context);

export const freshRng = (): Rng => seededRng(7);
