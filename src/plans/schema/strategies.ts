import * as z from 'zod/mini';
import { abTest, bandit, featureFlag, shadow } from './comparisons.js';
import { blueGreen, canary, darkLaunch, rolling } from './releases.js';
import { gates } from './shared.js';
import { duration, flag, lazily, named, options, positive, type Schema, text, words } from './values.js';

export const pipeline = (strategy: Schema) => {
  const rule = options({
    promoted: flag(),
    minAgeMs: duration(),
    approval: flag(),
    approvalExpiresMs: positive(),
    maxAgeMs: positive(),
    onDeadline: words('hold', 'rollback'),
    gates: gates(),
    node: text(),
    arm: text(),
    control: text(),
  });
  return z.strictObject({
    kind: z.literal('pipeline'),
    stages: z.record(z.string(), strategy),
    ...options({
      leave: z.record(z.string(), z.strictObject(rule)),
      reshuffle: z.array(text()),
      mode: words('act', 'observe'),
    }),
  });
};

/** The schemas of all strategies, of which each may lead to any other. */
export const strategySchemas = lazily(() => {
  const below = z.lazy(strategy);
  const branch = named('branch', "A model's name, or a strategy.", z.union([text(), below]));
  return [
    canary(branch),
    blueGreen(branch),
    abTest(branch),
    rolling(branch),
    shadow(branch),
    darkLaunch(branch),
    featureFlag(branch),
    bandit(branch),
    pipeline(below),
  ] as const;
});

/** Any of the strategies. */
export const strategy: () => Schema = lazily(() =>
  named(
    'strategy',
    'A rule that shares requests among models and changes the shares over time.',
    z.discriminatedUnion('kind', strategySchemas()),
  ),
);
