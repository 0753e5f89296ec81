import * as z from 'zod/mini';
import {
  fraction,
  keysByKind,
  lazily,
  named,
  number,
  openFraction,
  optional,
  options,
  positive,
  positiveCount,
  size,
  use,
  words,
} from './values.js';

const posterior = lazily(() => options({ model: words('beta', 'normal') }));
const ridge = lazily(() => options({ ridge: positive() }));

const policyKinds = lazily(
  () =>
    [
      z.strictObject({ kind: z.literal('thompson'), ...posterior() }),
      z.strictObject({ kind: z.literal('topTwoThompson'), leaderShare: optional(fraction()), ...posterior() }),
      z.strictObject({
        kind: z.literal('epsilonGreedy'),
        ...options({ epsilon: fraction(), halvedAfter: positive() }),
      }),
      z.strictObject({ kind: z.literal('softmax'), ...options({ temperature: positive() }) }),
      z.strictObject({ kind: z.literal('ucb1') }),
      z.strictObject({ kind: z.literal('ucb1Tuned') }),
      z.strictObject({ kind: z.literal('klUcb'), ...options({ c: size() }) }),
      z.strictObject({ kind: z.literal('moss'), ...options({ horizon: positive() }) }),
      z.strictObject({ kind: z.literal('exp3'), ...options({ gamma: number(), horizon: positive() }) }),
    ] as const,
);

/** How a bandit's evidence becomes shares. */
export const policy = lazily(() =>
  named('policy', "How a bandit's evidence becomes shares.", z.discriminatedUnion('kind', policyKinds())),
);

export const policyKeys = lazily(() => keysByKind('kind', policyKinds()));

const contextualPolicyKinds = lazily(
  () =>
    [
      z.strictObject({ kind: z.literal('linUcb'), ...options({ alpha: size() }), ...ridge() }),
      z.strictObject({
        kind: z.literal('linearThompson'),
        ...options({ sd: positive(), draws: positiveCount() }),
        ...ridge(),
      }),
      z.strictObject({ kind: z.literal('inverseGapWeighting'), ...options({ greed: positive() }), ...ridge() }),
    ] as const,
);

/** The same where shares depend on the context. */
export const contextualPolicy = lazily(() =>
  named('contextualPolicy', 'How shares depend on the context.', z.discriminatedUnion('kind', contextualPolicyKinds())),
);

export const contextualPolicyKeys = lazily(() => keysByKind('kind', contextualPolicyKinds()));

const by = lazily(() => options({ by: use() }));

/** Whether the outputs of a shadow and its primary agree. */
export const comparator = lazily(() =>
  named(
    'comparator',
    'Whether two outputs agree.',
    z.union([
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('exact'), ...by() }),
        z.strictObject({
          kind: z.literal('withinTolerance'),
          ...options({ absolute: positive(), relative: positive() }),
          ...by(),
        }),
        z.strictObject({ kind: z.literal('setOverlap'), atLeast: fraction(), ...by() }),
        z.strictObject({
          kind: z.literal('rankOverlap'),
          depth: positiveCount(),
          atLeast: fraction(),
          persistence: optional(openFraction()),
          ...by(),
        }),
      ]),
      use(),
    ]),
  ),
);
