import * as z from 'zod/mini';
import {
  count,
  duration,
  flag,
  fraction,
  lazily,
  named,
  number,
  optional,
  options,
  positive,
  positiveCount,
  size,
  text,
  words,
} from './values.js';

/** A number, or its course: `[ms since the start, value]`. */
const level = lazily(() =>
  named(
    'level',
    'A number, or its course over time as pairs of [ms since the start, value].',
    z.union([number(), z.array(z.tuple([duration(), number()])).check(z.minLength(1))]),
  ),
);

const model = lazily(() =>
  named(
    'modelOutcomes',
    'What comes of calling a model.',
    z.strictObject(
      options({
        errorRate: level(),
        latencyMs: z.union([level(), z.strictObject({ medianMs: level(), tail: optional(number()) })]),
        metrics: z.record(
          z.string(),
          z.union([
            z.strictObject({ rate: level(), ...options({ delayMs: duration(), reportsFalse: flag() }) }),
            z.strictObject({
              mean: level(),
              ...options({ sd: size(), shape: words('normal', 'lognormal'), rate: level(), delayMs: duration() }),
            }),
          ]),
        ),
        mismatch: level(),
      }),
    ),
  ),
);

const traffic = lazily(() =>
  named(
    'traffic',
    'Requests that come by themselves.',
    z.strictObject({
      perHour: positive(),
      ...options({
        daily: z.union([z.array(size()), z.strictObject({ peakHour: number(), peakToTrough: number() })]),
        weekly: z.array(size()),
        bursts: z.array(z.strictObject({ atMs: duration(), forMs: positive(), factor: size() })),
      }),
    }),
  ),
);

const population = lazily(() => {
  const shared = options({
    unit: text(),
    anonymous: fraction(),
    attributes: z.record(z.string(), z.record(z.string(), number())),
  });
  return z.union([
    z.strictObject({ units: positiveCount(), skew: optional(size()), ...shared }),
    z.strictObject({ returning: fraction(), recentUnits: optional(positive()), ...shared }),
  ]);
});

const happenings = lazily(() => {
  const span = { atMs: duration(), forMs: positive() };
  return options({
    outages: z.array(
      z.discriminatedUnion('of', [
        z.strictObject({ of: z.literal('model'), model: text(), errorRate: optional(fraction()), ...span }),
        z.strictObject({ of: z.literal('replica'), replica: count(), ...span }),
        z.strictObject({
          of: z.literal('store'),
          ...options({ replica: count(), loses: words('call', 'answer', 'either') }),
          ...span,
        }),
      ]),
    ),
    script: z.array(
      z.strictObject({
        atMs: duration(),
        command: words('promote', 'rollback', 'pause', 'resume', 'approve', 'reject', 'reset'),
        ...options({ reason: text(), node: text(), by: text(), arm: text() }),
      }),
    ),
  });
});

/** What the plan is held against: who comes, what the models do, and what might be true of the candidate. */
export const rehearsal = lazily(() =>
  named(
    'rehearsal',
    'What the plan is rehearsed with: traffic, what comes of the models, and scenarios.',
    z.strictObject({
      traffic: traffic(),
      models: z.record(z.string(), model()),
      forMs: positive(),
      ...options({
        population: population(),
        startMs: size(),
        replicas: positiveCount(),
        instances: z.array(text()),
        tickEveryMs: positive(),
        reference: text(),
        stopWhenSettled: flag(),
        bucketMs: positive(),
        timeoutMs: positive(),
        onModelError: words('baseline', 'throw'),
        usual: z.strictObject({
          candidate: text(),
          like: text(),
          metric: text(),
          better: number(),
          worse: number(),
          ...options({ moreIsBetter: flag(), slowBy: positive(), crashRate: fraction(), driftMs: positive() }),
        }),
        scenarios: z.record(
          z.string(),
          z.strictObject({
            truth: words('harmless', 'harmful'),
            ...options({ says: text(), models: z.record(z.string(), model()), traffic: traffic() }),
            ...happenings(),
          }),
        ),
        runs: positiveCount(),
        seed: number(),
      }),
      ...happenings(),
    }),
  ),
);
