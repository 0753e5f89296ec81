import * as z from 'zod/mini';
import { condition } from './conditions.js';
import { comparator, contextualPolicy, policy } from './policies.js';
import { gates, guarded, placement } from './shared.js';
import {
  count,
  duration,
  flag,
  fraction,
  openFraction,
  optional,
  options,
  positive,
  positiveCount,
  type Schema,
  text,
  use,
  words,
} from './values.js';

// Strategies that compare or choose. `branch` is what an arm leads to.

export const abTest = (branch: Schema) => {
  const weighted = z.strictObject({ weight: positive(), use: branch });
  const { guardrails, mode } = guarded();
  return z.strictObject({
    kind: z.literal('ab-test'),
    arms: z.record(z.string(), z.union([text(), weighted, branch])),
    ...options({
      control: text(),
      primary: text(),
      secondary: z.array(text()),
      test: words('sequential', 'fixed'),
      alpha: openFraction(),
      plannedUnits: positiveCount(),
      minEffect: positive(),
      // The word of the strategy's own option; the object is never awaited.
      // oxlint-disable-next-line no-thenable
      then: words('report', 'promote'),
      guardrailAlpha: openFraction(),
      coverage: fraction(),
      holdout: fraction(),
      layer: z.strictObject({ name: text(), from: fraction(), to: fraction() }),
    }),
    guardrails,
    mode,
    ...placement(),
  });
};

export const bandit = (branch: Schema) => {
  const { guardrails, mode } = guarded();
  return z.strictObject({
    kind: z.literal('bandit'),
    arms: z.record(z.string(), branch),
    reward: text(),
    baseline: text(),
    ...options({
      policy: policy(),
      contextual: z.strictObject({ policy: contextualPolicy(), moments: use() }),
      floor: fraction(),
      batchMs: positive(),
      minExploration: count(),
      halfLifeMs: positive(),
      windowMs: positive(),
      freeze: words('winner', 'never'),
      alpha: openFraction(),
    }),
    guardrails,
    guardrailAlpha: optional(openFraction()),
    mode,
    ...placement(),
  });
};

export const shadow = (branch: Schema) => {
  const until = options({
    minAgeMs: duration(),
    minOutcomes: count(),
    gates: gates(),
    approvalExpiresMs: positive(),
  });
  return z.strictObject({
    kind: z.literal('shadow'),
    primary: branch,
    shadow: z.union([text(), z.array(text())]),
    ...options({
      share: fraction(),
      compare: comparator(),
      ignore: use(),
      clean: use(),
      noiseFloor: flag(),
      until: z.strictObject(until),
    }),
    ...guarded(),
    ...placement(),
  });
};

export const featureFlag = (branch: Schema) =>
  z.strictObject({
    kind: z.literal('feature-flag'),
    on: branch,
    off: branch,
    ...options({
      share: fraction(),
      rules: z.array(z.strictObject({ name: text(), when: condition(), use: branch })),
      enabled: flag(),
      owner: text(),
      description: text(),
      createdAt: text(),
      expiresAt: text(),
    }),
    ...placement(),
  });
