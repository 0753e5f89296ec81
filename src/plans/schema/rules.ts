import * as z from 'zod/mini';
import { calendarKeys } from './conditions.js';
import {
  duration,
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
  text,
  use,
  words,
} from './values.js';

const tested = lazily(() => options({ alpha: openFraction(), minOutcomes: positiveCount() }));
const severity = lazily(() => options({ severity: words('hold', 'shrink', 'rollback', 'quarantine') }));
const guarding = lazily(() => ({ ...tested(), ...severity() }));
const comparing = lazily(() => ({
  ...tested(),
  ...options({
    test: words('sequential', 'group-sequential', 'bayes'),
    plannedOutcomes: positive(),
    quantile: openFraction(),
  }),
}));
const metrics = lazily(() => z.array(text()));

const guardrailKinds = lazily(
  () =>
    [
      z.strictObject({ rule: z.literal('maxErrorRate'), limit: fraction(), ...guarding() }),
      z.strictObject({ rule: z.literal('maxLatency'), quantile: openFraction(), ms: positive(), ...guarding() }),
      z.strictObject({ rule: z.literal('maxRate'), metric: text(), limit: fraction(), ...guarding() }),
      z.strictObject({ rule: z.literal('minRate'), metric: text(), limit: fraction(), ...guarding() }),
      z.strictObject({
        rule: z.literal('noWorseThan'),
        metric: text(),
        ...options({ margin: size(), relativeMargin: size(), quantile: openFraction(), plannedEffect: positive() }),
        ...guarding(),
      }),
      z.strictObject({
        rule: z.literal('maxMismatchRate'),
        limit: fraction(),
        noiseFloor: optional(z.union([z.literal(true), text()])),
        ...guarding(),
      }),
      z.strictObject({ rule: z.literal('sampleRatio'), ...guarding() }),
      z.strictObject({
        rule: z.literal('custom'),
        name: text(),
        judge: use(),
        metrics: optional(metrics()),
        ...severity(),
      }),
    ] as const,
);

/** What must not be broken. */
export const guardrail = lazily(() =>
  named(
    'guardrail',
    'What must not be broken: breaking it rolls back, or does what its severity says.',
    z.discriminatedUnion('rule', guardrailKinds()),
  ),
);

export const guardrailKeys = lazily(() => keysByKind('rule', guardrailKinds()));

const gateKinds = lazily(
  () =>
    [
      z.strictObject({
        rule: z.literal('betterThan'),
        metric: text(),
        plannedEffect: optional(positive()),
        ...comparing(),
      }),
      z.strictObject({
        rule: z.literal('nonInferior'),
        metric: text(),
        ...options({ margin: positive(), relativeMargin: positive(), plannedEffect: number() }),
        ...comparing(),
      }),
      z.strictObject({
        rule: z.literal('equivalent'),
        metric: text(),
        ...options({ margin: positive(), relativeMargin: openFraction() }),
        ...comparing(),
      }),
      z.strictObject({ rule: z.literal('minAge'), ms: duration() }),
      z.strictObject({ rule: z.literal('minOutcomes'), n: positiveCount(), metric: optional(text()) }),
      z.strictObject({
        rule: z.literal('approved'),
        ...options({ by: z.union([text(), z.array(text())]), expiresAfterMs: positive(), count: positiveCount() }),
      }),
      z.strictObject({ rule: z.literal('withinWindow'), ...calendarKeys() }),
      z.strictObject({ rule: z.literal('validated'), name: text(), run: use(), timeoutMs: optional(positive()) }),
      z.strictObject({ rule: z.literal('custom'), name: text(), judge: use(), metrics: optional(metrics()) }),
    ] as const,
);

/** What must hold before a promotion. */
export const gate = lazily(() =>
  named('gate', 'What must hold before a promotion.', z.discriminatedUnion('rule', gateKinds())),
);

export const gateKeys = lazily(() => keysByKind('rule', gateKinds()));
